/* Adam: a method for stochastic optimization (Kingma & Ba 2015). */
#ifndef NN_ADAM_H
#define NN_ADAM_H

#include <stddef.h>

#include "base/error.h"
#include "compute/kernels.h"

struct adam {
	float beta1, beta2, epsilon;
	double beta1_power, beta2_power; /* beta ^ steps taken */
	size_t count;
	float *m, *v;  /* first and second moments, count each */
};

#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.999f
#define ADAM_EPSILON 1e-8f

int adam_open(struct adam *adam, size_t count, float beta1, float beta2, struct error *error);
void adam_close(struct adam *adam);

/* value -= learning_rate × m̂ / (sqrt(v̂) + epsilon), with both moments corrected for their start. */
void adam_step(struct adam *adam, const struct kernels *kernels, float learning_rate,
			   const float *grad, float *value);

#endif
