/* Max-pooling: by hand, against PyTorch, and against the formula in double precision. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "probe.h"

/* Windows of 2 that overlap (stride 1): the 9 in the middle wins all four. */
static void test_overlapping(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {3, 3, 1, 2, 2, 1, 2, 1, 0, 0};
	const float x[] = {1, 2, 3, 4, 9, 5, 6, 7, 8};
	const float dy[] = {1, 10, 100, 1000};
	const float y_expected[] = {9, 9, 9, 9};
	const float dx_expected[] = {0, 0, 0, 0, 1111, 0, 0, 0, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[4], dx[9];
		uint16_t argmax[4];
		call_maxpool_forward(kernels, &window, 1, x, y, argmax);
		call_maxpool_backward(kernels, &window, 1, argmax, dy, dx);
		check_equal("y", 4, y, y_expected);
		check_equal("dx", 9, dx, dx_expected);
		for (int j = 0; j < 4; j++)
			assert_int_equal(argmax[j], 4);
	}
}

/* 5×3 pixels under windows of 2: a row and a column are left over; what is in them, however
 * large, is not seen and gets no gradient. Numbers below 0 have a largest one, too. */
static void test_leaves_rows_over(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {5, 3, 1, 2, 1, 1, 2, 2, 0, 0};
	const float x[] = {-4, -3, 99, -2, -5, 99, -9, -8, 99, -7, -6, 99, 99, 99, 99};
	const float dy[] = {1, 2};
	const float y_expected[] = {-2, -6};
	const uint16_t argmax_expected[] = {3, 10};
	const float dx_expected[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[2], dx[15];
		uint16_t argmax[2];
		call_maxpool_forward(kernels, &window, 1, x, y, argmax);
		call_maxpool_backward(kernels, &window, 1, argmax, dy, dx);
		check_equal("y", 2, y, y_expected);
		check_equal("dx", 15, dx, dx_expected);
		assert_memory_equal(argmax, argmax_expected, sizeof argmax);
	}
}

/* Two channels, two samples; of equal numbers the first counts, in the order of reading. */
static void test_ties(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {2, 2, 2, 1, 1, 2, 2, 1, 0, 0};
	const float x[] = {7, 1, 7, 3, 7, 3, 7, 3, 0, 5, 1, 5, 1, 5, 0, 4};
	const float dy[] = {1, 2, 3, 4};
	const float y_expected[] = {7, 3, 1, 5};
	const uint16_t argmax_expected[] = {0, 1, 1, 0};
	const float dx_expected[] = {1, 0, 0, 2, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[4], dx[16];
		uint16_t argmax[4];
		call_maxpool_forward(kernels, &window, 2, x, y, argmax);
		call_maxpool_backward(kernels, &window, 2, argmax, dy, dx);
		check_equal("y", 4, y, y_expected);
		check_equal("dx", 16, dx, dx_expected);
		assert_memory_equal(argmax, argmax_expected, sizeof argmax);
	}
}

/* A stride beyond the window skips pixels. */
static void test_stride_beyond_window(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {1, 5, 1, 1, 2, 1, 1, 3, 0, 0};
	const float x[] = {1, 9, 9, 2, 9};
	const float y_expected[] = {1, 2};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[2];
		uint16_t argmax[2];
		call_maxpool_forward(kernels, &window, 1, x, y, argmax);
		check_equal("y", 2, y, y_expected);
		assert_int_equal(argmax[0], 0);
		assert_int_equal(argmax[1], 3);
	}
}

