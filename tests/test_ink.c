/* Ink on papers that are drawn here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "drawn.h"
#include "picture/ink.h"

static struct error error;
static struct grey picture;
static struct ink ink;

static int teardown(void **state)
{
	(void)state;
	grey_free(&picture);
	ink_free(&ink);
	return 0;
}

/* A paper of 0.9 × `light` at the left and 0.9 at the right, with noise, and strokes of that depth
 * where the rows have '#'; a character is 5 × 5 pixels. */
static void write_rows(const char *const *rows, float light, float depth, float noise)
{
	const struct rng rng = rng_stream(1, 2, 3);

	picture = drawn(rows, 5);
	for (int y = 0; y < picture.height; y++)
		for (int x = 0; x < picture.width; x++) {
			float *at = grey_row(&picture, y) + x;
			const float part = (float)x / (float)picture.width;
			const float n = rng_uniform(rng, (uint64_t)(y * picture.width + x)) - 0.5f;
			*at = 0.9f * (light + (1 - light) * part) * (1 - depth * *at) + noise * n;
		}
}

static void find(int window)
{
	assert_int_equal(ink_find(&picture, window, &ink, &error), 0);
}

static bool is_ink(int x, int y)
{
	return ink_group_at(&ink, (size_t)(y * 5 + 2) * (size_t)picture.width + (size_t)(x * 5 + 2));
}

static void assert_box(const struct box *box, int left, int top, int right, int bottom)
{
	assert_in_range(box->left, left * 5 - 1, left * 5 + 1);
	assert_in_range(box->top, top * 5 - 1, top * 5 + 1);
	assert_in_range(box->right, right * 5 - 1, right * 5 + 1);
	assert_in_range(box->bottom, bottom * 5 - 1, bottom * 5 + 1);
}

static const char *const nine[] = {"........................", //
								   "........................", //
								   "........................", //
								   ".........#####..........", //
								   "........##...##.........", //
								   "........##...##.........", //
								   "........##...##.........", //
								   ".........######.........", //
								   ".............##.........", //
								   ".............##.........", //
								   ".............##.........", //
								   ".............##.........", //
								   "........................", //
								   "........................", //
								   "........................", //
								   NULL};

/* On an even paper, on one whose light goes down to a third, faint, and with noise. */
static void test_a_digit(void **state)
{
	const float light[] = {1, 0.33f, 1, 0.6f}, depth[] = {0.8f, 0.6f, 0.15f, 0.5f};
	const float noise[] = {0.01f, 0.01f, 0.01f, 0.08f};

	for (int i = 0; i < 4; i++) {
		write_rows(nine, light[i], depth[i], noise[i]);
		grey_smooth(&picture);
		find(30);
		assert_in_range(ink.count, 1, 3); /* noise may have specks */
		assert_box(&ink.groups[0].box, 8, 3, 15, 12);
		for (int y = 3; y < 12; y++)
			for (int x = 8; x < 15; x++)
				assert_int_equal(is_ink(x, y), nine[y][x] == '#'); /* the hole stays */
		teardown(state);
	}
}

/* A depth is a fraction of the paper's grey, whatever that is there. */
static void test_depth(void **state)
{
	(void)state;
	write_rows(nine, 0.5f, 0.6f, 0.004f);
	find(30);
	for (int y = 3; y < 12; y++)
		for (int x = 8; x < 15; x++) {
			const float depth = grey_row(&ink.depth, y * 5 + 2)[x * 5 + 2];
			assert_float_equal(depth, nine[y][x] == '#' ? 0.6f : 0.0f, 0.06f);
		}
	assert_true(ink.threshold > 0.15f && ink.threshold < 0.45f);
	assert_float_equal(ink.groups[0].mass / (float)ink.groups[0].pixels, 0.6f, 0.1f);
}

static void test_no_ink(void **state)
{
	static const char *const nothing[] = {
		"................", "................", "................",
		"................", "................", "................",
		"................", "................", NULL};

	for (int i = 0; i < 3; i++) {
		write_rows(nothing, i == 1 ? 0.6f : 1, 0, i == 2 ? 0.05f : 0);
		grey_smooth(&picture);
		find(20);
		assert_int_equal(ink.count, 0);
		teardown(state);
	}
	/* The 16th bit of what is black all the same. */
	write_rows(nine, 1, 1, 0);
	for (size_t i = 0; i < grey_count(&picture); i++)
		picture.at[i] /= 65535.0f;
	find(20);
	assert_int_equal(ink.count, 0);
}

