/* mnist-cnn train: load, split, build, train, save. Whatever can be wrong is checked before the
 * first step; whatever happens later, the trained weights are not lost. */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "app/curves.h"
#include "app/dataset.h"
#include "app/model.h"
#include "app/trainer.h"
#include "app/verdict.h"
#include "base/draft.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/loading.h"
#include "cli/progress.h"
#include "cli/recipe.h"
#include "cli/report.h"
#include "cli/rescue.h"
#include "cli/session.h"
#include "cli/stop.h"
#include "nn/kinds.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"

/* Bytes by which the metadata may be longer in the end than in the beginning. */
#define MORE_METADATA 4096

struct train_values {
	struct settings settings;
	bool given[SETTINGS_MOST]; /* rows of settings_optimizer that stood on the command line */
	enum optimizer_kind recipe_optimizer;
	struct engine_values engine;
	struct dataset_options data;
	const char *recipe, *network, *model, *curves;
	bool no_live;
	struct common_values common;
};

struct job {
	const struct train_values *values;
	struct dataset dataset;
	struct split split;
	struct engine engine;
	struct network network;
	struct executor *executor;
	int epochs; /* whole or not: the rows of the curves */
	struct draft model;
	struct curves curves;
	struct epoch_figures *rows; /* [epochs], of which row_count are there */
	int row_count;
	struct progress progress;
	const volatile sig_atomic_t *stop; /* the signal that asked for the end, or 0 */
	bool stdout_failed, curves_failed; /* which was reported, and then no longer written to */
};

/* The message names all settings that only this optimizer has: "adam has --beta1 and --beta2". */
static int refuse_setting(const char *name, enum optimizer_kind kind, struct error *error)
{
	const char *const *own = optimizer_rule(kind)->settings;
	char option[OPTION_NAME];
	int other = 0;

	while (!optimizer_has((enum optimizer_kind)other, name))
		other++;
	error_set(error, "--%s is for --optimizer %s; %s has", options_name(name, option),
			  optimizer_name(other), optimizer_name((int)kind));
	for (int i = 0; own[i]; i++)
		error_append(error, "%s--%s",
					 i == 0       ? " "
					 : own[i + 1] ? ", "
								  : " and ",
					 options_name(own[i], option));
	return -1;
}

/* Refuse a setting that only another optimizer has. Where the line chooses another optimizer than
 * the recipe's without a learning rate, that is the optimizer's usual one. */
static int settle_optimizer(struct train_values *values, struct error *error)
{
	const enum optimizer_kind kind = values->settings.optimizer.kind;

	for (int i = 0; settings_optimizer[i].name; i++) {
		const char *name = settings_optimizer[i].name;

		if (values->given[i] && optimizer_ignores(kind, name))
			return refuse_setting(name, kind, error);
		if (!values->given[i] && !strcmp(name, "learning_rate") && values->recipe_optimizer != kind)
			values->settings.learning_rate = optimizer_rule(kind)->learning_rate;
	}
	return 0;
}

/* Check what only the command line can get wrong. */
static int check_line(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	struct spec spec;
	const struct file_option files[] = {
		{"--model", values->model, true}, {"--curves", values->curves, true}, {NULL, NULL, false}};

	if (spec_parse(values->network, &spec, error))
		return error_prefix(error, "--network");
	if (values->settings.patience && values->settings.val_split == 0)
		return error_set(error, "--patience needs validation images, but --val-split is 0");
	if (files_check_distinct(files, &values->data, error))
		return -1;
	return engine_open(&job->engine, values->engine.kernels, (int)values->engine.threads, error);
}

/* Build the network for these data. */
static int build(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	const struct dataset *dataset = &job->dataset;

	if (model_build(&job->network, values->network, dataset->height, dataset->width,
					dataset->classes.count, error))
		return error_prefix(error, "--network");
	network_init(&job->network, values->settings.seed);
	job->executor = executor_open(&job->network, &job->engine, values->settings.batch_size,
								  EXECUTOR_TRAIN, error);
	return job->executor ? 0 : error_prefix(error, "--network");
}

