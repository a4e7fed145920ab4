/* mnist-cnn predict: the digits in each picture. A picture that cannot be read is reported, and the
 * others are still predicted. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/recognize.h"
#include "base/folder.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/digit_file.h"
#include "cli/picture_file.h"
#include "cli/report.h"
#include "cli/session.h"
#include "draw/blocks.h"
#include "formats/json.h"
#include "nn/loss.h"

struct predict_values {
	struct model_values model;
	const char *save_digit, *way;
	int top;
	bool json, raw, show, single;
	struct common_values common;
};

/* A picture, and who reads it. */
struct source {
	const char *model, *path;
	int number; /* of the picture in its file; 0 where there is only one */
};

/* A reading of a picture, and the names of its classes. */
struct answer {
	const struct reading *reading;
	const struct classes *classes;
	struct guesses guesses;
	int top;    /* of these are printed */
	bool words; /* a class has a name of several characters, and blanks stand between all */
};

/* The digits in reading order, with a blank between numbers, and between words. */
static void print_number(const struct answer *answer, int guess, void (*print)(const char *name))
{
	const struct digits *digits = &answer->reading->digits;

	for (int i = 0; i < digits->count; i++) {
		const int class = answer->guesses.digits[guess * digits->count + i];
		if (i && (answer->words || digits->all[i].begins))
			putchar(' ');
		print(answer->classes->all[class].name);
	}
}

static void print_digit_json(const struct answer *answer, int digit, const struct box *box)
{
	const float *probabilities = reading_probabilities(answer->reading, digit);
	int order[CLASSES_MOST];

	recognize_rank(probabilities, answer->classes->count, order);
	fputs("\"digit\":", stdout);
	report_class_json(stdout, answer->classes, *order);
	printf(",\"probability\":%.6f,", (double)probabilities[*order]);
	if (box)
		printf("\"box\":[%d,%d,%d,%d],", box->left, box->top, box_width(box), box_height(box));
	fputs("\"top\":[", stdout);
	for (int i = 0; i < answer->top && i < answer->classes->count; i++) {
		fputs(i ? ",{\"digit\":" : "{\"digit\":", stdout);
		report_class_json(stdout, answer->classes, order[i]);
		printf(",\"probability\":%.6f}", (double)probabilities[order[i]]);
	}
	putchar(']');
}

static void print_plainly(const char *name)
{
	fputs(name, stdout);
}

/* As a part of a text in JSON. */
static void print_in_json(const char *name)
{
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			putchar('\\');
		putchar(*name);
	}
}

/* An object in JSON begins with this. */
static void print_source_json(const struct source *source)
{
	fputs("{\"file\":", stdout);
	json_print_text(stdout, source->path);
	if (source->number)
		printf(",\"picture\":%d", source->number);
	fputs(",\"model\":", stdout);
	json_print_text(stdout, source->model);
}

/* A single digit stands beside its file, too. */
static void print_json(const struct answer *answer, const struct source *source)
{
	const struct digits *digits = &answer->reading->digits;

	print_source_json(source);
	fputs(",\"number\":\"", stdout);
	print_number(answer, 0, print_in_json);
	fputs("\",", stdout);
	if (digits->count == 1)
		print_digit_json(answer, 0, NULL);
	else
		printf("\"probability\":%.6f", *answer->guesses.probabilities);
	fputs(",\"digits\":[", stdout);
	for (int i = 0; i < digits->count; i++) {
		fputs(i ? ",{" : "{", stdout);
		print_digit_json(answer, i, &digits->all[i].box);
		putchar('}');
	}
	puts("]}");
}

/* A backslash in front of the line announces that the name is escaped, as sha256sum has it. */
static void print_line(const struct answer *answer, const char *path)
{
	fputs(strpbrk(path, "\\\n\r") ? "\\" : "", stdout);
	for (int i = 0; i < answer->top && i < answer->guesses.count; i++) {
		print_number(answer, i, print_plainly);
		printf("  %.4f  ", answer->guesses.probabilities[i]);
	}
	text_print_name(stdout, path);
	putchar('\n');
}

/* Of several digits, each has a line beneath it, and a blank one. */
static void show(const struct answer *answer, bool no_color)
{
	const struct reading *reading = answer->reading;
	const struct digits *digits = &reading->digits;

	for (int i = 0; i < digits->count; i++) {
		const float *probabilities = reading_probabilities(reading, i);
		const struct box *box = &digits->all[i].box;
		const int class = loss_argmax(reading->classes, probabilities);
		struct blocks_bar bars[REPORT_BARS];
		const int count = report_bars(answer->classes, probabilities, bars);

		blocks_draw_with_bars(stdout, blocks_style(stdout, no_color),
							  &(struct blocks_picture){reading_input(reading, i), reading->width,
													   reading->height, ""},
							  bars, count, terminal_width(stdout));
		if (digits->count > 1)
			printf("%s  %.4f  %d×%d pixels at (%d, %d)\n\n", answer->classes->all[class].name,
				   (double)probabilities[class], box_width(box), box_height(box), box->left,
				   box->top);
	}
}

