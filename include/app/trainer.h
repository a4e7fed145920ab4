/* The training loop. */
#ifndef APP_TRAINER_H
#define APP_TRAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/augment.h"
#include "app/curves.h"
#include "app/dataset.h"
#include "base/error.h"
#include "nn/network.h"

struct train_options {
	int epochs;
	int batch_size; /* the network's, too */
	double val_split;
	size_t limit; /* images used; 0: all */
	uint64_t seed;
	float learning_rate, beta1, beta2;
	struct augment augment; /* of the training images; what is measured stays as it is */
	bool eval_train;
};

/* 3 epochs, batch 64, split 0.2, seed 1, learning rate 1e-3, Adam's usual betas. */
struct train_options train_defaults(void);

struct train_progress {
	int epoch, epochs;
	size_t seen, total; /* images of this epoch */
	double seconds;     /* of training in this epoch */
	double loss, accuracy; /* running means of this epoch */
};

/* Who watches. Either function may be NULL. */
struct train_observer {
	void *context;
	void (*batch)(void *context, const struct train_progress *progress);
	/* After each epoch, validation included. Where it fails, training ends. */
	int (*epoch)(void *context, const struct curves_row *row, struct error *error);
};

struct train_result {
	int epochs_done; /* whole epochs, measured */
	uint64_t steps;  /* updates of the weights */
	bool stopped;    /* by *stop: the weights are those of the last finished step */
	struct curves_row last; /* of the last whole epoch; epoch 0 where there is none */
};

/* Train an initialized network, whose batch size is at least options->batch_size. Fails when it
 * does not tell DATASET_CLASSES classes apart, when a loss or a weight is no longer finite (the
 * message says what to try, and nothing of it is observed), or when the observer fails. `stop` may
 * be NULL; it is looked at before each step and each batch of the validation. */
int train(struct network *network, const struct dataset *dataset, const struct split *split,
		  const struct train_options *options, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error);

#endif
