/* One of a few words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/choice.h"

static void words_are_found(void **state)
{
	(void)state;
	assert_int_equal(choice_find("adam|sgd", "adam"), 0);
	assert_int_equal(choice_find("adam|sgd", "sgd"), 1);
	assert_int_equal(choice_find("one", "one"), 0);
}

static void others_are_not(void **state)
{
	static const char *const others[] = {"", "ada", "adams", "adam|sgd", "dam", "sgd|", "SGD"};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(choice_find("adam|sgd", others[i]), -1);
}

static void they_are_counted(void **state)
{
	int length;

	(void)state;
	assert_memory_equal(choice_word("a|bcd|ef", 0, &length), "a", 1);
	assert_int_equal(length, 1);
	assert_memory_equal(choice_word("a|bcd|ef", 1, &length), "bcd", 3);
	assert_int_equal(length, 3);
	assert_memory_equal(choice_word("a|bcd|ef", 2, &length), "ef", 3);
	assert_int_equal(length, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(they_are_counted),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
