/* Dense layers: Y[s][u] = bias[u] + sum over k of X[s][k] × W[u][k], where the lanes run along k,
 * so that neither weights nor inputs need another layout; backward by combine. */
#ifndef COMPUTE_SIMD_DENSE_H
#define COMPUTE_SIMD_DENSE_H

#include "compute/simd/combine.h"

#define DOT_SUMS 16
#define DOT_VECTORS (DOT_SUMS / LANES)

/* A block of 800 inputs of 8 samples, 26 KB, stays in the first-level cache while the weights of 24
 * units pass, and so do their sums. */
#define DOT_BLOCK_INPUTS 800
#define DOT_BLOCK_SAMPLES 8
#define DOT_BLOCK_UNITS 24

typedef float dot_sums[DOT_BLOCK_SAMPLES][DOT_SUMS]; /* of one unit */

/* A dot product is sixteen partial sums, whatever the vectors' width. They are added up in a fixed
 * order: those that are 4 apart, then neighbours; in vectors of four on every machine. */
typedef float vec4 __attribute__((vector_size(16)));

ALWAYS_INLINE vec4 load4(const float *p)
{
	vec4 v;

	memcpy(&v, p, sizeof v);
	return v;
}

ALWAYS_INLINE vec4 quarter_totals(const float partial[DOT_SUMS])
{
	return (load4(partial) + load4(partial + 4)) + (load4(partial + 8) + load4(partial + 12));
}

/* The totals of four units, whose partial sums are `unit` samples apart. They are not const, since
 * in C11 no pointer to an array becomes one to an array of constants. */
ALWAYS_INLINE vec4 dot_totals(float (*partial)[DOT_SUMS], ptrdiff_t unit)
{
	vec4 a = quarter_totals(partial[0]), b = quarter_totals(partial[unit]);
	vec4 c = quarter_totals(partial[2 * unit]), d = quarter_totals(partial[3 * unit]);
	vec4 t[4] = {{a[0], b[0], c[0], d[0]},
				 {a[1], b[1], c[1], d[1]},
				 {a[2], b[2], c[2], d[2]},
				 {a[3], b[3], c[3], d[3]}};

	return (t[0] + t[1]) + (t[2] + t[3]);
}

/* Adds the products of `count` inputs, a multiple of DOT_SUMS and not 0, to the partial sums; x and
 * weights have rows of `row` floats. */
ALWAYS_INLINE void dots_fixed(const int units, const int samples, int count, ptrdiff_t row,
							  const float *x, const float *weights, dot_sums *sums)
{
	vec sum[DOT_UNITS][DOT_SAMPLES][DOT_VECTORS];
	const float *end = x + count;

	UNROLL_FOR (int u = 0; u < units; u++)
		UNROLL_FOR (int s = 0; s < samples; s++)
			UNROLL_FOR (int v = 0; v < DOT_VECTORS; v++)
				sum[u][s][v] = load(&sums[u][s][v * LANES]);
	do {
		UNROLL_FOR (int v = 0; v < DOT_VECTORS; v++) {
			vec right[DOT_SAMPLES];
			UNROLL_FOR (int s = 0; s < samples; s++)
				right[s] = load(x + s * row + v * LANES);
			UNROLL_FOR (int u = 0; u < units; u++) {
				vec left = hold(load(weights + u * row + v * LANES));
				UNROLL_FOR (int s = 0; s < samples; s++)
					sum[u][s][v] = multiply_add(left, right[s], sum[u][s][v]);
			}
		}
		x += DOT_SUMS;
		weights += DOT_SUMS;
	} while (x < end);
	UNROLL_FOR (int u = 0; u < units; u++)
		UNROLL_FOR (int s = 0; s < samples; s++)
			UNROLL_FOR (int v = 0; v < DOT_VECTORS; v++)
				store(&sums[u][s][v * LANES], sum[u][s][v]);
}

/* dots_fixed for all units and samples of a block. */
static void dots_block(int units, int n, int count, ptrdiff_t row, const float *x,
					   const float *weights, dot_sums *sums)
{
	for (int u = 0, us; u < units; u += us) {
		us = units - u >= DOT_UNITS ? DOT_UNITS : 1;
		for (int s = 0, ss; s < n; s += ss) {
			const float *xs = x + s * row, *ws = weights + u * row;
			dot_sums *at = (dot_sums *)&sums[u][s];
			ss = us == DOT_UNITS && n - s >= DOT_SAMPLES ? DOT_SAMPLES : 1;
			if (us < DOT_UNITS)
				dots_fixed(1, 1, count, row, xs, ws, at);
			else if (ss < DOT_SAMPLES)
				dots_fixed(DOT_UNITS, 1, count, row, xs, ws, at);
			else
				dots_fixed(DOT_UNITS, DOT_SAMPLES, count, row, xs, ws, at);
		}
	}
}

/* The last inputs, fewer than DOT_SUMS, filled up with zeros. */
static void dots_rest(int units, int n, int count, ptrdiff_t row, const float *x,
					  const float *weights, dot_sums *sums)
{
	float left[DOT_BLOCK_UNITS][DOT_SUMS] = {0}, right[DOT_BLOCK_SAMPLES][DOT_SUMS] = {0};

	for (int u = 0; u < units; u++)
		memcpy(left[u], weights + u * row, (size_t)count * sizeof(float));
	for (int s = 0; s < n; s++)
		memcpy(right[s], x + s * row, (size_t)count * sizeof(float));
	dots_block(units, n, DOT_SUMS, DOT_SUMS, right[0], left[0], sums);
}

