/* The sheets of inspect image: each layer's output for a digit, and the pixels that decide. */
#ifndef CLI_IMAGE_SHEETS_H
#define CLI_IMAGE_SHEETS_H

#include "app/dataset.h"
#include "base/error.h"
#include "nn/executor.h"

/* A layer's output for one image. */
struct activation {
	char title[120]; /* "0 conv:32,3 26×26×32" */
	struct shape shape;
	const float *values; /* [h][w][c]; borrowed */
};

/* The outputs of all layers, in their order, for the image that an observing executor saw last. The
 * last one is softmax's, whose probabilities at that temperature (calibrate.h) the caller has. */
void activations_take(const struct executor *observer, const float *probabilities,
					  double temperature, struct activation activations[SPEC_MAX_LAYERS]);

/* Write a sheet of the digit and each layer's maps, or of a strip of its numbers where it is flat.
 * Orange is above 0, blue below, relative to the layer's largest magnitude. */
int activations_save(const char *path, const uint8_t pixels[DATASET_PIXELS],
					 const struct activation *activations, int count, struct error *error);

/* Write a sheet of the digit beside maps of its probability while a patch around each pixel is
 * covered. The picture shows `digit` with `probability` where nothing is covered. */
int occlusion_save(const char *path, struct executor *executor, double temperature,
				   const uint8_t pixels[DATASET_PIXELS], int digit, double probability,
				   struct error *error);

#endif
