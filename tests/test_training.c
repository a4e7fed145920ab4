/* Network, loss and Adam together: five steps against PyTorch's from the same weights, a batch
 * learned by heart, and no memory asked for on the way. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "training.h"

/* Weights come in PyTorch's order and cross as a model file's do. */
static void read_weights(struct fixture *fixture, struct training *training)
{
	const struct network *network = &training->network;

	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		float *values = fixture_floats(fixture, param->name, param->count);
		param_from_file(param, values, param->value);
		free(values);
	}
	executor_prepare(training->executor);
}

/* Compare values or gradients with the rows called <prefix><name>. */
static void check_rows(struct fixture *fixture, const struct training *training, bool of_gradients,
					   double tolerance)
{
	const struct network *network = &training->network;

	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		char name[PARAM_NAME + 1];
		snprintf(name, sizeof name, "%s%s", of_gradients ? "d" : "", param->name);
		double *expected = fixture_doubles(fixture, name, param->count);
		float *found = floats(param->count);
		param_to_file(param,
					  of_gradients ? training->executor->grads + (param->value - network->values)
								   : param->value,
					  found);
		check_close(name, param->count, found, expected, tolerance);
		free(found);
		free(expected);
	}
}

static void check_step(struct fixture *fixture, struct training *training,
					   const struct digits *digits, int step)
{
	const int first = training->n * (step % 2);

	if (step == 0) {
		training_step(training, digits, first, 0);
		check_rows(fixture, training, true, 1e-5);
	}
	const struct loss_sum sum = training_step(training, digits, first, 1e-3f);
	const float loss = (float)(sum.loss / training->n);
	double *expected = fixture_doubles(fixture, "loss", 1);
	check_close("loss", 1, &loss, expected, 2e-6);
	free(expected);
}

static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;
	struct digits *digits = digits_read();

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		struct training training;
		int numbers[2];
		fixture_open(&fixture, "network.txt");
		fixture_integers(&fixture, "case", 2, numbers);
		training_open(&training,
					  "conv:4,3 relu maxpool:2 conv:6,3,same relu maxpool:3,2 flatten "
					  "dense:16 relu dense:10 softmax",
					  numbers[0], kernels, 2);
		read_weights(&fixture, &training);
		const struct batch batch = {
			.n = numbers[0], .load = digits_load, .context = digits->images[0]};
		double *logits = fixture_doubles(&fixture, "logits", (size_t)numbers[0] * 10);
		check_close("logits", (size_t)numbers[0] * 10, executor_predict(training.executor, &batch),
					logits, 2e-6);
		for (int step = 0; step < numbers[1]; step++)
			check_step(&fixture, &training, digits, step);
		/* Five steps move a weight by 5e-3 at most; the largest are about 0.5. */
		check_rows(&fixture, &training, false, 2e-5);
		free(logits);
		training_close(&training);
		fixture_close(&fixture);
	}
	free(digits);
}

static void test_learned_by_heart(void **state)
{
	(void)state;
	const struct kernels *kernels;
	struct digits *digits = digits_read();

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct training training;
		struct loss_sum sum = {0};
		int steps = 0;
		training_open(&training, "conv:8,3,2 relu maxpool:2 flatten dense:32 relu dense:10 softmax",
					  DIGITS, kernels, 2);
		training_init(&training, 1);
		do {
			sum = training_step(&training, digits, 0, 0.01f);
		} while (++steps < 200 && sum.loss / DIGITS >= 0.01);
		assert_true(sum.loss / DIGITS < 0.01);
		assert_int_equal(sum.correct, DIGITS);
		training_close(&training);
	}
	free(digits);
}

/* The same start and the same steps give the same bits. */
static void test_repeats(void **state)
{
	(void)state;
	const char *spec = "conv:4,3,2 relu maxpool:2 dropout:0.3 flatten dense:16 relu dropout:0.5 "
					   "dense:10 softmax";
	struct digits *digits = digits_read();
	struct training training[2];

	for (int i = 0; i < 2; i++) {
		training_open(&training[i], spec, 16, kernels_available(0), 2);
		training_init(&training[i], 7);
		for (int step = 0; step < 4; step++)
			training_step(&training[i], digits, 16 * step, 1e-3f);
	}
	check_equal("weights", training[0].network.value_count, training[0].network.values,
				training[1].network.values);
	training_close(&training[1]);
	training_close(&training[0]);
	free(digits);
}

static void test_nothing_allocated(void **state)
{
	(void)state;
	struct training training;
	struct digits *digits = digits_read();

	if (!allocations_watched()) {
		free(digits);
		skip();
	}
	allocations_fail_at(0);
	training_open(&training,
				  "conv:4,3,same batchnorm relu maxpool:2 dropout:0.5 flatten dense:16 tanh "
				  "dense:10 softmax",
				  16, kernels_available(0), 2);
	training_init(&training, 1);
	assert_true(allocations_count() > 0);
	allocations_fail_at(0);
	for (int step = 0; step < 3; step++)
		training_step(&training, digits, 16 * step, 1e-3f);
	assert_int_equal(allocations_count(), 0);
	training_close(&training);
	free(digits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_learned_by_heart),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_nothing_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