static int load(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	struct dataset_options data = values->data;
	struct dataset *dataset = &job->dataset;
	struct loading loading;

	data.workers = job->engine.workers;
	loading_begin(&loading, &data, stderr, &values->common);
	const enum dataset_fault fault = dataset_load(dataset, &data, DATASET_TRAIN, NULL, error);
	loading_end(&loading);
	if (advise_on_dataset(fault, error))
		return -1;
	if (!dataset->labels)
		return error_set(error, "%s: images without labels, which nothing can be learned from",
						 dataset->place);
	if (dataset->classes.count < 2)
		return error_set(error, "%s: all images are of one class, %s, so there is nothing to learn",
						 dataset->place, dataset->classes.all->name);
	return 0;
}

/* Check what the data and the network must have in common, and make room for what they give. */
static int prepare(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	const struct settings *settings = &values->settings;

	if (dataset_number_classes(&job->dataset, job->network.classes, error) ||
		session_check_dataset(&job->network, &job->dataset, error))
		return -1;
	if (augment_check(&settings->augment, &job->dataset, error))
		return error_prefix(error, "--augment");
	if (settings->limit > job->dataset.count)
		return error_set(error, "--limit: %zu, but %s has %zu training images", settings->limit,
						 job->dataset.place, job->dataset.count);
	if (split_dataset(&job->split, &job->dataset, settings->limit, settings->val_split,
					  settings->seed, error))
		return -1;
	if (settings->patience && job->split.val_count == 0)
		return error_set(error,
						 "--patience needs validation images, but --val-split %g of %zu "
						 "images is none",
						 settings->val_split, job->split.train_count);
	job->epochs = train_length(settings, job->split.train_count).epochs;
	job->rows = calloc((size_t)job->epochs, sizeof *job->rows);
	if (!job->rows)
		return error_scarce(error, "no memory for the curves of %d epochs", job->epochs);
	return 0;
}

static int encode(const struct job *job, const struct train_result *result, struct buffer *bytes,
				  struct error *error)
{
	const struct model_info info = {
		.trained_here = true,
		.settings = job->values->settings,
		.result = *result,
		.train_count = job->split.train_count,
		.val_count = job->split.val_count,
		.transposed = job->dataset.transposed,
		.pictures = job->dataset.form,
		.stratified = job->split.stratified,
		.classes = &job->dataset.classes,
	};

	return model_encode(&job->network, &info, bytes, error);
}

/* Have names and room for what will be written. Signals are caught by now, and whoever ends the
 * program by a second one removes the drafts. */
static int open_outputs(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	struct buffer bytes = {0};

	if (encode(job, &(struct train_result){.stopped = false}, &bytes, error))
		return -1;
	const size_t size = bytes.size + MORE_METADATA;
	buffer_free(&bytes);
	return draft_open(&job->model, values->model, error) ||
				   draft_reserve(&job->model, size, error) ||
				   curves_open(&job->curves, values->curves, error)
			   ? -1
			   : 0;
}

/* A model is worth more than an output that fails in the middle of its training. */
static void report_lost_output(struct error *error)
{
	error_prefix(error, "training goes on, but");
	command_fail(error);
}

static void flush_rows(struct job *job)
{
	struct error error;

	job->stdout_failed = command_flush(&error);
	if (job->stdout_failed)
		report_lost_output(&error);
}

/* Print the rules of the training: optimizer, learning rate, loss, end. */
static void print_rules(const struct settings *settings, const struct train_length *length)
{
	const struct optimizer_rule *rule = optimizer_rule(settings->optimizer.kind);
	uint64_t rising = schedule_warmup_steps(settings->warmup, length->steps);
	char name[OPTION_NAME], text[FIELD_TEXT_SIZE];

	fprintf(stderr, "%-6s learning rate %g", rule->name, (double)settings->learning_rate);
	for (const char *const *own = rule->settings; *own; own++)
		fprintf(stderr, ", %s %s", options_name(*own, name),
				field_print(settings_find(*own), settings, text));
	if (settings->optimizer.weight_decay > 0)
		fprintf(stderr, ", weight decay %g", (double)settings->optimizer.weight_decay);
	if (rising)
		fprintf(stderr, "\nrate   rises from %g%% of that in %llu step%s", 100 * SCHEDULE_START,
				(unsigned long long)rising, rising == 1 ? "" : "s");
	if (settings->schedule != SCHEDULE_CONSTANT)
		fprintf(stderr, "%s falls to 0 %s", rising ? ", then" : "\nrate  ",
				settings->schedule == SCHEDULE_LINEAR ? "in a straight line" : "as a cosine does");
	if (settings->label_smoothing > 0)
		fprintf(stderr, "\nloss   with label smoothing %g; val_loss is without",
				(double)settings->label_smoothing);
	if (settings->patience)
		fprintf(stderr, "\nend    early after %d epoch%s without a lower val_loss",
				settings->patience, settings->patience == 1 ? "" : "s");
	fputc('\n', stderr);
}

