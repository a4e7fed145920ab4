/* By how much training images are changed, and the list that says so: shifted, turned, stretched,
 * slanted, and written with a trembling pen (warp.h does it). */
#ifndef APP_AUGMENT_H
#define APP_AUGMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/field.h"

/* The most that is done; each image draws its own amounts, uniformly. 0 leaves a change out. */
struct augment {
	double shift;  /* whole pixels, in both directions */
	double rotate; /* degrees */
	double scale;  /* width and height, each times 1 ± scale */
	double shear;  /* columns to the side for each row up or down */
	/* Simard, Steinkraus & Platt 2003: each pixel's displacement is noise in -1 … 1, smoothed by a
	 * Gaussian whose deviation is sigma, times elastic. In pixels. */
	double elastic, sigma;
	double until; /* only in this first part of the training; 1: in all of it */
};

#define AUGMENT_LEAST_SIGMA 2

/* The names that a list may hold, in the order in which it is printed. A name without a number has the
 * row's standard. */
extern const struct field augment_fields[];

/* Read a list such as "shift:2,rotate:12,scale:0.12,shear:0.2,elastic:30,sigma:4,until:0.9", or
 * "none". A name without its number has that of this example; where they are not named, sigma is 4
 * and until is 1. Where nothing is to be done, *augment is all 0. */
int augment_parse(const char *list, struct augment *augment, struct error *error);

/* The list that reads back as the same numbers. Returns text. */
#define AUGMENT_TEXT FIELD_TEXT_SIZE
const char *augment_text(const struct augment *augment, char text[AUGMENT_TEXT]);

/* Reads and prints a struct augment where a field holds one. */
extern const struct field_codec augment_codec;

bool augment_is_none(const struct augment *augment);

#endif
