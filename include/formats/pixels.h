/* Numbers of a file become pixels of one byte, as they come.
 *
 * They are 0 … 255, or fractions of 0 … 1 that stand for these: which of the two is known with the
 * first number above 1. Until then, fractions are kept as 255 × value, and 0 and 1 as they are. */
#ifndef FORMATS_PIXELS_H
#define FORMATS_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define IMAGE_MOST_SIDE 256 /* pixels of any image's side */

struct pixels {
	uint8_t *data; /* owned */
	size_t count, capacity;
	enum { PIXELS_0_AND_1, PIXELS_FRACTIONS, PIXELS_0_TO_255 } kind;
};

/* Make room for `more` pixels. */
int pixels_reserve(struct pixels *pixels, size_t more, struct error *error);

/* Add a pixel, rounded, for which there must be room. False: it is below 0, above 255 or NaN. */
bool pixels_add_slowly(struct pixels *pixels, double value);

static inline bool pixels_add(struct pixels *pixels, double value)
{
	if (pixels->kind != PIXELS_0_TO_255 || !(value >= 0 && value <= 255))
		return pixels_add_slowly(pixels, value);
	pixels->data[pixels->count++] = (uint8_t)(value + 0.5);
	return true;
}

/* Give back the room that is left. */
void pixels_shrink(struct pixels *pixels);

void pixels_free(struct pixels *pixels); /* accepts a zeroed one */

/* The side of a square of so many pixels: 28 for 784. 0 where it is none of 1 … IMAGE_MOST_SIDE. */
int square_side(size_t pixels);

#endif
