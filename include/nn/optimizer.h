/* Optimizers: what a gradient does to a weight.
 *
 * adam  a method for stochastic optimization (Kingma & Ba 2015):
 *       value -= learning_rate × m̂ / (sqrt(v̂) + epsilon), both moments corrected for their start
 * sgd   stochastic gradient descent with momentum, in PyTorch's form:
 *       velocity = momentum × velocity + grad, value -= learning_rate × velocity
 *
 * Weight decay is decoupled from the gradient (Loshchilov & Hutter 2019): before either's step,
 * value -= learning_rate × weight_decay × value. */
#ifndef NN_OPTIMIZER_H
#define NN_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "compute/kernels.h"

enum optimizer_kind { OPTIMIZER_ADAM, OPTIMIZER_SGD };
#define OPTIMIZER_WORDS "adam|sgd"

/* Where nobody says otherwise. */
#define ADAM_RATE 1e-3f
#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.999f
#define ADAM_EPSILON 1e-8f
#define SGD_RATE 0.05f
#define SGD_MOMENTUM 0.9f

struct optimizer_settings {
	enum optimizer_kind kind;
	float beta1, beta2; /* Adam's */
	float momentum;     /* of sgd */
	float weight_decay;
};

struct optimizer {
	struct optimizer_settings settings;
	size_t count;
	float *state; /* [2][count]: Adam's moments; [1][count]: velocities */
	void *memory; /* that it lies in, from a cache line's beginning on */

	/* Of the step that was begun last. */
	float learning_rate;
	struct adam_rates adam;
	double beta1_power, beta2_power; /* beta ^ steps taken */
};

/* For a vector of `count` parameters. Free with optimizer_close, which accepts a zeroed one. */
int optimizer_open(struct optimizer *optimizer, const struct optimizer_settings *settings,
				   size_t count, struct error *error);
void optimizer_close(struct optimizer *optimizer);

/* A step: begin it, then apply it to every parameter once, in any parts and order, from any
 * thread. `grad` and `value` are whole vectors of `count`; elements first … first + part - 1 are
 * updated. `decays` says whether weight decay is for them. */
void optimizer_begin(struct optimizer *optimizer, float learning_rate);
void optimizer_apply(const struct optimizer *optimizer, const struct kernels *kernels, size_t first,
					 size_t part, bool decays, const float *grad, float *value);

#endif
