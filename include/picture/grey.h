/* Grey planes of floats, small enough to be looked at many times over: how pictures of any size are
 * reduced to them, and grey-scale morphology (Serra 1982). */
#ifndef PICTURE_GREY_H
#define PICTURE_GREY_H

#include <stddef.h>

#include "base/error.h"
#include "formats/pnm.h"

struct grey {
	int width, height;
	float *at; /* [height][width]; owned */
};

/* Pixels from left to right - 1 and from top to bottom - 1. */
struct box {
	int left, top, right, bottom;
};

static inline int box_width(const struct box *box)
{
	return box->right - box->left;
}

static inline int box_height(const struct box *box)
{
	return box->bottom - box->top;
}

/* The larger side. */
static inline int box_side(const struct box *box)
{
	return box_width(box) > box_height(box) ? box_width(box) : box_height(box);
}

static inline size_t grey_count(const struct grey *plane)
{
	return (size_t)plane->width * (size_t)plane->height;
}

/* A plane of zeros. Free with grey_free, which accepts a zeroed struct. */
int grey_new(int width, int height, struct grey *out, struct error *error);
void grey_free(struct grey *plane);

/* A part of the picture, 0 black to 1 white: reduced by whole factors where it has more than
 * `most` × `most` pixels, each the mean of a square of the picture's; enlarged, with linear
 * interpolation, where its smaller side is below `least`. *scale is how many of the plane's pixels
 * go to one of the picture's. */
int grey_from_picture(const struct pnm *picture, const struct box *part, int least, int most,
					  struct grey *out, double *scale, struct error *error);

/* Columns become rows. */
int grey_transpose(const struct grey *in, struct grey *out, struct error *error);

/* The morphological closing by a rectangle: each pixel becomes the least of what the rectangle,
 * wherever inside the plane it is put over that pixel, has as its greatest. So whatever is darker
 * than its surroundings and too narrow to hold the rectangle is filled up. */
int grey_closing(const struct grey *in, int window_width, int window_height, struct grey *out,
				 struct error *error);

/* Mean of 3 × 3 pixels with weights 1 2 1, in place: takes the edge off noise. */
void grey_smooth(struct grey *plane);

/* The value below which this fraction of the pixels is, of values in [0, 1]; to 1/4096. */
float grey_quantile(const struct grey *plane, double fraction);

/* Between pixels, linearly; outside, the nearest pixel. A pixel's middle is at a half. */
float grey_between(const struct grey *plane, float x, float y);

#endif
