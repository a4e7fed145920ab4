/* Lines of ruled paper and boxes go, strokes stay: on papers that are drawn here. */
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
#include "picture/lines.h"

#define PAPER 0.9f
#define INK 0.1f
#define LINE 0.6f

static struct error error;
static struct grey picture, before;

/* Paper of 120 × 90, with a little noise. */
static void paper(void)
{
	assert_int_equal(grey_new(120, 90, &picture, &error), 0);
	for (size_t i = 0; i < grey_count(&picture); i++)
		picture.at[i] = PAPER + 0.01f * (rng_uniform(rng_stream(1, 1, 1), i) - 0.5f);
}

/* A bar, level where slant is 0: row `top` in column `left`, and slant × columns lower to the
 * right. */
static void bar(int left, int right, int top, int height, float slant, float grey)
{
	for (int x = left; x < right; x++)
		for (int y = 0; y < height; y++) {
			const int row = top + y + (int)(slant * (float)(x - left));
			if (row >= 0 && row < picture.height)
				grey_row(&picture, row)[x] = grey;
		}
}

static void remove_lines(int thickness)
{
	assert_int_equal(grey_new(picture.width, picture.height, &before, &error), 0);
	memcpy(before.at, picture.at, grey_count(&picture) * sizeof *before.at);
	assert_int_equal(lines_remove(&picture, thickness, &error), 0);
	assert_int_equal(picture.width, before.width);
	assert_int_equal(picture.height, before.height);
}

static int teardown(void **state)
{
	(void)state;
	grey_free(&picture);
	grey_free(&before);
	return 0;
}

/* The pixels that were nearer to `grey` than to the paper, and those of them that still are. */
static void assert_kept(float grey, double least, double most)
{
	const float border = (grey + PAPER) / 2;
	int had = 0, has = 0;

	for (size_t i = 0; i < grey_count(&picture); i++)
		if (before.at[i] < border && fabsf(before.at[i] - grey) < 0.1f) {
			had++;
			has += picture.at[i] < border;
		}
	assert_true(had > 0);
	if (has < least * had || has > most * had)
		fail_msg("%d of %d pixels are left, not %.2f to %.2f of them", has, had, least, most);
}

static void test_level_lines_go(void **state)
{
	(void)state;
	paper();
	for (int y = 10; y < 90; y += 25)
		bar(0, 120, y, 2, 0, LINE);
	remove_lines(5);
	for (size_t i = 0; i < grey_count(&picture); i++)
		assert_true(fabsf(picture.at[i] - PAPER) < 0.05f);
}

static void test_upright_and_tilted_lines_go(void **state)
{
	(void)state;
	paper();
	for (int y = -10; y < 90; y += 25)
		bar(0, 120, y, 2, 0.2f, LINE);
	assert_int_equal(grey_transpose(&picture, &error), 0);
	for (int y = 0; y < 120; y += 30)
		bar(0, 90, y, 1, -0.1f, LINE);
	remove_lines(5);
	assert_kept(LINE, 0, 0.05);
}

/* A faint line, of 0.04 grey levels on noise of 0.01. */
static void test_a_faint_line_goes(void **state)
{
	(void)state;
	paper();
	bar(0, 120, 40, 2, 0, PAPER - 0.06f);
	remove_lines(5);
	for (int x = 0; x < 120; x++)
		assert_true(grey_row(&picture, 40)[x] > PAPER - 0.03f);
}

static void test_a_stroke_across_a_line_stays_whole(void **state)
{
	(void)state;
	paper();
	bar(0, 120, 30, 2, 0, LINE);
	bar(0, 120, 60, 2, 0, LINE);
	bar(50, 56, 15, 60, 0, INK);
	bar(60, 90, 15, 6, 1.2f, INK);
	remove_lines(5);
	assert_kept(LINE, 0, 0.05);
	assert_kept(INK, 0.98, 1);
}

/* A stroke that lies on a line, as the foot of a 2 does, stays. */
static void test_a_stroke_along_a_line_stays(void **state)
{
	(void)state;
	paper();
	bar(0, 120, 60, 2, 0, LINE);
	bar(40, 80, 57, 6, 0, INK);
	remove_lines(5);
	assert_kept(INK, 0.9, 1);
}

