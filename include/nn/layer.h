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

#define LAYER_MAX_PARAMS 4

struct layer {
	const struct layer_kind *kind;
	int index; /* in the spec, from 0: it names parameters and random streams */
	struct shape in, out;
	struct param *params;
	int param_count;
	size_t cache_size; /* bytes a sample that forward leaves for backward */
	void *self;        /* kind->self_size bytes for the kind's own use, zeroed before plan */

	/* What the kernels need (kind->measure), and where the network placed it. */
	size_t prepared_size, scratch_size, sums_size;
	void *prepared; /* the weights as the kernels want them */
	void *sums;     /* kind->sums' and kind->join's; only in a network that is trained */
};

/* A batch is cut into at most LAYER_SLOTS chunks of consecutive samples, the same ones for any number
 * of threads. What is summed over samples is summed in one slot for each chunk, and the slots are
 * added up in their order: so the sums do not depend on who computed which chunk when. */
#define LAYER_SLOTS 8

/* The circumstances of one forward or backward call. */
struct pass {
	const struct kernels *kernels;
	int n;     /* samples in this call */
	int first; /* index in the batch of the first of them */
	int chunk; /* the chunk that they belong to, and its first sample's index */
	int chunk_first;
	int worker;    /* who computes it */
	bool training; /* dropout drops only then */
	uint64_t seed; /* with step: keys the random draws */
	uint64_t step;
	size_t slot_offset; /* from a parameter's `partial` to that of this chunk's slot */
	void *scratch;      /* scratch_size bytes that nobody else uses meanwhile */
};

struct layer_kind {
	const char *name;
	const char *grammar; /* as help shows it: "conv:FILTERS,SIZE[,STRIDE][,same|valid]" */
	size_t self_size;
	bool in_place;     /* forward may write over its input, and backward over dy; a number keeps its
						* sign, or becomes 0 together with its gradient */
	bool reads_input;  /* backward needs x */
	bool reads_output; /* backward needs y as it was, not merely its sign */

	/* From `in` and the arguments: check them, set out, params (name, layout, rank, dims) and
	 * cache_size. */
	int (*plan)(struct layer *layer, const struct spec_layer *spec, struct error *error);
	/* `out` got fewer rows and columns than planned: compute no more; with trim_input, set `in` to
	 * what that needs, else it stays. NULL where in and out are the same. */
	void (*trim)(struct layer *layer, bool trim_input);
	/* Set prepared_size, scratch_size (for calls with up to n samples) and sums_size; without
	 * `backward`, only forward is called. NULL where all are 0. */
	void (*measure)(struct layer *layer, const struct kernels *kernels, int n, bool backward);
	/* The first weights; NULL where there are none. */
	void (*init)(const struct layer *layer, struct rng rng);
	/* Fill `prepared` from the weights of `count` outputs from `first` on, a multiple of PREPARE_UNIT,
	 * after each change of them; NULL where there is nothing. */
	void (*prepare)(const struct layer *layer, const struct kernels *kernels, int first, int count);

	/* For a layer that looks at the whole batch while it is trained; NULL in all others. A step
	 * stops there, forward and backward, until all chunks have come so far (network_run.c).
	 * sums: those of the chunk's samples, a few in each call, in order; join: over all chunks,
	 * before the first sample goes forward. One thread does it. */
	void (*sums)(const struct layer *layer, const struct pass *pass, const float *x);
	void (*join)(const struct layer *layer, int chunks);
	/* What the parameters get from dy is added to their slot, of all samples, before the first one
	 * goes backward, which adds nothing and finds the totals in their `grad`. */
	void (*backward_sums)(const struct layer *layer, const struct pass *pass, const float *x,
						  const float *dy);

	/* y from x. */
	void (*forward)(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache);
	/* dx from dy; NULL where nobody needs it. Without `gradients`, this adds the parameters'
	 * gradients to their slot, too. */
	void (*backward)(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx);
	/* The parameters' gradients from a whole batch, for `count` outputs from `first` on: for
	 * weights so many that slots of them would cost more than they save. NULL where slots do. */
	void (*gradients)(const struct layer *layer, const struct pass *pass, const float *x,
					  const float *dy, int first, int count);
};

/* Adds a parameter in plan. `suffix` is PyTorch's name for it: "weight", "bias". */
void layer_add_param(struct layer *layer, const char *suffix, enum param_layout layout, int rank,
					 const size_t *dims);

/* The first dimension of all parameters; 0 where there are none. */
int layer_outputs(const struct layer *layer);

/* The plan of a pooling, NAME:WINDOW[,STRIDE]: sets the window and `out`. */
int layer_plan_pooling(struct layer *layer, struct window *w, const struct spec_layer *spec,
					   struct error *error);

/* For trim: window w computes out_h × out_w pixels. */
void layer_trim_window(struct layer *layer, struct window *w, int out_h, int out_w,
					   bool trim_input);

/* Uniform in ±sqrt(6 / (fan_in + fan_out)), which keeps the scale of signals and of gradients
 * (Glorot & Bengio 2010). */
void layer_init_glorot(const struct param *param, size_t fan_in, size_t fan_out, struct rng rng);

#endif
