/* Convolution: by hand, against PyTorch, and against the formula in double precision. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "probe.h"

/* 1 … 9 in a 3×3 image and a filter of ones: each output is the sum of its neighbourhood. A row
 * loop that stops at row -1 instead of skipping it loses the first row. */
static void test_sum_of_neighbours(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {3, 3, 1, 3, 3, 1, 3, 1, 1, 1};
	const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
	const float bias[] = {0.5f};
	const float y_expected[] = {12.5f, 21.5f, 16.5f, 27.5f, 45.5f, 33.5f, 24.5f, 39.5f, 28.5f};
	/* With dy all ones: each filter weight has seen the sum of a part of the image, and each pixel
	 * has been seen by 4, 6 or 9 outputs. */
	const float dfilters_expected[] = {12, 21, 16, 27, 45, 33, 24, 39, 28};
	const float dx_expected[] = {4, 6, 4, 6, 9, 6, 4, 6, 4};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[9], dx[9];
		float dfilters[9] = {0};
		float dbias[1] = {0};
		fill_nan(9, dx);
		call_conv_forward(kernels, &window, 1, x, ones, bias, y);
		call_conv_backward(kernels, &window, 1, x, ones, ones, dfilters, dbias, dx);
		check_equal("y", 9, y, y_expected);
		check_equal("dfilters", 9, dfilters, dfilters_expected);
		check_equal("dx", 9, dx, dx_expected);
		assert_true(dbias[0] == 9);
	}
}

/* A filter that is 1 in its first place and 0 elsewhere moves the image down and right: the
 * filter is not turned around, as in a convolution of mathematics. Backward moves up and left. */
static void test_moves_image(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {3, 3, 1, 3, 3, 1, 3, 1, 1, 1};
	const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	const float filter[] = {1, 0, 0, 0, 0, 0, 0, 0, 0};
	const float bias[] = {0};
	const float y_expected[] = {0, 0, 0, 0, 1, 2, 0, 4, 5};
	const float dx_expected[] = {5, 6, 0, 8, 9, 0, 0, 0, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[9], dx[9];
		float dfilter[9] = {0};
		float dbias[1] = {0};
		call_conv_forward(kernels, &window, 1, x, filter, bias, y);
		call_conv_backward(kernels, &window, 1, x, filter, x, dfilter, dbias, dx);
		check_equal("y", 9, y, y_expected);
		check_equal("dx", 9, dx, dx_expected);
	}
}

/* 4×4 pixels, size 3, stride 2: one row of padding in all, which goes below, not above. */
static void test_uneven_padding(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {4, 4, 1, 2, 2, 1, 3, 2, 0, 0};
	const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
	const float bias[] = {0};
	const float y_expected[] = {54, 45, 72, 54};
	const float dx_expected[] = {1, 1, 2, 1, 1, 1, 2, 1, 2, 2, 4, 2, 1, 1, 2, 1};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[4], dx[16];
		float dfilter[9] = {0};
		float dbias[1] = {0};
		call_conv_forward(kernels, &window, 1, x, ones, bias, y);
		call_conv_backward(kernels, &window, 1, x, ones, ones, dfilter, dbias, dx);
		check_equal("y", 4, y, y_expected);
		check_equal("dx", 16, dx, dx_expected);
	}
}

/* Size 1 is a matrix at each pixel: two channels in, three filters out, two samples. */
static void test_channels(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const struct window window = {1, 2, 2, 1, 2, 3, 1, 1, 0, 0};
	const float x[] = {1, 2, 3, 4, 5, 6, 7, 8};
	const float filters[] = {1, 2, 10, 20, 100, 200}; /* two for each filter */
	const float bias[] = {0, 1, 2};
	const float y_expected[] = {5, 51, 502, 11, 111, 1102, 17, 171, 1702, 23, 231, 2302};
	const float dy[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
	const float dfilters_expected[] = {1, 2, 3, 4, 5, 6};
	const float dx_expected[] = {1, 2, 10, 20, 100, 200, 0, 0};

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[12], dx[8];
		float dfilters[6] = {0};
		float dbias[3] = {0};
		call_conv_forward(kernels, &window, 2, x, filters, bias, y);
		call_conv_backward(kernels, &window, 2, x, filters, dy, dfilters, dbias, dx);
		check_equal("y", 12, y, y_expected);
		check_equal("dfilters", 6, dfilters, dfilters_expected);
		check_equal("dx", 8, dx, dx_expected);
		for (int filter = 0; filter < 3; filter++)
			assert_true(dbias[filter] == 1);
	}
}

/* The layer's text for a case of conv.txt. */
static void layer_text(const int *numbers, char text[64])
{
	snprintf(text, 64, "conv:%d,%d,%d%s", numbers[4], numbers[5], numbers[6],
			 numbers[7] ? ",same" : "");
}

