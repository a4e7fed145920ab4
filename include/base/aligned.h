/* Memory that begins on a cache line's boundary: a vector that lies across two lines takes twice as
 * long to load. */
#ifndef BASE_ALIGNED_H
#define BASE_ALIGNED_H

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

#endif
