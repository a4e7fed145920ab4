/* From a digit's ink to the 28×28 pixels that MNIST's makers would have made of it. */
#ifndef PICTURE_NORMALIZE_H
#define PICTURE_NORMALIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "picture/digit.h"

/* True where the pixels, light on dark, are in MNIST's form: the longer side of the digit has
 * 18 to 20 pixels, its centre of mass is in the middle, and all around is black. */
bool digit_is_normal(const uint8_t pixels[DIGIT_PIXELS]);

/* pixels = the digit in MNIST's form, 0 for paper to 255 for ink, drawn with a pen about as wide as
 * MNIST's. Its ink is what is at least `threshold` deep; around its box is a margin of one pixel.
 * Of a speck that falls between the pixels nothing is left: all are 0. */
int digit_normalize(const struct grey *depth, float threshold, uint8_t pixels[DIGIT_PIXELS],
					struct error *error);

#endif
