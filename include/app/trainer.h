/* The training loop. */
#ifndef APP_TRAINER_H
#define APP_TRAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/curves.h"
#include "app/dataset.h"
#include "app/settings.h"
#include "base/error.h"
#include "nn/executor.h"

/* How long a training is. Its last epoch, if it is a part of one, has that part of the steps,
 * rounded, but at least one. */
struct train_length {
	uint64_t epoch_steps; /* of a whole epoch */
	uint64_t steps;       /* in all */
	int epochs;           /* begun: rows of curves.csv */
};

struct train_length train_length(const struct settings *settings, size_t train_count);

struct train_progress {
	int epoch, epochs;
	size_t seen, total;    /* images of this epoch */
	double left;           /* images until the end of the last epoch */
	double seconds;        /* of training in this epoch */
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
	int epochs_done; /* finished and measured */
	uint64_t steps;  /* updates of the weights */
	bool stopped;    /* by *stop */
	/* Of the epoch whose weights the network has now: with patience the best, else the last. Epoch 0
	 * where they are of no finished one: those of the last step before *stop. */
	struct curves_row kept;
};

/* Train the initialized network of an executor whose batch size is at least settings->batch_size. Fails when it
 * does not tell DATASET_CLASSES classes apart, when a loss or a weight is no longer finite (the
 * message says what to try, and nothing of it is observed), or when the observer fails. `stop` may
 * be NULL; it is looked at before each step and each batch of the validation. Patience needs
 * validation images. However the training ends, the weights of the best epoch are the ones then kept. */
int train(struct executor *executor, const struct dataset *dataset, const struct split *split,
		  const struct settings *settings, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error);

#endif
