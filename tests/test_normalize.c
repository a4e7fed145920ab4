/* From drawn ink to MNIST's form. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/dataset.h"
#include "drawn.h"
#include "picture/normalize.h"

static struct error error;
static uint8_t pixels[DIGIT_PIXELS];

/* The rows, whose characters are squares of `scale` pixels, with a pixel of paper around. */
static void normalize(const char *const *rows, int scale)
{
	struct grey inside = drawn(rows, scale), plane;

	assert_int_equal(grey_new(inside.width + 2, inside.height + 2, &plane, &error), 0);
	for (int y = 0; y < inside.height; y++)
		memcpy(grey_row(&plane, y + 1) + 1, grey_row(&inside, y),
			   (size_t)inside.width * sizeof *inside.at);
	assert_int_equal(digit_normalize(&plane, 0.5f, pixels, &error), 0);
	grey_free(&inside);
	grey_free(&plane);
}

static int at(int x, int y)
{
	return pixels[y * DIGIT_SIDE + x];
}

/* A dark pixel that falls between the fine ones, however dark it is, leaves nothing. */
static void test_a_speck(void **state)
{
	struct grey plane;

	(void)state;
	assert_int_equal(grey_new(203, 203, &plane, &error), 0);
	grey_row(&plane, 101)[100] = 0.5f;
	assert_int_equal(digit_normalize(&plane, 0.5f, pixels, &error), 0);
	for (int i = 0; i < DIGIT_PIXELS; i++)
		assert_int_equal(pixels[i], 0);
	grey_free(&plane);
}

/* The sum of a row, in pixels of full ink. */
static double ink_in_row(int y)
{
	double sum = 0.0;

	for (int x = 0; x < DIGIT_SIDE; x++)
		sum += at(x, y) / 255.0;
	return sum;
}

static struct box ink_box(void)
{
	struct box box = {DIGIT_SIDE, DIGIT_SIDE, 0, 0};

	for (int i = 0; i < DIGIT_PIXELS; i++)
		if (pixels[i] > 127)
			box_include(&box, i % DIGIT_SIDE, i / DIGIT_SIDE);
	return box;
}

/* A bar of 100 × 20 becomes one of 20 × 4 whose centre is at the end of pixel 14. */
static void test_a_bar(void **state)
{
	(void)state;
	normalize(ROWS("#", "#", "#", "#", "#"), 20);
	for (int y = 0; y < DIGIT_SIDE; y++)
		for (int x = 0; x < DIGIT_SIDE; x++)
			assert_in_range(at(x, y), y >= 5 && y < 25 && x >= 13 && x < 17 ? 250 : 0,
							y >= 5 && y < 25 && x >= 13 && x < 17 ? 255 : 5);
}

/* The shape is kept, whatever the size; it is the longer side that becomes 20. */
static void test_proportions(void **state)
{
	const char *const *step = ROWS("##....", //
								   "##....", //
								   "######", //
								   "....##");

	(void)state;
	for (int scale = 3; scale <= 60; scale += 19) {
		normalize(step, scale);
		struct box box = ink_box();
		assert_int_equal(box_width(&box), 20);
		assert_in_range(box_height(&box), 13, 14);
		assert_true(digit_is_normal(pixels));
		assert_true(at(box.left + 1, box.top + 1) > 200);
		assert_true(at(box.right - 2, box.top + 1) < 50);
		assert_true(at(box.left + 1, box.bottom - 2) < 50);
		assert_true(at(box.right - 2, box.bottom - 2) > 200);
	}
}

/* A heavy foot draws the centre of mass down, and so the box up; but for rounding it is in pixel
 * 14. */
static void test_the_centre_of_mass(void **state)
{
	double mass = 0.0, my = 0.0;

	(void)state;
	normalize(ROWS("..##..", "..##..", "..##..", "..##..", "######", "######"), 10);
	for (int y = 0; y < DIGIT_SIDE; y++) {
		mass += ink_in_row(y);
		my += ink_in_row(y) * (y + 0.5);
	}
	assert_true(my / mass >= 14.0 && my / mass <= 15.0);
	assert_true(ink_box().top <= 3);
}

/* What is not deep enough is paper. */
static void test_the_threshold(void **state)
{
	(void)state;
	normalize(ROWS("#444", "#444", "#444", "#444"), 10);
	assert_in_range(box_width(&(struct box){ink_box().left, 0, ink_box().right, 1}), 4, 6);
}

