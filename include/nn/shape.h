/* The shape of one sample. The batch is counted apart. */
#ifndef NN_SHAPE_H
#define NN_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct shape {
	int h, w, c; /* in memory: c is the fastest index */
	bool flat;   /* seen as one vector of h × w × c features; the pixels stay where they are */
};

/* h × w × c. The planner refuses shapes for which that overflows. */
size_t shape_size(struct shape shape);

/* "28×28×1", or "1600" where it is flat. Returns text. */
#define SHAPE_TEXT 40
const char *shape_text(struct shape shape, char text[SHAPE_TEXT]);

#endif
