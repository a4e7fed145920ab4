/* The files that eval writes: predictions and confusion as CSV, the mistakes as a sheet. */
#ifndef CLI_EVAL_FILES_H
#define CLI_EVAL_FILES_H

#include "app/dataset.h"
#include "app/evaluate.h"
#include "base/error.h"

/* A row for each: index,label,prediction,probability. */
int eval_write_predictions(const char *path, const struct prediction *predictions, size_t count,
						   struct error *error);

/* A row for each label, a column for each prediction. */
int eval_write_confusion(const char *path, const struct evaluation *evaluation,
						 struct error *error);

/* The digits that were misread, those first to whose label the least probability was given. More
 * than EVAL_MOST_MISTAKES are left out. *shown is how many are on the sheet. */
#define EVAL_MOST_MISTAKES 500
int eval_write_mistakes(const char *path, const struct dataset *dataset,
						const struct prediction *predictions, size_t count, size_t *shown,
						struct error *error);

#endif
