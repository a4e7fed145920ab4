/* The learning curves as CSV, one row an epoch, in the file as each epoch ends. */
#ifndef APP_CURVES_H
#define APP_CURVES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct curves_row {
	int epoch;             /* from 1 */
	double accuracy, loss; /* running means of the epoch, dropout on */
	bool has_val;
	double val_accuracy, val_loss;
	double learning_rate; /* of the last step */
	double seconds;       /* of training, without validation */
	bool has_train;
	double train_accuracy, train_loss; /* of the training images afterwards, dropout off */
};

/* Is it the better epoch? The best one is that with the lowest val_loss, and of equal ones the
 * first. The loss and not the accuracy, since that moves in steps of whole images, by chance as much
 * as by learning, and does not tell a network that grows too sure of itself. */
bool curves_better(const struct curves_row *row, const struct curves_row *than);

struct curves {
	FILE *file;
	const char *path; /* borrowed */
};

/* The header is written at once, and so is each row: whole, or not at all. */
int curves_open(struct curves *curves, const char *path, struct error *error);
int curves_append(struct curves *curves, const struct curves_row *row, struct error *error);
int curves_close(struct curves *curves, struct error *error);

#endif
