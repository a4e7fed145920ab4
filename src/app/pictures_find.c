/* A folder of pictures is known by folders in it that are called train or test, or that have files
 * with names of pictures. */
#include "app/pictures.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/folder.h"
#include "base/path.h"
#include "formats/raster.h"

bool pictures_is_hidden(const char *name)
{
	return *name == '.' || !strcmp(name, "__MACOSX");
}

static bool is_part_name(const char *name, enum dataset_part part)
{
	static const char *const words[][2] = {
		[DATASET_TRAIN] = {"train", "training"}, [DATASET_TEST] = {"test", "testing"}};
	char lower[sizeof "training"];
	size_t length = strlen(name);

	if (length >= sizeof lower)
		return false;
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	return !strcmp(lower, words[part][0]) || !strcmp(lower, words[part][1]);
}

/* *found is set where the folder, unless it may not be read, has a picture. */
static int look_for_picture(const char *path, bool *found, struct error *error)
{
	struct folder folder;

	if (folder_list(path, &folder, error))
		return error->is_scarcity ? -1 : 0;
	for (size_t i = 0; !*found && i < folder.count; i++)
		*found = !pictures_is_hidden(folder.names[i]) && raster_is_name(folder.names[i]);
	folder_free(&folder);
	return 0;
}

/* Find the folders of the parts, "" where there is none, and whether any folder has pictures. */
static int look_into(const char *path, char parts[2][PATH_SIZE], bool *found, struct error *error)
{
	char inner[PATH_SIZE];
	struct folder folder;
	int status = 0;

	if (folder_list(path, &folder, error))
		return -1;
	for (size_t i = 0; !status && i < folder.count; i++) {
		const char *name = folder.names[i];

		path_join(inner, path, name);
		if (pictures_is_hidden(name) || !folder_is(inner))
			continue;
		for (int part = DATASET_TRAIN; part <= DATASET_TEST; part++)
			if (is_part_name(name, (enum dataset_part)part))
				strcpy(parts[part], inner);
		if (!*found)
			status = look_for_picture(inner, found, error);
	}
	folder_free(&folder);
	return status;
}

enum dataset_fault pictures_find(char classes[PATH_SIZE], const char *path, enum dataset_part part,
								 struct error *error)
{
	char parts[2][PATH_SIZE] = {"", ""};
	bool found = false;

	if (look_into(path, parts, &found, error))
		return DATASET_BROKEN;
	if (!*parts[DATASET_TRAIN] && !*parts[DATASET_TEST]) {
		if (!found)
			return DATASET_MISSING;
		snprintf(parts[DATASET_TRAIN], PATH_SIZE, "%s", path);
	}
	if (!*parts[part]) {
		error_set(error, "no %s pictures in %s, which has no folder %s",
				  part == DATASET_TRAIN ? "training" : "test", path,
				  part == DATASET_TRAIN ? "train" : "test");
		return DATASET_NO_PART;
	}
	strcpy(classes, parts[part]);
	return DATASET_FINE;
}

bool pictures_have_file(const char *folder, const char *path, struct error *error)
{
	struct folder classes, pictures;
	char class[PATH_SIZE], picture[PATH_SIZE];
	bool found = false;

	if (folder_list(folder, &classes, error))
		return false;
	for (size_t i = 0; i < classes.count && !found && !error->is_scarcity; i++) {
		path_join(class, folder, classes.names[i]);
		if (folder_list(class, &pictures, error))
			continue;
		for (size_t k = 0; k < pictures.count && !found; k++) {
			path_join(picture, class, pictures.names[k]);
			found = file_is_same(picture, path);
		}
		folder_free(&pictures);
	}
	folder_free(&classes);
	return found;
}
