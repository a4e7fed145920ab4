/* Pictures are counted in a line on a terminal while they are loaded. */
#ifndef CLI_LOADING_H
#define CLI_LOADING_H

#include <stdbool.h>
#include <stdio.h>

#include "app/dataset.h"
#include "cli/command.h"

struct loading {
	FILE *stream;    /* NULL: nothing is shown */
	double drawn_at; /* in seconds of base/clock.h */
	bool shown;      /* the line stands there */
};

/* Let dataset_load, with these options, count on `stream`, if that is a terminal where animation is
 * welcome. The loading must stay where it is until loading_end. */
void loading_begin(struct loading *loading, struct dataset_options *options, FILE *stream,
				   const struct common_values *common);

/* Take the line away. */
void loading_end(struct loading *loading);

#endif
