/* Batch normalization: by hand, against PyTorch, alone and in a network; its running means; and
 * that neither threads nor the cut of a batch show. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"
#include "training.h"

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

static void set_params(struct probe *probe, float weight, float bias, float mean, float var)
{
	const float values[] = {weight, bias, mean, var};

	for (int i = 0; i < 4; i++)
		for (size_t c = 0; c < probe->layer.params[i].count; c++)
			probe->layer.params[i].value[c] = values[i];
}

/* One feature: 1, 3, 5, 7 have the mean 4, the variance 5 and, divided by 3, the variance 20/3. */
static void test_by_hand(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float x[] = {1, 3, 5, 7}, dy[] = {1, 0, 0, 0};
	const double scale = 2 / sqrt(5 + 1e-5), h = 1 / sqrt(5 + 1e-5);
	const double y[] = {1 - 3 * scale, 1 - scale, 1 + scale, 1 + 3 * scale};
	double dx[4];

	/* dy is 1 for the first, its mean 1/4; the mean of dy × x̂ is -3h / 4. */
	for (int i = 0; i < 4; i++)
		dx[i] = scale * (dy[i] - 0.25 - (x[i] - 4) * h * (-3 * h / 4));
	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct probe probe;
		probe_open(&probe, "batchnorm", 1, (struct shape){1, 1, 1, true}, 4, kernels);
		set_params(&probe, 2, 1, 10, 3);
		memcpy(probe.x, x, sizeof x);
		memcpy(probe.dy, dy, sizeof dy);
		probe_forward(&probe);
		check_close("y", 4, probe.y, y, 1e-6);
		check_close("running mean", 1, probe.layer.params[RUNNING_MEAN].value,
					(double[]){0.9 * 10 + 0.1 * 4}, 1e-6);
		check_close("running var", 1, probe.layer.params[RUNNING_VAR].value,
					(double[]){0.9 * 3 + 0.1 * 20 / 3}, 1e-6);
		probe_backward(&probe, true);
		check_close("dx", 4, probe.dx, dx, 1e-6);
		check_close("dweight", 1, probe.grads[WEIGHT], (double[]){-3 * h}, 1e-6);
		check_close("dbias", 1, probe.grads[BIAS], (double[]){1}, 1e-6);
		probe.pass.training = false;
		set_params(&probe, 2, 1, 5, 4 - 1e-5f);
		probe_forward(&probe);
		check_close("inference", 4, probe.y, (double[]){-3, -1, 1, 3}, 1e-6);
		probe_close(&probe);
	}
}

/* A mean of 1000 and a deviation of 1: squares of the numbers themselves would be of no use. */
static void test_far_from_zero(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct shape shape = {28, 28, 3, false};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct probe probe;
		probe_open(&probe, "batchnorm", 1, shape, 6, kernels);
		const size_t count = probe.in_count;
		float *x = random_floats(1, count);
		double mean[3], var[3], weight[] = {1, 1, 1}, bias[] = {0, 0, 0};
		set_params(&probe, 1, 0, 0, 1);
		for (size_t j = 0; j < count; j++)
			probe.x[j] = 1000 + x[j];
		double *wide = widen(count, probe.x), *y = doubles(count);
		oracle_batchnorm(3, (int)count / 3, true, wide, weight, bias, mean, var, y);
		probe_forward(&probe);
		check_close("y", count, probe.y, y, 1e-4); /* the mean itself is rounded to 3e-5 */
		for (int c = 0; c < 3; c++)
			var[c] = 0.9 + 0.1 * var[c] * (double)count / (double)(count - 3);
		check_close("running var", 3, probe.layer.params[RUNNING_VAR].value, var, 1e-6);
		free(y);
		free(wide);
		free(x);
		probe_close(&probe);
	}
}

/* A batch of one number says nothing of the variance, which PyTorch refuses: the output is the
 * bias, nothing is learned but that, and the running variance stays as it is. */
static void test_one_number(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct probe probe;
		probe_open(&probe, "batchnorm", 1, (struct shape){1, 1, 5, true}, 1, kernels);
		set_params(&probe, 2, 0.5f, 1, 3);
		for (int c = 0; c < 5; c++) {
			probe.x[c] = (float)c / 7;
			probe.dy[c] = (float)c - 2.5f;
		}
		probe_forward(&probe);
		probe_backward(&probe, true);
		for (int c = 0; c < 5; c++) {
			assert_true(probe.y[c] == 0.5f);
			assert_true(probe.dx[c] == 0);
			assert_true(probe.grads[WEIGHT][c] == 0);
			assert_true(probe.grads[BIAS][c] == probe.dy[c]);
			assert_true(fabsf(probe.layer.params[RUNNING_MEAN].value[c] -
							  (0.9f + 0.1f * probe.x[c])) < 1e-6f);
			assert_true(probe.layer.params[RUNNING_VAR].value[c] == 3);
		}
		probe_close(&probe);
	}
}

static const char *const param_rows[] = {"weight", "bias", "running_mean", "running_var"};

