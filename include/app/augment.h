/* Training images as other hands might have written them: shifted, turned, stretched, slanted, and
 * with a trembling pen. The labels stay right, and the network never sees the same image twice. */
#ifndef APP_AUGMENT_H
#define APP_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/dataset.h"
#include "base/error.h"
#include "base/rng.h"

/* How much, at most; draws are uniform. 0 leaves that out. */
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

/* Read a list such as "shift:2,rotate:12,scale:0.12,shear:0.2,elastic:30,sigma:4,until:0.9", or
 * "none". A name without its number has that of this example; where they are not named, sigma is 4
 * and until is 1. Where nothing is to be done, *augment is all 0. */
int augment_parse(const char *list, struct augment *augment, struct error *error);

/* The list that reads back as the same numbers. Returns text. */
#define AUGMENT_TEXT 256
const char *augment_text(const struct augment *augment, char text[AUGMENT_TEXT]);

/* What the lists can hold, for help: a line each with the usual amount and the limits. */
void augment_explain(FILE *out);

bool augment_is_none(const struct augment *augment);

/* Amounts made ready for use. Noise is drawn on a grid of points that are sigma apart: the Gaussian
 * lets nothing finer through. A point reaches 3 sigma far. */
#define AUGMENT_LEAST_SIGMA 2
#define AUGMENT_REACH 6 /* points that a pixel sees along each axis */
#define AUGMENT_POINTS ((DATASET_SIDE - 1) / AUGMENT_LEAST_SIGMA + AUGMENT_REACH)
#define AUGMENT_ROW 32 /* floats: a row of an image and some, for whole vectors */

struct augmenter {
	struct augment amounts;
	int points;                                /* along each axis */
	int first_point[DATASET_SIDE];             /* that row y sees */
	float down[DATASET_SIDE][AUGMENT_REACH];   /* [y][point from the first on] */
	float across[AUGMENT_POINTS][AUGMENT_ROW]; /* [point][x], times alpha */
};

void augmenter_prepare(struct augmenter *augmenter, const struct augment *amounts);

/* Change one image, 28×28 bytes, to floats in [0, 1]. Its draws are those numbered image ×
 * AUGMENT_DRAWS and on: shift right, shift down, rotation (clockwise), width, height, shear (to the
 * right for each row down), then the noise. A shift alone draws whole pixels and moves the image as
 * it is. All else is one map, which scales, shears, rotates about the middle and then shifts; where
 * each pixel comes from, plus the elastic displacement, is rounded to 1/256 pixel and read
 * bilinearly, with 0 outside of the image. */
#define AUGMENT_DRAWS 1024
void augment_image(const struct augmenter *augmenter, struct rng rng, size_t image,
				   const uint8_t *pixels, float *x);

/* A selection to be augmented, as the context of a network's batch: its `load` is
 * augmented_load. Each image has its own draws, wherever it stands in whatever batch. */
struct augmented {
	struct selection selection;
	const struct augmenter *augmenter; /* NULL: leave the images as they are */
	struct rng rng;                    /* the epoch's: augment_rng */
};

struct rng augment_rng(uint64_t seed, uint64_t epoch);
void augmented_load(const void *augmented, int first, int n, float *x);

#endif
