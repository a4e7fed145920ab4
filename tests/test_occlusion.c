/* Occlusion of a network that looks at one pixel. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/recognize.h"

#define EYE_Y 10
#define EYE_X 27 /* at the border */

static struct engine engine;
static struct error error;

static int setup(void **state)
{
	(void)state;
	return engine_open(&engine, "auto", 1, &error);
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&engine);
	return 0;
}

/* Logit 4 is 2 × the pixel, the others are 0: its probability is e^2p / (e^2p + 9), at
 * temperature T e^(2p / T) and so on. */
static double expected(double pixel, double temperature)
{
	const double e = exp(2 * pixel / temperature);

	return e / (e + 9);
}

static void check(int batch_size, int size, uint8_t fill, double temperature)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};
	uint8_t pixels[DATASET_PIXELS];
	double map[DATASET_PIXELS];
	struct network network;

	memset(pixels, 100, sizeof pixels);
	pixels[EYE_Y * DATASET_SIDE + EYE_X] = 200;
	assert_int_equal(network_build(&network, "flatten dense:10 softmax", input, &error), 0);
	memset(network.values, 0, network.value_count * sizeof(float));
	network.params[0]->value[4 * DATASET_PIXELS + EYE_Y * DATASET_SIDE + EYE_X] = 2;
	struct executor *executor =
		executor_open(&network, &engine, batch_size, EXECUTOR_PREDICT, &error);
	assert_non_null(executor);
	occlusion_map(executor, temperature, pixels, 4, size, fill, map);
	executor_close(executor);
	network_free(&network);
	for (int y = 0; y < DATASET_SIDE; y++)
		for (int x = 0; x < DATASET_SIDE; x++) {
			int far = abs(y - EYE_Y) > abs(x - EYE_X) ? abs(y - EYE_Y) : abs(x - EYE_X);
			double pixel = 2 * far + 1 <= size ? fill : 200;
			double probability = expected(pixel / 255, temperature);
			assert_true(fabs(map[y * DATASET_SIDE + x] - probability) < 1e-6);
		}
}

static void a_patch_covers_what_is_near(void **state)
{
	(void)state;
	for (int size = 1; size <= 7; size += 2) {
		check(1, size, 0, 1);
		check(100, size, 255, 1);
		check(784, size, 30, 1);
		check(28, size, 0, 2.5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_patch_covers_what_is_near)};

	return cmocka_run_group_tests_name("occlusion", tests, setup, teardown);
}
