/* Lines across a whole picture: ruled and squared paper, and the sides of a box around a digit. */
#ifndef APP_LINES_H
#define APP_LINES_H

#include "app/grey.h"

/* Paint paper over the dark lines that run from one edge of the picture to the other, roughly level
 * or upright, and are narrower than `thickness`. What crosses a line stays whole. */
int lines_remove(struct grey *picture, int thickness, struct error *error);

#endif
