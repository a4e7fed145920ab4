/* Names in a folder: all of them, sorted, and nothing kept after an error. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "allocations.h"
#include "base/folder.h"
#include "base/path.h"
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

static void names_are_chosen(void **state)
{
	static const char *const names[] = {"b10", "a", "b9", "c"};
	struct folder folder = {calloc(4, sizeof *folder.names), 4};
	size_t kept = 0;

	(void)state;
	assert_non_null(folder.names);
	for (int i = 0; i < 4; i++)
		assert_non_null(folder.names[i] = strdup(names[i]));
	folder_keep(&folder, 0, &kept);
	folder_keep(&folder, 2, &kept);
	folder_keep(&folder, 3, &kept);
	folder_trim(&folder, kept);
	assert_int_equal(folder.count, 3);
	folder_sort(&folder);
	assert_string_equal(folder.names[0], "b9");
	assert_string_equal(folder.names[1], "b10");
	assert_string_equal(folder.names[2], "c");
	folder_free(&folder);
	folder_sort(&folder);
}

static void paths_are_joined(void **state)
{
	static char name[PATH_SIZE];
	char path[PATH_SIZE];

	(void)state;
	assert_int_equal(path_join(path, "data", "b"), 0);
	assert_string_equal(path, "data/b");
	assert_int_equal(path_join(path, "/", "b"), 0);
	assert_string_equal(path, "/b");
	assert_int_equal(path_join(path, "", "b"), 0);
	assert_string_equal(path, "b");
	memset(name, 'n', PATH_SIZE - 1 - strlen("f/"));
	assert_int_equal(path_join(path, "f", name), 0);
	assert_int_equal(strlen(path), PATH_SIZE - 1);
	assert_int_equal(path_join(path, "ff", name), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_string_equal(path, "");
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
		cmocka_unit_test(names_are_sorted),   cmocka_unit_test(names_are_chosen),
		cmocka_unit_test(paths_are_joined),   cmocka_unit_test(no_folder),
		cmocka_unit_test(memory_may_run_out),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
