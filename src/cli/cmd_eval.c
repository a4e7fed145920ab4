/* mnist-cnn eval: how good a model is on images that it has not learned from (or, for comparison,
 * on those that it has). */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "app/evaluate.h"
#include "app/model.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/eval_files.h"
#include "cli/report.h"

#define BATCH 100

enum eval_split { EVAL_TEST, EVAL_TRAIN, EVAL_VAL };

struct eval_values {
	struct engine_choice engine;
	const char *model, *network, *data;
	const char *confusion, *mistakes, *predictions; /* files to write, or NULL */
	int split;                                      /* enum eval_split */
	bool json;
	struct common_values common;
};

/* What came out. */
struct result {
	struct evaluation evaluation;
	struct prediction *predictions; /* evaluation.count; owned */
};

static const char *const split_names[] = {"test", "train", "val"};

/* The division of the training images that the model was trained with. */
static int repeat_split(const struct eval_values *values, const struct model_info *info,
						const struct dataset *dataset, struct split *split, struct error *error)
{
	const struct train_options *options = &info->options;

	if (!info->trained_here)
		return error_set(error, "%s: does not say how it was trained, so its %s split is not known",
						 values->model, split_names[values->split]);
	if (values->split == EVAL_VAL && info->val_count == 0)
		return error_set(error, "%s: was trained without validation images", values->model);
	if (options->limit > dataset->count ||
		split_make(split, dataset->count, options->limit, options->val_split, options->seed,
				   error) ||
		split->train_count != info->train_count || split->val_count != info->val_count) {
		split_free(split);
		return error_set(error,
						 "%s: was trained on %zu and validated on %zu images, which cannot be "
						 "found again among the %zu in %s",
						 values->model, info->train_count, info->val_count, dataset->count,
						 dataset->directory);
	}
	return 0;
}

/* The predictions are to be freed whatever comes of it. */
static int evaluate_split(const struct eval_values *values, struct network *network,
						  const struct model_info *info, const struct dataset *dataset,
						  struct result *result, struct error *error)
{
	struct split split = {0};
	const uint32_t *indices = NULL;
	size_t count = dataset->count;

	if (values->split != EVAL_TEST) {
		if (repeat_split(values, info, dataset, &split, error))
			return -1;
		indices = values->split == EVAL_VAL ? split.val : split.train;
		count = values->split == EVAL_VAL ? split.val_count : split.train_count;
	}
	result->predictions = malloc(count * sizeof *result->predictions);
	if (result->predictions)
		evaluate_each(network, dataset, indices, count, info->temperature, NULL,
					  &result->evaluation, result->predictions);
	split_free(&split);
	if (!result->predictions)
		return error_set(error, "not enough memory for %zu predictions", count);
	if (isnan(result->evaluation.loss))
		return error_set(error, "%s: the network's output is not a number", values->model);
	return 0;
}

/* What the report goes to: a file that is written to standard output has that to itself. */
static FILE *report_stream(const struct eval_values *values)
{
	const char *const files[] = {values->predictions, values->confusion, values->mistakes};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i] && file_is_stream(files[i], stdout))
			return values->common.quiet ? NULL : stderr;
	return stdout;
}

static void print_evaluation(const struct eval_values *values, const char *directory,
							 const struct evaluation *evaluation)
{
	const char *split = split_names[values->split];
	FILE *out = report_stream(values);

	if (!out)
		return;
	if (values->json) {
		report_evaluation_json(out, evaluation, values->model, split);
		return;
	}
	fputs("model     ", out);
	text_print_name(out, values->model);
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
					   const struct result *result, struct error *error)
{
	const size_t count = result->evaluation.count;
	const size_t mistakes = count - result->evaluation.correct;
	size_t shown;

	if (values->predictions) {
		if (eval_write_predictions(values->predictions, result->predictions, count, error))
			return -1;
		print_written(values, values->predictions, ": %zu predictions\n", count);
	}
	if (values->confusion) {
		if (eval_write_confusion(values->confusion, &result->evaluation, error))
			return -1;
		print_written(values, values->confusion, ": the confusion matrix of %zu images\n", count);
	}
	if (values->mistakes) {
		if (eval_write_mistakes(values->mistakes, dataset, result->predictions, count, &shown,
								error))
			return -1;
		print_written(values, values->mistakes,
					  shown < mistakes ? ": the %zu worst mistakes\n" : ": %zu mistakes\n", shown);
	}
	return 0;
}

