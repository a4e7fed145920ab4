/* IDX, the format of the MNIST files: numbers of one type in a few dimensions. */
#ifndef FORMATS_IDX_H
#define FORMATS_IDX_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

struct idx_images {
	size_t count;
	int height, width; /* 1 … MOST_SIDE each */
	uint8_t *pixels;   /* [count][height][width], in the memory of the file that was read */
};

struct idx_labels {
	size_t count;
	int32_t *values; /* [count]; owned */
};

/* True where the data begins as an IDX file does: 00 00, a type, a number of dimensions. */
bool idx_is(const uint8_t *data, size_t size);

/* Read a whole file of images, of any type, as one byte a pixel. The shape is [n][h][w],
 * [n][1][h][w], [n][h][w][1], or [n][pixels] where these make a square. Integers are 0 … 255 as
 * they are. Floats are 0 … 1 where none is larger, and stand for 0 … 255; else they are 0 … 255,
 * and are rounded. Refused, with its place, is a number that is below 0, above 255 or NaN.
 * The pixels are written over the file's own bytes, and memory that is left is given back. */
int idx_read_images(struct buffer *file, struct idx_images *out, struct error *error);

/* Read a whole file of labels: [n], [n][1] or, of QMNIST, [n][8], where the first of eight counts.
 * Any type will do if the numbers are whole and fit into 32 bits. Free out->values; *out is zeroed
 * on error. */
int idx_read_labels(const struct buffer *file, struct idx_labels *out, struct error *error);

#endif
