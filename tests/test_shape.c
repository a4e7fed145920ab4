/* The shape of a sample: its size and its text. */
#include "oracle.h"

#include "nn/shape.h"

static void test_size(void **state)
{
	(void)state;

	assert_int_equal(shape_size((struct shape){28, 28, 1, false}), 784);
	assert_int_equal(shape_size((struct shape){5, 5, 64, true}), 1600);
	assert_int_equal(shape_size((struct shape){1, 1, 1, false}), 1);
	/* Beyond an int's range. */
	assert_true(shape_size((struct shape){65536, 32768, 1, false}) == (size_t)1 << 31);
}

static void test_text(void **state)
{
	(void)state;
	char text[SHAPE_TEXT];

	assert_string_equal(shape_text((struct shape){28, 26, 3, false}, text), "28×26×3");
	assert_string_equal(shape_text((struct shape){5, 5, 64, true}, text), "1600");
	assert_ptr_equal(shape_text((struct shape){1, 1, 10, true}, text), text);
	assert_string_equal(text, "10");
	shape_text((struct shape){INT32_MAX, INT32_MAX, INT32_MAX, false}, text);
	assert_string_equal(text, "2147483647×2147483647×2147483647");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
