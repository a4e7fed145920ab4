/* Grey planes: from a picture, turned, closed and opened, smoothed, measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/rng.h"
#include "drawn.h"

static struct error error;

static void test_boxes(void **state)
{
	struct box box = {10, 10, 0, 0};

	(void)state;
	box_include(&box, 3, 4);
	box_include(&box, 5, 2);
	assert_int_equal(box.left, 3);
	assert_int_equal(box.top, 2);
	assert_int_equal(box.right, 6);
	assert_int_equal(box.bottom, 5);
	assert_int_equal(box_width(&box), 3);
	box_include(&box, 9, 3);
	assert_int_equal(box_side(&box), 7);
	assert_int_equal(box_shorter_side(&box), 3);
}

/* Each square of four pixels has 0, 100, 200 and 300 of 600: 0.25 on average. */
static void test_large_picture_is_reduced(void **state)
{
	struct raster picture = {.width = 1000,
							 .height = 500,
							 .maxval = 600,
							 .samples = malloc(1000 * 500 * sizeof *picture.samples)};
	const struct box all = {0, 0, 1000, 500}, part = {100, 60, 105, 63};
	struct grey plane;
	double scale;

	(void)state;
	assert_non_null(picture.samples);
	for (int i = 0; i < 1000 * 500; i++)
		picture.samples[i] = (uint16_t)(i % 2 * 100 + i / 1000 % 2 * 200);
	assert_int_equal(grey_from_picture(&picture, &all, 1, 360, &plane, &scale, &error), 0);
	assert_int_equal(plane.width, 500);
	assert_int_equal(plane.height, 250);
	assert_true(scale == 0.5);
	for (size_t i = 0; i < grey_count(&plane); i++)
		assert_float_equal(plane.at[i], 0.25, 1e-6);
	grey_free(&plane);

	/* A part whose sides the factor does not divide: its last column and row are means of less. */
	assert_int_equal(grey_from_picture(&picture, &part, 1, 2, &plane, &scale, &error), 0);
	assert_int_equal(plane.width, 3);
	assert_int_equal(plane.height, 2);
	assert_float_equal(grey_row(&plane, 0)[2], 100.0 / 600, 1e-6); /* 0 and 200 */
	assert_float_equal(grey_row(&plane, 1)[0], 50.0 / 600, 1e-6);  /* 0 and 100 */
	assert_float_equal(grey_row(&plane, 1)[2], 0.0, 1e-6);
	grey_free(&plane);
	raster_free(&picture);
}

static void test_small_picture_is_enlarged(void **state)
{
	uint16_t samples[] = {9, 9, 9, 9, 9, 0, 10, 9, 9, 10, 10, 9};
	const struct raster picture = {.width = 4, .height = 3, .maxval = 10, .samples = samples};
	const struct box part = {1, 1, 3, 3};
	struct grey plane;
	double scale;

	(void)state;
	assert_int_equal(grey_from_picture(&picture, &part, 4, 360, &plane, &scale, &error), 0);
	assert_true(scale == 2.0);
	assert_drawn(&plane, ROWS(".38#", "348#", "889#", "####")); /* 0.25 and 0.75 of the way */
	grey_free(&plane);
	/* It never has more than `most` squared pixels. */
	assert_int_equal(grey_from_picture(&picture, &part, 100, 7, &plane, &scale, &error), 0);
	assert_true(scale == 3.0);
	assert_int_equal(plane.width, 6);
	grey_free(&plane);
}

static void test_transpose(void **state)
{
	struct grey plane = drawn(ROWS("#12", "4.6"), 1);

	(void)state;
	assert_int_equal(grey_transpose(&plane, &error), 0);
	assert_drawn(&plane, ROWS("#4", "1.", "26"));
	grey_free(&plane);
}

static void assert_closed(const char *const *rows, int width, int height,
						  const char *const *expected)
{
	struct grey plane = drawn(rows, 1), out;

	assert_int_equal(grey_close(&plane, width, height, &out, &error), 0);
	assert_drawn(&out, expected);
	grey_free(&plane);
	grey_free(&out);
}

static void test_closing(void **state)
{
	/* A dark stroke, a dark block, and a dark pixel at the edge, on light paper. */
	const char *const *dark = ROWS("########", //
								   "#2####..", //
								   "#2####..", //
								   "#2######", //
								   "#2######", //
								   "#####3##");

	(void)state;
	/* A window of 2 × 2 lightens all that is narrower than 2 in either direction. */
	assert_closed(dark, 2, 2,
				  ROWS("########", "######..", "######..", "########", "########", "########"));
	/* One of 1 × 3 leaves the stroke, which is 4 high. */
	assert_closed(dark, 1, 3,
				  ROWS("########", "#2######", "#2######", "#2######", "#2######", "########"));
	/* One that is larger than the plane is cut to it: nothing holds it but the whole. */
	assert_closed(ROWS("123", "456"), 100, 100, ROWS("666", "666"));
	assert_closed(ROWS("123", "456"), 1, 1, ROWS("123", "456"));
}

