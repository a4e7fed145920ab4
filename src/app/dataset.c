/* Both files of a part are looked for in one folder after another, under all names. */
#include "app/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/rng.h"
#include "formats/gzip.h"
#include "formats/idx.h"

#define MAX_FILE ((size_t)1 << 30) /* bytes, packed or not: over a million images */
#define NAME_SIZE 64

/* The usual names of the files. */
static const struct part_names {
	const char *what, *images, *labels;
} part_names[] = {
	[DATASET_TRAIN] = {"training", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
	[DATASET_TEST] = {"test", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
};

struct paths {
	char folder[DATASET_PATH], images[DATASET_PATH], labels[DATASET_PATH];
};

static void join(char path[DATASET_PATH], const char *folder, const char *name)
{
	size_t length = strlen(folder);
	const char *slash = length && folder[length - 1] == '/' ? "" : "/";

	snprintf(path, DATASET_PATH, "%s%s%s", folder, slash, name);
}

enum { PACKED = 1, POINTED = 2, FORMS = 4 };

/* Of images-idx3-ubyte: images-idx3-ubyte.gz, images.idx3-ubyte, images.idx3-ubyte.gz. */
static const char *name_of(char name[NAME_SIZE], const char *usual, int form)
{
	snprintf(name, NAME_SIZE, "%s%s", usual, form & PACKED ? ".gz" : "");
	if (form & POINTED)
		*strstr(name, "-idx") = '.';
	return name;
}

static bool find_file(char path[DATASET_PATH], const char *folder, const char *usual)
{
	char name[NAME_SIZE];

	for (int form = 0; form < FORMS; form++) {
		join(path, folder, name_of(name, usual, form));
		if (file_exists(path))
			return true;
	}
	return false;
}

/* Returns 1 where the folder has both files, 0 where it has neither, and -1 for half a set. */
static int find_pair(struct paths *paths, const char *folder, const struct part_names *names,
					 struct error *error)
{
	const bool has_images = find_file(paths->images, folder, names->images);
	const bool has_labels = find_file(paths->labels, folder, names->labels);
	const char *missing = has_images ? names->labels : names->images;
	char others[FORMS][NAME_SIZE];

	snprintf(paths->folder, DATASET_PATH, "%s", folder);
	if (has_images == has_labels)
		return has_images;
	return error_set(error, "%s: %s is missing, and so are its other names %s, %s and %s", folder,
					 missing, name_of(others[PACKED], missing, PACKED),
					 name_of(others[POINTED], missing, POINTED),
					 name_of(others[POINTED | PACKED], missing, POINTED | PACKED));
}

static int nothing_found(const char *folders, const struct part_names *names, struct error *error)
{
	char pointed[NAME_SIZE];

	return error_set(error,
					 "no %s data: neither %s nor %s in %s (looked for with .gz and without, and "
					 "for names like %s)",
					 names->what, names->images, names->labels, folders,
					 name_of(pointed, names->images, POINTED));
}

static int find_in_directory(struct paths *paths, const char *directory,
							 const struct part_names *names, struct error *error)
{
	char inside[DATASET_PATH];

	join(inside, directory, "."); /* exists in folders alone */
	if (!*directory || !file_exists(inside))
		return error_set(error, "there is no folder \"%s\"", directory);
	int found = find_pair(paths, directory, names, error);
	return found ? found : nothing_found(directory, names, error);
}

static int find_in_usual_places(struct paths *paths, const struct part_names *names,
								struct error *error)
{
	const char *chosen = getenv("MNIST_CNN_DATA");
	char tried[DATASET_PATH];

	if (chosen && *chosen)
		return find_in_directory(paths, chosen, names, error) < 0
				   ? error_prefix(error, "$MNIST_CNN_DATA")
				   : 1;
	int found = find_pair(paths, "data", names, error);
	if (found)
		return found;
	char *moved = file_near_program(MNIST_CNN_DATA_FROM_PROGRAM);
	const char *installed = moved ? moved : MNIST_CNN_DATADIR;
	found = find_pair(paths, installed, names, error);
	snprintf(tried, sizeof tried, "data, %s", installed);
	free(moved);
	return found ? found : nothing_found(tried, names, error);
}

/* Read a file, and unpack it where it is packed. */
static int read_unpacked(const char *path, struct buffer *out, struct error *error)
{
	struct buffer file;

	if (file_read(path, MAX_FILE, &file, error))
		return -1;
	if (!gzip_is(file.data, file.size)) {
		*out = file;
		return 0;
	}
	int status = gzip_decompress(file.data, file.size, MAX_FILE, out, error);
	buffer_free(&file);
	return status ? error_prefix(error, "%s", path) : 0;
}

static int load_files(struct dataset *dataset, const struct paths *paths, struct error *error)
{
	struct buffer *image_file = &dataset->image_file, *label_file = &dataset->label_file;
	struct idx_images images;
	struct idx_labels labels;

	if (read_unpacked(paths->images, image_file, error))
		return -1;
	if (idx_parse_images(image_file->data, image_file->size, DATASET_SIDE, DATASET_SIDE, &images,
						 error))
		return error_prefix(error, "%s", paths->images);
	if (read_unpacked(paths->labels, label_file, error))
		return -1;
	if (idx_parse_labels(label_file->data, label_file->size, DATASET_CLASSES, &labels, error))
		return error_prefix(error, "%s", paths->labels);
	if (labels.count != images.count)
		return error_set(error, "%s: %zu labels for %zu images", paths->labels, labels.count,
						 images.count);
	strcpy(dataset->directory, paths->folder);
	dataset->count = images.count;
	dataset->images = images.pixels;
	dataset->labels = labels.labels;
	return 0;
}

enum dataset_fault dataset_load(struct dataset *dataset, const char *directory,
								enum dataset_part part, struct error *error)
{
	const struct part_names *names = &part_names[part];
	struct paths paths;

	*dataset = (struct dataset){0};
	int found = directory ? find_in_directory(&paths, directory, names, error)
						  : find_in_usual_places(&paths, names, error);
	if (found < 0)
		return DATASET_MISSING;
	if (load_files(dataset, &paths, error)) {
		dataset_free(dataset);
		return DATASET_BROKEN;
	}
	return DATASET_FINE;
}

void dataset_free(struct dataset *dataset)
{
	buffer_free(&dataset->image_file);
	buffer_free(&dataset->label_file);
	*dataset = (struct dataset){0};
}

int split_make(struct split *split, size_t image_count, size_t limit, double val_fraction,
			   uint64_t seed, struct error *error)
{
	size_t count = limit && limit < image_count ? limit : image_count;

	*split = (struct split){0};
	if (!(val_fraction >= 0 && val_fraction < 1))
		return error_set(error, "a validation split of %g: from 0 to below 1 is possible",
						 val_fraction);
	if (image_count > UINT32_MAX)
		return error_set(error, "%zu images, the most is %" PRIu32, image_count, UINT32_MAX);
	split->val_count = (size_t)round((double)count * val_fraction);
	if (split->val_count >= count)
		return error_set(error, "a validation split of %g leaves none of %zu images to train on",
						 val_fraction, count);
	split->train_count = count - split->val_count;
	split->train = calloc(image_count, sizeof *split->train);
	if (!split->train)
		return error_set(error, "not enough memory to split %zu images", image_count);
	split->val = split->train + split->train_count;
	for (size_t i = 0; i < image_count; i++)
		split->train[i] = (uint32_t)i;
	rng_shuffle(rng_stream(seed, RNG_SPLIT, 0), split->train, image_count);
	return 0;
}

void split_free(struct split *split)
{
	free(split->train);
	*split = (struct split){0};
}

void split_shuffle(const struct split *split, uint64_t seed, uint64_t epoch, uint32_t *order)
{
	memcpy(order, split->train, split->train_count * sizeof *order);
	rng_shuffle(rng_stream(seed, RNG_SHUFFLE, epoch), order, split->train_count);
}

/* The images of a batch lie anywhere in 47 MB: ask for all of them before the first is needed. */
static void fetch(const struct dataset *dataset, const uint32_t *indices, int n)
{
#ifdef __GNUC__
	for (int i = 0; i < n; i++)
		for (int p = 0; p < DATASET_PIXELS; p += 64)
			__builtin_prefetch(dataset->images + (size_t)indices[i] * DATASET_PIXELS + p);
#else
	(void)dataset, (void)indices, (void)n;
#endif
}

void dataset_labels(const struct dataset *dataset, const uint32_t *indices, int n, uint8_t *labels)
{
	for (int i = 0; i < n; i++)
		labels[i] = dataset->labels[indices[i]];
}

void selection_load(const void *context, int first, int n, float *x)
{
	const struct selection *selection = context;
	const struct dataset *dataset = selection->dataset;
	const uint32_t *indices = selection->indices + first;

	fetch(dataset, indices, n);
	for (int i = 0; i < n; i++, x += DATASET_PIXELS) {
		const uint8_t *image = dataset->images + (size_t)indices[i] * DATASET_PIXELS;

		for (int p = 0; p < DATASET_PIXELS; p++)
			x[p] = (float)image[p] / 255.0f;
	}
}
