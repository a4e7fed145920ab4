/* mnist-cnn inspect image: one digit on its way through the network. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "app/recognize.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/digit_file.h"
#include "cli/files.h"
#include "cli/image_sheets.h"
#include "cli/session.h"
#include "draw/blocks.h"
#include "nn/loss.h"

#define BATCH 28 /* occluded images at a time */

struct inspect_image_values {
	struct model_values model;
	const char *activations, *occlusion;
	bool raw;
	struct common_values common;
};

/* A picture, and what the network says of it. */
struct seen {
	const char *path;
	uint8_t pixels[DATASET_PIXELS];
	float probabilities[DATASET_CLASSES];
	int digit;
};

/* A line of a layer's numbers: the least, their mean, the most, and how many are 0. */
static void print_activation(FILE *out, const struct activation *activation)
{
	const size_t count = shape_size(activation->shape);
	double sum = 0, min = HUGE_VAL, max = -HUGE_VAL;
	size_t zeros = 0;

	for (size_t i = 0; i < count; i++) {
		const double value = (double)activation->values[i];
		sum += value;
		min = fmin(min, value);
		max = fmax(max, value);
		zeros += value == 0;
	}
	fprintf(out, "%9.3f %9.3f %9.3f %6.1f%%  ", min, sum / (double)count, max,
			100 * (double)zeros / (double)count);
	text_print_name(out, activation->title);
	fputc('\n', out);
}

static void print_all(FILE *out, bool no_color, const struct seen *seen,
					  const struct activation *activations, int count)
{
	const enum blocks_style style = blocks_style(out, no_color);

	blocks_draw(out, style, &(struct blocks_picture){seen->pixels, DATASET_SIDE, DATASET_SIDE, ""});
	fprintf(out, "\n%d  %.4f  ", seen->digit, (double)seen->probabilities[seen->digit]);
	text_print_name(out, seen->path);
	fputs("\n\n", out);
	blocks_bars(out, style, seen->probabilities, DATASET_CLASSES, terminal_width(out));
	fprintf(out, "\n%9s %9s %9s %7s  %s\n", "least", "mean", "most", "zeros", "layer");
	for (int i = 0; i < count; i++)
		print_activation(out, &activations[i]);
}

/* The session's executor observes one image; this takes many at a time. */
static int save_occlusion(const char *path, const struct session *session, const struct seen *seen,
						  struct error *error)
{
	struct executor *executor =
		executor_open(&session->network, &session->engine, BATCH, EXECUTOR_PREDICT, error);

	if (!executor)
		return -1;
	int status = occlusion_save(path, executor, session->info.result.temperature, seen->pixels,
								seen->digit, (double)seen->probabilities[seen->digit], error);
	executor_close(executor);
	return status;
}

/* Without `out`, print nothing. */
static int inspect_image(const struct inspect_image_values *values, struct session *session,
						 const char *path, FILE *out, struct error *error)
{
	const int count = session->network.layer_count;
	struct activation activations[SPEC_MAX_LAYERS];
	struct seen seen = {.path = path};

	if (digit_file_read(path, values->raw, NULL, seen.pixels, error))
		return -1;
	if (recognize(session->executor, seen.pixels, session->info.result.temperature,
				  seen.probabilities, error))
		return error_prefix(error, "%s", path);
	seen.digit = loss_argmax(DATASET_CLASSES, seen.probabilities);
	activations_take(session->executor, seen.probabilities, session->info.result.temperature,
					 activations);
	if (out)
		print_all(out, values->common.no_color, &seen, activations, count);
	if (values->activations &&
		activations_save(values->activations, seen.pixels, activations, count, error))
		return -1;
	return values->occlusion ? save_occlusion(values->occlusion, session, &seen, error) : 0;
}

static int inspect_image_run(void *v, int operand_count, char **operands)
{
	struct inspect_image_values *values = v;
	struct session session = {0};
	struct error error;
	int status = STATUS_DONE;

	if (operand_count > 1) {
		error_set(&error, "unexpected argument %s: one picture at a time", operands[1]);
		return command_misused(&command_inspect_image, &error);
	}
	model_values_settle(&values->model, values->common.quiet);
	const struct file_option files[] = {{"FILE", operands[0], false},
										{"--model", values->model.file, false},
										{"--activations", values->activations, true},
										{"--occlusion", values->occlusion, true},
										{NULL, NULL, false}};
	FILE *out = files_report_stream(files, values->common.quiet);
	if (files_check_distinct(files, &error))
		return command_misused(&command_inspect_image, &error);
	if (files_check_outputs(files, &error) ||
		session_open(&session, &values->model, &ENGINE_ONE_THREAD, 1, EXECUTOR_OBSERVE, &error) ||
		inspect_image(values, &session, operands[0], out, &error))
		status = command_fail(&error);
	session_close(&session);
	return status;
}

static void inspect_image_explain(FILE *out)
{
	fputs("FILE is a picture such as 'predict' takes; - is standard input. Printed are the\n"
		  "digit as the network sees it, the probabilities, and each layer's numbers.\n"
		  "\n"
		  "--activations has a block for each layer: every feature map of an image, a cell\n"
		  "for every number of a list, by the largest number of the layer.\n"
		  "--occlusion covers 7x7 pixels around each pixel, once with paper and once with\n"
		  "ink, and shows how much of the probability is lost (Zeiler & Fergus 2014): which\n"
		  "ink, and which paper, the decision rests on.\n",
		  out);
}

#define AT(field) offsetof(struct inspect_image_values, field)

/* clang-format off */
static const struct field inspect_image_fields[] = {
	{"activations", FIELD_TEXT, AT(activations), "FILE",
	 .help = "write every layer's output as a sheet, PNG (FILE.png) or PGM"},
	{"occlusion", FIELD_TEXT, AT(occlusion), "FILE",
	 .help = "write the digit and what the decision rests on, likewise"},
	{"raw", FIELD_FLAG, AT(raw),
	 .help = "take 28x28 pixels, light on dark, as they are"},
	{.name = NULL},
};
/* clang-format on */

static const struct option_group inspect_image_options[] = {
	{.fields = model_fields, .offset = AT(model)},
	{.fields = inspect_image_fields},
	{.fields = common_fields, .offset = AT(common)},
	{.fields = NULL},
};

const struct command command_inspect_image = {
	.name = "inspect image",
	.operands = "FILE.pgm|-",
	.least_operands = 1,
	.summary = "show what a network makes of one picture, layer by layer",
	.options = inspect_image_options,
	.values_size = sizeof(struct inspect_image_values),
	.run = inspect_image_run,
	.explain = inspect_image_explain,
};
