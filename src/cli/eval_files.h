/* The files that eval writes: predictions and confusion as CSV, the mistakes as a sheet. */
#ifndef CLI_EVAL_FILES_H
#define CLI_EVAL_FILES_H

#include "app/dataset.h"
#include "app/evaluate.h"
#include "base/error.h"

/* Write a row for each prediction: index,label,prediction,probability. */
int eval_write_predictions(const char *path, const struct prediction *predictions, size_t count,
						   struct error *error);

/* Write a row for each label, with a column for each prediction. */
int eval_write_confusion(const char *path, const struct evaluation *evaluation,
						 struct error *error);

/* Write a sheet of the misread digits, the worst first: those to whose label the network gave the
 * least probability. Of more than EVAL_MOST_MISTAKES the others are left out. *shown counts those
 * on the sheet. */
#define EVAL_MOST_MISTAKES 500
int eval_write_mistakes(const char *path, const struct dataset *dataset,
						const struct prediction *predictions, size_t count, size_t *shown,
						struct error *error);

#endif
