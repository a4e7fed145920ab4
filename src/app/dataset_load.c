/* The files of a part become bytes of images and indices of classes. */
#include <stdlib.h>
#include <string.h>

#include "app/dataset_files.h"
#include "app/pictures.h"
#include "base/file.h"
#include "base/writer.h"
#include "formats/csv.h"
#include "formats/foreign.h"
#include "formats/gzip.h"
#include "formats/idx.h"

#define MAX_FILE ((size_t)1 << 30)    /* bytes, packed or not: over a million images */
#define MAX_MAPPING ((size_t)1 << 16) /* bytes */
#define MAX_PACKED 2                  /* times: servers pack what is packed once more */
#define LOOK 512                      /* bytes that tell text from others */

/* Stands in front of a sink, and looks at the first bytes of what it is to take. */
struct gate {
	struct sink sink;
	bool text; /* the sink takes text, not IDX */
	bool begun, packed;
	struct writer content; /* where it is packed: all of it */
};

/* Text has no control characters but those between the tabulator and the return. */
static bool is_binary(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size && i < LOOK; i++)
		if (data[i] < ' ' && (data[i] < '\t' || data[i] > '\r'))
			return true;
	return false;
}

static int look(struct gate *gate, const uint8_t *data, size_t size, struct error *error)
{
	const char *foreign = foreign_content(data, size);

	gate->begun = true;
	gate->packed = gzip_is(data, size);
	if (!foreign && gate->text && idx_is(data, size))
		foreign = "an IDX file, whose name should be like train-images-idx3-ubyte";
	if (!foreign && gate->text && !gate->packed && is_binary(data, size))
		foreign = "not text, as CSV is";
	return foreign ? error_set(error, "%s", foreign) : 0;
}

static int gate_take(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct gate *gate = context;

	if (!gate->begun && look(gate, data, size, error))
		return -1;
	return gate->packed ? writer_sink(&gate->content, data, size, error)
						: gate->sink.take(gate->sink.context, data, size, error);
}

/* Read a file through the sink, unpacked where it is packed: `most` bytes, at most, either way.
 * Errors name the file. */
static int read_unpacked(const char *path, size_t most, struct sink sink, bool text,
						 struct error *error)
{
	struct gate gate = {.sink = sink, .text = text};
	int status = file_read_pieces(path, most, (struct sink){gate_take, &gate}, error);

	for (int times = 1; !status && gate.packed; times++) {
		struct buffer packed = gate.content.bytes;

		gate = (struct gate){.sink = sink, .text = text};
		status = times > MAX_PACKED
					 ? error_set(error, "packed more than %d times by gzip", MAX_PACKED)
					 : gzip_decompress(packed.data, packed.size, most,
									   (struct sink){gate_take, &gate}, error);
		buffer_free(&packed);
		if (status)
			error_prefix(error, "%s", path);
	}
	writer_free(&gate.content);
	if (!status && !gate.begun)
		return error_set(error, "%s: an empty file", path);
	return status;
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
		const int index = classes_find(&dataset->classes, labels[i]);
		if (index < 0)
			return error_set(error, "label %zu is %d, which is none of the %d classes, %s to %s", i,
							 (int)labels[i], dataset->classes.count, dataset->classes.all[0].name,
							 dataset->classes.all[dataset->classes.count - 1].name);
		dataset->own_labels[i] = (uint16_t)index;
	}
	dataset->labels = dataset->own_labels;
	return 0;
}

int dataset_number_classes(struct dataset *dataset, int count, struct error *error)
{
	const struct classes old = dataset->classes;

	if (!dataset->labels || old.count == count)
		return 0;
	for (int i = 0; i < old.count; i++) {
		const struct class_label *class = &old.all[i];
		int32_t number;
		if (class->label < 0 || class->label >= count ||
			!class_name_is_number(class->name, &number) || number != class->label)
			return 0;
	}
	if (classes_numbered(count, &dataset->classes, error)) {
		dataset->classes = old;
		return -1;
	}
	for (size_t i = 0; i < dataset->count; i++)
		dataset->own_labels[i] = (uint16_t)old.all[dataset->own_labels[i]].label;
	free(old.all);
	return 0;
}

/* There may be names for more classes than have an image. */
static int name_classes(struct dataset *dataset, const char *names, struct error *error)
{
	if (dataset->labels && (dataset_number_classes(dataset, classes_count_names(names), error) ||
							classes_name(&dataset->classes, names, error)))
		return error_prefix(error, "%s", dataset->place);
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
static int transpose(struct dataset *dataset, struct error *error)
{
	uint8_t *pixels = dataset->own_pixels;
	const int height = dataset->width, width = dataset->height;
	const size_t size = (size_t)height * (size_t)width;
	uint8_t *old = malloc(size);

	if (!old)
		return error_scarce(error, "not enough memory for %zu bytes", size);
	for (size_t i = 0; i < dataset->count; i++, pixels += size) {
		memcpy(old, pixels, size);
		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++)
				pixels[y * width + x] = old[x * height + y];
	}
	free(old);
	dataset->height = height;
	dataset->width = width;
	dataset->transposed = true;
	return 0;
}

/* ---- files ---- */

