/* Handwriting for tests/pictures.c: digits, letters and drawings as the way of a pen, or digits
 * from MNIST's test set. A shape's unit of length is its height: (0, 0) is its upper left corner,
 * and y = 1 its lower edge. */
#ifndef TESTS_STROKES_H
#define TESTS_STROKES_H

#include <stdbool.h>

#include "app/dataset.h"
#include "base/rng.h"
#include "mnist.h"

/* Random numbers, one after the other. */
struct dice {
	struct rng rng;
	uint64_t next;
};
struct range {
	float least, most;
};
float dice_between(struct dice *dice, float least, float most);
float dice_most(struct dice *dice, float most); /* at least half of it */
float dice_range(struct dice *dice, struct range range);
int dice_below(struct dice *dice, int count);
bool dice_chance(struct dice *dice, float probability);

/* Someone's writing. */
struct hand {
	float pen;    /* width of the pen's line, in heights */
	float slant;  /* columns to the right for a row upwards */
	float aspect; /* broad writing: above 1 */
	float shake;  /* how far points are off, in heights */
};

struct pen_point {
	float x, y, radius;
	bool down; /* joined to the point before */
};

#define SHAPE_POINTS 800

struct shape {
	struct pen_point points[SHAPE_POINTS];
	int count;
	const uint8_t *image; /* 28×28 pixels in the place of points, or NULL */
	float left, top, right, bottom;
};

/* Any drawing of that style, one of those in strokes.c, and *text = the digit that it shows, '\0'
 * where it shows none; or, where `style` is NULL, any drawing of the digit *text. */
void shape_draw(struct dice *dice, const struct hand *hand, const char *style, char *text,
				struct shape *out);

/* A digit of MNIST, of which 20 pixels are a height. */
void shape_from_image(const uint8_t image[MNIST_PIXELS], struct shape *out);

/* Wild lines. */
void shape_scribble(struct dice *dice, const struct hand *hand, struct shape *out);

/* The value of an image between its pixels, 0 to 1, as a smooth surface (a cubic B-spline); (0, 0)
 * is the outer corner of the first pixel. */
float image_between(const uint8_t image[MNIST_PIXELS], float x, float y);

#endif