static void fixture_case(struct fixture *fixture, const int *numbers, const struct kernels *kernels)
{
	struct probe probe;
	char text[64];
	int out[2];
	const struct shape in = {numbers[1], numbers[2], numbers[3], false};

	layer_text(numbers, text);
	probe_open(&probe, text, 0, in, numbers[0], kernels);
	fixture_integers(fixture, "out", 2, out);
	assert_int_equal(probe.layer.out.h, out[0]);
	assert_int_equal(probe.layer.out.w, out[1]);
	assert_int_equal(probe.layer.out.c, numbers[4]);
	const struct param *filters = &probe.layer.params[0];
	const struct param *bias = &probe.layer.params[1];
	float *x = fixture_floats(fixture, "x", probe.in_count);
	float *weights = fixture_floats(fixture, "filters", filters->count);
	float *biases = fixture_floats(fixture, "bias", bias->count);
	double *y = fixture_doubles(fixture, "y", probe.out_count);
	float *dy = fixture_floats(fixture, "dy", probe.out_count);
	double *dx = fixture_doubles(fixture, "dx", probe.in_count);
	double *dfilters = fixture_doubles(fixture, "dfilters", filters->count);
	double *dbias = fixture_doubles(fixture, "dbias", bias->count);
	memcpy(probe.x, x, probe.in_count * sizeof *x);
	memcpy(probe.dy, dy, probe.out_count * sizeof *dy);
	memcpy(filters->value, weights, filters->count * sizeof *weights);
	memcpy(bias->value, biases, bias->count * sizeof *biases);
	probe_forward(&probe);
	check_close(text, probe.out_count, probe.y, y, 1e-6);
	probe_backward(&probe, true);
	check_close(text, probe.in_count, probe.dx, dx, 1e-6);
	check_close(text, filters->count, probe.grads[0], dfilters, 1e-6);
	check_close(text, bias->count, probe.grads[1], dbias, 1e-6);
	free(x);
	free(weights);
	free(biases);
	free(y);
	free(dy);
	free(dx);
	free(dfilters);
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
		fixture_open(&fixture, "conv.txt");
		for (; fixture_has(&fixture, "case"); cases++) {
			int numbers[8];
			fixture_integers(&fixture, "case", 8, numbers);
			fixture_case(&fixture, numbers, kernels);
		}
		assert_int_equal(cases, 10);
		fixture_close(&fixture);
	}
}

/* What is differentiated: the sum of dy × y. */
struct conv_loss {
	const struct window *window;
	int n;
	const double *x, *filters, *bias, *dy;
	double *y;
	size_t y_count;
};

static double conv_loss(const void *context)
{
	const struct conv_loss *self = context;

	oracle_conv(self->window, self->n, self->x, self->filters, self->bias, self->y);
	return dot(self->y_count, self->dy, self->y);
}

/* What a table finds: its y is compared, its gradients are returned. Both sums start at 1.5: they
 * are added to. */
static void run_table(const struct kernels *kernels, const struct conv_loss *loss,
					  float *const *arguments, const char *what, float **gradients)
{
	const struct window *w = loss->window;
	const size_t filter_count = (size_t)(w->size * w->size * w->channels * w->filters);
	const size_t sums[] = {filter_count, (size_t)w->filters};
	float *y = floats(loss->y_count);
	char text[150];

	snprintf(text, sizeof text, "%s: %s", kernels->name, what);
	call_conv_forward(kernels, w, loss->n, arguments[0], arguments[1], arguments[2], y);
	check_close(text, loss->y_count, y, loss->y, 5e-6);
	free(y);
	for (int sum = 0; sum < 2; sum++) {
		gradients[sum] = floats(sums[sum]);
		for (size_t i = 0; i < sums[sum]; i++)
			gradients[sum][i] = 1.5f;
	}
	gradients[2] = floats((size_t)(loss->n * w->in_h * w->in_w * w->channels));
	call_conv_backward(kernels, w, loss->n, arguments[0], arguments[1], arguments[3], gradients[0],
					   gradients[1], gradients[2]);
	for (int sum = 0; sum < 2; sum++)
		for (size_t i = 0; i < sums[sum]; i++)
			gradients[sum][i] -= 1.5f;
}

static void differences_case(struct shape in, int filters, int size, int stride, bool same, int n)
{
	const struct window window = oracle_window(in, filters, size, stride, same);
	/* x, filters, bias, y */
	const size_t counts[] = {n * shape_size(in), (size_t)(size * size * in.c * filters),
							 (size_t)filters, (size_t)(n * window.out_h * window.out_w * filters)};
	const int order[] = {1, 2, 0};
	float *arguments[4], *gradients[3][ORACLE_TABLES + 1] = {{NULL}};
	double *wide[5];
	char what[100];

	snprintf(what, sizeof what, "%d×%d×%d conv:%d,%d,%d%s n=%d", in.h, in.w, in.c, filters, size,
			 stride, same ? ",same" : "", n);
	for (int i = 0; i < 4; i++) {
		arguments[i] = random_floats((uint64_t)i + 1, counts[i]);
		wide[i] = widen(counts[i], arguments[i]);
	}
	wide[4] = doubles(counts[3]);
	const struct conv_loss loss = {&window, n,       wide[0], wide[1],
								   wide[2], wide[3], wide[4], counts[3]};
	conv_loss(&loss);
	for (size_t table = 0; oracle_table(table); table++) {
		float *found[3];
		run_table(oracle_table(table), &loss, arguments, what, found);
		for (int i = 0; i < 3; i++)
			gradients[i][table] = found[i];
	}
	for (int i = 0; i < 3; i++) {
		check_gradients(what, counts[order[i]], gradients[i], wide[order[i]], conv_loss, &loss,
						0.125, 1e-5);
		for (size_t table = 0; gradients[i][table]; table++)
			free(gradients[i][table]);
	}
	for (int i = 0; i < 5; i++)
		free(wide[i]);
	for (int i = 0; i < 4; i++)
		free(arguments[i]);
}

