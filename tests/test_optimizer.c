/* Adam: the first step by hand, three steps against PyTorch's, the kernel on odd counts. */
#include "oracle.h"

#include <math.h>
#include <string.h>

#include "nn/adam.h"
#include "probe.h"

/* One step, in two parts. */
static void adam_step(struct adam *adam, const struct kernels *kernels, float learning_rate,
					  const float *grad, float *value)
{
	size_t part = adam->count / 3;

	adam_begin(adam, learning_rate);
	adam_apply(adam, kernels, part, adam->count - part, grad, value);
	adam_apply(adam, kernels, 0, part, grad, value);
}

/* The first step is the learning rate, whatever the gradient's size, against its sign; where the
 * gradient is as small as epsilon, it is half of that. */
static void test_first_step(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float grad[] = {1e-3f, -1e6f, 0, 1e-8f};
	const double expected[] = {0.99, 1.01, 1, 0.995};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct adam adam;
		struct error error;
		float value[] = {1, 1, 1, 1};
		assert_int_equal(adam_open(&adam, 4, ADAM_BETA1, ADAM_BETA2, &error), 0);
		adam_step(&adam, kernels, 0.01f, grad, value);
		check_close("value", 4, value, expected, 1e-6);
		assert_true(value[2] == 1);
		adam_close(&adam);
	}
}

/* Each number to a millionth of its own size: gradients from 1e-12 to 1e15, most values from 0,
 * so that they are the sums of the steps. */
static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		struct adam adam;
		struct error error;
		int sizes[2];
		fixture_open(&fixture, "adam.txt");
		fixture_integers(&fixture, "case", 2, sizes);
		const size_t count = (size_t)sizes[0];
		float *value = fixture_floats(&fixture, "start", count);
		assert_int_equal(adam_open(&adam, count, ADAM_BETA1, ADAM_BETA2, &error), 0);
		for (int step = 0; step < sizes[1]; step++) {
			float *gradient = fixture_floats(&fixture, "gradient", count);
			double *expected = fixture_doubles(&fixture, "value", count);
			adam_step(&adam, kernels, 1e-3f, gradient, value);
			for (size_t j = 0; j < count; j++)
				check_close("value", 1, &value[j], &expected[j], 2e-6);
			free(expected);
			free(gradient);
		}
		adam_close(&adam);
		free(value);
		fixture_close(&fixture);
	}
}

/* The definition, in double precision, after 100 steps; counts around the width of vectors. */
static void test_many_steps(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (size_t count = 1; count < 40; count += 2) {
			struct adam adam;
			struct error error;
			float *value = floats(count);
			double *expected = doubles(count);
			double *m = doubles(count);
			double *v = doubles(count);
			assert_int_equal(adam_open(&adam, count, 0.5f, 0.75f, &error), 0);
			for (int step = 1; step <= 100; step++) {
				float *gradient = random_floats((uint64_t)step, count);
				adam_step(&adam, kernels, 0.25f, gradient, value);
				for (size_t j = 0; j < count; j++) {
					m[j] = 0.5 * m[j] + 0.5 * gradient[j];
					v[j] = 0.75 * v[j] + 0.25 * gradient[j] * gradient[j];
					expected[j] -= 0.25 * (m[j] / (1 - pow(0.5, step))) /
								   (sqrt(v[j] / (1 - pow(0.75, step))) + 1e-8);
				}
				free(gradient);
			}
			check_close("value", count, value, expected, 1e-5);
			adam_close(&adam);
			free(v);
			free(m);
			free(expected);
			free(value);
		}
}

/* Gaps between tensors have neither value nor gradient and must stay 0. */
static void test_gaps_stay_zero(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct adam adam;
		struct error error;
		const float gradient[] = {1, 0, 0, 2};
		float value[] = {5, 0, 0, 5};
		assert_int_equal(adam_open(&adam, 4, ADAM_BETA1, ADAM_BETA2, &error), 0);
		for (int step = 0; step < 10; step++)
			adam_step(&adam, kernels, 0.1f, gradient, value);
		assert_true(value[1] == 0 && value[2] == 0);
		adam_close(&adam);
	}
}

static void test_close_of_zeroed(void **state)
{
	(void)state;
	struct adam adam = {0};

	adam_close(&adam);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_step),
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_many_steps),
		cmocka_unit_test(test_gaps_stay_zero),
		cmocka_unit_test(test_close_of_zeroed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
