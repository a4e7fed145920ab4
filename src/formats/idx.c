/* IDX: 00 00 type rank, big-endian dimensions, then the numbers, big-endian, last index fastest. */
#include "formats/idx.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/number.h"
#include "formats/foreign.h"
#include "formats/square.h"

#define MAGIC 4 /* bytes */
#define MOST_RANK 4
#define QMNIST_COLUMNS 8 /* digit, series, writer, … */

enum { U8 = 0x08, I8 = 0x09, I16 = 0x0b, I32 = 0x0c, F32 = 0x0d, F64 = 0x0e, TYPES };

static const size_t size_of[TYPES] = {
	[U8] = 1, [I8] = 1, [I16] = 2, [I32] = 4, [F32] = 4, [F64] = 8};

/* A file whose header is right. */
struct array {
	const char *what; /* "images" or "labels" */
	int type, rank;
	size_t dims[MOST_RANK]; /* 1 behind the last */
	size_t offset;          /* of the first number */
};

bool idx_is(const uint8_t *data, size_t size)
{
	return size >= MAGIC && !data[0] && !data[1] && data[2] < TYPES && size_of[data[2]] &&
		   data[3] >= 1 && data[3] <= MOST_RANK;
}

static int no_idx(const uint8_t *data, size_t size, const char *what, struct error *error)
{
	const char *phrase = foreign_content(data, size);

	if (phrase)
		return error_set(error, "%s", phrase);
	if (size < MAGIC)
		return error_set(error, "%zu bytes, where an IDX file of %s is expected", size, what);
	return error_set(error,
					 "not an IDX file of %s: it begins with %02x %02x %02x %02x, not with 00 00, "
					 "a type and 1 to %d dimensions",
					 what, data[0], data[1], data[2], data[3], MOST_RANK);
}

/* Read the header, and refuse a file that is shorter or longer than that says. */
static int read_header(const struct buffer *file, const char *what, struct array *out,
					   struct error *error)
{
	struct bytes in = {file->data, file->size, MAGIC};

	if (!idx_is(file->data, file->size))
		return no_idx(file->data, file->size, what, error);
	*out = (struct array){what, file->data[2], file->data[3], {1, 1, 1, 1}, 0};
	size_t each = size_of[out->type], wanted;
	for (int i = 0; i < out->rank; i++) {
		uint32_t size = 0;
		if (!bytes_u32be(&in, &size))
			return error_set(error, "offset %zu: the file ends inside its header of %d bytes",
							 in.size, MAGIC + 4 * out->rank);
		if (size == 0)
			return error_set(error, "offset %d: dimension %d is 0", MAGIC + 4 * i, i);
		out->dims[i] = size;
		if (i && !checked_multiply(each, size, &each))
			each = SIZE_MAX;
	}
	out->offset = in.offset;
	const size_t left = bytes_left(&in);
	if (!checked_multiply(out->dims[0], each, &wanted) || wanted > left)
		return error_set(error, "offset %zu: %zu %s of %zu bytes, but the file ends after %zu",
						 in.offset, out->dims[0], what, each, left / each);
	if (wanted < left)
		return error_set(error, "offset %zu: %zu bytes after the last of %zu %s",
						 in.offset + wanted, left - wanted, out->dims[0], what);
	return 0;
}

static uint32_t load_u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
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
		return (int16_t)(p[0] << 8 | p[1]);
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

static int find_shape(const struct array *a, struct idx_images *out, struct error *error)
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
						 a->dims[1], MOST_SIDE, MOST_SIDE);
	if (a->rank == MOST_RANK && a->dims[1] == 1) {
		height = a->dims[2];
		width = a->dims[3];
	} else if (a->rank == MOST_RANK && a->dims[3] != 1) {
		return error_set(error,
						 "offset 8: images of %zu×%zu×%zu numbers; only grey ones are read, "
						 "of height×width",
						 a->dims[1], a->dims[2], a->dims[3]);
	}
	if (height > MOST_SIDE || width > MOST_SIDE)
		return error_set(error, "offset 8: images of %zu×%zu pixels, the most is %d×%d", height,
						 width, MOST_SIDE, MOST_SIDE);
	out->count = a->dims[0];
	out->height = (int)height;
	out->width = (int)width;
	return 0;
}

/* 255 where all pixels are floats of 0 … 1, else 1. */
static double scale_of(const struct array *a, const uint8_t *numbers, size_t count)
{
	const size_t size = size_of[a->type];

	for (size_t i = 0; i < count; i++)
		if (number_at(a->type, numbers + i * size) > 1)
			return 1;
	return 255;
}

static int refuse_pixel(double value, size_t index, size_t pixels, struct error *error)
{
	char text[NUMBER_TEXT];

	return error_set(error, "image %zu, pixel %zu: %s, where pixels are 0 … 1 or 0 … 255",
					 index / pixels, index % pixels,
					 isnan(value) ? "not a number" : number_text(value, true, text));
}

/* Bytes are never more than the numbers that they are made of, so they can lie in their place. */
static int convert(const struct array *a, struct buffer *file, struct idx_images *out,
				   struct error *error)
{
	const size_t size = size_of[a->type], pixels = (size_t)out->height * (size_t)out->width;
	const size_t count = out->count * pixels;
	const uint8_t *numbers = file->data + a->offset;
	const double scale = a->type == F32 || a->type == F64 ? scale_of(a, numbers, count) : 1;

	for (size_t i = 0; i < count; i++) {
		const double value = number_at(a->type, numbers + i * size);
		if (!(value >= 0 && value <= 255))
			return refuse_pixel(value, i, pixels, error);
		file->data[i] = (uint8_t)(value * scale + 0.5);
	}
	buffer_shrink(file, count);
	out->pixels = file->data;
	return 0;
}

int idx_read_images(struct buffer *file, struct idx_images *out, struct error *error)
{
	struct array array;
	struct idx_images images;

	*out = (struct idx_images){0};
	if (read_header(file, "images", &array, error) || find_shape(&array, &images, error))
		return -1;
	images.pixels = file->data + array.offset;
	if (array.type != U8 && convert(&array, file, &images, error))
		return -1;
	*out = images;
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
	struct array a;

	*out = (struct idx_labels){0};
	if (read_header(file, "labels", &a, error))
		return -1;
	if (a.rank > 2)
		return error_set(error, "images, where labels are expected");
	if (a.dims[1] != 1 && a.dims[1] != QMNIST_COLUMNS)
		return error_set(error,
						 "offset 8: %zu numbers a label; there may be 1, or the %d of QMNIST",
						 a.dims[1], QMNIST_COLUMNS);
	const size_t step = size_of[a.type] * a.dims[1];
	int32_t *values = malloc(a.dims[0] * sizeof *values);
	if (!values)
		return error_scarce(error, "not enough memory for %zu labels", a.dims[0]);
	for (size_t i = 0; i < a.dims[0]; i++) {
		const double value = number_at(a.type, file->data + a.offset + i * step);
		if (!(value >= INT32_MIN && value <= INT32_MAX) || value != floor(value)) {
			free(values);
			return refuse_label(value, i, error);
		}
		values[i] = (int32_t)value;
	}
	*out = (struct idx_labels){a.dims[0], values};
	return 0;
}
