/* What does a decision rest on? Cover a part of the image and ask again (Zeiler & Fergus 2014). */
#ifndef APP_OCCLUSION_H
#define APP_OCCLUSION_H

#include "app/dataset.h"
#include "nn/executor.h"

/* map[y][x] is the probability of `digit`, at a temperature (calibrate.h), when a patch of size
 * × size pixels (odd) around that pixel has the grey `fill`. What of it is outside of the image
 * is left out. */
void occlusion_map(struct executor *executor, double temperature,
				   const uint8_t pixels[DATASET_PIXELS], int digit, int size, uint8_t fill,
				   double map[DATASET_PIXELS]);

#endif
