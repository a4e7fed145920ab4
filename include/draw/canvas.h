/* A picture in memory to paint on, and its way into a file. */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct colour {
	uint8_t red, green, blue;
};

struct canvas {
	int width, height;
	struct colour *pixels; /* [height][width] */
};

#define CANVAS_MAX_PIXELS (64u << 20)

/* A canvas of one colour. Free with canvas_free. */
int canvas_open(struct canvas *canvas, int width, int height, struct colour colour,
				struct error *error);
void canvas_free(struct canvas *canvas); /* accepts a zeroed one */

/* Both leave out pixels outside of the canvas. x and y are the upper left corner; each pixel of the
 * font becomes scale × scale pixels. */
void canvas_fill(const struct canvas *canvas, int x, int y, int width, int height,
				 struct colour colour);
void canvas_text(const struct canvas *canvas, int x, int y, int scale, const char *text,
				 struct colour colour);

/* True where a file of that name will be a PNG, which has colours. */
bool canvas_has_colours(const char *path);

/* Replace the file: PNG if its name ends in ".png", else PGM, whose grey is the colour's luma. */
int canvas_save(const struct canvas *canvas, const char *path, struct error *error);

#endif
