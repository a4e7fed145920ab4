/* Convolution backward: its memory, and the choice between four ways.
 *
 * Behind max-pooling most of dy is zero, and lists of terms are the fastest (sparse.h). Behind
 * batch normalization hardly anything is zero: then Winograd's form (winograd.h) or dense tiles
 * (full.h) are. A window's rows of few channels are shorter than a vector; there the lanes run
 * along filters for the filters' gradient (narrow.h). */
#ifndef COMPUTE_SIMD_BACKWARD_H
#define COMPUTE_SIMD_BACKWARD_H

#include "compute/simd/full.h"
#include "compute/simd/narrow.h"
#include "compute/simd/sparse.h"
#include "compute/simd/winograd.h"

/* Samples whose terms share a list: with more of them images leave the cache, with fewer dfilters
 * is loaded more often. */
#define LIST_SAMPLES 2
#define FEW_CHANNELS 4
#define DENSE_CHANNELS 8
#define BIAS_VECTORS 2 /* at once, since each addition waits for the one before */

static void add_transposed(const struct window *w, int filter, const float *sums, float *dfilters)
{
	for (int f = 0; f < w->filters; f++)
		for (int k = 0; k < filter; k++)
			dfilters[(ptrdiff_t)f * filter + k] += sums[(ptrdiff_t)k * w->filters + f];
}

ALWAYS_INLINE void bias_gradient_fixed(const int vectors, int filters, int count, const float *dy,
									   const uint8_t *place_of_max, float *dbias, int f)
{
	vec sum[BIAS_VECTORS];

	UNROLL_FOR (int v = 0; v < vectors; v++)
		sum[v] = load(dbias + f + v * LANES);
	for (ptrdiff_t i = f; i < (ptrdiff_t)count * filters; i += filters) {
		UNROLL_FOR (int v = 0; v < vectors; v++) {
			vec g = load(dy + i + v * LANES);
			if (place_of_max) {
				ivec passes = load_bytes(place_of_max + i + v * LANES) < PLACE_NONE;
				g = (vec)(passes & (ivec)g);
			}
			sum[v] += g;
		}
	}
	UNROLL_FOR (int v = 0; v < vectors; v++)
		store_first(dbias + f + v * LANES, sum[v], filters - f - v * LANES);
}

static void add_bias_gradient(const struct window *w, int count, const float *dy,
							  const uint8_t *place_of_max, float *dbias)
{
	int f = 0;

	for (; f + BIAS_VECTORS * LANES <= w->filters; f += BIAS_VECTORS * LANES)
		bias_gradient_fixed(BIAS_VECTORS, w->filters, count, dy, place_of_max, dbias, f);
	for (; f < w->filters; f += LANES)
		bias_gradient_fixed(1, w->filters, count, dy, place_of_max, dbias, f);
}

/* One backward call, and its scratch memory; the sparse and the dense way use the same. dy is
 * [pixel][filter], or [window][filter] with the places of the largest. */
struct backward {
	const float *x, *filters, *turned, *dy;
	const uint8_t *place_of_max;
	float *dfilters, *dx;
	size_t in, out; /* floats of a sample of x, of dy */

	struct plane plane;
	int samples;    /* samples at once */
	size_t image;   /* floats of a copied plane, or 0 */
	float *planes;  /* copies of x, one for each of them */
	float *dplanes; /* their gradients */
	float *sums;    /* [filter][filters] */
	float *all;     /* dy of all pixels */
	struct lists lists;
	struct arena rest; /* the memory of the lists, or of Winograd's form */
};

static struct backward backward_place(const struct window *w, int n, struct arena *arena)
{
	struct backward b = {.plane = plane_of(w, w->out_h, w->out_w),
						 .samples = least(n, LIST_SAMPLES)};
	bool few = w->channels < FEW_CHANNELS;
	size_t sums = few ? (size_t)b.plane.filter * w->filters : 0;
	size_t all = few ? (size_t)b.plane.pixels * w->filters : 0;

	b.image = plane_size(&b.plane) / sizeof(float);
	b.planes = arena_take(arena, b.samples * b.image, sizeof(float));
	b.dplanes = arena_take(arena, b.samples * b.image, sizeof(float));
	b.sums = arena_take(arena, sums, sizeof(float));
	b.all = arena_take(arena, all, sizeof(float));
	struct arena sparse = *arena, dense = *arena;
	b.rest = dense;
	b.lists = lists_place(w, b.plane.pixels * b.samples, &sparse);
	if (uses_winograd(w)) {
		struct window adjoint = winograd_adjoint(w);
		winograd_place_gradient(w, n, &dense);
		winograd_place(&adjoint, n, &dense);
	}
	arena->used = dense.used > sparse.used ? dense.used : sparse.used;
	arena->too_large = dense.too_large || sparse.too_large;
	return b;
}

