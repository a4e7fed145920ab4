/* Kernels that treat each element alone. Compilers turn such loops into vector instructions by
 * themselves, and there is no order of summation, so all tables share these sources: each compiles
 * them for its own instruction set. Hence they are static, in a header. */
#ifndef COMPUTE_ELEMENTWISE_H
#define COMPUTE_ELEMENTWISE_H

#include <math.h>
#include <string.h>

#include "compute/kernels.h"

/* A loop whose turns have nothing to do with each other, even where y is x. Without being told so,
 * Clang asks whether buffers overlap, and takes the elements one by one where they do. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed" /* a sanitizer may want something between turns */
#define EACH_FOR _Pragma("clang loop vectorize(assume_safety)") for
#elif defined(__GNUC__)
#define EACH_FOR _Pragma("GCC ivdep") for
#else
#define EACH_FOR for
#endif

static void relu_forward(size_t count, const float *x, float *y)
{
	EACH_FOR (size_t i = 0; i < count; i++)
		y[i] = x[i] < 0 ? 0 : x[i];
}

static void relu_backward(size_t count, const float *y, const float *dy, float *dx)
{
	EACH_FOR (size_t i = 0; i < count; i++)
		dx[i] = y[i] > 0 ? dy[i] : 0;
}

/* e^x = scale × (1 + excess) for x ≤ 0; the excess, which is returned, is as precise near 0 as x
 * is. Below -87 the result is that of -87, and NaN gives NaN. With x = n ln 2 + r and |r| ≤ ln 2 /
 * 2, the scale is 2^n and the excess is e^r - 1: Taylor's series to r^7, whose next term is below
 * 2^-26 r. */
static inline float exp_split(float x, float *scale)
{
	const float shift = 0x1.8p23f; /* added to a small number, leaves its nearest integer */
	const float ln2_high = 0x1.63p-1f, ln2_low = -0x1.bd0106p-13f; /* n × ln2_high is exact */

	x = x < -87 ? -87 : x;
	float shifted = x * 1.44269504f + shift, n = shifted - shift;
	float r = x - n * ln2_high - n * ln2_low;
	float sum = 1.0f / 5040;
	sum = sum * r + 1.0f / 720;
	sum = sum * r + 1.0f / 120;
	sum = sum * r + 1.0f / 24;
	sum = sum * r + 1.0f / 6;
	sum = sum * r + 1.0f / 2;

	/* n is in the lowest bits of `shifted`; as a power of two it goes where the exponent is. */
	uint32_t bits;
	memcpy(&bits, &shifted, sizeof bits);
	bits = (bits + 127) << 23;
	memcpy(scale, &bits, sizeof bits);
	return r + r * r * sum;
}

/* tanh |x| = (1 - e) / (1 + e) with e = exp(-2 |x|). */
static void tanh_forward(size_t count, const float *x, float *y)
{
	EACH_FOR (size_t i = 0; i < count; i++) {
		float scale, excess = exp_split(-2 * fabsf(x[i]), &scale);
		float less = (1 - scale) - scale * excess; /* 1 - e; exact near 0, where scale is 1 */
		y[i] = copysignf(less / (2 - less), x[i]);
	}
}

static void tanh_backward(size_t count, const float *y, const float *dy, float *dx)
{
	EACH_FOR (size_t i = 0; i < count; i++)
		dx[i] = dy[i] * ((1 - y[i]) * (1 + y[i]));
}

/* 1 / (1 + exp(-x)) = e / (1 + e) with e = exp(x): the exponent is never above 0. */
static void sigmoid_forward(size_t count, const float *x, float *y)
{
	EACH_FOR (size_t i = 0; i < count; i++) {
		float scale, excess = exp_split(-fabsf(x[i]), &scale);
		float e = scale + scale * excess;
		y[i] = (x[i] < 0 ? e : 1) / (1 + e);
	}
}

static void sigmoid_backward(size_t count, const float *y, const float *dy, float *dx)
{
	EACH_FOR (size_t i = 0; i < count; i++)
		dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

#define DROPOUT_BLOCK 64

/* Random numbers are drawn for a block at a time, so that the loop over its elements has no branch,
 * which no processor could foresee, and becomes vectors. */
static void dropout(size_t count, struct rng rng, uint64_t first, float rate, const float *x,
					float *y)
{
	unsigned threshold = (unsigned)(rate * 65536);
	float scale = 65536.0f / (float)(65536 - threshold);
	uint64_t draw = rng_bits(rng, first / 4) >> first % 4 * 16;
	uint16_t random[DROPOUT_BLOCK];

	for (size_t done = 0, block; done < count; done += block) {
		block = count - done < DROPOUT_BLOCK ? count - done : DROPOUT_BLOCK;
		for (size_t i = 0; i < block; i++) {
			random[i] = (uint16_t)draw;
			uint64_t next = first + done + i + 1;
			draw = next % 4 ? draw >> 16 : rng_bits(rng, next / 4);
		}
		EACH_FOR (size_t i = 0; i < block; i++)
			y[done + i] = (random[i] < threshold ? 0 : x[done + i]) * scale;
	}
}

static void adam(size_t count, const struct adam_rates *rates, const float *grad, float *value,
				 float *m, float *v)
{
	EACH_FOR (size_t i = 0; i < count; i++) {
		m[i] += (1 - rates->beta1) * (grad[i] - m[i]);
		v[i] += (1 - rates->beta2) * (grad[i] * grad[i] - v[i]);
		value[i] -= rates->step_size * m[i] / (sqrtf(v[i]) + rates->epsilon);
	}
}

static void sgd(size_t count, float learning_rate, float momentum, const float *grad, float *value,
				float *velocity)
{
	EACH_FOR (size_t i = 0; i < count; i++) {
		velocity[i] = momentum * velocity[i] + grad[i];
		value[i] -= learning_rate * velocity[i];
	}
}

/* Not value × (1 - share), for that difference keeps few digits of a small share: 1e-7 would be
 * 1.2e-7. */
static void decay(size_t count, float share, float *value)
{
	EACH_FOR (size_t i = 0; i < count; i++)
		value[i] -= share * value[i];
}

#endif
