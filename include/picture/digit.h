/* From any picture of digits, photographed, scanned or drawn, to the 28×28 pixels that MNIST's
 * makers would have made of each. */
#ifndef PICTURE_DIGIT_H
#define PICTURE_DIGIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "formats/raster.h"
#include "picture/grey.h"

/* The side, in pixels, of the square that MNIST's makers brought their digits to. */
#define DIGIT_SIDE 28
#define DIGIT_PIXELS (DIGIT_SIDE * DIGIT_SIDE)

/* The probability, 0 to 1, that an image in MNIST's form shows a digit. */
struct digit_judge {
	float (*score)(void *context, const uint8_t pixels[DIGIT_PIXELS]);
	void *context;
};

struct digit {
	struct box box;               /* in pixels of the picture */
	uint8_t pixels[DIGIT_PIXELS]; /* in MNIST's form, from 0 for paper to 255 for ink */
	bool begins;                  /* a number: it is the first of a line, or behind a wide gap */
};

/* The way from the picture to the digits. Zeroed where the picture is in MNIST's form. */
struct digit_way {
	struct box part; /* the part of the picture that was looked at last */
	struct grey ink; /* the ink there: by which fraction of the paper's grey it is darker; owned */
};

struct digits {
	struct digit *all; /* in reading order; owned */
	int count;
	bool none;    /* the picture shows no digit: these are what comes nearest to one, if anything */
	bool crowded; /* these are none only because of the ink beside them, which is no digit */
	struct digit_way way;
};

/* Find the digits, dark on light or light on dark, and bring each to MNIST's form. A picture that
 * is in that form passes unchanged, but for rounding to 255. Where several readings of the ink are
 * possible, as with and without a line across it, the judge decides, unless it is NULL. Free with
 * digits_free; on error nothing is left to free. */
int digits_find(const struct raster *picture, const struct digit_judge *judge, struct digits *out,
				struct error *error);
void digits_free(struct digits *digits); /* accepts a zeroed one */

#endif