static void fixture_case(struct fixture *fixture, const int *numbers, const struct kernels *kernels)
{
	struct probe probe;
	char text[64];
	int out[2];
	const struct shape in = {numbers[1], numbers[2], numbers[3], false};
	const struct window window = oracle_window(in, in.c, numbers[4], numbers[5], false);

	snprintf(text, sizeof text, "maxpool:%d,%d", numbers[4], numbers[5]);
	probe_open(&probe, text, 0, in, numbers[0], kernels);
	fixture_integers(fixture, "out", 2, out);
	assert_int_equal(probe.layer.out.h, out[0]);
	assert_int_equal(probe.layer.out.w, out[1]);
	assert_int_equal(probe.layer.out.c, in.c);
	float *x = fixture_floats(fixture, "x", probe.in_count);
	double *y = fixture_doubles(fixture, "y", probe.out_count);
	int *argmax = calloc(probe.out_count, sizeof *argmax);
	assert_non_null(argmax);
	fixture_integers(fixture, "argmax", probe.out_count, argmax);
	float *dy = fixture_floats(fixture, "dy", probe.out_count);
	double *dx = fixture_doubles(fixture, "dx", probe.in_count);
	memcpy(probe.x, x, probe.in_count * sizeof *x);
	memcpy(probe.dy, dy, probe.out_count * sizeof *dy);
	probe_forward(&probe);
	check_close(text, probe.out_count, probe.y, y, 0);
	probe_backward(&probe, true);
	check_close(text, probe.in_count, probe.dx, dx, 1e-6);
	uint16_t *found = calloc(probe.out_count, sizeof *found);
	assert_non_null(found);
	call_maxpool_forward(kernels, &window, numbers[0], x, probe.y, found);
	for (size_t i = 0; i < probe.out_count; i++)
		assert_int_equal(found[i], argmax[i]);
	free(found);
	free(dx);
	free(dy);
	free(argmax);
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
		fixture_open(&fixture, "maxpool.txt");
		for (; fixture_has(&fixture, "case"); cases++) {
			int numbers[6];
			fixture_integers(&fixture, "case", 6, numbers);
			fixture_case(&fixture, numbers, kernels);
		}
		assert_int_equal(cases, 7);
		fixture_close(&fixture);
	}
}

struct maxpool_loss {
	const struct window *window;
	int n;
	const double *x, *dy;
	double *y;
	size_t y_count;
};

static double maxpool_loss(const void *context)
{
	const struct maxpool_loss *self = context;

	oracle_maxpool(self->window, self->n, self->x, self->y);
	return dot(self->y_count, self->dy, self->y);
}

/* All numbers are 1/8 apart, so that a difference over 2/100 changes no maximum. */
static void differences_case(struct shape in, int size, int stride, int n,
							 const struct kernels *kernels)
{
	const struct window window = oracle_window(in, in.c, size, stride, false);
	const size_t x_count = n * shape_size(in);
	const size_t y_count = (size_t)(n * window.out_h * window.out_w * in.c);
	float *x = distinct_floats(1, x_count);
	float *dy = random_floats(2, y_count);
	float *y = floats(y_count);
	float *dx = floats(x_count);
	uint16_t *argmax = calloc(y_count, sizeof *argmax);
	double *wide[3] = {widen(x_count, x), widen(y_count, dy), doubles(y_count)};
	const struct maxpool_loss loss = {&window, n, wide[0], wide[1], wide[2], y_count};
	char what[100];

	assert_non_null(argmax);
	snprintf(what, sizeof what, "%s: %d×%d×%d maxpool:%d,%d n=%d", kernels->name, in.h, in.w, in.c,
			 size, stride, n);
	call_maxpool_forward(kernels, &window, n, x, y, argmax);
	maxpool_loss(&loss);
	check_close(what, y_count, y, wide[2], 0);
	call_maxpool_backward(kernels, &window, n, argmax, dy, dx);
	check_gradient(what, x_count, dx, wide[0], maxpool_loss, &loss, 0.01, 1e-6);
	for (int i = 0; i < 3; i++)
		free(wide[i]);
	free(argmax);
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

/* One number means both, window and stride. */
static void test_stride_is_the_window(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "maxpool:3", 0, (struct shape){11, 9, 2, false}, 1, &kernels_reference);
	assert_int_equal(probe.layer.out.h, 3);
	assert_int_equal(probe.layer.out.w, 3);
	assert_int_equal(probe.layer.out.c, 2);
	assert_int_equal(probe.layer.param_count, 0);
	probe_close(&probe);
}

/* A pooling that comes first has nobody to pass a gradient to. */
static void test_no_dx(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "maxpool:2", 0, (struct shape){4, 4, 1, false}, 2, &kernels_reference);
	probe_forward(&probe);
	probe_backward(&probe, false);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlapping),
		cmocka_unit_test(test_leaves_rows_over),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_stride_beyond_window),
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_against_differences),
		cmocka_unit_test(test_stride_is_the_window),
		cmocka_unit_test(test_no_dx),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
