/* mnist-cnn eval: how good a model is on images that it has not learned from (or, for comparison,
 * on those that it has). */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluate.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/loading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "draw/sheet.h"

#define BATCH 100
#define MOST_MISTAKES 500 /* on a sheet */
#define MOST_PIECE 80     /* bytes that are added to a text at once */

enum eval_split { EVAL_TEST, EVAL_TRAIN, EVAL_VAL };

struct eval_values {
	struct engine_values engine;
	struct model_values model;
	struct dataset_options data;
	const char *confusion, *mistakes, *predictions; /* files to write, or NULL */
	enum eval_split split;
	bool json;
	struct common_values common;
};

static const char *eval_split_word(int split)
{
	static const char *const words[] = {"test", "train", "val", NULL};

	return words[split];
}

/* Models from before stratified splits were trained without. */
static int split_as(const struct model_info *info, const struct dataset *dataset,
					struct split *split, struct error *error)
{
	const struct settings *s = &info->settings;

	return info->stratified
			   ? split_dataset(split, dataset, s->limit, s->val_split, s->seed, error)
			   : split_make(split, dataset->count, s->limit, s->val_split, s->seed, error);
}

/* Divide the training images as they were divided when the model was trained. */
static int repeat_split(const struct eval_values *values, const struct model_info *info,
						const struct dataset *dataset, struct split *split, struct error *error)
{
	const struct settings *settings = &info->settings;

	if (!info->trained_here)
		return error_set(error, "%s: does not say how it was trained, so its %s split is not known",
						 values->model.file, eval_split_word((int)values->split));
	if (values->split == EVAL_VAL && info->val_count == 0)
		return error_set(error, "%s: was trained without validation images", values->model.file);
	if (settings->limit > dataset->count || split_as(info, dataset, split, error) ||
		split->train_count != info->train_count || split->val_count != info->val_count) {
		split_free(split);
		return error_set(error,
						 "%s: was trained on %zu and validated on %zu images, which cannot be "
						 "found again among the %zu in %s",
						 values->model.file, info->train_count, info->val_count, dataset->count,
						 dataset->place);
	}
	return 0;
}

/* Returns the predictions, evaluation->count of them, to be freed; NULL on error. */
static struct prediction *evaluate_split(const struct eval_values *values, struct session *session,
										 const struct dataset *dataset,
										 struct evaluation *evaluation, struct error *error)
{
	const struct model_info *info = &session->info;
	struct split split = {0};
	const uint32_t *indices = NULL;
	size_t count = dataset->count;

	if (values->split != EVAL_TEST) {
		if (repeat_split(values, info, dataset, &split, error))
			return NULL;
		indices = values->split == EVAL_VAL ? split.val : split.train;
		count = values->split == EVAL_VAL ? split.val_count : split.train_count;
	}
	struct prediction *predictions = malloc(count * sizeof *predictions);
	if (predictions)
		evaluate(session->executor, dataset, indices, count, info->result.temperature, NULL,
				 evaluation, predictions, NULL);
	else
		error_scarce(error, "not enough memory for %zu predictions", count);
	split_free(&split);
	return predictions;
}

static void print_evaluation(FILE *out, const struct eval_values *values,
							 const struct dataset *dataset, const struct evaluated *evaluated)
{
	const char *split = eval_split_word((int)values->split);

	if (values->json) {
		report_evaluation_json(out, evaluated, values->model.file, split);
		return;
	}
	fputs("model     ", out);
	text_print_name(out, values->model.file);
	fprintf(out, "\nimages    %zu (%s) in ", evaluated->evaluation->count, split);
	text_print_name(out, dataset->place);
	fputc('\n', out);
	report_loading(out, dataset);
	if (!dataset->labels)
		return;
	report_evaluation(out, evaluated, terminal_width(out),
					  !values->common.no_color && terminal_is_rich(out));
}

/* ---- files, which are made in memory and written as a whole ---- */

/* Text that grows, until there is no memory for more. */
struct text {
	struct growing bytes;
	bool failed;
};

