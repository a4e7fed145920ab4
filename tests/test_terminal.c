/* What is at the other end of a stream; here it is never a terminal. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/terminal.h"

static void a_file_is_no_terminal(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_false(terminal_is_rich(file));
	fclose(file);
}

static void the_width_is_sane(void **state)
{
	static const struct {
		const char *columns;
		int width;
	} cases[] = {{"132", 132}, {"5", 5}, {"0", 80}, {"-7", 80}, {"wide", 80}, {"", 80},
				 {"99999999999999999999", 80}};
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		setenv("COLUMNS", cases[i].columns, 1);
		assert_int_equal(terminal_width(file), cases[i].width);
	}
	unsetenv("COLUMNS");
	assert_int_equal(terminal_width(file), 80);
	fclose(file);
}

static void the_clock_goes_forward(void **state)
{
	double before = terminal_seconds();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		double now = terminal_seconds();
		assert_true(now >= before);
		before = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_no_terminal),
		cmocka_unit_test(the_width_is_sane),
		cmocka_unit_test(the_clock_goes_forward),
	};
	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
