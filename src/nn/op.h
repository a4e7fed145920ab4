/* An op: a layer, or several in one, as an executor runs it. Ops read layers and never write to
 * them: shapes and windows here are trimmed to what somebody reads, the layer's are as its text
 * says. */
#ifndef NN_OP_H
#define NN_OP_H

#include <stdbool.h>

#include "compute/kernels.h"
#include "nn/layer.h"

/* A buffer with a row for each image of a batch. Or each worker has rows of its own, for as many
 * images as it has in hand at a time, so that they stay in its cache. Kernels read up to
 * KERNELS_SLACK bytes behind a chunk's rows, where no other thread may write meanwhile. */
struct rows {
	void *data;
	size_t size;         /* bytes of a row */
	size_t worker_bytes; /* of the rows of one worker; 0 where each image has its row */
	size_t gap;          /* bytes between the rows of a chunk and those of the next one */
};

struct op {
	const struct op_kind *kind;
	const struct layer *layer; /* the first one that it runs: its parameters, its number */
	struct shape in, out;
	struct window window;
	int pool;        /* the side of a pooling window that comes with it: 2 in conv_pool, else 1 */
	bool relu;       /* conv_pool: a relu comes with it, too */
	bool trains;     /* backward will be called */
	bool overwrites; /* forward writes y over x */

	/* Bytes, set by kind->measure: for each image, forward's notes for backward; the weights in the
	 * form that kernels want; scratch memory of one call; statistics of all chunks. */
	size_t cache_size, prepared_size, scratch_size, statistics_size;

	/* Where the executor placed these. */
	void *prepared, *statistics;
	float *grads[LAYER_MAX_PARAMS]; /* NULL for what is not trained */
	float *slots[LAYER_MAX_PARAMS]; /* slot 0's; NULL where no slots are needed */
	struct rows y, dy, cache;
};

/* The circumstances of one forward or backward call. */
struct pass {
	const struct kernels *kernels;
	int n;           /* images in this call */
	int first;       /* the first one's index in the batch */
	int chunk;       /* the chunk that they belong to, */
	int chunk_first; /* and the index of its first image */
	int worker;      /* who computes it */
	bool training;   /* dropout drops only then */
	uint64_t seed, step;
	size_t slot_offset; /* from op->slots[p] to this chunk's slot, in floats */
	void *scratch;      /* scratch_size bytes that nobody else uses meanwhile */

	/* The first image's row of each. Where the op works in place, y is x and dx is dy. */
	const float *x;
	float *y;
	void *cache; /* forward's notes for backward */
	const float *dy;
	float *dx; /* NULL where nobody needs it */
};

/* For an op that looks at the whole batch while it is trained: batch normalization. All chunks come
 * so far before any goes on, forward and backward (executor_run.c). */
struct batch_statistics {
	/* Takes those of x: of some images of a chunk, in order, a few in each call. */
	void (*take)(const struct op *op, const struct pass *pass);
	/* Joins those of chunks 0 … chunks - 1. One thread does it. */
	void (*join)(const struct op *op, int chunks);
	/* Adds the parameters' gradients, from x and dy, to their slots. When this is done for all
	 * images, they are summed into op->grads, where the op's backward finds them. */
	void (*add_gradients)(const struct op *op, const struct pass *pass);
};

struct op_kind {
	/* Backward looks at its input x, at its output y as forward left it, or only at whether each y
	 * is above 0. The planner lets the next ops write over all others. A later op that zeroed a y
	 * has zeroed its dy, too, so that a lost sign does no harm there. */
	bool reads_input, reads_output, reads_sign;

	/* Forward may write y over x, and backward dx over dy. An op that reads its input must not. */
	bool in_place;
	/* In place, y is above 0 exactly where x is, but for numbers whose y and dx it sets to 0. */
	bool keeps_sign;

	const struct batch_statistics *statistics; /* NULL unless it looks at the whole batch */

	/* Sets the four sizes, for calls with up to n images and batches of up to `chunks` chunks. NULL
	 * where all are 0. */
	void (*measure)(struct op *op, const struct kernels *kernels, int n, int chunks);
	/* Fills `prepared` from the weights of `count` outputs from `first` on, a multiple of
	 * PREPARE_UNIT. NULL where kernels take the weights as they are. */
	void (*prepare)(const struct op *op, const struct kernels *kernels, int first, int count);
	/* y from x. */
	void (*forward)(const struct op *op, const struct pass *pass);
	/* dx from dy. Adds the parameters' gradients to their slots, unless `gradients` or `statistics`
	 * do that. */
	void (*backward)(const struct op *op, const struct pass *pass);
	/* The parameters' gradients from the whole batch, for `count` outputs from `first` on. For
	 * weights so many that slots of them would cost more than they save; else NULL. */
	void (*gradients)(const struct op *op, const struct pass *pass, int first, int count);
};

/* The first dimension of all parameters: filters or units; 0 where there are none. */
int op_outputs(const struct op *op);

/* Does the parameter's gradient come from slots? */
bool op_has_slot(const struct op *op, int p);

/* The op that runs a layer alone. */
struct op op_of_layer(const struct layer *layer, bool trains);

/* The op that runs a convolution, a relu if one follows, and the max-pooling 2 × 2 behind them in
 * one, and the number of these layers; 0, with *op untouched, where the `count` layers do not begin
 * with them or the kernels cannot do it. */
int op_take_conv_pool(struct op *op, const struct layer *layers, int count, bool trains,
					  const struct kernels *kernels);

#endif
