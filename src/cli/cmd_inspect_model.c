/* mnist-cnn inspect model: the layers and metadata of a model's file, and its first filters. */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/model.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/session.h"
#include "draw/sheet.h"
#include "export/export.h"
#include "formats/json.h"

struct inspect_model_values {
	struct model_values model;
	const char *filters;
	enum python_choice { PYTHON_NONE, PYTHON_FOR_TORCH, PYTHON_FOR_KERAS } python;
	bool json;
	struct common_values common;
};

/* ---- the sheet of filters ---- */

struct filters {
	const struct param *weight; /* (filters, h, w, 1) */
	float *largest;             /* the largest magnitude of each filter's weights; owned */
	bool colours;
};

/* The first weights see the picture: those of a convolution, or of a dense layer, which has a
 * picture for each unit. */
static const struct param *first_weight(const struct network *network)
{
	for (int i = 0; i < network->param_count; i++)
		if (param_is_weight(network->params[i]))
			return network->params[i];
	return NULL;
}

static float *largest_of_each(const struct param *weight)
{
	const size_t size = weight->count / weight->dims[0];
	float *largest = calloc(weight->dims[0], sizeof *largest);

	for (size_t i = 0; largest && i < weight->count; i++)
		largest[i / size] = fmaxf(largest[i / size], fabsf(weight->value[i]));
	return largest;
}

/* Each filter's colours are relative to its own largest weight. */
static struct colour filter_cell(const void *context, size_t tile, int x, int y)
{
	const struct filters *filters = context;
	const size_t *dims = filters->weight->dims;
	const float value = filters->weight->value[(tile * dims[1] + (size_t)y) * dims[2] + (size_t)x];
	const float most = filters->largest[tile];

	return colour_signed(most > 0 ? (double)(value / most) : 0, filters->colours);
}

static struct colour filter_caption(const void *context, size_t tile, int line,
									char text[SHEET_CAPTION])
{
	const struct filters *filters = context;

	if (line == 0)
		snprintf(text, SHEET_CAPTION, "%zu", tile);
	else
		snprintf(text, SHEET_CAPTION, "%.2f", (double)filters->largest[tile]);
	return line == 0 ? sheet_light : sheet_dim;
}

static int write_filters(const char *path, const struct network *network, struct error *error)
{
	const struct param *weight = first_weight(network);
	struct filters filters = {.weight = weight, .colours = canvas_has_colours(path)};
	char title[100];

	if (!weight)
		return error_set(error, "%s: the network has no filters to draw", path);
	assert(weight->dims[3] == 1); /* no layer in front of the first weights makes more channels */
	filters.largest = largest_of_each(weight);
	if (!filters.largest)
		return error_scarce(error, "%s: not enough memory for %zu filters", path, weight->dims[0]);
	const int height = (int)weight->dims[1], width = (int)weight->dims[2];
	const bool few = weight->dims[0] <= 32;
	const int room = few ? 170 : 100; /* pixels of a filter; 8 or 16 fill a screen's width */
	snprintf(title, sizeof title,
			 "Each filter has %d×%d weights, %s above 0 and %s below; the number is the largest.",
			 height, width, filters.colours ? "orange" : "white",
			 filters.colours ? "blue" : "black");
	/* clang-format off */
	const struct sheet_block block = {
		.title = title, .count = weight->dims[0], .columns = few ? 8 : 16, .context = &filters,
		.gap = 16,
		.width = width, .height = height, .scale = width < room / 4 ? room / width : 4,
		.cell = filter_cell,
		.lines = 2, .characters = 4, .text_scale = 3, .caption = filter_caption,
	};
	/* clang-format on */
	const int status = sheet_save(path, &block, 1, error);
	free(filters.largest);
	return status;
}

/* ---- what is printed ---- */

static void print_metadata(FILE *out, const struct safetensors *file)
{
	int width = 0;

	fputs(file->metadata_count ? "\nmetadata\n"
							   : "\nno metadata: the file does not say how it was trained\n",
		  out);
	for (size_t i = 0; i < file->metadata_count; i++) {
		const int length = (int)strlen(file->metadata[i].key);
		width = length > width ? length : width;
	}
	for (size_t i = 0; i < file->metadata_count; i++) {
		fputs("  ", out);
		text_print_name(out, file->metadata[i].key);
		fprintf(out, "%*s", width + 2 - (int)strlen(file->metadata[i].key), "");
		text_print_name(out, file->metadata[i].value);
		fputc('\n', out);
	}
}

static void print_words(FILE *out, const char *path, const struct session *session)
{
	fputs("model  ", out);
	text_print_name(out, path);
	fputs("\n\n", out);
	report_network(out, &session->network, true);
	print_metadata(out, &session->file);
}

