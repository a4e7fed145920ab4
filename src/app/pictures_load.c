/* Pictures are read by the handful, by all workers; what came of them is taken in the order of
 * their names, so that the data do not depend on the workers. */
#include "app/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/path.h"
#include "base/text.h"
#include "base/writer.h"
#include "compute/workers.h"
#include "picture/digit.h"
#include "picture/scale.h"

#define HANDFUL 64   /* pictures that are read together */
#define MOST_KEPT 64 /* pixels of a side: such pictures may stay as they are */
#define MOST_NAMED 4 /* broken pictures in the message of an error */

const char *dataset_pictures_word(int pictures)
{
	static const char *const words[] = {"auto", "digit", "scale", "keep", NULL};

	return words[pictures];
}

/* The result of reading a file. */
struct outcome {
	bool failed, fatal;
	struct error error;
	int height, width; /* above MOST_KEPT: there are no pixels */
	uint8_t pixels[MOST_KEPT * MOST_KEPT];
};

/* Pictures of one class. */
struct handful {
	enum dataset_pictures form;
	const char *folder;
	char *const *names;
	struct outcome *outcomes;
};

struct loader {
	struct dataset *dataset;
	const struct dataset_options *options;
	enum dataset_part part;
	struct handful handful;
	size_t capacity; /* of the dataset, in images */
	bool mixed;      /* pictures of several sizes, or of a large one, cannot stay as they are */
	struct writer broken; /* a line for each */
};

/* ---- one picture, in any thread ---- */

static int take_digit(const struct raster *picture, struct outcome *outcome)
{
	struct digits digits;

	if (digits_find(picture, NULL, &digits, &outcome->error))
		return -1;
	const int count = digits.none ? 0 : digits.count;
	if (count == 1)
		memcpy(outcome->pixels, digits.all[0].pixels, DIGIT_PIXELS);
	digits_free(&digits);
	if (count == 0)
		return error_set(&outcome->error, "no digit found");
	return count == 1 ? 0 : error_set(&outcome->error, "%d digits found, expected one", count);
}

static int form_picture(enum dataset_pictures form, const struct raster *picture,
						struct outcome *outcome)
{
	outcome->height = outcome->width = DIGIT_SIDE;
	if (form == PICTURES_DIGIT)
		return take_digit(picture, outcome);
	if (form == PICTURES_SCALE) {
		picture_scale(picture, DIGIT_SIDE, DIGIT_SIDE, outcome->pixels);
		return 0;
	}
	outcome->height = picture->height;
	outcome->width = picture->width;
	if (outcome->height <= MOST_KEPT && outcome->width <= MOST_KEPT)
		raster_to_bytes(picture, outcome->pixels);
	return 0;
}

static int refuse_folder(const char *path, struct error *error)
{
	return error_set(error, "%s: a folder in that of a class; " PICTURES_EXPECTED, path);
}

static void read_picture(void *context, int task, int worker)
{
	const struct handful *handful = context;
	struct outcome *outcome = &handful->outcomes[task];
	struct buffer file;
	struct raster picture = {0};
	char path[PATH_SIZE];

	(void)worker;
	path_join(path, handful->folder, handful->names[task]);
	outcome->error.is_scarcity = outcome->fatal = false;
	outcome->failed = file_read(path, RASTER_MAX_FILE, &file, &outcome->error);
	if (outcome->failed) {
		if (folder_is(path))
			outcome->fatal = refuse_folder(path, &outcome->error);
		return;
	}
	outcome->failed = raster_parse(file.data, file.size, &picture, &outcome->error);
	buffer_free(&file);
	if (!outcome->failed)
		outcome->failed = form_picture(handful->form, &picture, outcome);
	raster_free(&picture);
	if (outcome->failed)
		error_prefix(&outcome->error, "%s", path);
}

/* ---- what came of them, in order ---- */

static int note_broken(struct loader *l, struct error *why, struct error *error)
{
	l->dataset->broken++;
	text_disarm(why->text);
	writer_text(&l->broken, why->text);
	return writer_sink(&l->broken, (const uint8_t *)"\n", 1, error);
}

/* Make room for `more` images. */
static int reserve(struct loader *l, size_t more, struct error *error)
{
	struct dataset *dataset = l->dataset;
	const size_t count = dataset->count + more, pixels = (size_t)(dataset->height * dataset->width);
	size_t size;

	if (count <= l->capacity)
		return 0;
	void *grown =
		checked_multiply(count, pixels, &size) ? realloc(dataset->own_pixels, size) : NULL;
	if (grown)
		dataset->own_pixels = grown;
	void *labels = grown ? realloc(dataset->own_labels, count * sizeof *dataset->own_labels) : NULL;
	if (!labels)
		return error_scarce(error, "not enough memory for %zu images", count);
	dataset->own_labels = labels;
	l->capacity = count;
	return 0;
}

