/* Dense layers: by hand, against PyTorch, and against the formula in double precision. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "probe.h"

/* Two units on three inputs, two samples. */
static void test_by_hand(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float x[] = {1, 2, 3, 4, 5, 6};
	const float weights[] = {1, 10, 100, 0, 1, 0};
	const float bias[] = {0.5f, -1};
	const float dy[] = {1, 0, 2, 10};
	const float y_expected[] = {321.5f, 1, 654.5f, 4};
	/* The sums over both samples. */
	const float dweights_expected[] = {9, 12, 15, 40, 50, 60};
	const float dbias_expected[] = {3, 10};
	const float dx_expected[] = {1, 10, 100, 2, 30, 200};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[4], dx[6];
		float dweights[6], dbias[2];
		call_dense_forward(kernels, 3, 2, 2, x, weights, bias, y);
		call_dense_backward_weights(kernels, 3, 2, 0, 2, 2, x, dy, dweights, dbias);
		call_dense_backward_input(kernels, 3, 2, 2, weights, dy, dx);
		check_equal("y", 4, y, y_expected);
		check_equal("dweights", 6, dweights, dweights_expected);
		check_equal("dbias", 2, dbias, dbias_expected);
		check_equal("dx", 6, dx, dx_expected);
	}
}

static void fixture_case(struct fixture *fixture, const int *numbers, const struct kernels *kernels)
{
	struct probe probe;
	char text[64];

	snprintf(text, sizeof text, "dense:%d", numbers[2]);
	probe_open(&probe, text, 0, (struct shape){1, 1, numbers[1], true}, numbers[0], kernels);
	const struct param *weights = &probe.layer.params[0];
	const struct param *bias = &probe.layer.params[1];
	float *x = fixture_floats(fixture, "x", probe.in_count);
	float *weight_values = fixture_floats(fixture, "weights", weights->count);
	float *bias_values = fixture_floats(fixture, "bias", bias->count);
	double *y = fixture_doubles(fixture, "y", probe.out_count);
	float *dy = fixture_floats(fixture, "dy", probe.out_count);
	double *dx = fixture_doubles(fixture, "dx", probe.in_count);
	double *dweights = fixture_doubles(fixture, "dweights", weights->count);
	double *dbias = fixture_doubles(fixture, "dbias", bias->count);
	memcpy(probe.x, x, probe.in_count * sizeof *x);
	memcpy(probe.dy, dy, probe.out_count * sizeof *dy);
	memcpy(weights->value, weight_values, weights->count * sizeof *weight_values);
	memcpy(bias->value, bias_values, bias->count * sizeof *bias_values);
	probe_forward(&probe);
	check_close(text, probe.out_count, probe.y, y, 1e-6);
	probe_backward(&probe, true);
	check_close(text, probe.in_count, probe.dx, dx, 1e-6);
	check_close(text, weights->count, probe.grads[0], dweights, 1e-6);
	check_close(text, bias->count, probe.grads[1], dbias, 1e-6);
	free(x);
	free(weight_values);
	free(bias_values);
	free(y);
	free(dy);
	free(dx);
	free(dweights);
	free(dbias);
	probe_close(&probe);
}

static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		int cases = 0;
		fixture_open(&fixture, "dense.txt");
		for (; fixture_has(&fixture, "case"); cases++) {
			int numbers[3];
			fixture_integers(&fixture, "case", 3, numbers);
			fixture_case(&fixture, numbers, kernels);
		}
		assert_int_equal(cases, 5);
		fixture_close(&fixture);
	}
}

/* What is differentiated: the sum of dy × y. */
struct dense_loss {
	int inputs, units, n;
	const double *x, *weights, *bias, *dy;
	double *y;
};

static double dense_loss(const void *context)
{
	const struct dense_loss *self = context;

	oracle_dense(self->inputs, self->units, self->n, self->x, self->weights, self->bias, self->y);
	return dot((size_t)(self->n * self->units), self->dy, self->y);
}

