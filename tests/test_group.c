/* Which components are one digit: on planes of depth that are drawn here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drawn.h"
#include "picture/group.h"

static struct error error;
static struct ink ink;

static int teardown(void **state)
{
	(void)state;
	ink_free(&ink);
	return 0;
}

/* Group the ink of the rows, whose characters are 4 × 4 pixels. */
static void group(const char *const *rows)
{
	ink = (struct ink){.depth = drawn(rows, 4), .threshold = 0.35f};
	assert_int_equal(group_components(&ink, &error), 0);
}

/* The group of a character, 0 for none. */
static int at(int x, int y)
{
	return ink_group_at(&ink, (size_t)(y * 4 + 2) * (size_t)ink.depth.width + (size_t)(x * 4 + 2));
}

static void assert_box(const struct box *box, int left, int top, int right, int bottom)
{
	assert_int_equal(box->left, left * 4);
	assert_int_equal(box->top, top * 4);
	assert_int_equal(box->right, right * 4);
	assert_int_equal(box->bottom, bottom * 4);
}

/* The bar of a 5 is near, and lower than the digit: a piece of it. */
static void test_a_detached_bar(void **state)
{
	(void)state;
	group(ROWS("..................", //
			   "......#...........", //
			   "......#..#####....", //
			   "......#...........", //
			   "......######......", //
			   "...........##.....", //
			   "............#.....", //
			   "......#....##.....", //
			   "......######......", //
			   "..................", //
			   ".................."));
	assert_int_equal(ink.count, 1);
	assert_int_equal(at(6, 2), 1);
	assert_int_equal(at(10, 2), 1);
	assert_box(&ink.groups[0].box, 6, 1, 14, 9);
	assert_int_equal(ink.groups[0].pixels, 16 * 26);
}

/* Two digits stand a quarter of their height apart. */
static void test_two_digits(void **state)
{
	(void)state;
	group(ROWS("....................", //
			   "....................", //
			   "...#####..#####.....", //
			   "...#...#......#.....", //
			   "...#...#......#.....", //
			   "...#...#.....#......", //
			   "...#...#.....#......", //
			   "...#...#....#.......", //
			   "...#...#....#.......", //
			   "...#####....#.......", //
			   "....................", //
			   "...................."));
	assert_int_equal(ink.count, 2);
	assert_int_not_equal(at(3, 4), at(14, 3));
	assert_int_equal(at(3, 4) + at(14, 3), 3);
	assert_box(&ink.groups[at(3, 4) - 1].box, 3, 2, 8, 10);
	assert_box(&ink.groups[at(14, 3) - 1].box, 10, 2, 15, 10);
}

/* What is fainter than the threshold is no ink, and a speck is none. */
static void test_faint_and_small(void **state)
{
	(void)state;
	group(ROWS("....................", //
			   "...333..............", //
			   "...3.3....4.........", //
			   "...3.3....4.........", //
			   "...333....4.........", //
			   "..........4.........", //
			   "..........4.........", //
			   "..........4.........", //
			   "...................."));
	assert_int_equal(ink.count, 1);
	assert_int_equal(at(3, 2), 0);
	assert_int_equal(at(10, 5), 1);
	grey_row(&ink.depth, 30)[70] = 1.0f;
	struct grey depth = ink.depth;
	components_free(&ink.components);
	ink = (struct ink){.depth = depth, .threshold = 0.35f};
	assert_int_equal(group_components(&ink, &error), 0);
	assert_int_equal(ink.count, 1);
}

/* A digit in the middle is likelier than what lies along an edge, however large that is. */
static void test_edges(void **state)
{
	(void)state;
	group(ROWS("############################", //
			   "##........................##", //
			   "#..........................#", //
			   "#...........####...........#", //
			   "#..............#...........#", //
			   "#.............#............#", //
			   "#.............#............#", //
			   "#...........................", //
			   "#...........................", //
			   "#..........................."));
	assert_int_equal(at(12, 3), 1);
	assert_box(&ink.groups[0].box, 12, 3, 16, 7);
}

/* A level line is none, nor is it a piece of a digit below it. */
static void test_a_level_line(void **state)
{
	(void)state;
	group(ROWS("..............................", //
			   "..##########################..", //
			   "..............................", //
			   ".............####.............", //
			   ".............#..#.............", //
			   ".............####.............", //
			   "................#.............", //
			   "..............................", //
			   ".............................."));
	assert_int_equal(at(13, 3), 1);
	assert_int_not_equal(at(5, 1), 1);
}

