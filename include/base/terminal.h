/* What is at the other end of a stream, and the clock. The only file that asks the system. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

bool terminal_is(FILE *stream);

/* True where animation is welcome: a terminal, TERM set and not "dumb", NO_COLOR empty or unset. */
bool terminal_is_rich(FILE *stream);

/* A terminal whose characters are UTF-8, as LC_ALL, LC_CTYPE or LANG says. */
bool terminal_is_utf8(FILE *stream);

/* Columns and lines of the terminal; 80 and 24 where that cannot be found out. */
int terminal_width(FILE *stream);
int terminal_height(FILE *stream);

/* Seconds on a clock that only goes forward. */
double terminal_seconds(void);

#endif
