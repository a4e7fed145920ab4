/* Images in the place of some training images: others, which show no digit and whose label is
 * LABEL_NONE, and digits drawn with a pen in styles that MNIST hardly has. A network that is shown
 * others learns to be sure of nothing where there is nothing (outlier exposure: Hendrycks, Mazeika
 * & Dietterich 2019). */
#ifndef APP_REPLACE_H
#define APP_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "base/rng.h"

#define REPLACE_SIDE 28 /* of these images, as of MNIST's */
#define REPLACE_PIXELS (REPLACE_SIDE * REPLACE_SIDE)

/* True for a data set whose images can be replaced: these here are 28 × 28, of ten digits. */
bool replace_fits(const struct dataset *dataset);

/* In an epoch each image is replaced by another with the probability `others`, and by a drawn digit
 * with the probability `drawn`. */
struct replacer {
	double others, drawn;
	const struct dataset *dataset;
	/* The training images, of which some others are made, [count]; NULL: the first ones. */
	const uint32_t *indices;
	size_t count;
	struct rng rng; /* of RNG_REPLACE, in this epoch */
};

/* The label of a training image in this epoch: that of the data set, since a drawn digit is of the
 * same class as the image that it replaces, or LABEL_NONE. */
uint16_t replace_label(const struct replacer *replacer, uint32_t image);

/* The pixels of a training image in this epoch: those of the data set, or `room` with what replaces
 * them. The result depends on the replacer and the image alone. */
const uint8_t *replace_pixels(const struct replacer *replacer, uint32_t image,
							  uint8_t room[REPLACE_PIXELS]);

#endif
