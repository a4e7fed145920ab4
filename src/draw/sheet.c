/* Every block is a grid of tiles. The sheet is widened until it has a screen's shape. One that is
 * larger than a screen is as wide and is scrolled, unless it would be a mere ribbon. */
#include "draw/sheet.h"

#include <limits.h>

#include "draw/font.h"

#define MARGIN 14
#define TITLE_SCALE 3
#define TITLE_HEIGHT (FONT_HEIGHT * TITLE_SCALE + 8)
#define BESIDE 6 /* pixels between a tile and the text beside it */
#define WIDER 8  /* pixels, with each attempt */
#define SCREEN_WIDTH (1920 - WIDER)
#define RIBBON 4 /* times as high as wide */

const struct colour sheet_ground = {40, 44, 52}, sheet_light = {235, 235, 235},
					sheet_dim = {150, 156, 168};

static int larger(int a, int b)
{
	return a > b ? a : b;
}

int sheet_scale(int width, int height, int pixels)
{
	const int side = larger(width, height);

	return side < pixels ? pixels / side : 1;
}

static int line_height(const struct sheet_block *block)
{
	return (FONT_HEIGHT + 1) * block->text_scale;
}

/* The width of a tile with its text, in pixels. */
static int tile_width(const struct sheet_block *block)
{
	const int picture = block->width * block->scale;
	const int text = block->lines ? block->characters * FONT_ADVANCE * block->text_scale : 0;

	return block->beside ? picture + BESIDE + text : larger(picture, text);
}

static int tile_height(const struct sheet_block *block)
{
	const int picture = block->height * block->scale;
	const int text = block->lines * line_height(block);

	if (block->beside)
		return larger(picture, text);
	return picture + (text ? text + 2 * block->text_scale : 0);
}

static size_t columns_in(const struct sheet_block *block, int width)
{
	const int room = width - 2 * MARGIN + block->gap, tile = tile_width(block) + block->gap;

	if (block->columns)
		return block->columns;
	return room > tile ? (size_t)(room / tile) : 1;
}

/* In pixels, as a double: blocks can ask for a sheet that is too high for an int. */
static double block_height(const struct sheet_block *block, int width)
{
	const size_t columns = columns_in(block, width);
	const double rows = (double)((block->count + columns - 1) / columns);

	return (block->title ? TITLE_HEIGHT : 0) + rows * (tile_height(block) + block->gap) -
		   (rows > 0 ? block->gap : 0) + MARGIN;
}

/* The width that the blocks use of a sheet of `width` pixels. With a width of 0 it is the least
 * that they need: for titles, fixed columns and single tiles. */
static double used_width(const struct sheet_block *blocks, int count, int width)
{
	double most = 0;

	for (int i = 0; i < count; i++) {
		const struct sheet_block *block = &blocks[i];
		size_t columns = columns_in(block, width);
		double shown = (double)(columns < block->count ? columns : block->count);
		double tiles = shown * (tile_width(block) + block->gap) - block->gap;
		double title = block->title ? font_width(block->title) * TITLE_SCALE : 0;

		most = tiles > most ? tiles : most;
		most = title > most ? title : most;
	}
	return most + 2 * MARGIN;
}

static void paint_tile(const struct canvas *canvas, const struct sheet_block *block, size_t tile,
					   int left, int top)
{
	const int scale = block->scale, picture = block->width * scale;
	const int right = left + picture + BESIDE, text_scale = block->text_scale;
	const int beneath = top + block->height * scale + 2 * text_scale;

	for (int y = 0; y < block->height; y++)
		for (int x = 0; x < block->width; x++)
			canvas_fill(canvas, left + x * scale, top + y * scale, scale, scale,
						block->cell(block->context, tile, x, y));
	for (int line = 0; line < block->lines; line++) {
		char text[SHEET_CAPTION];
		const struct colour colour = block->caption(block->context, tile, line, text);
		const int centred = left + (picture - font_width(text) * text_scale) / 2;

		canvas_text(canvas, block->beside ? right : centred,
					(block->beside ? top : beneath) + line * line_height(block), text_scale, text,
					colour);
	}
}

