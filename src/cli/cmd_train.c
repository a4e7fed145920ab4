/* mnist-cnn train: load, split, build, train, save. Whatever can be wrong is checked before the
 * first step; whatever happens later, the trained weights are not lost. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "app/dataset.h"
#include "app/model.h"
#include "base/clock.h"
#include "base/draft.h"
#include "base/path.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/loading.h"
#include "cli/recipe.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/stop.h"
#include "cli/train_job.h"
#include "nn/optimizer.h"

/* Refuse to write a new training's checkpoints over that of another which could still go on. */
static int check_checkpoint(const struct train_values *values, struct error *error)
{
	const char *path = values->checkpoint;
	struct checkpoint old;

	/* Only a regular file is the same as itself. */
	if (!path || !file_is_same(path, path) ||
		(values->resume && file_is_same(path, values->resume)))
		return 0;
	if (checkpoint_load(path, &old, error))
		return error->is_scarcity ? -1 : 0; /* no checkpoint */
	const bool is_done = train_state_is_done(&old.state, &old.settings);
	checkpoint_free(&old);
	if (is_done)
		return 0;
	if (file_check_replace(path, error)) /* it is on its way, by another process */
		return -1;
	return error_set(error,
					 "%s: is the checkpoint of a training that is not finished: go on with it by "
					 "--resume, remove it, or name another file",
					 path);
}

/* Put the values of a checkpoint in the place of those that the line does not give. */
static enum command_status take_up(struct job *job, struct train_values *values,
								   struct error *error)
{
	const bool saves = values->checkpoint || values->resume;

	if (!saves && options_given(train_options, values, "checkpoint-every")) {
		error_set(error, "--checkpoint-every needs --checkpoint FILE");
		return STATUS_USAGE;
	}
	if (values->resume && checkpoint_load(values->resume, &job->from, error))
		return STATUS_FAILED;
	if (values->resume && train_line_resume(values, &job->from, error))
		return STATUS_USAGE;
	return check_checkpoint(values, error) ? STATUS_FAILED : STATUS_DONE;
}

/* Read the file that --init names. Its network is that of the training, unless the line names one.
 * A training that is resumed has begun. */
static enum command_status take_init(struct job *job, struct train_values *values,
									 struct error *error)
{
	if (!values->init || values->resume)
		return STATUS_DONE;
	if (!strcmp(values->init, "builtin"))
		values->init = MODEL_BUILTIN;
	if (model_read(values->init, &job->init, error))
		return STATUS_FAILED;
	if (!options_given(train_options, values, "network") && model_spec(&job->init, job->init_spec))
		values->network = job->init_spec;
	return STATUS_DONE;
}

/* Check what only the command line can get wrong. */
static int check_line(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	struct spec spec;
	const struct file_option files[] = {
		{"--model", values->model, true},
		{"--curves", values->curves, true},
		{"--checkpoint", values->checkpoint, true},
		{"the model of a stopped training", job->stopped_model, true},
		{NULL, NULL, false}};

	if (spec_parse(values->network, &spec, error))
		return error_prefix(error, "--network");
	if (!strcmp(values->model, "builtin"))
		return error_set(error, "--model builtin: that is the network in the program; ./builtin is "
								"a file");
	if (values->settings.patience && values->settings.val_split == 0)
		return error_set(error, "--patience needs validation images, but --val-split is 0");
	if (job_name_stopped_model(job, error) || files_check_distinct(files, &values->data, error))
		return -1;
	job->table = values->common.quiet || values->json ? NULL : files_report_stream(files, false);
	if (files_check_json(files, values->json, error))
		return -1;
	return engine_open(&job->engine, values->engine.kernels, (int)values->engine.threads, error);
}

/* Take from the engine's memory what is not the network's: the images, and the numbers that a
 * training keeps of each parameter. */
static void set_aside(struct job *job)
{
	const struct dataset *dataset = &job->dataset;
	const size_t numbers = optimizer_rule(job->values->settings.optimizer.kind)->numbers;
	const size_t images = dataset->count * (size_t)dataset->height * (size_t)dataset->width;
	const size_t kept = (numbers + 1) * job->network.value_count; /* one: of the best epoch */

	engine_set_aside(&job->engine, images);
	engine_set_aside(&job->engine,
					 kept < SIZE_MAX / sizeof(float) ? kept * sizeof(float) : SIZE_MAX);
}