static void dense_block(int inputs, int units, int n, const float *x, const float *weights,
						const float *bias, float *y, ptrdiff_t y_row)
{
	int whole = inputs / DOT_SUMS * DOT_SUMS;
	dot_sums sums[DOT_BLOCK_UNITS];

	memset(sums, 0, round_up(units, 4) * sizeof *sums);
	for (int k = 0; k < whole; k += DOT_BLOCK_INPUTS)
		dots_block(units, n, least(DOT_BLOCK_INPUTS, whole - k), inputs, x + k, weights + k, sums);
	if (whole < inputs)
		dots_rest(units, n, inputs - whole, inputs, x + whole, weights + whole, sums);
	for (int s = 0; s < n; s++) {
		for (int u = 0; u < units; u += 4) {
			vec4 sum = load4(bias + u) + dot_totals(&sums[u][s], DOT_BLOCK_SAMPLES);
			memcpy(y + s * y_row + u, &sum, least(4, units - u) * sizeof *y);
		}
	}
}

static void dense_forward(int inputs, int units, int n, const float *x, const float *weights,
						  const float *bias, float *y)
{
	for (int u = 0; u < units; u += DOT_BLOCK_UNITS)
		for (int s = 0; s < n; s += DOT_BLOCK_SAMPLES)
			dense_block(inputs, least(DOT_BLOCK_UNITS, units - u), least(DOT_BLOCK_SAMPLES, n - s),
						x + (ptrdiff_t)s * inputs, weights + (ptrdiff_t)u * inputs, bias + u,
						y + (ptrdiff_t)s * units + u, units);
}

#define INPUT_UNITS 64 /* at once, backward */

struct dense_lists {
	struct list *lists;
	struct term *terms;
	int used; /* of the terms */
};

static struct dense_lists dense_place(size_t lists, size_t terms, struct arena *arena)
{
	struct dense_lists l = {0};

	l.lists = arena_take(arena, lists, sizeof *l.lists);
	/* + 1: a term of 0 is written behind the others, and then not counted. */
	l.terms = arena_take(arena, terms + 1, sizeof *l.terms);
	return l;
}

static size_t dense_scratch_size(int units, int n)
{
	struct arena arena = {0};

	const size_t per_sample = divide_up(units, INPUT_UNITS) * (size_t)n;

	dense_place(per_sample > (size_t)units ? per_sample : (size_t)units, (size_t)units * n, &arena);
	return arena.too_large ? PTRDIFF_MAX : arena.used;
}

/* The sum of g[i] × row i for first ≤ i < end as a list: gradient i is at dy[i step]. */
ALWAYS_INLINE struct list dense_list(struct dense_lists *l, const float *dy, ptrdiff_t step,
									 int first, int end, int row, ptrdiff_t target)
{
	int used = l->used;

	for (int i = first; i < end; i++) {
		float g = dy[i * step];
		l->terms[used] = (struct term){g, i * row};
		used += g != 0;
	}
	struct list list = {l->used, used, target};
	l->used = used;
	return list;
}

/* dweights[u] = sum over samples of dy[s][u] x[s], for the units from `first` on. */
static void dense_backward_weights(int inputs, int units, int first, int count, int n,
								   const float *x, const float *dy, float *dweights, float *dbias,
								   void *scratch)
{
	struct dense_lists l = dense_place(count, count * n, &(struct arena){.base = scratch});

	for (int u = first; u < first + count; u++) {
		struct list list = dense_list(&l, dy + u, units, 0, n, inputs, (ptrdiff_t)u * inputs);
		dbias[u] = 0;
		for (int i = list.first; i < list.end; i++)
			dbias[u] += l.terms[i].g;
		l.lists[u - first] = list;
	}
	/* clang-format off */
	combine(&(struct combine){.lists = l.lists, .list_count = count, .terms = l.terms,
							  .x = x, .y = dweights, .overwrite = true}, 1, inputs);
	/* clang-format on */
}

/* dx[s] = sum over units of dy[s][u] weights[u]. For all samples, the lists of some units come
 * before those of the next ones: so these units' weights are still in the cache. */
static void dense_backward_input(int inputs, int units, int n, const float *weights,
								 const float *dy, float *dx, void *scratch)
{
	int lists = divide_up(units, INPUT_UNITS) * n;
	struct dense_lists l = dense_place(lists, units * n, &(struct arena){.base = scratch});

	for (int i = 0; i < lists; i++) {
		int first = i / n * INPUT_UNITS, s = i % n;
		l.lists[i] = dense_list(&l, dy + (ptrdiff_t)s * units, 1, first,
								least(units, first + INPUT_UNITS), inputs, (ptrdiff_t)s * inputs);
	}
	memset(dx, 0, (size_t)n * inputs * sizeof *dx);
	/* clang-format off */
	combine(&(struct combine){.lists = l.lists, .list_count = lists, .terms = l.terms,
							  .x = weights, .y = dx}, 1, inputs);
	/* clang-format on */
}

#endif