static int print_reading(const struct predict_values *values, const struct reading *reading,
						 const struct classes *classes, const struct source *source,
						 struct error *error)
{
	struct answer answer = {.reading = reading, .classes = classes, .top = values->top};

	for (int i = 0; i < classes->count; i++)
		answer.words = answer.words || text_columns(classes->all[i].name) > 1;
	if (reading_guess(reading, &answer.guesses, error))
		return -1;
	if (values->show)
		show(&answer, values->common.no_color);
	if (values->json)
		print_json(&answer, source);
	else
		print_line(&answer, source->path);
	free(answer.guesses.digits);
	return 0;
}

/* Put the picture's name in front of an error. */
static int name_source(const struct source *source, struct error *error)
{
	if (source->number > 1)
		error_prefix(error, "picture %d", source->number);
	return error_prefix(error, "%s", source->path);
}

/* An option that writes one file, for one picture; NULL where the line has none. */
static const char *one_file_option(const struct predict_values *values)
{
	return values->save_digit ? "--save-digit" : values->way ? "--steps" : NULL;
}

static int check_single(const struct predict_values *values, const struct source *source,
						struct error *error)
{
	if (!source->number || !one_file_option(values))
		return 0;
	error_set(error, "several pictures, but %s is for one", one_file_option(values));
	return error_prefix(error, "%s", source->path);
}

/* All that reading takes, and how it went. */
struct run {
	const struct predict_values *values;
	struct session session;
	int status;          /* STATUS_FAILED once a picture was not read */
	bool ended;          /* nobody takes the output: there is no use in going on */
	struct error *error; /* says so */
};

/* Say why a picture was not read. The others are read all the same. */
static void not_read(struct run *run, const struct source *source, struct error *error)
{
	run->status = command_fail(error);
	if (run->values->json) {
		print_source_json(source);
		fputs(",\"error\":", stdout);
		json_print_text(stdout, error->text);
		puts("}");
	}
}

/* Read a picture. The way is drawn, as far as it goes, where there is no digit or one too many,
 * too; and what was read is printed, whatever becomes of the files. */
static void predict_picture(struct run *run, const struct source *source, struct digit_file *file)
{
	const struct predict_values *values = run->values;
	const struct classes *classes = &run->session.classes;
	const struct recognizer recognizer = session_recognizer(&run->session);
	const bool single = values->single || values->save_digit;
	struct error error;

	const bool failed = digit_file_read(file, &recognizer, values->raw, single, &error) ||
						print_reading(values, &file->reading, classes, source, &error);
	if (failed) {
		name_source(source, &error);
		not_read(run, source, &error);
	}
	if ((values->way && file->reading.probabilities &&
		 digit_file_draw_way(values->way, file, classes, &error)) ||
		(values->save_digit && !failed &&
		 digit_file_write(values->save_digit, &file->reading, &error)))
		run->status = command_fail(&error);
}

/* Read all pictures of a file. */
static void predict_file(struct run *run, const char *path)
{
	const struct predict_values *values = run->values;
	struct source source = {.model = values->model.file, .path = path};
	struct picture_file file;
	struct error error;

	bool ends = picture_file_open(path, &file, &error);
	if (ends)
		not_read(run, &source, &error);
	while (!ends) {
		struct digit_file digits = {.picture = {.width = 0}};

		ends = picture_file_next(&file, &digits.picture, &error);
		if (file.count > 1 || (!ends && picture_file_has_more(&file)))
			source.number = file.count;
		ends = ends || check_single(values, &source, &error);
		if (ends)
			not_read(run, &source, &error);
		else
			predict_picture(run, &source, &digits);
		digit_file_free(&digits);
		run->ended = command_flush(run->error);
		ends = ends || run->ended || !picture_file_has_more(&file);
	}
	picture_file_close(&file);
}

/* Read a file, or all files of a folder that are pictures by their names. */
static void predict_operand(struct run *run, const char *path)
{
	const struct source source = {.model = run->values->model.file, .path = path};
	struct folder files;
	struct error error;

	if (!strcmp(path, "-") || !folder_is(path)) {
		predict_file(run, path);
		return;
	}
	if (picture_files_list(path, &files, &error)) {
		not_read(run, &source, &error);
		return;
	}
	for (size_t i = 0; i < files.count && !run->ended; i++)
		predict_file(run, files.names[i]);
	folder_free(&files);
}

