/* Pictures of digits as files: read in any form that the program takes, written in MNIST's. */
#ifndef CLI_DIGIT_FILE_H
#define CLI_DIGIT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dataset.h"
#include "base/error.h"
#include "picture/digit.h"

/* Read a picture, or standard input for "-", and find the digits in it (picture/digit.h). With
 * `raw` it must have 28 × 28 pixels, and is one digit as it is. `way_file`, if not NULL, gets the
 * picture's way there as a sheet. Errors name the file; a picture of one colour is one. Free with
 * digits_free; on error nothing is left to free. */
int digit_file_read(const char *path, bool raw, const struct digit_judge *judge,
					const char *way_file, struct digits *out, struct error *error);

/* Write 28 × 28 pixels as PGM. */
int digit_file_write(const char *path, const uint8_t pixels[DATASET_PIXELS], struct error *error);

#endif
