/* What the processor and the system say, against what other tools read of them. */
#define _GNU_SOURCE /* sched_setaffinity, popen */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef __linux__
#include <sched.h>
#endif

#include "compute/cpu.h"
#include "scratch.h"

/* The number that a command prints, or 0. */
static int number_of(const char *command)
{
	int number = 0;
	FILE *output = popen(command, "r");

	assert_non_null(output);
	if (fscanf(output, "%d", &number) != 1)
		number = 0;
	pclose(output);
	return number;
}

static void at_least_one(void **state)
{
	(void)state;
	assert_true(cpu_count() >= 1);
}

/* nproc looks at the affinity mask; some versions know quotas, too. */
static void as_nproc_says(void **state)
{
	int processors = number_of("env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null");
	int quota = number_of("awk '$1 > 0 { print int(($1 + $2 - 1) / $2) }' /sys/fs/cgroup/cpu.max "
						  "2>/dev/null");
	int old_quota = number_of("cd /sys/fs/cgroup/cpu 2>/dev/null && paste cpu.cfs_quota_us "
							  "cpu.cfs_period_us | awk '$1 > 0 { print int(($1 + $2 - 1) / $2) }'");

	(void)state;
	if (!processors)
		skip();
	if (!quota)
		quota = old_quota;
	assert_int_equal(cpu_count(), quota && quota < processors ? quota : processors);
}

#ifdef __linux__
static void the_affinity_mask_counts(void **state)
{
	cpu_set_t all, one;
	int cpu = 0;

	(void)state;
	if (sched_getaffinity(0, sizeof all, &all))
		skip();
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	int count = cpu_count();
	assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
	assert_int_equal(count, 1);
}
#endif

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* cpu_quota of files with these texts; NULL: there is no such file. */
static int quota_of(const char *quota, const char *period)
{
	char folder[64], quota_file[256], period_file[256];

	assert_non_null(scratch_open(folder));
	scratch_path(quota_file, folder, "quota");
	scratch_path(period_file, folder, "period");
	if (quota)
		write_text(quota_file, quota);
	if (period)
		write_text(period_file, period);
	const int processors = cpu_quota(quota_file, period ? period_file : NULL);
	assert_true(scratch_close(folder));
	return processors;
}

static void quotas(void **state)
{
	static const char *const none[] = {"max 100000\n", "-1 100000",  "0 100000",   "100000 0",
									   "100000",       "",           "inf 100000", "inf inf",
									   "nan nan",      "100000 inf", "1e300 1",    "x y"};

	(void)state;
	assert_int_equal(quota_of("100000 100000\n", NULL), 1);
	assert_int_equal(quota_of("100001 100000\n", NULL), 2);
	assert_int_equal(quota_of("50000 100000\n", NULL), 1);
	assert_int_equal(quota_of("400000\n", "100000\n"), 4);
	assert_int_equal(quota_of("-1\n", "100000\n"), 0);
	assert_int_equal(quota_of(NULL, NULL), 0);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (quota_of(none[i], NULL) != 0)
			fail_msg("\"%s\" is a quota", none[i]);
}

/* The kernel lists what it saves the registers of. Valgrind has some of them only. */
static void instruction_sets(void **state)
{
	const char *preloaded = getenv("LD_PRELOAD");

	(void)state;
	if (preloaded && strstr(preloaded, "vgpreload"))
		skip();
#if defined(__x86_64__) && defined(__linux__)
	const char *count = "grep -m 1 '^flags' /proc/cpuinfo | tr ' ' '\\n' | grep -c -x -e %s";
	char command[200];

	snprintf(command, sizeof command, count, "avx2 -e fma -e bmi1");
	assert_int_equal(cpu_has_avx2(), number_of(command) == 3);
	snprintf(command, sizeof command, count, "avx512f -e avx512bw -e avx512dq -e avx512vl");
	assert_int_equal(cpu_has_avx512(), number_of(command) == 4);
#elif !defined(__x86_64__)
	assert_false(cpu_has_avx2());
	assert_false(cpu_has_avx512());
#endif
	assert_true(cpu_has_avx2() || !cpu_has_avx512());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_least_one),
		cmocka_unit_test(as_nproc_says),
#ifdef __linux__
		cmocka_unit_test(the_affinity_mask_counts),
#endif
		cmocka_unit_test(quotas),
		cmocka_unit_test(instruction_sets),
	};
	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
