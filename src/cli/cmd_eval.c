/* mnist-cnn eval: how good a model is on images that it has not learned from (or, for comparison,
 * on those that it has). */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "app/evaluate.h"
#include "app/model.h"
#include "cli/command.h"
#include "cli/report.h"

#define BATCH 100

enum eval_split { EVAL_TEST, EVAL_TRAIN, EVAL_VAL };

struct eval_values {
	struct engine_choice engine;
	const char *model, *network, *data;
	int split; /* enum eval_split */
	bool json;
	struct common_values common;
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
				   error) != 0 ||
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

static int evaluate_split(const struct eval_values *values, struct network *network,
						  const struct model_info *info, const struct dataset *dataset,
						  struct evaluation *evaluation, struct error *error)
{
	struct split split = {0};
	const uint32_t *indices = NULL;
	size_t count = dataset->count;

	if (values->split != EVAL_TEST) {
		if (repeat_split(values, info, dataset, &split, error) != 0)
			return -1;
		indices = values->split == EVAL_VAL ? split.val : split.train;
		count = values->split == EVAL_VAL ? split.val_count : split.train_count;
	}
	evaluate(network, dataset, indices, count, NULL, evaluation);
	split_free(&split);
	if (isnan(evaluation->loss))
		return error_set(error, "%s: the network's output is not a number", values->model);
	return 0;
}

static void print_evaluation(const struct eval_values *values, const char *directory,
							 const struct evaluation *evaluation)
{
	const char *split = split_names[values->split];

	if (values->json) {
		report_evaluation_json(stdout, evaluation, values->model, split);
		return;
	}
	fputs("model     ", stdout);
	report_name(stdout, values->model);
	printf("\nimages    %zu (%s) in ", evaluation->count, split);
	report_name(stdout, directory);
	putchar('\n');
	report_evaluation(stdout, evaluation);
}

static int eval_run(const void *v, int operand_count, char **operands)
{
	const struct eval_values *values = v;
	struct engine engine = {0};
	struct network network = {0};
	struct dataset dataset = {0};
	struct model_info info = {0};
	struct evaluation evaluation;
	struct error error;
	int status = STATUS_DONE;

	(void)operand_count;
	(void)operands;
	if (command_open_engine(&values->engine, &engine, &error) != 0)
		return command_misused(&command_eval, &error);
	if (model_load(values->model, values->network, BATCH, &engine, &network, &info, &error) != 0 ||
		dataset_load(&dataset, values->data,
					 values->split == EVAL_TEST ? DATASET_TEST : DATASET_TRAIN, &error) != 0 ||
		evaluate_split(values, &network, &info, &dataset, &evaluation, &error) != 0)
		status = command_fail(&error);
	else
		print_evaluation(values, dataset.directory, &evaluation);
	dataset_free(&dataset);
	network_free(&network);
	engine_close(&engine);
	return status;
}

static void eval_defaults(void *values)
{
	*(struct eval_values *)values =
		(struct eval_values){.model = "model.safetensors", .split = EVAL_TEST,
							 .engine = {.kernels = "auto"}};
}

static void eval_explain(FILE *out)
{
	fputs("test   the test files, which training never opens\n"
		  "train  the images that the model was trained on; dropout is off\n"
		  "val    the images that validated it; the model's file knows which they are\n",
		  out);
}

#define AT(field) offsetof(struct eval_values, field)

static const struct option eval_table[] = {
	{.name = "model", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(model),
	 .help = HELP_MODEL},
	{.name = "network", .type = OPTION_TEXT, .argument = "SPEC", .offset = AT(network),
	 .help = HELP_NETWORK},
	{.name = "data", .type = OPTION_TEXT, .argument = "DIR", .offset = AT(data),
	 .help = HELP_DATA},
	{.name = "split", .type = OPTION_CHOICE, .argument = "test|train|val", .offset = AT(split),
	 .help = "the images"},
	{.name = "threads", .type = OPTION_SIZE, .argument = "N", .offset = AT(engine.threads),
	 .least = 1, .most = WORKERS_MAX,
	 .help = HELP_THREADS},
	{.name = "kernels", .type = OPTION_TEXT, .argument = "NAME", .offset = AT(engine.kernels),
	 .help = HELP_KERNELS},
	{.name = "json", .type = OPTION_FLAG, .offset = AT(json),
	 .help = "print one JSON object on one line"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};

const struct command command_eval = {
	.name = "eval",
	.summary = "measure a network: accuracy, loss, confusion, scores a digit",
	.options = eval_table,
	.values_size = sizeof(struct eval_values),
	.defaults = eval_defaults,
	.run = eval_run,
	.explain = eval_explain,
};
