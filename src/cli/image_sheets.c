/* Two sheets of maps: the outputs of all layers, and the effect of a patch on the probability. */
#include "cli/image_sheets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/calibrate.h"
#include "app/occlusion.h"
#include "draw/sheet.h"

/* ---- activations ---- */

/* "0 conv:32,3 26×26×32"; a softmax at a temperature names that, too. */
static void set_title(struct activation *activation, const struct layer *layer, double temperature)
{
	char shape[SHAPE_TEXT];
	int used = snprintf(activation->title, sizeof activation->title, "%d %s %s", layer->index,
						layer->text, shape_text(layer->out, shape));

	if (temperature != TEMPERATURE_NONE)
		snprintf(activation->title + used, sizeof activation->title - (size_t)used,
				 " at temperature %g", temperature);
}

void activations_take(const struct executor *observer, const float *probabilities,
					  double temperature, struct activation activations[SPEC_MAX_LAYERS])
{
	const struct network *network = executor_network(observer);

	for (int i = 0; i < network->layer_count; i++) {
		const bool is_softmax = i == network->layer_count - 1;
		activations[i].shape = network->layers[i].out;
		activations[i].values = is_softmax ? probabilities : executor_output(observer, i);
		set_title(&activations[i], &network->layers[i],
				  is_softmax ? temperature : TEMPERATURE_NONE);
	}
}

/* ---- as a sheet ---- */

struct maps {
	const struct activation *activation;
	double most; /* the largest magnitude */
	bool colours;
};

static struct colour pixel_cell(const void *context, size_t tile, int x, int y)
{
	const uint8_t *pixels = context;

	(void)tile;
	return colour_ink(pixels[y * DATASET_SIDE + x] / 255.0);
}

/* Tile c of an image is its channel c; a flat output has a tile of one cell for each number. */
static struct colour map_cell(const void *context, size_t tile, int x, int y)
{
	const struct maps *maps = context;
	const struct shape shape = maps->activation->shape;
	const size_t at = shape.flat ? tile : ((size_t)y * shape.w + (size_t)x) * shape.c + tile;
	const double value = (double)maps->activation->values[at];

	return colour_signed(maps->most > 0 ? value / maps->most : 0, maps->colours);
}

/* The digit that the tile stands for, and its number. */
static struct colour score_caption(const void *context, size_t tile, int line,
								   char text[SHEET_CAPTION])
{
	const struct maps *maps = context;

	if (line == 0) {
		snprintf(text, SHEET_CAPTION, "%zu", tile);
		return sheet_light;
	}
	snprintf(text, SHEET_CAPTION, "%.3g", (double)maps->activation->values[tile]);
	return sheet_dim;
}

#define BAR_HEIGHT 32

static struct colour bar_cell(const void *context, size_t tile, int x, int y)
{
	const struct maps *maps = context;
	const double filled = (double)maps->activation->values[tile] * BAR_HEIGHT;

	(void)x;
	return colour_signed(BAR_HEIGHT - y <= filled + 0.5 ? 0.5 : 0, maps->colours);
}

static struct colour bar_caption(const void *context, size_t tile, int line,
								 char text[SHEET_CAPTION])
{
	const struct maps *maps = context;

	if (line == 0)
		return score_caption(context, tile, line, text);
	snprintf(text, SHEET_CAPTION, "%.1f%%", 100 * (double)maps->activation->values[tile]);
	return sheet_dim;
}

/* Maps of all sizes take about the same room, so that a channel that was made from one other
 * channel stands below that. */
#define MAP_SIDE 84
#define MAP_DISTANCE (MAP_SIDE + 6)
#define MAP_COLUMNS 32

static struct sheet_block block_of_image(const struct maps *maps)
{
	const struct shape shape = maps->activation->shape;
	const int side = shape.h > shape.w ? shape.h : shape.w;
	const int scale = side < MAP_SIDE ? MAP_SIDE / side : 1;

	return (struct sheet_block){
		.count = (size_t)shape.c,
		.width = shape.w,
		.height = shape.h,
		.scale = scale,
		.gap = MAP_DISTANCE - shape.w * scale,
		.columns = shape.c < MAP_COLUMNS ? (size_t)shape.c : MAP_COLUMNS,
		.cell = map_cell,
	};
}

/* A strip of numbers. Ten numbers stand for digits and have captions; probabilities are bars. */
static struct sheet_block block_of_numbers(const struct maps *maps, bool are_probabilities)
{
	const size_t count = shape_size(maps->activation->shape);
	const bool are_scores = count == DATASET_CLASSES;
	struct sheet_block block = {
		.count = count,
		.width = 1,
		.height = 1,
		.scale = are_scores    ? 48
				 : count > 256 ? 8
							   : 16,
		.gap = are_scores ? 24 : 1,
		.cell = map_cell,
	};

