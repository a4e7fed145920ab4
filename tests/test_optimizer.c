/* Optimizers: the first step by hand, several against PyTorch's, many against the definition in
 * double precision, and what decays. */
#include "oracle.h"

#include <math.h>
#include <string.h>

#include "nn/optimizer.h"
#include "probe.h"

static const struct optimizer_settings adam = {
	.kind = OPTIMIZER_ADAM, .beta1 = ADAM_BETA1, .beta2 = ADAM_BETA2};
static const struct optimizer_settings sgd = {.kind = OPTIMIZER_SGD, .momentum = SGD_MOMENTUM};

static void open(struct optimizer *optimizer, const struct optimizer_settings *settings,
				 size_t count)
{
	struct error error;

	assert_int_equal(optimizer_open(optimizer, settings, count, &error), 0);
	assert_int_equal((uintptr_t)optimizer->state % 64, 0); /* a cache line, or it is slow */
}

/* One step, in two parts. */
static void take_step(struct optimizer *optimizer, const struct kernels *kernels,
					  float learning_rate, const float *grad, float *value)
{
	size_t part = optimizer->count / 3;

	optimizer_begin(optimizer, learning_rate);
	optimizer_apply(optimizer, kernels, part, optimizer->count - part, true, grad, value);
	optimizer_apply(optimizer, kernels, 0, part, true, grad, value);
}

/* The first step is the learning rate, whatever the gradient's size, against its sign; where the
 * gradient is as small as epsilon, it is half of that. */
static void test_first_step_of_adam(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float grad[] = {1e-3f, -1e6f, 0, 1e-8f};
	const double expected[] = {0.99, 1.01, 1, 0.995};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct optimizer optimizer;
		float value[] = {1, 1, 1, 1};
		open(&optimizer, &adam, 4);
		take_step(&optimizer, kernels, 0.01f, grad, value);
		check_close("value", 4, value, expected, 1e-6);
		assert_true(value[2] == 1);
		optimizer_close(&optimizer);
	}
}

/* Velocities 4, then 4/2 + 0, then 2/2 - 1; steps of an eighth of that. */
static void test_steps_of_sgd(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct optimizer_settings half = {.kind = OPTIMIZER_SGD, .momentum = 0.5f};
	const float grads[] = {4, 0, -1}, expected[] = {9.5f, 9.25f, 9.25f};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct optimizer optimizer;
		float value = 10;
		open(&optimizer, &half, 1);
		for (int step = 0; step < 3; step++) {
			take_step(&optimizer, kernels, 0.125f, &grads[step], &value);
			assert_true(value == expected[step]);
		}
		optimizer_close(&optimizer);
	}
}

/* A quarter of each weight, at a learning rate of a half and a decay of a half; where the gradient
 * is 0, nothing else happens. */
static void test_decay_by_hand(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct optimizer_settings settings[] = {{OPTIMIZER_ADAM, ADAM_BETA1, ADAM_BETA2, 0, 0.5f},
												  {OPTIMIZER_SGD, 0, 0, 0.9f, 0.5f}};
	const float grad[] = {0, 0, 0}, expected[] = {8, 3, -6};

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (int j = 0; j < 2; j++) {
			struct optimizer optimizer;
			float value[] = {8, 4, -8};
			open(&optimizer, &settings[j], 3);
			optimizer_begin(&optimizer, 0.5f);
			optimizer_apply(&optimizer, kernels, 0, 1, false, grad, value);
			optimizer_apply(&optimizer, kernels, 1, 2, true, grad, value);
			check_equal("value", 3, value, expected);
			optimizer_close(&optimizer);
		}
}

