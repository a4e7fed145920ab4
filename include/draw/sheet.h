/* Sheets: many small pictures side by side, enlarged and labelled, in one file. */
#ifndef DRAW_SHEET_H
#define DRAW_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "draw/canvas.h"

#define SHEET_CAPTION 96 /* bytes */

/* The usual colours of text, and that behind everything. */
extern const struct colour sheet_light, sheet_dim, sheet_ground;

/* Tiles of one size under a title. The functions give the colour of each cell and the text. */
struct sheet_block {
	const char *title;   /* NULL: none */
	size_t count;        /* tiles */
	int width, height;   /* cells of a tile */
	int scale;           /* pixels along each side of a cell */
	int gap;             /* pixels between tiles */
	size_t columns;      /* tiles side by side; 0: as many as fit */
	const void *context; /* for the functions */
	struct colour (*cell)(const void *context, size_t tile, int x, int y);

	/* Lines of text beneath each tile, or beside it; 0 for none. The function writes a line and
	 * returns its colour. */
	int lines;
	bool beside;
	int characters; /* the longest line */
	int text_scale;
	struct colour (*caption)(const void *context, size_t tile, int line, char text[SHEET_CAPTION]);
};

/* The scale by which the longer side of a tile takes so many pixels, or a bit less; at least 1. */
int sheet_scale(int width, int height, int pixels);

/* Paint blocks one below the other, on a sheet of a screen's shape where the tiles permit. Free
 * with canvas_free. */
int sheet_paint(const struct sheet_block *blocks, int count, struct canvas *canvas,
				struct error *error);

/* The same, into a file. */
int sheet_save(const char *path, const struct sheet_block *blocks, int count, struct error *error);

/* A number as a colour. Ink goes from black at 0 to white at 1. Signed goes from light blue at −1
 * through black at 0 to light orange at 1; without colours from black through grey to white. Heat
 * goes from black at 0 through red and yellow to white at 1, and so from dark to light in grey,
 * too. */
struct colour colour_ink(double value);
struct colour colour_signed(double value, bool colours);
struct colour colour_heat(double value);

#endif
