/* Lines across a whole picture: ruled and squared paper, and the sides of a box around a digit. */
#ifndef PICTURE_LINES_H
#define PICTURE_LINES_H

#include "picture/grey.h"

/* Paint paper over the dark lines that run from one edge of the picture to the other, roughly level
 * or upright, and are narrower than `thickness`. What crosses a line stays whole. */
int lines_remove(struct grey *picture, int thickness, struct error *error);

#endif
