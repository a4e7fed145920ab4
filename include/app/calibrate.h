/* Probabilities that mean what they say. */
#ifndef APP_CALIBRATE_H
#define APP_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"

/* Limits of a temperature, and the one that changes nothing. */
#define TEMPERATURE_LEAST 0.05
#define TEMPERATURE_MOST 20.0
#define TEMPERATURE_NONE 1.0

/* The temperature T (Guo et al. 2017) for which softmax(logits / T) has the least cross-entropy on
 * `count` images, those at `indices`. `logits`, [count][DATASET_CLASSES], are a network's output
 * for them. T is rounded to three digits, and is TEMPERATURE_NONE where there are no images or a
 * logit is not finite. It changes no prediction, only the probabilities. */
double calibrate(const float *logits, const struct dataset *dataset, const uint32_t *indices,
				 size_t count);

#endif
