/* The way of a picture's digits, from paper to network, as a sheet of tiles of one size: the
 * picture with its digits in boxes, the part that was looked at, the ink there, each digit. */
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/digit_file.h"
#include "draw/sheet.h"
#include "nn/loss.h"

#define TILE_SIDE 112 /* cells along a tile: four for each of a digit's pixels */
#define MOST_NAME 10  /* columns of a class's name, which its probability follows */
#define MOST_IN_ROW 6 /* tiles; of more, as many stand side by side as the sheet has rows */

enum { PICTURE, PART, INK, DIGITS }; /* the tiles; each digit has one, with what is read */

struct way_sheet {
	const struct digit_file *file;
	const struct classes *classes;
	struct grey planes[DIGITS]; /* 0 black to 1 white */
	double scale;               /* the pixels of the first plane for one of the picture's */
};

static const struct colour box_colour = {250, 150, 40};

/* A plane stands in the middle of its tile, as large as it fits: *left and *top are its margins in
 * cells. Returns its pixels for one cell. */
static double fit_in_tile(int width, int height, double *left, double *top)
{
	const double scale = (double)int_max(width, height) / TILE_SIDE;

	*left = (TILE_SIDE - width / scale) / 2;
	*top = (TILE_SIDE - height / scale) / 2;
	return scale;
}

/* True for the cells just around a digit's box in the picture. */
static bool is_outline(const struct way_sheet *sheet, const struct box *box, int x, int y)
{
	double left, top;
	const struct grey *plane = &sheet->planes[PICTURE];
	const double cells = sheet->scale / fit_in_tile(plane->width, plane->height, &left, &top);
	const struct box around = {
		(int)floor(left + box->left * cells) - 1, (int)floor(top + box->top * cells) - 1,
		(int)ceil(left + box->right * cells), (int)ceil(top + box->bottom * cells)};
	const bool inside =
		x >= around.left && x <= around.right && y >= around.top && y <= around.bottom;

	return inside &&
		   (x == around.left || x == around.right || y == around.top || y == around.bottom);
}

static struct colour tile_cell(const void *context, size_t tile, int x, int y)
{
	const struct way_sheet *sheet = context;
	const struct reading *reading = &sheet->file->reading;
	const struct digits *digits = &reading->digits;
	const struct grey *plane = &sheet->planes[tile < DIGITS ? tile : PICTURE];
	const int width = tile < DIGITS ? plane->width : reading->width;
	const int height = tile < DIGITS ? plane->height : reading->height;
	double left, top;

	for (int i = 0; tile == PICTURE && i < digits->count; i++)
		if (is_outline(sheet, &digits->all[i].box, x, y))
			return box_colour;
	const double scale = fit_in_tile(width, height, &left, &top);
	const double at_x = (x + 0.5 - left) * scale, at_y = (y + 0.5 - top) * scale;
	if (at_x < 0 || at_y < 0 || at_x >= width || at_y >= height)
		return colour_ink(0.15);
	const int at = (int)at_y * width + (int)at_x;
	return colour_ink(tile < DIGITS ? (double)plane->at[at]
									: reading_input(reading, (int)tile - DIGITS)[at] / 255.0);
}

static struct colour tile_caption(const void *context, size_t tile, int line,
								  char text[SHEET_CAPTION])
{
	static const char *const names[] = {"the picture", "looked at", "its ink"};
	const struct way_sheet *sheet = context;
	const struct reading *reading = &sheet->file->reading;
	const struct raster *picture = &sheet->file->picture;

	*text = '\0';
	if (line == 0 && tile < DIGITS) {
		snprintf(text, SHEET_CAPTION, "%s", names[tile]);
	} else if (line == 0) {
		const bool is_usual = reading->width == DIGIT_SIDE && reading->height == DIGIT_SIDE;
		snprintf(text, SHEET_CAPTION, "%dx%d%s", reading->width, reading->height,
				 is_usual ? ", as MNIST" : "");
	} else if (tile == PICTURE) {
		snprintf(text, SHEET_CAPTION, "%dx%d", picture->width, picture->height);
	} else if (tile >= DIGITS) {
		const float *probabilities = reading_probabilities(reading, (int)tile - DIGITS);
		const int class = loss_argmax(reading->classes, probabilities);
		const char *name = sheet->classes->all[class].name;
		snprintf(text, SHEET_CAPTION, "%.*s  %.4f", text_fit(name, MOST_NAME), name,
				 (double)probabilities[class]);
	}
	return line == 0 ? sheet_light : sheet_dim;
}

/* The darkest ink becomes white, the paper black. */
static int copy_ink(const struct grey *ink, struct grey *out, struct error *error)
{
	float most = 0;

	if (grey_new(ink->width, ink->height, out, error))
		return -1;
	for (size_t i = 0; i < grey_count(ink); i++)
		most = ink->at[i] > most ? ink->at[i] : most;
	for (size_t i = 0; i < grey_count(ink) && most > 0; i++)
		out->at[i] = ink->at[i] / most;
	return 0;
}

int digit_file_draw_way(const char *path, const struct digit_file *file,
						const struct classes *classes, struct error *error)
{
	const struct raster *picture = &file->picture;
	const struct digit_way *way = &file->reading.digits.way;
	const struct box whole = {0, 0, picture->width, picture->height};
	const bool passed = !way->ink.at; /* the picture is in MNIST's form, and so is all of these */
	const struct box *part = passed ? &whole : &way->part;
	const int most = 4 * TILE_SIDE; /* finer than the cells: a thin line has a pixel of its own */
	const size_t tiles = DIGITS + (size_t)file->reading.digits.count;
	struct way_sheet sheet = {.file = file, .classes = classes};
	double scale;
	/* clang-format off */
	const struct sheet_block block = {
		.count = tiles, .columns = tiles <= MOST_IN_ROW ? tiles : 0, .context = &sheet, .gap = 12,
		.width = TILE_SIDE, .height = TILE_SIDE, .scale = 2, .cell = tile_cell,
		.lines = 2, .characters = 18, .text_scale = 2, .caption = tile_caption,
	};
	/* clang-format on */
	const bool failed =
		grey_from_picture(picture, &whole, 1, most, &sheet.planes[PICTURE], &sheet.scale, error) ||
		grey_from_picture(picture, part, 1, most, &sheet.planes[PART], &scale, error) ||
		(passed ? grey_from_picture(picture, part, 1, most, &sheet.planes[INK], &scale, error)
				: copy_ink(&way->ink, &sheet.planes[INK], error)) ||
		sheet_save(path, &block, 1, error);

	for (int i = 0; i < DIGITS; i++)
		grey_free(&sheet.planes[i]);
	return failed ? -1 : 0;
}
