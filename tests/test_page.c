/* What is drawn on a page, and the form into which it is brought. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/page.h"
#include "mnist.h"

static int ink_of(const struct page *page)
{
	int ink = 0;

	for (int y = 0; y < PAGE_SIDE; y++)
		for (int x = 0; x < PAGE_SIDE; x++)
			ink += page->ink[y][x];
	return ink;
}

static void fill(struct page *page, float left, float top, float right, float bottom, bool ink)
{
	const struct point corners[] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};

	page_fill(page, corners, 4, ink);
}

static void lines_are_round_at_their_ends(void **state)
{
	static struct page page, dot;

	(void)state;
	page_line(&page, (struct point){20, 30}, (struct point){50, 30}, 5);
	page_line(&dot, (struct point){20, 30}, (struct point){20, 30}, 5);
	assert_in_range(ink_of(&dot), 72, 86);    /* 25 pi = 78.5 */
	assert_in_range(ink_of(&page), 372, 386); /* and 30 × 10 */
	assert_true(page.ink[25][40] && page.ink[34][40]);
	assert_false(page.ink[24][40] || page.ink[35][40]);
	assert_true(page.ink[30][15] && page.ink[30][54]);
	assert_false(page.ink[30][14] || page.ink[30][55] || page.ink[26][15]);
}

/* The same line from either end, and however far beyond the page. */
static void lines_may_leave_the_page(void **state)
{
	static struct page there, back;

	(void)state;
	page_line(&there, (struct point){-300, 10}, (struct point){500, 70}, 4);
	page_line(&back, (struct point){500, 70}, (struct point){-300, 10}, 4);
	assert_int_equal(ink_of(&there), ink_of(&back));
	assert_in_range(ink_of(&there), 600, 680);
	page_line(&there, (struct point){-90, -90}, (struct point){-20, 90}, 4);
	assert_int_equal(ink_of(&there), ink_of(&back));
}

static void polygons_are_filled(void **state)
{
	static struct page page;
	const struct point bow[] = {{10, 10}, {70, 70}, {70, 10}, {10, 70}};

	(void)state;
	fill(&page, 10, 20, 30, 25, true);
	assert_int_equal(ink_of(&page), 100);
	fill(&page, 12, 21, 14, 24, false);
	assert_int_equal(ink_of(&page), 94);
	assert_false(page.ink[22][13]);
	memset(&page, 0, sizeof page);
	page_fill(&page, bow, 4, true);
	assert_true(page.ink[39][12] && page.ink[39][68]);
	assert_false(page.ink[12][39] || page.ink[68][39]);
}

/* A square of 4 × 4 bright pixels, whose middle is that of the image, is drawn 3 times as large;
 * and a bar is turned. */
static void digits_are_drawn(void **state)
{
	static struct page page;
	const struct matrix third = {1.0f / 3, 0, 0, 1.0f / 3}, turned = {0, 0.5f, -0.5f, 0};
	uint8_t pixels[MNIST_PIXELS] = {0};

	(void)state;
	for (int y = 12; y < 16; y++)
		memset(pixels + y * MNIST_SIDE + 12, 255, 4);
	page_digit(&page, pixels, (struct point){40, 40}, &third);
	assert_in_range(ink_of(&page), 120, 160);
	memset(&page, 0, sizeof page);
	memset(pixels, 0, sizeof pixels);
	memset(pixels + 14 * MNIST_SIDE + 4, 255, 20);
	page_digit(&page, pixels, (struct point){40, 40}, &turned);
	assert_true(page.ink[24][40] && page.ink[55][40]);
	assert_false(page.ink[40][30] || page.ink[40][50]);
}

/* The form of a filled box: its longer side is 20, its middle in pixel 14. */
static void forms_are_mnists(void **state)
{
	static const struct {
		int left, top, width, height;
		int columns, rows; /* of the form */
	} boxes[] = {{0, 0, 80, 80, 20, 20}, {3, 9, 40, 40, 20, 20}, {60, 1, 20, 79, 6, 20},
				 {2, 70, 77, 3, 20, 2},  {79, 79, 1, 1, 20, 20}, {30, 20, 10, 40, 6, 20}};

	(void)state;
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
		static struct page page;
		uint8_t pixels[MNIST_PIXELS];
		double mass = 0, mx = 0, my = 0;

		memset(&page, 0, sizeof page);
		for (int y = 0; y < boxes[i].height; y++)
			memset(page.ink[boxes[i].top + y] + boxes[i].left, true, (size_t)boxes[i].width);
		memset(pixels, 7, sizeof pixels);
		page_form(&page, pixels);
		for (int p = 0; p < MNIST_PIXELS; p++) {
			mass += pixels[p];
			mx += pixels[p] * (p % MNIST_SIDE + 0.5);
			my += pixels[p] * (p / MNIST_SIDE + 0.5);
		}
		const struct box ink = mnist_ink(pixels);
		assert_in_range(box_width(&ink), boxes[i].columns, boxes[i].columns + 1);
		assert_in_range(box_height(&ink), boxes[i].rows, boxes[i].rows + 1);
		assert_true(mx / mass > 13.9 && mx / mass < 15.1);
		assert_true(my / mass > 13.9 && my / mass < 15.1);
	}
}

static void a_blank_page_stays_blank(void **state)
{
	static struct page page;
	uint8_t pixels[MNIST_PIXELS], zeros[MNIST_PIXELS] = {0};

	(void)state;
	memset(pixels, 7, sizeof pixels);
	page_form(&page, pixels);
	assert_memory_equal(pixels, zeros, sizeof zeros);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_round_at_their_ends),
		cmocka_unit_test(lines_may_leave_the_page),
		cmocka_unit_test(polygons_are_filled),
		cmocka_unit_test(digits_are_drawn),
		cmocka_unit_test(forms_are_mnists),
		cmocka_unit_test(a_blank_page_stays_blank),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
