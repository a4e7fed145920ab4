/* Groups become digits as a judge sees them: on planes of depth that are drawn here, with judges
 * that look at the digit's shape alone. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drawn.h"
#include "picture/finding.h"
#include "picture/group.h"

static struct error error;
static struct finding finding;
static int calls;
static int desk; /* pixels at the left are no paper, and as dark as ink */

static int teardown(void **state)
{
	(void)state;
	finding_free(&finding);
	desk = 0;
	return 0;
}

/* Judges to whom a digit is broad, is narrow, is anything, is nothing. */
static float broad(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	++*(int *)context;
	return width_of(pixels) >= 9 ? 0.95f : 0.3f;
}

static float narrow(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	++*(int *)context;
	return width_of(pixels) < 9 ? 0.95f : 0.3f;
}

static float anything(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	(void)pixels;
	++*(int *)context;
	return 0.95f;
}

static float never(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	(void)pixels;
	++*(int *)context;
	return 0.05f;
}

/* Find the digits of the rows, whose characters are 4 × 4 pixels. */
static void judge(const char *const *rows,
				  float (*score)(void *context, const uint8_t pixels[DIGIT_PIXELS]))
{
	const struct digit_judge judge = {score, &calls};
	struct ink ink = {.depth = drawn(rows, 4), .threshold = 0.35f};

	calls = 0;
	ink.paper = drawn(rows, 4);
	for (size_t i = 0; i < grey_count(&ink.paper); i++)
		ink.paper.at[i] = i % (size_t)ink.paper.width < (size_t)desk ? 0.0f : 1.0f;
	assert_int_equal(group_components(&ink, &error), 0);
	assert_int_equal(finding_judge(&ink, score ? &judge : NULL, &finding, &error), 0);
	assert_null(ink.depth.at); /* it has moved */
}

static const char *const two_bars[] = {"................", //
									   "................", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   ".....#..#.......", //
									   "................", //
									   "................", //
									   NULL};

/* Two bars a little apart are two digits for one who knows narrow ones, and one for another. */
static void test_the_judge_joins(void **state)
{
	(void)state;
	judge(two_bars, narrow);
	assert_int_equal(finding.count, 2);
	assert_true(calls >= 2);
	for (int i = 0; i < 2; i++)
		assert_float_equal(finding.all[i].score, 0.95f, 1e-6f);
	teardown(NULL);
	judge(two_bars, broad);
	assert_int_equal(finding.count, 1);
	assert_true(calls >= 3);
	assert_int_equal(finding.all[0].box.left, 5 * 4);
	assert_int_equal(finding.all[0].box.right, 9 * 4);
	assert_float_equal(finding.score, 0.95f, 1e-6f);
}

/* Far apart they are two, also for one to whom both together look like a digit. */
static void test_far_apart(void **state)
{
	static const char *const rows[] = {"........................", //
									   "........................", //
									   ".......#.........#......", //
									   ".......#.........#......", //
									   ".......#.........#......", //
									   ".......#.........#......", //
									   ".......#.........#......", //
									   ".......#.........#......", //
									   "........................", //
									   "........................", //
									   NULL};

	(void)state;
	judge(rows, NULL);
	assert_int_equal(finding.count, 2);
	assert_int_equal(box_width(&finding.box), 11 * 4);
	teardown(NULL);
	judge(rows, broad);
	assert_int_equal(box_width(&finding.all[finding.best].box), 4);
}

/* Beside a digit that the judge knows, a stroke that is none for it is left out. */
static void test_the_judge_leaves_out(void **state)
{
	static const char *const rows[] = {"..........................", //
									   "..........................", //
									   "......#####.........#.....", //
									   "......#...#.........#.....", //
									   "......#...#.........#.....", //
									   "......#...#.........#.....", //
									   "......#...#.........#.....", //
									   "......#####.........#.....", //
									   "..........................", //
									   "..........................", //
									   NULL};

	(void)state;
	judge(rows, broad);
	assert_int_equal(finding.count, 1);
	assert_int_equal(finding.all[finding.best].box.left, 6 * 4);
	teardown(NULL);
	judge(rows, narrow);
	assert_int_equal(finding.count, 1);
	assert_int_equal(finding.all[finding.best].box.left, 20 * 4);
	teardown(NULL);
	judge(rows, NULL);
	assert_int_equal(finding.count, 2);
}