static void print_json(FILE *out, const char *path, const struct session *session)
{
	const struct network *network = &session->network;
	const struct safetensors *file = &session->file;

	fputs("{\"model\":", out);
	json_print_text(out, path);
	fputs(",\"network\":", out);
	json_print_text(out, network->spec);
	fprintf(out, ",\"input\":[%d,%d,%d],\"classes\":[", network->input.h, network->input.w,
			network->input.c);
	for (int i = 0; i < session->classes.count; i++) {
		fputs(i ? "," : "", out);
		json_print_text(out, session->classes.all[i].name);
	}
	fputs("],\"layers\":", out);
	report_layers_json(out, network);
	fprintf(out, ",\"parameters\":%zu,\"metadata\":{", network->weight_count);
	for (size_t i = 0; i < file->metadata_count; i++) {
		fputs(i ? "," : "", out);
		json_print_text(out, file->metadata[i].key);
		fputs(":", out);
		json_print_text(out, file->metadata[i].value);
	}
	fputs("}}\n", out);
}

/* True where the file has the parameter by its name, in its layout and its scale, which is another
 * where a temperature stood beside the weights: the first numbers tell. */
static bool holds(const struct safetensors *file, const struct param *param)
{
	const struct safetensors_tensor *tensor = safetensors_find(file, param->name);
	size_t dims[4];
	const int rank = param_file_dims(param, dims);

	return tensor && weights_has_dims(tensor, rank, dims) &&
		   (!tensor->values || tensor->values[0] == param->value[0]);
}

/* The program finds the weights in the file that was named. */
static int print_python(FILE *out, const struct inspect_model_values *values,
						const struct session *session, struct error *error)
{
	const enum export_python framework =
		values->python == PYTHON_FOR_KERAS ? PYTHON_KERAS : PYTHON_TORCH;
	struct buffer program;

	if (!strcmp(values->model.file, MODEL_BUILTIN))
		return error_set(error, "--python: a program needs the weights in a file: --model FILE");
	for (int i = 0; i < session->network.param_count; i++)
		if (values->model.flatten == FLATTEN_CHANNELS_LAST ||
			!holds(&session->file, session->network.params[i]))
			return error_set(
				error,
				"--python: %s: has no tensor %s as PyTorch has it: its names, layout or scale "
				"are others",
				values->model.file, session->network.params[i]->name);
	if (export_python(&session->network, framework, values->model.file, &program, error))
		return error_prefix(error, "%s", values->model.file);
	fwrite(program.data, 1, program.size, out);
	buffer_free(&program);
	return 0;
}

static int inspect_model_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct inspect_model_values *values = v;
	struct session session = {0};
	int status = STATUS_FAILED;

	(void)operand_count, (void)operands;
	model_values_settle(&values->model, true);
	const struct file_option files[] = {{"--model", values->model.file, false},
										{"--filters", values->filters, true},
										{NULL, NULL, false}};
	if (values->json && values->python) {
		error_set(error, "--json and --python print something else; give one of them");
		return STATUS_USAGE;
	}
	if (files_check_distinct(files, NULL, error) || files_check_json(files, values->json, error))
		return STATUS_USAGE;
	if (!files_check_outputs(files, error) &&
		!session_open(&session, &values->model, &ENGINE_ONE_THREAD, 1, EXECUTOR_PREDICT,
					  values->common.quiet, error)) {
		FILE *out = files_report_stream(files, values->common.quiet);
		bool failed = false;

		if (out && values->python)
			failed = print_python(out, values, &session, error);
		else if (out)
			(values->json ? print_json : print_words)(out, values->model.file, &session);
		if (!failed &&
			(!values->filters || !write_filters(values->filters, &session.network, error)))
			status = STATUS_DONE;
	}
	session_close(&session);
	return status;
}

static const char *python_word(int framework)
{
	static const char *const words[] = {"none", "torch", "keras", NULL};

	return words[framework];
}

#define AT(field) offsetof(struct inspect_model_values, field)

/* clang-format off */
static const struct field inspect_model_fields[] = {
	{"filters", FIELD_TEXT, AT(filters), "FILE", .stream = STREAM_OUTPUT,
	 .help = "write the filters of the first convolution (or, where there is none, the weights of "
			 "the first dense layer's units) as a picture, PNG (FILE.png) or PGM"},
	{.name = NULL},
};

static const struct field inspect_model_format_fields[] = {
	{"python", FIELD_CHOICE, AT(python), .word = python_word,
	 .help = "print a program that opens the network in PyTorch or Keras 3, instead"},
	{"json", FIELD_FLAG, AT(json), .help = "print one object of JSON"},
	{.name = NULL},
};

const struct command command_inspect_model = {
	.name = "inspect model",
	.summary = "show a network's layers, how it was trained, and its filters",
	.options = (const struct option_section[]){
		{.fields = model_fields, .offset = AT(model)},
		{.fields = inspect_model_fields},
		{.fields = inspect_model_format_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct inspect_model_values),
	.run = inspect_model_run,
};
/* clang-format on */
