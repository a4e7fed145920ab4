/* Memory for many pieces, which the same code measures and hands out.
 *
 * A function that takes its pieces from an arena is called twice. Without a `base` it gets NULL
 * for each of them, and `used` says how many bytes all need. With that much memory at `base`, on
 * a cache line's boundary, and `used` 0 again it gets the pieces. Each begins on a cache line: one
 * of 10 floats and one of 20 bytes take 128 bytes. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena {
	unsigned char *base;
	size_t used;
	size_t limit;   /* most bytes; 0: as many as a size can tell */
	bool too_large; /* a piece passed the limit: what follows is NULL, too */
};

/* `count` elements of `size` bytes. */
void *arena_take(struct arena *arena, size_t count, size_t size);

#endif
