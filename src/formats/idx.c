/* IDX: 00 00 type rank, big-endian dimensions, then the numbers, big-endian, last index fastest. */
#include "formats/idx.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/number.h"

#define MAGIC 4 /* bytes */
#define MOST_RANK 4
#define QMNIST_COLUMNS 8 /* digit, series, writer, … */

enum { U8 = 0x08, I8 = 0x09, I16 = 0x0b, I32 = 0x0c, F32 = 0x0d, F64 = 0x0e, TYPES };

static const size_t size_of[TYPES] = {
	[U8] = 1, [I8] = 1, [I16] = 2, [I32] = 4, [F32] = 4, [F64] = 8};

struct header {
	int type, rank;
	size_t dims[MOST_RANK]; /* 1 behind the last */
	size_t size;            /* bytes */
};

bool idx_is(const uint8_t *data, size_t size)
{
	return size >= MAGIC && !data[0] && !data[1] && data[2] < TYPES && size_of[data[2]] &&
		   data[3] >= 1 && data[3] <= MOST_RANK;
}

static int no_idx(const uint8_t *data, size_t size, const char *what, struct error *error)
{
	if (size < MAGIC)
		return error_set(error, "%zu bytes, where an IDX file of %s is expected", size, what);
	return error_set(error,
					 "not an IDX file of %s: it begins with %02x %02x %02x %02x, not with 00 00, "
					 "a type and 1 to %d dimensions",
					 what, data[0], data[1], data[2], data[3], MOST_RANK);
}

static int ends_in_header(size_t size, int rank, struct error *error)
{
	return error_set(error, "offset %zu: the file ends inside its header of %d bytes", size,
					 MAGIC + 4 * rank);
}

/* Parse a header that is complete. */
static int parse_header(const uint8_t *data, struct header *out, struct error *error)
{
	*out = (struct header){data[2], data[3], {1, 1, 1, 1}, MAGIC + 4u * data[3]};
	for (int i = 0; i < out->rank; i++) {
		out->dims[i] = load_u32be(data + MAGIC + 4 * i);
		if (out->dims[i] == 0)
			return error_set(error, "offset %d: dimension %d is 0", MAGIC + 4 * i, i);
	}
	return 0;
}

static double number_at(int type, const uint8_t *p)
{
	uint32_t bits;
	uint64_t wide_bits;
	float narrow;
	double wide;

	switch (type) {
	case U8:
		return p[0];
	case I8:
		return (int8_t)p[0];
	case I16:
		return (int16_t)load_u16be(p);
	case I32:
		return (int32_t)load_u32be(p);
	case F32:
		bits = load_u32be(p);
		memcpy(&narrow, &bits, sizeof narrow);
		return (double)narrow;
	default:
		wide_bits = (uint64_t)load_u32be(p) << 32 | load_u32be(p + 4);
		memcpy(&wide, &wide_bits, sizeof wide);
		return wide;
	}
}

/* ---- images ---- */

static int find_shape(const struct header *a, struct idx_images *out, struct error *error)
{
	size_t height = a->dims[1], width = a->dims[2];

	if (a->rank == 1)
		return error_set(error, "labels, where images are expected");
	if (a->rank == 2)
		height = width = (size_t)square_side(a->dims[1]);
	if (height == 0)
		return error_set(error,
						 "offset 8: images of %zu pixels in one dimension, which make no "
						 "square of at most %d×%d",
						 a->dims[1], IMAGE_MOST_SIDE, IMAGE_MOST_SIDE);
	if (a->rank == MOST_RANK && a->dims[1] == 1) {
		height = a->dims[2];
		width = a->dims[3];
	} else if (a->rank == MOST_RANK && a->dims[3] != 1) {
		return error_set(error,
						 "offset 8: images of %zu×%zu×%zu numbers; only grey ones are read, "
						 "of height×width",
						 a->dims[1], a->dims[2], a->dims[3]);
	}
	if (height > IMAGE_MOST_SIDE || width > IMAGE_MOST_SIDE)
		return error_set(error, "offset 8: images of %zu×%zu pixels, the most is %d×%d", height,
						 width, IMAGE_MOST_SIDE, IMAGE_MOST_SIDE);
	out->count = a->dims[0];
	out->height = (int)height;
	out->width = (int)width;
	return 0;
}

static int refuse_pixel(double value, size_t index, size_t pixels, struct error *error)
{
	char text[NUMBER_TEXT];

	return error_set(error, "image %zu, pixel %zu: %s, where pixels are 0 … 1 or 0 … 255",
					 index / pixels, index % pixels,
					 isnan(value) ? "not a number" : number_text(value, true, text));
}

/* Take bytes to `head` until it has as many as are wanted. False: there are too few. */
static bool fill_head(struct idx_reader *reader, const uint8_t **data, size_t *size)
{
	const size_t missing = reader->head_wanted - reader->head_size;
	const size_t count = missing < *size ? missing : *size;

	memcpy(reader->head + reader->head_size, *data, count);
	reader->head_size += count;
	*data += count;
	*size -= count;
	return count == missing;
}

/* Read the header: the magic first, which tells how long it is. */
static int take_header(struct idx_reader *reader, const uint8_t **data, size_t *size,
					   struct error *error)
{
	struct idx_images *images = &reader->images;
	struct header header;

