/* Calls of kernels between fences. */
#include "calls.h"

#include <string.h>

#include "oracle.h"

#define FENCE 128 /* bytes: more than a vector, whatever it begins at */
#define FENCE_BYTE 0xa5
#define NAN_BYTE 0xff /* four of them are a NaN, two an index that no image has */

enum role { INPUT, ADDED_TO, OVERWRITTEN };

/* A copy of an argument: fence, data, fence; behind an input it begins with the slack. */
struct argument {
	enum role role;
	void *original; /* written to only where it is an output */
	size_t size;
	unsigned char *memory, *data;
};

/* The arguments of one call. */
struct call {
	const char *kernel, *table;
	struct argument arguments[8];
	int count;
};

static void *copy(struct call *call, enum role role, const void *original, size_t size)
{
	struct argument *a = &call->arguments[call->count++];

	*a = (struct argument){role, (void *)original, size, NULL, NULL};
	/* Not a byte more than may be read. */
	size_t behind = role == INPUT ? KERNELS_SLACK : FENCE;
	a->memory = malloc(FENCE + 4 + size + behind);
	assert_non_null(a->memory);
	/* Kernels find most arguments in the middle of larger ones: on no boundary. */
	a->data = a->memory + FENCE + 4;
	memset(a->memory, FENCE_BYTE, FENCE + 4 + size + behind);
	memset(a->data, NAN_BYTE, role == INPUT ? size + behind : size);
	if (role != OVERWRITTEN)
		memcpy(a->data, original, size);
	return a->data;
}

/* Scratch memory and prepared filters: on a boundary, and of the size that was asked for. */
static void *scratch(struct call *call, size_t size)
{
	struct argument *a = &call->arguments[call->count++];

	*a = (struct argument){OVERWRITTEN, NULL, size, NULL, NULL};
	a->memory = aligned_alloc(64, (2 * FENCE + size + 63) / 64 * 64);
	assert_non_null(a->memory);
	a->data = a->memory + FENCE;
	memset(a->memory, FENCE_BYTE, 2 * FENCE + size);
	memset(a->data, NAN_BYTE, size);
	return a->data;
}

static void check_fence(const struct call *call, int number, const unsigned char *fence,
						size_t size, unsigned char byte, const char *where)
{
	for (size_t i = 0; i < size; i++)
		if (fence[i] != byte)
			fail_msg("%s of %s: wrote %s argument %d of the fenced ones, at byte %zu", call->kernel,
					 call->table, where, number, i);
}

/* Check the fences, bring the results back. */
static void finish(struct call *call)
{
	for (int i = 0; i < call->count; i++) {
		struct argument *a = &call->arguments[i];
		check_fence(call, i, a->memory, (size_t)(a->data - a->memory), FENCE_BYTE, "before");
		check_fence(call, i, a->data + a->size, a->role == INPUT ? KERNELS_SLACK : FENCE,
					a->role == INPUT ? NAN_BYTE : FENCE_BYTE, "behind");
		if (a->role == INPUT && memcmp(a->data, a->original, a->size))
			fail_msg("%s of %s: changed input %d", call->kernel, call->table, i);
		if (a->role != INPUT && a->original)
			memcpy(a->original, a->data, a->size);
		free(a->memory);
	}
}

static size_t in_size(const struct window *w, int n)
{
	return (size_t)n * w->in_h * w->in_w * w->channels * sizeof(float);
}

/* In numbers; pooled windows count as one. */
static size_t out_count(const struct window *w, int n, int pool)
{
	return (size_t)n * (w->out_h / pool) * (w->out_w / pool) * w->filters;
}

static size_t filter_size(const struct window *w)
{
	return (size_t)w->filters * w->size * w->size * w->channels * sizeof(float);
}

/* Filters are prepared between fences of their own, and are an input afterwards. */
static void *prepare(struct call *call, const struct kernels *kernels, const struct window *window,
					 bool backward, const float *filters)
{
	struct call before = {"conv_prepare", kernels->name, {{0}}, 0};
	size_t size = kernels->conv_prepared_size(window, backward);
	const float *fenced = copy(&before, INPUT, filters, filter_size(window));
	unsigned char *prepared = scratch(&before, size);
	unsigned char *fixed = scratch(call, size);

	for (int first = 0; first < window->filters; first += PREPARE_UNIT)
		kernels->conv_prepare(window, backward, fenced, first,
							  window->filters - first < PREPARE_UNIT ? window->filters - first
																	 : PREPARE_UNIT,
							  prepared);
	memcpy(fixed, prepared, size);
	finish(&before);
	return fixed;
}

