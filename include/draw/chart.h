/* The learning curves in characters: accuracy and loss, each of training and validation. */
#ifndef DRAW_CHART_H
#define DRAW_CHART_H

#include "draw/blocks.h"

/* Time from the beginning of the training to its planned end, in slots. */
#define CHART_SLOTS 240

/* What was measured meanwhile, as means over `weight`; none where that is 0. */
struct chart_slot {
	double loss, accuracy, weight;
};

struct chart {
	double epochs; /* the planned end */
	struct chart_slot training[CHART_SLOTS], validation[CHART_SLOTS];
};

/* Add something measured at `part` of the whole training, above 0 and up to 1. */
void chart_add(struct chart_slot slots[CHART_SLOTS], double part, double loss, double accuracy,
			   double weight);

/* Let the chart end where the training ended, after `part` of what was planned. */
void chart_end(struct chart *chart, double part);

/* The chart for a terminal of `width` columns, which it does not fill to the last column: lines,
 * each ended by a newline, of which it returns the number, CHART_LINES. None where the terminal
 * is narrower than CHART_LEAST_WIDTH or nothing has been measured. The axes begin and end at
 * round numbers; of each curve the worst fifth, which is its beginning, may be off the chart. */
#define CHART_LEAST_WIDTH 40
#define CHART_LINES 10
#define CHART_TEXT 16384
int chart_draw(const struct chart *chart, int width, enum blocks_style style,
			   char text[CHART_TEXT]);

#endif
