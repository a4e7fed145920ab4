/* Digits in reading order: line by line from top to bottom, each from left to right, on a page that
 * may be tilted. */
#ifndef PICTURE_ORDER_H
#define PICTURE_ORDER_H

#include <stdbool.h>

#include "picture/digit.h"

/* The slope of the lines that the digits stand in: 0.1 where they go down by a tenth of their
 * length, which is 6°. From -0.22 to 0.22; of those that fit nearly as well, the gentlest. */
double order_slope(const struct digits *digits);

/* The box moved up or down to where it would be if the lines were level. */
struct box order_level(const struct box *box, double slope);

/* True where b stands in the same line as a, both being level. */
bool order_is_beside(const struct box *a, const struct box *b);

/* Sort the digits from `first` on that are in the topmost line of them to the front, from left to
 * right. Returns the index behind them. */
int order_line(struct digits *digits, int first, double slope);

/* Sort all, and say which ones begin a number. */
void order_digits(struct digits *digits);

#endif
