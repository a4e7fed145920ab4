/* Grey planes of floats, small enough to be worked on many times over: pictures of any size are
 * reduced to them. With grey-scale morphology (Serra 1982). */
#ifndef PICTURE_GREY_H
#define PICTURE_GREY_H

#include <stddef.h>

#include "base/error.h"
#include "formats/raster.h"

struct grey {
	int width, height;
	float *at; /* [height][width]; owned */
};

/* The pixels from column `left` to column right - 1 and from row `top` to row bottom - 1. */
struct box {
	int left, top, right, bottom;
};

static inline int int_min(int a, int b)
{
	return a < b ? a : b;
}

static inline int int_max(int a, int b)
{
	return a > b ? a : b;
}

static inline int box_width(const struct box *box)
{
	return box->right - box->left;
}

static inline int box_height(const struct box *box)
{
	return box->bottom - box->top;
}

static inline int box_shorter_side(const struct box *box)
{
	return int_min(box_width(box), box_height(box));
}

/* The length of the longer side. */
static inline int box_side(const struct box *box)
{
	return int_max(box_width(box), box_height(box));
}

/* Enlarge the box so that it contains pixel (x, y). The empty box of a plane, to begin with, is
 * {width, height, 0, 0}. */
static inline void box_include(struct box *box, int x, int y)
{
	box->left = int_min(box->left, x);
	box->top = int_min(box->top, y);
	box->right = int_max(box->right, x + 1);
	box->bottom = int_max(box->bottom, y + 1);
}

static inline struct box box_join(const struct box *a, const struct box *b)
{
	return (struct box){int_min(a->left, b->left), int_min(a->top, b->top),
						int_max(a->right, b->right), int_max(a->bottom, b->bottom)};
}

/* Pixels between two boxes, along the axes; 0 where they touch or overlap. */
static inline int box_gap(const struct box *a, const struct box *b)
{
	const int x = int_max(a->left - b->right, b->left - a->right);
	const int y = int_max(a->top - b->bottom, b->top - a->bottom);

	return int_max(0, int_max(x, y));
}

static inline float *grey_row(const struct grey *plane, int y)
{
	return plane->at + (size_t)y * (size_t)plane->width;
}

static inline size_t grey_count(const struct grey *plane)
{
	return (size_t)plane->width * (size_t)plane->height;
}

/* A plane of zeros. Free with grey_free, which accepts a zeroed struct. */
int grey_new(int width, int height, struct grey *out, struct error *error);
void grey_free(struct grey *plane);

/* *out = a part of the picture, from 0 for black to 1 for white. A part of more than `most` ×
 * `most` pixels, or of more than 4 × `most` in a row or column, is reduced by a whole factor: each
 * pixel of the plane is the mean of a square. One whose smaller side is below `least` is enlarged
 * by a whole factor, with linear interpolation. *scale = the plane's pixels for one of the
 * picture's: with a `most` of 360, a part of 1000 × 500 becomes 500 × 250 and *scale 0.5. */
int grey_from_picture(const struct raster *picture, const struct box *part, int least, int most,
					  struct grey *out, double *scale, struct error *error);

/* Columns become rows. */
int grey_transpose(struct grey *plane, struct error *error);

/* *out = the morphological closing by a rectangle, which lightens all that is dark and too small to
 * hold the rectangle to the level around it: with a rectangle wider than the pen, the paper without
 * the ink. A pixel's value is the least, over all places of the rectangle that are inside the plane
 * and contain the pixel, of the greatest value in the rectangle. A rectangle that is too large for
 * the plane is cut to it. */
int grey_close(const struct grey *in, int window_width, int window_height, struct grey *out,
			   struct error *error);

/* Replace each pixel by a mean of 3 × 3, with weights 1 2 1 across and down: the deviation of noise
 * goes down to 3/8. */
void grey_smooth(struct grey *plane);

/* The value that this fraction of the pixels lie below, to 1/4096; all values count as in [0,
 * 1]. */
float grey_quantile(const struct grey *plane, double fraction);

/* The value at a point, by linear interpolation between the middles of four pixels; that of pixel
 * (0, 0) is at (0.5, 0.5). Outside the plane the nearest pixel counts. */
float grey_between(const struct grey *plane, float x, float y);

#endif
