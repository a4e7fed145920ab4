/* What an epoch of training came to. */
#ifndef APP_EPOCH_H
#define APP_EPOCH_H

#include <stdbool.h>

struct epoch_figures {
	int epoch;             /* from 1; 0: these are of no finished epoch */
	double accuracy, loss; /* running means of the epoch, dropout on */
	bool has_val;
	double val_accuracy, val_loss;
	double learning_rate; /* of the last step */
	double seconds;       /* of training, without validation */
	bool has_train;
	double train_accuracy, train_loss; /* of the training images afterwards, dropout off */
};

/* True where `figures` are the better ones: those with the lower val_loss. The loss decides and not
 * the accuracy, which moves in steps of whole images, by chance as much as by learning, and does not
 * tell a network that grows too sure of itself. */
bool epoch_is_better(const struct epoch_figures *figures, const struct epoch_figures *than);

#endif