static void read_x(struct fixture *fixture, struct probe *probe)
{
	float *x = fixture_floats(fixture, "x", probe->in_count);

	memcpy(probe->x, x, probe->in_count * sizeof *x);
	free(x);
}

static void check_row(struct fixture *fixture, const char *name, size_t count, const float *actual)
{
	double *expected = fixture_doubles(fixture, name, count);

	check_close(name, count, actual, expected, 1e-5);
	free(expected);
}

static void fixture_case(struct fixture *fixture, const int *numbers, const struct kernels *kernels)
{
	const struct shape in = {numbers[1], numbers[2], numbers[3], numbers[4]};
	struct probe probe;

	probe_open(&probe, "batchnorm", 0, in, numbers[0], kernels);
	struct param *params = probe.layer.params;
	for (int i = 0; i < 4; i++) {
		float *values = fixture_floats(fixture, param_rows[i], params[i].count);
		memcpy(params[i].value, values, params[i].count * sizeof *values);
		free(values);
	}
	for (int step = 0; step < 2; step++) {
		read_x(fixture, &probe);
		probe_forward(&probe);
		check_row(fixture, "y", probe.out_count, probe.y);
	}
	float *dy = fixture_floats(fixture, "dy", probe.out_count);
	memcpy(probe.dy, dy, probe.out_count * sizeof *dy);
	free(dy);
	probe_backward(&probe, true);
	check_row(fixture, "dx", probe.in_count, probe.dx);
	check_row(fixture, "dweight", params[WEIGHT].count, probe.grads[WEIGHT]);
	check_row(fixture, "dbias", params[BIAS].count, probe.grads[BIAS]);
	check_row(fixture, "running_mean", params[RUNNING_MEAN].count, params[RUNNING_MEAN].value);
	check_row(fixture, "running_var", params[RUNNING_VAR].count, params[RUNNING_VAR].value);
	probe.pass.training = false;
	probe_forward(&probe);
	check_row(fixture, "inference", probe.out_count, probe.y);
	probe_close(&probe);
}

static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		int cases = 0;
		fixture_open(&fixture, "batchnorm.txt");
		for (; fixture_has(&fixture, "case"); cases++) {
			int numbers[5];
			fixture_integers(&fixture, "case", 5, numbers);
			fixture_case(&fixture, numbers, kernels);
		}
		assert_int_equal(cases, 8);
		fixture_close(&fixture);
	}
}

/* ---- in a network ---- */

/* Plain gradient descent. */
static void descend(const void *context, const struct param *param, const float *grads,
					size_t first, size_t count)
{
	float *values = ((const struct network *)context)->values;

	(void)param;
	for (size_t i = first; i < first + count; i++)
		values[i] -= 0.03f * grads[i];
}

static struct loss_sum descent_step(struct training *training, const struct digits *digits,
									int first, int n)
{
	const struct batch batch = {.n = n,
								.load = digits_load,
								.context = digits->images[first],
								.labels = digits->labels + first};
	const struct update update = {descend, &training->network};

	return executor_train(training->executor, &batch, 1, ++training->step, &update);
}

static void network_case(const struct kernels *kernels, const struct digits *digits)
{
	struct fixture fixture;
	struct training training;
	struct network *network = &training.network;
	const int first[] = {0, 16, 32, 48, 57};
	int numbers[3];

	fixture_open(&fixture, "batchnorm-network.txt");
	fixture_integers(&fixture, "case", 3, numbers);
	training_open(&training,
				  "batchnorm conv:4,3,2 batchnorm relu conv:6,3 batchnorm relu maxpool:2 "
				  "flatten batchnorm dense:16 batchnorm batchnorm relu dense:10 softmax",
				  numbers[0], kernels, 2);
	for (int i = 0; i < network->param_count; i++) {
		float *values =
			fixture_floats(&fixture, network->params[i]->name, network->params[i]->count);
		param_from_file(network->params[i], values, network->params[i]->value);
		free(values);
	}
	executor_prepare(training.executor);
	for (int step = 0; step < numbers[1]; step++) {
		int n = step == numbers[1] - 1 ? numbers[2] : numbers[0];
		float loss = (float)(descent_step(&training, digits, first[step], n).loss / n);
		check_row(&fixture, "loss", 1, &loss);
	}
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		float *found = floats(param->count);
		double *expected = fixture_doubles(&fixture, param->name, param->count);
		param_to_file(param, param->value, found);
		check_close(param->name, param->count, found, expected, 3e-5);
		free(expected);
		free(found);
	}
	const struct batch batch = {.n = numbers[0], .load = digits_load, .context = digits->images[0]};
	check_row(&fixture, "logits", (size_t)numbers[0] * 10,
			  executor_predict(training.executor, &batch));
	training_close(&training);
	fixture_close(&fixture);
}

static void test_network_against_pytorch(void **state)
{
	(void)state;
	struct digits *digits = digits_read();

	for (size_t i = 0; oracle_table(i); i++)
		network_case(oracle_table(i), digits);
	free(digits);
}