/* A network cannot learn a class that has no image. */
static void print_empty_classes(const struct dataset *dataset)
{
	size_t counts[CLASSES_MOST];
	const char *first = NULL;
	int empty = 0;

	dataset_count_classes(dataset, counts);
	for (int class = dataset->classes.count - 1; class >= 0; class --)
		if (!counts[class]) {
			first = dataset->classes.all[class].name;
			empty++;
		}
	if (empty == 1)
		fprintf(stderr, "       no image of class %s\n", first);
	else if (empty)
		fprintf(stderr, "       no images of %d classes, as of %s\n", empty, first);
}

static void print_preamble(struct job *job)
{
	const struct settings *settings = &job->values->settings;
	const struct train_length length = train_length(settings, job->split.train_count);
	char augment[AUGMENT_TEXT];

	fprintf(stderr, "data   %zu training images in ", job->dataset.count);
	text_print_name(stderr, job->dataset.place);
	fputc('\n', stderr);
	report_loading(stderr, &job->dataset);
	print_empty_classes(&job->dataset);
	if (!dataset_has(&job->values->data, DATASET_TEST))
		fputs("       without test images; eval --split val measures on those that validate\n",
			  stderr);
	fprintf(stderr, "split  %zu to train, %zu to validate (seed %llu)%s\n", job->split.train_count,
			job->split.val_count, (unsigned long long)settings->seed,
			job->split.stratified ? ", of each class its share" : "");
	fprintf(stderr, "steps  %llu an epoch, of %d images", (unsigned long long)length.epoch_steps,
			settings->batch_size);
	if (length.steps % length.epoch_steps)
		fprintf(stderr, "; %llu in all", (unsigned long long)length.steps);
	fputc('\n', stderr);
	print_rules(settings, &length);
	if (!augment_is_none(&settings->augment))
		fprintf(stderr, "input  augmented with %s\n", augment_text(&settings->augment, augment));
	const int threads = workers_count(job->engine.workers), wanted = job->engine.threads_wanted;
	fprintf(stderr, "speed  %s kernels, %d thread%s", job->engine.kernels->name, threads,
			threads == 1 ? "" : "s");
	if (threads < wanted)
		fprintf(stderr, "; %d were wanted, but no more could be started", wanted);
	fputs("\n\n", stderr);
	report_network(stderr, &job->network, false);
	fputc('\n', stderr);
	report_epoch_head(stdout, job->epochs, job->split.val_count > 0, settings->eval_train);
	flush_rows(job);
}

static void on_batch(void *context, const struct train_progress *state)
{
	struct job *job = context;

	if (!*job->stop)
		progress_draw(&job->progress, state);
}

static void on_epoch(void *context, const struct epoch_figures *figures)
{
	struct job *job = context;
	struct error error;

	progress_clear(&job->progress);
	progress_epoch(&job->progress, figures);
	job->rows[job->row_count++] = *figures;
	if (!job->curves_failed && curves_append(&job->curves, figures, &error)) {
		job->curves_failed = true;
		report_lost_output(&error);
	}
	if (!job->values->common.quiet && !job->stdout_failed) {
		report_epoch(stdout, figures, job->epochs);
		flush_rows(job);
	}
}

/* Print why the training ended, and which weights are kept. */
static void print_ending(const struct job *job, const struct train_result *result)
{
	const struct settings *settings = &job->values->settings;

	if (result->stopped)
		fprintf(stderr, "stopped after %d of %g epochs; what was learned is saved\n",
				result->epochs_done, settings->epochs);
	else if (result->epochs_done < job->epochs)
		fprintf(stderr, "ended after %d of %g epochs, %d without a lower val_loss\n",
				result->epochs_done, settings->epochs, settings->patience);
	if (settings->patience && result->kept.epoch)
		fprintf(stderr, "kept are the weights of epoch %d, which has the lowest val_loss: %.4f\n",
				result->kept.epoch, result->kept.val_loss);
}

