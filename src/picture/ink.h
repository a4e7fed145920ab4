/* The pixels of a picture that are a digit's ink. */
#ifndef PICTURE_INK_H
#define PICTURE_INK_H

#include <stdbool.h>

#include "picture/grey.h"

struct ink {
	struct grey depth; /* (paper - pixel) / paper, of their greys; 0 in all components but the
						* digit's; owned */
	float threshold;   /* from this depth on a pixel is ink */
	float merit;       /* the evidence that it is a digit, as judge() in ink.c sees it; 0: none */
	float mass;        /* the sum of the digit's depths */
	struct box box;    /* of the digit */
	bool boxed;        /* a rectangle is drawn around the digit, and does not touch it */
	bool framed;       /* a rectangle with something inside may hide the digit: look into `frame` */
	struct box frame;
	bool filled;  /* the frame is filled with the ink's grey: a sheet, and its ink is the other */
	bool settled; /* a wider window shows the same digit */
	bool crowded; /* another digit of the same size stands beside it */
};

/* *out = the likeliest digit, dark on light, of a pen narrower than `window` pixels: all that is
 * wider counts as unevenness of the paper. Does not set `settled`. Free with ink_free, which
 * accepts a zeroed struct. */
int ink_find(const struct grey *picture, int window, struct ink *out, struct error *error);
void ink_free(struct ink *ink);

#endif
