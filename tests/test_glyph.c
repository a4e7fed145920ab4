/* The signs are written as glyph.h says, and a hand draws them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/glyph.h"

static bool is_figure(char c)
{
	return c >= '0' && c <= '9';
}

/* A stroke is one point or more, all joined in the same way. */
static void check_glyph(const char *glyph)
{
	const char *c = glyph;

	for (;;) {
		char join = '\0';
		int points = 0;

		for (;; c++) {
			if (!is_figure(c[0]) || !is_figure(c[1]) || ++points > GLYPH_POINTS)
				fail_msg("%s: at %s", glyph, c);
			c += 2;
			if (*c == ' ' || !*c)
				break;
			if ((*c != '-' && *c != '~') || (join && join != *c))
				fail_msg("%s: at %s", glyph, c);
			join = *c;
		}
		if (!*c++)
			return;
	}
}

static int check_list(const char *const *glyphs, int most)
{
	int count = 0;

	for (; count < most && glyphs[count]; count++)
		check_glyph(glyphs[count]);
	for (int i = count; i < most; i++)
		assert_null(glyphs[i]);
	return count;
}

static void glyphs_are_well_written(void **state)
{
	(void)state;
	for (int digit = 0; digit < 10; digit++)
		assert_true(check_list(glyph_digits[digit], GLYPH_STYLES) > 0);
	assert_true(check_list(glyph_letters, GLYPH_LETTERS) > 30);
	assert_true(check_list(glyph_signs, GLYPH_SIGNS) > 50);
}

static int difference(const struct page *a, const struct page *b)
{
	int sum = 0;

	for (int y = 0; y < PAGE_SIDE; y++)
		for (int x = 0; x < PAGE_SIDE; x++)
			sum += a->ink[y][x] != b->ink[y][x];
	return sum;
}

/* A hand that does as the text says: 6 pixels for a unit, the middle in the middle. */
static void strokes_are_where_the_text_says(void **state)
{
	const struct hand hand = {.matrix = {6, 0, 0, 6}, .radius = 3};
	static struct page glyph, lines;

	(void)state;
	glyph_draw(&glyph, "25-60-69 99", &hand);
	page_line(&lines, (struct point){25, 43}, (struct point){49, 13}, 3);
	page_line(&lines, (struct point){49, 13}, (struct point){49, 67}, 3);
	page_line(&lines, (struct point){67, 67}, (struct point){67, 67}, 3);
	assert_int_equal(difference(&glyph, &lines), 0);
}

/* A closed curve through the corners of a square is nearly a circle, and everywhere smooth. */
static void curves_close(void **state)
{
	const struct point corners[] = {{40, 10}, {70, 40}, {40, 70}, {10, 40}, {40, 10}};
	static struct page page;

	(void)state;
	glyph_stroke(&page, corners, 5, true, 3);
	for (int i = 0; i < 360; i++) {
		const double angle = i * 3.14159265358979 / 180;
		const double x = 40 + 29 * cos(angle), y = 40 + 29 * sin(angle);
		assert_true(page.ink[(int)y][(int)x]);
	}
	assert_false(page.ink[40][40] || page.ink[40][50]);
}

/* Strokes that meet at a point meet there in any hand; hands differ, and the same draws give the
 * same. */
static void hands_differ(void **state)
{
	const struct rng rng = rng_stream(1, RNG_REPLACE, 1);
	static struct page pages[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct draws draws = {rng, i == 1 ? 1000 : 0};
		const struct hand hand = hand_draw(&draws, 0.5f, 10);
		assert_true(hand.radius >= 3 && hand.radius < 7);
		assert_true(draws.next - (i == 1 ? 1000 : 0) > GLYPH_DRAWS);
		glyph_draw(&pages[i], glyph_digits[2][0], &hand);
	}
	assert_true(difference(&pages[0], &pages[1]) > 100);
	assert_int_equal(difference(&pages[0], &pages[2]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glyphs_are_well_written),
		cmocka_unit_test(strokes_are_where_the_text_says),
		cmocka_unit_test(curves_close),
		cmocka_unit_test(hands_differ),
	};

	return cmocka_run_group_tests_name("glyph", tests, NULL, NULL);
}
