/* IDX, the format of the MNIST files: unsigned bytes in one or three dimensions. */
#ifndef FORMATS_IDX_H
#define FORMATS_IDX_H

#include "base/bytes.h"
#include "base/error.h"

struct idx_images {
	size_t count;
	int height, width;
	const uint8_t *pixels; /* count × height × width, borrowed from the bytes parsed */
};

struct idx_labels {
	size_t count;
	const uint8_t *labels; /* count, each below the class limit; borrowed */
};

/* Parse a whole file. Refused are another magic, type or rank (the message names the kind of file
 * that it seems to be), a size that is not the header's, a dimension of zero, images that are not
 * height × width, and a label of `classes` or above (the message has its index). */
int idx_parse_images(const uint8_t *data, size_t size, int height, int width,
					 struct idx_images *out, struct error *error);
int idx_parse_labels(const uint8_t *data, size_t size, int classes, struct idx_labels *out,
					 struct error *error);

#endif
