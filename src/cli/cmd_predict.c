/* mnist-cnn predict: which digit is in each picture? A picture that cannot be read is reported,
 * and the others are still predicted. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "app/calibrate.h"
#include "app/model.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/steps.h"
#include "draw/blocks.h"
#include "formats/pnm.h"
#include "nn/loss.h"
#include "picture/digit.h"

/* Three samples of two bytes a pixel, and room for a header: what a raw picture of the largest size
 * needs. */
#define MAX_FILE ((size_t)6 * PNM_MAX_PIXELS + (1u << 20))

struct predict_values {
	const char *model, *network, *save_digit, *steps;
	int top;
	bool json, raw, show;
	struct common_values common;
};

struct guess {
	int digit;
	double probability;
};

static int read_picture(const char *path, struct pnm *picture, struct error *error)
{
	struct buffer file = {0};
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "standard input" : path;
	int status = is_stdin ? file_read_stream(stdin, name, MAX_FILE, &file, error)
						  : file_read(path, MAX_FILE, &file, error);

	if (status)
		return -1;
	status = pnm_parse(file.data, file.size, picture, error);
	buffer_free(&file);
	return status ? error_prefix(error, "%s", name) : 0;
}

static bool is_blank(const uint8_t pixels[DATASET_PIXELS])
{
	return !memcmp(pixels, pixels + 1, DATASET_PIXELS - 1);
}

int predict_read_digit(const char *path, bool raw, const char *steps_file,
					   uint8_t pixels[DATASET_PIXELS], struct error *error)
{
	struct pnm picture = {0};
	struct digit_steps steps = {0};
	int status;

	if (read_picture(path, &picture, error))
		return -1;
	status = raw ? digit_from_raw(&picture, pixels, error)
				 : digit_from_picture(&picture, pixels, &steps, error);
	if (!status && is_blank(pixels))
		status = error_set(error, "no digit found: all pixels are equal");
	if (status)
		error_prefix(error, "%s", path);
	else if (steps_file)
		status = steps_save(steps_file, &picture, &steps, pixels, error);
	digit_steps_free(&steps);
	pnm_free(&picture);
	return status;
}

/* The digits' probabilities; and all digits, the most probable first, of equals the smaller. */
static int recognize(struct network *network, double temperature, const uint8_t *pixels,
					 float probabilities[DATASET_CLASSES], struct guess guesses[DATASET_CLASSES],
					 struct error *error)
{
	const struct dataset one = {.count = 1, .images = pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};
	const float *logits = network_predict(network, &batch);

	if (!loss_logits_are_finite(DATASET_CLASSES, logits))
		return error_set(error, "the network's output is not a number");
	calibrated_softmax(DATASET_CLASSES, logits, temperature, probabilities);
	for (int digit = 0; digit < DATASET_CLASSES; digit++) {
		const struct guess guess = {digit, (double)probabilities[digit]};
		int place = digit;

		for (; place > 0 && guesses[place - 1].probability < guess.probability; place--)
			guesses[place] = guesses[place - 1];
		guesses[place] = guess;
	}
	return 0;
}

static void print_json(const struct guess *guesses, int top, const char *path)
{
	fputs("{\"file\":", stdout);
	report_json_text(stdout, path);
	printf(",\"digit\":%d,\"probability\":%.6f,\"top\":[", guesses[0].digit,
		   guesses[0].probability);
	for (int i = 0; i < top; i++)
		printf("%s{\"digit\":%d,\"probability\":%.6f}", i ? "," : "", guesses[i].digit,
			   guesses[i].probability);
	puts("]}");
}

/* An escaped name is announced at the beginning of the line, as sha256sum does. */
static void print_line(const struct guess *guesses, int top, const char *path)
{
	fputs(strpbrk(path, "\\\n\r") ? "\\" : "", stdout);
	for (int i = 0; i < top; i++)
		printf("%d  %.4f  ", guesses[i].digit, guesses[i].probability);
	text_print_name(stdout, path);
	putchar('\n');
}

static int save_digit(const char *path, const uint8_t *pixels, struct error *error)
{
	struct buffer file;

	if (pgm_write(pixels, DATASET_SIDE, DATASET_SIDE, &file, error))
		return -1;
	int status = file_replace(path, file.data, file.size, error);
	buffer_free(&file);
	return status;
}

static int predict_file(const struct predict_values *values, struct network *network,
						double temperature, const char *path, struct error *error)
{
	uint8_t pixels[DATASET_PIXELS];
	float probabilities[DATASET_CLASSES];
	struct guess guesses[DATASET_CLASSES];

	if (predict_read_digit(path, values->raw, values->steps, pixels, error))
		return -1;
	if (values->save_digit && save_digit(values->save_digit, pixels, error))
		return -1;
	if (recognize(network, temperature, pixels, probabilities, guesses, error))
		return error_prefix(error, "%s", path);
	if (values->show)
		blocks_draw_guesses(stdout, blocks_style(stdout, values->common.no_color), pixels,
							probabilities, terminal_width(stdout));
	if (values->json)
		print_json(guesses, values->top, path);
	else
		print_line(guesses, values->top, path);
	return 0;
}

