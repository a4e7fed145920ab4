/* Relu: what is below 0 becomes 0, and passes no gradient. */
#include "oracle.h"

#include <math.h>
#include <string.h>

#include "probe.h"

static void test_by_hand(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float x[] = {-2, -0.0f, 0, 0x1p-149f, 3, -INFINITY, INFINITY, -0x1p-149f};
	const float dy[] = {1, 2, 3, 4, 5, 6, 7, 8};
	const float y_expected[] = {0, 0, 0, 0x1p-149f, 3, 0, INFINITY, 0};
	const float dx_expected[] = {0, 0, 0, 4, 5, 0, 7, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[8], dx[8];
		kernels->relu_forward(8, x, y);
		kernels->relu_backward(8, y, dy, dx);
		for (int j = 0; j < 8; j++) {
			assert_true(y[j] == y_expected[j]);
			assert_true(dx[j] == dx_expected[j]);
		}
	}
}

/* A network that has lost its way must not look healthy. */
static void test_nan_stays(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float x[] = {1, NAN, -1};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[3];
		kernels->relu_forward(3, x, y);
		assert_true(y[0] == 1 && isnan(y[1]) && y[2] == 0);
	}
}

/* Counts around the width of vectors; apart and in one buffer; nothing beyond the end. */
static void test_counts(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (size_t count = 0; count <= 70; count++) {
			float *x = random_floats(count, count + 1);
			float *dy = random_floats(count + 100, count + 1);
			float *y = random_floats(1, count + 1);
			const float guard = y[count];
			kernels->relu_forward(count, x, y);
			assert_true(y[count] == guard);
			for (size_t j = 0; j < count; j++)
				assert_true(y[j] == (x[j] > 0 ? x[j] : 0));
			const float x_guard = x[count];
			kernels->relu_forward(count, x, x);
			assert_true(x[count] == x_guard);
			check_equal("y over x", count, x, y);
			float *dx = floats(count + 1);
			kernels->relu_backward(count, y, dy, dx);
			for (size_t j = 0; j < count; j++)
				assert_true(dx[j] == (y[j] > 0 ? dy[j] : 0));
			kernels->relu_backward(count, y, dy, dy);
			for (size_t j = 0; j < count; j++)
				assert_true(dx[j] == dy[j]);
			free(dx);
			free(y);
			free(dy);
			free(x);
		}
}

static double relu_loss(const void *context)
{
	const double *const *self = context; /* x and dy, 105 each */
	double sum = 0;

	for (int i = 0; i < 105; i++)
		sum += self[1][i] * fmax(self[0][i], 0);
	return sum;
}

/* The numbers are 1/8 apart and at least 1/16 from 0, where there is no derivative. */
static void test_layer_against_differences(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct probe probe;
		probe_open(&probe, "relu", 1, (struct shape){1, 7, 5, false}, 3, kernels);
		assert_int_equal(probe.in_count, 105);
		float *x = distinct_floats(1, 105);
		float *dy = random_floats(2, 105);
		for (size_t j = 0; j < 105; j++)
			probe.x[j] = x[j] + 0x1p-4f;
		memcpy(probe.dy, dy, 105 * sizeof *dy);
		double *wide[] = {widen(105, probe.x), widen(105, dy)};
		probe_forward(&probe);
		probe_backward(&probe, true);
		check_gradient("relu", 105, probe.dx, wide[0], relu_loss, wide, 0.01, 1e-6);
		free(wide[1]);
		free(wide[0]);
		free(dy);
		free(x);
		probe_close(&probe);
	}
}

static void test_layer(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "relu", 1, (struct shape){1, 1, 9, true}, 1, &kernels_reference);
	assert_true(probe.layer.out.flat);
	assert_int_equal(shape_size(probe.layer.out), 9);
	assert_int_equal(probe.layer.param_count, 0);
	probe_forward(&probe);
	probe_backward(&probe, false);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_nan_stays),
		cmocka_unit_test(test_counts),  cmocka_unit_test(test_layer_against_differences),
		cmocka_unit_test(test_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
