/* The amounts by which app/augmenter.h changes training images and app/replace.h replaces them, and
 * the list that gives them, such as "shift:2,rotate:12,others:0.2". */
#ifndef APP_AUGMENT_H
#define APP_AUGMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/field.h"

/* The largest amount of each change; each image draws its own amounts up to that, uniformly. A
 * change of 0 is left out. */
struct augment {
	double shift;  /* pixels to the right or left and up or down; a whole number */
	double rotate; /* degrees */
	double scale;  /* factor of width, and of height: each in 1 ± scale */
	double shear;  /* columns that a row moves to the side for each row below the middle */
	/* Elastic distortion (Simard, Steinkraus & Platt 2003): each pixel is displaced by noise in -1
	 * … 1, which a Gaussian of deviation sigma has smoothed, times elastic. Both are in pixels. */
	double elastic, sigma;
	double until; /* the share of the steps, from the first on, whose images are changed */
	/* The share of an epoch's images in whose place are images of no digit, and that in whose place
	 * are digits drawn with a pen; in all epochs. They are changed like the others. */
	double others, drawn;
};

#define AUGMENT_LEAST_SIGMA 2

/* The names that a list may hold, in the order in which augment_text prints them. A name without a
 * number stands for the standard of its row. */
extern const struct field augment_fields[];

/* True where the images themselves are changed, in the first part of the training. */
bool augment_warps(const struct augment *augment);

/* Read a list such as "shift:2,rotate:12,scale:0.12,shear:0.2,elastic:30,sigma:4,until:0.9", or
 * "none", into a struct augment. A name without a number has that of this example; sigma is 4 and
 * until is 1 where they are not named. Where no image is to be changed, the amounts of changes are
 * 0 and until is 1; where none is to be replaced either, all is 0. */
int augment_parse(const char *list, void *augment, struct error *error);

/* Write the list that augment_parse reads as the same amounts. Returns `text`. */
#define AUGMENT_TEXT FIELD_TEXT_SIZE
const char *augment_text(const void *augment, char text[AUGMENT_TEXT]);

/* These two, for a field that holds a struct augment. */
extern const struct field_codec augment_codec;

bool augment_is_none(const struct augment *augment);

#endif
