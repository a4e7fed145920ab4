/* Temperatures of networks whose best one is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/evaluate.h"
#include "mnist.h"

#define IMAGES 1000

/* Images of whose logits one, number i mod 10, is `scale`, and the others are 0; one image in `odd`
 * has another label than that logit says. */
static double temperature_of(float scale, size_t odd)
{
	static float logits[IMAGES][MNIST_CLASSES];
	static uint16_t labels[IMAGES];
	static uint32_t indices[IMAGES];

	memset(logits, 0, sizeof logits);
	for (size_t i = 0; i < IMAGES; i++) {
		const size_t image = IMAGES - 1 - i;
		logits[i][image % 10] = scale;
		labels[image] = (uint16_t)((image + (odd && image % odd == 0)) % 10);
		indices[i] = (uint32_t)image;
	}
	const struct dataset dataset = {.count = IMAGES, .labels = labels};
	return calibrate(logits[0], MNIST_CLASSES, &dataset, indices, IMAGES);
}

/* The probability of the likely class, 1 / (1 + 9 exp(-scale / T)), is to be its share, 1 -
 * 1/odd. */
static double expected(double scale, double odd)
{
	return scale / log(9 * (odd - 1));
}

static void test_too_sure(void **state)
{
	(void)state;
	assert_float_equal(temperature_of(20, 100), expected(20, 100), 0.006);
	assert_float_equal(temperature_of(50, 10), expected(50, 10), 0.06);
}

static void test_not_sure_enough(void **state)
{
	(void)state;
	assert_float_equal(temperature_of(2, 100), expected(2, 100), 0.0006);
}

static void test_always_right(void **state)
{
	double temperature = temperature_of(10, 0);

	(void)state;
	/* The surer the better, until floats are sure. */
	assert_true(temperature >= TEMPERATURE_LEAST && temperature < 0.8);
}

static void test_no_number(void **state)
{
	(void)state;
	assert_float_equal(temperature_of(NAN, 100), TEMPERATURE_NONE, 0);
}

static void test_no_images(void **state)
{
	const struct dataset none = {0};

	(void)state;
	assert_float_equal(calibrate(NULL, MNIST_CLASSES, &none, NULL, 0), TEMPERATURE_NONE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_sure),     cmocka_unit_test(test_not_sure_enough),
		cmocka_unit_test(test_always_right), cmocka_unit_test(test_no_number),
		cmocka_unit_test(test_no_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
