/* Digits and probabilities for the eye, drawn in characters. */
#ifndef DRAW_BLOCKS_H
#define DRAW_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BLOCKS_SIDE 28 /* pixels of an image, in both directions */
#define BLOCKS_CLASSES 10

/* A character is about twice as high as wide, so one stands for two pixels, one above the other. */
#define BLOCKS_COLUMNS BLOCKS_SIDE
#define BLOCKS_LINES (BLOCKS_SIDE / 2)

struct blocks_image {
	const uint8_t *pixels; /* [28][28], 0 is background; borrowed */
	int label;             /* 0 to 9 */
	size_t index;          /* in its dataset */
	unsigned short epoch;  /* 0: as it is there; else augmented as training does in that epoch */
};

/* What characters a stream can show: two pixels of a column in one by its heaviness, or as half
 * blocks, these in greys where there are colours. */
enum blocks_style { BLOCKS_ASCII, BLOCKS_HALF, BLOCKS_COLOUR };

/* ASCII unless it is a terminal with UTF-8. */
enum blocks_style blocks_style(FILE *stream, bool no_color);

/* One digit. Blanks at the ends of lines are left out, unless they have a colour. */
void blocks_draw(FILE *out, enum blocks_style style, const uint8_t *pixels);

/* How many fit side by side; at least one. */
size_t blocks_fit(int width);

/* Side by side, as many as fit the width, with `7  #1234` (label and index) beneath each, or
 * `7  epoch 2` where it is augmented, and a blank line between rows of digits. */
void blocks_draw_all(FILE *out, enum blocks_style style, const struct blocks_image *pictures,
					 size_t count, int width);

/* A line for each digit, `7   99.87%  ########`, that fits the width. */
void blocks_bars(FILE *out, enum blocks_style style, const float probabilities[BLOCKS_CLASSES],
				 int width);

/* The digit with these lines to its right. */
void blocks_draw_guesses(FILE *out, enum blocks_style style, const uint8_t *pixels,
						 const float probabilities[BLOCKS_CLASSES], int width);

#endif