/* Build the network for these data. Its weights are drawn when there is memory for all of it. */
static int build(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	const struct dataset *dataset = &job->dataset;

	if (model_build(&job->network, values->network, dataset->height, dataset->width,
					dataset->classes.count, error))
		return error_prefix(error, "--network");
	set_aside(job);
	job->executor = executor_open(&job->network, &job->engine, values->settings.batch_size,
								  EXECUTOR_TRAIN, error);
	if (!job->executor) {
		error_append(error, "; a smaller --batch-size or network needs less");
		return error_prefix(error, "--network");
	}
	/* The trainer may want a second one for its measurements. */
	engine_set_aside(&job->engine, executor_memory(job->executor));
	network_init(&job->network, values->settings.seed);
	executor_prepare(job->executor);
	return 0;
}

/* Give the new network the weights that --init names, and its input the scale that belongs to
 * them. */
static int take_weights(struct job *job, struct train_values *values, struct error *error)
{
	struct network *network = &job->network;

	if (values->input_scale.deviation > 0)
		network->scale = values->input_scale;
	if (!values->init || values->resume)
		return 0;
	if (model_scale(&job->init, values->input_scale, &network->scale, error) ||
		weights_match(network, &job->init, true, &job->match, error) ||
		model_flatten(&job->init, values->flatten, &job->match, error) ||
		weights_take(network, &job->match, error))
		return error_prefix(error, "%s", values->init);
	values->input_scale = network->scale; /* which a checkpoint remembers */
	executor_prepare(job->executor);
	return 0;
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

/* The facts for checkpoints of this training; and those that the resumed one has. */
static int prepare_checkpoint(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;
	const struct checkpoint *from = &job->from;

	job->data_checksum = dataset_checksum(&job->dataset);
	train_line_texts(values, job->dataset.place, &job->texts);
	if (!values->resume)
		return 0;
	if (from->data != job->data_checksum)
		return error_set(error, "%s: the images in %s are not those that the training began with",
						 values->resume, job->dataset.place);
	job->row_count = from->state.epoch - 1;
	if (job->row_count > job->epochs)
		return error_set(error, "%s: %d epochs of a training of %d", values->resume, job->row_count,
						 job->epochs);
	memcpy(job->rows, from->rows, (size_t)job->row_count * sizeof *job->rows);
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
	return values->checkpoint ? prepare_checkpoint(job, error) : 0;
}

static void flush_rows(struct job *job)
{
	struct error error;

	job->stdout_failed = command_flush(&error);
	if (job->stdout_failed)
		job_report_lost(&error);
}

static void on_batch(void *context, const struct train_progress *state)
{
	struct job *job = context;

	if (!*job->stop)
		progress_draw(&job->progress, state);
	if (job->values->json && !job->stdout_failed && train_json_step(job, state))
		flush_rows(job);
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
		job_report_lost(&error);
	}
	if (job->stdout_failed)
		return;
	if (job->values->json)
		train_json_epoch(figures);
	else if (job->table)
		report_epoch(job->table, figures, job->epochs);
	flush_rows(job);
}

/* Print what begins, for people and for programs. */
static void print_beginning(struct job *job)
{
	if (!job->values->common.quiet)
		train_report_preamble(job);
	if (job->values->json)
		train_json_begin(job);
	else if (job->table)
		report_epoch_head(job->table, job->epochs, job->split.val_count > 0,
						  job->values->settings.eval_train);
	flush_rows(job);
}

/* Print what came of it; `model` is NULL where nothing was saved. */
static void print_end(const struct job *job, const struct train_result *result, const char *model)
{
	if (job->values->json && !job->stdout_failed)
		train_json_end(job, result, model);
	if (job->values->common.quiet)
		return;
	if (model)
		train_report_end(job, result, model);
	else
		fprintf(stderr, "stopped before the first step: nothing was learned or saved\n");
}

static int save(struct job *job, const struct train_result *result, struct error *error)
{
	struct rescue rescue = rescue_here();
	const bool learned = result->steps > 0;

	if (learned && job_save_model(job, result, &rescue, error))
		return -1;
	print_end(job, result, learned ? rescue.path : NULL);
	return 0;
}