/* Every size with every stride, and the channel counts and batches in turn. */
static void test_against_differences(void **state)
{
	(void)state;
	const int sizes[] = {1, 2, 3, 4, 5, 7};
	const int channels[] = {1, 3, 5, 17, 33};
	const int batches[] = {1, 3, 7};
	int turn = 0;

	for (int size = 0; size < 6; size++)
		for (int stride = 1; stride <= 3; stride++)
			for (int same = 0; same <= 1; same++, turn++) {
				struct shape in = {7 + turn % 2, 9 - turn % 3, channels[turn % 5], false};
				differences_case(in, channels[(turn / 2) % 4], sizes[size], stride, same,
								 batches[turn % 5 < 2 ? turn % 3 : 0]);
			}
}

/* Images smaller than the filter, a single pixel, and images of one row or column. */
static void test_tiny_images(void **state)
{
	(void)state;

	differences_case((struct shape){1, 1, 1, false}, 1, 1, 1, false, 1);
	differences_case((struct shape){1, 1, 3, false}, 2, 7, 1, true, 3);
	differences_case((struct shape){2, 1, 1, false}, 3, 5, 2, true, 1);
	differences_case((struct shape){1, 9, 2, false}, 1, 3, 1, true, 7);
	differences_case((struct shape){9, 1, 1, false}, 5, 4, 3, true, 1);
	differences_case((struct shape){3, 3, 33, false}, 1, 3, 1, false, 1);
	differences_case((struct shape){2, 2, 1, false}, 33, 1, 3, true, 3);
}

static void check_layer_adds_gradients(const struct kernels *kernels)
{
	struct probe probe;

	probe_open(&probe, "conv:2,3,same", 0, (struct shape){4, 3, 2, false}, 3, kernels);
	const struct param *filters = &probe.layer.params[0];
	for (size_t i = 0; i < probe.in_count; i++)
		probe.x[i] = (float)(i % 7);
	for (size_t i = 0; i < probe.out_count; i++)
		probe.dy[i] = (float)(i % 3);
	probe_forward(&probe);
	probe_backward(&probe, false);
	float *once = floats(filters->count);
	memcpy(once, probe.grads[0], filters->count * sizeof *once);
	float bias_once = probe.grads[1][1];
	assert_true(bias_once != 0);
	probe_backward(&probe, true);
	for (size_t i = 0; i < filters->count; i++)
		assert_true(probe.grads[0][i] == 2 * once[i]);
	assert_true(probe.grads[1][1] == 2 * bias_once);
	free(once);
	probe_close(&probe);
}

/* The layer adds to its chunk's sums, and needs no dx. */
static void test_layer_adds_gradients(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		check_layer_adds_gradients(kernels);
}

/* Names, layouts and dimensions are what model files rely on. */
static void test_parameters(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "conv:5,3", 4, (struct shape){6, 7, 2, false}, 1, &kernels_reference);
	const struct param *filters = &probe.layer.params[0];
	const struct param *bias = &probe.layer.params[1];
	assert_int_equal(probe.layer.param_count, 2);
	assert_string_equal(filters->name, "4.weight");
	assert_int_equal(filters->layout, PARAM_FILTERS);
	assert_int_equal(filters->rank, 4);
	assert_int_equal(filters->dims[0], 5);
	assert_int_equal(filters->dims[1], 3);
	assert_int_equal(filters->dims[2], 3);
	assert_int_equal(filters->dims[3], 2);
	assert_int_equal(filters->count, 90);
	assert_string_equal(bias->name, "4.bias");
	assert_int_equal(bias->layout, PARAM_PLAIN);
	assert_int_equal(bias->rank, 1);
	assert_int_equal(bias->count, 5);
	assert_false(probe.layer.out.flat);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum_of_neighbours), cmocka_unit_test(test_moves_image),
		cmocka_unit_test(test_uneven_padding),    cmocka_unit_test(test_channels),
		cmocka_unit_test(test_against_pytorch),   cmocka_unit_test(test_against_differences),
		cmocka_unit_test(test_tiny_images),       cmocka_unit_test(test_layer_adds_gradients),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