	if (are_scores) {
		block.lines = 2;
		block.characters = 5;
		block.text_scale = 2;
		block.caption = score_caption;
	}
	if (are_probabilities) {
		block.width = 16;
		block.height = BAR_HEIGHT;
		block.scale = 3;
		block.cell = bar_cell;
		block.caption = bar_caption;
	}
	return block;
}

static struct maps maps_of(const struct activation *activation, bool colours)
{
	const size_t count = shape_size(activation->shape);
	struct maps maps = {.activation = activation, .colours = colours};

	/* With fmax in this loop, gcc 12 for ARM ends in an internal error. */
	for (size_t i = 0; i < count; i++) {
		double size = fabs((double)activation->values[i]);
		if (size > maps.most)
			maps.most = size;
	}
	return maps;
}

int activations_save(const char *path, const uint8_t pixels[DATASET_PIXELS],
					 const struct activation *activations, int count, struct error *error)
{
	const bool colours = canvas_has_colours(path);
	struct maps maps[SPEC_MAX_LAYERS];
	struct sheet_block blocks[1 + SPEC_MAX_LAYERS] = {{
		.title = colours ? "what the network sees; below, orange is above 0, blue below"
						 : "what the network sees; below, grey is 0",
		.count = 1,
		.width = DATASET_SIDE,
		.height = DATASET_SIDE,
		.scale = 6,
		.context = pixels,
		.cell = pixel_cell,
	}};

	for (int i = 0; i < count; i++) {
		struct sheet_block *block = &blocks[i + 1];

		maps[i] = maps_of(&activations[i], colours);
		*block = activations[i].shape.flat ? block_of_numbers(&maps[i], i == count - 1)
										   : block_of_image(&maps[i]);
		block->title = activations[i].title;
		block->context = &maps[i];
	}
	return sheet_save(path, blocks, count + 1, error);
}

/* ---- occlusion ---- */

/* The side of the patch, in pixels: of the 20 × 20 that a digit fills, this is about three strokes,
 * enough to change it. A patch of paper shows which ink matters, one of ink which paper does. */
#define PATCH 7
enum { THE_DIGIT, PAPER, INK, PANELS };

struct panels {
	const uint8_t *pixels;
	int digit;
	double probability;
	double map[PANELS][DATASET_PIXELS];
	double lowest[PANELS];
};

/* The loss of probability with the patch at this pixel, relative to the largest loss anywhere. */
static struct colour panel_cell(const void *context, size_t tile, int x, int y)
{
	const struct panels *panels = context;
	const double most = panels->probability - panels->lowest[tile];
	const double lost = panels->probability - panels->map[tile][y * DATASET_SIDE + x];

	if (tile == THE_DIGIT)
		return pixel_cell(panels->pixels, 0, x, y);
	return colour_heat(most > 0 ? lost / most : 0);
}

static struct colour panel_caption(const void *context, size_t tile, int line,
								   char text[SHEET_CAPTION])
{
	static const char *const names[PANELS] = {"the digit", "a patch of paper", "a patch of ink"};
	const struct panels *panels = context;
	const double black = 100 * panels->probability, white = 100 * panels->lowest[tile];

	*text = '\0';
	if (line == 0)
		snprintf(text, SHEET_CAPTION, "%s", names[tile]);
	else if (tile == THE_DIGIT && line == 1)
		snprintf(text, SHEET_CAPTION, "%d at %.1f%%", panels->digit, black);
	else if (tile == THE_DIGIT)
		return sheet_dim;
	else if (line == 1)
		snprintf(text, SHEET_CAPTION, "black: %d at %.1f%%", panels->digit, black);
	else
		snprintf(text, SHEET_CAPTION, "white: %d at %.1f%%", panels->digit, white);
	return line == 0 ? sheet_light : sheet_dim;
}

int occlusion_save(const char *path, struct executor *executor, double temperature,
				   const uint8_t pixels[DATASET_PIXELS], int digit, double probability,
				   struct error *error)
{
	struct panels panels = {.pixels = pixels, .digit = digit, .probability = probability};
	char title[80];

	occlusion_map(executor, temperature, pixels, digit, PATCH, 0, panels.map[PAPER]);
	occlusion_map(executor, temperature, pixels, digit, PATCH, UINT8_MAX, panels.map[INK]);
	for (int panel = PAPER; panel < PANELS; panel++) {
		panels.lowest[panel] = probability;
		for (int i = 0; i < DATASET_PIXELS; i++)
			panels.lowest[panel] = fmin(panels.lowest[panel], panels.map[panel][i]);
	}
	snprintf(title, sizeof title, "How sure of the %d, with a patch of %d×%d pixels here?", digit,
			 PATCH, PATCH);
	const struct sheet_block block = {
		.title = title,
		.count = PANELS,
		.width = DATASET_SIDE,
		.height = DATASET_SIDE,
		.scale = 9,
		.gap = 12,
		.columns = PANELS,
		.context = &panels,
		.cell = panel_cell,
		.lines = 3,
		.characters = 18,
		.text_scale = 2,
		.caption = panel_caption,
	};
	return sheet_save(path, &block, 1, error);
}
