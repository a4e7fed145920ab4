/* Pieces of memory one behind the other, without one pointer that leaves its object. */
#include "base/arena.h"

#include <stdint.h>

#include "base/aligned.h"
#include "base/checked.h"

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
