/* Temperatures of networks whose best one is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/calibrate.h"

#define IMAGES 1000

static struct engine engine;
static struct error error;

static int setup(void **state)
{
	(void)state;
	return engine_open(&engine, "auto", 2, &error);
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&engine);
	return 0;
}

/* A network whose logit k is `scale` where pixel k is white, else 0; and images of which one in
 * `odd` has another label than that pixel says. */
static double temperature_of(float scale, size_t odd)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};
	struct network network;
	uint8_t *images = calloc(IMAGES, DATASET_PIXELS), labels[IMAGES];
	uint32_t indices[IMAGES];
	double temperature;

	assert_int_equal(network_build(&network, "flatten dense:10 softmax", input, &error), 0);
	memset(network.values, 0, network.value_count * sizeof(float));
	for (size_t k = 0; k < 10; k++)
		network.params[0]->value[k * DATASET_PIXELS + k] = scale;
	struct executor *executor = executor_open(&network, &engine, 64, EXECUTOR_PREDICT, &error);
	assert_non_null(executor);
	for (size_t i = 0; i < IMAGES; i++) {
		images[i * DATASET_PIXELS + i % 10] = 255;
		labels[i] = (uint8_t)((i + (odd && i % odd == 0)) % 10);
		indices[i] = (uint32_t)i;
	}
	const struct dataset dataset = {.count = IMAGES, .images = images, .labels = labels};
	assert_int_equal(calibrate(executor, &dataset, indices, IMAGES, &temperature, &error), 0);
	executor_close(executor);
	network_free(&network);
	free(images);
	return temperature;
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
	const struct shape input = {.h = 28, .w = 28, .c = 1};
	struct network network;
	double temperature = 0;

	(void)state;
	assert_int_equal(network_build(&network, "flatten dense:10 softmax", input, &error), 0);
	struct executor *executor = executor_open(&network, &engine, 1, EXECUTOR_PREDICT, &error);
	assert_non_null(executor);
	assert_int_equal(calibrate(executor, &none, NULL, 0, &temperature, &error), 0);
	executor_close(executor);
	network_free(&network);
	assert_float_equal(temperature, TEMPERATURE_NONE, 0);
}

static void test_softmax(void **state)
{
	const float logits[] = {2, 0, 4};
	const double sum = exp(1) + exp(0) + exp(2);
	float probabilities[3];

	(void)state;
	calibrated_softmax(3, logits, 2, probabilities);
	for (int i = 0; i < 3; i++)
		assert_float_equal(probabilities[i], (float)(exp((double)logits[i] / 2) / sum), 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_sure),     cmocka_unit_test(test_not_sure_enough),
		cmocka_unit_test(test_always_right), cmocka_unit_test(test_no_number),
		cmocka_unit_test(test_no_images),    cmocka_unit_test(test_softmax),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
