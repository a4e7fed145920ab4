/* The connected components of planes that are drawn here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drawn.h"
#include "picture/components.h"

static struct error error;
static struct grey plane;
static struct components components;

static void find(const char *const *rows, float threshold)
{
	plane = drawn(rows, 1);
	assert_int_equal(components_find(&plane, threshold, &components, &error), 0);
}

static int teardown(void **state)
{
	(void)state;
	components_free(&components);
	components = (struct components){0};
	grey_free(&plane);
	return 0;
}

/* The component of a pixel, which has one. */
static const struct component *at(int x, int y)
{
	const int label = components.labels[y * plane.width + x];

	assert_in_range(label, 1, components.count);
	return &components.all[label - 1];
}

static void assert_box(const struct box *box, int left, int top, int right, int bottom)
{
	assert_int_equal(box->left, left);
	assert_int_equal(box->top, top);
	assert_int_equal(box->right, right);
	assert_int_equal(box->bottom, bottom);
}

static void test_touching_at_a_corner_is_connected(void **state)
{
	(void)state;
	find(ROWS(".......", //
			  ".##..#.", //
			  ".#.#.#.", //
			  ".#...#.", //
			  "......."),
		 0.5f);
	assert_int_equal(components.count, 2);
	assert_ptr_equal(at(1, 3), at(3, 2));
	assert_ptr_not_equal(at(3, 2), at(5, 2)); /* a column of paper between them */
	assert_box(&at(1, 1)->box, 1, 1, 4, 4);
	assert_box(&at(5, 1)->box, 5, 1, 6, 4);
	assert_int_equal(at(1, 1)->pixels, 5);
	assert_int_equal(components.labels[0], 0);
	assert_int_equal(components.labels[4 * 7 + 6], 0);
}

static void test_nothing(void **state)
{
	(void)state;
	find(ROWS("444", "444"), 0.5f);
	assert_int_equal(components.count, 0);
}

/* Connections across the edge, from the end of one row to the beginning of the next, are none. */
static void test_rows_do_not_run_on(void **state)
{
	(void)state;
	find(ROWS("....#", "#....", "....#"), 0.5f);
	assert_int_equal(components.count, 3);
}

static void test_only_what_is_deep_enough(void **state)
{
	(void)state;
	find(ROWS("9539", "9446"), 0.45f);
	assert_int_equal(components.count, 2);
	assert_int_equal(at(1, 0)->pixels, 3);
	assert_float_equal(at(1, 0)->mass, 0.9f + 0.5f + 0.9f, 1e-5);
	assert_float_equal(at(3, 1)->mass, 0.9f + 0.6f, 1e-5);
}

static void test_a_dot_in_a_ring(void **state)
{
	(void)state;
	find(ROWS("#####", //
			  "#...#", //
			  "#.#.#", //
			  "#...#", //
			  "####."),
		 0.5f);
	assert_int_equal(components.count, 2);
	assert_int_equal(at(0, 0)->pixels, 15);
	assert_int_equal(at(2, 2)->pixels, 1);
	assert_int_equal(at(0, 0)->touching[LEFT], 5);
	assert_int_equal(at(0, 0)->touching[TOP], 5);
	assert_int_equal(at(0, 0)->touching[RIGHT], 4);
	assert_int_equal(at(0, 0)->touching[BOTTOM], 4);
	for (int side = LEFT; side < SIDES; side++)
		assert_int_equal(at(2, 2)->touching[side], 0);
}

/* What two have together: the box around both, and sums. */
static void test_add(void **state)
{
	(void)state;
	find(ROWS("9...", "9...", "...6"), 0.5f);
	assert_int_equal(components.count, 2);
	struct component both = *at(0, 0);
	both.merit = 2.0f;
	components.all[1].merit = 3.0f;
	component_add(&both, at(3, 2));
	assert_int_equal(both.pixels, 3);
	assert_int_equal(both.box.left, 0);
	assert_int_equal(both.box.top, 0);
	assert_int_equal(both.box.right, 4);
	assert_int_equal(both.box.bottom, 3);
	assert_float_equal(both.mass, 0.9f + 0.9f + 0.6f, 1e-5);
	assert_float_equal(both.merit, 5.0f, 1e-6);
}

/* Ink ends within a pixel or two, shadows fade: of two patches as large and as deep, the sharp one
 * has more outline. */
static void test_a_sharp_outline_counts_more(void **state)
{
	(void)state;
	find(ROWS("..................", //
			  "..............1...", //
			  ".............333..", //
			  "...####.....36663.", //
			  "...####....1369631", //
			  "...####.....36663.", //
			  "...####......333..", //
			  "..............1...", //
			  ".................."),
		 0.25f);
	assert_int_equal(components.count, 2);
	assert_true(at(4, 4)->outline > 4.0f * at(14, 4)->outline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_touching_at_a_corner_is_connected, teardown),
		cmocka_unit_test_teardown(test_nothing, teardown),
		cmocka_unit_test_teardown(test_rows_do_not_run_on, teardown),
		cmocka_unit_test_teardown(test_only_what_is_deep_enough, teardown),
		cmocka_unit_test_teardown(test_a_dot_in_a_ring, teardown),
		cmocka_unit_test_teardown(test_add, teardown),
		cmocka_unit_test_teardown(test_a_sharp_outline_counts_more, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
