/* Blocks are calloc's, up to the next boundary. No pointer of an arena leaves its object. */
#define _XOPEN_SOURCE 700

#include "base/memory.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/path.h"

static size_t smaller(size_t a, uint64_t b)
{
	return b < a ? (size_t)b : a;
}

/* A limit of a group, "/a/b"; UINT64_MAX where there is none, or it is "max". */
static uint64_t limit_in(const char *folder, const char *controller, const char *group,
						 const char *name)
{
	char path[PATH_SIZE + 64];
	uint64_t limit = UINT64_MAX;

	snprintf(path, sizeof path, "%s%s%s/%s", folder, controller, group, name);
	FILE *file = fopen(path, "r");
	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%" SCNu64, &limit) != 1)
		limit = UINT64_MAX;
	fclose(file);
	return limit;
}

/* The least limit of a group and of those that it is in, "/a/b", "/a" and "". */
static uint64_t least_limit(const char *folder, const char *controller, char *group,
							const char *name)
{
	uint64_t least = limit_in(folder, controller, group, name);
	char *end;

	while ((end = strrchr(group, '/'))) {
		*end = '\0';
		const uint64_t limit = limit_in(folder, controller, group, name);
		least = limit < least ? limit : least;
	}
	return least;
}

/* The limit of the group in a line of the list. In version 1 each controller has groups of its own,
 * and a folder for them. */
static uint64_t limit_of_line(const char *folder, char *line)
{
	char *group = strstr(line, ":/");

	if (!group)
		return UINT64_MAX;
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	const char *controller = strchr(line, ':');
	if (controller && !strcmp(controller, ":"))
		return least_limit(folder, "", group, "memory.max");
	if (controller && !strcmp(controller, ":memory"))
		return least_limit(folder, "/memory", group, "memory.limit_in_bytes");
	return UINT64_MAX;
}

size_t memory_limit_of(const char *folder, const char *list)
{
	char line[PATH_SIZE];
	size_t limit = SIZE_MAX;
	struct rlimit space;

#ifdef _SC_PHYS_PAGES
	const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	if (pages > 0 && page > 0)
		limit = smaller(limit, (uint64_t)pages * (uint64_t)page);
#endif
	if (!getrlimit(RLIMIT_AS, &space) && space.rlim_cur != RLIM_INFINITY)
		limit = smaller(limit, space.rlim_cur);
	FILE *groups = fopen(list, "r");
	while (groups && fgets(line, sizeof line, groups))
		limit = smaller(limit, limit_of_line(folder, line));
	if (groups)
		fclose(groups);
	return limit;
}

size_t memory_limit(void)
{
	return memory_limit_of("/sys/fs/cgroup", "/proc/self/cgroup");
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
