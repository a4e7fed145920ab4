/* What a layer is. A new one is a file, a row in kinds.c and a line in CMakeLists.txt. */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"
#include "compute/kernels.h"
#include "nn/param.h"
#include "nn/shape.h"
#include "nn/spec.h"

#define LAYER_MAX_PARAMS 2

struct layer {
	const struct layer_kind *kind;
	int index;           /* in the spec, from 0: it names parameters and random streams */
	struct shape in, out;
	struct param params[LAYER_MAX_PARAMS];
	int param_count;
	size_t cache_size;   /* bytes a sample that forward leaves for backward */
	void *self;          /* kind->self_size bytes for the kind's own use, zeroed before plan */
};

/* The circumstances of one forward or backward call. */
struct pass {
	const struct kernels *kernels;
	int n;          /* samples in this call */
	int first;      /* index in the batch of the first of them */
	bool training;  /* dropout drops only then */
	uint64_t seed;  /* with step: keys the random draws */
	uint64_t step;
};

struct layer_kind {
	const char *name;
	const char *grammar; /* as help shows it: "conv:FILTERS,SIZE[,STRIDE][,same]" */
	size_t self_size;
	bool in_place;     /* forward may write over its input, and backward over dy */
	bool reads_input;  /* backward needs x */
	bool reads_output; /* backward needs y as it was, not merely its sign */

	/* From `in` and the arguments: check them, set out, params (name, layout, rank, dims) and
	 * cache_size. */
	int (*plan)(struct layer *layer, const struct spec_layer *spec, struct error *error);
	/* The first weights; NULL where there are none. */
	void (*init)(const struct layer *layer, struct rng rng);
	/* y from x. */
	void (*forward)(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache);
	/* dx from dy, and the parameters' gradients, which are added to. dx is NULL where nobody
	 * needs it. */
	void (*backward)(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx);
};

/* Adds a parameter in plan. `suffix` is "weight" or "bias". */
void layer_add_param(struct layer *layer, const char *suffix, enum param_layout layout, int rank,
					 const size_t *dims);

/* Uniform in ±sqrt(6 / (fan_in + fan_out)), which keeps the scale of signals and of gradients
 * (Glorot & Bengio 2010). */
void layer_init_glorot(const struct param *param, size_t fan_in, size_t fan_out, struct rng rng);

#endif
