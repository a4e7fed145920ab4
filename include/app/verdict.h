/* The verdict on learning curves: still improving, well fitted, overfitting … */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/epoch.h"

enum verdict_kind {
	VERDICT_NONE,          /* no row, nothing to say */
	VERDICT_TOO_EARLY,     /* too few epochs or steps to tell a trend from chance */
	VERDICT_TOO_FEW,       /* too few validation images to tell that all is well */
	VERDICT_NO_VALIDATION, /* nothing to compare with */
	VERDICT_OVERSHOOTING,  /* accuracies far above those of guessing, and so are the losses */
	VERDICT_NOT_LEARNING,  /* no better than guessing */
	VERDICT_UNDERFITTING,  /* bad on its own training images, and hardly getting better */
	VERDICT_UNSTABLE,      /* the training loss itself is rising */
	VERDICT_IMPROVING,
	VERDICT_OVERFITTING, /* better on its own images, no better or worse on new ones */
	VERDICT_WELL_FITTED, /* flat at the end, with a small gap */
};

struct verdict_case {
	const struct epoch_figures *rows; /* of consecutive epochs */
	int count;
	uint64_t steps;         /* of all these epochs */
	int classes;            /* that are told apart */
	size_t val_count;       /* validation images; the fewer, the more may be chance */
	double learning_rate;   /* at its peak */
	double label_smoothing; /* of the targets in training */
};

/* Of the training images the measured figures where every epoch has them, else the running
 * means. */
struct verdict_figures {
	double loss, accuracy, val_loss, val_accuracy;
};

struct verdict {
	enum verdict_kind kind;
	int epochs;
	uint64_t steps;
	size_t val_count;
	bool has_val, measured; /* every row has figures of validation; of the training images */
	/* The epoch since which it is so: overfitting, unstable, or well fitted and no longer
	 * improving. 0 for other kinds. */
	int since;
	struct verdict_figures then, now; /* in epoch `since`, and in the last one */
	/* The straight line through the later half of the validation losses, or of the training losses
	 * where there is no validation. */
	struct {
		int since, count; /* the first epoch, and how many */
		double mean, start, end;
	} trend;
	double guessing;            /* the loss of a network that knows nothing, log(classes) */
	double val_accuracy_before; /* the last epoch; before the first one, that of guessing */
	bool turned;                /* overfitting: val_loss has risen, and not only stayed */
	bool falling;               /* not learning: the loss begins to fall */
	bool decayed; /* the learning rate has nearly ended its fall, which alone flattens curves */
};

void verdict_reach(const struct verdict_case *curves, struct verdict *verdict);

#endif
