/* The CSV file of the learning curves, to the byte. */
#define _POSIX_C_SOURCE 200809L

#include <float.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "app/curves.h"
#include "scratch.h"

#define HEADER                                                                                     \
	"epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds,train_accuracy,train_loss\n"
#define FULL_ROW "1,0.912345,0.287654,0.967800,0.111111,0.001,12.346,0.975000,0.090000\n"
#define BARE_ROW "2,0.500000,2.302585,,,3.33333e-05,0.000,,\n"

static char folder[64];
static char path[256];
static struct error error;

static int setup(void **state)
{
	(void)state;
	if (!scratch_open(folder))
		return -1;
	scratch_path(path, folder, "curves.csv");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return scratch_close(folder) ? 0 : -1;
}

static void assert_content(const char *expected)
{
	char have[1024] = "";
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_true(fread(have, 1, sizeof have - 1, file) > 0);
	fclose(file);
	assert_string_equal(have, expected);
}

/* Each row is in the file before the next epoch begins, not when the file is closed. */
static void rows_are_flushed(void **state)
{
	struct curves curves;
	struct epoch_figures row = {
		.epoch = 1,
		.accuracy = 0.9123454,
		.loss = 0.2876541,
		.has_val = true,
		.val_accuracy = 0.9678,
		.val_loss = 1.0 / 9,
		.learning_rate = (double)0.001f,
		.seconds = 12.3456,
		.has_train = true,
		.train_accuracy = 0.975,
		.train_loss = 0.09,
	};

	(void)state;
	assert_int_equal(curves_open(&curves, path, &error), 0);
	assert_int_equal(curves_append(&curves, &row, &error), 0);
	assert_content(HEADER FULL_ROW);
	row = (struct epoch_figures){
		.epoch = 2, .accuracy = 0.5, .loss = 2.302585093, .learning_rate = 1e-4 / 3};
	assert_int_equal(curves_append(&curves, &row, &error), 0);
	assert_content(HEADER FULL_ROW BARE_ROW);
	assert_int_equal(curves_close(&curves, &error), 0);
	assert_content(HEADER FULL_ROW BARE_ROW);
}

/* A training that fails before its first epoch's end has no row, and leaves the old ones. */
static void the_first_row_replaces_the_old_curves(void **state)
{
	const struct epoch_figures row = {
		.epoch = 2, .accuracy = 0.5, .loss = 2.302585093, .learning_rate = 1e-4 / 3};
	struct curves curves;

	(void)state;
	assert_int_equal(curves_open(&curves, path, &error), 0);
	assert_int_equal(curves_close(&curves, &error), 0);
	assert_int_equal(scratch_count(folder), 0);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	fputs("old\n", file);
	fclose(file);
	assert_int_equal(curves_open(&curves, path, &error), 0);
	assert_content("old\n");
	assert_int_equal(curves_append(&curves, &row, &error), 0);
	assert_content(HEADER BARE_ROW);
	assert_int_equal(curves_close(&curves, &error), 0);
	assert_content(HEADER BARE_ROW);
	assert_int_equal(curves_open(&curves, path, &error), 0);
	assert_int_equal(curves_close(&curves, &error), 0);
	assert_content(HEADER BARE_ROW);
	assert_int_equal(scratch_count(folder), 1);
}

static void errors_name_the_file(void **state)
{
	struct curves curves;

	(void)state;
	assert_int_equal(curves_open(&curves, "/dev/full", &error), -1);
	assert_string_equal(error.text, "/dev/full: cannot write: No space left on device");
	assert_int_equal(curves_close(&curves, &error), 0);
	assert_int_equal(curves_open(&curves, "no/such/folder.csv", &error), -1);
	assert_string_equal(error.text, "no/such/folder.csv: its folder does not exist");
	assert_int_equal(curves_close(&curves, &error), 0);
}

/* A limit on the size of files stands for a disk that gets full in the middle of a row. */
static void half_a_row_is_taken_back(void **state)
{
	const rlim_t size = sizeof HEADER - 1 + sizeof BARE_ROW - 1 + 10;
	const struct rlimit limit = {.rlim_cur = size, .rlim_max = size};
	const struct epoch_figures row = {
		.epoch = 2, .accuracy = 0.5, .loss = 2.302585093, .learning_rate = 1e-4 / 3};
	struct curves curves;
	int status;

	(void)state;
	assert_true(scratch_write(path, "old"));
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) || curves_open(&curves, path, &error) ||
			curves_append(&curves, &row, &error))
			_exit(2);
		if (!curves_append(&curves, &row, &error) ||
			!strstr(error.text, "curves.csv: cannot write: File too large") ||
			strstr(error.text, "untouched"))
			_exit(1);
		_exit(curves_close(&curves, &error) ? 3 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(HEADER BARE_ROW);
}

/* Every number that a double can be has room. */
static void large_numbers_are_written_out(void **state)
{
	const struct epoch_figures row = {.epoch = INT_MAX,
									  .accuracy = -DBL_MAX,
									  .loss = -DBL_MAX,
									  .has_val = true,
									  .val_accuracy = -DBL_MAX,
									  .val_loss = -DBL_MAX,
									  .learning_rate = -DBL_MAX,
									  .seconds = -DBL_MAX,
									  .has_train = true,
									  .train_accuracy = -DBL_MAX,
									  .train_loss = -DBL_MAX};
	struct curves curves;
	char have[4096] = "";
	int commas = 0;

	(void)state;
	assert_int_equal(curves_open(&curves, path, &error), 0);
	assert_int_equal(curves_append(&curves, &row, &error), 0);
	assert_int_equal(curves_close(&curves, &error), 0);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t size = fread(have, 1, sizeof have - 1, file);
	fclose(file);
	for (size_t i = sizeof HEADER - 1; i < size; i++)
		commas += have[i] == ',';
	assert_int_equal(commas, 8);
	assert_string_equal(have + size - 8, ".000000\n");
}

static void the_best_epoch_has_the_lowest_val_loss(void **state)
{
	const struct epoch_figures row = {.val_loss = 0.5, .val_accuracy = 0.9};
	const struct epoch_figures lower = {.val_loss = 0.4, .val_accuracy = 0.8};

	(void)state;
	assert_true(epoch_is_better(&lower, &row));
	assert_false(epoch_is_better(&row, &lower));
	assert_false(epoch_is_better(&row, &row)); /* the first of equal ones stays it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_flushed, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_row_replaces_the_old_curves, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_name_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_row_is_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(large_numbers_are_written_out, setup, teardown),
		cmocka_unit_test(the_best_epoch_has_the_lowest_val_loss),
	};
	return cmocka_run_group_tests_name("curves", tests, NULL, NULL);
}
