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
	FILE *stream;   /* for the animation; NULL: there is none */
	FILE *terminal; /* for the curves at the end; NULL: there is none, or it shall stay quiet */
	enum blocks_style style;
	bool live;       /* the curves grow under the bar */
	int width;       /* of the terminal when the bar was last drawn; 0: no bar is shown now */
	double drawn_at; /* in seconds of base/clock.h */
	struct chart chart;
	struct train_progress last; /* the state that was noted last */
	double images;              /* trained so far, in all epochs */
};

struct progress_wanted {
	bool quiet;    /* nothing at all */
	bool no_color; /* no animation */
	bool no_live;  /* no curves under the bar */
	double epochs; /* planned */
};

/* Show the bar on `stream` if that is a terminal where animation is welcome. Nothing is to be
 * closed. */
void progress_open(struct progress *progress, FILE *stream, struct progress_wanted wanted);

/* Note the state after a step, and redraw, at most ten times a second. */
void progress_draw(struct progress *progress, const struct train_progress *state);

/* Take bar and curves away, so that something else can be printed. */
void progress_clear(struct progress *progress);

/* Note the validation of an epoch. */
void progress_epoch(struct progress *progress, const struct epoch_figures *row);

/* Print the curves as they are in the end, to stay on the terminal. */
void progress_finish(struct progress *progress);

/* Write the line for a terminal of `width` columns, of which the last stays free:
 * `epoch 1/3 [====>     ] 34%  12345 images/s  loss 0.312  accuracy 0.905  0:12 left`.
 * Where there is too little room, details are left out from the end, and then the bar. The time
 * left is that of all epochs; `validating` stands in its place once all images of an epoch have
 * been seen. */
#define PROGRESS_TEXT 256
void progress_text(const struct train_progress *state, int width, char text[PROGRESS_TEXT]);

#endif
