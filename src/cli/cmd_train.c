/* mnist-cnn train: load, split, build, train, save. Everything that can be wrong is looked at
 * before the first step; whatever happens later, the trained weights are not lost. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <float.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "app/curves.h"
#include "app/dataset.h"
#include "app/model.h"
#include "app/trainer.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "nn/kinds.h"

struct train_values {
	struct train_options options;
	struct engine_choice engine;
	const char *data, *network, *model, *curves;
	bool no_live;
	struct common_values common;
};

struct job {
	const struct train_values *values;
	struct dataset dataset;
	struct split split;
	struct engine engine;
	struct network network;
	struct curves curves;
	struct progress progress;
	bool stdout_failed, curves_failed; /* said, and not written to again */
};

/* The signal that asked for the end, or 0; and what is said to that, or "". */
static volatile sig_atomic_t stop_signal;
static const char *volatile stop_answer;

static void on_signal(int number)
{
	int old_errno = errno;
	ssize_t ignored = stop_signal ? 0 : write(STDERR_FILENO, stop_answer, strlen(stop_answer));

	(void)ignored;
	stop_signal = number;
	errno = old_errno;
}

/* The first Ctrl-C stops training, the second one the program. What the parent had us ignore, as
 * nohup does, stays ignored. */
static void catch_signal(int number)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

static void catch_signals(bool quiet, bool on_bar)
{
#define STOPPING "stopping after this step; a second Ctrl-C loses what was learned\n"
	stop_answer = quiet ? "" : on_bar ? "\r\033[J" STOPPING : STOPPING;
	catch_signal(SIGHUP);
	catch_signal(SIGINT);
	catch_signal(SIGTERM);
}

/* What the command line alone can get wrong. */
static int build(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	const struct shape input = {.h = DATASET_SIDE, .w = DATASET_SIDE, .c = 1};

	if (file_is_same(values->model, values->curves))
		return error_set(error, "--model and --curves are the same file: %s", values->curves);
	if (command_open_engine(&values->engine, &job->engine, error) != 0)
		return -1;
	if (network_build(&job->network, values->network, input, values->options.batch_size, true,
					  &job->engine, error) != 0)
		return error_prefix(error, "--network");
	if (job->network.classes != DATASET_CLASSES)
		return error_set(error, "--network: %d units before softmax, but there are %d digits",
						 job->network.classes, DATASET_CLASSES);
	network_init(&job->network, values->options.seed);
	return 0;
}

static int load(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	const struct train_options *options = &values->options;

	if (dataset_load(&job->dataset, values->data, DATASET_TRAIN, error) != 0)
		return -1;
	if (options->limit > job->dataset.count)
		return error_set(error, "--limit: %zu, but %s has %zu training images", options->limit,
						 job->dataset.directory, job->dataset.count);
	if (split_make(&job->split, job->dataset.count, options->limit, options->val_split,
				   options->seed, error) != 0)
		return -1;
	if (file_check_replace(values->model, error) != 0)
		return -1;
	return curves_open(&job->curves, values->curves, error); /* last, for it empties the file */
}

/* An output that fails in mid-training does not end it: the model is worth more. */
static void report_lost_output(const struct error *error)
{
	struct error longer = *error;

	error_prefix(&longer, "training goes on, but");
	command_fail(&longer);
}

static void flush_rows(struct job *job)
{
	struct error error;

	if (command_flush(&error) == 0)
		return;
	job->stdout_failed = true;
	report_lost_output(&error);
}

