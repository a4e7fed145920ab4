/* Any picture of one digit, photographed, scanned or drawn, to the 28×28 pixels that MNIST's makers
 * would have made of it. */
#ifndef PICTURE_DIGIT_H
#define PICTURE_DIGIT_H

#include <stdint.h>

#include "base/error.h"
#include "formats/pnm.h"
#include "picture/grey.h"

/* The side of the square that MNIST's makers brought their digits to, in pixels. */
#define DIGIT_SIDE 28
#define DIGIT_PIXELS (DIGIT_SIDE * DIGIT_SIDE)

/* How it was found: the part of the picture that was looked at last, and the ink there, by how much
 * darker than the paper it is. Zeroed where the picture is in MNIST's form. Free with
 * digit_steps_free. */
struct digit_steps {
	struct box part;
	struct grey ink;
};
void digit_steps_free(struct digit_steps *steps);

/* Find the digit, dark on light or light on dark, and bring it to MNIST's form. A picture that is
 * in that form passes unchanged, rounded to 255 steps. A picture without a digit, or with several
 * side by side, is an error. steps may be NULL; it is zeroed on error. */
int digit_from_picture(const struct pnm *picture, uint8_t pixels[DIGIT_PIXELS],
					   struct digit_steps *steps, struct error *error);

/* 28×28 pixels, light on dark, just as they are; of another size is an error. */
int digit_from_raw(const struct pnm *picture, uint8_t pixels[DIGIT_PIXELS], struct error *error);

#endif