static int eval_run(const void *v, int operand_count, char **operands)
{
	struct eval_values chosen = *(const struct eval_values *)v;
	const struct eval_values *const values = &chosen;
	struct engine engine = {0};
	struct network network = {0};
	struct dataset dataset = {0};
	struct model_info info = {0};
	struct result result = {.predictions = NULL};
	struct error error;
	int status = STATUS_DONE;

	(void)operand_count;
	(void)operands;
	chosen.model = command_choose_model(chosen.model, true);
	const struct command_file files[] = {{"--model", values->model},
										 {"--confusion", values->confusion},
										 {"--mistakes", values->mistakes},
										 {"--predictions", values->predictions}};
	const size_t count = sizeof files / sizeof *files;

	if (command_check_distinct(files, count, 1, &error) ||
		command_open_engine(&values->engine, &engine, &error))
		return command_misused(&command_eval, &error);
	if (command_check_outputs(files + 1, count - 1, &error) ||
		model_load(values->model, values->network, BATCH, &engine, &network, &info, &error) ||
		dataset_load(&dataset, values->data,
					 values->split == EVAL_TEST ? DATASET_TEST : DATASET_TRAIN, &error) ||
		evaluate_split(values, &network, &info, &dataset, &result, &error)) {
		status = command_fail(&error);
	} else {
		print_evaluation(values, dataset.directory, &result.evaluation);
		if (write_files(values, &dataset, &result, &error))
			status = command_fail(&error);
	}
	free(result.predictions);
	dataset_free(&dataset);
	network_free(&network);
	engine_close(&engine);
	return status;
}

static void eval_defaults(void *values)
{
	*(struct eval_values *)values =
		(struct eval_values){.split = EVAL_TEST, .engine = {.kernels = "auto"}};
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
static const struct option eval_table[] = {
	{.name = "model", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(model),
	 .help = HELP_MODEL},
	{.name = "network", .type = OPTION_TEXT, .argument = "SPEC", .offset = AT(network),
	 .help = HELP_NETWORK},
	{.name = "data", .type = OPTION_TEXT, .argument = "DIR", .offset = AT(data),
	 .help = HELP_DATA},
	{.name = "split", .type = OPTION_CHOICE, .argument = "test|train|val", .offset = AT(split),
	 .help = "the images"},
	{.name = "confusion", .type = OPTION_TEXT, .argument = "FILE.csv", .offset = AT(confusion),
	 .help = "write the confusion matrix; scripts/plot-confusion.gp draws it"},
	{.name = "mistakes", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(mistakes),
	 .help = "write a sheet of the misread digits, the worst first, as PNG (FILE.png) or PGM"},
	{.name = "predictions", .type = OPTION_TEXT, .argument = "FILE.csv", .offset = AT(predictions),
	 .help = "write a row for each image: index,label,prediction,probability"},
	{.name = "threads", .type = OPTION_SIZE, .argument = "N", .offset = AT(engine.threads),
	 .least = 1, .most = WORKERS_MAX,
	 .help = HELP_THREADS},
	{.name = "kernels", .type = OPTION_TEXT, .argument = "NAME", .offset = AT(engine.kernels),
	 .help = help_kernels},
	{.name = "json", .type = OPTION_FLAG, .offset = AT(json),
	 .help = "print one JSON object on one line"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};
/* clang-format on */

const struct command command_eval = {
	.name = "eval",
	.summary = "measure a network: accuracy, loss, confusion, scores a digit",
	.options = eval_table,
	.values_size = sizeof(struct eval_values),
	.defaults = eval_defaults,
	.run = eval_run,
	.explain = eval_explain,
};
