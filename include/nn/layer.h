/* A layer: one word of the network's text with its arguments, its shapes and its parameters. It
 * says what is computed, and nothing of how; that is an op's matter (src/nn/op.h). */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/rng.h"
#include "compute/kernels.h"
#include "nn/param.h"
#include "nn/shape.h"
#include "nn/spec.h"

#define LAYER_MAX_PARAMS 4

struct layer {
	const struct layer_kind *kind;
	int index; /* in the network, from 0: it names parameters and keys random draws */
	char text[SPEC_LAYER_TEXT]; /* "conv:32,3" */
	struct shape in, out;
	struct window window; /* of a convolution or a pooling; all zeros in other layers */
	float number;         /* the argument that is a real number, as dropout's rate; else 0 */
	struct param params[LAYER_MAX_PARAMS];
	int param_count;
};

/* A new kind is a file, a row in kinds.c and a line in CMakeLists.txt. */
struct layer_kind {
	const char *name;
	const char *grammar; /* as help shows it: "conv:FILTERS,SIZE[,STRIDE][,same|valid]" */

	/* Checks the arguments against layer->in, and sets `out`, the parameters (layer_add_param), and
	 * `window` or `number` where it has them. */
	int (*plan)(struct layer *layer, const struct spec_layer *spec, struct error *error);
	/* Draws the first weights; NULL where all begin as 0. */
	void (*init)(const struct layer *layer, struct rng rng);
	/* A positive factor of its input is one of its output: relu(2x) = 2 relu(x). */
	bool keeps_factors;
	/* The way it runs; NULL in softmax, with which the loss deals. */
	const struct op_kind *op;
};

/* Adds a parameter, in plan. `suffix` is PyTorch's name for it: "weight", "bias". */
void layer_add_param(struct layer *layer, const char *suffix, enum param_layout layout, int rank,
					 const size_t *dims);

/* The numbers of its parameters that are trained; a conv:32,3 on one channel has 9 × 32 + 32. */
size_t layer_weight_count(const struct layer *layer);

/* Plans a pooling, NAME:WINDOW[,STRIDE]: sets the window and `out`. */
int layer_plan_pooling(struct layer *layer, const struct spec_layer *spec, struct error *error);

/* Plans a layer without arguments whose output has its input's shape. */
int layer_plan_same_shape(struct layer *layer, const struct spec_layer *spec, struct error *error);

/* Draws uniformly from ±sqrt(6 / (fan_in + fan_out)), which keeps the scale of signals forward and
 * of gradients backward (Glorot & Bengio 2010). */
void layer_init_glorot(const struct param *param, size_t fan_in, size_t fan_out, struct rng rng);

#endif
