/* Probabilities that mean what they say. */
#ifndef APP_CALIBRATE_H
#define APP_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "base/error.h"
#include "nn/executor.h"

/* Limits of a temperature, and what stands for none. */
#define TEMPERATURE_LEAST 0.05
#define TEMPERATURE_MOST 20.0
#define TEMPERATURE_NONE 1.0

/* The temperature T (Guo et al. 2017) for which softmax(logits / T) has the least cross-entropy on
 * `count` images, those at `indices`, rounded to three digits; TEMPERATURE_NONE where a logit is no
 * number. It changes no prediction, only how sure it is. */
int calibrate(struct executor *executor, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, double *temperature, struct error *error);

/* probabilities = softmax(logits / temperature) */
void calibrated_softmax(int classes, const float *logits, double temperature, float *probabilities);

#endif