static void add(struct text *text, const char *format, ...)
{
	char piece[MOST_PIECE];
	struct error ignored;
	va_list arguments;

	va_start(arguments, format);
	const int size = vsnprintf(piece, sizeof piece, format, arguments);
	va_end(arguments);
	text->failed =
		text->failed || growing_take(&text->bytes, (const uint8_t *)piece, (size_t)size, &ignored);
}

/* A name in CSV is quoted where it has commas, quotes or line ends. */
static void add_name(struct text *text, const char *name)
{
	if (!strpbrk(name, ",\"\r\n")) {
		add(text, "%s", name);
		return;
	}
	add(text, "\"");
	for (; *name; name++)
		add(text, *name == '"' ? "\"\"" : "%c", *name);
	add(text, "\"");
}

/* Write the text to the file, and free it. */
static int write_text(const char *path, struct text *text, struct error *error)
{
	const int status =
		text->failed ? error_scarce(error, "%s: not enough memory for its rows", path)
					 : file_replace(path, text->bytes.buffer.data, text->bytes.buffer.size, error);

	buffer_free(&text->bytes.buffer);
	return status;
}

/* Say what was written, with its count, unless that failed. Returns `status`. */
static int announce(const struct eval_values *values, int status, const char *path,
					const char *what, size_t count)
{
	if (!status && !values->common.quiet) {
		text_print_name(stderr, path);
		fprintf(stderr, what, count);
	}
	return status;
}

static int write_predictions(const struct eval_values *values, const struct prediction *predictions,
							 size_t count, const struct classes *classes, struct error *error)
{
	struct text text = {.failed = false};

	add(&text, "index,label,prediction,probability\n");
	for (const struct prediction *p = predictions; p < predictions + count; p++) {
		add(&text, "%zu,", p->index);
		if (p->label != LABEL_UNKNOWN)
			add_name(&text, classes->all[p->label].name);
		add(&text, ",");
		add_name(&text, classes->all[p->class].name);
		add(&text, ",%.6f\n", p->probability);
	}
	return announce(values, write_text(values->predictions, &text, error), values->predictions,
					": %zu predictions\n", count);
}

/* A row for each label, with a column for each prediction. */
static int write_confusion(const struct eval_values *values, const struct evaluated *evaluated,
						   struct error *error)
{
	const struct classes *classes = evaluated->classes;
	struct text text = {.failed = false};

	add(&text, "label");
	for (int prediction = 0; prediction < classes->count; prediction++) {
		add(&text, ",");
		add_name(&text, classes->all[prediction].name);
	}
	for (int label = 0; label < classes->count; label++) {
		add(&text, "\n");
		add_name(&text, classes->all[label].name);
		for (int prediction = 0; prediction < classes->count; prediction++)
			add(&text, ",%zu", confusion_at(evaluated->confusion, label, prediction));
	}
	add(&text, "\n");
	return announce(values, write_text(values->confusion, &text, error), values->confusion,
					": the confusion matrix of %zu images\n", evaluated->evaluation->count);
}

struct mistakes {
	const struct dataset *dataset;
	const struct classes *classes;
	const struct prediction *list; /* the worst first */
};

