/* The learning curves as a CSV file: one row an epoch, written as soon as the epoch ends. */
#ifndef APP_CURVES_H
#define APP_CURVES_H

#include "app/epoch.h"
#include "base/draft.h"
#include "base/error.h"

struct curves {
	struct draft draft;
};

/* The first row replaces an old file; until then it is untouched. Each row is written at once:
 * whole, or not at all. Close the curves also after an error; they may be zeroed then. */
int curves_open(struct curves *curves, const char *path, struct error *error);
int curves_append(struct curves *curves, const struct epoch_figures *row, struct error *error);

/* The same for several rows at once. */
int curves_append_all(struct curves *curves, const struct epoch_figures *rows, int count,
					  struct error *error);
int curves_close(struct curves *curves, struct error *error);

#endif