/* A stroke along the picture's edge has little merit: it is a digit where the judge says so. */
static void test_at_the_edge(void **state)
{
	static const char *const rows[] = {"........................", //
									   "........................", //
									   "......#####............#", //
									   "......#...#............#", //
									   "......#...#............#", //
									   "......#...#............#", //
									   "......#...#............#", //
									   "......#####............#", //
									   "........................", //
									   "........................", //
									   NULL};

	(void)state;
	judge(rows, anything);
	assert_int_equal(finding.count, 2);
	teardown(NULL);
	judge(rows, broad);
	assert_int_equal(finding.count, 1);
	teardown(NULL);
	judge(rows, NULL);
	assert_int_equal(finding.count, 1);
}

/* So small, a digit need not look like one: it is looked at from nearer. */
static void test_from_afar(void **state)
{
	(void)state;
	judge(ROWS("..................", //
			   "..................", //
			   "...#####....#.....", //
			   "...#...#....#.....", //
			   "...#####....#.....", //
			   "..................", //
			   ".................."),
		  narrow);
	assert_int_equal(finding.count, 2);
	assert_float_equal(finding.score, 0.95f, 1e-6f);
}

/* A bar beside which all is as dark as it is the edge of something, and no digit. */
static void test_a_piece(void **state)
{
	(void)state;
	desk = 4 * 4;
	judge(two_bars, narrow);
	assert_float_equal(finding.score, 0.0f, 1e-6f);
	teardown(NULL);
	judge(two_bars, narrow);
	assert_float_equal(finding.score, 0.95f, 1e-6f);
}

/* A bar between two strokes of the same pen that are no digits, a mouth between eyes, is none. */
static void test_a_part(void **state)
{
	static const char *const face[] = {"......................", //
									   "......................", //
									   "..####....#....####...", //
									   "..####....#....####...", //
									   "..####....#....####...", //
									   "..####....#....####...", //
									   "......................", //
									   "......................", //
									   NULL};

	(void)state;
	judge(face, narrow);
	assert_int_equal(finding.count, 1);
	assert_float_equal(finding.score, 0.0f, 1e-6f);
	assert_true(finding.merit == 0.0f);
	assert_true(finding.crowded);
}

/* A line under a digit is none, nor does it speak against the digit, however much ink it has. */
static void test_an_underlined_digit(void **state)
{
	(void)state;
	judge(ROWS("..............................", //
			   "..............................", //
			   "..............#...............", //
			   "..............#...............", //
			   "..............#...............", //
			   "..............#...............", //
			   "..............................", //
			   "..##########################..", //
			   ".............................."),
		  narrow);
	assert_int_equal(finding.count, 1);
	assert_int_equal(finding.all[0].box.left, 14 * 4);
	assert_float_equal(finding.score, 0.95f, 1e-6f);
	assert_false(finding.crowded);
}

/* The better the score, the more merit; without ink there is none. */
static void test_merit(void **state)
{
	const char *const *bar = ROWS("............", "............", ".....#......", ".....#......", //
								  ".....#......", ".....#......", ".....#......", "............", //
								  "............");

	(void)state;
	judge(bar, narrow);
	const float good = finding.merit;
	teardown(NULL);
	judge(bar, never);
	assert_true(finding.merit > 0.0f && finding.merit < good / 5);
	teardown(NULL);
	judge(ROWS("........", "........", "........"), narrow);
	assert_int_equal(finding.count, 0);
	assert_int_equal(calls, 0);
	assert_true(finding.merit == 0.0f);
}

/* What is in a ring is the digit, also for one who would take the ring for a 0. */
static void test_a_ring(void **state)
{
	static const char *const rows[] = {".......................", //
									   "........#######........", //
									   "......##.......##......", //
									   ".....#...........#.....", //
									   "....#......#......#....", //
									   "...#.......#.......#...", //
									   "...#.......#.......#...", //
									   "...#.......#.......#...", //
									   "...#.......#.......#...", //
									   "....#......#......#....", //
									   ".....#...........#.....", //
									   "......##.......##......", //
									   "........#######........", //
									   ".......................", //
									   NULL};

	(void)state;
	for (int i = 0; i < 2; i++) {
		judge(rows, i ? broad : narrow);
		assert_int_equal(finding.count, 1);
		assert_int_equal(finding.all[0].box.left, 11 * 4);
		teardown(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_the_judge_joins, teardown),
		cmocka_unit_test_teardown(test_far_apart, teardown),
		cmocka_unit_test_teardown(test_the_judge_leaves_out, teardown),
		cmocka_unit_test_teardown(test_at_the_edge, teardown),
		cmocka_unit_test_teardown(test_from_afar, teardown),
		cmocka_unit_test_teardown(test_a_piece, teardown),
		cmocka_unit_test_teardown(test_a_part, teardown),
		cmocka_unit_test_teardown(test_an_underlined_digit, teardown),
		cmocka_unit_test_teardown(test_merit, teardown),
		cmocka_unit_test_teardown(test_a_ring, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
