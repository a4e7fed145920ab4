/* One line of error text: formatted, prefixed, cut in the middle where it is too long. */
#include "oracle.h"

#include <string.h>

#include "base/error.h"

static void test_set(void **state)
{
	(void)state;
	struct error error;

	assert_int_equal(error_set(&error, "%s: %d labels for %d images", "a.gz", 9999, 10000), -1);
	assert_string_equal(error.text, "a.gz: 9999 labels for 10000 images");
	assert_int_equal(error_set(&error, "short"), -1);
	assert_string_equal(error.text, "short");
}

static void test_prefix(void **state)
{
	(void)state;
	struct error error;

	error_set(&error, "offset 3: 100%% wrong");
	assert_int_equal(error_prefix(&error, "%s/%s", "dir", "%d.gz"), -1);
	assert_string_equal(error.text, "dir/%d.gz: offset 3: 100% wrong");
	error_prefix(&error, "predict");
	assert_string_equal(error.text, "predict: dir/%d.gz: offset 3: 100% wrong");
}

static void test_append(void **state)
{
	(void)state;
	struct error error;

	error_set(&error, "100%% wrong");
	assert_int_equal(error_append(&error, "; see %s", "%d.gz"), -1);
	assert_string_equal(error.text, "100% wrong; see %d.gz");
	for (int i = 0; i < 1000; i++)
		error_append(&error, "; and %d", i);
	assert_int_equal(strlen(error.text), sizeof error.text - 1);
	assert_memory_equal(error.text, "100% wrong; see", 15);
	assert_string_equal(error.text + strlen(error.text) - 9, "; and 999");
}

static void assert_ends(const struct error *error, const char *end)
{
	assert_string_equal(error->text + strlen(error->text) - strlen(end), end);
}

/* Ends with a NUL inside of the struct, whatever the lengths. */
static void test_cut(void **state)
{
	(void)state;
	struct error error;
	const size_t room = sizeof error.text;
	char text[2 * sizeof error.text];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	error_set(&error, "%s: cannot open", text);
	assert_int_equal(strlen(error.text), room - 1);
	assert_ends(&error, "xxx: cannot open");
	error_prefix(&error, "file");
	assert_int_equal(strlen(error.text), room - 1);
	assert_memory_equal(error.text, "file: xxx", 9);
	assert_non_null(strstr(error.text, "x…x"));
	assert_ends(&error, "xxx: cannot open");
	error_prefix(&error, "%s", text);
	assert_int_equal(strlen(error.text), room - 1);
	assert_memory_equal(error.text, "xxxx", 4);
	assert_ends(&error, "xxx: cannot open");

	/* A prefix that just leaves room, or just does not. */
	for (size_t length = room - 4; length <= room; length++) {
		text[length] = '\0';
		error_set(&error, "fact");
		error_prefix(&error, "%s", text);
		assert_true(strlen(error.text) <= room - 1);
		assert_ends(&error, "x: fact");
		text[length] = 'x';
	}
}

static void test_scarcity(void **state)
{
	(void)state;
	struct error error;

	assert_int_equal(error_scarce(&error, "not enough memory for %d bytes", 7), -1);
	assert_string_equal(error.text, "not enough memory for 7 bytes");
	assert_true(error.is_scarcity);
	error_prefix(&error, "file");
	error_append(&error, "; sorry");
	assert_true(error.is_scarcity);
	error_set(&error, "fact");
	assert_false(error.is_scarcity);
}

/* The cut goes between characters, wherever it falls. */
static void test_cut_between_characters(void **state)
{
	(void)state;
	struct error error;
	char text[2 * sizeof error.text];

	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof text; i += 3)
			strcpy(text + i, "…");
		error_set(&error, "%s", text);
		assert_true(strlen(error.text) > sizeof error.text - 6);
		assert_int_equal((strlen(error.text) - shift) % 3, 0);
		for (const char *c = error.text + shift; *c; c += 3)
			assert_memory_equal(c, "…", 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),    cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_append), cmocka_unit_test(test_scarcity),
		cmocka_unit_test(test_cut),    cmocka_unit_test(test_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
