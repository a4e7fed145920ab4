/* From pictures of paper to digits: golden pictures, made by fixtures/make-pictures.py from images
 * of MNIST's test set, which are what should come out, and papers that are drawn here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "app/dataset.h"
#include "app/model.h"
#include "app/recognize.h"
#include "base/file.h"
#include "formats/pnm.h"
#include "mnist.h"
#include "nn/loss.h"
#include "picture/digit.h"

static struct engine engine;
static struct network network; /* the built-in model */
static struct executor *executor;
static struct dataset dataset;
static struct error error;

static int setup(void **state)
{
	(void)state;
	return engine_open(&engine, "auto", 1, &error) ||
		   model_load(MODEL_BUILTIN, NULL, &network, NULL, NULL, &error) ||
		   !(executor = executor_open(&network, &engine, 1, EXECUTOR_PREDICT, &error)) ||
		   dataset_load(&dataset, &(struct dataset_options){.path = DATA}, DATASET_TEST, NULL,
						&error);
}

static int teardown(void **state)
{
	(void)state;
	dataset_free(&dataset);
	executor_close(executor);
	network_free(&network);
	engine_close(&engine);
	return 0;
}

static int predict(const uint8_t *pixels)
{
	const struct dataset one = {
		.count = 1, .height = MNIST_SIDE, .width = MNIST_SIDE, .images = pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};

	return loss_argmax(MNIST_CLASSES, executor_predict(executor, &batch));
}

/* Pearson's. */
static double correlation(const uint8_t *a, const uint8_t *b)
{
	double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0, n = MNIST_PIXELS;

	for (int i = 0; i < MNIST_PIXELS; i++) {
		sa += a[i];
		sb += b[i];
		aa += (double)a[i] * a[i];
		bb += (double)b[i] * b[i];
		ab += (double)a[i] * b[i];
	}
	return (ab - sa * sb / n) / sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

static void test_papers(void **state)
{
	static const struct {
		const char *kind;
		int index;
		double least; /* correlation: thinner and thicker pens change the image itself */
	} pictures[] = {
		{"plain", 0, 0.95}, {"chalk", 1, 0.9},    {"shadow", 2, 0.9},  {"vignette", 3, 0.9},
		{"ruled", 4, 0.85}, {"squared", 7, 0.85}, {"pencil", 9, 0.75}, {"marker", 11, 0.75},
		{"edge", 12, 0.8},  {"frame", 13, 0.85},  {"desk", 17, 0.85},  {"stain", 18, 0.9},
		{"faint", 20, 0.9}, {"specks", 23, 0.9},  {"noise", 27, 0.85}, {"jpeg", 30, 0.9},
	};

	(void)state;
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		const int index = pictures[i].index;
		struct digits digits;
		struct buffer file;
		struct raster picture;
		char path[300];

		snprintf(path, sizeof path, FIXTURES "/pictures/%s-%d.pgm", pictures[i].kind, index);
		assert_int_equal(file_read(path, 1 << 20, &file, &error), 0);
		assert_int_equal(pnm_parse(file.data, file.size, &picture, &error), 0);
		assert_int_equal(digits_find(&picture, NULL, &digits, &error), 0);
		assert_int_equal(digits.count, 1);
		const uint8_t *pixels = digits.all->pixels;
		double alike = correlation(pixels, dataset.images + (size_t)index * MNIST_PIXELS);
		int digit = predict(pixels);
		if (alike < pictures[i].least || digit != dataset.labels[index])
			fail_msg("%s: a %d, alike by %.3f", path, digit, alike);
		digits_free(&digits);
		raster_free(&picture);
		buffer_free(&file);
	}
}

static struct raster picture_of(const uint8_t *pixels, uint16_t *samples)
{
	for (int i = 0; i < MNIST_PIXELS; i++)
		samples[i] = pixels[i];
	return (struct raster){
		.width = MNIST_SIDE, .height = MNIST_SIDE, .maxval = 255, .samples = samples};
}

