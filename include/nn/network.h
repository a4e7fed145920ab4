/* A network: what it is. Its layers in the order of its text, and their parameters. Executors
 * (nn/executor.h) run it and change nothing but the parameters' values. */
#ifndef NN_NETWORK_H
#define NN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/layer.h"
#include "nn/shape.h"

#define NETWORK_SPEC_REFERENCE                                                                     \
	"conv:32,3 relu maxpool:2 conv:64,3 relu maxpool:2 flatten dense:128 relu dropout:0.5 "        \
	"dense:classes softmax"

/* A network that needs more memory than this, with or without its executor, is refused. */
#define NETWORK_MAX_BYTES ((size_t)2 << 30)

/* The network's input is (x - mean) / deviation, of pixels x from 0 to 1. Most take them as they
 * are, {0, 1}; {0.5, 0.5} makes -1 … 1 of them. */
struct input_scale {
	float mean, deviation;
};
#define INPUT_PLAIN ((struct input_scale){0, 1})

static inline bool input_is_plain(struct input_scale scale)
{
	return scale.mean == 0 && scale.deviation == 1;
}

struct network {
	char *spec; /* its text, single blanks between the layers */
	struct shape input;
	struct input_scale scale; /* INPUT_PLAIN, unless the caller has changed it */
	int classes;              /* the logits */
	struct layer *layers;     /* the last one is softmax */
	int layer_count;
	struct param **params; /* in the order of the layers, to which they point */
	int param_count;
	size_t weight_count; /* numbers that are trained */

	/* All parameters as one vector, for the optimizer. Each tensor begins on a cache line; the
	 * numbers between tensors are 0 and stay so. */
	float *values;
	size_t value_count;
	void *block; /* that the values lie in */
};

/* Build it from its text, which must end with softmax over a flat vector. All parameters are 0. In
 * the network's own text, and only there, the number `classes` stands where the word "classes" did.
 * Errors name the layer by its position in the text. Free with network_free. */
int network_build(struct network *network, const char *spec, struct shape input, int classes,
				  struct error *error);
void network_free(struct network *network); /* accepts a zeroed one */

/* The same in two steps, for those who want to know the parameters' shapes before there is memory
 * for them. After an error in the second the network has to be freed. */
int network_plan(struct network *network, const char *spec, struct shape input, int classes,
				 struct error *error);
int network_place(struct network *network, struct error *error);

/* Draw the first weights. */
void network_init(struct network *network, uint64_t seed);

/* The layer whose trained parameters scale the logits: halved, they halve them. It is the last one
 * that has any, where only layers that keep factors stand behind it; else NULL, as in
 * "flatten dense:10 tanh softmax". */
const struct layer *network_scaling_layer(const struct network *network);

/* Divide the logits by a positive number, by way of these parameters; nothing where there are
 * none. Executors must prepare. */
void network_divide_logits(const struct network *network, float divisor);

#endif
