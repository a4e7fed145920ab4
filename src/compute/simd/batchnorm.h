/* The sums of batch normalization: lanes run along channels, sums along pixels, [pixels][channels].
 * Several vectors of channels go through the pixels together, since each sum waits for its own last
 * addition. */
#ifndef COMPUTE_SIMD_BATCHNORM_H
#define COMPUTE_SIMD_BATCHNORM_H

#include "compute/kernels.h"
#include "compute/simd/vec.h"

#define NORM_VECTORS (32 / LANES)

/* `width` channels from `first` on, in `vectors` vectors: the mean, and then the deviations from
 * it, whose own mean makes up for the first one's rounding. */
ALWAYS_INLINE void norm_moments(const int vectors, int first, int width, int channels, int pixels,
								const float *x, float *mean, float *squares)
{
	vec sum[NORM_VECTORS] = {{0}}, rest[NORM_VECTORS] = {{0}}, square[NORM_VECTORS] = {{0}};
	vec count = splat((float)pixels);

	x += first;
	for (int p = 0; p < pixels; p++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			sum[v] += load_first(x + (ptrdiff_t)p * channels + v * LANES, width - v * LANES);
	UNROLL_FOR (int v = 0; v < vectors; v++)
		sum[v] /= count;
	for (int p = 0; p < pixels; p++)
		UNROLL_FOR (int v = 0; v < vectors; v++) {
			vec d = load_first(x + (ptrdiff_t)p * channels + v * LANES, width - v * LANES) - sum[v];
			rest[v] += d;
			square[v] = multiply_add(d, d, square[v]);
		}
	UNROLL_FOR (int v = 0; v < vectors; v++) {
		int c = first + v * LANES;
		store_first(mean + c, sum[v] + rest[v] / count, width - v * LANES);
		store_first(squares + c, square[v], width - v * LANES);
	}
}

ALWAYS_INLINE void norm_sums(const int vectors, int first, int width, int channels, int pixels,
							 const float *x, const float *mean, const float *dy, float *sums,
							 float *products)
{
	vec center[NORM_VECTORS], sum[NORM_VECTORS] = {{0}}, product[NORM_VECTORS] = {{0}};

	UNROLL_FOR (int v = 0; v < vectors; v++)
		center[v] = load(mean + first + v * LANES);
	for (int p = 0; p < pixels; p++)
		UNROLL_FOR (int v = 0; v < vectors; v++) {
			ptrdiff_t at = (ptrdiff_t)p * channels + first + v * LANES;
			vec g = load_first(dy + at, width - v * LANES);
			sum[v] += g;
			product[v] =
				multiply_add(g, load_first(x + at, width - v * LANES) - center[v], product[v]);
		}
	UNROLL_FOR (int v = 0; v < vectors; v++) {
		int c = first + v * LANES;
		store_first(sums + c, sum[v], width - v * LANES);
		store_first(products + c, product[v], width - v * LANES);
	}
}

static void batchnorm_moments(int channels, int pixels, const float *x, float *mean, float *squares)
{
	int c = 0;

	for (; c + NORM_VECTORS * LANES <= channels; c += NORM_VECTORS * LANES)
		norm_moments(NORM_VECTORS, c, NORM_VECTORS * LANES, channels, pixels, x, mean, squares);
	for (; c < channels; c += LANES)
		norm_moments(1, c, channels - c, channels, pixels, x, mean, squares);
}

static void batchnorm_sums(int channels, int pixels, const float *x, const float *mean,
						   const float *dy, float *sum, float *product)
{
	int c = 0;

	for (; c + NORM_VECTORS * LANES <= channels; c += NORM_VECTORS * LANES)
		norm_sums(NORM_VECTORS, c, NORM_VECTORS * LANES, channels, pixels, x, mean, dy, sum,
				  product);
	for (; c < channels; c += LANES)
		norm_sums(1, c, channels - c, channels, pixels, x, mean, dy, sum, product);
}

#endif
