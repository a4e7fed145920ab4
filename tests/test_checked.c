/* size_t arithmetic: exact where it fits, refused where it does not. */
#include "oracle.h"

#include "base/checked.h"

static void test_add(void **state)
{
	(void)state;
	size_t result = 77;

	assert_true(checked_add(2, 3, &result));
	assert_int_equal(result, 5);
	assert_true(checked_add(0, 0, &result));
	assert_int_equal(result, 0);
	assert_true(checked_add(SIZE_MAX, 0, &result));
	assert_true(result == SIZE_MAX);
	assert_true(checked_add(SIZE_MAX - 5, 5, &result));
	assert_true(result == SIZE_MAX);
}

static void test_add_refuses(void **state)
{
	(void)state;
	size_t result = 77;

	assert_false(checked_add(SIZE_MAX, 1, &result));
	assert_false(checked_add(1, SIZE_MAX, &result));
	assert_false(checked_add(SIZE_MAX, SIZE_MAX, &result));
	assert_false(checked_add(SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, &result));
	assert_int_equal(result, 77);
}

static void test_multiply(void **state)
{
	(void)state;
	size_t result = 77;

	assert_true(checked_multiply(6, 7, &result));
	assert_int_equal(result, 42);
	assert_true(checked_multiply(SIZE_MAX, 1, &result));
	assert_true(result == SIZE_MAX);
	assert_true(checked_multiply(1, SIZE_MAX, &result));
	assert_true(result == SIZE_MAX);
	assert_true(checked_multiply(SIZE_MAX / 3, 3, &result));
	assert_true(result == SIZE_MAX / 3 * 3);
	assert_true(checked_multiply(0, SIZE_MAX, &result));
	assert_int_equal(result, 0);
	assert_true(checked_multiply(SIZE_MAX, 0, &result));
	assert_int_equal(result, 0);
}

static void test_multiply_refuses(void **state)
{
	(void)state;
	size_t half = (size_t)1 << (sizeof(size_t) * 4);
	size_t result = 77;

	assert_false(checked_multiply(half, half, &result));
	assert_false(checked_multiply(half + 1, half, &result));
	assert_false(checked_multiply(SIZE_MAX, 2, &result));
	assert_false(checked_multiply(2, SIZE_MAX, &result));
	assert_false(checked_multiply(SIZE_MAX / 3 + 1, 3, &result));
	assert_false(checked_multiply(SIZE_MAX, SIZE_MAX, &result));
	assert_int_equal(result, 77);
}

/* The result may be one of the operands. */
static void test_in_place(void **state)
{
	(void)state;
	size_t size = 12;

	assert_true(checked_multiply(size, size, &size));
	assert_true(checked_add(size, size, &size));
	assert_int_equal(size, 288);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),      cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_multiply), cmocka_unit_test(test_multiply_refuses),
		cmocka_unit_test(test_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
