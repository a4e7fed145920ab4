/* Questions to the processor and the system. */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "compute/cpu.h"

#include <stdio.h>

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__) || defined(__unix__)
#include <unistd.h>
#endif

#include "base/control_group.h"

bool cpu_has_avx2(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		   __builtin_cpu_supports("bmi");
#else
	return false;
#endif
}

bool cpu_has_avx512(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
		   cpu_has_avx2();
#else
	return false;
#endif
}

/* Up to two numbers in a file of a group. Returns how many there are. */
static int read_numbers(const struct control_group *group, const char *name, double *first,
						double *second)
{
	FILE *file = control_group_open(group, name);

	if (!file)
		return 0;
	const int found = fscanf(file, "%lf %lf", first, second);
	fclose(file);
	return found;
}

/* Version 2 has quota and period in one file, or "max" there; version 1 has a file for each. */
static bool read_quota(const struct control_group *group, double *quota, double *period)
{
	double none;

	if (group->version == 2)
		return read_numbers(group, "cpu.max", quota, period) == 2;
	return read_numbers(group, "cpu.cfs_quota_us", quota, &none) == 1 &&
		   read_numbers(group, "cpu.cfs_period_us", period, &none) == 1;
}

static void lower_quota(const struct control_group *group, void *context)
{
	double quota, period;
	int *least = context;

	if (!read_quota(group, &quota, &period) || !(quota > 0) || !(period > 0) ||
		!(quota / period <= 1e6))
		return;
	const int whole = (int)(quota / period), processors = whole + (whole < quota / period);
	if (!*least || processors < *least)
		*least = processors;
}

int cpu_quota(const char *folder, const char *list)
{
	int least = 0;

	control_group_visit(folder, list, "cpu", lower_quota, &least);
	return least;
}

#if defined(__linux__)
int cpu_count(void)
{
	cpu_set_t set;
	int count = 1;
	const int quota = cpu_quota(CONTROL_GROUP_FOLDER, CONTROL_GROUP_LIST);

	if (!sched_getaffinity(0, sizeof set, &set))
		count = CPU_COUNT(&set);
	return quota && quota < count ? quota : count;
}
#else
int cpu_count(void)
{
	long count = 1;

#ifdef _SC_NPROCESSORS_ONLN
	count = sysconf(_SC_NPROCESSORS_ONLN);
#endif
	return count < 1 ? 1 : (int)count;
}
#endif
