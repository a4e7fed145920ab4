/* Optimizers: the ways from a gradient to a new weight.
 *
 * adam  a method for stochastic optimization (Kingma & Ba 2015):
 *       value -= learning_rate × m̂ / (sqrt(v̂) + epsilon), both moments corrected for their start
 * sgd   stochastic gradient descent with momentum, in PyTorch's form:
 *       velocity = momentum × velocity + grad, value -= learning_rate × velocity
 *
 * Weight decay is decoupled from the gradient (Loshchilov & Hutter 2019): before either's update,
 * value -= learning_rate × weight_decay × value. */
#ifndef NN_OPTIMIZER_H
#define NN_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "compute/kernels.h"

enum optimizer_kind { OPTIMIZER_ADAM, OPTIMIZER_SGD };

/* Standards of the settings. */
#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.999f
#define ADAM_EPSILON 1e-8f
#define SGD_MOMENTUM 0.9f

struct optimizer_settings {
	enum optimizer_kind kind;
	float beta1, beta2; /* adam: decay of the means of gradients and of squared gradients */
	float momentum;     /* sgd */
	float weight_decay;
};

struct optimizer;

/* An optimizer is a row of a table. A new one needs a constant in the enum, its row and functions
 * in optimizer.c, and a member of the settings for each number that only it has. */
struct optimizer_rule {
	const char *name;
	float learning_rate; /* its usual one */
	const char *const
		*settings;  /* names of the settings that not all optimizers have; NULL ends them */
	size_t numbers; /* of state, for each parameter */
	void (*begin)(struct optimizer *optimizer); /* begin a step; NULL: nothing is to be prepared */
	void (*apply)(const struct optimizer *optimizer, const struct kernels *kernels, size_t first,
				  size_t part, const float *grad, float *value);
};

const struct optimizer_rule *optimizer_rule(enum optimizer_kind kind);

/* The name of optimizer number `kind` of the enum; NULL behind the last one. */
const char *optimizer_name(int kind);

/* True where the optimizer lists the setting: sgd does "momentum". */
bool optimizer_has(enum optimizer_kind kind, const char *setting);

/* True where only others list the setting: adam ignores "momentum", but not "epochs". */
bool optimizer_ignores(enum optimizer_kind kind, const char *setting);

struct optimizer {
	struct optimizer_settings settings;
	size_t count;
	float *state; /* [numbers][count]: adam's two moments; sgd's velocities */
	void *block;  /* the block in which the state begins on a cache line */

	/* Of the step that was begun last. */
	float learning_rate;
	struct adam_rates adam;
	double beta1_power, beta2_power; /* beta ^ steps taken */
};

/* For a vector of `count` parameters. Free with optimizer_close, which accepts a zeroed one. */
int optimizer_open(struct optimizer *optimizer, const struct optimizer_settings *settings,
				   size_t count, struct error *error);
void optimizer_close(struct optimizer *optimizer);

/* Go on where another one was after so many steps, whose state the caller has copied. */
void optimizer_resume(struct optimizer *optimizer, uint64_t steps);

/* A step: begin it, then apply it to every parameter once, in any parts and order, from any
 * thread. `grad` and `value` are whole vectors of `count`; elements first … first + part - 1 are
 * updated. `decays` is true for parameters that weight decay is for. */
void optimizer_begin(struct optimizer *optimizer, float learning_rate);
void optimizer_apply(const struct optimizer *optimizer, const struct kernels *kernels, size_t first,
					 size_t part, bool decays, const float *grad, float *value);

#endif
