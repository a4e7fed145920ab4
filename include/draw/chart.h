/* The learning curves in characters: a panel for accuracy and one for loss, each with a curve of
 * training and one of validation. */
#ifndef DRAW_CHART_H
#define DRAW_CHART_H

#include "draw/blocks.h"

/* The time from the beginning of a training to its planned end is divided into slots. */
#define CHART_SLOTS 240

/* Means of all measurements in the slot, which together weigh `weight`; 0 if there are none. */
struct chart_slot {
	double loss, accuracy, weight;
};

struct chart {
	double epochs; /* the planned end */
	struct chart_slot training[CHART_SLOTS], validation[CHART_SLOTS];
};

/* Add a measurement after `part` of the whole training, above 0 and up to 1: a part of 0.5 is slot
 * 119, the last of the first half. */
void chart_add(struct chart_slot slots[CHART_SLOTS], double part, double loss, double accuracy,
			   double weight);

/* Let the chart end where the training ended, after `part` of its planned time. */
void chart_end(struct chart *chart, double part);

/* Write the chart for a terminal of `width` columns, of which the last stays free: CHART_LINES
 * lines, each ended by a newline. Returns their number, which is 0 where the terminal is narrower
 * than CHART_LEAST_WIDTH or nothing has been measured. The axes begin and end at round numbers. The
 * worst fifth of each curve, which is its beginning, may be off the chart. */
#define CHART_LEAST_WIDTH 40
#define CHART_LINES 10
#define CHART_TEXT 16384
int chart_draw(const struct chart *chart, int width, enum blocks_style style,
			   char text[CHART_TEXT]);

#endif
