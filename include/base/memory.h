/* Memory that begins on a cache line's boundary, since a vector that lies across two lines takes
 * twice as long to load; and an arena, from which the same code measures and takes many pieces. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#define CACHE_LINE 64 /* bytes, and the widest vector */

/* `size` rounded up to whole cache lines: 65 is 128. */
static inline size_t aligned_size(size_t size)
{
	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

/* `size` zeroed bytes in a block to be freed by free(*block). NULL, as *block is then, where there
 * is no memory. Pages that nobody writes to cost nothing. */
void *aligned_zeros(size_t size, void **block);

/* A function that takes its pieces from an arena is called twice. Without a `base` it gets NULL
 * for each of them, and `used` says how many bytes all need. With that much memory at `base`, on
 * a cache line's boundary, and `used` 0 again it gets the pieces. Each begins on a cache line: one
 * of 10 floats and one of 20 bytes take 128 bytes. */
struct arena {
	unsigned char *base;
	size_t used;
	size_t limit;   /* most bytes; 0: as many as a size can tell */
	bool too_large; /* a piece passed the limit: what follows is NULL, too */
};

/* `count` elements of `size` bytes. */
void *arena_take(struct arena *arena, size_t count, size_t size);

#endif
