/* Small grey pictures and bars, drawn in characters. */
#ifndef DRAW_BLOCKS_H
#define DRAW_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A character is about twice as high as wide, so it stands for two pixels, one above the other: a
 * picture of 28 × 28 pixels takes 28 columns and 14 lines. It shows them by its heaviness (ASCII),
 * as the nearest of the half and shaded blocks, or as a half block in two of the terminal's
 * greys. */
enum blocks_style { BLOCKS_ASCII, BLOCKS_HALF, BLOCKS_COLOUR };

/* ASCII, unless the stream is a terminal with UTF-8; colours, unless they are unwelcome. */
enum blocks_style blocks_style(FILE *stream, bool no_color);

#define BLOCKS_CAPTION 96

struct blocks_picture {
	const uint8_t *pixels; /* [height][width], 0 is the background; borrowed */
	int width, height;
	char caption[BLOCKS_CAPTION]; /* stands beneath it where several are drawn */
};

/* Blanks at the ends of lines are left out, unless they have a colour. */
void blocks_draw(FILE *out, enum blocks_style style, const struct blocks_picture *picture);

/* The number of pictures of `picture_width` pixels that fit side by side into `width` columns; at
 * least one. Between them are two columns. */
size_t blocks_fit(int picture_width, int width);

/* Pictures of one size side by side, as many as fit, each with its caption, and a blank line
 * between rows of pictures. */
void blocks_draw_all(FILE *out, enum blocks_style style, const struct blocks_picture *pictures,
					 size_t count, int width);

/* A number from 0 to 1, and what it is of. */
struct blocks_bar {
	const char *name; /* borrowed */
	double part;
};

/* Draw bars as lines that fit the width: `7   99.87%  ########` has the name 7. */
void blocks_bars(FILE *out, enum blocks_style style, const struct blocks_bar *bars, int count,
				 int width);

/* The picture with bars to its right, halfway up. */
void blocks_draw_with_bars(FILE *out, enum blocks_style style, const struct blocks_picture *picture,
						   const struct blocks_bar *bars, int count, int width);

#endif
