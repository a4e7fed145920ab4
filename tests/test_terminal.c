/* The terminal at the other end of a stream. */
#define _XOPEN_SOURCE 700

#include "base/terminal.h"
#include "terminal.h"

static void a_file_is_no_terminal(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	setenv("LC_ALL", "C.UTF-8", 1);
	assert_false(terminal_is_rich(file));
	assert_false(terminal_is_utf8(file));
	fclose(file);
}

static void the_locale_tells_utf8(void **state)
{
	static const struct {
		const char *all, *ctype, *lang;
		bool utf8;
	} cases[] = {
		{"", "", "en_US.UTF-8", true},
		{"C", "", "en_US.UTF-8", false},
		{"", "POSIX", "C.UTF-8", false},
		{"de_DE.utf8", "C", "C", true},
		{"", "de_DE.utf8@euro", "C", true},
		{"", "", "de_DE.ISO-8859-1", false},
		{"", "", "", false},
		{"UTF-8", "", "", false},
		{"C.UTF-16", "", "", false},
		{"C.", "", "", false},
	};
	FILE *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	if (user < 0)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		setenv("LC_ALL", cases[i].all, 1);
		setenv("LC_CTYPE", cases[i].ctype, 1);
		setenv("LANG", cases[i].lang, 1);
		assert_int_equal(terminal_is_utf8(terminal), cases[i].utf8);
	}
	unsetenv("LC_ALL");
	unsetenv("LC_CTYPE");
	unsetenv("LANG");
	assert_false(terminal_is_utf8(terminal));
	assert_int_equal(resize_terminal(user, 123, 45), 0);
	assert_int_equal(terminal_width(terminal), 123);
	assert_int_equal(terminal_height(terminal), 45);
	fclose(terminal);
	close(user);
}

static void the_width_is_sane(void **state)
{
	static const struct {
		const char *columns;
		int width;
	} cases[] = {{"132", 132},
				 {"5", 5},
				 {"0", 80},
				 {"-7", 80},
				 {"wide", 80},
				 {"", 80},
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
	unsetenv("LINES");
	assert_int_equal(terminal_height(file), 24);
	setenv("LINES", "50", 1);
	assert_int_equal(terminal_height(file), 50);
	unsetenv("LINES");
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_no_terminal),
		cmocka_unit_test(the_locale_tells_utf8),
		cmocka_unit_test(the_width_is_sane),
	};
	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
