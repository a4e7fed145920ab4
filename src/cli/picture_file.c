/* A file is read as a whole, and its pictures are parsed one by one. */
#include "cli/picture_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"

int picture_file_open(const char *path, struct picture_file *out, struct error *error)
{
	*out = (struct picture_file){.path = path};
	return strcmp(path, "-")
			   ? file_read(path, RASTER_MAX_FILE, &out->bytes, error)
			   : file_read_stream(stdin, "standard input", RASTER_MAX_FILE, &out->bytes, error);
}

int picture_file_next(struct picture_file *file, struct raster *out, struct error *error)
{
	const struct buffer *bytes = &file->bytes;
	const char *name = strcmp(file->path, "-") ? file->path : "standard input";

	file->count++;
	if (!raster_next(bytes->data, bytes->size, &file->offset, out, error))
		return 0;
	if (file->count > 1)
		error_prefix(error, "picture %d", file->count);
	return error_prefix(error, "%s", name);
}

void picture_file_close(struct picture_file *file)
{
	buffer_free(&file->bytes);
}

bool picture_file_has_more(const struct picture_file *file)
{
	return file->offset < file->bytes.size;
}

/* *name, which is owned, becomes a path in the folder. */
static int put_folder_in_front(char **name, const char *folder, struct error *error)
{
	char path[PATH_SIZE];

	if (path_join(path, folder, *name))
		return error_set(error, "%s/%s: cannot open: %s", folder, *name, strerror(errno));
	char *longer = realloc(*name, strlen(path) + 1);
	if (!longer)
		return error_scarce(error, "%s: not enough memory for the names in it", folder);
	*name = strcpy(longer, path);
	return 0;
}

int picture_files_list(const char *folder, struct folder *out, struct error *error)
{
	size_t count = 0;
	int status = 0;

	if (folder_list(folder, out, error))
		return -1;
	for (size_t i = 0; i < out->count; i++)
		if (*out->names[i] != '.' && raster_is_name(out->names[i]))
			folder_keep(out, i, &count);
	folder_trim(out, count);
	folder_sort(out);
	if (!count)
		status = error_set(error, "%s: a folder without pictures; folders in it are not looked at",
						   folder);
	for (size_t i = 0; i < count && !status; i++)
		status = put_folder_in_front(&out->names[i], folder, error);
	if (status)
		folder_free(out);
	return status;
}
