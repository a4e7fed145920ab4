/* The scale of the pixels so far is corrected when a number shows that it was another one. */
#include "formats/pixels.h"

#include <stdlib.h>

#include "base/memory_limit.h"

#define FIRST_ROOM ((size_t)1 << 16)

int pixels_reserve(struct pixels *pixels, size_t more, struct error *error)
{
	size_t capacity = pixels->capacity ? pixels->capacity : FIRST_ROOM;

	if (more <= pixels->capacity - pixels->count)
		return 0;
	while (capacity - pixels->count < more)
		capacity *= 2;
	/* Asked for first, since many systems promise more than there is. */
	const size_t limit = memory_limit();
	if (capacity > limit)
		capacity = pixels->count + more;
	uint8_t *data = capacity > limit ? NULL : realloc(pixels->data, capacity);
	if (!data)
		return error_scarce(error, "not enough memory for %zu MB of pixels: there are %zu MB",
							(capacity >> 20) + 1, limit >> 20);
	pixels->data = data;
	pixels->capacity = capacity;
	return 0;
}

bool pixels_add_slowly(struct pixels *pixels, double value)
{
	uint8_t *const data = pixels->data;

	if (!(value >= 0 && value <= 255))
		return false;
	if (value > 1) {
		/* 255 × value rounds to 128 or more exactly where value rounds to 1. */
		for (size_t i = 0; pixels->kind == PIXELS_FRACTIONS && i < pixels->count; i++)
			data[i] = data[i] >= 128;
		pixels->kind = PIXELS_0_TO_255;
	} else if (pixels->kind == PIXELS_0_AND_1 && value > 0 && value < 1) {
		for (size_t i = 0; i < pixels->count; i++)
			data[i] = (uint8_t)(255 * data[i]);
		pixels->kind = PIXELS_FRACTIONS;
	}
	const double scale = pixels->kind == PIXELS_FRACTIONS ? 255 : 1;
	data[pixels->count++] = (uint8_t)(value * scale + 0.5);
	return true;
}

void pixels_shrink(struct pixels *pixels)
{
	uint8_t *shrunk = pixels->count ? realloc(pixels->data, pixels->count) : NULL;

	pixels->data = shrunk ? shrunk : pixels->data; /* where realloc fails, the memory stays */
}

void pixels_free(struct pixels *pixels)
{
	free(pixels->data);
	*pixels = (struct pixels){0};
}

int square_side(size_t pixels)
{
	for (size_t side = 1; side <= IMAGE_MOST_SIDE; side++)
		if (side * side == pixels)
			return (int)side;
	return 0;
}
