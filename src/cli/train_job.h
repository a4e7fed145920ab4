/* A training as the command train runs it, and what it leaves: model, curves, checkpoints. */
#ifndef CLI_TRAIN_JOB_H
#define CLI_TRAIN_JOB_H

#include <signal.h>
#include <stdbool.h>

#include "app/checkpoint.h"
#include "app/curves.h"
#include "app/trainer.h"
#include "base/draft.h"
#include "base/error.h"
#include "cli/progress.h"
#include "cli/rescue.h"
#include "cli/train_line.h"

struct job {
	const struct train_values *values;
	struct checkpoint from; /* that --resume names */
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
	struct progress progress;
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

#endif
