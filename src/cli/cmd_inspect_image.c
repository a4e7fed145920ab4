/* mnist-cnn inspect image: one digit on its way through the network. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "app/recognize.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/digit_file.h"
#include "cli/picture_file.h"
#include "cli/report.h"
#include "cli/seen.h"
#include "cli/session.h"
#include "draw/blocks.h"
#include "draw/sheet.h"
#include "formats/json.h"
#include "nn/loss.h"

struct inspect_image_values {
	struct model_values model;
	const char *activations, *occlusion;
	bool raw, json;
	struct common_values common;
};

/* A layer's output for the picture. */
struct activation {
	char title[120]; /* "0 conv:32,3 26×26×32" */
	struct shape shape;
	const float *values; /* [h][w][c]; borrowed */
	double least, mean, most;
	size_t zeros;
	const struct classes *classes;
	bool are_probabilities;
	bool colours; /* those of its sheet */
};

static void measure(struct activation *activation)
{
	const size_t count = shape_size(activation->shape);
	double sum = 0;

	activation->least = HUGE_VAL;
	activation->most = -HUGE_VAL;
	for (size_t i = 0; i < count; i++) {
		const double value = (double)activation->values[i];
		sum += value;
		activation->least = fmin(activation->least, value);
		activation->most = fmax(activation->most, value);
		activation->zeros += value == 0;
	}
	activation->mean = sum / (double)count;
}

/* The outputs of all layers, in their order. The last one is softmax's, whose probabilities are
 * there already. */
static void activations_take(const struct executor *observer, const struct seen *seen, bool colours,
							 struct activation *activations)
{
	const struct network *network = executor_network(observer);

	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		const bool is_softmax = i == network->layer_count - 1;
		struct activation *activation = &activations[i];
		char shape[SHAPE_TEXT];

		*activation = (struct activation){
			.shape = layer->out,
			.values = is_softmax ? seen->probabilities : executor_output(observer, i),
			.classes = seen->classes,
			.are_probabilities = is_softmax,
			.colours = colours,
		};
		snprintf(activation->title, sizeof activation->title, "%d %s %s", i, layer->text,
				 shape_text(layer->out, shape));
		measure(activation);
	}
}

static void print_all(FILE *out, bool no_color, const struct seen *seen,
					  const struct activation *activations, int count)
{
	const enum blocks_style style = blocks_style(out, no_color);

	struct blocks_bar bars[REPORT_BARS];
	const int bar_count = report_bars(seen->classes, seen->probabilities, bars);

	blocks_draw(out, style, &(struct blocks_picture){seen->pixels, seen->width, seen->height, ""});
	fprintf(out, "\n%s  %.4f  ", seen_name(seen), (double)seen->probabilities[seen->class]);
	text_print_name(out, seen->path);
	fputs("\n\n", out);
	blocks_bars(out, style, bars, bar_count, terminal_width(out));
	fprintf(out, "\n%9s %9s %9s %7s  %s\n", "least", "mean", "most", "zeros", "layer");
	for (const struct activation *a = activations; a < activations + count; a++) {
		fprintf(out, "%9.3f %9.3f %9.3f %6.1f%%  ", a->least, a->mean, a->most,
				100 * (double)a->zeros / (double)shape_size(a->shape));
		text_print_name(out, a->title);
		fputc('\n', out);
	}
}

/* All that as one object of JSON. */
static void print_json(FILE *out, const char *model, const struct network *network,
					   const struct seen *seen, const struct activation *activations)
{
	fputs("{\"file\":", out);
	json_print_text(out, seen->path);
	fputs(",\"model\":", out);
	json_print_text(out, model);
	fputs(",\"digit\":", out);
	report_class_json(out, seen->classes, seen->class);
	fprintf(out, ",\"probability\":%.6f,\"probabilities\":[",
			(double)seen->probabilities[seen->class]);
	for (int i = 0; i < seen->classes->count; i++)
		fprintf(out, "%s%.6f", i ? "," : "", (double)seen->probabilities[i]);
	for (int i = 0; i < network->layer_count; i++) {
		const struct activation *a = &activations[i];

		fputs(i ? ",{\"layer\":" : "],\"layers\":[{\"layer\":", out);
		json_print_text(out, network->layers[i].text);
		fputs(",\"least\":", out);
		json_print_number(out, a->least);
		fputs(",\"mean\":", out);
		json_print_number(out, a->mean);
		fputs(",\"most\":", out);
		json_print_number(out, a->most);
		fprintf(out, ",\"numbers\":%zu,\"zeros\":%zu}", shape_size(a->shape), a->zeros);
	}
	fputs("]}\n", out);
}

/* ---- the sheet of activations ---- */

/* Tile c of an image is its channel c; a flat output has a tile of one cell for each number. The
 * colours are relative to the layer's largest magnitude. */
static struct colour map_cell(const void *context, size_t tile, int x, int y)
{
	const struct activation *map = context;
	const struct shape shape = map->shape;
	const size_t at = shape.flat ? tile : ((size_t)y * shape.w + (size_t)x) * shape.c + tile;
	const double largest = fmax(-map->least, map->most);

