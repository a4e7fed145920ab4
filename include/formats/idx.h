/* IDX, the format of the MNIST files: numbers of one type in a few dimensions. */
#ifndef FORMATS_IDX_H
#define FORMATS_IDX_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "formats/pixels.h"

#define IDX_MOST_HEADER 20 /* bytes */

struct idx_images {
	size_t count;
	int height, width;    /* 1 … IMAGE_MOST_SIDE each */
	struct pixels pixels; /* [count][height][width] */
};

struct idx_labels {
	size_t count;
	int32_t *values; /* [count]; owned */
};

/* True where the data begins as an IDX file does: 00 00, a type, a number of dimensions. */
bool idx_is(const uint8_t *data, size_t size);

/* Reads a file of images, of any type, as it comes. The shape is [n][h][w], [n][1][h][w],
 * [n][h][w][1], or [n][pixels] where these make a square. The numbers are as pixels.h says, but
 * bytes, which always are 0 … 255. */
struct idx_reader {
	struct idx_images images;
	uint8_t head[IDX_MOST_HEADER]; /* the header, then the beginning of a number */
	size_t head_size, head_wanted;
	size_t wanted; /* pixels */
	size_t offset; /* bytes taken */
	int type;      /* 0 before the header is complete */
};

/* The function of a sink, with a zeroed idx_reader as its context. */
int idx_take(void *reader, const uint8_t *data, size_t size, struct error *error);

/* End the file, and take the images from the reader. Free the pixels of both. */
int idx_end(struct idx_reader *reader, struct idx_images *out, struct error *error);

/* Read a whole file of labels: [n], [n][1] or, of QMNIST, [n][8], where the first of eight counts.
 * Any type will do if the numbers are whole and fit into 32 bits. Free out->values; *out is zeroed
 * on error. */
int idx_read_labels(const struct buffer *file, struct idx_labels *out, struct error *error);

#endif