void call_conv_forward(const struct kernels *kernels, const struct window *window, int n,
					   const float *x, const float *filters, const float *bias, float *y)
{
	struct call call = {"conv_forward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, in_size(window, n));
	const float *fenced_filters = copy(&call, INPUT, filters, filter_size(window));
	const float *fenced_bias = copy(&call, INPUT, bias, window->filters * sizeof *bias);
	float *fenced_y = copy(&call, OVERWRITTEN, y, out_count(window, n, 1) * sizeof *y);
	const void *prepared = prepare(&call, kernels, window, false, filters);

	kernels->conv_forward(window, n, fenced_x, fenced_filters, prepared, fenced_bias, fenced_y,
						  scratch(&call, kernels->conv_scratch_size(window, n)));
	finish(&call);
}

void call_conv_backward(const struct kernels *kernels, const struct window *window, int n,
						const float *x, const float *filters, const float *dy, float *dfilters,
						float *dbias, float *dx)
{
	struct call call = {"conv_backward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, in_size(window, n));
	const float *fenced_filters = copy(&call, INPUT, filters, filter_size(window));
	const float *fenced_dy = copy(&call, INPUT, dy, out_count(window, n, 1) * sizeof *dy);
	float *fenced_dfilters = copy(&call, ADDED_TO, dfilters, filter_size(window));
	float *fenced_dbias = copy(&call, ADDED_TO, dbias, window->filters * sizeof *dbias);
	float *fenced_dx = dx ? copy(&call, OVERWRITTEN, dx, in_size(window, n)) : NULL;
	const void *prepared = prepare(&call, kernels, window, true, filters);

	kernels->conv_backward(window, n, fenced_x, fenced_filters, prepared, fenced_dy,
						   fenced_dfilters, fenced_dbias, fenced_dx,
						   scratch(&call, kernels->conv_scratch_size(window, n)));
	finish(&call);
}

void call_conv_pool_forward(const struct kernels *kernels, const struct window *window, int n,
							const float *x, const float *filters, const float *bias, bool relu,
							float *y, uint8_t *place_of_max)
{
	struct call call = {"conv_pool_forward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, in_size(window, n));
	const float *fenced_filters = copy(&call, INPUT, filters, filter_size(window));
	const float *fenced_bias = copy(&call, INPUT, bias, window->filters * sizeof *bias);
	float *fenced_y = copy(&call, OVERWRITTEN, y, out_count(window, n, 2) * sizeof *y);
	uint8_t *fenced_places = copy(&call, OVERWRITTEN, place_of_max, out_count(window, n, 2));
	const void *prepared = prepare(&call, kernels, window, false, filters);

	kernels->conv_pool_forward(window, n, fenced_x, fenced_filters, prepared, fenced_bias, relu,
							   fenced_y, fenced_places,
							   scratch(&call, kernels->conv_scratch_size(window, n)));
	finish(&call);
}

void call_conv_pool_backward(const struct kernels *kernels, const struct window *window, int n,
							 const float *x, const float *filters, const float *dy,
							 const uint8_t *place_of_max, float *dfilters, float *dbias, float *dx)
{
	struct call call = {"conv_pool_backward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, in_size(window, n));
	const float *fenced_filters = copy(&call, INPUT, filters, filter_size(window));
	const float *fenced_dy = copy(&call, INPUT, dy, out_count(window, n, 2) * sizeof *dy);
	const uint8_t *fenced_places = copy(&call, INPUT, place_of_max, out_count(window, n, 2));
	float *fenced_dfilters = copy(&call, ADDED_TO, dfilters, filter_size(window));
	float *fenced_dbias = copy(&call, ADDED_TO, dbias, window->filters * sizeof *dbias);
	float *fenced_dx = dx ? copy(&call, OVERWRITTEN, dx, in_size(window, n)) : NULL;

	kernels->conv_pool_backward(window, n, fenced_x, fenced_filters, fenced_dy, fenced_places,
								fenced_dfilters, fenced_dbias, fenced_dx,
								scratch(&call, kernels->conv_scratch_size(window, n)));
	finish(&call);
}

void call_maxpool_forward(const struct kernels *kernels, const struct window *window, int n,
						  const float *x, float *y, uint16_t *argmax)
{
	struct call call = {"maxpool_forward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, in_size(window, n));
	float *fenced_y = copy(&call, OVERWRITTEN, y, out_count(window, n, 1) * sizeof *y);
	uint16_t *fenced_argmax =
		copy(&call, OVERWRITTEN, argmax, out_count(window, n, 1) * sizeof *argmax);

	kernels->maxpool_forward(window, n, fenced_x, fenced_y, fenced_argmax);
	finish(&call);
}

void call_maxpool_backward(const struct kernels *kernels, const struct window *window, int n,
						   const uint16_t *argmax, const float *dy, float *dx)
{
	struct call call = {"maxpool_backward", kernels->name, {{0}}, 0};
	const uint16_t *fenced_argmax =
		copy(&call, INPUT, argmax, out_count(window, n, 1) * sizeof *argmax);
	const float *fenced_dy = copy(&call, INPUT, dy, out_count(window, n, 1) * sizeof *dy);
	float *fenced_dx = copy(&call, OVERWRITTEN, dx, in_size(window, n));

	kernels->maxpool_backward(window, n, fenced_argmax, fenced_dy, fenced_dx);
	finish(&call);
}

void call_avgpool_forward(const struct kernels *kernels, const struct window *window, int n,
						  const float *x, float *y)
{
	struct call call = {"avgpool_forward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, in_size(window, n));
	float *fenced_y = copy(&call, OVERWRITTEN, y, out_count(window, n, 1) * sizeof *y);

	kernels->avgpool_forward(window, n, fenced_x, fenced_y);
	finish(&call);
}

void call_avgpool_backward(const struct kernels *kernels, const struct window *window, int n,
						   const float *dy, float *dx)
{
	struct call call = {"avgpool_backward", kernels->name, {{0}}, 0};
	const float *fenced_dy = copy(&call, INPUT, dy, out_count(window, n, 1) * sizeof *dy);
	float *fenced_dx = copy(&call, OVERWRITTEN, dx, in_size(window, n));

	kernels->avgpool_backward(window, n, fenced_dy, fenced_dx);
	finish(&call);
}

void call_batchnorm_moments(const struct kernels *kernels, int channels, int pixels, const float *x,
							float *mean, float *squares)
{
	struct call call = {"batchnorm_moments", kernels->name, {{0}}, 0};
	size_t row = (size_t)channels * sizeof *x;
	const float *fenced_x = copy(&call, INPUT, x, pixels * row);
	float *fenced_mean = copy(&call, OVERWRITTEN, mean, row);
	float *fenced_squares = copy(&call, OVERWRITTEN, squares, row);

	kernels->batchnorm_moments(channels, pixels, fenced_x, fenced_mean, fenced_squares);
	finish(&call);
}

void call_batchnorm_forward(const struct kernels *kernels, int channels, int pixels, const float *x,
							const float *mean, const float *scale, const float *bias, float *y)
{
	struct call call = {"batchnorm_forward", kernels->name, {{0}}, 0};
	size_t row = (size_t)channels * sizeof *x;
	const float *fenced_x = copy(&call, INPUT, x, pixels * row);
	const float *fenced_mean = copy(&call, INPUT, mean, row);
	const float *fenced_scale = copy(&call, INPUT, scale, row);
	const float *fenced_bias = copy(&call, INPUT, bias, row);
	float *fenced_y = copy(&call, OVERWRITTEN, y, pixels * row);

	kernels->batchnorm_forward(channels, pixels, fenced_x, fenced_mean, fenced_scale, fenced_bias,
							   fenced_y);
	finish(&call);
}

void call_batchnorm_sums(const struct kernels *kernels, int channels, int pixels, const float *x,
						 const float *mean, const float *dy, float *sum, float *product)
{
	struct call call = {"batchnorm_sums", kernels->name, {{0}}, 0};
	size_t row = (size_t)channels * sizeof *x;
	const float *fenced_x = copy(&call, INPUT, x, pixels * row);
	const float *fenced_mean = copy(&call, INPUT, mean, row);
	const float *fenced_dy = copy(&call, INPUT, dy, pixels * row);
	float *fenced_sum = copy(&call, OVERWRITTEN, sum, row);
	float *fenced_product = copy(&call, OVERWRITTEN, product, row);

	kernels->batchnorm_sums(channels, pixels, fenced_x, fenced_mean, fenced_dy, fenced_sum,
							fenced_product);
	finish(&call);
}

void call_batchnorm_backward(const struct kernels *kernels, int channels, int pixels,
							 const float *x, const float *mean, const float *dy, const float *scale,
							 const float *slope, const float *offset, float *dx)
{
	struct call call = {"batchnorm_backward", kernels->name, {{0}}, 0};
	size_t row = (size_t)channels * sizeof *x;
	const float *fenced_x = copy(&call, INPUT, x, pixels * row);
	const float *fenced_mean = copy(&call, INPUT, mean, row);
	const float *fenced_dy = copy(&call, INPUT, dy, pixels * row);
	const float *fenced_scale = copy(&call, INPUT, scale, row);
	const float *fenced_slope = copy(&call, INPUT, slope, row);
	const float *fenced_offset = copy(&call, INPUT, offset, row);
	float *fenced_dx = copy(&call, OVERWRITTEN, dx, pixels * row);

	kernels->batchnorm_backward(channels, pixels, fenced_x, fenced_mean, fenced_dy, fenced_scale,
								fenced_slope, fenced_offset, fenced_dx);
	finish(&call);
}

void call_dense_forward(const struct kernels *kernels, int inputs, int units, int n, const float *x,
						const float *weights, const float *bias, float *y)
{
	struct call call = {"dense_forward", kernels->name, {{0}}, 0};
	const float *fenced_x = copy(&call, INPUT, x, (size_t)n * inputs * sizeof *x);
	const float *fenced_weights =
		copy(&call, INPUT, weights, (size_t)units * inputs * sizeof *weights);
	const float *fenced_bias = copy(&call, INPUT, bias, units * sizeof *bias);
	float *fenced_y = copy(&call, OVERWRITTEN, y, (size_t)n * units * sizeof *y);

	kernels->dense_forward(inputs, units, n, fenced_x, fenced_weights, fenced_bias, fenced_y);
	finish(&call);
}

void call_dense_backward_weights(const struct kernels *kernels, int inputs, int units, int first,
								 int count, int n, const float *x, const float *dy, float *dweights,
								 float *dbias)
{
	struct call call = {"dense_backward_weights", kernels->name, {{0}}, 0};
	size_t row = (size_t)inputs;
	const float *fenced_x = copy(&call, INPUT, x, n * row * sizeof *x);
	const float *fenced_dy = copy(&call, INPUT, dy, (size_t)n * units * sizeof *dy);
	/* Only the rows in question are within the fences. */
	float *fenced_dweights =
		copy(&call, OVERWRITTEN, dweights + first * row, count * row * sizeof *dweights);
	float *fenced_dbias = copy(&call, OVERWRITTEN, dbias + first, count * sizeof *dbias);

	kernels->dense_backward_weights(inputs, units, first, count, n, fenced_x, fenced_dy,
									fenced_dweights - first * row, fenced_dbias - first,
									scratch(&call, kernels->dense_scratch_size(units, n)));
	finish(&call);
}

void call_dense_backward_input(const struct kernels *kernels, int inputs, int units, int n,
							   const float *weights, const float *dy, float *dx)
{
	struct call call = {"dense_backward_input", kernels->name, {{0}}, 0};
	const float *fenced_weights =
		copy(&call, INPUT, weights, (size_t)units * inputs * sizeof *weights);
	const float *fenced_dy = copy(&call, INPUT, dy, (size_t)n * units * sizeof *dy);
	float *fenced_dx = copy(&call, OVERWRITTEN, dx, (size_t)n * inputs * sizeof *dx);

	kernels->dense_backward_input(inputs, units, n, fenced_weights, fenced_dy, fenced_dx,
								  scratch(&call, kernels->dense_scratch_size(units, n)));
	finish(&call);
}
