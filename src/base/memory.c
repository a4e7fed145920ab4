/* Blocks are calloc's, up to the next boundary. No pointer of an arena leaves its object. */
#define _XOPEN_SOURCE 700

#include "base/memory.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/checked.h"

static size_t smaller(size_t a, uint64_t b)
{
	return b < a ? (size_t)b : a;
}

/* The number in a file; UINT64_MAX where there is none, as in "max". */
static uint64_t number_in(const char *folder, const char *name)
{
	char path[256];
	uint64_t number = UINT64_MAX;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%" SCNu64, &number) != 1)
		number = UINT64_MAX;
	fclose(file);
	return number;
}

size_t memory_limit_of(const char *group)
{
	size_t limit = SIZE_MAX;
	struct rlimit space;

#ifdef _SC_PHYS_PAGES
	const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	if (pages > 0 && page > 0)
		limit = smaller(limit, (uint64_t)pages * (uint64_t)page);
#endif
	if (!getrlimit(RLIMIT_AS, &space) && space.rlim_cur != RLIM_INFINITY)
		limit = smaller(limit, space.rlim_cur);
	limit = smaller(limit, number_in(group, "memory.max"));
	return smaller(limit, number_in(group, "memory/memory.limit_in_bytes"));
}

size_t memory_limit(void)
{
	return memory_limit_of("/sys/fs/cgroup");
}

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
