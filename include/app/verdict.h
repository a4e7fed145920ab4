/* What the learning curves say: is the network still improving, well fitted, overfitting …? */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/epoch.h"

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
	const struct epoch_figures *rows; /* of consecutive epochs */
	int count;
	size_t val_count;       /* validation images, from which follows what may be chance */
	double learning_rate;   /* at its peak */
	double label_smoothing; /* in the running loss */
};

/* Loss and accuracy of the training images are those that were measured afterwards where that was
 * done after each epoch, else the running means. */
struct verdict_figures {
	double loss, accuracy, val_loss, val_accuracy;
};

struct verdict {
	enum verdict_kind kind;
	int epochs;
	bool has_val,
		measured; /* the figures of validation are there; training's are no running means */
	/* The epoch since which it is so: overfitting, unstable, or no longer improving where well fitted;
	 * else 0. */
	int since;
	struct verdict_figures then, now; /* in that epoch, and in the last one */
	/* The line through the later half of the val_losses, or without validation of the losses. */
	struct {
		int since, count; /* the first epoch, and how many */
		double mean, start, end;
	} trend;
	double guessing; /* what the loss is when nothing is known */
	bool turned;     /* overfitting: val_loss has risen, and does not merely stay */
	bool falling;    /* not learning: the loss is on its way */
	bool decayed;    /* a schedule has brought the learning rate down, which flattens curves */
};

void verdict_reach(const struct verdict_case *curves, struct verdict *verdict);

#endif
