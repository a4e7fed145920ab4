/* Digits and probabilities for the eye, drawn in characters. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/dataset.h"

/* A character is about twice as high as wide, so one stands for two pixels, one above the other. */
#define PICTURE_COLUMNS DATASET_SIDE
#define PICTURE_LINES (DATASET_SIDE / 2)

struct picture {
	const uint8_t *pixels; /* [28][28], 0 is background; borrowed */
	int label;             /* 0 to 9 */
	size_t index;          /* in its dataset */
	unsigned short epoch;  /* 0: as it is there; else augmented as training does in that epoch */
};

/* What characters a stream can show: two pixels of a column in one by its heaviness, or as half
 * blocks, these in greys where there are colours. */
enum picture_style { PICTURE_ASCII, PICTURE_BLOCKS, PICTURE_COLOUR };

/* ASCII unless it is a terminal with UTF-8. */
enum picture_style picture_style(FILE *stream, bool no_color);

/* One digit. Blanks at the ends of lines are left out, unless they have a colour. */
void picture_draw(FILE *out, enum picture_style style, const uint8_t *pixels);

/* How many fit side by side; at least one. */
size_t picture_fit(int width);

/* Side by side, as many as fit the width, with `7  #1234` (label and index) beneath each, or
 * `7  epoch 2` where it is augmented, and a blank line between rows of digits. */
void picture_draw_all(FILE *out, enum picture_style style, const struct picture *pictures,
					  size_t count, int width);

/* A line for each digit, `7   99.87%  ########`, that fits the width. */
void picture_bars(FILE *out, enum picture_style style,
				  const float probabilities[DATASET_CLASSES], int width);

/* The digit with these lines to its right. */
void picture_draw_guesses(FILE *out, enum picture_style style, const uint8_t *pixels,
						  const float probabilities[DATASET_CLASSES], int width);

#endif
