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
 * train() is that loop, which somebody may watch and stop. */
#ifndef APP_TRAINER_H
#define APP_TRAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/augmenter.h"
#include "app/dataset.h"
#include "app/epoch.h"
#include "app/settings.h"
#include "base/error.h"
#include "nn/executor.h"
#include "nn/optimizer.h"

/* The length of a training. Its last epoch may be a part of one, and then has that part of the
 * steps, rounded, but at least one: 2.5 epochs of 13 steps are 33 steps in 3 epochs. */
struct train_length {
	uint64_t epoch_steps; /* of a whole epoch */
	uint64_t steps;       /* in all */
	int epochs;           /* whole or not: the rows of curves.csv */
};

struct train_length train_length(const struct settings *settings, size_t train_count);

/* The largest mean loss of a batch, or of a measurement after an epoch: guessing has log(classes),
 * and what is learned with a million times that is lost in the rounding of floats. */
#define TRAIN_LOSS_MOST 1e9

/* True where `best`, the number of the best epoch so far, is settings->patience epochs or more
 * before the last one, number `epochs`. Epoch 0 is none, and a patience of 0 does not run out. */
bool train_is_out_of_patience(const struct settings *settings, int epochs, int best);

/* Beside this only the weights, the kept epoch's weights and logits, and the optimizer's numbers
 * change in a training; all the rest follows from the settings. */
struct train_state {
	uint64_t step; /* updates of the weights so far */
	int epoch;     /* from 1; the one that the next step belongs to */
	/* Of this epoch so far: images, digits among them, those read right, the sum of their losses,
	 * and the seconds. */
	size_t seen, digits, correct;
	double loss, seconds;
	float learning_rate;       /* of the last step */
	struct epoch_figures kept; /* of the best epoch with patience, else of the last one */
};

/* True after the last epoch, or when patience has run out. */
bool train_state_is_done(const struct train_state *state, const struct settings *settings);

struct trainer {
	struct train_state state;

	/* Given by the caller, or computed from that once. */
	struct executor *executor;
	struct executor *evaluator; /* the same, or one of its own with batches for all workers */
	const struct network *network;
	const struct dataset *dataset;
	const struct split *split;
	const struct settings *settings;
	struct train_length length;
	struct augmenter *augmenter;
	struct optimizer optimizer;
	float *kept_values; /* the network's after the epoch that is kept */

	uint32_t *order;   /* [train_count]: the training images in the order of one epoch */
	int order_epoch;   /* the number of that epoch; 0 before the first one */
	uint16_t *labels;  /* of a batch */
	float *val_logits; /* [val_count][classes]: the validation of the epoch that is kept */
	float *new_logits; /* the latest validation; the same buffer without patience */
	bool diverged;     /* a loss or a weight has left all bounds */
};

struct train_result {
	int epochs_done; /* finished and measured */
	uint64_t steps;  /* updates of the weights */
	bool stopped;    /* by the caller, before its end */
	bool diverged;   /* it failed because a loss or a weight has left all bounds */
	/* The figures of the epoch whose weights the network has now: of the best epoch with patience,
	 * else of the last. The epoch is 0 where the weights are those of a step in mid-epoch. */
	struct epoch_figures kept;
	double temperature; /* of these weights on the validation images (evaluate.h) */
};

/* Begin to train the initialized network of an executor. The executor takes batches of
 * settings->batch_size, and the network has at most CLASSES_MOST classes. Patience needs validation
 * images. All arguments must outlive the trainer. Close it also after an error. */
int trainer_open(struct trainer *trainer, struct executor *executor, const struct dataset *dataset,
				 const struct split *split, const struct settings *settings, struct error *error);
void trainer_close(struct trainer *trainer);

bool trainer_is_done(const struct trainer *trainer);

/* True where a training of this length and of these images can come to that state. */
bool trainer_accepts(const struct trainer *trainer, const struct train_state *state);

/* One batch and one update of the weights. Fails where the loss is no longer finite, or above
 * TRAIN_LOSS_MOST. */
int trainer_step(struct trainer *trainer, struct error *error);

/* True where all steps of an epoch are done, so that it can be finished. */
bool trainer_has_epoch(const struct trainer *trainer);

/* Measure the epoch, and go on to the next one. Where *stop ends the measurement early, the epoch
 * is not finished and figures->epoch is 0; `stop` may be NULL. Fails as a step does, and where a
 * weight is no longer finite. */
int trainer_finish_epoch(struct trainer *trainer, const volatile sig_atomic_t *stop,
						 struct epoch_figures *figures, struct error *error);

/* End the training where it is: restore the best epoch's weights where there are any, and
 * calibrate. Fails where a weight is no longer finite. */
int trainer_finish(struct trainer *trainer, struct train_result *result, struct error *error);

/* After an error: give the network the weights of the epoch that is kept. result->kept.epoch is 0
 * where there is none yet, and then the weights are what they were. */
void trainer_go_back(struct trainer *trainer, struct train_result *result);

struct train_progress {
	int epoch, epochs;
	size_t seen, total;    /* images of this epoch */
	double left;           /* images until the end of the last epoch */
	double seconds;        /* of training in this epoch */
	double loss, accuracy; /* running means of this epoch's digits */
};

enum train_moment { AFTER_STEP, AFTER_EPOCH, AT_END };

/* Called before the first step, after each step and after each epoch. Any function may be NULL. */
struct train_observer {
	void *context;
	/* Here the trainer may be brought to where another one was (app/checkpoint.h). */
	int (*begin)(void *context, struct trainer *trainer, struct error *error);
	void (*batch)(void *context, const struct train_progress *progress);
	void (*epoch)(void *context, const struct epoch_figures *figures);
	/* Called last at these moments, and when the training ends or is stopped: all that would be
	 * needed to go on from here is in the trainer. */
	void (*pause)(void *context, const struct trainer *trainer, enum train_moment moment);
};

/* Train from beginning to end. *stop is looked at before each step and each batch of a measurement.
 * `stop` and `observer` may be NULL. However the training ends, with patience the best epoch's
 * weights are restored. Where it fails because it has diverged, the network has the weights of
 * epoch result->kept.epoch, unless that is 0; after any other error the result is not valid. */
int train(struct executor *executor, const struct dataset *dataset, const struct split *split,
		  const struct settings *settings, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error);

#endif
