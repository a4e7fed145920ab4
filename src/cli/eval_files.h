/* Files that eval makes of a network's answers. Each is made in memory and written as a whole, and
 * announced on stderr with its count, unless quiet. */
#ifndef CLI_EVAL_FILES_H
#define CLI_EVAL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "app/dataset.h"
#include "app/evaluate.h"
#include "cli/report.h"

struct eval_file {
	const char *path; /* NULL: it is not wanted, and nothing happens */
	bool quiet;
};

/* A row for each image: index,label,prediction,probability. */
int eval_write_predictions(struct eval_file file, const struct prediction *predictions,
						   size_t count, const struct classes *classes, struct error *error);

/* A row for each label, with a column for each prediction. */
int eval_write_confusion(struct eval_file file, const struct evaluated *evaluated,
						 struct error *error);

/* A sheet of the images that the network misreads, the worst first. With the answers of a `rival`
 * to the same images, it is of those that only the one misreads, and then of those that only the
 * other does. */
int eval_write_mistakes(struct eval_file file, const struct dataset *dataset,
						const struct classes *classes, const struct prediction *predictions,
						const struct prediction *rival, size_t count, struct error *error);

#endif
