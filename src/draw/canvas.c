/* Filled rectangles and text, which is all that a sheet is made of; PNG or PGM. */
#include "draw/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "base/draft.h"
#include "draw/font.h"
#include "formats/png.h"
#include "formats/pnm.h"

int canvas_open(struct canvas *canvas, int width, int height, struct colour colour,
				struct error *error)
{
	const uint64_t count =
		(uint64_t)width * (uint64_t)height; /* a size_t of 32 bits is too small */

	*canvas = (struct canvas){.width = width, .height = height};
	if (count > CANVAS_MAX_PIXELS)
		return error_set(error, "a picture of %d×%d has more than %u pixels, the limit", width,
						 height, CANVAS_MAX_PIXELS);
	canvas->pixels = malloc((size_t)count * sizeof *canvas->pixels);
	if (!canvas->pixels)
		return error_scarce(error, "not enough memory for a picture of %d×%d", width, height);
	for (size_t i = 0; i < (size_t)count; i++)
		canvas->pixels[i] = colour;
	return 0;
}

void canvas_free(struct canvas *canvas)
{
	free(canvas->pixels);
	*canvas = (struct canvas){0};
}

void canvas_fill(const struct canvas *canvas, int x, int y, int width, int height,
				 struct colour colour)
{
	const int left = x > 0 ? x : 0, top = y > 0 ? y : 0;
	const int right = x + width < canvas->width ? x + width : canvas->width;
	const int bottom = y + height < canvas->height ? y + height : canvas->height;

	for (int row = top; row < bottom; row++)
		for (int column = left; column < right; column++)
			canvas->pixels[(size_t)row * (size_t)canvas->width + (size_t)column] = colour;
}

void canvas_text(const struct canvas *canvas, int x, int y, int scale, const char *text,
				 struct colour colour)
{
	struct glyph glyph;

	for (; (text = font_next(text, &glyph)); x += FONT_ADVANCE * scale)
		for (int row = 0; row < FONT_HEIGHT; row++)
			for (int column = 0; column < FONT_WIDTH; column++)
				if (glyph.rows[row][column] == '#')
					canvas_fill(canvas, x + column * scale, y + row * scale, scale, scale, colour);
}

static bool is_grey(const struct canvas *canvas)
{
	const size_t count = (size_t)canvas->width * (size_t)canvas->height;

	for (const struct colour *c = canvas->pixels; c < canvas->pixels + count; c++)
		if (c->red != c->green || c->green != c->blue)
			return false;
	return true;
}

bool canvas_has_colours(const char *path)
{
	const size_t length = strlen(path);

	return length >= 4 && !strcmp(path + length - 4, ".png");
}

/* The pixels as bytes: red, green and blue with 3 channels, the luma with 1. To be freed; NULL
 * where there is no memory. */
static uint8_t *to_bytes(const struct canvas *canvas, int channels)
{
	const size_t count = (size_t)canvas->width * (size_t)canvas->height;
	uint8_t *bytes = malloc(count * (size_t)channels), *next = bytes;

	for (size_t i = 0; bytes && i < count; i++) {
		const struct colour *c = &canvas->pixels[i];
		if (channels == 1) {
			*next++ = (uint8_t)raster_luma(c->red, c->green, c->blue);
			continue;
		}
		*next++ = c->red;
		*next++ = c->green;
		*next++ = c->blue;
	}
	return bytes;
}

int canvas_save(const struct canvas *canvas, const char *path, struct error *error)
{
	const bool is_png = canvas_has_colours(path);
	const int channels = is_png && !is_grey(canvas) ? 3 : 1;
	uint8_t *bytes = to_bytes(canvas, channels);
	struct buffer file = {0};

	if (!bytes)
		return error_scarce(error, "%s: not enough memory for a picture of %d×%d", path,
							canvas->width, canvas->height);
	int status = is_png ? png_write(bytes, canvas->width, canvas->height, channels, &file, error)
						: pgm_write(bytes, canvas->width, canvas->height, &file, error);
	free(bytes);
	if (status)
		return error_prefix(error, "%s", path);
	status = file_replace(path, file.data, file.size, error);
	buffer_free(&file);
	return status;
}
