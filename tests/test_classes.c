/* Labels as they come, classes from 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "allocations.h"
#include "app/classes.h"
#include "errors.h"
#include "mutations.h"

static struct error error;
static struct classes classes;

static void classes_of(const int32_t *labels, size_t count)
{
	assert_int_equal(classes_of_labels(labels, count, &classes, &error), 0);
}

static void labels_may_be_any(void **state)
{
	static const int32_t gaps[] = {9, 3, 7, 9, 9, 3, 7, 9, 3, 7, 9, 3, 7, 9, -4};
	static const int32_t letters[] = {1, 13, 26};
	static const int32_t far[] = {INT32_MIN, INT32_MAX};

	(void)state;
	classes_of(gaps, 14); /* less than five each: 4, 5, 6 and 8 may be missing by chance */
	assert_int_equal(classes.count, 7);
	assert_string_equal(classes.all[1].name, "4");
	classes_free(&classes);
	classes_of(gaps, 15);
	assert_int_equal(classes.count, 14);
	assert_string_equal(classes.all[0].name, "-4");
	classes_free(&classes);
	classes_of(letters, 3);
	assert_int_equal(classes.count, 26);
	assert_int_equal(classes_find(&classes, 1), 0);
	assert_int_equal(classes_find(&classes, 26), 25);
	assert_int_equal(classes_find(&classes, 0), -1);
	assert_int_equal(classes_find(&classes, 27), -1);
	classes_free(&classes);
	classes_of(far, 2);
	assert_int_equal(classes.count, 2);
	assert_int_equal(classes_find(&classes, INT32_MIN), 0);
	classes_free(&classes);
	assert_null(classes.all);
	classes_free(&classes);
}

static void gaps_stay_with_enough_images(void **state)
{
	static int32_t labels[15];

	(void)state;
	for (int i = 0; i < 15; i++)
		labels[i] = (int32_t[]){3, 7, 9}[i % 3];
	classes_of(labels, 15);
	assert_int_equal(classes.count, 3);
	assert_int_equal(classes_find(&classes, 7), 1);
	assert_int_equal(classes_find(&classes, 8), -1);
	assert_string_equal(classes.all[2].name, "9");
	classes_free(&classes);
}

static void there_are_at_most_a_thousand(void **state)
{
	static int32_t labels[CLASSES_MOST + 1];

	(void)state;
	for (int i = 0; i <= CLASSES_MOST; i++)
		labels[i] = 5 * i;
	classes_of(labels, CLASSES_MOST);
	assert_int_equal(classes.count, CLASSES_MOST);
	classes_free(&classes);
	assert_int_equal(classes_of_labels(labels, CLASSES_MOST + 1, &classes, &error), -1);
	assert_string_equal(error.text, "labels of more than 1000 different values");
	assert_null(classes.all);
}

static void a_mapping_has_names(void **state)
{
	static const char text[] = "2 66 98\n1 65 97\r\n\n27 48";

	(void)state;
	assert_int_equal(classes_read_mapping(text, strlen(text), &classes, &error), 0);
	assert_int_equal(classes.count, 3);
	assert_string_equal(classes.all[0].name, "A");
	assert_string_equal(classes.all[1].name, "B");
	assert_string_equal(classes.all[2].name, "0");
	assert_int_equal(classes_find(&classes, 27), 2);
	classes_free(&classes);
}

static void refuse_mapping(const char *text, const char *why)
{
	assert_int_equal(classes_read_mapping(text, strlen(text), &classes, &error), -1);
	assert_error_has(&error, why);
	assert_null(classes.all);
}

static void read_mapping(const uint8_t *data, size_t size, void *context)
{
	(void)context;
	if (!classes_read_mapping((const char *)data, size, &classes, &error)) {
		assert_in_range(classes.count, 1, 4);
		classes_free(&classes);
	}
}

static void mappings_may_be_wrong(void **state)
{
	static const char text[] = "2 66 98\n1 65 97\r\n7 48\n";

	(void)state;
	refuse_mapping("", "no classes");
	refuse_mapping("1 65\n2\n", "line 2 is not a label and codes of characters, as \"1 65\" is");
	refuse_mapping("1 65\nB 66\n", "line 2 is not");
	refuse_mapping("1 65\n2 66 x\n", "line 2 is not");
	refuse_mapping("1 65 x\n", "line 1 is not");
	refuse_mapping("0 48\n\n1 x\n", "line 3 is not");
	refuse_mapping("0 48\r\n\r\n1 x\r\n", "line 3 is not");
	refuse_mapping("1 27\n", "line 1 is not");
	refuse_mapping("1 1065\n", "line 1 is not");
	mutate((const uint8_t *)text, sizeof text - 1, MUTATE_ALL,
		   (struct mutation_target){read_mapping, NULL});
}

static void copies_and_numbers(void **state)
{
	struct classes copy;

	(void)state;
	assert_int_equal(classes_numbered(10, &classes, &error), 0);
	assert_int_equal(classes_copy(&classes, &copy, &error), 0);
	classes_free(&classes);
	assert_int_equal(copy.count, 10);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(copy.all[i].label, i);
		assert_int_equal(copy.all[i].name[0], '0' + i);
	}
	classes_free(&copy);
	if (!allocations_watched())
		return;
	allocations_fail_at(1);
	assert_int_equal(classes_numbered(10, &classes, &error), -1);
	allocations_fail_at(0);
	assert_true(error.is_scarcity);
}