	return colour_signed(largest > 0 ? (double)map->values[at] / largest : 0, map->colours);
}

/* The class that the tile stands for, and its number. */
static struct colour score_caption(const void *context, size_t tile, int line,
								   char text[SHEET_CAPTION])
{
	const struct activation *scores = context;
	const char *name = scores->classes->all[tile].name;

	if (line == 0)
		snprintf(text, SHEET_CAPTION, "%.*s", text_fit(name, CAPTION_NAME), name);
	else if (scores->are_probabilities)
		snprintf(text, SHEET_CAPTION, "%.1f%%", 100 * (double)scores->values[tile]);
	else
		snprintf(text, SHEET_CAPTION, "%.3g", (double)scores->values[tile]);
	return line == 0 ? sheet_light : sheet_dim;
}

#define BAR_HEIGHT 32 /* cells */
#define BAR_SCALE 3
#define MOST_SCORES 100 /* with captions */
#define SCORE 7         /* characters of "-0.0235" */

static struct colour bar_cell(const void *context, size_t tile, int x, int y)
{
	const struct activation *bars = context;
	const double filled = (double)bars->values[tile] * BAR_HEIGHT;

	(void)x;
	return colour_signed(BAR_HEIGHT - y <= filled + 0.5 ? 0.5 : 0, bars->colours);
}

/* Maps of all sizes take the same room, so that a channel that was made from one other channel
 * stands below that: as much as lets the rows fill a screen, but no more than MAP_SIDE. */
#define MAP_SIDE 112
#define MAP_COLUMNS 32
#define MAP_ROW 1880 /* pixels */
#define MAP_GAP 6

/* Pixels from one map to the next. */
static int map_distance(const struct activation *activations, int count)
{
	int columns = 1;

	for (int i = 0; i < count; i++)
		if (!activations[i].shape.flat)
			columns = activations[i].shape.c > columns ? activations[i].shape.c : columns;
	const int room = MAP_ROW / (columns < MAP_COLUMNS ? columns : MAP_COLUMNS);
	return room < MAP_SIDE + MAP_GAP ? room : MAP_SIDE + MAP_GAP;
}

static struct sheet_block block_of_image(const struct activation *map, int distance)
{
	const struct shape shape = map->shape;
	const int scale = sheet_scale(shape.w, shape.h, distance - MAP_GAP);
	const int gap = distance - shape.w * scale;

	/* clang-format off */
	return (struct sheet_block){
		.title = map->title, .count = (size_t)shape.c, .context = map,
		.columns = shape.c < MAP_COLUMNS ? (size_t)shape.c : MAP_COLUMNS,
		.gap = gap < MAP_GAP ? MAP_GAP : gap,
		.width = shape.w, .height = shape.h, .scale = scale, .cell = map_cell,
	};
	/* clang-format on */
}

/* A strip of numbers. As many as there are classes stand for these and have captions, unless they
 * are too many; probabilities are bars. */
static struct sheet_block block_of_numbers(const struct activation *map)
{
	const bool are_bars = map->are_probabilities;
	const size_t count = shape_size(map->shape);
	const bool are_scores = count == (size_t)map->classes->count && count <= MOST_SCORES;
	const int side = are_scores ? 48 : count > 256 ? 8 : MAP_ROW / 128 - 1; /* 128 fill a row */
	const int names = classes_width(map->classes, CAPTION_NAME);

	/* clang-format off */
	return (struct sheet_block){
		.title = map->title, .count = count, .context = map, .gap = are_scores ? 24 : 1,
		.width = are_bars ? side / BAR_SCALE : 1, .height = are_bars ? BAR_HEIGHT : 1,
		.scale = are_bars ? BAR_SCALE : side, .cell = are_bars ? bar_cell : map_cell,
		.lines = are_scores ? 2 : 0, .characters = names < SCORE ? SCORE : names,
		.text_scale = 3, .caption = score_caption,
	};
	/* clang-format on */
}

static int activations_save(const char *path, const struct seen *seen,
							const struct activation *activations, int count, struct error *error)
{
	/* clang-format off */
	struct sheet_block blocks[1 + SPEC_MAX_LAYERS] = {{
		.title = activations->colours
			? "what the network sees; below, orange is above 0, blue below"
			: "what the network sees; below, grey is 0",
		.count = 1, .context = seen,
		.width = seen->width, .height = seen->height,
		.scale = sheet_scale(seen->width, seen->height, 112),
		.cell = seen_cell,
	}};
	/* clang-format on */

	const int distance = map_distance(activations, count);
	for (int i = 0; i < count; i++)
		blocks[i + 1] = activations[i].shape.flat ? block_of_numbers(&activations[i])
												  : block_of_image(&activations[i], distance);
	return sheet_save(path, blocks, count + 1, error);
}

/* ---- the command ---- */

/* Read the one digit of a file. Free *out also after an error. */
static int read_digit(const char *path, const struct recognizer *recognizer, bool raw,
					  struct digit_file *out, struct error *error)
{
	struct picture_file file;

