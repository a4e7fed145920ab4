/* calloc, and up to the next boundary. */
#include "base/aligned.h"

#include <stdint.h>
#include <stdlib.h>

void *aligned_zeros(size_t size, void **block)
{
	unsigned char *begin = *block = calloc(1, size + CACHE_LINE);

	return begin ? begin + (CACHE_LINE - (uintptr_t)begin % CACHE_LINE) % CACHE_LINE : NULL;
}
