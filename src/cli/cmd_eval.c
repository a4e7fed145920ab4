/* mnist-cnn eval: how good a model is on images that it has not learned from (or, for comparison,
 * on those that it has). */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "app/evaluate.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/eval_files.h"
#include "cli/files.h"
#include "cli/report.h"
#include "cli/session.h"

#define BATCH 100

enum eval_split { EVAL_TEST, EVAL_TRAIN, EVAL_VAL };

struct eval_values {
	struct engine_values engine;
	struct model_values model;
	const char *data;
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
						 dataset->directory);
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
		evaluate_each(session->executor, dataset, indices, count, info->result.temperature, NULL,
					  evaluation, predictions, NULL);
	else
		error_set(error, "not enough memory for %zu predictions", count);
	split_free(&split);
	return predictions;
}

static void print_evaluation(FILE *out, const struct eval_values *values, const char *directory,
							 const struct evaluation *evaluation)
{
	const char *split = eval_split_word((int)values->split);

	if (values->json) {
		report_evaluation_json(out, evaluation, values->model.file, split);
		return;
	}
	fputs("model     ", out);
	text_print_name(out, values->model.file);
	fprintf(out, "\nimages    %zu (%s) in ", evaluation->count, split);
	text_print_name(out, directory);
	fputc('\n', out);
	report_evaluation(out, evaluation, !values->common.no_color && terminal_is_rich(out));
}

static void print_written(const struct eval_values *values, const char *path, const char *what,
						  size_t count)
{
	if (values->common.quiet)
		return;
	text_print_name(stderr, path);
	fprintf(stderr, what, count);
}

static int write_files(const struct eval_values *values, const struct dataset *dataset,
					   const struct evaluation *evaluation, const struct prediction *predictions,
					   struct error *error)
{
	const size_t count = evaluation->count;
	const size_t mistakes = count - evaluation->correct;
	size_t shown;

	if (values->predictions) {
		if (eval_write_predictions(values->predictions, predictions, count, error))
			return -1;
		print_written(values, values->predictions, ": %zu predictions\n", count);
	}
	if (values->confusion) {
		if (eval_write_confusion(values->confusion, evaluation, error))
			return -1;
		print_written(values, values->confusion, ": the confusion matrix of %zu images\n", count);
	}
	if (values->mistakes) {
		if (eval_write_mistakes(values->mistakes, dataset, predictions, count, &shown, error))
			return -1;
		print_written(values, values->mistakes,
					  shown < mistakes ? ": the %zu worst mistakes\n" : ": %zu mistakes\n", shown);
	}
	return 0;
}

static int eval(const struct eval_values *values, const struct file_option *files,
				struct session *session, const struct dataset *dataset, struct error *error)
{
	struct evaluation evaluation;
	struct prediction *predictions = evaluate_split(values, session, dataset, &evaluation, error);
	FILE *out = files_report_stream(files, values->common.quiet);
	int status = -1;

	if (!predictions)
		return -1;
	if (isnan(evaluation.loss)) {
		error_set(error, "%s: the network's output is not a number", values->model.file);
	} else {
		if (out)
			print_evaluation(out, values, dataset->directory, &evaluation);
		status = write_files(values, dataset, &evaluation, predictions, error);
	}
	free(predictions);
	return status;
}

static int eval_run(void *v, int operand_count, char **operands)
{
	struct eval_values *values = v;
	const enum dataset_part part = values->split == EVAL_TEST ? DATASET_TEST : DATASET_TRAIN;
	struct session session = {0};
	struct dataset dataset = {0};
	struct error error;
	int status = STATUS_DONE;

	(void)operand_count, (void)operands;
	model_values_settle(&values->model, true);
	const struct file_option files[] = {{"--model", values->model.file, false},
										{"--confusion", values->confusion, true},
										{"--mistakes", values->mistakes, true},
										{"--predictions", values->predictions, true},
										{NULL, NULL, false}};
	if (files_check_distinct(files, &error) || engine_values_settle(&values->engine, &error))
		return command_misused(&command_eval, &error);
	if (files_check_outputs(files, &error) ||
		session_open(&session, &values->model, &values->engine, BATCH, EXECUTOR_PREDICT, &error) ||
		advise_on_dataset(dataset_load(&dataset, values->data, part, &error), &error) ||
		eval(values, files, &session, &dataset, &error))
		status = command_fail(&error);
	dataset_free(&dataset);
	session_close(&session);
	return status;
}

static void eval_defaults(void *values)
{
	((struct eval_values *)values)->engine.kernels = "auto";
}

static void eval_explain(FILE *out)
{
	fputs("test   the test files, which training never opens\n"
		  "train  the images that the model was trained on; dropout is off\n"
		  "val    the images that validated it; the model's file knows which they are\n",
		  out);
}

#define AT(field) offsetof(struct eval_values, field)

/* clang-format off */
static const struct field eval_fields[] = {
	{"split", FIELD_CHOICE, AT(split), .word = eval_split_word,
	 .help = "the images"},
	{"confusion", FIELD_TEXT, AT(confusion), "FILE.csv",
	 .help = "write the confusion matrix; scripts/plot-confusion.gp draws it"},
	{"mistakes", FIELD_TEXT, AT(mistakes), "FILE",
	 .help = "write a sheet of the misread digits, the worst first, as PNG (FILE.png) or PGM"},
	{"predictions", FIELD_TEXT, AT(predictions), "FILE.csv",
	 .help = "write a row for each image: index,label,prediction,probability"},
	{.name = NULL},
};

static const struct field eval_format_fields[] = {
	{"json", FIELD_FLAG, AT(json),
	 .help = "print one JSON object on one line"},
	{.name = NULL},
};
/* clang-format on */

static const struct option_group eval_options[] = {
	{.fields = model_fields, .offset = AT(model)},
	{.fields = data_fields, .offset = AT(data)},
	{.fields = eval_fields},
	{.fields = engine_fields, .offset = AT(engine)},
	{.fields = eval_format_fields},
	{.fields = common_fields, .offset = AT(common)},
	{.fields = NULL},
};

const struct command command_eval = {
	.name = "eval",
	.summary = "measure a network: accuracy, loss, confusion, scores a digit",
	.options = eval_options,
	.values_size = sizeof(struct eval_values),
	.defaults = eval_defaults,
	.run = eval_run,
	.explain = eval_explain,
};