static int predict_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct predict_values *values = v;
	struct run run = {.values = values, .status = STATUS_DONE, .error = error};
	const char *first = operands[0], *second = NULL; /* those that are standard input, if any */

	if (values->json && values->show) {
		error_set(error, "--show would draw into the output of --json; give one of them");
		return STATUS_USAGE;
	}
	model_values_settle(&values->model, values->common.quiet);
	for (int i = 1; i < operand_count; i++)
		if (!strcmp(operands[i], "-"))
			*(strcmp(first, "-") ? &first : &second) = operands[i];
	const struct file_option files[] = {{"FILE", first, false},
										{"another FILE", second, false},
										{"--model", values->model.file, false},
										{"--save-digit", values->save_digit, true},
										{"--steps", values->way, true},
										{NULL, NULL, false}};
	if (one_file_option(values) && (operand_count > 1 || folder_is(operands[0]))) {
		error_set(error,
				  operand_count > 1 ? "%s is for one picture, but there are %d"
									: "%s is for one picture, not for a folder",
				  one_file_option(values), operand_count);
		return STATUS_USAGE;
	}
	if (files_check_distinct(files, NULL, error))
		return STATUS_USAGE;
	run.ended = files_check_outputs(files, error) ||
				session_open(&run.session, &values->model, &ENGINE_ONE_THREAD, 1, EXECUTOR_PREDICT,
							 values->common.quiet, error);
	for (int i = 0; i < operand_count && !run.ended; i++)
		predict_operand(&run, operands[i]);
	session_close(&run.session);
	return run.ended ? STATUS_FAILED : run.status;
}

#define AT(field) offsetof(struct predict_values, field)

/* clang-format off */
static const struct field predict_fields[] = {
	{"top", FIELD_INT, AT(top), "K",
	 .least = 1, .most = READING_GUESSES, .standard = 1, .help = "print the K likeliest readings"},
	{"json", FIELD_FLAG, AT(json), .help = "print one JSON object a line"},
	{"show", FIELD_FLAG, AT(show), .help = "draw what the network sees, with all probabilities"},
	{"raw", FIELD_FLAG, AT(raw),
	 .help = "take a picture of the network's size, light on dark, as it is"},
	{"single", FIELD_FLAG, AT(single), .help = "refuse a picture of more than one digit"},
	{"save_digit", FIELD_TEXT, AT(save_digit), "FILE.pgm",
	 .help = "write what the network sees of a single digit"},
	{"steps", FIELD_TEXT, AT(way), "FILE",
	 .help = "write one picture's way from paper to digits, PNG (FILE.png) or PGM"},
	{.name = NULL},
};

const struct command command_predict = {
	.name = "predict", .summary = "read the digits in each picture",
	.operands = "FILE|FOLDER|- ...", .least_operands = 1,
	.options = (const struct option_section[]){
		{.fields = model_fields, .offset = AT(model)},
		{.fields = predict_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct predict_values),
	.run = predict_run,
	.notes =
		"FILE is a picture of digits: PNG, JPEG, PAM, PBM, PGM or PPM, told by its content,\n"
		"of up to 64 million pixels; - is standard input. Several may stand one behind the\n"
		"other; of a FOLDER, all pictures in it are read. Of other formats the error says how\n"
		"to convert them. Dark on light or light on dark, photographed, scanned or drawn, on\n"
		"plain, ruled or squared paper: the digits are found, and each is brought to MNIST's\n"
		"form, 28x28 pixels, light on dark, and scaled where the network is for another\n"
		"size. A picture in that form, or of that other size, passes unchanged. A network\n"
		"that was trained on pictures gets them as it did then: with --pictures scale the\n"
		"whole picture, scaled; with keep a picture of its size unchanged.\n"
		"'No digit found' is an error; so are several with --single or --save-digit. --steps\n"
		"draws the way in these cases, too.\n"
		"Each picture gives one line,\n"
		"  NUMBER  PROBABILITY  FILE\n"
		"NUMBER has the digits in reading order, and a blank where a line ends or a gap is\n"
		"wide; PROBABILITY is that of the least sure digit. --top K repeats both for the K\n"
		"likeliest readings. A name with newlines or backslashes is escaped as by sha256sum.\n"
		"--json prints one object a line:\n"
		"  {\"file\":\"43.jpg\",\"model\":\"built in\",\"number\":\"43\",\n"
		"   \"probability\":0.987100,\"digits\":[\n"
		"   {\"digit\":4,\"probability\":0.999900,\"box\":[LEFT,TOP,WIDTH,HEIGHT],\n"
		"    \"top\":[{\"digit\":4,\"probability\":0.999900}]}, ...]}\n"
		"with \"digit\" and \"top\" beside \"number\", too, where there is one digit; with\n"
		"\"picture\":2 where that is the file's second one; with \"error\" alone behind\n"
		"\"model\" for what could not be read. A box is in pixels of the picture as a viewer\n"
		"shows it.\n"
		"The exit status is 1 if any file could not be read or shows no digit.\n",
};
/* clang-format on */