/* By Winograd's form or dense tiles, from all of dy. */
static void backward_dense(const struct window *w, const struct backward *b, int n)
{
	const struct plane *p = &b->plane;
	struct arena arena = b->rest;

	if (uses_winograd(w)) {
		struct window adjoint = winograd_adjoint(w);
		winograd_filters_gradient(w, n, b->x, b->dy, b->dfilters, &arena);
		if (b->dx)
			winograd_forward(&adjoint, n, b->dy, b->turned, NULL, false, b->dx, NULL, &arena);
		return;
	}
	for (int s = 0; s < n; s++) {
		const float *x = b->x + s * b->in, *dy = b->dy + s * b->out;
		float *dx = b->dx ? b->dx + s * b->in : NULL;
		filters_dense(w, p, plane_fill(w, p, x, b->planes), dy, b->dfilters);
		if (!dx)
			continue;
		float *target = p->copied ? b->dplanes : dx;
		memset(target, 0, (size_t)p->h * p->row * sizeof *target);
		input_dense(w, p, dy, b->filters, target);
		if (p->copied)
			plane_take(w, p, target, dx);
	}
}

/* By lists, for `count` samples from `first` on. */
static void backward_sparse(const struct window *w, const struct backward *b, int first, int count)
{
	const struct plane *p = &b->plane;
	struct lists lists = b->lists;
	size_t image = p->copied ? b->image : b->in;
	float *target = p->copied || !b->dx ? b->dplanes : b->dx + first * b->in;

	for (int f = 0; f < w->filters; f++) {
		int begin = f * p->pixels * b->samples;
		lists.filters[f] = (struct list){begin, begin, (ptrdiff_t)f * p->filter};
	}
	for (int s = 0; s < count; s++) {
		plane_fill(w, p, b->x + (first + s) * b->in, b->planes + s * b->image);
		lists_add_sample(&lists, w, p, b->dy + (first + s) * b->out,
						 b->place_of_max ? b->place_of_max + (first + s) * b->out : NULL,
						 (int)(s * image), lists.pixels + s * p->pixels);
	}
	if (b->dx) {
		memset(target, 0, count * image * sizeof *target);
		input_sparse(w, p, &lists, count * p->pixels, b->filters, target);
		for (int s = 0; s < count && p->copied; s++)
			plane_take(w, p, target + s * image, b->dx + (first + s) * b->in);
	}
	if (w->channels >= FEW_CHANNELS)
		filters_sparse(w, p, &lists, p->copied ? b->planes : b->x + first * b->in, b->dfilters);
}

/* The filters' gradient alone, where there are few channels. */
static void backward_narrow(const struct window *w, const struct backward *b, int first, int count)
{
	for (int s = first; s < first + count; s++) {
		const float *dy = b->dy + s * b->out;
		const float *image = plane_fill(w, &b->plane, b->x + s * b->in, b->planes);
		if (!b->place_of_max) {
			filters_narrow(w, &b->plane, image, dy, b->sums);
			continue;
		}
		const uint8_t *places = b->place_of_max + s * b->out;
		if (has_filters_pooled(w)) {
			filters_pooled(w, &b->plane, image, dy, places, b->sums);
		} else {
			spread(w, dy, places, b->all);
			filters_narrow(w, &b->plane, image, b->all, b->sums);
		}
	}
}

/* Are so few of the gradients zero that passing over them costs more than it saves? With the shares
 * below, both ways took the same time. */
static bool is_dense(const struct window *w, ptrdiff_t count, const float *dy)
{
	double share = uses_winograd(w) ? 0.3 : 0.8;
	ivec zeros = {0};
	int32_t total = 0;

	if (w->channels < DENSE_CHANNELS)
		return false;
	for (ptrdiff_t i = 0; i + LANES <= count; i += LANES)
		zeros -= load(dy + i) == 0;
	for (int lane = 0; lane < LANES; lane++)
		total += zeros[lane];
	for (ptrdiff_t i = count / LANES * LANES; i < count; i++)
		total += dy[i] == 0;
	return (double)total < (1 - share) * (double)count;
}

static void conv_gradients(const struct window *w, int n, const float *x, const float *filters,
						   const float *turned, const float *dy, const uint8_t *place_of_max,
						   float *dfilters, float *dbias, float *dx, void *scratch)
{
	struct backward b = backward_place(w, n, &(struct arena){.base = scratch});
	int gradients = place_of_max ? b.plane.pixels / 4 : b.plane.pixels;
	bool few = w->channels < FEW_CHANNELS;

	b.x = x;
	b.filters = filters;
	b.turned = turned;
	b.dy = dy;
	b.place_of_max = place_of_max;
	b.dfilters = dfilters;
	b.dx = dx;
	b.in = (size_t)w->in_h * w->in_w * w->channels;
	b.out = (size_t)gradients * w->filters;
	add_bias_gradient(w, n * gradients, dy, place_of_max, dbias);
	if (!place_of_max && is_dense(w, (ptrdiff_t)(n * b.out), dy)) {
		backward_dense(w, &b, n);
		return;
	}
	if (few)
		memset(b.sums, 0, (size_t)b.plane.filter * w->filters * sizeof *b.sums);
	for (int first = 0; first < n; first += b.samples) {
		int count = least(b.samples, n - first);
		if (few)
			backward_narrow(w, &b, first, count);
		if (!few || dx)
			backward_sparse(w, &b, first, count);
	}
	if (few)
		add_transposed(w, b.plane.filter, b.sums, dfilters);
}

#endif
