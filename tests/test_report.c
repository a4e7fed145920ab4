/* The confusion matrix in colours. */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "cli/report.h"
#include "terminal.h"

/* Shades: 990 of 1000 right is the brighter green; 10 wrong are 1%, the fourth red. */
static void the_matrix_is_shaded(void **state)
{
	const struct evaluation evaluation = {.count = 1010, .correct = 990};
	size_t counts[10][10] = {[3] = {[3] = 990, [5] = 10}, [4] = {[9] = 10}};
	const struct confusion confusion = {.classes = 10, .counts = counts[0]};
	struct classes classes;
	struct error error;
	char text[8000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(classes_numbered(10, &classes, &error), 0);
	report_evaluation(file, &(struct evaluated){&evaluation, &confusion, &classes}, true);
	classes_free(&classes);
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
		cmocka_unit_test(the_matrix_is_shaded),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