/* What is in MNIST's form already passes unchanged, nearly always. */
static void test_mnist_passes(void **state)
{
	int changed = 0, right[2] = {0};

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		const uint8_t *image = dataset.images + i * MNIST_PIXELS;
		uint16_t samples[MNIST_PIXELS];
		struct digits digits;
		const struct raster picture = picture_of(image, samples);

		assert_int_equal(digits_find(&picture, NULL, &digits, &error), 0);
		if (memcmp(digits.all->pixels, image, MNIST_PIXELS)) {
			changed++;
			right[0] += predict(image) == dataset.labels[i];
			right[1] += predict(digits.all->pixels) == dataset.labels[i];
		}
		digits_free(&digits);
	}
	assert_in_range(changed, 0, 5);
	assert_true(abs(right[0] - right[1]) <= 1);
}

static void test_no_digit(void **state)
{
	uint16_t samples[100 * 80];
	struct digits digits;
	const struct raster picture = {.width = 100, .height = 80, .maxval = 255, .samples = samples};

	(void)state;
	for (int level = 0; level <= 255; level += 85) {
		for (int i = 0; i < 100 * 80; i++)
			samples[i] = (uint16_t)level;
		assert_int_equal(digits_find(&picture, NULL, &digits, &error), 0);
		assert_true(digits.none);
		assert_int_equal(digits.count, 0);
		digits_free(&digits);
	}
}

#define PAPER 230
#define INK 40

/* An empty paper. */
static struct raster paper(int width, int height)
{
	struct raster picture = {.width = width, .height = height, .maxval = 255, .samples = NULL};

	picture.samples = malloc((size_t)width * (size_t)height * sizeof *picture.samples);
	assert_non_null(picture.samples);
	for (int i = 0; i < width * height; i++)
		picture.samples[i] = PAPER;
	return picture;
}

static void put_ink(struct raster *picture, int left, int top, int width, int height)
{
	for (int y = top; y < top + height; y++)
		for (int x = left; x < left + width; x++)
			picture->samples[y * picture->width + x] = INK;
}

/* Write test image `index`, `scale` pixels for one of its 28 × 28, of which the first is at (left,
 * top). */
static void put_image(struct raster *picture, int index, int left, int top, int scale)
{
	const uint8_t *image = dataset.images + (size_t)index * MNIST_PIXELS;

	for (int y = 0; y < MNIST_SIDE * scale; y++)
		for (int x = 0; x < MNIST_SIDE * scale; x++) {
			uint16_t *sample = &picture->samples[(top + y) * picture->width + left + x];
			const int ink = image[y / scale * MNIST_SIDE + x / scale];
			*sample = (uint16_t)(*sample - (*sample - INK) * ink / 255);
		}
}

static void put_rows(struct raster *picture, const char *const *rows, int left, int top, int scale)
{
	for (int y = 0; rows[y]; y++)
		for (int x = 0; rows[y][x]; x++)
			if (rows[y][x] == '#')
				put_ink(picture, left + x * scale, top + y * scale, scale, scale);
}

/* The box of what is written there, from the picture itself. */
static struct box ink_box(const struct raster *picture)
{
	struct box box = {picture->width, picture->height, 0, 0};

	for (int i = 0; i < picture->width * picture->height; i++)
		if (picture->samples[i] < (PAPER + INK) / 2)
			box_include(&box, i % picture->width, i / picture->width);
	return box;
}

static void assert_near(int value, int expected, int most)
{
	assert_in_range(value, expected > most ? expected - most : 0, expected + most);
}

static void assert_box(const struct box *box, const struct box *expected, int most)
{
	assert_near(box->left, expected->left, most);
	assert_near(box->top, expected->top, most);
	assert_near(box->right, expected->right, most);
	assert_near(box->bottom, expected->bottom, most);
}

/* Read the picture, and free it. The text has a blank in front of a digit that begins a number, as
 * " 43 7". */
static void assert_reads(struct raster *picture, const char *text)
{
	char read[64] = "";
	struct digits digits;

	assert_int_equal(digits_find(picture, NULL, &digits, &error), 0);
	for (int i = 0; i < digits.count && i < 30; i++)
		snprintf(read + strlen(read), 3, "%s%d", digits.all[i].begins ? " " : "",
				 predict(digits.all[i].pixels));
	assert_string_equal(read, text);
	digits_free(&digits);
	raster_free(picture);
}