/* Bars that end a fifth in front of the edges are no lines of the paper. */
static void test_strokes_stay(void **state)
{
	(void)state;
	paper();
	bar(24, 96, 20, 4, 0, INK);
	bar(60, 64, 24, 50, 0, INK);
	bar(24, 96, 70, 4, -0.1f, INK);
	remove_lines(8);
	assert_kept(INK, 1, 1);
}

static void test_thick_and_steep_bars_stay(void **state)
{
	(void)state;
	paper();
	bar(0, 120, 10, 12, 0, INK);
	bar(0, 120, 3, 3, 0.7f, INK);
	remove_lines(6);
	assert_kept(INK, 1, 1);
}

/* Two short strokes at opposite edges. */
static void test_a_line_is_in_the_middle_too(void **state)
{
	(void)state;
	paper();
	bar(0, 25, 40, 3, 0, INK);
	bar(95, 120, 40, 3, 0, INK);
	remove_lines(6);
	assert_kept(INK, 1, 1);
}

static void test_a_paper_in_shade_stays(void **state)
{
	(void)state;
	paper();
	for (int y = 0; y < 90; y++)
		for (int x = 0; x < 120; x++)
			grey_row(&picture, y)[x] *= 1.0f - 0.005f * (float)x - (y > 45 ? 0.2f : 0.0f);
	remove_lines(5);
	for (size_t i = 0; i < grey_count(&picture); i++)
		assert_true(fabsf(picture.at[i] - before.at[i]) < 0.03f);
}

/* Plain sixes that fill most of the picture. */
/* clang-format off */
static const char *const six_written[] = {
	"............................",
	"............................",
	"............................",
	".................####.......",
	"...............######.......",
	".............#######........",
	"...........######...........",
	"..........####..............",
	".........####...............",
	"........####................",
	".......####.................",
	".......###..................",
	".......##...#######.........",
	"......###############.......",
	"......################......",
	"......#####........####.....",
	".......###...........###....",
	".......####..........###....",
	"........#####........###....",
	".........########..#####....",
	"...........############.....",
	"..............########......",
	"............................",
	"............................",
	"............................",
	"............................",
	"............................",
	"............................",
	NULL};
static const char *const six_printed[] = {
	"...................",
	"...................",
	"...................",
	"...................",
	"...................",
	"........####.......",
	".......######......",
	"......##....##.....",
	"......#.....##.....",
	".....##............",
	".....##...#........",
	".....########......",
	".....###....##.....",
	".....##.....##.....",
	".....##......#.....",
	".....##......#.....",
	"......#.....##.....",
	"......##....##.....",
	".......######......",
	"........###........",
	"...................",
	"...................",
	"...................",
	"...................",
	NULL};
/* clang-format on */

static void test_the_stem_of_a_six_stays(void **state)
{
	(void)state;
	for (int printed = 0; printed < 2; printed++)
		for (int thickness = 4; thickness <= 24; thickness += 10) {
			picture = drawn(printed ? six_printed : six_written, 5);
			for (size_t i = 0; i < grey_count(&picture); i++)
				picture.at[i] = PAPER + picture.at[i] * (INK - PAPER);
			remove_lines(thickness);
			assert_kept(INK, 1, 1);
			teardown(NULL);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_level_lines_go, teardown),
		cmocka_unit_test_teardown(test_upright_and_tilted_lines_go, teardown),
		cmocka_unit_test_teardown(test_a_faint_line_goes, teardown),
		cmocka_unit_test_teardown(test_a_stroke_across_a_line_stays_whole, teardown),
		cmocka_unit_test_teardown(test_a_stroke_along_a_line_stays, teardown),
		cmocka_unit_test_teardown(test_strokes_stay, teardown),
		cmocka_unit_test_teardown(test_thick_and_steep_bars_stay, teardown),
		cmocka_unit_test_teardown(test_a_line_is_in_the_middle_too, teardown),
		cmocka_unit_test_teardown(test_a_paper_in_shade_stays, teardown),
		cmocka_unit_test_teardown(test_the_stem_of_a_six_stays, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
