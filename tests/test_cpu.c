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

/* The least quota, in processors, of the group in /proc/self/cgroup whose line begins like that,
 * and of those around it: `show` prints quota and period in the folder of one, below `root`. */
static int least_quota(const char *line, const char *root, const char *show)
{
	char command[600];

	snprintf(command, sizeof command,
			 "group=$(sed -n 's/^%s:\\//\\//p' /proc/self/cgroup | head -n 1); while :; do "
			 "(cd %s$group && %s); [ \"$group\" ] || break; group=${group%%/*}; done 2>/dev/null | "
			 "awk '$1 + 0 > 0 { n = int(($1 + $2 - 1) / $2); if (!least || n < least) least = n } "
			 "END { print least + 0 }'",
			 line, root, show);
	return number_of(command);
}

/* nproc looks at the affinity mask; some versions know quotas, too. */
static void as_nproc_says(void **state)
{
	const int processors =
		number_of("env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null");
	int quota = least_quota("0:", "/sys/fs/cgroup", "cat cpu.max");

	if (!quota)
		quota = least_quota("[0-9]*:\\(.*,\\)*cpu\\(,.*\\)*", "/sys/fs/cgroup/cpu",
							"paste cpu.cfs_quota_us cpu.cfs_period_us");
	(void)state;
	if (!processors)
		skip();
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

/* cpu_quota of a process with this list of groups, where two files have these texts. */
static int quota_of(const char *list, const char *name, const char *text, const char *other_name,
					const char *other_text)
{
	char folder[64], groups[256];

	assert_non_null(scratch_open(folder));
	assert_true(scratch_write_below(folder, "list", list));
	assert_true(scratch_write_below(folder, name, text));
	assert_true(scratch_write_below(folder, other_name, other_text));
	const int processors = cpu_quota(folder, scratch_path(groups, folder, "list"));
	assert_true(scratch_close(folder));
	return processors;
}

static void quotas(void **state)
{
	static const char *const none[] = {"max 100000\n", "-1 100000",  "0 100000",   "100000 0",
									   "100000",       "",           "inf 100000", "inf inf",
									   "nan nan",      "100000 inf", "1e300 1",    "x y"};

	(void)state;
	assert_int_equal(quota_of("0::/\n", "cpu.max", "100000 100000\n", "x", NULL), 1);
	assert_int_equal(quota_of("0::/\n", "cpu.max", "100001 100000\n", "x", NULL), 2);
	assert_int_equal(quota_of("0::/\n", "cpu.max", "50000 100000\n", "x", NULL), 1);
	assert_int_equal(quota_of("0::/\n", "x", NULL, "y", NULL), 0);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (quota_of("0::/\n", "cpu.max", none[i], "x", NULL) != 0)
			fail_msg("\"%s\" is a quota", none[i]);
}

/* The least quota counts, whether it is the group's own or that of one around it. */
static void quotas_of_groups(void **state)
{
	static const char first[] = "7:cpu,cpuacct:/a\n5:cpuset:/a/b\n";
	static const char *const others[] = {"", "7:cpuset:/a", "7:xcpu:/a", "7:cpu", "7:cpu:a"};

	(void)state;
	assert_int_equal(quota_of("0::/a/b\n", "a/b/cpu.max", "400 100", "a/cpu.max", "900 100"), 4);
	assert_int_equal(quota_of("0::/a/b\n", "a/b/cpu.max", "max 100", "a/cpu.max", "300 100"), 3);
	assert_int_equal(quota_of("0::/a/b\n", "a/b/cpu.max", "500 100", "cpu.max", "200 100"), 2);
	assert_int_equal(quota_of("0::/a/b\n", "a/b/c/cpu.max", "5 1", "c/cpu.max", "2 1"), 0);
	assert_int_equal(quota_of(first, "cpu/a/cpu.cfs_quota_us", "400000\n",
							  "cpu/a/cpu.cfs_period_us", "100000\n"),
					 4);
	assert_int_equal(
		quota_of(first, "cpu/cpu.cfs_quota_us", "300\n", "cpu/cpu.cfs_period_us", "100\n"), 3);
	assert_int_equal(
		quota_of(first, "cpu/cpu.cfs_quota_us", "-1\n", "cpu/cpu.cfs_period_us", "100\n"), 0);
	assert_int_equal(quota_of(first, "cpu/cpu.cfs_quota_us", "300\n", "x", NULL), 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(
			quota_of(others[i], "cpu/a/cpu.cfs_quota_us", "300", "cpu/a/cpu.cfs_period_us", "100"),
			0);
	assert_int_equal(cpu_quota(".", "no such list"), 0);
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
		cmocka_unit_test(quotas_of_groups),
		cmocka_unit_test(instruction_sets),
	};
	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
