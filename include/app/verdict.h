/* What the learning curves say: is the network still improving, well fitted, overfitting …? */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/curves.h"

enum verdict_kind {
	VERDICT_NONE,          /* no row, nothing to say */
	VERDICT_TOO_EARLY,     /* too few epochs to tell a trend from chance */
	VERDICT_NO_VALIDATION, /* nothing to compare with */
	VERDICT_NOT_LEARNING,  /* no better than guessing */
	VERDICT_UNDERFITTING,  /* bad on its own training images, and hardly getting better */
	VERDICT_UNSTABLE,      /* the training loss itself is rising */
	VERDICT_IMPROVING,
	VERDICT_OVERFITTING, /* better on its own images, no better or worse on new ones */
	VERDICT_WELL_FITTED, /* flat at the end, with a small gap */
};

struct verdict_case {
	const struct curves_row *rows; /* of consecutive epochs */
	int count;
	size_t val_count;       /* validation images, from which follows what may be chance */
	double learning_rate;   /* at its peak */
	double label_smoothing; /* in the running loss */
	const char *handicap;   /* what makes loss and accuracy look bad, as "dropout"; or NULL */
	bool best_kept;         /* the network has the best epoch's weights */
};

#define VERDICT_LINE 160

struct verdict {
	enum verdict_kind kind;
	int since; /* epoch; of overfitting, or of the end of improvement where well fitted; else 0 */
	/* What it is and the numbers that say so, by the names of their columns; and what to try. */
	char line[2][VERDICT_LINE];
};

void verdict_reach(const struct verdict_case *curves, struct verdict *verdict);

#endif