/* Mistakes come first, of these the ones to whose label the network gave the least probability. */
static int worst_first(const void *a, const void *b)
{
	const struct prediction *first = a, *second = b;
	const bool right = first->class == first->label;

	if (right != (second->class == second->label))
		return right ? 1 : -1;
	if (first->of_label != second->of_label)
		return first->of_label < second->of_label ? -1 : 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

static struct colour digit_cell(const void *context, size_t tile, int x, int y)
{
	const struct mistakes *mistakes = context;
	const uint8_t *pixels = dataset_image(mistakes->dataset, mistakes->list[tile].index);

	return colour_ink(pixels[y * mistakes->dataset->width + x] / 255.0);
}

static struct colour verdict_line(const void *context, size_t tile, int line,
								  char text[SHEET_CAPTION])
{
	const struct colour colours[] = {{120, 220, 130}, {255, 130, 110}, sheet_light, sheet_dim};
	const struct mistakes *mistakes = context;
	const struct prediction *p = &mistakes->list[tile];
	const struct class_label *all = mistakes->classes->all;

	if (line == 0)
		snprintf(text, SHEET_CAPTION, "is %.*s", text_fit(all[p->label].name, CAPTION_NAME),
				 all[p->label].name);
	else if (line == 1)
		snprintf(text, SHEET_CAPTION, "read %.*s", text_fit(all[p->class].name, CAPTION_NAME),
				 all[p->class].name);
	else if (line == 2)
		snprintf(text, SHEET_CAPTION, "%.1f%%", 100 * p->probability);
	else
		snprintf(text, SHEET_CAPTION, "#%zu", p->index);
	return colours[line];
}

/* Small images are enlarged more. */
static int scale_of(const struct dataset *dataset)
{
	const int side = dataset->height > dataset->width ? dataset->height : dataset->width;

	return side < 84 ? 84 / side : 1;
}

/* Write a sheet of the worst MOST_MISTAKES misread digits. It sorts the predictions. */
static int write_mistakes(const struct eval_values *values, const struct dataset *dataset,
						  const struct evaluated *evaluated, struct prediction *predictions,
						  struct error *error)
{
	const struct evaluation *evaluation = evaluated->evaluation;
	const struct mistakes mistakes = {dataset, evaluated->classes, predictions};
	const size_t count = evaluation->count - evaluation->correct;
	const size_t shown = count < MOST_MISTAKES ? count : MOST_MISTAKES;
	char title[100];

	qsort(predictions, evaluation->count, sizeof *predictions, worst_first);
	snprintf(title, sizeof title, "%zu of %zu misread%s", count, evaluation->count,
			 shown < count ? ", the worst"
			 : shown > 1   ? ", the worst first"
						   : "");
	/* clang-format off */
	const struct sheet_block block = {
		.title = title, .count = shown, .context = &mistakes, .gap = 14,
		.width = dataset->width, .height = dataset->height, .scale = scale_of(dataset),
		.cell = digit_cell,
		.beside = true, .lines = 4,
		.characters = (int)strlen("read ") + classes_width(evaluated->classes, CAPTION_NAME),
		.text_scale = 2, .caption = verdict_line,
	};
	/* clang-format on */
	return announce(values, sheet_save(values->mistakes, &block, 1, error), values->mistakes,
					shown < count ? ": the %zu worst mistakes\n" : ": %zu mistakes\n", shown);
}

/* ---- the command ---- */

static int eval(const struct eval_values *values, const struct file_option *files,
				struct session *session, const struct dataset *dataset, struct error *error)
{
	struct evaluation evaluation;
	struct confusion confusion = {0};
	struct prediction *predictions = evaluate_split(values, session, dataset, &evaluation, error);
	const struct evaluated evaluated = {&evaluation, &confusion, &session->classes};
	FILE *out = files_report_stream(files, values->common.quiet);
	bool failed = true;

	if (!predictions)
		return -1;
	if (isnan(evaluation.loss)) {
		error_set(error, "%s: the network's output is not a number", values->model.file);
	} else if (!dataset->labels || !confusion_count(predictions, evaluation.count,
													session->classes.count, &confusion, error)) {
		if (out)
			print_evaluation(out, values, dataset, &evaluated);
		failed =
			(values->predictions &&
			 write_predictions(values, predictions, evaluation.count, &session->classes, error)) ||
			(values->confusion && write_confusion(values, &evaluated, error)) ||
			(values->mistakes && write_mistakes(values, dataset, &evaluated, predictions, error));
	}
	confusion_free(&confusion);
	free(predictions);
	return failed ? -1 : 0;
}

/* Images without labels can be read, and nothing can be measured on them. */
static int check_labels(const struct eval_values *values, const struct dataset *dataset,
						struct error *error)
{
	const bool measures = values->json || values->confusion || values->mistakes;

	if (dataset->labels || (values->predictions && !measures))
		return 0;
	return error_set(error, "%s: images without labels: only --predictions can be written of them",
					 dataset->place);
}

/* The images are taken as those were that the model was trained on. */
static int load(const struct eval_values *values, struct session *session, struct dataset *dataset,
				struct error *error)
{
	struct dataset_options data = values->data;
	const enum dataset_part part = values->split == EVAL_TEST ? DATASET_TEST : DATASET_TRAIN;
	struct loading loading;

	if (data.names && classes_name(&session->classes, data.names, error))
		return error_prefix(error, "--classes");
	data.names = NULL;
	data.transpose = data.transpose || session->info.transposed;
	if (data.pictures == PICTURES_AUTO)
		data.pictures = session->info.pictures;
	data.workers = session->engine.workers;
	loading_begin(&loading, &data, stderr, &values->common);
	const enum dataset_fault fault = dataset_load(dataset, &data, part, &session->classes, error);
	loading_end(&loading);

	if (fault == DATASET_NO_PART && part == DATASET_TEST)
		error_append(error, "; --split val measures on the images that validated the model");
	return advise_on_dataset(fault, error);
}

static int eval_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct eval_values *values = v;
	struct session session = {0};
	struct dataset dataset = {0};

	(void)operand_count, (void)operands;
	model_values_settle(&values->model, true);
	const struct file_option files[] = {{"--model", values->model.file, false},
										{"--confusion", values->confusion, true},
										{"--mistakes", values->mistakes, true},
										{"--predictions", values->predictions, true},
										{NULL, NULL, false}};
	if (files_check_distinct(files, &values->data, error) ||
		engine_values_settle(&values->engine, error))
		return STATUS_USAGE;
	const bool failed =
		files_check_outputs(files, error) ||
		session_open(&session, &values->model, &values->engine, BATCH, EXECUTOR_PREDICT, error) ||
		load(values, &session, &dataset, error) ||
		session_check_dataset(&session.network, &dataset, error) ||
		check_labels(values, &dataset, error) || eval(values, files, &session, &dataset, error);
	dataset_free(&dataset);
	session_close(&session);
	return failed ? STATUS_FAILED : STATUS_DONE;
}

