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

/* Every layer with its arguments, output shape and number of parameters, and the sums. */
void report_network(FILE *out, const struct network *network);

/* The same with the multiplications that one image takes, as the layers are defined: zeros
 * around an image and all skipped or saved work count. */
void report_network_cost(FILE *out, const struct network *network);

/* A row for each epoch, and the row above them that names the columns: epoch, loss, accuracy,
 * val_loss, val_accuracy, train_loss, train_accuracy, seconds, of which those that are not measured
 * are left out. */
void report_epoch_head(FILE *out, int epochs, bool has_val, bool has_train);
void report_epoch(FILE *out, const struct epoch_figures *row, int epochs);

/* Accuracy with its interval, loss, calibration error, confusion matrix, and scores for each digit.
 * With `colour` the matrix is shaded by the part of each label's images. */
void report_evaluation(FILE *out, const struct evaluation *evaluation, bool colour);

/* The same as one JSON object on one line, with the model's file and the split's name. */
void report_evaluation_json(FILE *out, const struct evaluation *evaluation, const char *model,
							const char *split);

/* `text` as a JSON string. */
void report_json_text(FILE *out, const char *text);

#endif
