/* Digits for the eye: drawn in characters, or gathered on a sheet of pixels. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/dataset.h"
#include "base/error.h"

/* A character is about twice as high as wide, so one stands for two pixels, one above the other. */
#define PICTURE_COLUMNS DATASET_SIDE
#define PICTURE_LINES (DATASET_SIDE / 2)

struct picture {
	const uint8_t *pixels; /* [28][28], 0 is background; borrowed */
	int label;             /* 0 to 9 */
	size_t index;          /* in its dataset */
	unsigned short epoch;  /* 0: as it is there; else augmented as training does in that epoch */
};

/* One digit. Blanks at the ends of lines are left out. */
void picture_draw(FILE *out, const uint8_t *pixels);

/* How many fit side by side; at least one. */
size_t picture_fit(int width);

/* Side by side, as many as fit the width, with `7  #1234` (label and index) beneath each, or
 * `7  epoch 2` where it is augmented, and a blank line between rows of digits. */
void picture_draw_all(FILE *out, const struct picture *pictures, size_t count, int width);

/* A sheet of grey pixels: a grid, on grey, with each label in small figures beneath. `columns` is
 * how many digits go side by side; 0 makes the sheet about as wide as high. *pixels has height ×
 * width bytes; free it with free(). */
int picture_sheet(const struct picture *pictures, size_t count, size_t columns, uint8_t **pixels,
				  int *width, int *height, struct error *error);

#endif
