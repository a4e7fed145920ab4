/* Kernels that treat each element alone. Compilers turn such loops into vector instructions by
 * themselves, and no order of summation is involved, so that all tables share these sources: each
 * compiles them for its own instruction set. Hence static, in a header. */
#ifndef COMPUTE_ELEMENTWISE_H
#define COMPUTE_ELEMENTWISE_H

#include <math.h>

#include "compute/kernels.h"

static void relu_forward(size_t count, const float *x, float *y)
{
	for (size_t i = 0; i < count; i++)
		y[i] = x[i] < 0 ? 0 : x[i];
}

static void relu_backward(size_t count, const float *y, const float *dy, float *dx)
{
	for (size_t i = 0; i < count; i++)
		dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void dropout(size_t count, struct rng rng, uint64_t first, float rate, const float *x,
					float *y)
{
	unsigned threshold = (unsigned)(rate * 65536);
	float scale = 65536.0f / (float)(65536 - threshold);

	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++, bits >>= 16) {
		uint64_t element = first + i;
		if (i == 0 || element % 4 == 0)
			bits = rng_bits(rng, element / 4) >> element % 4 * 16;
		y[i] = (bits & 0xffff) < threshold ? 0 : x[i] * scale;
	}
}

static void adam(size_t count, const struct adam_rates *rates, const float *grad, float *value,
				 float *m, float *v)
{
	for (size_t i = 0; i < count; i++) {
		m[i] += (1 - rates->beta1) * (grad[i] - m[i]);
		v[i] += (1 - rates->beta2) * (grad[i] * grad[i] - v[i]);
		value[i] -= rates->step_size * m[i] / (sqrtf(v[i]) + rates->epsilon);
	}
}

static void sgd(size_t count, float learning_rate, float momentum, const float *grad, float *value,
				float *velocity)
{
	for (size_t i = 0; i < count; i++) {
		velocity[i] = momentum * velocity[i] + grad[i];
		value[i] -= learning_rate * velocity[i];
	}
}

/* Not value × (1 - share), for that difference keeps few digits of a small share: 1e-7 would be
 * 1.2e-7. */
static void decay(size_t count, float share, float *value)
{
	for (size_t i = 0; i < count; i++)
		value[i] -= share * value[i];
}

#endif
