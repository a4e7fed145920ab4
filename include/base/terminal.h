/* The terminal at the other end of a stream, if there is one. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

bool terminal_is(FILE *stream); /* true for a terminal */

/* True where colours and animation are welcome: on a terminal, with TERM set and not "dumb", and
 * NO_COLOR empty or unset. */
bool terminal_is_rich(FILE *stream);

/* True for a terminal whose characters are UTF-8 by the first of LC_ALL, LC_CTYPE and LANG that is
 * set: "de_DE.UTF-8" names it. */
bool terminal_is_utf8(FILE *stream);

/* Columns and lines of the terminal, else $COLUMNS and $LINES, else 80 and 24. */
int terminal_width(FILE *stream);
int terminal_height(FILE *stream);

#endif
