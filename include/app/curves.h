/* The learning curves as a CSV file: one row an epoch, written as soon as the epoch ends. */
#ifndef APP_CURVES_H
#define APP_CURVES_H

#include <stdio.h>

#include "app/epoch.h"
#include "base/error.h"

struct curves {
	FILE *file;
	const char *path; /* borrowed */
};

/* The header is written at once, and so is each row: whole, or not at all. */
int curves_open(struct curves *curves, const char *path, struct error *error);
int curves_append(struct curves *curves, const struct epoch_figures *row, struct error *error);
int curves_close(struct curves *curves, struct error *error);

#endif
