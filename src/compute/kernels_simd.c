/* The fast kernels: one source, compiled once for each instruction set.
 *
 * Three loops, each in a header of its own, do nearly all of the multiplying.
 *   tile     C[m][n] += sum over k of A(m, k) × B[k][n]   dense; the lanes run along n
 *   combine  y += sum over j of g[j] × row[j]             sparse; the lanes run along the rows
 *   dots     Y[s][u] = sum over k of X[s][k] × W[u][k]    the lanes run along k
 * A convolution's forward pass is tiles, directly or in Winograd's form. Backward passes combine
 * rows where the gradient is sparse, and are tiles like those forward where it is dense. A first
 * layer, of one channel, has loops of its own (direct.h, narrow.h).
 *
 * Every sum is a chain of multiply-adds, or of such chains, in an order that does not depend on
 * LANES, so that all instruction sets with a fused multiply-add give the same bits. */
#include "compute/kernels.h"

#include "compute/channelwise.h"
#include "compute/elementwise.h"
#include "compute/simd/backward.h"
#include "compute/simd/batchnorm.h"
#include "compute/simd/dense.h"
#include "compute/simd/direct.h"
#include "compute/simd/maxpool.h"
#include "compute/simd/winograd.h"

/* ---- convolution ---- */

/* In Winograd's form the filters follow as the adjoint wants them. */
static size_t conv_prepared_size(const struct window *w, bool backward)
{
	size_t columns = round_up((size_t)w->filters, LANES);
	struct window adjoint = winograd_adjoint(w);

	if (!uses_winograd(w))
		return columns * w->size * w->size * w->channels * sizeof(float);
	return winograd_filters_size(w) + (backward ? winograd_filters_size(&adjoint) : 0);
}

static void conv_prepare(const struct window *w, bool backward, const float *filters, int first,
						 int count, void *prepared)
{
	struct window adjoint = winograd_adjoint(w);
	ptrdiff_t filter = (ptrdiff_t)9 * w->channels;
	float *to = prepared;

	if (!uses_winograd(w)) {
		pack_filters(w->size * w->size * w->channels, filters, first, count, prepared);
		return;
	}
	filters += first * filter;
	winograd_filters(w, filters, (struct filter_strides){filter, w->channels, 1}, count,
					 w->channels, to + first / BLOCK * PLACES * filters_place(w));
	if (backward)
		winograd_filters(&adjoint, filters + 8 * w->channels,
						 (struct filter_strides){1, -w->channels, filter}, w->channels, count,
						 to + winograd_filters_size(w) / sizeof *to + first * BLOCK);
}

static void conv_run(const struct window *w, int n, const float *x, const void *prepared,
					 const float *bias, bool relu, float *y, uint8_t *place_of_max, void *scratch)
{
	if (uses_winograd(w)) {
		winograd_forward(w, n, x, prepared, bias, relu, y, place_of_max,
						 &(struct arena){.base = scratch});
		return;
	}
	size_t in = (size_t)w->in_h * w->in_w * w->channels;
	size_t out = (size_t)w->out_h * w->out_w * w->filters / (place_of_max ? 4 : 1);
	struct plane p = plane_of(w, w->out_h, w->out_w);

	for (int s = 0; s < n; s++, x += in, y += out) {
		const float *image = plane_fill(w, &p, x, scratch);
		if (place_of_max) {
			direct_pool(w, &p, image, prepared, bias, relu, y, place_of_max);
			place_of_max += out;
		} else {
			direct_rows(w, &p, image, prepared, bias, y);
		}
	}
}

static void conv_forward(const struct window *w, int n, const float *x, const float *filters,
						 const void *prepared, const float *bias, float *y, void *scratch)
{
	(void)filters;
	conv_run(w, n, x, prepared, bias, false, y, NULL, scratch);
}

static void conv_pool_forward(const struct window *w, int n, const float *x, const float *filters,
							  const void *prepared, const float *bias, bool relu, float *y,
							  uint8_t *place_of_max, void *scratch)
{
	(void)filters;
	conv_run(w, n, x, prepared, bias, relu, y, place_of_max, scratch);
}

static size_t conv_scratch_size(const struct window *w, int n)
{
	struct plane p = plane_of(w, w->out_h, w->out_w);
	struct arena backward = {0}, forward = {0};

	backward_place(w, n, &backward);
	if (uses_winograd(w))
		winograd_place(w, n, &forward);
	else
		arena_take(&forward, plane_size(&p), 1);
	if (backward.too_large || forward.too_large)
		return PTRDIFF_MAX; /* which no executor finds room for */
	return (backward.used > forward.used ? backward.used : forward.used) + KERNELS_SLACK;
}

static void conv_backward(const struct window *w, int n, const float *x, const float *filters,
						  const void *prepared, const float *dy, float *dfilters, float *dbias,
						  float *dx, void *scratch)
{
	const float *turned = NULL;

	if (uses_winograd(w))
		turned = (const float *)((const char *)prepared + winograd_filters_size(w));
	conv_gradients(w, n, x, filters, turned, dy, NULL, dfilters, dbias, dx, scratch);
}

static void conv_pool_backward(const struct window *w, int n, const float *x, const float *filters,
							   const float *dy, const uint8_t *place_of_max, float *dfilters,
							   float *dbias, float *dx, void *scratch)
{
	conv_gradients(w, n, x, filters, NULL, dy, place_of_max, dfilters, dbias, dx, scratch);
}

const struct kernels KERNELS_TABLE = {
	.name = KERNELS_NAME,
#define KERNEL(result, function, ...) .function = function,
#include "compute/kernels.def"
};
