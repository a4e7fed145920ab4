/* The figures of one epoch of training. */
#ifndef APP_EPOCH_H
#define APP_EPOCH_H

#include <stdbool.h>

struct epoch_figures {
	int epoch;             /* from 1; 0 where the figures are of no finished epoch */
	double accuracy, loss; /* running means over its batches, with dropout on */
	bool has_val;
	double val_accuracy, val_loss;
	double learning_rate; /* of the last step */
	double seconds;       /* of training, without validation */
	bool has_train;
	/* Measured on the training images after the epoch, with dropout off. */
	double train_accuracy, train_loss;
};

/* True where `figures` have the lower val_loss. The loss decides and not the accuracy, because an
 * accuracy moves in steps of whole images, by chance as much as by learning, and does not show when
 * a network grows too sure of itself. */
static inline bool epoch_is_better(const struct epoch_figures *figures,
								   const struct epoch_figures *than)
{
	return figures->val_loss < than->val_loss;
}

#endif
