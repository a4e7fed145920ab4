/* The verdict on learning curves in words. */
#ifndef CLI_VERDICT_TEXT_H
#define CLI_VERDICT_TEXT_H

#include "app/settings.h"
#include "app/verdict.h"

#define VERDICT_LINE 160

/* Two lines: the verdict with the numbers that say so, by the names of their columns, and what to
 * try. `handicap` is what makes the running figures look bad, such as "dropout"; or NULL. Both
 * lines are empty for VERDICT_NONE. */
void verdict_text(const struct verdict *verdict, const struct settings *settings,
				  const char *handicap, char lines[2][VERDICT_LINE]);

#endif