/* The first test images are 7 2 1 0 4 1 4 9 5 9. */
static void test_numbers_in_lines(void **state)
{
	struct raster picture = paper(420, 330);

	(void)state;
	put_image(&picture, 7, 30, 20, 3);
	put_image(&picture, 0, 110, 26, 3);
	put_image(&picture, 3, 190, 14, 3);
	put_image(&picture, 9, 280, 52, 3);
	put_image(&picture, 4, 90, 100, 3);
	put_image(&picture, 1, 30, 200, 3);
	put_image(&picture, 8, 120, 208, 3);
	assert_reads(&picture, " 9709 4 25");
}

/* A gap is wide where it is wider than the digits are high and twice the narrowest. */
static void test_wide_gaps(void **state)
{
	struct raster picture = paper(540, 120);

	(void)state;
	put_image(&picture, 1, 10, 20, 3);
	put_image(&picture, 9, 80, 20, 3);
	put_image(&picture, 3, 270, 20, 3);
	put_image(&picture, 0, 440, 20, 3);
	assert_reads(&picture, " 29 0 7");
	/* Of just two digits nobody knows which gap is usual. */
	picture = paper(540, 120);
	put_image(&picture, 3, 10, 20, 3);
	put_image(&picture, 0, 400, 20, 3);
	assert_reads(&picture, " 07");
}

/* A page that is tilted by up to 9°, of digits so small that they are looked at from nearer. */
static void test_tilted_lines(void **state)
{
	(void)state;
	for (int rise = -15; rise <= 15; rise += 5) {
		struct raster picture = paper(1300, 900);

		for (int i = 0; i < 20; i++)
			put_image(&picture, i % 10, 150 + i % 10 * 100,
					  350 + i / 10 * 130 - (i % 10 - 5) * rise, 3);
		assert_reads(&picture, " 7210414959 7210414959");
	}
}

/* A hair joins two of four digits. From nearer they are one thing that is no digit; from afar the
 * hair is not seen. */
static void test_joined_by_a_hair(void **state)
{
	struct recognizer recognizer = {.executor = executor};
	const struct digit_judge judge = {recognizer_score, &recognizer};

	(void)state;
	for (int joined = 0; joined < 3; joined++) {
		struct raster picture = paper(1300, 900);
		struct digits digits;

		for (int i = 0; i < 4; i++)
			put_image(&picture, i, 300 + i * 84, 400, 3);
		put_ink(&picture, 342 + joined * 84, 442, 84, 2);
		assert_int_equal(digits_find(&picture, &judge, &digits, &error), 0);
		assert_false(digits.none);
		assert_int_equal(digits.count, 4);
		digits_free(&digits);
		raster_free(&picture);
	}
}

static void test_half_size(void **state)
{
	struct raster picture = paper(300, 180);

	(void)state;
	put_image(&picture, 0, 20, 20, 5);
	put_image(&picture, 9, 190, 80, 2);
	assert_reads(&picture, " 79");
}

/* Boxes are in the picture's pixels, also where it is larger than what is looked at. */
static void test_boxes(void **state)
{
	struct raster picture = paper(1500, 1100);
	struct digits digits;

	(void)state;
	put_image(&picture, 3, 500, 250, 20);
	const struct box written = ink_box(&picture);
	assert_int_equal(digits_find(&picture, NULL, &digits, &error), 0);
	assert_int_equal(digits.count, 1);
	assert_box(&digits.all->box, &written, 12);
	digits_free(&digits);
	raster_free(&picture);
}

static void test_light_on_dark_is_the_same(void **state)
{
	struct raster picture = paper(160, 150);
	struct digits dark, light;

	(void)state;
	put_image(&picture, 8, 30, 20, 4);
	assert_int_equal(digits_find(&picture, NULL, &dark, &error), 0);
	for (int i = 0; i < 160 * 150; i++)
		picture.samples[i] = (uint16_t)(255 - picture.samples[i]);
	assert_int_equal(digits_find(&picture, NULL, &light, &error), 0);
	assert_int_equal(light.count, 1);
	assert_true(correlation(dark.all->pixels, light.all->pixels) > 0.99);
	digits_free(&dark);
	digits_free(&light);
	raster_free(&picture);
}

