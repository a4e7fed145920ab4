/* Pictures become squares by means of areas, worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "picture/scale.h"

#define SIDE 4

static void scales(int width, int height, int maxval, uint16_t *samples,
				   const uint8_t expected[SIDE * SIDE])
{
	uint8_t pixels[SIDE * SIDE];

	picture_scale(
		&(struct raster){.width = width, .height = height, .maxval = maxval, .samples = samples},
		SIDE, SIDE, pixels);
	assert_memory_equal(pixels, expected, sizeof pixels);
}

/* clang-format off */
static void the_same_size_is_the_same(void **state)
{
	uint16_t samples[] = {0, 0, 0, 0,  0, 10, 20, 0,  0, 30, 255, 0,  0, 0, 0, 9};

	(void)state;
	scales(4, 4, 255, samples, (const uint8_t[]){0, 0, 0, 0,  0, 10, 20, 0,  0, 30, 255, 0,
												 0, 0, 0, 9});
}

static void larger_and_smaller(void **state)
{
	uint16_t two[] = {0, 100, 200, 40}, one[] = {3};
	uint16_t eight[] = {0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 40, 42, 9, 1, 0, 0};
	uint16_t three[] = {0, 0, 0,  0, 160, 0,  0, 0, 0};

	(void)state;
	scales(2, 2, 255, two, (const uint8_t[]){0, 0, 100, 100,  0, 0, 100, 100,
											 200, 200, 40, 40,  200, 200, 40, 40});
	scales(1, 1, 7, one, (const uint8_t[]){109, 109, 109, 109,  109, 109, 109, 109,
										   109, 109, 109, 109,  109, 109, 109, 109});
	/* Twice as wide as high: one row of means of 2 × 2, behind one row of ground; of 82 / 4 and
	 * 10 / 4 the halves are rounded up. */
	scales(8, 2, 255, eight, (const uint8_t[]){0, 0, 0, 0,  0, 21, 3, 0,  0, 0, 0, 0,
											   0, 0, 0, 0});
	/* The middle pixel covers 4/3 of the new ones: 2/3 of the two in the middle each way. */
	scales(3, 3, 255, three, (const uint8_t[]){0, 0, 0, 0,  0, 71, 71, 0,  0, 71, 71, 0,
											   0, 0, 0, 0});
}

static void a_light_border_makes_a_negative(void **state)
{
	uint16_t dark[] = {1000, 1000, 1000,  1000, 0, 1000,  1000, 1000, 1000};
	uint16_t line[] = {15, 0, 15, 15};

	(void)state;
	scales(3, 3, 1000, dark, (const uint8_t[]){0, 0, 0, 0,  0, 113, 113, 0,  0, 113, 113, 0,
											   0, 0, 0, 0});
	scales(1, 4, 15, line, (const uint8_t[]){0, 0, 0, 0,  0, 255, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0});
}

/* Into 2 × 8: a square picture becomes 2 × 2, and one of 1 × 4 fills it. */
static void frames_need_not_be_square(void **state)
{
	uint16_t square[] = {0, 8,  4, 0}, wide[] = {0, 9, 7, 0};
	const uint8_t placed[] = {0, 0, 0, 0, 8, 0, 0, 0,  0, 0, 0, 4, 0, 0, 0, 0};
	const uint8_t filled[] = {0, 0, 9, 9, 7, 7, 0, 0,  0, 0, 9, 9, 7, 7, 0, 0};
	const uint8_t upright[] = {0, 0,  0, 8,  4, 0,  0, 0};
	uint8_t pixels[2 * 8];

	(void)state;
	picture_scale(&(struct raster){.width = 2, .height = 2, .maxval = 255, .samples = square},
				  2, 8, pixels);
	assert_memory_equal(pixels, placed, sizeof placed);
	picture_scale(&(struct raster){.width = 4, .height = 1, .maxval = 255, .samples = wide},
				  2, 8, pixels);
	assert_memory_equal(pixels, filled, sizeof filled);
	picture_scale(&(struct raster){.width = 2, .height = 2, .maxval = 255, .samples = square},
				  4, 2, pixels);
	assert_memory_equal(pixels, upright, sizeof upright);
}
/* clang-format on */

/* The largest sums, and a picture so narrow that its width would be 0. */
static void extremes(void **state)
{
	const int length = 100000;
	uint16_t *samples = malloc((size_t)length * sizeof *samples);

	(void)state;
	assert_non_null(samples);
	for (int i = 0; i < length; i++)
		samples[i] = i < length / 2 ? 65535 : 0;
	scales(length, 1, 65535, samples,
		   (const uint8_t[]){0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
	free(samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_size_is_the_same),
		cmocka_unit_test(larger_and_smaller),
		cmocka_unit_test(a_light_border_makes_a_negative),
		cmocka_unit_test(frames_need_not_be_square),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
