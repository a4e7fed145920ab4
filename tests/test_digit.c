/* From pictures of paper to digits: golden pictures, made by fixtures/make-pictures.py from images
 * of MNIST's test set, which are what should come out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/dataset.h"
#include "app/model.h"
#include "base/file.h"
#include "formats/pnm.h"
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
		   dataset_load(&dataset, DATA, DATASET_TEST, &error);
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
	const struct dataset one = {.count = 1, .images = pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};

	return loss_argmax(DATASET_CLASSES, executor_predict(executor, &batch));
}

/* Pearson's. */
static double correlation(const uint8_t *a, const uint8_t *b)
{
	double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0, n = DATASET_PIXELS;

	for (int i = 0; i < DATASET_PIXELS; i++) {
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
		{"edge", 12, 0.8},  {"frame", 13, 0.9},   {"desk", 17, 0.85},  {"stain", 18, 0.9},
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
		double alike = correlation(pixels, dataset.images + (size_t)index * DATASET_PIXELS);
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
	for (int i = 0; i < DATASET_PIXELS; i++)
		samples[i] = pixels[i];
	return (struct raster){DATASET_SIDE, DATASET_SIDE, 255, samples};
}

/* What is in MNIST's form already passes unchanged, nearly always. */
static void test_mnist_passes(void **state)
{
	int changed = 0, right[2] = {0};

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		const uint8_t *image = dataset.images + i * DATASET_PIXELS;
		uint16_t samples[DATASET_PIXELS];
		struct digits digits;
		const struct raster picture = picture_of(image, samples);

		assert_int_equal(digits_find(&picture, NULL, &digits, &error), 0);
		if (memcmp(digits.all->pixels, image, DATASET_PIXELS)) {
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
	const struct raster picture = {100, 80, 255, samples};

	(void)state;
	for (int level = 0; level <= 255; level += 85) {
		for (int i = 0; i < 100 * 80; i++)
			samples[i] = (uint16_t)level;
		assert_int_equal(digits_find(&picture, NULL, &digits, &error), -1);
		assert_non_null(strstr(error.text, "no digit found"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_papers),
		cmocka_unit_test(test_mnist_passes),
		cmocka_unit_test(test_no_digit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
