/* Dense layers: Y[s][u] = bias[u] + sum over k of X[s][k] × W[u][k], where the lanes run along k,
 * so that neither weights nor inputs need another layout; backward by combine. */
#ifndef COMPUTE_SIMD_DENSE_H
#define COMPUTE_SIMD_DENSE_H

#include "compute/simd/combine.h"

#define DOT_LANES 16
#define DOT_VECTORS (DOT_LANES / LANES)

/* The sixteen partial sums of a dot product, added up in a fixed order. */
ALWAYS_INLINE float dot_total(const vec *sum)
{
	float lanes[DOT_LANES], four[4];

	memcpy(lanes, sum, sizeof lanes);
	for (int i = 0; i < 4; i++)
		four[i] = (lanes[i] + lanes[i + 4]) + (lanes[i + 8] + lanes[i + 12]);
	return (four[0] + four[1]) + (four[2] + four[3]);
}

ALWAYS_INLINE void dots_fixed(const int units, const int samples, int inputs, const float *x,
							  const float *weights, const float *bias, float *y, ptrdiff_t y_row)
{
	vec sum[DOT_UNITS][DOT_SAMPLES][DOT_VECTORS] = {0};
	int whole = inputs / DOT_LANES * DOT_LANES;

	for (int k = 0; k < whole; k += DOT_LANES) {
		UNROLL for (int v = 0; v < DOT_VECTORS; v++) {
			vec right[DOT_SAMPLES];
			UNROLL for (int s = 0; s < samples; s++)
				right[s] = load(x + (ptrdiff_t)s * inputs + k + v * LANES);
			UNROLL for (int u = 0; u < units; u++) {
				vec left = load(weights + (ptrdiff_t)u * inputs + k + v * LANES);
				UNROLL for (int s = 0; s < samples; s++)
					sum[u][s][v] = multiply_add(left, right[s], sum[u][s][v]);
			}
		}
	}
	UNROLL for (int u = 0; u < units; u++) {
		UNROLL for (int s = 0; s < samples; s++) {
			if (whole < inputs) {
				float left[DOT_LANES] = {0}, right[DOT_LANES] = {0};
				size_t rest = (size_t)(inputs - whole) * sizeof *left;
				memcpy(left, weights + (ptrdiff_t)u * inputs + whole, rest);
				memcpy(right, x + (ptrdiff_t)s * inputs + whole, rest);
				UNROLL for (int v = 0; v < DOT_VECTORS; v++)
					sum[u][s][v] = multiply_add(load(left + v * LANES), load(right + v * LANES),
												sum[u][s][v]);
			}
			y[s * y_row + u] = bias[u] + dot_total(sum[u][s]);
		}
	}
}

static __attribute__((noinline)) void dots_full(int inputs, const float *x, const float *weights,
												const float *bias, float *y, ptrdiff_t y_row)
{
	dots_fixed(DOT_UNITS, DOT_SAMPLES, inputs, x, weights, bias, y, y_row);
}

static __attribute__((noinline)) void dots_one(int inputs, const float *x, const float *weights,
											   const float *bias, float *y, ptrdiff_t y_row)
{
	dots_fixed(1, 1, inputs, x, weights, bias, y, y_row);
}

/* Blocks of units outside: their weights stay in the first-level cache while all samples pass. */
static void dense_forward(int inputs, int units, int n, const float *x, const float *weights,
						  const float *bias, float *y)
{
	for (int u = 0; u < units; u += DOT_UNITS) {
		for (int s = 0; s < n; s += DOT_SAMPLES) {
			int us = least(DOT_UNITS, units - u), ss = least(DOT_SAMPLES, n - s);
			if (us == DOT_UNITS && ss == DOT_SAMPLES) {
				dots_full(inputs, x + (ptrdiff_t)s * inputs, weights + (ptrdiff_t)u * inputs,
						  bias + u, y + (ptrdiff_t)s * units + u, units);
				continue;
			}
			for (int i = u; i < u + us; i++)
				for (int j = s; j < s + ss; j++)
					dots_one(inputs, x + (ptrdiff_t)j * inputs, weights + (ptrdiff_t)i * inputs,
							 bias + i, y + (ptrdiff_t)j * units + i, units);
		}
	}
}

static size_t dense_scratch_size(int units, int n)
{
	return ((size_t)units + n) * sizeof(struct list) +
		   ((size_t)units * n + 1) * sizeof(struct term); /* + 1: written to, then not counted */
}

/* dweights[u] = sum over samples of dy[s][u] x[s], for the units from `first` on. */
static void dense_backward_weights(int inputs, int units, int first, int count, int n,
								   const float *x, const float *dy, float *dweights, float *dbias,
								   void *scratch)
{
	struct list *lists = scratch;
	struct term *terms = (struct term *)(lists + count);
	int used = 0;

	for (int u = 0; u < count; u++) {
		float sum = 0;
		lists[u] = (struct list){used, 0, (ptrdiff_t)(first + u) * inputs};
		for (int s = 0; s < n; s++) {
			float g = dy[(ptrdiff_t)s * units + first + u];
			terms[used] = (struct term){g, s * inputs};
			used += g != 0;
			sum += g;
		}
		lists[u].count = used - lists[u].first;
		dbias[first + u] = sum;
	}
	combine(&(struct combine){.lists = lists, .list_count = count, .terms = terms, .x = x,
							  .y = dweights, .overwrite = true}, 1, inputs);
}

/* dx[s] = sum over units of dy[s][u] weights[u] */
static void dense_backward_input(int inputs, int units, int n, const float *weights,
								 const float *dy, float *dx, void *scratch)
{
	struct list *lists = scratch;
	struct term *terms = (struct term *)(lists + n);
	int used = 0;

	for (int s = 0; s < n; s++) {
		lists[s] = (struct list){used, 0, (ptrdiff_t)s * inputs};
		for (int u = 0; u < units; u++) {
			float g = *dy++;
			terms[used] = (struct term){g, u * inputs};
			used += g != 0;
		}
		lists[s].count = used - lists[s].first;
	}
	combine(&(struct combine){.lists = lists, .list_count = n, .terms = terms, .x = weights,
							  .y = dx, .overwrite = true}, 1, inputs);
}

#endif
