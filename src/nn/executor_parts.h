/* The inside of an executor. Opening one is two parts: plan, then place. */
#ifndef NN_EXECUTOR_PARTS_H
#define NN_EXECUTOR_PARTS_H

#include "nn/executor.h"
#include "nn/op.h"

/* Images that go through the ops on images together: then what one op writes is still in the cache
 * when the next one reads it. */
#define EXECUTOR_GROUP 8

/* A part of an op's parameters: outputs first … first + count - 1. Their gradient and their update
 * are one task. */
struct update_task {
	int op, first, count;
};

struct executor {
	const struct network *network;
	const struct engine *engine;
	int batch_size;
	enum executor_mode mode;

	struct op *ops;
	int op_count;
	int flat_from;     /* the ops before this one work on images */
	int first_trained; /* no op in front of this one needs a gradient */
	/* Each stage begins with an op that looks at the whole batch, but for the first one. Behind the
	 * last beginning stands op_count. */
	int stages[SPEC_MAX_LAYERS + 1];
	int stage_count;
	struct update_task *tasks;
	int task_count;

	struct rows input;
	float *grads; /* as network->values; NULL unless it trains */
	float *slots; /* slot_size floats for each chunk */
	size_t slot_size;
	unsigned char *scratch; /* scratch_size bytes for each worker */
	size_t scratch_size;
	void *block;   /* that all of these lie in */
	size_t memory; /* its bytes */
};

/* Images of a chunk, where the batch has more than 64. */
#define EXECUTOR_CHUNK 8

/* A batch of n images is cut into this many chunks of consecutive images, for any number of
 * threads: 1, 2, … 8 for as many images, 8 for up to 64, then one for each 8 images or part of
 * them, up to 64 where gradients are summed chunk by chunk. So 100 images are 13 chunks of 7 or 8.
 * An observer's are one, and lie without gaps. */
int executor_chunks(const struct executor *executor, int n);

/* From the network: ops with their trimmed shapes, stages, tasks. */
int executor_plan(struct executor *executor, struct error *error);

/* From the plan: all memory. */
int executor_place(struct executor *executor, struct error *error);

#endif
