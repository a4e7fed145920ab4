/* Names of files in lines of text, and what of them a terminal gets to see; the confusion
 * matrix. */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "cli/report.h"
#include "terminal.h"

static void names_are_escaped(void **state)
{
	static const struct {
		const char *name, *in_file, *on_terminal;
	} cases[] = {
		{"samples/7.pgm", "samples/7.pgm", "samples/7.pgm"},
		{"a\nb\\c\rd", "a\\nb\\\\c\\rd", "a\\nb\\\\c\\rd"},
		{"\033[31mred\x7f", "\033[31mred\x7f", "?[31mred?"},
		{"\xc2\x9b"
		 "31m",
		 "\xc2\x9b"
		 "31m",
		 "?31m"},
		{"Übung …", "Übung …", "Übung …"},
		{"ends in \xc2", "ends in \xc2", "ends in \xc2"},
	};
	FILE *file = tmpfile(), *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	assert_non_null(file);
	if (user < 0)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[100] = "";

		rewind(file);
		report_name(file, cases[i].name);
		fputc('\0', file);
		rewind(file);
		assert_true(fread(text, 1, sizeof text, file) > 0);
		assert_string_equal(text, cases[i].in_file);
		report_name(terminal, cases[i].name);
		assert_arrives(user, terminal, cases[i].on_terminal);
	}
	fclose(file);
	fclose(terminal);
	close(user);
}

/* Shades: 990 of 1000 right is the brighter green; 10 wrong are 1%, the fourth red. */
static void the_matrix_is_shaded(void **state)
{
	struct evaluation evaluation = {.count = 1010, .correct = 990};
	char text[8000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	evaluation.confusion[3][3] = 990;
	evaluation.confusion[3][5] = 10;
	evaluation.confusion[4][9] = 10;
	report_evaluation(file, &evaluation, true);
	rewind(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "    3      .      .      .\033[97;48;5;28m    990\033[0m      ."
								 "\033[97;48;5;124m     10\033[0m      ."));
	assert_non_null(strstr(text, "\033[97;48;5;196m     10\033[0m\n"));
	assert_non_null(strstr(text, "    0      .      .      .      .      ."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(the_matrix_is_shaded),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
