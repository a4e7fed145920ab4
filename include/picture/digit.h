/* From any picture of one digit, photographed, scanned or drawn, to the 28×28 pixels that MNIST's
 * makers would have made of it. */
#ifndef PICTURE_DIGIT_H
#define PICTURE_DIGIT_H

#include <stdint.h>

#include "base/error.h"
#include "formats/raster.h"
#include "picture/grey.h"

/* The side, in pixels, of the square that MNIST's makers brought their digits to. */
#define DIGIT_SIDE 28
#define DIGIT_PIXELS (DIGIT_SIDE * DIGIT_SIDE)

/* The way from the picture to the digit. Zeroed where the picture is in MNIST's form. */
struct digit_way {
	struct box part; /* the part of the picture that was looked at last */
	struct grey ink; /* the ink there: by which fraction of the paper's grey it is darker; owned */
};
void digit_way_free(struct digit_way *way);

/* Find the digit, dark on light or light on dark, and bring it to MNIST's form: pixels[28 × 28],
 * from 0 for paper to 255 for ink. A picture that is in that form passes unchanged, but for
 * rounding to 255. A picture without a digit, or with several side by side, is an error. `way` may
 * be NULL; it is zeroed on error. */
int digit_from_picture(const struct raster *picture, uint8_t pixels[DIGIT_PIXELS],
					   struct digit_way *way, struct error *error);

/* Take a picture of 28×28 pixels, light on dark, as it is. One of another size is an error. */
int digit_from_raw(const struct raster *picture, uint8_t pixels[DIGIT_PIXELS], struct error *error);

#endif