static void paint_block(const struct canvas *canvas, const struct sheet_block *block, int top)
{
	const size_t columns = columns_in(block, canvas->width);
	/* Where a caption is wider than its picture, the picture stands in the middle. */
	const int inset = block->beside ? 0 : (tile_width(block) - block->width * block->scale) / 2;

	if (block->title) {
		canvas_text(canvas, MARGIN, top, TITLE_SCALE, block->title, sheet_light);
		top += TITLE_HEIGHT;
	}
	for (size_t tile = 0; tile < block->count; tile++) {
		int column = (int)(tile % columns), row = (int)(tile / columns);
		int left = MARGIN + column * (tile_width(block) + block->gap);

		paint_tile(canvas, block, tile, left + inset,
				   top + row * (tile_height(block) + block->gap));
	}
}

static bool has_good_shape(double width, double height)
{
	return height <= width * 9 / 16 || (width > SCREEN_WIDTH && height <= width * RIBBON);
}

int sheet_paint(const struct sheet_block *blocks, int count, struct canvas *canvas,
				struct error *error)
{
	double width = used_width(blocks, count, 0), height = width;
	int top = MARGIN;

	*canvas = (struct canvas){0};
	for (; width <= CANVAS_MAX_PIXELS; width += WIDER) {
		height = MARGIN;
		for (int i = 0; i < count; i++)
			height += block_height(&blocks[i], (int)width);
		if (has_good_shape(width, height) || width * width > CANVAS_MAX_PIXELS)
			break;
	}
	if (width <= CANVAS_MAX_PIXELS)
		width = used_width(blocks, count, (int)width);
	if (width * height > CANVAS_MAX_PIXELS)
		return error_set(error, "the sheet would have %.0f×%.0f pixels; the most are %u in all",
						 width, height, CANVAS_MAX_PIXELS);
	if (canvas_open(canvas, (int)width, (int)height, sheet_ground, error))
		return -1;
	for (int i = 0; i < count; i++) {
		paint_block(canvas, &blocks[i], top);
		top += (int)block_height(&blocks[i], canvas->width);
	}
	return 0;
}

int sheet_save(const char *path, const struct sheet_block *blocks, int count, struct error *error)
{
	struct canvas canvas;

	if (sheet_paint(blocks, count, &canvas, error))
		return error_prefix(error, "%s", path);
	const int status = canvas_save(&canvas, path, error);
	canvas_free(&canvas);
	return status;
}

/* The colour at `value` along a chain of colours, of which the first is at 0 and the last at 1. */
static struct colour between(const struct colour *chain, int links, double value)
{
	double place = value > 0 ? value * links : 0; /* not a number: the first */
	int link = place < links ? (int)place : links - 1;
	double part = place < links ? place - link : 1;
	const struct colour *a = &chain[link], *b = a + 1;

	return (struct colour){
		(uint8_t)(a->red + part * (b->red - a->red) + 0.5),
		(uint8_t)(a->green + part * (b->green - a->green) + 0.5),
		(uint8_t)(a->blue + part * (b->blue - a->blue) + 0.5),
	};
}

struct colour colour_ink(double value)
{
	static const struct colour chain[] = {{0, 0, 0}, {255, 255, 255}};

	return between(chain, 1, value);
}

struct colour colour_signed(double value, bool colours)
{
	static const struct colour less[] = {{0, 0, 0}, {33, 102, 172}, {146, 197, 222}};
	static const struct colour more[] = {{0, 0, 0}, {214, 96, 20}, {255, 214, 140}};

	if (!colours)
		return colour_ink((value + 1) / 2);
	return value < 0 ? between(less, 2, -value) : between(more, 2, value);
}

struct colour colour_heat(double value)
{
	static const struct colour chain[] = {
		{0, 0, 0}, {90, 10, 80}, {205, 50, 50}, {250, 160, 40}, {255, 255, 220}};

	return between(chain, 4, value);
}
