/* The files of a part become bytes of images and indices of classes. */
#include <stdlib.h>
#include <string.h>

#include "app/dataset_files.h"
#include "base/file.h"
#include "formats/csv.h"
#include "formats/foreign.h"
#include "formats/gzip.h"
#include "formats/idx.h"
#include "formats/square.h"

#define MAX_FILE ((size_t)1 << 30)    /* bytes, packed or not: over a million images */
#define MAX_MAPPING ((size_t)1 << 16) /* bytes */
#define MAX_PACKED 2                  /* times: servers pack what is packed once more */

/* Read a file, and unpack it where it is packed. */
static int read_unpacked(const char *path, struct buffer *out, struct error *error)
{
	if (file_read(path, MAX_FILE, out, error))
		return -1;
	for (int times = 0; gzip_is(out->data, out->size); times++) {
		const struct buffer packed = *out;

		if (times == MAX_PACKED)
			return error_set(error, "%s: packed more than %d times by gzip", path, MAX_PACKED);
		const int status = gzip_decompress(packed.data, packed.size, MAX_FILE, out, error);
		free(packed.data);
		if (status)
			return error_prefix(error, "%s", path);
	}
	return 0;
}

/* ---- classes ---- */

/* The classes are those known or, in this order, of the mapping and of the labels. */
static int find_classes(struct dataset *dataset, const struct dataset_files *files,
						const struct classes *known, const int32_t *labels, struct error *error)
{
	struct buffer file = {0};

	if (known)
		return classes_copy(known, &dataset->classes, error);
	if (!*files->mapping)
		return classes_of_labels(labels, dataset->count, &dataset->classes, error);
	if (file_read(files->mapping, MAX_MAPPING, &file, error))
		return -1;
	const int status =
		classes_read_mapping((const char *)file.data, file.size, &dataset->classes, error);
	buffer_free(&file);
	return status ? error_prefix(error, "%s", files->mapping) : 0;
}

/* Replace the labels of the file by the indices of their classes. */
static int take_labels(struct dataset *dataset, const struct dataset_files *files,
					   const struct classes *known, const int32_t *labels, struct error *error)
{
	if (find_classes(dataset, files, known, labels, error))
		return -1;
	dataset->own_labels = malloc(dataset->count * sizeof *dataset->own_labels);
	if (!dataset->own_labels)
		return error_scarce(error, "not enough memory for %zu labels", dataset->count);
	for (size_t i = 0; i < dataset->count; i++) {
		const int class = classes_find(&dataset->classes, labels[i]);
		if (class < 0)
			return error_set(error, "label %zu is %d, which is none of the %d classes, %s to %s", i,
							 (int)labels[i], dataset->classes.count, dataset->classes.all[0].name,
							 dataset->classes.all[dataset->classes.count - 1].name);
		dataset->own_labels[i] = (uint16_t) class;
	}
	dataset->labels = dataset->own_labels;
	return 0;
}

int dataset_number_classes(struct dataset *dataset, int count, struct error *error)
{
	const struct classes old = dataset->classes;

	if (!dataset->labels || old.all[0].label < 0 || old.all[old.count - 1].label >= count)
		return 0;
	if (classes_numbered(count, &dataset->classes, error)) {
		dataset->classes = old;
		return -1;
	}
	for (size_t i = 0; i < dataset->count; i++)
		dataset->own_labels[i] = (uint16_t)old.all[dataset->own_labels[i]].label;
	free(old.all);
	return 0;
}

/* ---- pixels ---- */

/* Where no pixel is above 1, ink is 1, and becomes 255. Images of other sets are soon told. */
static bool stretch(uint8_t *pixels, size_t count)
{
	bool ink = false;

	for (size_t i = 0; i < count; i++) {
		if (pixels[i] > 1)
			return false;
		ink |= pixels[i] == 1;
	}
	for (size_t i = 0; ink && i < count; i++)
		pixels[i] = (uint8_t)(pixels[i] * 255);
	return ink;
}

/* Swap rows and columns of all images. */
static void transpose(struct dataset *dataset, uint8_t *pixels)
{
	const int height = dataset->width, width = dataset->height;
	const size_t size = (size_t)height * (size_t)width;
	uint8_t old[MOST_SIDE * MOST_SIDE];

	for (size_t i = 0; i < dataset->count; i++, pixels += size) {
		memcpy(old, pixels, size);
		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++)
				pixels[y * width + x] = old[x * height + y];
	}
	dataset->height = height;
	dataset->width = width;
	dataset->transposed = true;
}

/* ---- files ---- */

static int load_idx(struct dataset *dataset, const struct dataset_files *files,
					const struct classes *known, uint8_t **pixels, struct error *error)
{
	struct buffer label_file;
	struct idx_images images;
	struct idx_labels labels = {0};
	int status;

	if (read_unpacked(files->images, &dataset->file, error))
		return -1;
	if (idx_read_images(&dataset->file, &images, error))
		return error_prefix(error, "%s", files->images);
	dataset->count = images.count;
	dataset->height = images.height;
	dataset->width = images.width;
	*pixels = images.pixels;
	if (read_unpacked(files->labels, &label_file, error))
		return -1;
	status = idx_read_labels(&label_file, &labels, error);
	buffer_free(&label_file);
	if (!status && labels.count != images.count)
		status = error_set(error, "%zu labels for %zu images", labels.count, images.count);
	status = status || take_labels(dataset, files, known, labels.values, error)
				 ? error_prefix(error, "%s", files->labels)
				 : 0;
	free(labels.values);
	return status;
}

static int load_csv(struct dataset *dataset, const struct dataset_files *files,
					const struct classes *known, uint8_t **pixels, struct error *error)
{
	struct csv_images images;
	const char *foreign;

	if (read_unpacked(files->images, &dataset->file, error))
		return -1;
	foreign = foreign_content(dataset->file.data, dataset->file.size);
	if (idx_is(dataset->file.data, dataset->file.size))
		foreign = "an IDX file, whose name should be like train-images-idx3-ubyte";
	if (foreign)
		return error_set(error, "%s: %s", files->images, foreign);
	if (csv_read_images(&dataset->file, &images, error))
		return error_prefix(error, "%s", files->images);
	dataset->count = images.count;
	dataset->height = dataset->width = images.side;
	*pixels = images.pixels;
	if (!images.labels)
		return 0;
	const int status = take_labels(dataset, files, known, images.labels, error);
	free(images.labels);
	return status ? error_prefix(error, "%s", files->images) : 0;
}

enum dataset_fault dataset_load(struct dataset *dataset, const struct dataset_options *options,
								enum dataset_part part, const struct classes *known,
								struct error *error)
{
	struct dataset_files files;
	uint8_t *pixels = NULL;

	*dataset = (struct dataset){0};
	const enum dataset_fault fault = dataset_find(&files, options->path, part, error);
	if (fault)
		return fault;
	if (*files.labels ? load_idx(dataset, &files, known, &pixels, error)
					  : load_csv(dataset, &files, known, &pixels, error)) {
		dataset_free(dataset);
		return DATASET_BROKEN;
	}
	strcpy(dataset->place, files.place);
	dataset->stretched =
		stretch(pixels, dataset->count * (size_t)dataset->height * (size_t)dataset->width);
	if (files.transposed || options->transpose)
		transpose(dataset, pixels);
	dataset->images = pixels;
	return DATASET_FINE;
}

void dataset_free(struct dataset *dataset)
{
	buffer_free(&dataset->file);
	classes_free(&dataset->classes);
	free(dataset->own_labels);
	*dataset = (struct dataset){0};
}