/* A box and a ring that do not touch the digit are set aside. */
static void test_rings(void **state)
{
	static const char *const box[] = {"..................", //
									  ".################.", //
									  ".#..............#.", //
									  ".#....#####.....#.", //
									  ".#........#.....#.", //
									  ".#.......#......#.", //
									  ".#......#.......#.", //
									  ".#......#.......#.", //
									  ".#..............#.", //
									  ".################.", //
									  "..................", //
									  NULL};
	static const char *const ring[] = {"..................", //
									   "......#######.....", //
									   "....##.......##...", //
									   "...#...........#..", //
									   "..#...#####.....#.", //
									   "..#.......#.....#.", //
									   "..#......#......#.", //
									   "...#....#......#..", //
									   "....##.......##...", //
									   "......#######.....", //
									   "..................", //
									   NULL};

	for (int i = 0; i < 2; i++) {
		group(i ? ring : box);
		assert_int_equal(at(10, 4), 1);
		assert_int_equal(at(8, 1), 0);
		assert_int_equal(ink.count, 1);
		assert_box(&ink.groups[0].box, 6, 3 + i, 11, 8);
		teardown(state);
	}
}

/* What is open to one side is no ring, though there is a stroke in it. */
static void test_an_open_shape(void **state)
{
	(void)state;
	group(ROWS("..................", //
			   "...##.............", //
			   "...##.............", //
			   "...##.......##....", //
			   "...##.###...##....", //
			   "...##.......##....", //
			   "...##.......##....", //
			   "...###########....", //
			   "..................", //
			   ".................."));
	assert_int_equal(at(3, 1), 1);
}

/* A box that the digit touches may hide it: one is to look inside. */
static void test_a_touched_box(void **state)
{
	(void)state;
	group(ROWS("..................", //
			   ".################.", //
			   ".#..............#.", //
			   ".#....#####.....#.", //
			   ".#........#.....#.", //
			   ".#.......#......#.", //
			   ".#......#.......#.", //
			   ".#......#.......#.", //
			   ".#......#.......#.", //
			   ".################.", //
			   ".................."));
	assert_true(ink.framed);
	assert_false(ink.filled);
	assert_box(&ink.frame, 1, 1, 17, 10);
	teardown(state);
	/* A dark sheet with a light digit on it. */
	group(ROWS("..................", //
			   ".################.", //
			   ".################.", //
			   ".#####.....######.", //
			   ".#########.######.", //
			   ".########.#######.", //
			   ".#######.########.", //
			   ".#######.########.", //
			   ".################.", //
			   ".################.", //
			   ".................."));
	assert_true(ink.framed);
	assert_true(ink.filled);
	teardown(state);
	/* A 0 has no corners. */
	group(ROWS("..............", //
			   ".....####.....", //
			   "...###..###...", //
			   "..##......##..", //
			   "..#........#..", //
			   "..#........#..", //
			   "..##......##..", //
			   "...###..###...", //
			   ".....####.....", //
			   ".............."));
	assert_false(ink.framed);
	assert_int_equal(ink.count, 1);
}

static void test_join(void **state)
{
	(void)state;
	group(ROWS("..............................", //
			   "..####......#####......#####..", //
			   "..#..#..........#......#......", //
			   "..#..#.........#.......####...", //
			   "..#..#........#...........#...", //
			   "..####........#........###....", //
			   ".............................."));
	assert_int_equal(ink.count, 3);
	const int places[3][2] = {{2, 2}, {14, 5}, {23, 1}};
	int of[3] = {0}; /* of each group a place in it */

	for (int i = 0; i < 3; i++)
		of[at(places[i][0], places[i][1]) - 1] = i;
	const struct box box = box_join(&ink.groups[0].box, &ink.groups[1].box);
	const float mass = ink.groups[0].mass + ink.groups[1].mass;
	ink_join(&ink, 0, 1, 2);
	for (int i = 0; i < 3; i++)
		assert_int_equal(at(places[of[i]][0], places[of[i]][1]), i < 2 ? 1 : 2);
	assert_float_equal(ink.groups[0].mass, mass, 1e-3);
	assert_memory_equal(&ink.groups[0].box, &box, sizeof box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_a_detached_bar, teardown),
		cmocka_unit_test_teardown(test_two_digits, teardown),
		cmocka_unit_test_teardown(test_faint_and_small, teardown),
		cmocka_unit_test_teardown(test_edges, teardown),
		cmocka_unit_test_teardown(test_a_level_line, teardown),
		cmocka_unit_test_teardown(test_rings, teardown),
		cmocka_unit_test_teardown(test_an_open_shape, teardown),
		cmocka_unit_test_teardown(test_a_touched_box, teardown),
		cmocka_unit_test_teardown(test_join, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
