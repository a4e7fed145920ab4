/* Average-pooling: by hand, against PyTorch, and against the formula in double precision. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "probe.h"

/* Windows of 2 that overlap (stride 1): the pixel in the middle is in all four. */
static void test_overlapping(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {3, 3, 1, 2, 2, 1, 2, 1, 0, 0};
	const float x[] = {1, 2, 3, 4, 9, 5, 6, 7, 8};
	const float dy[] = {4, 40, 400, 4000};
	const float y_expected[] = {4, 4.75f, 6.5f, 7.25f};
	const float dx_expected[] = {1, 11, 10, 101, 1111, 1010, 100, 1100, 1000};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[4], dx[9];
		call_avgpool_forward(kernels, &window, 1, x, y);
		call_avgpool_backward(kernels, &window, 1, dy, dx);
		check_equal("y", 4, y, y_expected);
		check_equal("dx", 9, dx, dx_expected);
	}
}

/* 5×3 pixels under windows of 2: what is in the row and the column left over is not seen and gets
 * no gradient. */
static void test_leaves_rows_over(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {5, 3, 1, 2, 1, 1, 2, 2, 0, 0};
	const float x[] = {-4, -3, 99, -2, -5, 99, -9, -8, 99, -7, -6, 99, 99, 99, 99};
	const float dy[] = {1, 2};
	const float y_expected[] = {-3.5f, -7.5f};
	const float dx_expected[] = {.25f, .25f, 0, .25f, .25f, 0, .5f, .5f, 0, .5f, .5f, 0, 0, 0, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[2], dx[15];
		call_avgpool_forward(kernels, &window, 1, x, y);
		call_avgpool_backward(kernels, &window, 1, dy, dx);
		check_equal("y", 2, y, y_expected);
		check_equal("dx", 15, dx, dx_expected);
	}
}

static void fixture_case(struct fixture *fixture, const int *numbers, const struct kernels *kernels)
{
	struct probe probe;
	char text[64];
	int out[2];
	const struct shape in = {numbers[1], numbers[2], numbers[3], false};

	snprintf(text, sizeof text, "avgpool:%d,%d", numbers[4], numbers[5]);
	probe_open(&probe, text, 0, in, numbers[0], kernels);
	fixture_integers(fixture, "out", 2, out);
	assert_int_equal(probe.layer.out.h, out[0]);
	assert_int_equal(probe.layer.out.w, out[1]);
	assert_int_equal(probe.layer.out.c, in.c);
	float *x = fixture_floats(fixture, "x", probe.in_count);
	double *y = fixture_doubles(fixture, "y", probe.out_count);
	float *dy = fixture_floats(fixture, "dy", probe.out_count);
	double *dx = fixture_doubles(fixture, "dx", probe.in_count);
	memcpy(probe.x, x, probe.in_count * sizeof *x);
	memcpy(probe.dy, dy, probe.out_count * sizeof *dy);
	probe_forward(&probe);
	check_close(text, probe.out_count, probe.y, y, 1e-6);
	probe_backward(&probe, true);
	check_close(text, probe.in_count, probe.dx, dx, 1e-6);
	free(dx);
	free(dy);
	free(y);
	free(x);
	probe_close(&probe);
}

static void test_against_pytorch(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct fixture fixture;
		int cases = 0;
		fixture_open(&fixture, "avgpool.txt");
		for (; fixture_has(&fixture, "case"); cases++) {
			int numbers[6];
			fixture_integers(&fixture, "case", 6, numbers);
			fixture_case(&fixture, numbers, kernels);
		}
		assert_int_equal(cases, 8);
		fixture_close(&fixture);
	}
}

struct avgpool_loss {
	const struct window *window;
	int n;
	const double *x, *dy;
	double *y;
	size_t y_count;
};

static double avgpool_loss(const void *context)
{
	const struct avgpool_loss *self = context;

	oracle_avgpool(self->window, self->n, self->x, self->y);
	return dot(self->y_count, self->dy, self->y);
}

static void differences_case(struct shape in, int size, int stride, int n,
							 const struct kernels *kernels)
{
	const struct window window = oracle_window(in, in.c, size, stride, false);
	const size_t x_count = n * shape_size(in);
	const size_t y_count = (size_t)(n * window.out_h * window.out_w * in.c);
	float *x = random_floats(1, x_count);
	float *dy = random_floats(2, y_count);
	float *y = floats(y_count);
	float *dx = floats(x_count);
	double *wide[3] = {widen(x_count, x), widen(y_count, dy), doubles(y_count)};
	const struct avgpool_loss loss = {&window, n, wide[0], wide[1], wide[2], y_count};
	char what[100];

	snprintf(what, sizeof what, "%s: %d×%d×%d avgpool:%d,%d n=%d", kernels->name, in.h, in.w, in.c,
			 size, stride, n);
	call_avgpool_forward(kernels, &window, n, x, y);
	avgpool_loss(&loss);
	check_close(what, y_count, y, wide[2], 1e-6);
	call_avgpool_backward(kernels, &window, n, dy, dx);
	check_gradient(what, x_count, dx, wide[0], avgpool_loss, &loss, 0.01, 1e-6);
	for (int i = 0; i < 3; i++)
		free(wide[i]);
	free(dx);
	free(y);
	free(dy);
	free(x);
}

static void test_against_differences(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const int channels[] = {1, 3, 5, 17, 33};
	const int batches[] = {1, 3, 7};
	int turn = 0;

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (int size = 1; size <= 4; size++)
			for (int stride = 1; stride <= 4; stride++, turn++) {
				struct shape in = {4 + turn % 5, 7 - turn % 3, channels[turn % 5], false};
				differences_case(in, size, stride, batches[turn % 3], kernels);
			}
}

/* One number means both, window and stride; whoever comes first passes no gradient on. */
static void test_layer(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "avgpool:3", 0, (struct shape){11, 9, 2, false}, 1, &kernels_reference);
	assert_int_equal(probe.layer.out.h, 3);
	assert_int_equal(probe.layer.out.w, 3);
	assert_int_equal(probe.layer.out.c, 2);
	assert_int_equal(probe.layer.param_count, 0);
	probe_forward(&probe);
	probe_backward(&probe, false);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlapping),     cmocka_unit_test(test_leaves_rows_over),
		cmocka_unit_test(test_against_pytorch), cmocka_unit_test(test_against_differences),
		cmocka_unit_test(test_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
