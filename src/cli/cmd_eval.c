/* mnist-cnn eval: how good a model is on images that it has not learned from (or, for comparison,
 * on those that it has). */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/evaluate.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/session.h"
#include "draw/sheet.h"

#define BATCH 100
#define MOST_MISTAKES 500 /* on a sheet */

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
	if (settings->limit > dataset->count ||
		split_make(split, dataset->count, settings->limit, settings->val_split, settings->seed,
				   error) ||
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
		error_set(error, "not enough memory for %zu predictions", count);
	split_free(&split);
	return predictions;
}

static void print_evaluation(FILE *out, const struct eval_values *values,
							 const struct dataset *dataset, const struct evaluation *evaluation)
{
	const char *split = eval_split_word((int)values->split);

	if (values->json) {
		report_evaluation_json(out, evaluation, values->model.file, split);
		return;
	}
	fputs("model     ", out);
	text_print_name(out, values->model.file);
	fprintf(out, "\nimages    %zu (%s) in ", evaluation->count, split);
	text_print_name(out, dataset->place);
	fputc('\n', out);
	report_loading(out, dataset);
	if (!dataset->labels)
		return;
	report_evaluation(out, evaluation, !values->common.no_color && terminal_is_rich(out));
}

/* ---- files, which are made in memory and written as a whole ---- */

#define MOST_ROW 64 /* bytes of the longest row of a prediction */

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
							 size_t count, struct error *error)
{
	const char *path = values->predictions;
	size_t size, used;
	char *text = NULL;

	if (checked_multiply(count + 1, MOST_ROW, &size))
		text = malloc(size);
	if (!text)
		return error_set(error, "%s: not enough memory for %zu rows", path, count);
	used = (size_t)sprintf(text, "index,label,prediction,probability\n");
	for (const struct prediction *p = predictions; p < predictions + count; p++) {
		char label[16] = "";
		if (p->label != LABEL_UNKNOWN)
			snprintf(label, sizeof label, "%d", p->label);
		used += (size_t)snprintf(text + used, MOST_ROW, "%zu,%s,%d,%.6f\n", p->index, label,
								 p->digit, p->probability);
	}
	const int status = file_replace(path, text, used, error);
	free(text);
	return announce(values, status, path, ": %zu predictions\n", count);
}

/* A row for each label, with a column for each prediction. */
static int write_confusion(const struct eval_values *values, const struct evaluation *evaluation,
						   struct error *error)
{
	const char *path = values->confusion;
	char text[(DATASET_CLASSES + 1) * (DATASET_CLASSES + 1) * 21]; /* at most 20 figures */
	int used = sprintf(text, "label");

	for (int prediction = 0; prediction < DATASET_CLASSES; prediction++)
		used += sprintf(text + used, ",%d", prediction);
	for (int label = 0; label < DATASET_CLASSES; label++) {
		used += sprintf(text + used, "\n%d", label);
		for (int prediction = 0; prediction < DATASET_CLASSES; prediction++)
			used += sprintf(text + used, ",%zu", evaluation->confusion[label][prediction]);
	}
	used += sprintf(text + used, "\n");
	return announce(values, file_replace(path, text, (size_t)used, error), path,
					": the confusion matrix of %zu images\n", evaluation->count);
}

struct mistakes {
	const struct dataset *dataset;
	const struct prediction *list; /* the worst first */
};