static void eval_defaults(void *values)
{
	((struct eval_values *)values)->engine.kernels = "auto";
}

#define AT(field) offsetof(struct eval_values, field)

/* clang-format off */
static const struct field eval_fields[] = {
	{"split", FIELD_CHOICE, AT(split), .word = eval_split_word, .help = "the images"},
	{"confusion", FIELD_TEXT, AT(confusion), "FILE.csv",
	 .help = "write the confusion matrix; scripts/plot-confusion.gp draws it"},
	{"mistakes", FIELD_TEXT, AT(mistakes), "FILE",
	 .help = "write a sheet of the misread digits, the worst first, as PNG (FILE.png) or PGM"},
	{"predictions", FIELD_TEXT, AT(predictions), "FILE.csv",
	 .help = "write a row for each image: index,label,prediction,probability; without labels, too"},
	{.name = NULL},
};

static const struct field eval_format_fields[] = {
	{"json", FIELD_FLAG, AT(json), .help = "print one JSON object on one line"},
	{.name = NULL},
};

const struct command command_eval = {
	.name = "eval", .summary = "measure a network: accuracy, loss, confusion, scores a class",
	.options = (const struct option_section[]){
		{.fields = model_fields, .offset = AT(model)},
		{.fields = data_fields, .offset = AT(data)},
		{.fields = eval_fields},
		{.fields = engine_fields, .offset = AT(engine)},
		{.fields = eval_format_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct eval_values),
	.defaults = eval_defaults, .run = eval_run,
	.notes =
		"test   the test files, which training never opens\n"
		"train  the images that the model was trained on; dropout is off\n"
		"val    the images that validated it; the model's file knows which they are\n",
};
/* clang-format on */
