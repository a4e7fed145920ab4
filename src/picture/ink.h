/* The pixels of a picture that are ink, and which of them are one digit. */
#ifndef PICTURE_INK_H
#define PICTURE_INK_H

#include <stdbool.h>

#include "picture/components.h"
#include "picture/grey.h"

#define MOST_GROUPS 64

struct ink {
	struct grey depth; /* (paper - pixel) / paper, of their greys; owned */
	struct grey paper; /* the paper's grey; owned */
	float threshold;   /* from this depth on a pixel is ink */
	struct components components;
	struct component groups[MOST_GROUPS]; /* those that may be one digit, added up; the one whose
										   * best component has most merit comes first */
	int count;
	bool framed; /* a rectangle with something inside may hide the digit: look into `frame` */
	struct box frame;
	bool filled;  /* the frame is filled with the ink's grey: a sheet, and its ink is the other */
	bool settled; /* a wider window shows the same digit */
};

/* *out = the likeliest digits, dark on light, of a pen narrower than `window` pixels: all that is
 * wider counts as unevenness of the paper. Does not set `settled`. Free with ink_free, which
 * accepts a zeroed struct. */
int ink_find(const struct grey *picture, int window, struct ink *out, struct error *error);
void ink_free(struct ink *ink);

/* *out = the depth of group `a`, and of group `b` unless it is a, in the box of both, with a margin
 * of one pixel; other groups' depth is 0. */
int ink_crop(const struct ink *ink, int a, int b, struct grey *out, struct box *box,
			 struct error *error);

/* The fraction of the pixels around group `a`, and group `b` unless it is a, that are as dark as it
 * is and no ink: 0 for a stroke on paper, 0.2 or more for a piece of something that is wider than
 * the window, like the rim of a disc. */
float ink_darkness_around(const struct ink *ink, int a, int b);

/* Make group b a part of group a; group `last` takes the place of b. */
void ink_join(struct ink *ink, int a, int b, int last);

/* The factor of its merit where a wider window shows another digit, or none. */
#define UNSETTLED 0.03f

static inline float ink_trust(const struct ink *ink)
{
	return ink->settled ? 1.0f : UNSETTLED;
}

/* 1 + the index of the group that a pixel belongs to; 0 for none. */
static inline int ink_group_at(const struct ink *ink, size_t pixel)
{
	const int label = ink->components.labels[pixel];

	return label ? ink->components.all[label - 1].group : 0;
}

#endif