/* Mistakes come first, of these the ones to whose label the network gave the least probability. */
static int worst_first(const void *a, const void *b)
{
	const struct prediction *first = a, *second = b;
	const bool right = first->digit == first->label;

	if (right != (second->digit == second->label))
		return right ? 1 : -1;
	if (first->of_label != second->of_label)
		return first->of_label < second->of_label ? -1 : 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

static struct colour digit_cell(const void *context, size_t tile, int x, int y)
{
	const struct mistakes *mistakes = context;
	const uint8_t *pixels = mistakes->dataset->images + mistakes->list[tile].index * DATASET_PIXELS;

	return colour_ink(pixels[y * DATASET_SIDE + x] / 255.0);
}

static struct colour verdict_line(const void *context, size_t tile, int line,
								  char text[SHEET_CAPTION])
{
	const struct colour colours[] = {{120, 220, 130}, {255, 130, 110}, sheet_light, sheet_dim};
	const struct prediction *p = &((const struct mistakes *)context)->list[tile];

	if (line == 0)
		snprintf(text, SHEET_CAPTION, "is %d", p->label);
	else if (line == 1)
		snprintf(text, SHEET_CAPTION, "read %d", p->digit);
	else if (line == 2)
		snprintf(text, SHEET_CAPTION, "%.1f%%", 100 * p->probability);
	else
		snprintf(text, SHEET_CAPTION, "#%zu", p->index);
	return colours[line];
}

/* Write a sheet of the worst MOST_MISTAKES misread digits. It sorts the predictions. */
static int write_mistakes(const struct eval_values *values, const struct dataset *dataset,
						  const struct evaluation *evaluation, struct prediction *predictions,
						  struct error *error)
{
	const struct mistakes mistakes = {dataset, predictions};
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
		.width = DATASET_SIDE, .height = DATASET_SIDE, .scale = 3, .cell = digit_cell,
		.beside = true, .lines = 4, .characters = 6, .text_scale = 2, .caption = verdict_line,
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
	struct prediction *predictions = evaluate_split(values, session, dataset, &evaluation, error);
	FILE *out = files_report_stream(files, values->common.quiet);
	bool failed = true;

	if (!predictions)
		return -1;
	if (isnan(evaluation.loss)) {
		error_set(error, "%s: the network's output is not a number", values->model.file);
	} else {
		if (out)
			print_evaluation(out, values, dataset, &evaluation);
		failed =
			(values->predictions &&
			 write_predictions(values, predictions, evaluation.count, error)) ||
			(values->confusion && write_confusion(values, &evaluation, error)) ||
			(values->mistakes && write_mistakes(values, dataset, &evaluation, predictions, error));
	}
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

static int load(const struct eval_values *values, const struct session *session,
				const struct classes *classes, struct dataset *dataset, struct error *error)
{
	struct dataset_options data = values->data;
	const enum dataset_part part = values->split == EVAL_TEST ? DATASET_TEST : DATASET_TRAIN;

	data.workers = session->engine.workers;
	const enum dataset_fault fault = dataset_load(dataset, &data, part, classes, error);

	if (fault == DATASET_NO_PART && part == DATASET_TEST)
		error_append(error, "; --split val measures on the images that validated the model");
	return advise_on_dataset(fault, error);
}

static int eval_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct eval_values *values = v;
	struct session session = {0};
	struct dataset dataset = {0};
	struct classes classes = {0};

	(void)operand_count, (void)operands;
	model_values_settle(&values->model, true);
	const struct file_option files[] = {{"--model", values->model.file, false},
										{"--confusion", values->confusion, true},
										{"--mistakes", values->mistakes, true},
										{"--predictions", values->predictions, true},
										{NULL, NULL, false}};
	if (files_check_distinct(files, error) || engine_values_settle(&values->engine, error))
		return STATUS_USAGE;
	const bool failed =
		files_check_outputs(files, error) ||
		session_open(&session, &values->model, &values->engine, BATCH, EXECUTOR_PREDICT, error) ||
		classes_numbered(session.network.classes, &classes, error) ||
		load(values, &session, &classes, &dataset, error) ||
		session_check_dataset(&session.network, &dataset, error) ||
		check_labels(values, &dataset, error) || eval(values, files, &session, &dataset, error);
	classes_free(&classes);
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
	.name = "eval", .summary = "measure a network: accuracy, loss, confusion, scores a digit",
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
