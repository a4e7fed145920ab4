/* The amount of memory that there is. */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory_limit.h"
#include "scratch.h"

/* memory_limit_of a process whose list of groups is this, where the file `name` has this text. NULL
 * stands for no such file. */
static size_t limit_of(const char *list, const char *name, const char *text)
{
	char folder[64], groups[256];

	assert_non_null(scratch_open(folder));
	assert_true(scratch_write_below(folder, "list", list));
	assert_true(scratch_write_below(folder, name, text));
	const size_t limit = memory_limit_of(folder, scratch_path(groups, folder, "list"));
	assert_true(scratch_close(folder));
	return limit;
}

/* The least limit counts, whether it is the group's own or that of one around it. */
static void groups_have_limits(void **state)
{
	static const char *const none[] = {"max\n", "", "x", "9223372036854771712\n",
									   "18446744073709551615"};
	static const char second[] = "0::/a/b\n", first[] = "7:cpu:/\n4:memory:/a\n1:name=x:/a\n";
	static const char *const other[] = {
		"", "0", "0:", "0::", "4:memory", ":memory:a", "4:cpu:/a\n"};
	const size_t machine = limit_of(second, NULL, NULL);

	(void)state;
	assert_true(machine >= (size_t)16 << 20 && memory_limit() <= machine);
	assert_int_equal(limit_of(second, "a/b/memory.max", "1048576\n"), 1048576);
	assert_int_equal(limit_of(second, "a/memory.max", "1048577\n"), 1048577);
	assert_int_equal(limit_of(second, "memory.max", "1048578\n"), 1048578);
	assert_int_equal(limit_of("0::/\n", "memory.max", "1048579\n"), 1048579);
	assert_int_equal(limit_of("0::/no/such", "memory.max", "1048580"), 1048580);
	assert_int_equal(limit_of(first, "memory/a/memory.limit_in_bytes", "1048581\n"), 1048581);
	assert_int_equal(limit_of(first, "memory/memory.limit_in_bytes", "1048582\n"), 1048582);
	assert_int_equal(limit_of(second, "memory/memory.limit_in_bytes", "1048583\n"), machine);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(limit_of(second, "a/memory.max", none[i]), machine);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		assert_int_equal(limit_of(other[i], "memory.max", "1048584"), machine);
		assert_int_equal(limit_of(other[i], "memory/memory.limit_in_bytes", "1048585"), machine);
	}
	assert_int_equal(memory_limit_of(".", "no such list"), machine);
}

#define NOT_OBEYED 77

/* By `ulimit -v`, in a process of its own: a limit may not be raised again. The small one leaves
 * Valgrind room for its own. An emulator may not obey a limit, and has the old one then. */
static void address_space_is_a_limit(void **state)
{
	const struct rlimit space = {(rlim_t)1 << 40, (rlim_t)1 << 40},
						small = {(rlim_t)1 << 30, (rlim_t)1 << 30};
	int status;

	(void)state;
	fflush(stdout);
	const pid_t child = fork();
	if (!child) {
		const size_t machine = memory_limit();
		struct rlimit obeyed;
		const size_t lower = machine < (size_t)1 << 30 ? machine : (size_t)1 << 30;
		const bool same = !setrlimit(RLIMIT_AS, &space) && memory_limit() == machine;
		if (getrlimit(RLIMIT_AS, &obeyed) || obeyed.rlim_cur != space.rlim_cur)
			_exit(NOT_OBEYED);
		_exit(same && !setrlimit(RLIMIT_AS, &small) && memory_limit() == lower ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_OBEYED)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_have_limits),
		cmocka_unit_test(address_space_is_a_limit),
	};
	return cmocka_run_group_tests_name("memory_limit", tests, NULL, NULL);
}
