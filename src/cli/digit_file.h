/* Pictures of digits as files: read in any form that the program takes, written in MNIST's. */
#ifndef CLI_DIGIT_FILE_H
#define CLI_DIGIT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dataset.h"
#include "base/error.h"

/* Read a picture, or standard input for "-", and bring it to MNIST's form: 0 is paper, 255 is ink.
 * With `raw` it must have 28 × 28 pixels, and is taken as it is. `way_file`, if not NULL, gets the
 * picture's way there as a sheet. Errors name the file; a picture of one colour is one. */
int digit_file_read(const char *path, bool raw, const char *way_file,
					uint8_t pixels[DATASET_PIXELS], struct error *error);

/* Write 28 × 28 pixels as PGM. */
int digit_file_write(const char *path, const uint8_t pixels[DATASET_PIXELS], struct error *error);

#endif