/* Add what came of a file. `left` pictures of its class are expected, this one included. */
static int take(struct loader *l, struct outcome *outcome, uint16_t class, size_t left,
				struct error *error)
{
	struct dataset *dataset = l->dataset;

	if (outcome->failed && (outcome->fatal || outcome->error.is_scarcity)) {
		*error = outcome->error;
		return -1;
	}
	if (outcome->failed)
		return note_broken(l, &outcome->error, error);
	if (!dataset->count) {
		dataset->height = outcome->height;
		dataset->width = outcome->width;
	}
	l->mixed = outcome->height != dataset->height || outcome->width != dataset->width ||
			   outcome->height > MOST_KEPT || outcome->width > MOST_KEPT;
	if (l->mixed)
		return 0;
	if (reserve(l, left, error))
		return -1;
	const size_t pixels = (size_t)(dataset->height * dataset->width);
	memcpy(dataset->own_pixels + dataset->count * pixels, outcome->pixels, pixels);
	dataset->own_labels[dataset->count++] = class;
	return 0;
}

/* ---- classes ---- */

/* Move the names of pictures to the front, *count of them. Others, which are counted, must be
 * files. */
static int sort_out(struct loader *l, const char *path, struct folder *folder, size_t *count,
					struct error *error)
{
	char inner[PATH_SIZE];

	*count = 0;
	for (size_t i = 0; i < folder->count; i++) {
		char *name = folder->names[i];
		if (pictures_is_hidden(name))
			continue;
		if (raster_is_name(name)) {
			folder_keep(folder, i, count);
			continue;
		}
		path_join(inner, path, name);
		if (folder_is(inner))
			return refuse_folder(inner, error);
		l->dataset->others++;
	}
	return 0;
}

static int load_pictures(struct loader *l, size_t count, uint16_t class, struct error *error)
{
	char *const *names = l->handful.names;

	for (size_t first = 0; first < count && !l->mixed; first += HANDFUL) {
		const int n = (int)(count - first < HANDFUL ? count - first : HANDFUL);

		l->handful.names = names + first;
		if (l->options->workers)
			workers_run(l->options->workers, n, read_picture, &l->handful);
		for (int i = 0; i < n && !l->mixed; i++) {
			if (!l->options->workers)
				read_picture(&l->handful, i, 0);
			if (take(l, &l->handful.outcomes[i], class, count - first - (size_t)i, error))
				return -1;
		}
		if (l->options->progress)
			l->options->progress(l->options->context, l->dataset->count + l->dataset->broken);
	}
	return 0;
}

static int load_class(struct loader *l, const char *path, uint16_t class, struct error *error)
{
	const size_t images = l->dataset->count, broken = l->dataset->broken;
	struct folder folder;
	size_t count;

	if (folder_list(path, &folder, error))
		return -1;
	l->handful.folder = path;
	l->handful.names = folder.names;
	const int status =
		sort_out(l, path, &folder, &count, error) || load_pictures(l, count, class, error) ? -1 : 0;
	folder_free(&folder);
	const bool excused = l->mixed || l->part == DATASET_TEST ||
						 (l->dataset->broken > broken && !l->options->skip_broken);
	if (!status && l->dataset->count == images && !excused)
		return error_set(error, "%s: a class without pictures", path);
	return status;
}

/* Load all classes in the form of l->handful. */
static int load_classes(struct loader *l, const char *path, const struct folder *folders,
						struct error *error)
{
	char inner[PATH_SIZE];

	for (size_t i = 0; i < folders->count && !l->mixed; i++) {
		const int index = classes_find_name(&l->dataset->classes, folders->names[i]);
		path_join(inner, path, folders->names[i]);
		if (load_class(l, inner, (uint16_t)index, error))
			return -1;
	}
	return 0;
}

/* List the folders of classes. A picture among them belongs to none. */
static int list_classes(const char *path, struct folder *folders, struct error *error)
{
	char inner[PATH_SIZE];
	size_t count = 0;

	if (folder_list(path, folders, error))
		return -1;
	for (size_t i = 0; i < folders->count; i++) {
		const char *name = folders->names[i];
		path_join(inner, path, name);
		if (pictures_is_hidden(name))
			continue;
		if (folder_is(inner)) {
			folder_keep(folders, i, &count);
		} else if (raster_is_name(name)) {
			folder_free(folders);
			return error_set(error, "%s: a picture in no class's folder; " PICTURES_EXPECTED,
							 inner);
		}
	}
	folder_trim(folders, count);
	folder_sort(folders);
	if (count)
		return 0;
	folder_free(folders);
	return error_set(error, "%s: no folder of a class; " PICTURES_EXPECTED, path);
}

