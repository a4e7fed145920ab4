/* The sums of batch normalization: lanes run along channels, sums along pixels. Several vectors of
 * channels go through all pixels together, so that the sums stay in registers. */
#ifndef COMPUTE_SIMD_BATCHNORM_H
#define COMPUTE_SIMD_BATCHNORM_H

#include "compute/kernels.h"
#include "compute/simd/vec.h"

#define NORM_VECTORS 4

/* The arguments of either kernel, and the channel that a block begins with. */
struct norm {
	int channels, pixels, first;
	const float *x, *dy; /* [pixels][channels] */
	const float *mean;   /* and the results: by channel */
	float *sum, *product;
};

ALWAYS_INLINE ptrdiff_t norm_at(const struct norm *n, int pixel, int vector)
{
	return (ptrdiff_t)pixel * n->channels + n->first + vector * LANES;
}

ALWAYS_INLINE void norm_store(const struct norm *n, float *to, int vector, vec value)
{
	int c = n->first + vector * LANES;

	store_part(to + c, value, n->channels - c);
}

/* Two passes: the mean; then the deviations from it, whose own mean corrects it. */
ALWAYS_INLINE void norm_moments(const int vectors, const struct norm *n)
{
	vec mean[NORM_VECTORS] = {{0}}, rest[NORM_VECTORS] = {{0}}, square[NORM_VECTORS] = {{0}};
	vec count = splat((float)n->pixels);

	for (int p = 0; p < n->pixels; p++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			mean[v] += load(n->x + norm_at(n, p, v));
	UNROLL_FOR (int v = 0; v < vectors; v++)
		mean[v] /= count;
	for (int p = 0; p < n->pixels; p++)
		UNROLL_FOR (int v = 0; v < vectors; v++) {
			vec d = load(n->x + norm_at(n, p, v)) - mean[v];
			rest[v] += d;
			square[v] = multiply_add(d, d, square[v]);
		}
	UNROLL_FOR (int v = 0; v < vectors; v++) {
		norm_store(n, n->sum, v, mean[v] + rest[v] / count);
		norm_store(n, n->product, v, square[v]);
	}
}

ALWAYS_INLINE void norm_sums(const int vectors, const struct norm *n)
{
	vec mean[NORM_VECTORS], sum[NORM_VECTORS] = {{0}}, product[NORM_VECTORS] = {{0}};

	UNROLL_FOR (int v = 0; v < vectors; v++)
		mean[v] = load(n->mean + n->first + v * LANES);
	for (int p = 0; p < n->pixels; p++)
		UNROLL_FOR (int v = 0; v < vectors; v++) {
			vec dy = load(n->dy + norm_at(n, p, v));
			sum[v] += dy;
			product[v] = multiply_add(dy, load(n->x + norm_at(n, p, v)) - mean[v], product[v]);
		}
	UNROLL_FOR (int v = 0; v < vectors; v++) {
		norm_store(n, n->sum, v, sum[v]);
		norm_store(n, n->product, v, product[v]);
	}
}

/* Blocks of 4, 2 or 1 vectors, each of which begins with a channel that there is. */
#define NORM(KERNEL)                                                                               \
	static __attribute__((noinline)) void KERNEL##_4(const struct norm *n)                         \
	{                                                                                              \
		KERNEL(4, n);                                                                              \
	}                                                                                              \
	static __attribute__((noinline)) void KERNEL##_2(const struct norm *n)                         \
	{                                                                                              \
		KERNEL(2, n);                                                                              \
	}                                                                                              \
	static __attribute__((noinline)) void KERNEL##_1(const struct norm *n)                         \
	{                                                                                              \
		KERNEL(1, n);                                                                              \
	}                                                                                              \
	static void KERNEL##_all(struct norm n)                                                        \
	{                                                                                              \
		for (int left; (left = n.channels - n.first) > 0;) {                                       \
			int vectors = left > 3 * LANES ? 4 : left > LANES ? 2 : 1;                             \
			(vectors == 4 ? KERNEL##_4 : vectors == 2 ? KERNEL##_2 : KERNEL##_1)(&n);              \
			n.first += vectors * LANES;                                                            \
		}                                                                                          \
	}
NORM(norm_moments)
NORM(norm_sums)

static void batchnorm_moments(int channels, int pixels, const float *x, float *mean, float *squares)
{
	norm_moments_all((struct norm){
		.channels = channels, .pixels = pixels, .x = x, .sum = mean, .product = squares});
}

static void batchnorm_sums(int channels, int pixels, const float *x, const float *mean,
						   const float *dy, float *sum, float *product)
{
	norm_sums_all((struct norm){.channels = channels,
								.pixels = pixels,
								.x = x,
								.mean = mean,
								.dy = dy,
								.sum = sum,
								.product = product});
}

#endif
