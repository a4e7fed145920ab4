/* Tables and lines for reading. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "app/curves.h"
#include "app/dataset.h"
#include "app/evaluate.h"
#include "nn/network.h"

/* Every layer with its arguments, output shape and number of parameters, and the sums. */
void report_network(FILE *out, const struct network *network);

/* `epoch 1/3  loss 0.1834  accuracy 0.9441  …  seconds   12.3` */
void report_epoch(FILE *out, const struct curves_row *row, int epochs);

/* Accuracy with its interval, loss, confusion matrix, and scores for each digit. */
void report_evaluation(FILE *out, const struct evaluation *evaluation);

/* The same as one JSON object on one line, with the model's file and the split's name. */
void report_evaluation_json(FILE *out, const struct evaluation *evaluation, const char *model,
							const char *split);

/* `text` as a JSON string. */
void report_json_text(FILE *out, const char *text);

#endif