/* What is wider than the window counts as unevenness of the paper, and else as ink. */
static void test_a_wide_patch_is_paper(void **state)
{
	static const char *const patch[] = {"........................", //
										"........................", //
										"...##########...........", //
										"...##########...........", //
										"...##########....##.....", //
										"...##########....##.....", //
										"...##########....##.....", //
										"...##########....##.....", //
										"...##########....##.....", //
										"...##########....##.....", //
										"...##########....##.....", //
										"...##########...........", //
										"........................", //
										"........................", //
										NULL};

	write_rows(patch, 1, 0.5f, 0.01f);
	find(25);
	assert_int_equal(ink.count, 1);
	assert_box(&ink.groups[0].box, 17, 4, 19, 11);
	teardown(state);
	write_rows(patch, 1, 0.5f, 0.01f);
	find(65);
	assert_true(is_ink(5, 5));
}

/* The groups' depth, not that of one between them, with a margin of a pixel. */
static void test_crop(void **state)
{
	static const char *const three[] = {"..............................", //
										".##..........##..........##...", //
										".##..........##..........##...", //
										".##..........##..........##...", //
										".##..........##..........##...", //
										".##..........##..........##...", //
										".##..........##..........##...", //
										"..............................", //
										NULL};
	const int columns[] = {1, 13, 25};
	int index[3] = {0};
	struct grey crop;
	struct box box;

	(void)state;
	write_rows(three, 1, 0.8f, 0.004f);
	find(20);
	assert_int_equal(ink.count, 3);
	for (int i = 0; i < 3; i++)
		index[i] = ink_group_at(&ink, (size_t)(20 * picture.width + columns[i] * 5 + 5)) - 1;
	assert_int_equal(ink_crop(&ink, index[1], index[1], &crop, &box, &error), 0);
	assert_box(&box, 13, 1, 15, 7);
	assert_int_equal(crop.width, box_width(&box) + 2);
	assert_int_equal(crop.height, box_height(&box) + 2);
	for (int y = 0; y < crop.height; y++)
		for (int x = 0; x < crop.width; x++) {
			const int from = (box.top - 1 + y) * picture.width + box.left - 1 + x;
			assert_float_equal(grey_row(&crop, y)[x], ink.depth.at[from], 1e-6);
		}
	grey_free(&crop);
	assert_int_equal(ink_crop(&ink, index[0], index[2], &crop, &box, &error), 0);
	assert_box(&box, 1, 1, 27, 7);
	assert_true(grey_row(&crop, 10)[5] > 0.7f);
	assert_true(grey_row(&crop, 10)[125] > 0.7f);
	assert_true(grey_row(&crop, 10)[65] < 0.1f);
	grey_free(&crop);
}

/* A pixel that is connected with ink, and much fainter, is a stain that the stroke runs into. */
static void test_a_stroke_on_a_stain(void **state)
{
	static const char *const stained[] = {"...................", //
										  "...................", //
										  ".......###.........", //
										  ".......###.........", //
										  ".......###.........", //
										  "...22222222222.....", //
										  "...22222222222.....", //
										  "...2222###2222.....", //
										  ".......###.........", //
										  ".......###.........", //
										  "...................", //
										  "...................", //
										  NULL};

	(void)state;
	write_rows(stained, 1, 0.9f, 0.01f);
	find(75);
	assert_true(is_ink(8, 3));
	assert_false(is_ink(4, 6));
	assert_false(is_ink(11, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_a_digit, teardown),
		cmocka_unit_test_teardown(test_depth, teardown),
		cmocka_unit_test_teardown(test_no_ink, teardown),
		cmocka_unit_test_teardown(test_a_wide_patch_is_paper, teardown),
		cmocka_unit_test_teardown(test_crop, teardown),
		cmocka_unit_test_teardown(test_a_stroke_on_a_stain, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
