/* mnist-cnn eval: how good a model is on images that it has not learned from (or, for comparison,
 * on those that it has), and whether it is better than another one. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/compare.h"
#include "app/evaluate.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/eval_files.h"
#include "cli/loading.h"
#include "cli/report.h"
#include "cli/session.h"

#define BATCH 100

enum eval_split { EVAL_TEST, EVAL_TRAIN, EVAL_VAL };

struct eval_values {
	struct engine_values engine;
	struct model_values model;
	const char *against; /* another model's file, or NULL */
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

/* A network, and its answers to some images. */
struct answers {
	const char *model; /* its file */
	struct session session;
	struct dataset dataset;
	struct evaluation evaluation;
	struct prediction *list; /* [evaluation.count] */
};

static void answers_free(struct answers *answers)
{
	free(answers->list);
	dataset_free(&answers->dataset);
	session_close(&answers->session);
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
static int repeat_split(const struct answers *answers, enum eval_split which, struct split *split,
						struct error *error)
{
	const struct model_info *info = &answers->session.info;
	const struct dataset *dataset = &answers->dataset;
	const struct settings *settings = &info->settings;

	if (!info->trained_here)
		return error_set(error, "%s: does not say how it was trained, so its %s split is not known",
						 answers->model, eval_split_word((int)which));
	if (which == EVAL_VAL && info->val_count == 0)
		return error_set(error, "%s: was trained without validation images", answers->model);
	if (settings->limit <= dataset->count) {
		if (split_as(info, dataset, split, error))
			return error_prefix(error, "%s", dataset->place);
		if (split->train_count == info->train_count && split->val_count == info->val_count)
			return 0;
	}
	split_free(split);
	return error_set(error,
					 "%s: was trained on %zu and validated on %zu images, which cannot be "
					 "found again among the %zu in %s",
					 answers->model, info->train_count, info->val_count, dataset->count,
					 dataset->place);
}

static int evaluate_split(struct answers *answers, enum eval_split which, struct error *error)
{
	struct split split = {0};
	const uint32_t *indices = NULL;
	size_t count = answers->dataset.count;

	if (which != EVAL_TEST) {
		if (repeat_split(answers, which, &split, error))
			return -1;
		indices = which == EVAL_VAL ? split.val : split.train;
		count = which == EVAL_VAL ? split.val_count : split.train_count;
	}
	answers->list = malloc(count * sizeof *answers->list);
	if (answers->list)
		evaluate(answers->session.executor, &answers->dataset, indices, count, NULL,
				 &answers->evaluation, answers->list, NULL);
	else
		error_scarce(error, "not enough memory for %zu predictions", count);
	split_free(&split);
	if (answers->list && isnan(answers->evaluation.loss))
		return error_set(error, "%s: the network's output is not a number", answers->model);
	return answers->list ? 0 : -1;
}

/* Images without labels can be read, and nothing can be measured on them. */
static int check_labels(const struct eval_values *values, const struct dataset *dataset,
						struct error *error)
{
	const bool measures = values->json || values->confusion || values->mistakes || values->against;

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

/* The bytes that the answers of a model take, with all that gave them. */
static size_t answers_memory(const struct answers *answers)
{
	const struct dataset *dataset = &answers->dataset;
	const size_t image = (size_t)dataset->height * (size_t)dataset->width;

	return executor_memory(answers->session.executor) +
		   answers->session.network.value_count * sizeof(float) + dataset->count * image +
		   answers->evaluation.count * sizeof *answers->list;
}

/* Have a model answer the images, beside what has `set_aside` bytes. Free the answers also after an
 * error. */
static int answer(const struct eval_values *values, const struct model_values *model,
				  size_t set_aside, struct answers *out, struct error *error)
{
	struct engine_values engine = values->engine;
	struct session *session = &out->session;

	out->model = model->file;
	engine.set_aside = set_aside;
	return session_open(session, model, &engine, BATCH, EXECUTOR_PREDICT, values->common.quiet,
						error) ||
		   load(values, session, &out->dataset, error) ||
		   session_check_dataset(&session->network, &out->dataset, error) ||
		   check_labels(values, &out->dataset, error) || evaluate_split(out, values->split, error);
}

/* The other model, where there is one, must have answered the same images. */
static int answer_against(const struct eval_values *values, const struct answers *own,
						  struct answers *rival, struct error *error)
{
	struct model_values model = {.file = values->against};

	if (!values->against)
		return 0;
	model_values_settle(&model, true);
	if (answer(values, &model, answers_memory(own), rival, error))
		return -1;
	if (own->evaluation.count == rival->evaluation.count &&
		compare_same_images(own->list, rival->list, own->evaluation.count))
		return 0;
	return error_set(error, "%s and %s are not measured on the same images", own->model,
					 rival->model);
}

static void print_evaluation(FILE *out, const struct eval_values *values,
							 const struct answers *answers, const struct confusion *confusion,
							 const struct compared *compared)
{
	const char *split = eval_split_word((int)values->split);
	const struct evaluated evaluated = {&answers->evaluation, confusion, &answers->session.classes};

	if (values->json) {
		report_evaluation_json(out, &evaluated, answers->model, split, compared);
		return;
	}
	fputs("model     ", out);
	text_print_name(out, answers->model);
	fprintf(out, "\nimages    %zu (%s) in ", answers->evaluation.count, split);
	text_print_name(out, answers->dataset.place);
	fputc('\n', out);
	report_loading(out, &answers->dataset);
	if (!answers->dataset.labels)
		return;
	report_evaluation(out, &evaluated, terminal_width(out),
					  !values->common.no_color && terminal_is_rich(out));
	if (compared)
		report_comparison(out, compared);
}

static int write_files(const struct eval_values *values, const struct answers *own,
					   const struct answers *rival, const struct confusion *confusion,
					   struct error *error)
{
	const struct classes *classes = &own->session.classes;
	const struct evaluated evaluated = {&own->evaluation, confusion, classes};
	const bool quiet = values->common.quiet;
	const size_t count = own->evaluation.count;

	return eval_write_predictions((struct eval_file){values->predictions, quiet}, own->list, count,
								  classes, error) ||
		   eval_write_confusion((struct eval_file){values->confusion, quiet}, &evaluated, error) ||
		   eval_write_mistakes((struct eval_file){values->mistakes, quiet}, &own->dataset, classes,
							   own->list, rival->list, count, error);
}

static int eval(const struct eval_values *values, const struct file_option *files,
				struct answers *own, struct answers *rival, struct error *error)
{
	struct confusion confusion = {0};
	struct compared compared = {.model = own->model, .against = rival->model};
	const size_t count = own->evaluation.count;
	FILE *out = files_report_stream(files, values->common.quiet);

	if (own->dataset.labels &&
		confusion_count(own->list, count, own->session.classes.count, &confusion, error))
		return -1;
	if (values->against) {
		compared.evaluation = &rival->evaluation;
		compared.comparison = compare(own->list, rival->list, count);
	}
	if (out)
		print_evaluation(out, values, own, &confusion, values->against ? &compared : NULL);
	const int status = write_files(values, own, rival, &confusion, error);
	confusion_free(&confusion);
	return status;
}

static int eval_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct eval_values *values = v;
	struct answers own = {0}, rival = {0};

	(void)operand_count, (void)operands;
	model_values_settle(&values->model, true);
	const struct file_option files[] = {
		{"--model", values->model.file, false},       {"--against", values->against, false},
		{"--confusion", values->confusion, true},     {"--mistakes", values->mistakes, true},
		{"--predictions", values->predictions, true}, {NULL, NULL, false}};
	if (files_check_distinct(files, &values->data, error) ||
		files_check_json(files, values->json, error) ||
		engine_values_settle(&values->engine, error))
		return STATUS_USAGE;
	const bool failed =
		files_check_outputs(files, error) || answer(values, &values->model, 0, &own, error) ||
		answer_against(values, &own, &rival, error) || eval(values, files, &own, &rival, error);
	answers_free(&own);
	answers_free(&rival);
	return failed ? STATUS_FAILED : STATUS_DONE;
}

static void eval_defaults(void *values)
{
	((struct eval_values *)values)->engine.kernels = "auto";
}

#define AT(field) offsetof(struct eval_values, field)

/* clang-format off */
static const struct field eval_fields[] = {
	{"against", FIELD_TEXT, AT(against), "FILE", .stream = STREAM_INPUT,
	 .help = "another network: which is better, and may it be chance?"},
	{"split", FIELD_CHOICE, AT(split), .word = eval_split_word, .help = "the images"},
	{"confusion", FIELD_TEXT, AT(confusion), "FILE.csv", .stream = STREAM_OUTPUT,
	 .help = "write the confusion matrix; scripts/plot-confusion.gp draws it"},
	{"mistakes", FIELD_TEXT, AT(mistakes), "FILE", .stream = STREAM_OUTPUT,
	 .help = "write a sheet of the misread images, the worst first, as PNG (FILE.png) or PGM; "
			 "with --against, of those that only one of the two misreads"},
	{"predictions", FIELD_TEXT, AT(predictions), "FILE.csv", .stream = STREAM_OUTPUT,
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
