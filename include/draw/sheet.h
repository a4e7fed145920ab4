/* Sheets: many small pictures side by side, enlarged and labelled, in one file. */
#ifndef DRAW_SHEET_H
#define DRAW_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "draw/canvas.h"

#define SHEET_CAPTION 32

extern const struct colour sheet_light, sheet_dim; /* what text is usually written in */

/* Tiles of one size under a title. The functions are asked for what a tile looks like. */
struct sheet_block {
	const char *title;   /* NULL: none */
	size_t count;        /* tiles */
	int width, height;   /* cells of a tile */
	int scale;           /* pixels along each side of a cell */
	int gap;             /* pixels between tiles */
	size_t columns;      /* tiles side by side; 0: what fits */
	const void *context; /* for the functions */
	struct colour (*cell)(const void *context, size_t tile, int x, int y);

	/* Lines of text beneath each tile, or beside it; 0 for none. The function writes one and
	 * returns its colour. */
	int lines;
	bool beside;
	int characters; /* the longest line */
	int text_scale;
	struct colour (*caption)(const void *context, size_t tile, int line, char text[SHEET_CAPTION]);
};

/* Paint blocks one below the other, on a sheet about as wide as high. */
int sheet_paint(const struct sheet_block *blocks, int count, struct canvas *canvas,
				struct error *error);

/* The same, into a file. */
int sheet_save(const char *path, const struct sheet_block *blocks, int count, struct error *error);

/* A number as a colour. Ink: 0 is black, 1 is white. Signed: −1 is light blue, 0 black, 1 light
 * orange; on a sheet without colours black, grey and white. Heat: from 0, black, through red and
 * yellow to 1, white, and so from dark to light in grey, too. */
struct colour colour_ink(double value);
struct colour colour_signed(double value, bool colours);
struct colour colour_heat(double value);

#endif