	if (!reader->head_wanted)
		reader->head_wanted = MAGIC;
	if (!fill_head(reader, data, size))
		return 0;
	if (!idx_is(reader->head, MAGIC))
		return no_idx(reader->head, MAGIC, "images", error);
	reader->head_wanted = MAGIC + 4u * reader->head[3];
	if (!fill_head(reader, data, size))
		return 0;
	if (parse_header(reader->head, &header, error) || find_shape(&header, images, error))
		return -1;
	if (!checked_multiply(images->count, (size_t)images->height * (size_t)images->width,
						  &reader->wanted))
		reader->wanted = SIZE_MAX;
	reader->type = header.type;
	reader->offset = header.size;
	reader->head_size = 0;
	reader->head_wanted = size_of[header.type];
	return 0;
}

static int add_number(struct idx_reader *reader, const uint8_t *number, struct error *error)
{
	struct pixels *pixels = &reader->images.pixels;
	const double value = number_at(reader->type, number);

	if (pixels_add(pixels, value))
		return 0;
	return refuse_pixel(value, pixels->count,
						(size_t)reader->images.height * (size_t)reader->images.width, error);
}

/* Add whole numbers; the beginning of another one waits in `head` for its end. */
static int take_numbers(struct idx_reader *reader, const uint8_t *data, size_t size,
						struct error *error)
{
	const size_t each = size_of[reader->type];

	if (pixels_reserve(&reader->images.pixels, size / each + 1, error))
		return -1;
	if (reader->head_size) {
		if (!fill_head(reader, &data, &size))
			return 0;
		reader->head_size = 0;
		if (add_number(reader, reader->head, error))
			return -1;
	}
	for (; size >= each; size -= each, data += each)
		if (add_number(reader, data, error))
			return -1;
	fill_head(reader, &data, &size);
	return 0;
}

int idx_take(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct idx_reader *reader = context;
	struct pixels *pixels = &reader->images.pixels;

	if (!reader->type && take_header(reader, &data, &size, error))
		return -1;
	if (!size)
		return 0;
	const size_t each = size_of[reader->type];
	const size_t left = (reader->wanted - pixels->count) * each - reader->head_size;
	if (size > left && reader->wanted < SIZE_MAX / each)
		return error_set(error, "offset %zu: bytes after the last of %zu images",
						 reader->offset + left, reader->images.count);
	reader->offset += size;
	if (reader->type != U8)
		return take_numbers(reader, data, size, error);
	if (pixels_reserve(pixels, size, error))
		return -1;
	memcpy(pixels->data + pixels->count, data, size);
	pixels->count += size;
	return 0;
}

int idx_end(struct idx_reader *reader, struct idx_images *out, struct error *error)
{
	struct idx_images *images = &reader->images;

	*out = (struct idx_images){0};
	if (!reader->type && reader->head_size < MAGIC)
		return no_idx(reader->head, reader->head_size, "images", error);
	if (!reader->type)
		return ends_in_header(reader->head_size, reader->head[3], error);
	const size_t each = (size_t)images->height * (size_t)images->width;
	if (images->pixels.count != reader->wanted)
		return error_set(error, "%zu images of %d×%d pixels, but the file ends after %zu",
						 images->count, images->height, images->width, images->pixels.count / each);
	pixels_shrink(&images->pixels);
	*out = *images;
	images->pixels = (struct pixels){0};
	return 0;
}

/* ---- labels ---- */

static int refuse_label(double value, size_t index, struct error *error)
{
	char text[NUMBER_TEXT];

	return error_set(error, "label %zu is %s, not a whole number of 32 bits", index,
					 isfinite(value) ? number_text(value, false, text) : "not finite");
}

int idx_read_labels(const struct buffer *file, struct idx_labels *out, struct error *error)
{
	struct header a;
	size_t wanted;

	*out = (struct idx_labels){0};
	if (!idx_is(file->data, file->size))
		return no_idx(file->data, file->size, "labels", error);
	if (file->size < MAGIC + 4u * file->data[3])
		return ends_in_header(file->size, file->data[3], error);
	if (parse_header(file->data, &a, error))
		return -1;
	if (a.rank > 2)
		return error_set(error, "images, where labels are expected");
	if (a.dims[1] != 1 && a.dims[1] != QMNIST_COLUMNS)
		return error_set(error,
						 "offset 8: %zu numbers a label; there may be 1, or the %d of QMNIST",
						 a.dims[1], QMNIST_COLUMNS);
	const size_t label_size = size_of[a.type] * a.dims[1], left = file->size - a.size;
	if (!checked_multiply(a.dims[0], label_size, &wanted) || wanted > left)
		return error_set(error, "%zu labels of %zu bytes, but the file ends after %zu", a.dims[0],
						 label_size, left / label_size);
	if (wanted < left)
		return error_set(error, "offset %zu: bytes after the last of %zu labels", a.size + wanted,
						 a.dims[0]);
	int32_t *values = malloc(a.dims[0] * sizeof *values);
	if (!values)
		return error_scarce(error, "not enough memory for %zu labels", a.dims[0]);
	for (size_t i = 0; i < a.dims[0]; i++) {
		const double value = number_at(a.type, file->data + a.size + i * label_size);
		if (!(value >= INT32_MIN && value <= INT32_MAX) || value != floor(value)) {
			free(values);
			return refuse_label(value, i, error);
		}
		values[i] = (int32_t)value;
	}
	*out = (struct idx_labels){a.dims[0], values};
	return 0;
}
