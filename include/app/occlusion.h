/* The parts of an image that a decision rests on: cover one and ask again (Zeiler & Fergus
 * 2014). */
#ifndef APP_OCCLUSION_H
#define APP_OCCLUSION_H

#include "app/dataset.h"
#include "nn/executor.h"

/* map[y][x] is the probability of `digit`, at a temperature (calibrate.h), when a square of size ×
 * size pixels around pixel (x, y) has the grey `fill`. The size is odd; a square may reach beyond
 * the image's edge. */
void occlusion_map(struct executor *executor, double temperature,
				   const uint8_t pixels[DATASET_PIXELS], int digit, int size, uint8_t fill,
				   double map[DATASET_PIXELS]);

#endif
