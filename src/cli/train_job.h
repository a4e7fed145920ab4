/* A training as the command train runs it, and what it leaves: model, curves, checkpoints. */
#ifndef CLI_TRAIN_JOB_H
#define CLI_TRAIN_JOB_H

#include <signal.h>
#include <stdbool.h>

#include "app/checkpoint.h"
#include "app/curves.h"
#include "app/model.h"
#include "app/trainer.h"
#include "app/verdict.h"
#include "base/draft.h"
#include "base/error.h"
#include "cli/advice.h"
#include "cli/progress.h"
#include "cli/rescue.h"
#include "cli/train_line.h"

struct job {
	const struct train_values *values;
	struct checkpoint from;  /* that --resume names */
	struct safetensors init; /* the file that --init names, and how it was understood */
	struct weights_match match;
	char init_spec[MODEL_SPEC_TEXT];
	struct dataset dataset;
	struct split split;
	struct engine engine;
	struct network network;
	struct executor *executor;
	int epochs; /* whole or not: the rows of the curves */
	struct draft model, checkpoint;
	char stopped_model[PATH_SIZE]; /* the model's file where the training is stopped */
	struct curves curves;
	struct epoch_figures *rows; /* [epochs], of which row_count are there */
	int row_count;
	uint32_t data_checksum; /* of the data set; only for checkpoints */
	struct train_texts texts;
	double saved_at; /* the seconds of base/clock.h when a checkpoint was saved last */
	FILE *table;     /* where the epochs' rows go; NULL: nowhere */
	struct progress progress;
	double began_at;                   /* likewise, of the training */
	double told_at;                    /* likewise, when JSON last told of a step; 0: not yet */
	const volatile sig_atomic_t *stop; /* the signal that asked for the end, or 0 */
	/* Which was reported. The first two are then no longer written to; a checkpoint is. */
	bool stdout_failed, curves_failed, checkpoint_failed;
};

/* The file beside the model's where the network of a training goes that does not come to its end:
 * "out/m.stopped.safetensors" for "out/m.safetensors". A device or pipe stands for itself. */
int job_name_stopped_model(struct job *job, struct error *error);

/* Have names and room for what will be written. Signals are caught by now, and whoever ends the
 * program by a second one removes the drafts. */
int job_open_outputs(struct job *job, struct error *error);

/* Report an output that failed: a model is worth more than that. */
void job_report_lost(struct error *error);

/* The functions of a train_observer for checkpoints. */
int job_begin(void *job, struct trainer *trainer, struct error *error);
void job_pause(void *job, const struct trainer *trainer, enum train_moment moment);

/* Calibrate the network, and write it to the model's file or, where the training has not come to
 * its end, beside it. rescue->path is where it went. */
int job_save_model(struct job *job, const struct train_result *result, struct rescue *rescue,
				   struct error *error);

/* Print words on standard error: what begins, why it ended, and which files there are now. */
void train_report_preamble(const struct job *job);
void train_report_end(const struct job *job, const struct train_result *result, const char *model);

/* The verdict on the curves so far, and its words (advice.h). */
struct verdict train_verdict(const struct job *job);
void train_verdict_text(const struct job *job, const struct verdict *verdict,
						char lines[2][VERDICT_LINE]);

/* Print objects of JSON on standard output, each on a line, with "event" as first member: "begin",
 * with all that the training depends on; "step", the first one and then at most one a second;
 * "epoch", with the columns of the curves; "end", also where the training failed. train_json_step
 * returns false where it is too early for one. */
void train_json_begin(const struct job *job);
bool train_json_step(struct job *job, const struct train_progress *progress);
void train_json_epoch(const struct epoch_figures *figures);
void train_json_end(const struct job *job, const struct train_result *result, const char *model);
void train_json_failed(const struct job *job, const struct error *error);

#endif