static void differences_case(int inputs, int units, int n, const struct kernels *kernels)
{
	const size_t x_count = (size_t)(n * inputs);
	const size_t y_count = (size_t)(n * units);
	const size_t weight_count = (size_t)(inputs * units);
	float *x = random_floats(1, x_count);
	float *weights = random_floats(2, weight_count);
	float *bias = random_floats(3, (size_t)units);
	float *dy = random_floats(4, y_count);
	float *y = floats(y_count);
	float *dx = floats(x_count);
	float *dweights = floats(weight_count);
	float *dbias = floats((size_t)units);
	double *wide[5] = {widen(x_count, x), widen(weight_count, weights), widen((size_t)units, bias),
					   widen(y_count, dy), doubles(y_count)};
	const struct dense_loss loss = {inputs, units, n, wide[0], wide[1], wide[2], wide[3], wide[4]};
	char what[100];

	snprintf(what, sizeof what, "%s: dense:%d on %d inputs, n=%d", kernels->name, units, inputs, n);
	call_dense_forward(kernels, inputs, units, n, x, weights, bias, y);
	dense_loss(&loss);
	check_close(what, y_count, y, wide[4], 5e-6);
	/* The units in three parts, as several workers would. */
	for (int first = 0, count; first < units; first += count) {
		count = units / 3 + 1 < units - first ? units / 3 + 1 : units - first;
		call_dense_backward_weights(kernels, inputs, units, first, count, n, x, dy, dweights,
									dbias);
	}
	check_gradient(what, weight_count, dweights, wide[1], dense_loss, &loss, 0.125, 1e-5);
	check_gradient(what, (size_t)units, dbias, wide[2], dense_loss, &loss, 0.125, 1e-5);
	call_dense_backward_input(kernels, inputs, units, n, weights, dy, dx);
	check_gradient(what, x_count, dx, wide[0], dense_loss, &loss, 0.125, 1e-5);
	for (int i = 0; i < 5; i++)
		free(wide[i]);
	free(dbias);
	free(dweights);
	free(dx);
	free(y);
	free(dy);
	free(bias);
	free(weights);
	free(x);
}

static void test_against_differences(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const int counts[] = {1, 3, 5, 10, 17, 33, 128};
	const int batches[] = {1, 3, 7};
	int turn = 0;

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (int inputs = 0; inputs < 7; inputs++)
			for (int units = 0; units < 7; units++, turn++)
				differences_case(counts[inputs], counts[units], batches[turn % 3], kernels);
}

/* The layer sets its gradients, however often, and needs no dx. */
static void test_layer_sets_gradients(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct probe probe;
		probe_open(&probe, "dense:2", 0, (struct shape){1, 1, 2, true}, 1, kernels);
		memcpy(probe.x, (float[]){3, 4}, 2 * sizeof(float));
		memcpy(probe.dy, (float[]){1, 2}, 2 * sizeof(float));
		probe_forward(&probe);
		probe_backward(&probe, false);
		probe_backward(&probe, true);
		check_equal("weights", 4, probe.grads[0], (float[]){3, 4, 6, 8});
		check_equal("bias", 2, probe.grads[1], (float[]){1, 2});
		probe_close(&probe);
	}
}

/* On a flattened image the weights keep the image's order, and say so. */
static void test_parameters(void **state)
{
	(void)state;
	struct probe probe;
	size_t dims[4];

	probe_open(&probe, "dense:7", 12, (struct shape){2, 3, 4, true}, 1, &kernels_reference);
	const struct param *weights = &probe.layer.params[0];
	const struct param *bias = &probe.layer.params[1];
	assert_int_equal(probe.layer.param_count, 2);
	assert_string_equal(weights->name, "12.weight");
	assert_int_equal(weights->count, 168);
	assert_int_equal(param_file_dims(weights, dims), 2);
	assert_int_equal(dims[0], 7);
	assert_int_equal(dims[1], 24);
	assert_string_equal(bias->name, "12.bias");
	assert_int_equal(param_file_dims(bias, dims), 1);
	assert_int_equal(dims[0], 7);
	assert_true(probe.layer.out.flat);
	assert_int_equal(shape_size(probe.layer.out), 7);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_against_differences),
		cmocka_unit_test(test_layer_sets_gradients),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