/* The header's definition, word by word. */
static float closed(const struct grey *in, int ww, int wh, int x, int y)
{
	float least = INFINITY;

	for (int top = 0; top + wh <= in->height; top++)
		for (int left = 0; left + ww <= in->width; left++) {
			float most = -INFINITY;
			if (x < left || x >= left + ww || y < top || y >= top + wh)
				continue;
			for (int i = 0; i < ww * wh; i++)
				most = fmaxf(most, grey_row(in, top + i / ww)[left + i % ww]);
			least = fminf(least, most);
		}
	return least;
}

static void test_closing_is_as_defined(void **state)
{
	const struct rng rng = rng_stream(1, 2, 3);
	struct grey plane, out;

	(void)state;
	assert_int_equal(grey_new(13, 9, &plane, &error), 0);
	for (size_t i = 0; i < grey_count(&plane); i++)
		plane.at[i] = rng_uniform(rng, i);
	for (int ww = 1; ww <= 13; ww++)
		for (int wh = 1; wh <= 9; wh++) {
			assert_int_equal(grey_close(&plane, ww, wh, &out, &error), 0);
			for (int y = 0; y < 9; y++)
				for (int x = 0; x < 13; x++)
					assert_true(grey_row(&out, y)[x] == closed(&plane, ww, wh, x, y));
			grey_free(&out);
		}
	grey_free(&plane);
}

static void test_smooth(void **state)
{
	struct grey plane = drawn(ROWS(".....", ".....", "..#..", ".....", "....."), 1);
	struct grey noise;
	double squares = 0.0;

	(void)state;
	grey_smooth(&plane);
	assert_float_equal(grey_row(&plane, 2)[2], 4.0 / 16, 1e-6);
	assert_float_equal(grey_row(&plane, 1)[2], 2.0 / 16, 1e-6);
	assert_float_equal(grey_row(&plane, 3)[3], 1.0 / 16, 1e-6);
	assert_float_equal(grey_row(&plane, 2)[4], 0.0, 1e-6);
	grey_free(&plane);

	/* An even plane stays so, to its edges. */
	plane = drawn(ROWS("777", "777"), 1);
	grey_smooth(&plane);
	assert_drawn(&plane, ROWS("777", "777"));
	grey_free(&plane);

	/* The deviation of noise goes down to 3/8, that of uniform noise is 1 / √12. */
	assert_int_equal(grey_new(300, 300, &noise, &error), 0);
	for (size_t i = 0; i < grey_count(&noise); i++)
		noise.at[i] = rng_uniform(rng_stream(4, 5, 6), i);
	grey_smooth(&noise);
	for (size_t i = 0; i < grey_count(&noise); i++)
		squares += ((double)noise.at[i] - 0.5) * ((double)noise.at[i] - 0.5);
	assert_float_equal(sqrt(squares / 90000 * 12), 0.375, 0.01);
	grey_free(&noise);
}

static void test_quantile(void **state)
{
	struct grey plane;

	(void)state;
	assert_int_equal(grey_new(100, 10, &plane, &error), 0);
	for (int i = 0; i < 1000; i++)
		plane.at[(i * 7) % 1000] = (float)i / 1000.0f;
	assert_float_equal(grey_quantile(&plane, 0.25), 0.25, 0.002);
	assert_float_equal(grey_quantile(&plane, 0.9), 0.9, 0.002);
	/* A third is far below black, two thirds far above white. */
	for (int i = 0; i < 1000; i++)
		plane.at[i] = i % 3 == 0 ? -5.0f : 7.0f;
	assert_float_equal(grey_quantile(&plane, 0.3), 0.0, 0.001);
	assert_float_equal(grey_quantile(&plane, 0.4), 1.0, 0.001);
	grey_free(&plane);
}

static void test_between(void **state)
{
	struct grey plane = drawn(ROWS("0482", "2628"), 1);

	(void)state;
	assert_float_equal(grey_between(&plane, 1.5f, 0.5f), 0.4, 1e-6);  /* the middle of a pixel */
	assert_float_equal(grey_between(&plane, 1.75f, 0.5f), 0.5, 1e-6); /* a quarter on to 0.8 */
	assert_float_equal(grey_between(&plane, 2.0f, 1.0f), 0.5, 1e-6);  /* 0.4 0.8 0.6 0.2 */
	assert_float_equal(grey_between(&plane, 3.0f, 1.25f), 0.5, 1e-6); /* 0.8 0.2 0.2 0.8 */
	assert_float_equal(grey_between(&plane, -9.0f, 1.5f), 0.2, 1e-6); /* outside */
	assert_float_equal(grey_between(&plane, 9.0f, 9.0f), 0.8, 1e-6);
	grey_free(&plane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_large_picture_is_reduced),
		cmocka_unit_test(test_small_picture_is_enlarged),
		cmocka_unit_test(test_transpose),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_closing_is_as_defined),
		cmocka_unit_test(test_smooth),
		cmocka_unit_test(test_quantile),
		cmocka_unit_test(test_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
