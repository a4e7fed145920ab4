/* Tanh and sigmoid: in units of the last place, against PyTorch, and against central
 * differences. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* The two kernels of a layer. */
typedef void forward(size_t count, const float *x, float *y);
typedef void backward(size_t count, const float *y, const float *dy, float *dx);

static const char *const names[] = {"tanh", "sigmoid"};
static double (*const formulas[])(double) = {tanh, sigmoid};

static forward *forward_of(const struct kernels *kernels, int which)
{
	return which ? kernels->sigmoid_forward : kernels->tanh_forward;
}

static backward *backward_of(const struct kernels *kernels, int which)
{
	return which ? kernels->sigmoid_backward : kernels->tanh_backward;
}

static double ulps(float actual, double expected)
{
	int exponent;

	frexp(expected, &exponent);
	return fabs(actual - expected) / ldexp(1, exponent - 24 < -149 ? -149 : exponent - 24);
}

/* Steps through the bits of all floats of both signs. */
static void test_precision(void **state)
{
	(void)state;

	for (uint32_t bits = 1; bits < 0x7f800000; bits += 14401)
		for (int sign = -1; sign <= 1; sign += 2) {
			float x, y;
			memcpy(&x, &bits, sizeof x);
			x *= (float)sign;
			kernels_reference.tanh_forward(1, &x, &y);
			if (!(ulps(y, tanh(x)) <= 3))
				fail_msg("tanh(%a) is %a, should be %a", x, y, tanh(x));
			kernels_reference.sigmoid_forward(1, &x, &y);
			if (x >= -87 ? !(ulps(y, sigmoid(x)) <= 3) : !(y > 0 && y < 2e-38))
				fail_msg("sigmoid(%a) is %a, should be %a", x, y, sigmoid(x));
		}
}

static void test_limits(void **state)
{
	(void)state;
	const float x[] = {0, -0.0f, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, NAN};
	float y[7];

	kernels_reference.tanh_forward(7, x, y);
	assert_true(y[0] == 0 && y[1] == 0 && signbit(y[1]));
	assert_true(y[2] == 1 && y[3] == -1 && y[4] == 1 && y[5] == -1 && isnan(y[6]));
	kernels_reference.sigmoid_forward(7, x, y);
	assert_true(y[0] == 0.5f && y[1] == 0.5f);
	assert_true(y[2] == 1 && y[3] < 2e-38f && y[4] == 1 && y[5] < 2e-38f && isnan(y[6]));
}

static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (int which = 0; which < 2; which++)
		for (size_t i = 0; (kernels = oracle_table(i)); i++) {
			struct fixture fixture;
			struct probe probe;
			char name[32];
			int count;
			snprintf(name, sizeof name, "%s.txt", names[which]);
			fixture_open(&fixture, name);
			fixture_integers(&fixture, "case", 1, &count);
			probe_open(&probe, names[which], 1, (struct shape){1, count, 1, false}, 1, kernels);
			float *x = fixture_floats(&fixture, "x", (size_t)count);
			double *y = fixture_doubles(&fixture, "y", (size_t)count);
			float *dy = fixture_floats(&fixture, "dy", (size_t)count);
			double *dx = fixture_doubles(&fixture, "dx", (size_t)count);
			memcpy(probe.x, x, (size_t)count * sizeof *x);
			memcpy(probe.dy, dy, (size_t)count * sizeof *dy);
			probe_forward(&probe);
			check_close(name, probe.out_count, probe.y, y, 5e-7);
			probe_backward(&probe, true);
			check_close(name, probe.in_count, probe.dx, dx, 5e-7);
			free(dx);
			free(dy);
			free(y);
			free(x);
			probe_close(&probe);
			fixture_close(&fixture);
		}
}

struct activation_loss {
	int which;
	size_t count;
	const double *x, *dy;
};

static double activation_loss(const void *context)
{
	const struct activation_loss *self = context;
	double sum = 0;

	for (size_t i = 0; i < self->count; i++)
		sum += self->dy[i] * formulas[self->which](self->x[i]);
	return sum;
}

static void differences_case(int which, const struct kernels *kernels)
{
	struct probe probe;

	probe_open(&probe, names[which], 1, (struct shape){3, 7, 5, false}, 3, kernels);
	const size_t count = probe.in_count;
	float *x = random_floats(1, count), *dy = random_floats(2, count);
	for (size_t i = 0; i < count; i++)
		probe.x[i] = 4 * x[i];
	memcpy(probe.dy, dy, count * sizeof *dy);
	double *wide_x = widen(count, probe.x), *wide_dy = widen(count, dy);
	const struct activation_loss loss = {which, count, wide_x, wide_dy};
	probe_forward(&probe);
	probe_backward(&probe, true);
	check_gradient(names[which], count, probe.dx, wide_x, activation_loss, &loss, 1e-5, 1e-6);
	free(wide_dy);
	free(wide_x);
	free(dy);
	free(x);
	probe_close(&probe);
}

static void test_against_differences(void **state)
{
	(void)state;

	for (size_t i = 0; oracle_table(i); i++)
		for (int which = 0; which < 2; which++)
			differences_case(which, oracle_table(i));
}

/* Counts around the width of vectors; apart and in one buffer; nothing beyond the end. */
static void check_count(const struct kernels *kernels, int which, size_t count)
{
	float *x = random_floats(count, count + 1), *dy = random_floats(count + 100, count + 1);
	float *y = random_floats(1, count + 1), *dx = random_floats(2, count + 1);
	const float guard = y[count], dx_guard = dx[count];

	forward_of(kernels, which)(count, x, y);
	backward_of(kernels, which)(count, y, dy, dx);
	assert_true(y[count] == guard && dx[count] == dx_guard);
	for (size_t i = 0; i < count; i++)
		assert_true(fabs(y[i] - formulas[which](x[i])) < 1e-6);
	forward_of(kernels, which)(count, x, x);
	backward_of(kernels, which)(count, y, dy, dy);
	check_equal("y over x", count, x, y);
	check_equal("dx over dy", count, dy, dx);
	free(dx);
	free(y);
	free(dy);
	free(x);
}

static void test_counts(void **state)
{
	(void)state;

	for (size_t i = 0; oracle_table(i); i++)
		for (size_t count = 0; count <= 70; count++)
			for (int which = 0; which < 2; which++)
				check_count(oracle_table(i), which, count);
}

static void test_layer(void **state)
{
	(void)state;

	for (int which = 0; which < 2; which++) {
		struct probe probe;
		probe_open(&probe, names[which], 1, (struct shape){1, 1, 9, true}, 1, &kernels_reference);
		assert_true(probe.layer.out.flat);
		assert_int_equal(shape_size(probe.layer.out), 9);
		assert_int_equal(probe.layer.param_count, 0);
		probe_forward(&probe);
		probe_backward(&probe, false);
		probe_close(&probe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precision),       cmocka_unit_test(test_limits),
		cmocka_unit_test(test_against_pytorch), cmocka_unit_test(test_against_differences),
		cmocka_unit_test(test_counts),          cmocka_unit_test(test_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
