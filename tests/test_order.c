/* The order in which digits are read, from their boxes alone. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "picture/order.h"

#define MOST 24

/* Boxes of 60×100, each `step` to the right of that before and `rise` higher, in lines that are 150
 * apart; pixels[0] is the place that a digit should be read at. */
static void write_lines(struct digits *digits, int lines, int each, int step, int rise)
{
	digits->count = lines * each;
	for (int i = 0; i < digits->count; i++) {
		const int left = i % each * step, top = 1000 + i / each * 150 - i % each * rise;
		/* 5 and the number of digits have no divisor in common: each place gets one. */
		struct digit *digit = &digits->all[i * 5 % digits->count];
		*digit = (struct digit){.box = {left, top, left + 60, top + 100}};
		digit->pixels[0] = (uint8_t)i;
	}
}

static void assert_order(const struct digits *digits, int each)
{
	for (int i = 0; i < digits->count; i++) {
		assert_int_equal(digits->all[i].pixels[0], i);
		assert_int_equal(digits->all[i].begins, i % each == 0);
	}
}

/* Lines of 8 digits that rise or fall by more than their distance from one another. */
static void tilted_lines(void **state)
{
	struct digit all[MOST];
	struct digits digits = {.all = all};

	(void)state;
	for (int rise = -20; rise <= 20; rise += 5) {
		write_lines(&digits, 3, 8, 100, rise);
		assert_true(fabs(order_slope(&digits) + rise / 100.0) <= 0.05);
		order_digits(&digits);
		assert_order(&digits, 8);
	}
}

/* Nearly level lines have slope 0; digits below each other are a line each. */
static void level_lines(void **state)
{
	struct digit all[MOST];
	struct digits digits = {.all = all};

	(void)state;
	write_lines(&digits, 2, 4, 100, 2);
	assert_true(order_slope(&digits) == 0.0);
	write_lines(&digits, 3, 1, 100, 0);
	order_digits(&digits);
	assert_order(&digits, 1);
	digits.count = 0;
	assert_true(order_slope(&digits) == 0.0);
	order_digits(&digits);
}

static void a_level_box(void **state)
{
	const struct box box = {100, 50, 140, 90};

	(void)state;
	const struct box level = order_level(&box, 0.1); /* the middle is at 120 */
	assert_int_equal(level.left, 100);
	assert_int_equal(level.top, 38);
	assert_int_equal(level.right, 140);
	assert_int_equal(level.bottom, 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tilted_lines),
		cmocka_unit_test(level_lines),
		cmocka_unit_test(a_level_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