/* Save the last good epoch of a training that has diverged, if there is one, and say where. */
static void save_last_good(struct job *job, const struct train_result *result, struct error *error)
{
	struct rescue rescue = rescue_here();
	struct error second;

	advise_on_divergence(&job->values->settings, error);
	if (!result->kept.epoch)
		return;
	if (job_save_model(job, result, &rescue, &second))
		error_append(error, "; the network of epoch %d: %s", result->kept.epoch, second.text);
	else
		error_append(error, "; the network as it was after epoch %d is in %s", result->kept.epoch,
					 rescue.path);
}

static int train_and_save(struct job *job, struct error *error)
{
	const struct train_observer observer = {.context = job,
											.begin = job_begin,
											.batch = on_batch,
											.epoch = on_epoch,
											.pause = job_pause};
	const struct train_values *values = job->values;
	const bool quiet = values->common.quiet;
	struct train_result result;

	progress_open(&job->progress, stderr,
				  (struct progress_wanted){.quiet = quiet,
										   .no_color = values->common.no_color,
										   .no_live = values->no_live,
										   .epochs = values->settings.epochs});
	job->progress.images = (double)job->row_count * (double)job->split.train_count;
	job->stop = stop_catch_signals(quiet, job->progress.stream != NULL);
	if (job_open_outputs(job, error))
		return STATUS_FAILED;
	job->began_at = clock_seconds();
	print_beginning(job);
	const int trained = train(job->executor, &job->dataset, &job->split, &values->settings,
							  &observer, job->stop, &result, error);
	progress_clear(&job->progress);
	progress_finish(&job->progress);
	if (result.diverged)
		save_last_good(job, &result, error);
	if (trained || save(job, &result, error) || curves_close(&job->curves, error)) {
		if (values->json && !job->stdout_failed)
			train_json_failed(job, error);
		return STATUS_FAILED;
	}
	if (*job->stop)
		return 128 + *job->stop; /* as a shell reports a death by signal */
	return job->stdout_failed || job->curves_failed || job->checkpoint_failed ? STATUS_FAILED
																			  : STATUS_DONE;
}

/* Do what the line says. Returns an exit status; the caller closes what was opened. */
static int carry_out(struct job *job, struct train_values *values, struct error *error)
{
	int status = take_up(job, values, error);

	if (status == STATUS_DONE)
		status = take_init(job, values, error);
	if (status != STATUS_DONE)
		return status;
	if (train_line_settle_optimizer(values, error) ||
		engine_values_settle(&values->engine, error) || check_line(job, error))
		return STATUS_USAGE;
	if (load(job, error))
		return STATUS_FAILED;
	if (build(job, error))
		return STATUS_USAGE;
	if (take_weights(job, values, error) || prepare(job, error))
		return STATUS_FAILED;
	return train_and_save(job, error);
}

/* `job` is zeroed, and holds nothing in the end. */
static int job_run(struct job *job, struct train_values *values, struct error *error)
{
	struct error ignored;

	job->values = values;
	const int status = carry_out(job, values, error);
	draft_close(&job->model, &ignored); /* the error before this one was reported */
	draft_close(&job->checkpoint, &ignored);
	curves_close(&job->curves, &ignored);
	checkpoint_free(&job->from);
	safetensors_free(&job->init);
	free(job->rows);
	executor_close(job->executor);
	network_free(&job->network);
	engine_close(&job->engine);
	split_free(&job->split);
	dataset_free(&job->dataset);
	return status;
}

static int train_run(void *values, int operand_count, char **operands, struct error *error)
{
	const struct train_values *line = values;
	struct job *job;
	int status = STATUS_FAILED;

	(void)operand_count, (void)operands;
	if (line->recipe && !strcmp(line->recipe, "list")) {
		recipe_list(stdout);
		return STATUS_DONE;
	}
	job = calloc(1, sizeof *job);
	if (job)
		status = job_run(job, values, error);
	else
		error_scarce(error, "not enough memory for a training");
	free(job);
	return status;
}

/* clang-format off */
const struct command command_train = {
	.name = "train", .summary = "train a network on the training images and save it",
	.options = train_options, .values_size = sizeof(struct train_values),
	.defaults = train_defaults_set, .prepare = train_prepare,
	.run = train_run, .explain = train_explain,
};
/* clang-format on */
