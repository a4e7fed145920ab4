/* Digits in characters from light to dark ink, and sheets of digits with their labels in a small
 * font of our own. */
#include "cli/picture.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define GAP 2 /* columns or pixels between digits */

#define GLYPH_WIDTH 3
#define GLYPH_HEIGHT 5
#define CELL_WIDTH (DATASET_SIDE + GAP)
#define CELL_HEIGHT (DATASET_SIDE + 1 + GLYPH_HEIGHT + GAP)
#define SHEET_GREY 80

/* 3 × 5 pixels a figure, a row in each octal digit from the top. */
static const uint16_t glyphs[DATASET_CLASSES] = {
	075557, 026227, 071747, 071717, 055711, 074717, 074757, 071122, 075757, 075717,
};

/* Anything but 0 shows. */
static char shade(int grey)
{
	static const char ramp[] = " .:-=+*#%@";
	int levels = (int)sizeof ramp - 2;

	return ramp[grey ? 1 + (grey - 1) * levels / 255 : 0];
}

static void draw_line(const uint8_t *pixels, int line, char text[PICTURE_COLUMNS + 1])
{
	const uint8_t *upper = pixels + 2 * line * DATASET_SIDE, *lower = upper + DATASET_SIDE;

	for (int x = 0; x < PICTURE_COLUMNS; x++)
		text[x] = shade((upper[x] + lower[x] + 1) / 2);
	text[PICTURE_COLUMNS] = '\0';
}

/* Text in fields of a digit's width; `pending` blanks are printed only when more follows. */
static void print_field(FILE *out, const char *text, int *pending)
{
	int length = (int)strlen(text);

	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length > 0)
		fprintf(out, "%*s%.*s", *pending, "", length, text);
	*pending = PICTURE_COLUMNS - length + GAP + (length > 0 ? 0 : *pending);
}

void picture_draw(FILE *out, const uint8_t *pixels)
{
	for (int line = 0; line < PICTURE_LINES; line++) {
		char text[PICTURE_COLUMNS + 1];
		int pending = 0;

		draw_line(pixels, line, text);
		print_field(out, text, &pending);
		fputc('\n', out);
	}
}

static void draw_row(FILE *out, const struct picture *pictures, size_t count)
{
	for (int line = 0; line <= PICTURE_LINES; line++) {
		int pending = 0;

		for (size_t i = 0; i < count; i++) {
			char text[PICTURE_COLUMNS + 1];

			if (line < PICTURE_LINES)
				draw_line(pictures[i].pixels, line, text);
			else if (pictures[i].epoch)
				snprintf(text, sizeof text, "%d  epoch %d", pictures[i].label, pictures[i].epoch);
			else
				snprintf(text, sizeof text, "%d  #%zu", pictures[i].label, pictures[i].index);
			print_field(out, text, &pending);
		}
		fputc('\n', out);
	}
}

size_t picture_fit(int width)
{
	return width > PICTURE_COLUMNS ? (size_t)((width + GAP) / (PICTURE_COLUMNS + GAP)) : 1;
}

void picture_draw_all(FILE *out, const struct picture *pictures, size_t count, int width)
{
	const size_t fit = picture_fit(width);

	for (size_t done = 0; done < count; done += fit) {
		if (done)
			fputc('\n', out);
		draw_row(out, pictures + done, count - done < fit ? count - done : fit);
	}
}

/* Copy the digit and its label; `cell` is its upper left corner in a sheet `width` pixels wide. */
static void sheet_cell(uint8_t *cell, size_t width, const struct picture *picture)
{
	uint8_t *glyph = cell + (DATASET_SIDE + 1) * width + (DATASET_SIDE - GLYPH_WIDTH) / 2;

	for (size_t y = 0; y < DATASET_SIDE; y++)
		memcpy(cell + y * width, picture->pixels + y * DATASET_SIDE, DATASET_SIDE);
	for (int y = 0; y < GLYPH_HEIGHT; y++)
		for (int x = 0; x < GLYPH_WIDTH; x++) {
			int bit = (GLYPH_HEIGHT - 1 - y) * GLYPH_WIDTH + (GLYPH_WIDTH - 1 - x);
			if (glyphs[picture->label] >> bit & 1)
				glyph[(size_t)y * width + (size_t)x] = 255;
		}
}

/* Columns of digits that make a sheet about as wide as high. */
static size_t square_columns(size_t count)
{
	size_t columns = 1;

	while (columns < count && columns * CELL_WIDTH < (count + columns - 1) / columns * CELL_HEIGHT)
		columns++;
	return columns;
}

int picture_sheet(const struct picture *pictures, size_t count, size_t columns, uint8_t **pixels,
				  int *width, int *height, struct error *error)
{
	size_t rows, w, h, size;

	if (!columns)
		columns = square_columns(count);
	rows = (count + columns - 1) / columns;
	if (!checked_multiply(columns, CELL_WIDTH, &w) || !checked_multiply(rows, CELL_HEIGHT, &h) ||
		w > INT_MAX - GAP || h > INT_MAX - GAP ||
		!checked_multiply(w + GAP, h + GAP, &size))
		return error_set(error, "%zu digits are too many for a sheet", count);
	w += GAP;
	h += GAP;
	*pixels = malloc(size);
	if (!*pixels)
		return error_set(error, "not enough memory for a sheet of %zu×%zu pixels", w, h);
	memset(*pixels, SHEET_GREY, size);
	for (size_t i = 0; i < count; i++) {
		size_t x = i % columns * CELL_WIDTH + GAP, y = i / columns * CELL_HEIGHT + GAP;
		sheet_cell(*pixels + y * w + x, w, &pictures[i]);
	}
	*width = (int)w;
	*height = (int)h;
	return 0;
}
