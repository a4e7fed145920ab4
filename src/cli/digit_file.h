/* Pictures of digits as files: read in any form that the program takes, written in MNIST's. */
#ifndef CLI_DIGIT_FILE_H
#define CLI_DIGIT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/recognize.h"
#include "base/error.h"
#include "formats/raster.h"

struct digit_file {
	struct raster picture;
	struct reading reading;
};

/* Read a picture, or standard input for "-", and the digits in it. With `raw` it is the 28 × 28
 * pixels of one digit, as they are. With `single` more than one digit is an error, which says where
 * they are. Errors name the file. Free with digit_file_free; on error nothing is left to free. */
int digit_file_read(const char *path, const struct recognizer *recognizer, bool raw, bool single,
					struct digit_file *out, struct error *error);
void digit_file_free(struct digit_file *file);

/* Write 28 × 28 pixels as PGM. */
int digit_file_write(const char *path, const uint8_t pixels[DATASET_PIXELS], struct error *error);

/* Write the way from the picture to its digits as a sheet. */
int digit_file_draw_way(const char *path, const struct digit_file *file, struct error *error);

#endif
