/* Training images changed at random, as other hands might have written them. The label stays right,
 * and the network never sees the same image twice. */
#ifndef APP_AUGMENTER_H
#define APP_AUGMENTER_H

#include <stddef.h>
#include <stdint.h>

#include "app/augment.h"
#include "app/dataset.h"
#include "app/replace.h"
#include "base/rng.h"

/* Amounts made ready for use. Elastic noise is drawn on a grid of points sigma pixels apart, since
 * the Gaussian lets nothing finer through; a point is felt up to 3 sigma away. */
#define AUGMENT_REACH 6   /* points that a pixel feels along each axis */
#define AUGMENT_POINTS 45 /* along an axis, at most */
#define AUGMENT_ROW 256   /* floats: the longest row, in whole vectors */

struct augmenter {
	struct augment amounts;
	int height, width;                          /* of an image, in pixels */
	int points_down, points_across;             /* 0 where there is no elastic */
	int first_point[AUGMENT_ROW];               /* that row y sees */
	float down[AUGMENT_ROW][AUGMENT_REACH];     /* [y][point from the first on] */
	int row;                                    /* the width, rounded up to whole vectors */
	float across[AUGMENT_POINTS * AUGMENT_ROW]; /* [points_across][row], times alpha */
};

/* Refuse what cannot be done to images of this data set: to replace what are no digits of MNIST's
 * form, or to smooth noise on a grid that is too fine for images so large. */
int augment_check(const struct augment *amounts, const struct dataset *dataset,
				  struct error *error);

/* For images of that size, 1 … AUGMENT_ROW pixels a side. */
void augmenter_prepare(struct augmenter *augmenter, const struct augment *amounts, int height,
					   int width);

/* Change one image, bytes, to floats in [0, 1]. Its random draws are number image ×
 * AUGMENT_DRAWS and those behind: shift right, shift down, rotation (clockwise), width, height,
 * shear (to the right for each row down), then the noise. Where only shift is asked for, the image
 * moves by whole pixels. Otherwise one map scales, shears, rotates about the middle, and shifts;
 * the position that each pixel comes from, plus its elastic displacement, is rounded to 1/256 pixel
 * and read bilinearly, with 0 outside of the image. The room is that of executor.h. */
#define AUGMENT_DRAWS 1024
void augment_image(const struct augmenter *augmenter, struct rng rng, size_t image,
				   const uint8_t *pixels, float *room, float *x);

/* Training images that are replaced or changed: the context of a batch whose `load` is
 * augmented_load. An image's draws do not depend on its place in a batch. */
struct augmented {
	struct selection selection;
	const struct augmenter *augmenter; /* NULL: leave the images as they are */
	struct rng rng;                    /* of RNG_AUGMENT, in this epoch */
	const struct replacer *replacer;   /* NULL: replace none */
};

void augmented_load(const void *augmented, int first, int n, float *room, float *x);

/* The labels of its first n images. */
void augmented_labels(const struct augmented *augmented, int n, uint16_t *labels);

#endif
