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

int cpu_quota(const char *quota_file, const char *period_file)
{
	double quota = 0, period = 0;
	FILE *file = fopen(quota_file, "r");

	if (!file)
		return 0;
	/* Version 2 has both numbers in one file, or "max". */
	int found = fscanf(file, "%lf %lf", &quota, &period);
	fclose(file);
	if (found == 1 && period_file && (file = fopen(period_file, "r"))) {
		found += fscanf(file, "%lf", &period) == 1;
		fclose(file);
	}
	if (found != 2 || !(quota > 0) || !(period > 0) || !(quota / period <= 1e6))
		return 0;
	int whole = (int)(quota / period);
	return whole + (whole < quota / period);
}

#if defined(__linux__)
/* Containers see their own control group at the root. */
int cpu_count(void)
{
	cpu_set_t set;
	int count = 1;
	int quota = cpu_quota("/sys/fs/cgroup/cpu.max", NULL);

	if (!quota)
		quota = cpu_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
						  "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
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
