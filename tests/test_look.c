/* One look at a part of a picture, drawn here: which ink is taken, and where it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drawn.h"
#include "picture/look.h"

#define WIDTH 300
#define HEIGHT 200

static uint16_t samples[WIDTH * HEIGHT];
static const struct raster picture = {
	.width = WIDTH, .height = HEIGHT, .maxval = 255, .samples = samples};
static struct error error;

static void fill(int left, int top, int width, int height, int grey)
{
	for (int y = top; y < top + height; y++)
		for (int x = left; x < left + width; x++)
			samples[y * WIDTH + x] = (uint16_t)grey;
}

/* A judge to whom only what is narrow is a digit. */
static float narrow(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	(void)context;
	return width_of(pixels) < 9 ? 0.95f : 0.1f;
}

static const struct digit_judge judge = {narrow, NULL};

/* The box of the only digit of a look at the part, in pixels of the picture. */
static struct box look(struct look *look, const struct digit_judge *by)
{
	assert_int_equal(look_at(&picture, by, look, &error), 0);
	assert_int_equal(look->finding->count, 1);
	return look_box(look, &look->finding->all[0].box);
}

static void assert_bar(const struct box *box)
{
	assert_in_range(box->left, 137, 143);
	assert_in_range(box->top, 57, 63);
	assert_in_range(box->right, 149, 155);
	assert_in_range(box->bottom, 137, 143);
}

/* Dark ink and light ink are found, in the same place, and told apart. */
static void test_either_ink(void **state)
{
	(void)state;
	for (int light = 0; light < 2; light++) {
		struct look at = {.part = {0, 0, WIDTH, HEIGHT}, .lines = 0.04};
		fill(0, 0, WIDTH, HEIGHT, light ? 20 : 230);
		fill(140, 60, 12, 80, light ? 230 : 20);
		const struct box box = look(&at, NULL);
		assert_bar(&box);
		assert_int_equal(at.light, light);
		look_free(&at);
	}
}

/* A part's digit is where it is in the picture; one that asks for the other ink does not see it. */
static void test_part(void **state)
{
	struct look at = {.part = {100, 30, 220, 170}, .lines = 0.04, .ask = DARK};

	(void)state;
	fill(0, 0, WIDTH, HEIGHT, 230);
	fill(140, 60, 12, 80, 20);
	const struct box box = look(&at, NULL);
	assert_bar(&box);
	look_free(&at);
	at.ask = LIGHT;
	assert_int_equal(look_at(&picture, &judge, &at, &error), 0);
	assert_true(at.finding->score < 0.5f);
	look_free(&at);
}

/* One side of a box is straight enough for a line of the paper. Where nothing is a digit without
 * it, the box is whole again, and what is inside is the digit. */
static void test_lines_come_back(void **state)
{
	struct look at = {.part = {0, 0, WIDTH, HEIGHT}, .lines = 0.04};

	(void)state;
	fill(0, 0, WIDTH, HEIGHT, 255);
	fill(20, 12, 260, 5, 0);
	for (int y = 12; y < 188; y++) { /* the sides lean */
		fill(20 + y / 22, y, 5, 1, 0);
		fill(275 - y / 22, y, 5, 1, 0);
	}
	for (int x = 28; x < 272; x++)
		fill(x, 180 + x / 40, 1, 5, 0);
	fill(140, 60, 12, 80, 0);
	const struct box box = look(&at, &judge);
	assert_bar(&box);
	look_free(&at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_either_ink),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_lines_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
