/* The pictures of a folder, as predict takes them. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/path.h"
#include "cli/picture_file.h"
#include "errors.h"
#include "scratch.h"

static struct error error;

static void make(const char *folder, const char *name)
{
	char path[256];
	FILE *file = fopen(scratch_path(path, folder, name), "w");

	assert_non_null(file);
	fclose(file);
}

static void paths_are_listed(void **state)
{
	static const char *const names[] = {"10.png", "2.pgm", ".1.png", "notes", "3.jpg"};
	char path[64], expected[256];
	struct folder folder;

	(void)state;
	assert_non_null(scratch_open(path));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		make(path, names[i]);
	assert_int_equal(picture_files_list(path, &folder, &error), 0);
	assert_int_equal(folder.count, 3);
	assert_string_equal(folder.names[0], scratch_path(expected, path, "2.pgm"));
	assert_string_equal(folder.names[1], scratch_path(expected, path, "3.jpg"));
	assert_string_equal(folder.names[2], scratch_path(expected, path, "10.png"));
	folder_free(&folder);
	assert_true(scratch_close(path));
}

static void a_path_may_be_too_long(void **state)
{
	char path[64], far[PATH_SIZE];
	struct folder folder;

	(void)state;
	assert_non_null(scratch_open(path));
	make(path, "2.pgm");
	strcpy(far, path);
	for (size_t end = strlen(far); end + 2 < PATH_SIZE; end += 2)
		strcpy(far + end, "/.");
	assert_int_equal(picture_files_list(far, &folder, &error), -1);
	assert_error_has(&error, "/./2.pgm: cannot open: File name too long");
	assert_null(folder.names);
	assert_true(scratch_close(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_listed),
		cmocka_unit_test(a_path_may_be_too_long),
	};

	return cmocka_run_group_tests_name("picture_file", tests, NULL, NULL);
}