	*out = (struct digit_file){0};
	if (picture_file_open(path, &file, error))
		return -1;
	int status = picture_file_next(&file, &out->picture, error);
	if (!status && picture_file_has_more(&file))
		status = error_set(error, "%s: several pictures, but one at a time is looked into", path);
	if (!status && digit_file_read(out, recognizer, raw, true, error))
		status = error_prefix(error, "%s", path);
	picture_file_close(&file);
	return status;
}

/* Show the digit that was read. Without `out`, print nothing. */
static int inspect_reading(const struct inspect_image_values *values, struct session *session,
						   const char *path, const struct reading *reading, FILE *out,
						   struct error *error)
{
	const int count = session->network.layer_count;
	struct activation activations[SPEC_MAX_LAYERS];
	const struct recognizer recognizer = session_recognizer(session);
	struct seen seen = {.path = path,
						.classes = &session->classes,
						.height = reading->height,
						.width = reading->width,
						.pixels = reading->inputs};

	/* The layers hold what the executor saw last, which the digit may not be. */
	if (recognize(&recognizer, seen.pixels, seen.probabilities, error))
		return error_prefix(error, "%s", path);
	seen.class = loss_argmax(session->classes.count, seen.probabilities);
	activations_take(session->executor, &seen,
					 values->activations && canvas_has_colours(values->activations), activations);
	if (out && values->json)
		print_json(out, values->model.file, &session->network, &seen, activations);
	else if (out)
		print_all(out, values->common.no_color, &seen, activations, count);
	if (values->activations &&
		activations_save(values->activations, &seen, activations, count, error))
		return -1;
	return values->occlusion ? seen_save_occlusion(values->occlusion, session, &seen, error) : 0;
}

static int inspect_image(const struct inspect_image_values *values, struct session *session,
						 const char *path, FILE *out, struct error *error)
{
	const struct recognizer recognizer = session_recognizer(session);
	struct digit_file file;

	int status = read_digit(path, &recognizer, values->raw, &file, error);
	if (!status)
		status = inspect_reading(values, session, path, &file.reading, out, error);
	digit_file_free(&file);
	return status;
}

static int inspect_image_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct inspect_image_values *values = v;
	struct session session = {0};

	if (operand_count > 1) {
		error_set(error, "unexpected argument %s: one picture at a time", operands[1]);
		return STATUS_USAGE;
	}
	model_values_settle(&values->model, values->common.quiet);
	const struct file_option files[] = {{"FILE", operands[0], false},
										{"--model", values->model.file, false},
										{"--activations", values->activations, true},
										{"--occlusion", values->occlusion, true},
										{NULL, NULL, false}};
	FILE *out = files_report_stream(files, values->common.quiet);
	if (files_check_distinct(files, NULL, error) || files_check_json(files, values->json, error))
		return STATUS_USAGE;
	const bool failed = files_check_outputs(files, error) ||
						session_open(&session, &values->model, &ENGINE_ONE_THREAD, 1,
									 EXECUTOR_OBSERVE, values->common.quiet, error) ||
						inspect_image(values, &session, operands[0], out, error);
	session_close(&session);
	return failed ? STATUS_FAILED : STATUS_DONE;
}

#define AT(field) offsetof(struct inspect_image_values, field)

/* clang-format off */
static const struct field inspect_image_fields[] = {
	{"activations", FIELD_TEXT, AT(activations), "FILE", .stream = STREAM_OUTPUT,
	 .help = "write every layer's output as a sheet, PNG (FILE.png) or PGM"},
	{"occlusion", FIELD_TEXT, AT(occlusion), "FILE", .stream = STREAM_OUTPUT,
	 .help = "write the image and what the decision rests on, likewise"},
	{"raw", FIELD_FLAG, AT(raw),
	 .help = "take a picture of the network's size, light on dark, as it is"},
	{.name = NULL},
};

static const struct field inspect_image_format_fields[] = {
	{"json", FIELD_FLAG, AT(json), .help = "print one object of JSON"},
	{.name = NULL},
};

const struct command command_inspect_image = {
	.name = "inspect image", .summary = "show what a network makes of one picture, layer by layer",
	.operands = "FILE|-", .least_operands = 1,
	.options = (const struct option_section[]){
		{.fields = model_fields, .offset = AT(model)},
		{.fields = inspect_image_fields},
		{.fields = inspect_image_format_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct inspect_image_values),
	.run = inspect_image_run,
	.notes =
		"FILE is a picture of one digit, such as 'predict' takes; - is standard input.\n"
		"Printed are the image as the network sees it, the probabilities, and each layer's\n"
		"numbers.\n"
		"\n"
		"--activations has a block for each layer: every feature map of an image, a cell\n"
		"for every number of a list, by the largest number of the layer.\n"
		"--occlusion covers a square around each pixel, about a quarter of the image\n"
		"wide, once with paper and once with ink, and shows how much of the probability\n"
		"is lost (Zeiler & Fergus 2014): which ink, which paper, the decision rests on.\n",
};
/* clang-format on */
