/* mnist-cnn inspect model: what is in a model's file, and what its first layer looks for. */
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app/model.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "draw/sheet.h"

struct inspect_values {
	const char *model, *network, *filters;
	struct common_values common;
};

/* ---- the sheet of filters ---- */

struct filters {
	const struct param *weight; /* (filters, h, w, 1) */
	bool colours;
};

/* The first weights that see the picture: of a convolution, or of a dense layer, whose weights are
 * a picture for each unit. */
static const struct param *first_weight(const struct network *network)
{
	for (int i = 0; i < network->param_count; i++)
		if (param_is_weight(network->params[i]))
			return network->params[i];
	return NULL;
}

static const float *filter_at(const struct param *weight, size_t filter)
{
	return weight->value + filter * (weight->count / weight->dims[0]);
}

static float largest(const struct param *weight, size_t filter)
{
	const size_t count = weight->count / weight->dims[0];
	const float *values = filter_at(weight, filter);
	float most = 0;

	for (size_t i = 0; i < count; i++)
		most = fmaxf(most, fabsf(values[i]));
	return most;
}

/* Each filter by its own largest weight. */
static struct colour filter_cell(const void *context, size_t tile, int x, int y)
{
	const struct filters *filters = context;
	const size_t at = (size_t)y * filters->weight->dims[2] + (size_t)x;
	const float most = largest(filters->weight, tile);

	return colour_signed(most > 0 ? (double)(filter_at(filters->weight, tile)[at] / most) : 0,
						 filters->colours);
}

static struct colour filter_caption(const void *context, size_t tile, int line,
									char text[SHEET_CAPTION])
{
	const struct filters *filters = context;

	if (line == 0) {
		snprintf(text, SHEET_CAPTION, "%zu", tile);
		return sheet_light;
	}
	snprintf(text, SHEET_CAPTION, "%.2f", (double)largest(filters->weight, tile));
	return sheet_dim;
}

static int write_filters(const char *path, const struct network *network, struct error *error)
{
	const struct filters filters = {first_weight(network), canvas_has_colours(path)};
	const struct param *weight = filters.weight;
	char title[100];

	if (!weight)
		return error_set(error, "%s: the network has no filters to draw", path);
	assert(weight->dims[3] == 1); /* nothing in front of the first weights makes more channels */
	const int height = (int)weight->dims[1], width = (int)weight->dims[2];
	snprintf(title, sizeof title, "%zu filters of %d×%d: %s is below 0, %s above; largest weight",
			 weight->dims[0], height, width, filters.colours ? "blue" : "black",
			 filters.colours ? "orange" : "white");
	const struct sheet_block block = {
		.title = title,
		.count = weight->dims[0],
		.width = width,
		.height = height,
		.scale = width < 16 ? 96 / width : 4,
		.gap = 16,
		.context = &filters,
		.cell = filter_cell,
		.lines = 2,
		.characters = 4,
		.text_scale = 2,
		.caption = filter_caption,
	};
	return sheet_save(path, &block, 1, error);
}

/* ---- what is printed ---- */

static void print_metadata(FILE *out, const struct safetensors *file)
{
	int width = 0;

	if (!file->metadata_count) {
		fputs("\nno metadata: the file does not say how it was trained\n", out);
		return;
	}
	fputs("\nmetadata\n", out);
	for (size_t i = 0; i < file->metadata_count; i++)
		width =
			(int)strlen(file->metadata[i].key) > width ? (int)strlen(file->metadata[i].key) : width;
	for (size_t i = 0; i < file->metadata_count; i++) {
		fputs("  ", out);
		text_print_name(out, file->metadata[i].key);
		fprintf(out, "%*s", width + 2 - (int)strlen(file->metadata[i].key), "");
		text_print_name(out, file->metadata[i].value);
		fputc('\n', out);
	}
}

static int inspect(const struct inspect_values *values, const struct network *network,
				   const struct safetensors *file, struct error *error)
{
	const bool taken = values->filters && file_is_stream(values->filters, stdout);
	FILE *out = taken ? stderr : stdout;

	if (!taken || !values->common.quiet) {
		fputs("model  ", out);
		text_print_name(out, values->model);
		fputs("\n\n", out);
		report_network_cost(out, network);
		print_metadata(out, file);
	}
	return values->filters ? write_filters(values->filters, network, error) : 0;
}

static int inspect_run(const void *v, int operand_count, char **operands)
{
	struct inspect_values chosen = *(const struct inspect_values *)v;
	const struct inspect_values *const values = &chosen;
	const struct engine_choice one_thread = {.kernels = "auto", .threads = 1};
	struct engine engine = {0};
	struct network network = {0};
	struct safetensors file = {0};
	struct error error;
	int status = STATUS_DONE;

	(void)operand_count;
	(void)operands;
	chosen.model = command_choose_model(chosen.model, true);
	const struct command_file files[] = {{"--model", values->model},
										 {"--filters", values->filters}};

	if (command_check_distinct(files, 2, 1, &error))
		return command_misused(&command_inspect_model, &error);
	if (command_check_outputs(files + 1, 1, &error) ||
		command_open_engine(&one_thread, &engine, &error) ||
		model_load(values->model, values->network, 1, &engine, &network, NULL, &error) ||
		model_read(values->model, &file, &error) || inspect(values, &network, &file, &error))
		status = command_fail(&error);
	safetensors_free(&file);
	network_free(&network);
	engine_close(&engine);
	return status;
}

static void inspect_defaults(void *values)
{
	*(struct inspect_values *)values = (struct inspect_values){.model = NULL};
}

#define AT(field) offsetof(struct inspect_values, field)

/* clang-format off */
static const struct option inspect_table[] = {
	{.name = "model", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(model),
	 .help = HELP_MODEL},
	{.name = "network", .type = OPTION_TEXT, .argument = "SPEC", .offset = AT(network),
	 .help = HELP_NETWORK},
	{.name = "filters", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(filters),
	 .help = "write the filters of the first convolution (or, where there is none, the weights of "
			 "the first dense layer's units) as a picture, PNG (FILE.png) or PGM"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};
/* clang-format on */

const struct command command_inspect_model = {
	.name = "inspect model",
	.summary = "show a network's layers, how it was trained, and its filters",
	.options = inspect_table,
	.values_size = sizeof(struct inspect_values),
	.defaults = inspect_defaults,
	.run = inspect_run,
};