/* The reason why the running figures look worse than those of validation; NULL: there is none. */
static const char *handicap(const struct job *job)
{
	const bool augmented = !augment_is_none(&job->values->settings.augment);
	bool has_dropout = false;

	for (int i = 0; i < job->network.layer_count; i++)
		has_dropout |= job->network.layers[i].kind == &layer_dropout;
	if (has_dropout)
		return augmented ? "dropout and augmentation" : "dropout";
	return augmented ? "augmentation" : NULL;
}

static void print_verdict(const struct job *job)
{
	const struct settings *settings = &job->values->settings;
	const struct verdict_case curves = {
		.rows = job->rows,
		.count = job->row_count,
		.classes = job->network.classes,
		.val_count = job->split.val_count,
		.learning_rate = (double)settings->learning_rate,
		.label_smoothing = (double)settings->label_smoothing,
	};
	struct verdict verdict;
	char lines[2][VERDICT_LINE];

	verdict_reach(&curves, &verdict);
	verdict_text(&verdict, settings, handicap(job), lines);
	if (verdict.kind != VERDICT_NONE)
		fprintf(stderr, "\nverdict  %s\n         %s\n\n", lines[0], lines[1]);
}

static int save(struct job *job, const struct train_result *result, struct error *error)
{
	const struct train_values *values = job->values;
	struct rescue rescue = rescue_here();
	struct buffer bytes = {0};

	if (result->steps == 0) {
		if (!values->common.quiet)
			fprintf(stderr, "stopped before the first step: nothing was learned or saved\n");
		return 0;
	}
	if (encode(job, result, &bytes, error))
		return -1;
	const int status = rescue_write(&rescue, &job->model, &bytes, error);
	buffer_free(&bytes);
	if (status || values->common.quiet)
		return status;
	print_ending(job, result);
	print_verdict(job);
	text_print_name(stderr, rescue.path);
	fprintf(stderr, ": the network, %zu parameters\n", job->network.weight_count);
	if (!job->curves_failed && job->row_count) {
		text_print_name(stderr, values->curves);
		fprintf(stderr, ": the learning curves, a row for each epoch\n");
	}
	return 0;
}

static int train_and_save(struct job *job, struct error *error)
{
	const struct train_observer observer = {.context = job, .batch = on_batch, .epoch = on_epoch};
	const struct train_values *values = job->values;
	const bool quiet = values->common.quiet;
	struct train_result result;

	progress_open(&job->progress, stderr,
				  (struct progress_wanted){.quiet = quiet,
										   .no_color = values->common.no_color,
										   .no_live = values->no_live,
										   .epochs = values->settings.epochs});
	job->stop = stop_catch_signals(quiet, job->progress.stream != NULL);
	if (open_outputs(job, error))
		return STATUS_FAILED;
	if (!quiet)
		print_preamble(job);
	const int trained = train(job->executor, &job->dataset, &job->split, &values->settings,
							  &observer, job->stop, &result, error);
	progress_clear(&job->progress);
	progress_finish(&job->progress);
	if (result.diverged)
		advise_on_divergence(&values->settings, error);
	if (trained || save(job, &result, error) || curves_close(&job->curves, error))
		return STATUS_FAILED;
	if (*job->stop)
		return 128 + *job->stop; /* as a shell reports a death by signal */
	return job->stdout_failed || job->curves_failed ? STATUS_FAILED : STATUS_DONE;
}

static int train_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct train_values *values = v;
	struct job job = {.values = values};
	struct error ignored;
	int status;

	(void)operand_count, (void)operands;
	if (values->recipe && !strcmp(values->recipe, "list")) {
		recipe_list(stdout);
		return STATUS_DONE;
	}
	if (settle_optimizer(values, error) || engine_values_settle(&values->engine, error) ||
		check_line(&job, error))
		status = STATUS_USAGE;
	else if (load(&job, error))
		status = STATUS_FAILED;
	else if (build(&job, error))
		status = STATUS_USAGE;
	else
		status = prepare(&job, error) ? STATUS_FAILED : train_and_save(&job, error);
	draft_close(&job.model, &ignored); /* the error before this one was reported */
	curves_close(&job.curves, &ignored);
	free(job.rows);
	executor_close(job.executor);
	network_free(&job.network);
	engine_close(&job.engine);
	split_free(&job.split);
	dataset_free(&job.dataset);
	return status;
}

static void train_explain(FILE *out)
{
	fputs("SPEC is a list of layers, separated by blanks, that ends with softmax:\n", out);
	for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++)
		fprintf(out, "  %s\n", (*kind)->grammar);
	fputs("The word classes stands for the number of classes in the data.\n\n", out);
	command_explain_augment(out);
	fputs("\nA row for each epoch goes to stdout, everything else to stderr. Ctrl-C stops\n"
		  "after the current step and saves; a second Ctrl-C stops at once.\n",
		  out);
}

