/* The pieces of an arena: measured and placed alike, each on a cache line, none beyond the
 * limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"

static void pieces_are_placed_as_measured(void **state)
{
	static const size_t counts[] = {10, 0, 1, 16, 17};
	_Alignas(CACHE_LINE) unsigned char memory[5 * CACHE_LINE + 1];
	struct arena measured = {0}, placed = {.base = memory};
	size_t expected = 0;

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		assert_null(arena_take(&measured, counts[i], sizeof(float)));
		assert_ptr_equal(arena_take(&placed, counts[i], sizeof(float)), memory + expected);
		expected += aligned_size(counts[i] * sizeof(float));
		assert_int_equal(measured.used, expected);
		assert_int_equal(placed.used, expected);
	}
	assert_int_equal(expected, 5 * CACHE_LINE);
}

static void limits_are_kept(void **state)
{
	struct arena arena = {.limit = 100};

	(void)state;
	arena_take(&arena, 25, 4);
	assert_false(arena.too_large);
	arena_take(&arena, 1, 1);
	assert_true(arena.too_large);
	arena_take(&arena, 0, 1);
	assert_int_equal(arena.used, 2 * CACHE_LINE);

	const size_t half = SIZE_MAX / 2;
	struct arena product = {0}, sum = {0}, rounded = {0};
	arena_take(&product, half, 3);
	assert_true(product.too_large);
	arena_take(&sum, half, 1);
	assert_false(sum.too_large);
	arena_take(&sum, half, 1);
	assert_true(sum.too_large);
	arena_take(&rounded, SIZE_MAX, 1);
	assert_true(rounded.too_large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_placed_as_measured),
		cmocka_unit_test(limits_are_kept),
	};
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
