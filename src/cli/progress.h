/* The progress bar, one line on a terminal that is drawn over and over, and the learning curves
 * that grow under it. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/trainer.h"
#include "draw/chart.h"

struct progress {
	FILE *stream;   /* NULL: animate nothing */
	FILE *terminal; /* NULL: there is none, or it is to stay quiet */
	enum blocks_style style;
	bool live; /* the curves grow */
	bool shown;
	int width;       /* of the terminal when it was drawn */
	double drawn_at; /* seconds */
	struct chart chart;
	struct train_progress last; /* state that was taken note of */
	double images;              /* trained so far */
};

struct progress_wanted {
	bool quiet;    /* nothing at all */
	bool no_color; /* no animation */
	bool no_live;  /* no curves under the bar */
	double epochs; /* planned */
};

/* Show the bar on `stream` if that is a terminal where animation is welcome. */
void progress_open(struct progress *progress, FILE *stream, struct progress_wanted wanted);

/* Take note of a step, and draw, at most ten times a second. */
void progress_draw(struct progress *progress, const struct train_progress *state);

/* Take bar and curves away, so that something else can be printed. */
void progress_clear(struct progress *progress);

/* Take note of what an epoch came to. */
void progress_epoch(struct progress *progress, const struct epoch_figures *row);

/* The curves as they are in the end, to stay on the terminal. */
void progress_finish(struct progress *progress);

/* The line for a terminal of `width` columns, which it does not fill to the last column:
 * `epoch 1/3 [====>     ] 34%  12345 images/s  loss 0.312  accuracy 0.905  0:12 left`. What does
 * not fit is left out from the end, and then the bar. The time left is that of all epochs; where
 * all images of one have been seen, it is validating. */
#define PROGRESS_TEXT 256
void progress_text(const struct train_progress *state, int width, char text[PROGRESS_TEXT]);

#endif