/* What is written is of one digit, and must not be what is read. */
static int check_outputs(const struct predict_values *values, int operand_count,
						 char *const *operands, struct error *error)
{
	const struct command_file files[] = {{"FILE", operands[0]},
										 {"--model", values->model},
										 {"--save-digit", values->save_digit},
										 {"--steps", values->steps}};

	if (!values->save_digit && !values->steps)
		return 0;
	if (operand_count > 1)
		return error_set(error, "%s writes one digit, but there are %d pictures",
						 values->save_digit ? "--save-digit" : "--steps", operand_count);
	return command_check_distinct(files, 4, 2, error);
}

static int predict_run(const void *v, int operand_count, char **operands)
{
	struct predict_values chosen = *(const struct predict_values *)v;
	const struct predict_values *const values = &chosen;
	const struct engine_choice one_thread = {.kernels = "auto", .threads = 1};
	struct engine engine = {0};
	struct network network = {0};
	struct model_info info;
	struct error error;
	int status = STATUS_DONE;

	if (values->json && values->show) {
		error_set(&error, "--show would draw into the output of --json; give one of them");
		return command_misused(&command_predict, &error);
	}
	chosen.model = command_choose_model(chosen.model, values->common.quiet);
	if (check_outputs(values, operand_count, operands, &error))
		return command_misused(&command_predict, &error);
	const struct command_file outputs[] = {{"--save-digit", values->save_digit},
										   {"--steps", values->steps}};
	if (command_check_outputs(outputs, 2, &error) ||
		command_open_engine(&one_thread, &engine, &error) ||
		model_load(values->model, values->network, 1, &engine, &network, &info, &error))
		status = command_fail(&error);
	for (int i = 0; network.layers && i < operand_count; i++) {
		if (predict_file(values, &network, info.temperature, operands[i], &error))
			status = command_fail(&error);
		if (command_flush(&error)) {
			status = command_fail(&error);
			break;
		}
	}
	network_free(&network);
	engine_close(&engine);
	return status;
}

static void predict_defaults(void *values)
{
	*(struct predict_values *)values = (struct predict_values){.top = 1};
}

static void predict_explain(FILE *out)
{
	fputs("FILE is a picture of one digit in one of Netpbm's formats: PBM, PGM or PPM, plain\n"
		  "or raw, 8 or 16 bits, of any size; - is standard input. Dark on light or light on\n"
		  "dark, photographed, scanned or drawn, on plain, ruled or squared paper: the digit\n"
		  "is found and brought to MNIST's form, 28x28 pixels, light on dark. A picture that\n"
		  "is in that form passes unchanged. 'No digit found', or more than one side by side,\n"
		  "is an error. Other formats: magick photo.jpg -colorspace gray photo.pgm, or\n"
		  "jpegtopnm photo.jpg > photo.ppm.\n"
		  "Each picture gives one line,\n"
		  "  DIGIT  PROBABILITY  FILE\n"
		  "where --top K repeats DIGIT  PROBABILITY for the K likeliest digits. A name\n"
		  "with newlines or backslashes is escaped as by sha256sum.\n"
		  "--json prints one object a line:\n"
		  "  {\"file\":\"7.pgm\",\"digit\":7,\"probability\":0.998712,\n"
		  "   \"top\":[{\"digit\":7,\"probability\":0.998712}]}\n"
		  "The exit status is 1 if any file could not be read.\n",
		  out);
}

#define AT(field) offsetof(struct predict_values, field)

/* clang-format off */
static const struct option predict_table[] = {
	{.name = "model", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(model),
	 .help = HELP_MODEL},
	{.name = "network", .type = OPTION_TEXT, .argument = "SPEC", .offset = AT(network),
	 .help = HELP_NETWORK},
	{.name = "top", .type = OPTION_INT, .argument = "K", .offset = AT(top),
	 .least = 1, .most = DATASET_CLASSES, .help = "print the K likeliest digits"},
	{.name = "json", .type = OPTION_FLAG, .offset = AT(json),
	 .help = "print one JSON object a line"},
	{.name = "show", .type = OPTION_FLAG, .offset = AT(show),
	 .help = "draw what the network sees, with all probabilities"},
	{.name = "raw", .type = OPTION_FLAG, .offset = AT(raw),
	 .help = "take 28x28 pixels, light on dark, as they are"},
	{.name = "save-digit", .type = OPTION_TEXT, .argument = "FILE.pgm", .offset = AT(save_digit),
	 .help = "write what the network sees of one picture"},
	{.name = "steps", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(steps),
	 .help = "write one picture's way from paper to digit, PNG (FILE.png) or PGM"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};
/* clang-format on */

const struct command command_predict = {
	.name = "predict",
	.operands = "FILE.pgm|- ...",
	.least_operands = 1,
	.summary = "say which digit is in each picture",
	.options = predict_table,
	.values_size = sizeof(struct predict_values),
	.defaults = predict_defaults,
	.run = predict_run,
	.explain = predict_explain,
};
