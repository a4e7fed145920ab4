/* The connected components of a plane's deep pixels: strokes, specks, stains, frames. */
#ifndef PICTURE_COMPONENTS_H
#define PICTURE_COMPONENTS_H

#include <stdbool.h>

#include "picture/grey.h"

enum { LEFT, TOP, RIGHT, BOTTOM, SIDES };

struct component {
	struct box box;
	int pixels;
	float mass;          /* the sum of its pixels' depths */
	int touching[SIDES]; /* pixels in the plane's outermost column or row on each side */
	float outline;       /* sum of the squares of the drops in depth along the outline */
	/* Zeroed, for group.c: */
	float merit;   /* the evidence from its shape, place and outline that it is ink; 0: none */
	bool marginal; /* it lies along an edge of the picture */
	int group;     /* 1 + the index of its group in struct ink; 0: none */
};

struct components {
	int width;
	int *labels; /* [height][width]: 0 is paper, i + 1 is component i */
	int *stack;  /* [height × width], in the same block of memory */
	struct component *all;
	int count;
};

/* *out = the components of the pixels that are at least `threshold` deep, where pixels that touch
 * at a corner are connected. Free with components_free; on error nothing is left to free. */
int components_find(const struct grey *depth, float threshold, struct components *out,
					struct error *error);
void components_free(struct components *components);

/* Take `more` into the component's box, pixels, mass and merit. */
void component_add(struct component *component, const struct component *more);

#endif
