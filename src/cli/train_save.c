/* Whatever happens, what was learned is saved, and a good model is replaced by a finished one
 * only. */
#include <stdio.h>
#include <string.h>

#include "app/model.h"
#include "base/clock.h"
#include "base/path.h"
#include "cli/command.h"
#include "cli/train_job.h"

/* Bytes by which the metadata may be longer in the end than in the beginning. */
#define MORE_METADATA 4096

#define STOPPED ".stopped"

int job_name_stopped_model(struct job *job, struct error *error)
{
	const char *path = job->values->model, *name = path + path_folder_length(path);
	const char *point = strrchr(name, '.');
	/* Only a regular file is the same as itself. */
	const char *word = file_is_same(path, path) ? STOPPED : "";
	const size_t length = point > name ? (size_t)(point - path) : strlen(path);

	if (strlen(path) + strlen(word) >= PATH_SIZE)
		return error_set(error, "--model: a path of %zu bytes, the most is %zu", strlen(path),
						 PATH_SIZE - sizeof STOPPED);
	snprintf(job->stopped_model, PATH_SIZE, "%.*s%s%s", (int)length, path, word, path + length);
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

static int open_model(struct job *job, struct error *error)
{
	struct buffer bytes = {0};

	if (encode(job, &(struct train_result){.stopped = false}, &bytes, error))
		return -1;
	const size_t size = bytes.size + MORE_METADATA;
	buffer_free(&bytes);
	return draft_open(&job->model, job->values->model, error) ||
				   draft_reserve(&job->model, size, error)
			   ? -1
			   : 0;
}

int job_open_outputs(struct job *job, struct error *error)
{
	const struct train_values *values = job->values;

	if (open_model(job, error) || curves_open(&job->curves, values->curves, error) ||
		curves_append_all(&job->curves, job->rows, job->row_count, error))
		return -1;
	return values->checkpoint ? draft_open(&job->checkpoint, values->checkpoint, error) : 0;
}

void job_report_lost(struct error *error)
{
	error_prefix(error, "training goes on, but");
	command_fail(error);
}

/* ---- checkpoints ---- */

int job_begin(void *context, struct trainer *trainer, struct error *error)
{
	struct job *job = context;

	job->saved_at = clock_seconds();
	if (!job->values->resume)
		return 0;
	return checkpoint_resume(&job->from, job->data_checksum, trainer, error)
			   ? error_prefix(error, "%s", job->values->resume)
			   : 0;
}

static bool is_due(const struct job *job, const struct trainer *trainer, enum train_moment moment)
{
	const double every = job->values->checkpoint_every;

	if (!job->values->checkpoint || !trainer->state.step)
		return false;
	if (moment == AT_END)
		return true;
	return every == EVERY_EPOCH ? moment == AFTER_EPOCH : clock_seconds() - job->saved_at >= every;
}

static int save_checkpoint(struct job *job, const struct trainer *trainer, struct error *error)
{
	const struct checkpoint_origin origin = {
		.data = job->data_checksum,
		.rows = job->rows,
		.texts = job->texts.entries,
		.text_count = job->texts.count,
	};
	const char *path = job->values->checkpoint;
	struct buffer bytes;

	if (checkpoint_encode(trainer, &origin, &bytes, error))
		return error_prefix(error, "%s", path);
	const int status = draft_renew(&job->checkpoint, path, bytes.data, bytes.size, error);
	buffer_free(&bytes);
	return status;
}

void job_pause(void *context, const struct trainer *trainer, enum train_moment moment)
{
	struct job *job = context;
	const bool failed_before = job->checkpoint_failed;
	struct error error;

	if (!is_due(job, trainer, moment))
		return;
	job->checkpoint_failed = save_checkpoint(job, trainer, &error);
	job->saved_at = clock_seconds();
	if (!job->checkpoint_failed || (failed_before && moment != AT_END))
		return;
	progress_clear(&job->progress);
	if (moment == AT_END)
		command_fail(&error);
	else
		job_report_lost(&error);
}

/* ---- the model ---- */

int job_save_model(struct job *job, const struct train_result *result, struct rescue *rescue,
				   struct error *error)
{
	struct buffer bytes = {0};

	network_divide_logits(&job->network, (float)result->temperature);
	if (encode(job, result, &bytes, error))
		return -1;
	if (result->stopped)
		draft_redirect(&job->model, job->stopped_model);
	const int status = rescue_write(rescue, &job->model, &bytes, error);
	buffer_free(&bytes);
	return status;
}
