/* Which pixels of a picture are a digit's ink? */
#ifndef PICTURE_INK_H
#define PICTURE_INK_H

#include <stdbool.h>

#include "picture/grey.h"

struct ink {
	struct grey depth; /* how much darker than the paper, in parts of it; 0 in all that is not the
						* digit's and deeper than the threshold; owned */
	float threshold;   /* from this depth on, it is ink */
	float merit;       /* how much of a digit it is: the length of its outline × the depth there */
	float mass;        /* the sum of its depth */
	struct box box;    /* of the digit */
	bool boxed;        /* a box is drawn around it */
	struct box frame;  /* of a box around the digit, if one is there and touches it */
	bool framed, filled; /* filled: a light sheet, when light ink was looked for */
	bool settled;        /* wider windows show the same */
	bool crowded;        /* another of the same size stands beside it */
};

/* The most likely digit, dark on light, drawn with a pen narrower than `window` pixels: what is
 * wider is taken for the paper's own unevenness. merit is 0 where there is none. Free with
 * ink_free, which accepts a zeroed struct. */
int ink_find(const struct grey *picture, int window, struct ink *out, struct error *error);
void ink_free(struct ink *ink);

#endif
