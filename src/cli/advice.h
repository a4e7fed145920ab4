/* Faults and verdicts that app reports, in words of the command line. */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "app/dataset.h"
#include "app/model.h"
#include "app/settings.h"
#include "app/verdict.h"
#include "base/error.h"

/* Put advice behind the message of a fault, if there is any. Returns 0 for no fault, else -1. */
int advise_on_dataset(enum dataset_fault fault, struct error *error);
int advise_on_model(enum model_fault fault, struct error *error);

/* The same for a training whose numbers are no longer finite. */
void advise_on_divergence(const struct settings *settings, struct error *error);

/* Two lines: the verdict with the numbers that say so, by the names of their columns, and what to
 * try. `handicap` is what makes the running figures look bad, such as "dropout"; or NULL. Both
 * lines are empty for VERDICT_NONE. */
#define VERDICT_LINE 160
void verdict_text(const struct verdict *verdict, const struct settings *settings,
				  const char *handicap, char lines[2][VERDICT_LINE]);

#endif
