/* The digit in one image, and the parts of the image that this decision rests on. Probabilities are
 * at a temperature (evaluate.h). */
#ifndef APP_RECOGNIZE_H
#define APP_RECOGNIZE_H

#include <stdint.h>

#include "app/dataset.h"
#include "base/error.h"
#include "nn/executor.h"

/* Compute the probability of each digit. Fails where an output of the network is not finite. */
int recognize(struct executor *executor, const uint8_t pixels[DATASET_PIXELS], double temperature,
			  float probabilities[DATASET_CLASSES], struct error *error);

/* The judge of picture/digit.h: the probability of the likeliest digit, or 0 where recognize
 * fails. */
struct recognizer {
	struct executor *executor;
	double temperature;
};
float recognizer_score(void *recognizer, const uint8_t pixels[DATASET_PIXELS]);

/* Cover a part and ask again (Zeiler & Fergus 2014): map[y][x] is the probability of `digit` when a
 * square of size × size pixels around pixel (x, y) has the grey `fill`. The size is odd; a square
 * may reach beyond the image's edge. */
void occlusion_map(struct executor *executor, double temperature,
				   const uint8_t pixels[DATASET_PIXELS], int digit, int size, uint8_t fill,
				   double map[DATASET_PIXELS]);

#endif
