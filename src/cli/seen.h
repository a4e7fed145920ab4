/* A picture that is looked into, and what the network says of it. */
#ifndef CLI_SEEN_H
#define CLI_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "app/classes.h"
#include "base/error.h"
#include "cli/session.h"
#include "draw/sheet.h"

struct seen {
	const char *path;
	const struct classes *classes;
	int height, width;
	const uint8_t *pixels;
	float probabilities[CLASSES_MOST];
	int class; /* the likeliest */
};

static inline const char *seen_name(const struct seen *seen)
{
	return seen->classes->all[seen->class].name;
}

/* The picture as the one tile of a block whose context is a struct seen. */
static inline struct colour seen_cell(const void *context, size_t tile, int x, int y)
{
	const struct seen *seen = context;

	(void)tile;
	return colour_ink(seen->pixels[y * seen->width + x] / 255.0);
}

/* Write a sheet of the picture and of what the decision rests on: how far the probability falls
 * with a patch of paper, or of ink, around each pixel. */
int seen_save_occlusion(const char *path, const struct session *session, const struct seen *seen,
						struct error *error);

#endif
