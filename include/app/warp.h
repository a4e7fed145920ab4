/* Training images as other hands might have written them. The labels stay right, and the network never
 * sees the same image twice. */
#ifndef APP_WARP_H
#define APP_WARP_H

#include <stddef.h>
#include <stdint.h>

#include "app/augment.h"
#include "app/dataset.h"
#include "base/rng.h"

/* Amounts made ready for use. Noise is drawn on a grid of points that are sigma apart: the Gaussian
 * lets nothing finer through. A point reaches 3 sigma far. */
#define AUGMENT_REACH 6 /* points that a pixel sees along each axis */
#define AUGMENT_POINTS ((DATASET_SIDE - 1) / AUGMENT_LEAST_SIGMA + AUGMENT_REACH)
#define AUGMENT_ROW ((DATASET_SIDE + 15) / 16 * 16) /* floats: a row, and some for whole vectors */

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
