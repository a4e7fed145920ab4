/* The least of what the machine, the process and its control groups say. */
#define _XOPEN_SOURCE 700

#include "base/memory_limit.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/control_group.h"

static size_t smaller(size_t a, uint64_t b)
{
	return b < a ? (size_t)b : a;
}

/* The limit of a group, where it has one that is not "max". */
static void lower_limit(const struct control_group *group, void *context)
{
	FILE *file =
		control_group_open(group, group->version == 2 ? "memory.max" : "memory.limit_in_bytes");
	size_t *limit = context;
	uint64_t own;

	if (file && fscanf(file, "%" SCNu64, &own) == 1)
		*limit = smaller(*limit, own);
	if (file)
		fclose(file);
}

size_t memory_limit_of(const char *folder, const char *list)
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
	control_group_visit(folder, list, "memory", lower_limit, &limit);
	return limit;
}

size_t memory_limit(void)
{
	return memory_limit_of(CONTROL_GROUP_FOLDER, CONTROL_GROUP_LIST);
}