static int read_idx_images(const char *path, struct dataset *dataset, struct error *error)
{
	struct idx_reader reader = {.type = 0};
	struct idx_images images = {0};

	int status = read_unpacked(path, MAX_FILE, (struct sink){idx_take, &reader}, false, error);
	if (!status && idx_end(&reader, &images, error))
		status = error_prefix(error, "%s", path);
	pixels_free(&reader.images.pixels);
	dataset->count = images.count;
	dataset->height = images.height;
	dataset->width = images.width;
	dataset->own_pixels = images.pixels.data;
	return status;
}

/* The bytes of the largest file of labels that is read: a label is eight numbers of eight bytes, at
 * most. Images that were taken for labels are read as well, so that the error can say so. */
static size_t most_of_labels(const struct dataset *dataset)
{
	const uint64_t pixels = (uint64_t)dataset->height * (uint64_t)dataset->width;
	const uint64_t most = (64 + pixels) * dataset->count + (1 << 20);

	return most < MAX_FILE ? (size_t)most : MAX_FILE;
}

static int load_idx(struct dataset *dataset, const struct dataset_files *files,
					const struct classes *known, struct error *error)
{
	struct writer file = {0};
	struct idx_labels labels = {0};
	int status = 0;

	if (read_idx_images(files->images, dataset, error))
		return -1;
	if (read_unpacked(files->labels, most_of_labels(dataset), (struct sink){writer_sink, &file},
					  false, error)) {
		writer_free(&file);
		return -1;
	}
	if (idx_read_labels(&file.bytes, &labels, error))
		status = -1;
	else if (labels.count != dataset->count)
		status = error_set(error, "%zu labels for %zu images", labels.count, dataset->count);
	else
		status = take_labels(dataset, files, known, labels.values, error);
	writer_free(&file);
	free(labels.values);
	return status ? error_prefix(error, "%s", files->labels) : 0;
}

static int load_csv(struct dataset *dataset, const struct dataset_files *files,
					const struct classes *known, struct error *error)
{
	struct csv_reader reader = {.line = 0};
	struct csv_images images = {0};

	int status =
		read_unpacked(files->images, MAX_FILE, (struct sink){csv_take, &reader}, true, error);
	if (!status && csv_end(&reader, &images, error))
		status = error_prefix(error, "%s", files->images);
	csv_reader_free(&reader);
	dataset->count = images.count;
	dataset->height = dataset->width = images.side;
	dataset->own_pixels = images.pixels.data;
	if (!status && images.labels && take_labels(dataset, files, known, images.labels, error))
		status = error_prefix(error, "%s", files->images);
	free(images.labels);
	return status;
}

static enum dataset_fault load_files(struct dataset *dataset, const struct dataset_files *files,
									 const struct dataset_options *options, enum dataset_part part,
									 const struct classes *known, struct error *error)
{
	if (files->pictures)
		return pictures_load(dataset, files->images, options, part, known, error);
	const int status = *files->labels ? load_idx(dataset, files, known, error)
									  : load_csv(dataset, files, known, error);
	return status ? DATASET_BROKEN : DATASET_FINE;
}

/* The files were found; `dataset` is zeroed, and to be freed after an error, too. */
static enum dataset_fault load_found(struct dataset *dataset, const struct dataset_files *files,
									 const struct dataset_options *options, enum dataset_part part,
									 const struct classes *known, struct error *error)
{
	const enum dataset_fault fault = load_files(dataset, files, options, part, known, error);

	if (fault)
		return fault;
	strcpy(dataset->place, files->place);
	dataset->stretched = stretch(dataset->own_pixels,
								 dataset->count * (size_t)dataset->height * (size_t)dataset->width);
	dataset->images = dataset->own_pixels;
	if ((files->transposed || options->transpose) && transpose(dataset, error))
		return DATASET_BROKEN;
	if (options->names && name_classes(dataset, options->names, error))
		return DATASET_BROKEN;
	return DATASET_FINE;
}

/* Take the images of a CSV file without labels for testing, whatever it is called: nothing can be
 * learned from them. Returns false where there is none. */
static bool load_unlabelled(struct dataset *dataset, struct dataset_files *files,
							const struct dataset_options *options, const struct classes *known)
{
	struct error ignored;

	if (dataset_find(files, options->path, DATASET_TRAIN, &ignored) || *files->labels ||
		files->pictures)
		return false;
	return !load_found(dataset, files, options, DATASET_TEST, known, &ignored) && !dataset->labels;
}

enum dataset_fault dataset_load(struct dataset *dataset, const struct dataset_options *options,
								enum dataset_part part, const struct classes *known,
								struct error *error)
{
	struct dataset_files *files = malloc(sizeof *files);

	*dataset = (struct dataset){0};
	if (!files) {
		error_scarce(error, "not enough memory to load data");
		return DATASET_MISSING;
	}
	enum dataset_fault fault = dataset_find(files, options->path, part, error);
	if (!fault)
		fault = load_found(dataset, files, options, part, known, error);
	else if (fault == DATASET_NO_PART && part == DATASET_TEST &&
			 load_unlabelled(dataset, files, options, known))
		fault = DATASET_FINE;
	if (fault)
		dataset_free(dataset);
	free(files);
	return fault;
}

void dataset_free(struct dataset *dataset)
{
	free(dataset->own_pixels);
	classes_free(&dataset->classes);
	free(dataset->own_labels);
	free(dataset->broken_names);
	*dataset = (struct dataset){0};
}
