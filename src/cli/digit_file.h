/* Pictures of digits, read in any form that the program takes, written in MNIST's. */
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

/* Read the digits in file->picture. With `raw` it is one digit of the network's size, as it is. No
 * digit is an error, and so, with `single`, is more than one: it says where they are. The reading
 * holds what was read before, probabilities last. Free with digit_file_free. */
int digit_file_read(struct digit_file *file, const struct recognizer *recognizer, bool raw,
					bool single, struct error *error);
void digit_file_free(struct digit_file *file);

/* Write what the network saw of the first digit as PGM. */
int digit_file_write(const char *path, const struct reading *reading, struct error *error);

/* Write the way from the picture to its digits as a sheet. */
int digit_file_draw_way(const char *path, const struct digit_file *file,
						const struct classes *classes, struct error *error);

#endif
