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
	report_evaluation(file, &(struct evaluated){&evaluation, &confusion, &classes}, 80, true);
	classes_free(&classes);
	rewind(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "    3      .      .      .\033[97;48;5;28m    990\033[0m      ."
								 "\033[97;48;5;124m     10\033[0m      ."));
	assert_non_null(strstr(text, "\033[97;48;5;196m     10\033[0m\n"));
	assert_non_null(strstr(text, "    0      .      .      .      .      ."));
}

/* Of 30 classes, the confusions that are most frequent, the first of equals first. */
static void a_wide_matrix_becomes_a_list(void **state)
{
	const struct evaluation evaluation = {.count = 1010, .correct = 990};
	size_t counts[30][30] = {[0] = {[0] = 50, [1] = 30}, [3] = {[3] = 90, [29] = 10}};
	const struct confusion confusion = {.classes = 30, .counts = counts[0]};
	struct classes classes;
	struct error error;
	char text[8000];

	(void)state;
	for (int i = 0; i < 25; i++)
		counts[i][27] += 5;
	assert_int_equal(classes_numbered(30, &classes, &error), 0);
	strcpy(classes.all[1].name, "größer");
	for (int none = 0; none < 2; none++) {
		FILE *file = tmpfile();
		assert_non_null(file);
		report_evaluation(file, &(struct evaluated){&evaluation, &confusion, &classes}, 80, true);
		rewind(file);
		text[fread(text, 1, sizeof text - 1, file)] = '\0';
		fclose(file);
		assert_non_null(strstr(text, none ? "confusions: none\n"
										  : "confusions, the 20 most frequent of 27\n"
											" label  read as  images  of the label's\n"
											"     0   größer      30           35.3%\n"
											"     3       29      10            9.5%\n"
											"     0       27       5            5.9%\n"
											"größer       27       5          100.0%\n"));
		assert_non_null(strstr(text, "\n class  precision  recall"));
		assert_int_equal(!strstr(text, "\n    17       27"), none);
		assert_null(strstr(text, "\n    18       27"));
		memset(counts, 0, sizeof counts);
	}
	classes_free(&classes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_matrix_is_shaded),
		cmocka_unit_test(a_wide_matrix_becomes_a_list),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
