/* mnist-cnn predict: the digit in each picture. A picture that cannot be read is reported, and the
 * others are still predicted. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "app/recognize.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/digit_file.h"
#include "cli/session.h"
#include "draw/blocks.h"
#include "formats/json.h"

struct predict_values {
	struct model_values model;
	const char *save_digit, *way;
	int top;
	bool json, raw, show;
	struct common_values common;
};

struct guess {
	int digit;
	double probability;
};

/* The most probable digit comes first, of equals the smaller. */
static void sort_guesses(const float probabilities[DATASET_CLASSES],
						 struct guess guesses[DATASET_CLASSES])
{
	for (int digit = 0; digit < DATASET_CLASSES; digit++) {
		const struct guess guess = {digit, (double)probabilities[digit]};
		int rank = digit;

		for (; rank > 0 && guesses[rank - 1].probability < guess.probability; rank--)
			guesses[rank] = guesses[rank - 1];
		guesses[rank] = guess;
	}
}

static void print_json(const struct guess *guesses, int top, const char *path)
{
	fputs("{\"file\":", stdout);
	json_print_text(stdout, path);
	printf(",\"digit\":%d,\"probability\":%.6f,\"top\":[", guesses[0].digit,
		   guesses[0].probability);
	for (int i = 0; i < top; i++)
		printf("%s{\"digit\":%d,\"probability\":%.6f}", i ? "," : "", guesses[i].digit,
			   guesses[i].probability);
	puts("]}");
}

/* A backslash in front of the line announces that the name is escaped, as sha256sum has it. */
static void print_line(const struct guess *guesses, int top, const char *path)
{
	fputs(strpbrk(path, "\\\n\r") ? "\\" : "", stdout);
	for (int i = 0; i < top; i++)
		printf("%d  %.4f  ", guesses[i].digit, guesses[i].probability);
	text_print_name(stdout, path);
	putchar('\n');
}

static int predict_digit(const struct predict_values *values, struct session *session,
						 const uint8_t pixels[DATASET_PIXELS], const char *path,
						 struct error *error)
{
	float probabilities[DATASET_CLASSES];
	struct guess guesses[DATASET_CLASSES];

	if (values->save_digit && digit_file_write(values->save_digit, pixels, error))
		return -1;
	if (recognize(session->executor, pixels, session->info.result.temperature, probabilities,
				  error))
		return error_prefix(error, "%s", path);
	sort_guesses(probabilities, guesses);
	if (values->show)
		blocks_draw_with_bars(stdout, blocks_style(stdout, values->common.no_color),
							  &(struct blocks_picture){pixels, DATASET_SIDE, DATASET_SIDE, ""},
							  probabilities, DATASET_CLASSES, terminal_width(stdout));
	if (values->json)
		print_json(guesses, values->top, path);
	else
		print_line(guesses, values->top, path);
	return 0;
}

static int predict_file(const struct predict_values *values, struct session *session,
						const char *path, struct error *error)
{
	struct recognizer recognizer = {session->executor, session->info.result.temperature};
	const struct digit_judge judge = {recognizer_score, &recognizer};
	struct digits digits;

	if (digit_file_read(path, values->raw, &judge, values->way, &digits, error))
		return -1;
	const int status = predict_digit(values, session, digits.all->pixels, path, error);
	digits_free(&digits);
	return status;
}

static int predict_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct predict_values *values = v;
	struct session session = {0};
	struct error unread;
	int status = STATUS_DONE;

	if (values->json && values->show) {
		error_set(error, "--show would draw into the output of --json; give one of them");
		return STATUS_USAGE;
	}
	model_values_settle(&values->model, values->common.quiet);
	const struct file_option files[] = {{"FILE", operands[0], false},
										{"--model", values->model.file, false},
										{"--save-digit", values->save_digit, true},
										{"--steps", values->way, true},
										{NULL, NULL, false}};
	if (operand_count > 1 && (values->save_digit || values->way)) {
		error_set(error, "%s writes one digit, but there are %d pictures",
				  values->save_digit ? "--save-digit" : "--steps", operand_count);
		return STATUS_USAGE;
	}
	if (files_check_distinct(files, error))
		return STATUS_USAGE;
	bool failed =
		files_check_outputs(files, error) ||
		session_open(&session, &values->model, &ENGINE_ONE_THREAD, 1, EXECUTOR_PREDICT, error);
	for (int i = 0; i < operand_count && !failed; i++) {
		if (predict_file(values, &session, operands[i], &unread))
			status = command_fail(&unread);
		failed = command_flush(error);
	}
	session_close(&session);
	return failed ? STATUS_FAILED : status;
}

#define AT(field) offsetof(struct predict_values, field)

/* clang-format off */
static const struct field predict_fields[] = {
	{"top", FIELD_INT, AT(top), "K",
	 .least = 1, .most = DATASET_CLASSES, .standard = 1, .help = "print the K likeliest digits"},
	{"json", FIELD_FLAG, AT(json), .help = "print one JSON object a line"},
	{"show", FIELD_FLAG, AT(show), .help = "draw what the network sees, with all probabilities"},
	{"raw", FIELD_FLAG, AT(raw), .help = "take 28x28 pixels, light on dark, as they are"},
	{"save_digit", FIELD_TEXT, AT(save_digit), "FILE.pgm",
	 .help = "write what the network sees of one picture"},
	{"steps", FIELD_TEXT, AT(way), "FILE",
	 .help = "write one picture's way from paper to digit, PNG (FILE.png) or PGM"},
	{.name = NULL},
};

const struct command command_predict = {
	.name = "predict", .summary = "say which digit is in each picture",
	.operands = "FILE.pgm|- ...", .least_operands = 1,
	.options = (const struct option_section[]){
		{.fields = model_fields, .offset = AT(model)},
		{.fields = predict_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct predict_values),
	.run = predict_run,
	.notes =
		"FILE is a picture of one digit in one of Netpbm's formats: PBM, PGM or PPM, plain\n"
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
};
/* clang-format on */