#define AT(field) offsetof(struct train_values, field)

/* clang-format off */
static const struct field recipe_fields[] = {
	{"recipe", FIELD_TEXT, AT(recipe), "NAME",
	 .help = "a set of options that was tried, changed by what stands beside it; list explains "
			 "them all; without it the recipe is default, whose values are the defaults below"},
	{.name = NULL},
};

static const struct field network_fields[] = {
	{"network", FIELD_TEXT, AT(network), "SPEC", .help = "the layers"},
	{.name = NULL},
};

static const struct field output_fields[] = {
	{"model", FIELD_TEXT, AT(model), "FILE", .help = "where the trained network goes"},
	{"curves", FIELD_TEXT, AT(curves), "FILE", .help = "where the learning curves go, as CSV"},
	{"no_live", FIELD_FLAG, AT(no_live), .help = "no curves that grow under the progress bar"},
	{.name = NULL},
};
/* clang-format on */

/* The optimizer's name stands in front of what only that one has: "adam: decay of …". The learning
 * rate's default is the first optimizer's; help tells that of the others. */
static const char *optimizer_help(const struct field *field, char text[OPTION_HELP])
{
	int used = 0;

	for (int kind = 0; optimizer_name(kind); kind++)
		if (optimizer_has((enum optimizer_kind)kind, field->name))
			used += snprintf(text + used, (size_t)(OPTION_HELP - used), "%s%s", used ? ", " : "",
							 optimizer_name(kind));
	used +=
		snprintf(text + used, (size_t)(OPTION_HELP - used), "%s%s", used ? ": " : "", field->help);
	if (strcmp(field->name, "learning_rate"))
		return text;
	for (int kind = 1; optimizer_name(kind); kind++)
		used += snprintf(text + used, (size_t)(OPTION_HELP - used), "; with %s %g",
						 optimizer_name(kind),
						 (double)optimizer_rule((enum optimizer_kind)kind)->learning_rate);
	return text;
}

static const char *engine_help(const struct field *field, char text[OPTION_HELP])
{
	snprintf(text, OPTION_HELP, "%s%s", field->help,
			 strcmp(field->name, "threads") ? "" : "; the model is the same for any number");
	return text;
}

/* clang-format off */
static const struct option_section train_options[] = {
	{.fields = recipe_fields},
	{.fields = data_fields, .offset = AT(data), .title = "Data"},
	{.fields = settings_data, .offset = AT(settings)},
	{.fields = network_fields, .title = "Training"},
	{.fields = settings_training, .offset = AT(settings)},
	{.fields = settings_optimizer, .offset = AT(settings), .title = "Optimizer",
	 .given = AT(given), .help = optimizer_help},
	{.fields = engine_fields, .offset = AT(engine), .title = "Speed", .help = engine_help},
	{.fields = output_fields, .title = "Output"},
	{.fields = common_fields, .offset = AT(common)},
	{.fields = NULL},
};
/* clang-format on */

/* A recipe's words do not count as given on the command line. */
static int use_recipe(const char *name, struct train_values *values, struct error *error)
{
	if (recipe_apply(name, train_options, values, error))
		return -1;
	memset(&values->given, 0, sizeof values->given);
	values->recipe_optimizer = values->settings.optimizer.kind;
	return 0;
}

static void train_defaults_set(void *v)
{
	struct train_values *values = v;
	struct error error;

	*values = (struct train_values){
		.settings = settings_default(),
		.engine = {.kernels = "auto"},
		.model = "model.safetensors",
		.curves = "curves.csv",
	};
	if (use_recipe(recipes[0].name, values, &error))
		assert(false); /* the first recipe is right */
}

static int train_prepare(int argc, char *const *argv, void *values, struct error *error)
{
	const char *name = recipe_named(argc, argv);

	return name && strcmp(name, "list") ? use_recipe(name, values, error) : 0;
}

/* clang-format off */
const struct command command_train = {
	.name = "train", .summary = "train a network on the training images and save it",
	.options = train_options, .values_size = sizeof(struct train_values),
	.defaults = train_defaults_set, .prepare = train_prepare,
	.run = train_run, .explain = train_explain,
};
/* clang-format on */
