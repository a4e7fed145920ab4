/* Blocks are calloc's, up to the next boundary. No pointer of an arena leaves its object. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/checked.h"

void *aligned_zeros(size_t size, void **block)
{
	unsigned char *begin = *block = calloc(1, size + CACHE_LINE);

	return begin ? begin + (CACHE_LINE - (uintptr_t)begin % CACHE_LINE) % CACHE_LINE : NULL;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
	size_t limit = arena->limit ? arena->limit : SIZE_MAX - CACHE_LINE, bytes, end;

	if (arena->too_large || !checked_multiply(count, size, &bytes) ||
		!checked_add(arena->used, bytes, &end) || end > limit) {
		arena->too_large = true;
		return NULL;
	}
	void *piece = arena->base ? arena->base + arena->used : NULL;
	arena->used = aligned_size(end);
	return piece;
}
