/* mnist-cnn inspect image: one digit on its way through the network. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "app/calibrate.h"
#include "app/model.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/image_sheets.h"
#include "cli/report.h"
#include "draw/blocks.h"
#include "nn/loss.h"

#define BATCH 28 /* occluded images at a time */

struct inspect_values {
	const char *model, *network, *activations, *occlusion;
	bool raw;
	struct common_values common;
};

struct seen {
	const char *path;
	double temperature;
	uint8_t pixels[DATASET_PIXELS];
	float probabilities[DATASET_CLASSES];
	int digit;
};

static int recognize(struct network *network, struct seen *seen, struct error *error)
{
	const struct dataset one = {.count = 1, .images = seen->pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};
	const float *logits = network_predict(network, &batch);

	if (!loss_logits_are_finite(DATASET_CLASSES, logits))
		return error_set(error, "%s: the network's output is not a number", seen->path);
	calibrated_softmax(DATASET_CLASSES, logits, seen->temperature, seen->probabilities);
	seen->digit = loss_argmax(DATASET_CLASSES, logits);
	return 0;
}

/* What a layer's numbers are like: the smallest, the mean, the largest, and how many are 0. */
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

static void print_all(FILE *out, const struct inspect_values *values, const struct seen *seen,
					  const struct activation *activations, int count)
{
	const enum blocks_style style = blocks_style(out, values->common.no_color);

	blocks_draw(out, style, seen->pixels);
	fprintf(out, "\n%d  %.4f  ", seen->digit, (double)seen->probabilities[seen->digit]);
	text_print_name(out, seen->path);
	fputs("\n\n", out);
	blocks_bars(out, style, seen->probabilities, terminal_width(out));
	fprintf(out, "\n%9s %9s %9s %7s  %s\n", "least", "mean", "most", "zeros", "layer");
	for (int i = 0; i < count; i++)
		print_activation(out, &activations[i]);
}

static int save(const struct inspect_values *values, struct network *network,
				const struct seen *seen, const struct activation *activations, struct error *error)
{
	const double probability = (double)seen->probabilities[seen->digit];

	if (values->activations && activations_save(values->activations, seen->pixels, activations,
												network->layer_count, error))
		return -1;
	if (values->occlusion && occlusion_save(values->occlusion, network, seen->temperature,
											seen->pixels, seen->digit, probability, error))
		return -1;
	return 0;
}

static int inspect(const struct inspect_values *values, struct network *network, double temperature,
				   const char *path, struct error *error)
{
	const bool taken = (values->activations && file_is_stream(values->activations, stdout)) ||
					   (values->occlusion && file_is_stream(values->occlusion, stdout));
	struct seen seen = {.path = path, .temperature = temperature};
	struct activation *activations;
	int status;

	if (predict_read_digit(path, values->raw, NULL, seen.pixels, error) ||
		recognize(network, &seen, error))
		return -1;
	activations = activations_compute(network, temperature, seen.pixels, error);
	if (!activations)
		return -1;
	if (!taken || !values->common.quiet)
		print_all(taken ? stderr : stdout, values, &seen, activations, network->layer_count);
	status = save(values, network, &seen, activations, error);
	activations_free(activations, network->layer_count);
	return status;
}

static int inspect_run(const void *v, int operand_count, char **operands)
{
	struct inspect_values chosen = *(const struct inspect_values *)v;
	const struct inspect_values *const values = &chosen;
	const struct engine_choice one_thread = {.kernels = "auto", .threads = 1};
	struct engine engine = {0};
	struct network network = {0};
	struct model_info info;
	struct error error;
	int status = STATUS_DONE;

	if (operand_count > 1) {
		error_set(&error, "unexpected argument %s: one picture at a time", operands[1]);
		return command_misused(&command_inspect_image, &error);
	}
	chosen.model = command_choose_model(chosen.model, values->common.quiet);
	const struct command_file files[] = {{"FILE", operands[0]},
										 {"--model", values->model},
										 {"--activations", values->activations},
										 {"--occlusion", values->occlusion}};
	if (command_check_distinct(files, 4, 2, &error))
		return command_misused(&command_inspect_image, &error);
	if (command_check_outputs(files + 2, 2, &error) ||
		command_open_engine(&one_thread, &engine, &error) ||
		model_load(values->model, values->network, BATCH, &engine, &network, &info, &error) ||
		inspect(values, &network, info.temperature, operands[0], &error))
		status = command_fail(&error);
	network_free(&network);
	engine_close(&engine);
	return status;
}

static void inspect_defaults(void *values)
{
	*(struct inspect_values *)values = (struct inspect_values){.model = NULL};
}

static void inspect_explain(FILE *out)
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

#define AT(field) offsetof(struct inspect_values, field)

/* clang-format off */
static const struct option inspect_table[] = {
	{.name = "model", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(model),
	 .help = HELP_MODEL},
	{.name = "network", .type = OPTION_TEXT, .argument = "SPEC", .offset = AT(network),
	 .help = HELP_NETWORK},
	{.name = "activations", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(activations),
	 .help = "write every layer's output as a sheet, PNG (FILE.png) or PGM"},
	{.name = "occlusion", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(occlusion),
	 .help = "write the digit and what the decision rests on, likewise"},
	{.name = "raw", .type = OPTION_FLAG, .offset = AT(raw),
	 .help = "take 28x28 pixels, light on dark, as they are"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};
/* clang-format on */

const struct command command_inspect_image = {
	.name = "inspect image",
	.operands = "FILE.pgm|-",
	.least_operands = 1,
	.summary = "show what a network makes of one picture, layer by layer",
	.options = inspect_table,
	.values_size = sizeof(struct inspect_values),
	.defaults = inspect_defaults,
	.run = inspect_run,
	.explain = inspect_explain,
};
