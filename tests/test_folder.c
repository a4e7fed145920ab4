/* Names in a folder: all of them, sorted, and nothing kept after an error. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allocations.h"
#include "base/folder.h"
#include "errors.h"
#include "scratch.h"

static struct error error;

/* Files 29 … 00, made in that order. */
static void fill(const char *folder)
{
	char name[16], path[256];

	for (int i = 29; i >= 0; i--) {
		snprintf(name, sizeof name, "%02d", i);
		FILE *file = fopen(scratch_path(path, folder, name), "w");
		assert_non_null(file);
		fclose(file);
	}
}

static void names_are_sorted(void **state)
{
	char path[64];
	struct folder folder;

	(void)state;
	assert_non_null(scratch_open(path));
	assert_int_equal(folder_list(path, &folder, &error), 0);
	assert_int_equal(folder.count, 0);
	folder_free(&folder);
	fill(path);
	assert_int_equal(folder_list(path, &folder, &error), 0);
	assert_int_equal(folder.count, 30);
	for (int i = 0; i < 30; i++)
		assert_int_equal(atoi(folder.names[i]), i);
	folder_free(&folder);
	assert_null(folder.names);
	folder_free(&folder);
	assert_true(folder_is(path));
	assert_true(scratch_close(path));
}

static void no_folder(void **state)
{
	struct folder folder;

	(void)state;
	assert_int_equal(folder_list("none", &folder, &error), -1);
	assert_string_equal(error.text, "none: cannot open: No such file or directory");
	assert_null(folder.names);
	assert_int_equal(folder_list(__FILE__, &folder, &error), -1);
	assert_false(folder_is("none"));
	assert_false(folder_is(__FILE__));
}

static void memory_may_run_out(void **state)
{
	char path[64];
	struct folder folder;
	int number = 0, status;

	(void)state;
	if (!allocations_watched())
		skip();
	assert_non_null(scratch_open(path));
	fill(path);
	do {
		allocations_fail_at(++number);
		status = folder_list(path, &folder, &error);
		allocations_fail_at(0);
		assert_true((folder.names == NULL) == (status != 0));
		assert_int_equal(folder.count, status ? 0 : 30);
	} while (status);
	folder_free(&folder);
	assert_true(number > 30);
	assert_true(scratch_close(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_sorted),
		cmocka_unit_test(no_folder),
		cmocka_unit_test(memory_may_run_out),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
