/* Adam: a method for stochastic optimization (Kingma & Ba 2015). */
#ifndef NN_ADAM_H
#define NN_ADAM_H

#include <stddef.h>

#include "base/error.h"
#include "compute/kernels.h"

struct adam {
	float beta1, beta2, epsilon;
	double beta1_power, beta2_power; /* beta ^ steps taken */
	struct adam_rates rates; /* of the step that was begun last */
	size_t count;
	float *m, *v;  /* first and second moments, count each */
};

#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.999f
#define ADAM_EPSILON 1e-8f

int adam_open(struct adam *adam, size_t count, float beta1, float beta2, struct error *error);
void adam_close(struct adam *adam);

/* A step: begin it, then apply it to every parameter once, in any parts and order:
 * value -= learning_rate × m̂ / (sqrt(v̂) + epsilon), with both moments corrected for their start.
 * `grad` and `value` are whole vectors of `count`; elements first … first + part - 1 are updated. */
void adam_begin(struct adam *adam, float learning_rate);
void adam_apply(const struct adam *adam, const struct kernels *kernels, size_t first, size_t part,
				const float *grad, float *value);

#endif
