/* Numbers of any scale become bytes, whenever the scale shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "allocations.h"
#include "formats/pixels.h"

static struct error error;

static void becomes(const double *values, const uint8_t *bytes, size_t count)
{
	struct pixels pixels = {0};

	assert_int_equal(pixels_reserve(&pixels, count, &error), 0);
	for (size_t i = 0; i < count; i++)
		assert_true(pixels_add(&pixels, values[i]));
	assert_int_equal(pixels.count, count);
	assert_memory_equal(pixels.data, bytes, count);
	pixels_shrink(&pixels);
	assert_memory_equal(pixels.data, bytes, count);
	pixels_free(&pixels);
	assert_null(pixels.data);
}

static void each_scale(void **state)
{
	(void)state;
	becomes((double[]){0, 1, 1, 0}, (uint8_t[]){0, 1, 1, 0}, 4);
	becomes((double[]){0, 1, 0.5, 0.25}, (uint8_t[]){0, 255, 128, 64}, 4);
	becomes((double[]){0, 1, 2, 255}, (uint8_t[]){0, 1, 2, 255}, 4);
	becomes((double[]){0, 1, 1.5, 0.4}, (uint8_t[]){0, 1, 2, 0}, 4);
	becomes((double[]){0, 0.2, 0.5, 1, 3}, (uint8_t[]){0, 0, 1, 1, 3}, 5);
	becomes((double[]){-0.0, 254.4, 254.5}, (uint8_t[]){0, 254, 255}, 3);
}

/* The scale is wrong up to the last number, and every fraction must come out as if it had not
 * been. */
static void a_late_number_corrects_the_rest(void **state)
{
	enum { COUNT = 4096 };
	static double values[COUNT + 1];
	static uint8_t bytes[COUNT + 1];

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		values[i] = (double)i / (COUNT - 1);
		bytes[i] = values[i] >= 0.5;
	}
	values[COUNT] = 9;
	bytes[COUNT] = 9;
	becomes(values, bytes, COUNT + 1);
}

static void limits(void **state)
{
	struct pixels pixels = {0};

	(void)state;
	assert_int_equal(pixels_reserve(&pixels, 2, &error), 0);
	for (int i = 0; i < 2; i++) {
		assert_false(pixels_add(&pixels, -0.001));
		assert_false(pixels_add(&pixels, 255.001));
		assert_false(pixels_add(&pixels, (double)NAN));
		assert_int_equal(pixels.count, (size_t)i);
		assert_true(pixels_add(&pixels, 255));
	}
	assert_int_equal(pixels_reserve(&pixels, 100000, &error), 0);
	assert_true(pixels.capacity >= 100002);
	assert_int_equal(pixels.data[1], 255);
	if (allocations_watched()) {
		allocations_fail_at(1);
		assert_int_equal(pixels_reserve(&pixels, 1000000, &error), -1);
		allocations_fail_at(1);
		pixels_shrink(&pixels);
		allocations_fail_at(0);
		assert_true(error.is_scarcity);
		assert_int_equal(pixels.data[1], 255);
	}
	pixels_free(&pixels);
}

static void squares(void **state)
{
	(void)state;
	assert_int_equal(square_side(784), 28);
	assert_int_equal(square_side(1), 1);
	assert_int_equal(square_side(65536), 256);
	assert_int_equal(square_side(0), 0);
	assert_int_equal(square_side(783), 0);
	assert_int_equal(square_side(257 * 257), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scale),
		cmocka_unit_test(a_late_number_corrects_the_rest),
		cmocka_unit_test(limits),
		cmocka_unit_test(squares),
	};

	return cmocka_run_group_tests_name("pixels", tests, NULL, NULL);
}