static void print_preamble(struct job *job)
{
	const struct train_options *options = &job->values->options;
	size_t batch = (size_t)options->batch_size;
	char augment[AUGMENT_TEXT];

	fprintf(stderr, "data   %zu training images in ", job->dataset.count);
	report_name(stderr, job->dataset.directory);
	fprintf(stderr, "\nsplit  %zu to train, %zu to validate (seed %llu)\n", job->split.train_count,
			job->split.val_count, (unsigned long long)options->seed);
	fprintf(stderr, "steps  %zu an epoch, of %zu images\n",
			(job->split.train_count + batch - 1) / batch, batch);
	fprintf(stderr, "adam   learning rate %g, beta1 %g, beta2 %g\n",
			(double)options->learning_rate, (double)options->beta1, (double)options->beta2);
	if (!augment_is_none(&options->augment))
		fprintf(stderr, "input  augmented with %s\n", augment_text(&options->augment, augment));
	fprintf(stderr, "speed  %s kernels, %d thread%s\n\n", job->engine.kernels->name,
			workers_count(job->engine.workers),
			workers_count(job->engine.workers) == 1 ? "" : "s");
	report_network(stderr, &job->network);
	fputc('\n', stderr);
	report_epoch_head(stdout, options->epochs, job->split.val_count > 0, options->eval_train);
	flush_rows(job);
}

static void on_batch(void *context, const struct train_progress *state)
{
	struct job *job = context;

	if (!stop_signal)
		progress_draw(&job->progress, state);
}

static int on_epoch(void *context, const struct curves_row *row, struct error *error)
{
	struct job *job = context;

	progress_clear(&job->progress);
	progress_epoch(&job->progress, row);
	if (!job->curves_failed && curves_append(&job->curves, row, error) != 0) {
		job->curves_failed = true;
		report_lost_output(error);
	}
	if (!job->values->common.quiet && !job->stdout_failed) {
		report_epoch(stdout, row, job->values->options.epochs);
		flush_rows(job);
	}
	return 0;
}

static int save(struct job *job, const struct train_result *result, struct error *error)
{
	const struct train_values *values = job->values;
	const struct model_info info = {
		.trained_here = true,
		.options = values->options,
		.result = *result,
		.train_count = job->split.train_count,
		.val_count = job->split.val_count,
	};

	if (result->steps == 0) {
		if (!values->common.quiet)
			fprintf(stderr, "stopped before the first step: nothing was learned or saved\n");
		return 0;
	}
	if (model_save(values->model, &job->network, &info, error) != 0)
		return -1;
	if (values->common.quiet)
		return 0;
	if (result->stopped)
		fprintf(stderr, "stopped after %d of %d epochs; what was learned is saved\n",
				result->epochs_done, values->options.epochs);
	report_name(stderr, values->model);
	fprintf(stderr, ": the network, %zu parameters\n", job->network.weight_count);
	if (!job->curves_failed) {
		report_name(stderr, values->curves);
		fprintf(stderr, ": the learning curves, a row for each epoch\n");
	}
	return 0;
}

static int train_and_save(struct job *job)
{
	const struct train_observer observer = {.context = job, .batch = on_batch, .epoch = on_epoch};
	const bool quiet = job->values->common.quiet;
	const struct progress_wanted wanted = {quiet, job->values->common.no_color, job->values->no_live};
	struct train_result result;
	struct error error;
	int trained;

	progress_open(&job->progress, stderr, wanted);
	catch_signals(quiet, job->progress.stream != NULL);
	if (!quiet)
		print_preamble(job);
	trained = train(&job->network, &job->dataset, &job->split, &job->values->options, &observer,
					&stop_signal, &result, &error);
	progress_clear(&job->progress);
	progress_finish(&job->progress);
	if (trained != 0 || save(job, &result, &error) != 0)
		return command_fail(&error);
	if (curves_close(&job->curves, &error) != 0)
		return command_fail(&error);
	if (stop_signal)
		return 128 + stop_signal; /* as a shell reports a death by signal */
	return job->stdout_failed || job->curves_failed ? STATUS_FAILED : STATUS_DONE;
}

static int train_run(const void *values, int operand_count, char **operands)
{
	struct job job = {.values = values};
	struct error error, ignored;
	int status;

	(void)operand_count;
	(void)operands;
	if (build(&job, &error) != 0) {
		status = command_misused(&command_train, &error);
	} else if (load(&job, &error) != 0) {
		status = command_fail(&error);
	} else {
		status = train_and_save(&job);
	}
	if (job.curves.file)
		curves_close(&job.curves, &ignored); /* after another error, which was reported */
	network_free(&job.network);
	engine_close(&job.engine);
	split_free(&job.split);
	dataset_free(&job.dataset);
	return status;
}