static int name_classes(struct loader *l, const struct folder *folders, const struct classes *known,
						struct error *error)
{
	struct classes *classes = &l->dataset->classes;

	if (!known)
		return classes_named((const char *const *)folders->names, folders->count, classes, error);
	for (size_t i = 0; i < folders->count; i++)
		if (classes_find_name(known, folders->names[i]) < 0)
			return error_set(error, "%s is none of the %d classes, %s to %s", folders->names[i],
							 known->count, known->all[0].name, known->all[known->count - 1].name);
	return classes_copy(known, classes, error);
}

/* ---- all of them ---- */

/* The error names the first of them. */
static enum dataset_fault refuse_broken(const struct loader *l, const char *path,
										struct error *error)
{
	const struct dataset *dataset = l->dataset;
	const char *line = (const char *)l->broken.bytes.data;

	error_set(error, "%s: %zu of %zu pictures cannot be used:", path, dataset->broken,
			  dataset->broken + dataset->count);
	for (size_t i = 0; i < dataset->broken && i < MOST_NAMED; i++) {
		const char *end = strchr(line, '\n');
		error_append(error, "%s %.*s", i ? "," : "", (int)(end - line), line);
		line = end + 1;
	}
	if (dataset->broken > MOST_NAMED)
		error_append(error, ", …");
	return DATASET_BROKEN_PICTURES;
}

/* Forget what was loaded, but not the classes. */
static void begin_again(struct loader *l)
{
	struct dataset *dataset = l->dataset;

	dataset->count = dataset->broken = dataset->others = 0;
	writer_free(&l->broken);
	l->capacity = 0; /* the room is there, but for images of another size */
	l->mixed = false;
}

/* Give back the room that broken pictures left. */
static void give_back(struct dataset *dataset)
{
	const size_t pixels = (size_t)(dataset->height * dataset->width);
	uint8_t *less = realloc(dataset->own_pixels, dataset->count * pixels);

	if (less)
		dataset->own_pixels = less;
}

static enum dataset_fault load_all(struct loader *l, const char *path, const struct folder *folders,
								   struct error *error)
{
	struct dataset *dataset = l->dataset;

	l->handful.form = l->options->pictures == PICTURES_AUTO ? PICTURES_KEEP : l->options->pictures;
	if (load_classes(l, path, folders, error))
		return DATASET_BROKEN;
	if (l->mixed && l->options->pictures == PICTURES_KEEP) {
		error_set(error,
				  "%s: pictures that are kept as they are must have one size, of at most %d×%d",
				  path, MOST_KEPT, MOST_KEPT);
		return DATASET_BROKEN;
	}
	if (l->mixed) {
		begin_again(l);
		l->handful.form = PICTURES_DIGIT;
		if (load_classes(l, path, folders, error))
			return DATASET_BROKEN;
	}
	if (writer_sink(&l->broken, (const uint8_t *)"", 1, error))
		return DATASET_BROKEN;
	if (dataset->broken && !l->options->skip_broken)
		return refuse_broken(l, path, error);
	if (!dataset->count) {
		error_set(error, "%s: no pictures", path);
		return DATASET_BROKEN;
	}
	if (l->part == DATASET_TRAIN && dataset->classes.count == 1) {
		error_set(error, "%s: one class only, %s; a network tells two or more", path,
				  dataset->classes.all[0].name);
		return DATASET_BROKEN;
	}
	dataset->form = l->handful.form;
	give_back(dataset);
	dataset->labels = dataset->own_labels;
	dataset->broken_names = (char *)l->broken.bytes.data;
	l->broken = (struct writer){0};
	return DATASET_FINE;
}

enum dataset_fault pictures_load(struct dataset *dataset, const char *folder,
								 const struct dataset_options *options, enum dataset_part part,
								 const struct classes *known, struct error *error)
{
	struct loader loader = {.dataset = dataset, .options = options, .part = part};
	struct folder folders;
	enum dataset_fault fault = DATASET_BROKEN;

	loader.handful.outcomes = malloc(HANDFUL * sizeof *loader.handful.outcomes);
	if (!loader.handful.outcomes)
		error_scarce(error, "not enough memory for %d pictures", HANDFUL);
	else if (!list_classes(folder, &folders, error)) {
		if (name_classes(&loader, &folders, known, error))
			error_prefix(error, "%s", folder);
		else
			fault = load_all(&loader, folder, &folders, error);
		folder_free(&folders);
	}
	free(loader.handful.outcomes);
	writer_free(&loader.broken);
	return fault;
}
