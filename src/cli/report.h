/* Tables and lines for reading. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/curves.h"
#include "app/dataset.h"
#include "app/evaluate.h"
#include "nn/network.h"

/* A line for each thing that was done to the images while they were loaded; often none. */
void report_loading(FILE *out, const struct dataset *dataset);

/* Every layer with its text, output shape and number of trained parameters, and the sums; with_cost
 * adds the multiplications that one image takes as the layers are defined, so that zeros around an
 * image and all saved work count. */
void report_network(FILE *out, const struct network *network, bool with_cost);

/* The names of the columns, and a row for each epoch: epoch, loss, accuracy, val_loss,
 * val_accuracy, train_loss, train_accuracy, seconds. Columns that are not measured are left out. */
void report_epoch_head(FILE *out, int epochs, bool has_val, bool has_train);
void report_epoch(FILE *out, const struct epoch_figures *row, int epochs);

/* Accuracy with its interval, loss, calibration error, confusion matrix, and scores for each digit.
 * With `colour`, each count of the matrix is shaded by its share of the label's images. */
void report_evaluation(FILE *out, const struct evaluation *evaluation, bool colour);

/* The same as one JSON object on one line, with the model's file and the name of the split. */
void report_evaluation_json(FILE *out, const struct evaluation *evaluation, const char *model,
							const char *split);

#endif