/* Three lines of 0.6 pixels, of which none would be darker than 0.6, become lines of 2. */
static void test_a_thin_pen_is_thickened(void **state)
{
	const char *const row = "#................#...............#", *rows[27];

	(void)state;
	for (int i = 0; i < 25; i++)
		rows[i] = row;
	rows[25] = "##################################";
	rows[26] = NULL;
	normalize(rows, 3);
	for (int y = 8; y < 17; y++)
		assert_true(ink_in_row(y) > 5.0 && ink_in_row(y) < 7.0);
}

/* A pen of 1 of the 20 pixels is thickened, and yet two lines 3 of them apart stay two. */
static void test_a_gap_stays(void **state)
{
	(void)state;
	normalize(ROWS("#...................", //
				   "#...................", //
				   "####################", //
				   "....................", //
				   "....................", //
				   "....................", //
				   "####################"),
			  7);
	const struct box box = ink_box();
	for (int x = box.left + 4; x < box.right - 1; x++) {
		int least = 255;
		for (int y = box.bottom - 4; y < box.bottom; y++)
			least = least < at(x, y) ? least : at(x, y);
		assert_true(least < 128);
	}
}

/* However thick a pen is, it is not thinned. */
static void test_a_blot_stays_a_blot(void **state)
{
	(void)state;
	normalize(ROWS(".##.", "####", "####", ".##."), 30);
	assert_true(ink_in_row(ink_box().top + 2) > 8.5);
}

/* The edge of a triangle passes through pixels in many places: they are grey, not black or white,
 * even where the picture is as small as the digit. */
static void test_edges_are_grey(void **state)
{
	bool seen[256] = {false};
	int levels = 0;

	(void)state;
	normalize(ROWS("#........", "##.......", "###......", "####.....", "#####....", "######...",
				   "#######..", "########.", "#########"),
			  4);
	for (int i = 0; i < DIGIT_PIXELS; i++) {
		levels += !seen[pixels[i]];
		seen[pixels[i]] = true;
	}
	assert_true(levels >= 12);
}

/* A hole of two pixels stays a hole. */
static void test_a_hole_stays(void **state)
{
	(void)state;
	normalize(ROWS("#######", //
				   "#######", //
				   "#######", //
				   "###.###", //
				   "#######", //
				   "#######", //
				   "#######"),
			  12);
	const struct box box = ink_box();
	assert_true(at((box.left + box.right) / 2, (box.top + box.bottom) / 2) < 100);
}

static void test_is_normal(void **state)
{
	struct dataset dataset;
	int normal = 0;

	(void)state;
	assert_int_equal(
		dataset_load(&dataset, &(struct dataset_options){.path = DATA}, DATASET_TEST, NULL, &error),
		DATASET_FINE);
	for (int i = 0; i < 1000; i++)
		normal += digit_is_normal(dataset.images + (size_t)i * DIGIT_PIXELS);
	assert_true(normal >= 990);
	memcpy(pixels, dataset.images, DIGIT_PIXELS);
	assert_true(digit_is_normal(pixels));
	memmove(pixels + 2, pixels, DIGIT_PIXELS - 2); /* two columns to the right */
	assert_false(digit_is_normal(pixels));
	for (int i = 0; i < DIGIT_PIXELS; i++) /* a third of white */
		pixels[i] = dataset.images[i] / 3;
	assert_false(digit_is_normal(pixels));
	for (int i = 0; i < DIGIT_PIXELS; i++) /* grey paper */
		pixels[i] = dataset.images[i] / 2 + 127;
	assert_false(digit_is_normal(pixels));
	memset(pixels, 0, sizeof pixels);
	assert_false(digit_is_normal(pixels));
	for (int y = 6; y < 22; y++) /* 16 pixels high */
		memset(pixels + y * DIGIT_SIDE + 13, 255, 2);
	assert_false(digit_is_normal(pixels));
	for (int y = 4; y < 24; y++)
		memset(pixels + y * DIGIT_SIDE + 13, 255, 2);
	assert_true(digit_is_normal(pixels));
	dataset_free(&dataset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bar),
		cmocka_unit_test(test_proportions),
		cmocka_unit_test(test_the_centre_of_mass),
		cmocka_unit_test(test_the_threshold),
		cmocka_unit_test(test_a_thin_pen_is_thickened),
		cmocka_unit_test(test_a_gap_stays),
		cmocka_unit_test(test_a_blot_stays_a_blot),
		cmocka_unit_test(test_edges_are_grey),
		cmocka_unit_test(test_a_hole_stays),
		cmocka_unit_test(test_a_speck),
		cmocka_unit_test(test_is_normal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
