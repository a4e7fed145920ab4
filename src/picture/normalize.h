/* A digit's ink as the makers of MNIST would have stored it. */
#ifndef PICTURE_NORMALIZE_H
#define PICTURE_NORMALIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "picture/digit.h"
#include "picture/ink.h"

/* Is this picture, light on dark, in MNIST's own form: 20 pixels high or wide (a little less will
 * do), the centre of its mass in the middle, on black? */
bool digit_is_normal(const uint8_t pixels[DIGIT_PIXELS]);

/* The ink, which must not be empty, as 28×28 pixels, 0 paper to 255 ink, in MNIST's form and with
 * about MNIST's width of pen. */
int digit_normalize(const struct ink *ink, uint8_t pixels[DIGIT_PIXELS], struct error *error);

#endif
