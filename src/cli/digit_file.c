/* From a file to the 28 × 28 bytes that the network is asked about, and back. */
#include "cli/digit_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "draw/sheet.h"
#include "formats/pnm.h"
#include "formats/raster.h"

/* The largest raw picture has three samples of two bytes a pixel, and a header. */
#define MAX_FILE ((size_t)6 * RASTER_MAX_PIXELS + (1u << 20))

static int read_picture(const char *path, struct raster *picture, struct error *error)
{
	const bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "standard input" : path;
	struct buffer file = {0};
	int status = is_stdin ? file_read_stream(stdin, name, MAX_FILE, &file, error)
						  : file_read(path, MAX_FILE, &file, error);

	if (status)
		return -1;
	status = raster_parse(file.data, file.size, picture, error);
	buffer_free(&file);
	return status ? error_prefix(error, "%s", name) : 0;
}

/* Comparing the pixels with their right neighbours compares all of them. */
static bool is_one_colour(const uint8_t pixels[DATASET_PIXELS])
{
	return !memcmp(pixels, pixels + 1, DATASET_PIXELS - 1);
}

/* ---- the way as a sheet of four tiles of one size ---- */

#define TILE_SIDE 112 /* cells along a tile: four for each of the digit's pixels */
#define TILES 4

/* The plane stands in the middle of the tile, as large as it fits. */
static struct colour tile_cell(const void *context, size_t tile, int x, int y)
{
	const struct grey *plane = (const struct grey *)context + tile; /* 0 black to 1 white */
	const int side = plane->width > plane->height ? plane->width : plane->height;
	const float scale = (float)side / TILE_SIDE;
	const float at_x = ((float)x + 0.5f) * scale - (float)(side - plane->width) / 2.0f;
	const float at_y = ((float)y + 0.5f) * scale - (float)(side - plane->height) / 2.0f;

	if (at_x < 0 || at_y < 0 || at_x >= (float)plane->width || at_y >= (float)plane->height)
		return colour_ink(0.15);
	return colour_ink((double)plane->at[(int)at_y * plane->width + (int)at_x]);
}

static struct colour tile_caption(const void *context, size_t tile, int line,
								  char text[SHEET_CAPTION])
{
	static const char *const captions[TILES] = {"the picture", "looked at", "its ink",
												"28x28, as MNIST"};

	(void)context, (void)line;
	snprintf(text, SHEET_CAPTION, "%s", captions[tile]);
	return sheet_light;
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

static int copy_digit(const uint8_t pixels[DATASET_PIXELS], struct grey *out, struct error *error)
{
	if (grey_new(DATASET_SIDE, DATASET_SIDE, out, error))
		return -1;
	for (int i = 0; i < DATASET_PIXELS; i++)
		out->at[i] = (float)pixels[i] / UINT8_MAX;
	return 0;
}

/* Write four pictures: as it came, the part that was looked at, the ink that was found there, and
 * what the network gets. A picture in MNIST's form is all of these. */
static int way_save(const char *path, const struct raster *picture, const struct digit_way *way,
					const uint8_t pixels[DATASET_PIXELS], struct error *error)
{
	const struct box whole = {0, 0, picture->width, picture->height};
	const bool passed = !way->ink.at;
	struct grey planes[TILES] = {{0}};
	double scale;
	/* clang-format off */
	const struct sheet_block block = {
		.count = TILES, .columns = TILES, .context = planes, .gap = 12,
		.width = TILE_SIDE, .height = TILE_SIDE, .scale = 2, .cell = tile_cell,
		.lines = 1, .characters = 18, .text_scale = 2, .caption = tile_caption,
	};
	/* clang-format on */
	const bool failed =
		grey_from_picture(picture, &whole, 1, 4 * TILE_SIDE, &planes[0], &scale, error) ||
		grey_from_picture(picture, passed ? &whole : &way->part, 1, 4 * TILE_SIDE, &planes[1],
						  &scale, error) ||
		(passed ? copy_digit(pixels, &planes[2], error) : copy_ink(&way->ink, &planes[2], error)) ||
		copy_digit(pixels, &planes[3], error) || sheet_save(path, &block, 1, error);

	for (int i = 0; i < TILES; i++)
		grey_free(&planes[i]);
	return failed ? -1 : 0;
}

/* ---- files ---- */

static int take_raw(const struct raster *picture, struct digits *out, struct error *error)
{
	*out = (struct digits){.all = malloc(sizeof *out->all), .count = 1};
	if (!out->all)
		return error_set(error, "not enough memory for a digit");
	*out->all = (struct digit){.box = {0, 0, picture->width, picture->height}, .begins = true};
	if (digit_from_raw(picture, out->all->pixels, error)) {
		digits_free(out);
		return -1;
	}
	return 0;
}

int digit_file_read(const char *path, bool raw, const struct digit_judge *judge,
					const char *way_file, struct digits *out, struct error *error)
{
	struct raster picture = {0};

	*out = (struct digits){0};
	if (read_picture(path, &picture, error))
		return -1;
	int status = raw ? take_raw(&picture, out, error) : digits_find(&picture, judge, out, error);
	if (!status && is_one_colour(out->all->pixels))
		status = error_set(error, "no digit found: all pixels are equal");
	if (status)
		error_prefix(error, "%s", path);
	else if (way_file)
		status = way_save(way_file, &picture, &out->way, out->all->pixels, error);
	raster_free(&picture);
	if (status)
		digits_free(out);
	return status;
}

int digit_file_write(const char *path, const uint8_t pixels[DATASET_PIXELS], struct error *error)
{
	struct buffer file;

	if (pgm_write(pixels, DATASET_SIDE, DATASET_SIDE, &file, error))
		return -1;
	int status = file_replace(path, file.data, file.size, error);
	buffer_free(&file);
	return status;
}