static void train_defaults_set(void *values)
{
	*(struct train_values *)values = (struct train_values){
		.options = train_defaults(),
		.engine = {.kernels = "auto"},
		.network = NETWORK_SPEC_REFERENCE,
		.model = "model.safetensors",
		.curves = "curves.csv",
	};
}

static void train_explain(FILE *out)
{
	fputs("SPEC is a list of layers, separated by blanks, that ends with softmax:\n", out);
	for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++)
		fprintf(out, "  %s\n", (*kind)->grammar);
	fputs("\n" HELP_AUGMENT_LIST "\n", out);
	augment_explain(out);
	fputs("\nA row for each epoch goes to stdout, everything else to stderr. Ctrl-C stops\n"
		  "after the current step and saves; a second Ctrl-C stops at once.\n",
		  out);
}

#define AT(field) offsetof(struct train_values, field)

static const struct option train_table[] = {
	{.name = "data", .type = OPTION_TEXT, .argument = "DIR", .offset = AT(data),
	 .help = HELP_DATA},
	{.name = "network", .type = OPTION_TEXT, .argument = "SPEC", .offset = AT(network),
	 .help = "the layers"},
	{.name = "epochs", .type = OPTION_INT, .argument = "E", .offset = AT(options.epochs),
	 .least = 1, .most = 100000, .help = "passes over the training images"},
	{.name = "batch-size", .type = OPTION_INT, .argument = "N", .offset = AT(options.batch_size),
	 .least = 1, .most = 65536, .help = "images a step"},
	{.name = "val-split", .type = OPTION_DOUBLE, .argument = "F", .offset = AT(options.val_split),
	 .min = 0, .max = 1, .below_max = true,
	 .help = "part of the images that validate; 0 trains on all of them"},
	{.name = "seed", .type = OPTION_UINT64, .argument = "N", .offset = AT(options.seed),
	 .most = UINT64_MAX,
	 .help = "of all randomness: the same seed gives the same model"},
	{.name = "learning-rate", .type = OPTION_FLOAT, .argument = "R",
	 .offset = AT(options.learning_rate), .min = 0, .above_min = true, .max = FLT_MAX,
	 .help = "step size of Adam"},
	{.name = "beta1", .type = OPTION_FLOAT, .argument = "F", .offset = AT(options.beta1),
	 .min = 0, .max = 1, .below_max = true,
	 .help = "decay of Adam's mean of gradients"},
	{.name = "beta2", .type = OPTION_FLOAT, .argument = "F", .offset = AT(options.beta2),
	 .min = 0, .max = 1, .below_max = true,
	 .help = "decay of Adam's mean of squared gradients"},
	{.name = "augment", .type = OPTION_AUGMENT, .argument = "LIST", .offset = AT(options.augment),
	 .help = "change the training images at random"},
	{.name = "limit", .type = OPTION_SIZE, .argument = "N", .offset = AT(options.limit),
	 .least = 1, .most = UINT32_MAX,
	 .help = "use only N images, chosen at random (default all)"},
	{.name = "eval-train", .type = OPTION_FLAG, .offset = AT(options.eval_train),
	 .help = "measure the training images, too, after each epoch with dropout off"},
	{.name = "model", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(model),
	 .help = "where the trained network goes"},
	{.name = "curves", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(curves),
	 .help = "where the learning curves go, as CSV"},
	{.name = "threads", .type = OPTION_SIZE, .argument = "N", .offset = AT(engine.threads),
	 .least = 1, .most = WORKERS_MAX,
	 .help = HELP_THREADS "; the model is the same for any number"},
	{.name = "kernels", .type = OPTION_TEXT, .argument = "NAME", .offset = AT(engine.kernels),
	 .help = HELP_KERNELS},
	{.name = "no-live", .type = OPTION_FLAG, .offset = AT(no_live),
	 .help = "no curves that grow under the progress bar"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};

const struct command command_train = {
	.name = "train",
	.summary = "train a network on the training images and save it",
	.options = train_table,
	.values_size = sizeof(struct train_values),
	.defaults = train_defaults_set,
	.run = train_run,
	.explain = train_explain,
};