/* A frame of one or two pixels at the picture's edge, and a box around a digit. */
static void test_frames(void **state)
{
	(void)state;
	for (int width = 1; width <= 3; width++)
		for (int gap = 0; gap <= 40; gap += 20) {
			struct raster picture = paper(150, 160);

			put_ink(&picture, gap, gap, 150 - 2 * gap, width);
			put_ink(&picture, gap, 160 - gap - width, 150 - 2 * gap, width);
			put_ink(&picture, gap, gap, width, 160 - 2 * gap);
			put_ink(&picture, 150 - gap - width, gap, width, 160 - 2 * gap);
			put_image(&picture, 8, 34, 40, gap == 40 ? 2 : 3);
			assert_reads(&picture, " 5");
		}
}

/* The bar of the 5 is a stroke of its own, two pixels away. */
static void test_a_bar_apart(void **state)
{
	static const char *const five[] = {".......#............", //
									   "......##............", //
									   "......##............", //
									   "......##.########...", //
									   "......#..########...", //
									   ".....##.............", //
									   ".....##.............", //
									   ".....##.............", //
									   ".....####...........", //
									   ".....#######........", //
									   "..........###.......", //
									   "............##......", //
									   ".............##.....", //
									   "..............#.....", //
									   "..............#.....", //
									   "..............#.....", //
									   ".............##.....", //
									   ".##.........##......", //
									   "..###########.......", //
									   "....#######.........", //
									   NULL};
	struct raster picture = paper(110, 124);
	struct digits digits;

	(void)state;
	put_rows(&picture, five, 5, 12, 5);
	const struct box written = ink_box(&picture);
	assert_int_equal(digits_find(&picture, NULL, &digits, &error), 0);
	assert_int_equal(digits.count, 1);
	assert_box(&digits.all->box, &written, 3);
	digits_free(&digits);
	assert_reads(&picture, " 5");
}

/* The right stroke of a 4 is as high as a digit, and could be a 1: the judge knows better. */
static void test_a_stroke_apart(void **state)
{
	static const char *const four[] = {"...##.........", //
									   "...#..........", //
									   "..##......##..", //
									   "..#.......##..", //
									   "..#.......##..", //
									   ".##.......##..", //
									   ".#........##..", //
									   ".########.##..", //
									   ".########.##..", //
									   "..........##..", //
									   "..........##..", //
									   "..........##..", //
									   "..........##..", //
									   NULL};
	struct recognizer recognizer = {.executor = executor};
	const struct digit_judge judge = {recognizer_score, &recognizer};
	struct raster picture = paper(115, 110);
	struct digits digits;

	(void)state;
	put_rows(&picture, four, 20, 20, 5);
	const struct box written = ink_box(&picture);
	assert_int_equal(digits_find(&picture, &judge, &digits, &error), 0);
	assert_int_equal(digits.count, 1);
	assert_box(&digits.all->box, &written, 3);
	assert_int_equal(predict(digits.all->pixels), 4);
	digits_free(&digits);
	raster_free(&picture);
}

/* The stem of a 6 is no line of the paper. */
static void test_a_long_stem(void **state)
{
	static const char *const six[] = {"...........####.....", //
									  ".........######.....", //
									  ".......#######......", //
									  ".....######.........", //
									  "....####............", //
									  "...####.............", //
									  "..####..............", //
									  ".####...............", //
									  ".###................", //
									  ".##...#######.......", //
									  "###############.....", //
									  "################....", //
									  "#####........####...", //
									  ".###...........###..", //
									  ".####..........###..", //
									  "..#####........###..", //
									  "...########..#####..", //
									  ".....############...", //
									  "........########....", //
									  NULL};

	(void)state;
	for (int margin = 5; margin <= 35; margin += 10) {
		struct raster picture = paper(100 + 2 * margin, 95 + 2 * margin);
		put_rows(&picture, six, margin, margin, 5);
		assert_reads(&picture, " 6");
	}
}

