/* The training: one step after another, and what is measured after each epoch.
 *
 *     trainer_open(&trainer, executor, &dataset, &split, &settings, &error);
 *     while (!trainer_is_done(&trainer)) {
 *         while (!trainer_has_epoch(&trainer))
 *             trainer_step(&trainer, &error);
 *         trainer_finish_epoch(&trainer, NULL, &figures, &error);
 *     }
 *     trainer_finish(&trainer, &result, &error);
 *     trainer_close(&trainer);
 *
 * train() is that loop, with somebody who watches and may stop it. */
#ifndef APP_TRAINER_H
#define APP_TRAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "app/epoch.h"
#include "app/settings.h"
#include "app/warp.h"
#include "base/error.h"
#include "nn/executor.h"
#include "nn/optimizer.h"

/* How long a training is. Its last epoch, if it is a part of one, has that part of the steps,
 * rounded, but at least one: 2.5 epochs of 13 steps are 33 steps in 3 epochs. */
struct train_length {
	uint64_t epoch_steps; /* of a whole epoch */
	uint64_t steps;       /* in all */
	int epochs;           /* begun: rows of curves.csv */
};

struct train_length train_length(const struct settings *settings, size_t train_count);

/* True where patience has run out after `epochs` epochs, of which number `best` is the best. */
bool train_is_out_of_patience(const struct settings *settings, int epochs, int best);

/* Where a training is. Together with the weights, the best epoch's weights and the optimizer's numbers
 * this is all that changes in its course; everything else follows from the settings. */
struct train_state {
	uint64_t step; /* updates of the weights so far */
	int epoch;     /* from 1; the one that the next step belongs to */
	/* Of this epoch: images, those of them that were read right, the sum of their losses, and the
	 * seconds that it took. */
	size_t seen, correct;
	double loss, seconds;
	float learning_rate;       /* of the last step */
	struct epoch_figures kept; /* with patience of the best epoch, else of the last one */
};

struct trainer {
	struct train_state state;

	/* What was given, and what follows from it. */
	struct executor *executor;
	struct executor *measures; /* the same, or one of its own with batches for all workers */
	const struct network *network;
	const struct dataset *dataset;
	const struct split *split;
	const struct settings *settings;
	struct train_length length;
	struct augmenter augmenter;
	struct optimizer optimizer;
	float *best; /* the best epoch's values; NULL without patience */

	uint32_t *order;   /* of the training images, in the epoch `order_epoch` */
	int order_epoch;   /* 0: in none yet */
	uint8_t *labels;   /* of a batch */
	float *val_logits; /* of the validation after the epoch that is kept: [val_count][classes] */
	float *new_logits; /* of the latest one; the same buffer without patience */
	bool diverged;     /* a loss or a weight was no longer finite */
};

struct train_result {
	int epochs_done; /* finished and measured */
	uint64_t steps;  /* updates of the weights */
	bool stopped;    /* before its end */
	bool diverged;   /* failed, since a loss or a weight was no longer finite */
	/* Of the epoch whose weights the network has now: with patience the best, else the last. Epoch 0
	 * where they are of no finished one, but of the last step before it was stopped. */
	struct epoch_figures kept;
	double temperature; /* that calibrates these weights, by the validation images: calibrate.h */
};

/* Begin to train the initialized network of an executor, which takes batches of settings->batch_size
 * and tells DATASET_CLASSES classes apart. Patience needs validation images. All that is given must
 * outlive the trainer. Close it also after an error. */
int trainer_open(struct trainer *trainer, struct executor *executor, const struct dataset *dataset,
				 const struct split *split, const struct settings *settings, struct error *error);
void trainer_close(struct trainer *trainer);

/* True after the last epoch, or when patience has run out. */
bool trainer_is_done(const struct trainer *trainer);

/* One batch and one update of the weights. Fails where the loss is no longer finite. */
int trainer_step(struct trainer *trainer, struct error *error);

/* True where all steps of an epoch are done, and it is to be finished. */
bool trainer_has_epoch(const struct trainer *trainer);

/* Measure what the epoch came to, and go on to the next one. `stop` may be NULL; where it ends the
 * measurement, the epoch is not finished, and figures->epoch is 0. Fails where a weight or a loss is
 * no longer finite. */
int trainer_finish_epoch(struct trainer *trainer, const volatile sig_atomic_t *stop,
						 struct epoch_figures *figures, struct error *error);

/* End the training where it is: go back to the best epoch's weights where there are any, and
 * calibrate. Fails where a weight is no longer finite. */
int trainer_finish(struct trainer *trainer, struct train_result *result, struct error *error);

struct train_progress {
	int epoch, epochs;
	size_t seen, total;    /* images of this epoch */
	double left;           /* images until the end of the last epoch */
	double seconds;        /* of training in this epoch */
	double loss, accuracy; /* running means of this epoch */
};

/* Who watches, after each step and each epoch. Either function may be NULL. */
struct train_observer {
	void *context;
	void (*batch)(void *context, const struct train_progress *progress);
	void (*epoch)(void *context, const struct epoch_figures *figures);
};

/* Train from beginning to end. `stop` and `observer` may be NULL; *stop is looked at before each step
 * and each batch of what is measured. However the training ends, the best epoch's weights are kept. After
 * an error, of `result` only `diverged` counts. */
int train(struct executor *executor, const struct dataset *dataset, const struct split *split,
		  const struct settings *settings, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error);

#endif
