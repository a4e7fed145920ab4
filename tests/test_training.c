/* Network, loss and Adam together: five steps against PyTorch's from the same weights, a batch
 * learned by heart, and no memory asked for on the way. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "nn/adam.h"
#include "nn/loss.h"
#include "nn/network.h"
#include "probe.h"

enum { DIGITS = 64, PIXELS = 28 * 28 };

/* The first 64 images and labels of MNIST's test set. */
struct digits {
	uint8_t images[DIGITS][PIXELS];
	uint8_t labels[DIGITS];
};

static struct digits *read_digits(void)
{
	struct digits *digits = malloc(sizeof *digits);
	FILE *file = fopen(FIXTURES "/digits.bin", "rb");

	assert_non_null(digits);
	assert_non_null(file);
	assert_int_equal(fread(digits, 1, sizeof *digits, file), sizeof *digits);
	fclose(file);
	assert_int_equal(digits->labels[0], 7);
	return digits;
}

/* A network, its optimizer, and the step that trains them. */
struct training {
	struct engine engine;
	struct network network;
	struct adam adam;
	int n;
	uint64_t step;
};

static void training_open(struct training *training, const char *spec, int batch_size,
						  const struct kernels *kernels)
{
	struct error error;
	const struct shape input = {28, 28, 1, false};

	test_engine_open(&training->engine, kernels, 2);
	if (network_build(&training->network, spec, input, batch_size, true, &training->engine,
					  &error))
		fail_msg("%s: %s", spec, error.text);
	assert_int_equal(adam_open(&training->adam, training->network.value_count, ADAM_BETA1,
							   ADAM_BETA2, &error), 0);
	training->n = batch_size;
	training->step = 0;
}

static void training_close(struct training *training)
{
	adam_close(&training->adam);
	network_free(&training->network);
	engine_close(&training->engine);
}

static void digits_load(const void *context, int first, int n, float *x)
{
	const uint8_t *const *images = context;

	for (int i = 0; i < n * PIXELS; i++)
		x[i] = (float)(*images)[first * PIXELS + i] / 255;
}

static void apply_adam(const void *context, size_t first, size_t count)
{
	const struct training *training = context;

	adam_apply(&training->adam, training->engine.kernels, first, count, training->network.grads,
			   training->network.values);
}

/* Forward and backward on the digits from `first` on, and Adam unless the rate is 0. */
static struct loss_sum train_step(struct training *training, const struct digits *digits, int first,
								  float learning_rate)
{
	const uint8_t *images = digits->images[first];
	const struct batch batch = {training->n, digits_load, &images, digits->labels + first};
	const struct update update = {apply_adam, training};

	if (learning_rate > 0)
		adam_begin(&training->adam, learning_rate);
	return network_train(&training->network, &batch, 1, ++training->step,
						 learning_rate > 0 ? &update : NULL);
}

/* Weights come in PyTorch's order and cross as a model file's do. */
static void read_weights(struct fixture *fixture, const struct network *network)
{
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		float *values = fixture_floats(fixture, param->name, param->count);
		param_from_file(param, values, param->value);
		free(values);
	}
	network_prepare(network);
}

/* Compare values or gradients with the rows called <prefix><name>. */
static void check_rows(struct fixture *fixture, const struct network *network, bool of_gradients,
					   double tolerance)
{
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		char name[PARAM_NAME + 1];
		snprintf(name, sizeof name, "%s%s", of_gradients ? "d" : "", param->name);
		double *expected = fixture_doubles(fixture, name, param->count);
		float *found = floats(param->count);
		param_to_file(param, of_gradients ? param->grad : param->value, found);
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
		train_step(training, digits, first, 0);
		check_rows(fixture, &training->network, true, 1e-5);
	}
	const struct loss_sum sum = train_step(training, digits, first, 1e-3f);
	const float loss = (float)(sum.loss / training->n);
	double *expected = fixture_doubles(fixture, "loss", 1);
	check_close("loss", 1, &loss, expected, 2e-6);
	free(expected);
}

static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;
	struct digits *digits = read_digits();

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		struct training training;
		int numbers[2];
		fixture_open(&fixture, "network.txt");
		fixture_integers(&fixture, "case", 2, numbers);
		training_open(&training, "conv:4,3 relu maxpool:2 conv:6,3,same relu maxpool:3,2 flatten "
								 "dense:16 relu dense:10 softmax", numbers[0], kernels);
		read_weights(&fixture, &training.network);
		const uint8_t *images = digits->images[0];
		const struct batch batch = {numbers[0], digits_load, &images, NULL};
		double *logits = fixture_doubles(&fixture, "logits", (size_t)numbers[0] * 10);
		check_close("logits", (size_t)numbers[0] * 10,
					network_predict(&training.network, &batch), logits, 2e-6);
		for (int step = 0; step < numbers[1]; step++)
			check_step(&fixture, &training, digits, step);
		/* Five steps move a weight by 5e-3 at most; the largest are about 0.5. */
		check_rows(&fixture, &training.network, false, 2e-5);
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
	struct digits *digits = read_digits();

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct training training;
		struct loss_sum sum = {0, 0};
		int steps = 0;
		training_open(&training, "conv:8,3,2 relu maxpool:2 flatten dense:32 relu dense:10 softmax",
					  DIGITS, kernels);
		network_init(&training.network, 1);
		do {
			sum = train_step(&training, digits, 0, 0.01f);
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
	struct digits *digits = read_digits();
	struct training training[2];

	for (int i = 0; i < 2; i++) {
		training_open(&training[i], spec, 16, kernels_available(0));
		network_init(&training[i].network, 7);
		for (int step = 0; step < 4; step++)
			train_step(&training[i], digits, 16 * step, 1e-3f);
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
	struct digits *digits = read_digits();

	if (!allocations_watched()) {
		free(digits);
		skip();
	}
	allocations_fail_at(0);
	training_open(&training, "conv:4,3,same relu maxpool:2 dropout:0.5 flatten dense:16 relu "
							 "dense:10 softmax", 16, kernels_available(0));
	network_init(&training.network, 1);
	assert_true(allocations_count() > 0);
	allocations_fail_at(0);
	for (int step = 0; step < 3; step++)
		train_step(&training, digits, 16 * step, 1e-3f);
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