static void name(const char *const *names, size_t count)
{
	assert_int_equal(classes_named(names, count, &classes, &error), 0);
	assert_int_equal(classes.count, count);
}

static void names_make_classes(void **state)
{
	static const char *const digits[] = {"10", "9", "007", "8"};
	static const char *const letters[] = {"b10", "a", "b9", "0", "C"};
	static const char *const twice[] = {"1", "01"};
	static const char long_name[] =
		"1234567890123456789012345678901234567890123456789012345678901234";

	(void)state;
	name(digits, 4);
	assert_string_equal(classes.all[0].name, "007");
	assert_int_equal(classes.all[0].label, 7);
	assert_int_equal(classes.all[3].label, 10);
	assert_int_equal(classes_find_name(&classes, "007"), 0);
	assert_int_equal(classes_find_name(&classes, "7"), 0);
	assert_int_equal(classes_find_name(&classes, "010"), 3);
	assert_int_equal(classes_find_name(&classes, "11"), -1);
	assert_int_equal(classes_find_name(&classes, "a"), -1);
	assert_int_equal(classes_find_name(&classes, "99999999999"), -1);
	classes_free(&classes);
	name(letters, 5);
	assert_string_equal(classes.all[0].name, "0");
	assert_string_equal(classes.all[1].name, "C");
	assert_string_equal(classes.all[3].name, "b9");
	assert_int_equal(classes.all[4].label, 4);
	assert_int_equal(classes_find_name(&classes, "b10"), 4);
	classes_free(&classes);
	name(twice, 2);
	assert_string_equal(classes.all[0].name, "01");
	assert_int_equal(classes.all[0].label, 0);
	classes_free(&classes);
	assert_int_equal(classes_named((const char *const[]){long_name}, 1, &classes, &error), -1);
	assert_error_has(&error, "a class's name of 64 bytes, possible are 1 to 63: \"1234567890");
	assert_int_equal(classes_named((const char *const[]){long_name + 1}, 1, &classes, &error), 0);
	classes_free(&classes);
	assert_int_equal(classes_named(digits, CLASSES_MOST + 1, &classes, &error), -1);
	assert_string_equal(error.text, "1001 classes, of which 1000 are allowed");
}

static void lists_name_classes(void **state)
{
	static const struct {
		const char *list, *message;
	} refusals[] = {
		{"a,b", "fewer names than the 3 classes"},
		{"a,b,c,d", "more names than the 3 classes"},
		{"a,b,c,", "more names than the 3 classes"},
		{"a,,c", "a class's name of 0 bytes, possible are 1 to 63: \"\""},
		{"", "a class's name of 0 bytes, possible are 1 to 63: \"\""},
		{"a,0123456789012345678901234567890123456789012345678901234567890123,c",
		 "a class's name of 64 bytes, possible are 1 to 63: "
		 "\"0123456789012345678901234567890123456789012345678901234567890123\""},
		{"a,b\033[2J,c", "a class's name with a control character: \"b\033[2J\""},
		{"a,caf\xe9,c", "a class's name that is not UTF-8: \"caf\xe9\""},
		{"a,b,a", "two classes are called a"},
	};

	(void)state;
	assert_int_equal(classes_numbered(3, &classes, &error), 0);
	assert_true(classes_are_numbered(&classes));
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		assert_int_equal(classes_name(&classes, refusals[i].list, &error), -1);
		assert_string_equal(error.text, refusals[i].message);
	}
	assert_int_equal(classes_count_names("cat,dog,größer"), 3);
	assert_int_equal(classes_name(&classes, "cat,dog,größer", &error), 0);
	assert_string_equal(classes.all[1].name, "dog");
	assert_string_equal(classes.all[2].name, "größer");
	assert_false(classes_are_numbered(&classes));
	classes_free(&classes);
}

static void tables_become_texts(void **state)
{
	static const char *const odd[] = {"",      "1 2",    "1 2 3 4", "3 2 1",         "1 1 2",
									  "1,2,3", "1 2 3 ", "1  2 3",  "1 2 2147483648"};
	struct class_label three[] = {{-5, "minus five"}, {0, "a, b"}, {INT32_MAX, "\"most\""}};
	const struct classes table = {three, 3};
	struct classes back;
	char *labels, *names;

	(void)state;
	assert_int_equal(classes_write(&table, &labels, &names, &error), 0);
	assert_string_equal(labels, "-5 0 2147483647");
	assert_string_equal(names, "minus five\na, b\n\"most\"");
	assert_int_equal(classes_read(labels, names, &back, &error), 0);
	assert_int_equal(back.count, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(back.all[i].label, three[i].label);
		assert_string_equal(back.all[i].name, three[i].name);
	}
	classes_free(&back);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		assert_int_equal(classes_read(odd[i], names, &back, &error), -1);
		assert_null(back.all);
	}
	assert_int_equal(classes_read(labels, "a\nb", &back, &error), -1);
	assert_string_equal(error.text, "fewer names than the 3 classes");
	free(labels);
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_may_be_any),
		cmocka_unit_test(gaps_stay_with_enough_images),
		cmocka_unit_test(there_are_at_most_a_thousand),
		cmocka_unit_test(a_mapping_has_names),
		cmocka_unit_test(mappings_may_be_wrong),
		cmocka_unit_test(names_make_classes),
		cmocka_unit_test(copies_and_numbers),
		cmocka_unit_test(lists_name_classes),
		cmocka_unit_test(tables_become_texts),
	};

	return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
