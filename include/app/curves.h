/* The learning curves as CSV, one row an epoch, in the file as each epoch ends. */
#ifndef APP_CURVES_H
#define APP_CURVES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct curves_row {
	int epoch; /* from 1 */
	double accuracy, loss; /* running means of the epoch, dropout on */
	bool has_val;
	double val_accuracy, val_loss;
	double learning_rate; /* of the last step */
	double seconds;       /* of training, without validation */
	bool has_train;
	double train_accuracy, train_loss; /* of the training images afterwards, dropout off */
};

struct curves {
	FILE *file;
	const char *path; /* borrowed */
};

/* The header is written at once, and so is each row: whole, or not at all. */
int curves_open(struct curves *curves, const char *path, struct error *error);
int curves_append(struct curves *curves, const struct curves_row *row, struct error *error);
int curves_close(struct curves *curves, struct error *error);

#endif