/* A digit that touches the box around it. */
static void test_a_touched_box(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct raster picture = paper(150, 150);

		put_ink(&picture, 20, 20, 110, 3);
		put_ink(&picture, 20, 127, 110, 3);
		put_ink(&picture, 20, 20, 3, 110);
		put_ink(&picture, 127, 20, 3, 110);
		put_image(&picture, 4, 40, turn ? 55 : 60, 3);
		assert_reads(&picture, " 4");
	}
}

/* A picture that is one digit, to its very edge. */
static void test_cut_to_the_edge(void **state)
{
	static const char *const seven[] = {"##########", "##########", "........##", ".......##.",
										"......###.", "......##..", ".....###..", ".....##...",
										"....###...", "....##....", "...###....", "...##.....",
										"...##.....", "..###.....", NULL};
	struct raster picture = paper(60, 84);

	(void)state;
	put_rows(&picture, seven, 0, 0, 6);
	assert_reads(&picture, " 7");
}

static void test_extreme_shapes(void **state)
{
	(void)state;
	for (int upright = 0; upright < 2; upright++) {
		struct raster picture = upright ? paper(1, 65536) : paper(65536, 1);
		struct digits digits;

		put_ink(&picture, upright ? 0 : 30000, upright ? 30000 : 0, upright ? 1 : 9,
				upright ? 9 : 1);
		if (!digits_find(&picture, NULL, &digits, &error))
			digits_free(&digits);
		raster_free(&picture);
	}
}

/* Two straight bars are 11, not a frame and what is in it. */
static void test_two_bars(void **state)
{
	(void)state;
	for (int side = 60; side <= 300; side += 60) {
		struct raster picture = paper(side, side);
		put_ink(&picture, side / 3, side / 5, side / 12, side * 3 / 5);
		put_ink(&picture, side * 3 / 5, side / 5, side / 12, side * 3 / 5);
		assert_reads(&picture, " 11");
	}
}

/* More digits than are looked at are refused, rather than some of them left out. */
static void test_too_many(void **state)
{
	struct raster picture = paper(900, 900);
	struct digits digits;

	(void)state;
	for (int i = 0; i < 81; i++)
		put_image(&picture, 8, 20 + i % 9 * 95, 20 + i / 9 * 95, 2);
	assert_int_equal(digits_find(&picture, NULL, &digits, &error), -1);
	assert_string_equal(error.text, "more than 63 digits; cut the picture into parts");
	assert_null(digits.all);
	raster_free(&picture);
}

static float always(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	(void)context;
	(void)pixels;
	return 0.9f;
}

/* A digit in a box that it touches, on ruled paper: each way of looking is taken. */
static void test_memory(void **state)
{
	const struct digit_judge judge = {always, NULL};
	struct raster picture = paper(90, 100);
	struct digits digits;
	int status = -1;

	(void)state;
	if (!allocations_watched())
		skip();
	put_ink(&picture, 0, 50, 90, 1);
	put_ink(&picture, 10, 10, 70, 3);
	put_ink(&picture, 10, 88, 70, 3);
	put_ink(&picture, 10, 10, 3, 81);
	put_ink(&picture, 77, 10, 3, 81);
	put_image(&picture, 8, 16, 20, 2);
	for (int number = 1; status; number += 1 + number / 8) {
		allocations_fail_at(number);
		status = digits_find(&picture, &judge, &digits, &error);
		assert_true((allocations_count() < number) == !status);
		allocations_fail_at(0);
		assert_true(!status || strstr(error.text, "not enough memory"));
	}
	digits_free(&digits);
	raster_free(&picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_papers),
		cmocka_unit_test(test_mnist_passes),
		cmocka_unit_test(test_no_digit),
		cmocka_unit_test(test_numbers_in_lines),
		cmocka_unit_test(test_wide_gaps),
		cmocka_unit_test(test_half_size),
		cmocka_unit_test(test_joined_by_a_hair),
		cmocka_unit_test(test_tilted_lines),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_light_on_dark_is_the_same),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_a_bar_apart),
		cmocka_unit_test(test_a_stroke_apart),
		cmocka_unit_test(test_a_long_stem),
		cmocka_unit_test(test_cut_to_the_edge),
		cmocka_unit_test(test_a_touched_box),
		cmocka_unit_test(test_extreme_shapes),
		cmocka_unit_test(test_two_bars),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