static const char spec[] =
	"conv:5,3,2 batchnorm relu batchnorm conv:4,3 maxpool:2 batchnorm tanh "
	"flatten batchnorm dense:9 batchnorm relu dropout:0.5 dense:10 batchnorm "
	"softmax";

static void train_some(struct training *training, const struct digits *digits, int n, int room,
					   int threads)
{
	training_open(training, spec, room, kernels_available(0), threads);
	training_init(training, 1);
	for (int step = 0; step < 3; step++)
		descent_step(training, digits, 0, n - (step == 2 && n > 1));
}

/* One sample, less than a chunk each, whole chunks, and a last batch that is one short. */
static void test_threads(void **state)
{
	(void)state;
	const int batches[] = {1, 2, 7, 64}, threads[] = {2, 3, 8};
	struct digits *digits = digits_read();

	for (int i = 0; i < 4; i++) {
		struct training one, several;
		train_some(&one, digits, batches[i], batches[i], 1);
		const size_t count = one.network.value_count;
		for (int j = 0; j < 3; j++) {
			train_some(&several, digits, batches[i], 64, threads[j]);
			check_equal("values", count, several.network.values, one.network.values);
			check_equal("gradients", count, several.executor->grads, one.executor->grads);
			training_close(&several);
		}
		for (size_t j = 0; j < count; j++)
			assert_true(isfinite(one.network.values[j]));
		training_close(&one);
	}
	free(digits);
}

/* Who asked for an update of what. */
struct record {
	const struct network *network;
	unsigned char *times;
};

static void count_updates(const void *context, const struct param *param, const float *grads,
						  size_t first, size_t count)
{
	const struct record *record = context;
	size_t begin = (size_t)(param->value - record->network->values);

	(void)grads;
	assert_true(first >= begin && first + count <= begin + param->count);
	for (size_t i = first; i < first + count; i++)
		record->times[i]++;
}

/* Every number that is trained is updated once in a step, and no other; nor has that a gradient. */
static void test_what_is_trained(void **state)
{
	(void)state;
	struct digits *digits = digits_read();
	struct training training;
	struct network *network = &training.network;

	training_open(&training, spec, 16, kernels_available(0), 3);
	training_init(&training, 1);
	struct record record = {network, calloc(network->value_count, 1)};
	assert_non_null(record.times);
	const struct batch batch = {
		.n = 16, .load = digits_load, .context = digits->images[0], .labels = digits->labels};
	const struct update update = {count_updates, &record};
	executor_train(training.executor, &batch, 1, 1, &update);
	size_t trained = 0;
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		const size_t at = (size_t)(param->value - network->values);
		assert_true(param->trained == !strstr(param->name, "running"));
		for (size_t j = 0; j < param->count; j++) {
			assert_int_equal(record.times[at + j], param->trained);
			assert_true(param->trained || training.executor->grads[at + j] == 0);
		}
		trained += param->trained ? param->count : 0;
	}
	assert_int_equal(network->weight_count, trained);
	free(record.times);
	training_close(&training);
	free(digits);
}

/* A prediction depends neither on its batch nor on whether the executor can train. */
static void test_prediction(void **state)
{
	(void)state;
	struct digits *digits = digits_read();
	struct training training;
	float logits[20 * 10];

	train_some(&training, digits, 20, 20, 2);
	struct batch batch = {.n = 20, .load = digits_load, .context = digits->images[0]};
	memcpy(logits, executor_predict(training.executor, &batch), sizeof logits);
	struct executor *other =
		test_executor_open(&training.network, &training.engine, 3, EXECUTOR_PREDICT);
	for (batch.n = 1; batch.n <= 3; batch.n++)
		for (int first = 0; first < 18; first += batch.n) {
			batch.context = digits->images[first];
			check_equal("logits", (size_t)batch.n * 10, executor_predict(other, &batch),
						logits + (size_t)first * 10);
		}
	executor_close(other);
	training_close(&training);
	free(digits);
}

static void test_layer(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "batchnorm", 4, (struct shape){3, 2, 5, false}, 2, &kernels_reference);
	assert_int_equal(probe.layer.param_count, 4);
	assert_int_equal(probe.layer.params[0].count, 5);
	probe.layer.kind->init(&probe.layer, (struct rng){0});
	for (int i = 0; i < 4; i++) {
		char name[PARAM_NAME];
		snprintf(name, sizeof name, "4.%s", param_rows[i]);
		assert_string_equal(probe.layer.params[i].name, name);
		for (int c = 0; c < 5; c++)
			assert_true(probe.layer.params[i].value[c] == (float)(i == WEIGHT || i == RUNNING_VAR));
	}
	probe_forward(&probe);
	probe_backward(&probe, false);
	probe_close(&probe);
	/* A flattened image has a number for each of its pixels. */
	probe_open(&probe, "batchnorm", 4, (struct shape){3, 2, 5, true}, 2, &kernels_reference);
	assert_int_equal(probe.layer.params[0].count, 30);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_far_from_zero),
		cmocka_unit_test(test_one_number),
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_network_against_pytorch),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_what_is_trained),
		cmocka_unit_test(test_prediction),
		cmocka_unit_test(test_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