static void fixture_case(struct fixture *fixture, const int *numbers, const struct kernels *kernels)
{
	const size_t count = (size_t)numbers[1];
	float *settings = fixture_floats(fixture, "settings", 5);
	float *value = fixture_floats(fixture, "start", count);
	struct optimizer optimizer;

	open(&optimizer,
		 &(struct optimizer_settings){(enum optimizer_kind)numbers[0], settings[1], settings[2],
									  settings[3], settings[4]},
		 count);
	for (int step = 0; step < numbers[2]; step++) {
		float *gradient = fixture_floats(fixture, "gradient", count);
		double *expected = fixture_doubles(fixture, "value", count);
		take_step(&optimizer, kernels, settings[0], gradient, value);
		for (size_t j = 0; j < count; j++)
			check_close("value", 1, &value[j], &expected[j], 2e-6);
		free(expected);
		free(gradient);
	}
	optimizer_close(&optimizer);
	free(value);
	free(settings);
}

/* Each number to a millionth of its own size: for Adam gradients from 1e-12 to 1e15, most values
 * from 0, so that they are the sums of the steps. */
static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		int cases = 0;
		fixture_open(&fixture, "optimizer.txt");
		for (; fixture_has(&fixture, "case"); cases++) {
			int numbers[3];
			fixture_integers(&fixture, "case", 3, numbers);
			fixture_case(&fixture, numbers, kernels);
		}
		assert_int_equal(cases, 5);
		fixture_close(&fixture);
	}
}

/* The definition, in double precision, after 100 steps; counts around the width of vectors. */
static void test_many_steps(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct optimizer_settings settings = {
		.kind = OPTIMIZER_ADAM, .beta1 = 0.5f, .beta2 = 0.75f, .weight_decay = 0.0625f};

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (size_t count = 1; count < 40; count += 2) {
			struct optimizer optimizer;
			float *value = floats(count);
			double *expected = doubles(count);
			double *m = doubles(count);
			double *v = doubles(count);
			open(&optimizer, &settings, count);
			for (int step = 1; step <= 100; step++) {
				float *gradient = random_floats((uint64_t)step, count);
				take_step(&optimizer, kernels, 0.25f, gradient, value);
				for (size_t j = 0; j < count; j++) {
					m[j] = 0.5 * m[j] + 0.5 * gradient[j];
					v[j] = 0.75 * v[j] + 0.25 * gradient[j] * gradient[j];
					expected[j] -= 0.25 * 0.0625 * expected[j];
					expected[j] -= 0.25 * (m[j] / (1 - pow(0.5, step))) /
								   (sqrt(v[j] / (1 - pow(0.75, step))) + 1e-8);
				}
				free(gradient);
			}
			check_close("value", count, value, expected, 1e-5);
			optimizer_close(&optimizer);
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
	const struct optimizer_settings *const settings[] = {&adam, &sgd};

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (int j = 0; j < 2; j++) {
			struct optimizer optimizer;
			const float gradient[] = {1, 0, 0, 2};
			float value[] = {5, 0, 0, 5};
			open(&optimizer, settings[j], 4);
			for (int step = 0; step < 10; step++)
				take_step(&optimizer, kernels, 0.1f, gradient, value);
			assert_true(value[1] == 0 && value[2] == 0 && value[0] < 5);
			optimizer_close(&optimizer);
		}
}

/* The numbers that follow from the steps taken are those of an optimizer that has taken them, to
 * the bit, also where the powers have come to their end. */
static void test_resume(void **state)
{
	static const uint64_t steps[] = {0, 1, 17, 1000, 20000, 2000000};
	struct optimizer taken, resumed;
	uint64_t done = 0;

	(void)state;
	open(&taken, &adam, 1);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		for (; done < steps[i]; done++)
			optimizer_begin(&taken, 0.01f);
		open(&resumed, &adam, 1);
		optimizer_resume(&resumed, done);
		assert_true(resumed.beta1_power == taken.beta1_power);
		assert_true(resumed.beta2_power == taken.beta2_power);
		optimizer_close(&resumed);
	}
	optimizer_close(&taken);
}

static void test_close_of_zeroed(void **state)
{
	(void)state;
	struct optimizer optimizer = {0};

	optimizer_close(&optimizer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_step_of_adam),
		cmocka_unit_test(test_steps_of_sgd),
		cmocka_unit_test(test_decay_by_hand),
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_many_steps),
		cmocka_unit_test(test_gaps_stay_zero),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_close_of_zeroed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
