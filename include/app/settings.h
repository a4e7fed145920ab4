/* The settings of a training. Each is one row of a table (settings.c), from which come the options
 * of the command line and their help, the recipes, and the metadata of the model file. */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/augment.h"
#include "base/field.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"

struct settings {
	double epochs; /* above 0; 2.5 are two whole epochs and half a one */
	int batch_size;
	double val_split;
	size_t limit; /* of images used; 0: all */
	uint64_t seed;
	struct optimizer_settings optimizer;
	float learning_rate; /* the schedule's peak */
	enum schedule schedule;
	double warmup;          /* share of all steps in which the learning rate rises */
	float label_smoothing;  /* share of the target that all classes divide among them */
	int patience;           /* end after so many epochs without a better one; 0: never */
	struct augment augment; /* of training images only */
	bool eval_train;        /* measure the training images, too, after each epoch */
};

/* The rows, in three tables by their subject. */
#define SETTINGS_MOST 16 /* rows of one table */
extern const struct field settings_data[], settings_training[], settings_optimizer[];
extern const struct field *const settings_tables[]; /* all of them; NULL behind the last */

/* The standards of all rows: 3 epochs, batch 64, split 0.2, seed 1, Adam with its usual betas and a
 * constant learning rate of 1e-3; no warm-up, decay, smoothing or patience. */
struct settings settings_default(void);

/* The row of that name, or NULL. */
const struct field *settings_find(const char *name);

/* True where the trained weights depend on the setting: not on eval_train, which only watches, and
 * not on "momentum" where Adam trains. */
bool settings_matter(const struct settings *settings, const struct field *field);

#endif
