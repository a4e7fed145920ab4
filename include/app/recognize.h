/* The digit in one image. */
#ifndef APP_RECOGNIZE_H
#define APP_RECOGNIZE_H

#include <stdint.h>

#include "app/dataset.h"
#include "base/error.h"
#include "nn/executor.h"

/* Compute the probability of each digit, at a temperature (calibrate.h). Fails where an output of
 * the network is not finite. */
int recognize(struct executor *executor, const uint8_t pixels[DATASET_PIXELS], double temperature,
			  float probabilities[DATASET_CLASSES], struct error *error);

#endif
