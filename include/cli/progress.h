/* The progress bar: one line on a terminal, drawn over and over. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/trainer.h"

struct progress {
	FILE *stream; /* NULL: show nothing */
	bool shown;
	int width; /* of the terminal when it was drawn */
	double drawn_at; /* seconds */
};

/* Show the bar on `stream` if that is a terminal where animation is welcome. */
void progress_open(struct progress *progress, FILE *stream, bool wanted);

/* Draw it, at most ten times a second. */
void progress_draw(struct progress *progress, const struct train_progress *state);

/* Take it away, so that something else can be printed. */
void progress_clear(struct progress *progress);

/* The line for a terminal of `width` columns, which it does not fill to the last column:
 * `epoch 1/3 [====>     ] 34%  12345 images/s  loss 0.312  accuracy 0.905  0:12 left`. What does
 * not fit is left out from the end, and then the bar. The time left is that of all epochs; where
 * all images of one have been seen, it is validating. */
#define PROGRESS_TEXT 256
void progress_text(const struct train_progress *state, int width, char text[PROGRESS_TEXT]);

#endif
