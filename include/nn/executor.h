/* An executor: a network on an engine, for batches of up to batch_size images. It owns all that
 * running takes: ops, buffers, gradients, tasks. Several executors may run one network at the same
 * time, each on an engine of its own, as long as none of them trains it. */
#ifndef NN_EXECUTOR_H
#define NN_EXECUTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "compute/engine.h"
#include "nn/loss.h"
#include "nn/network.h"

enum executor_mode {
	EXECUTOR_PREDICT, /* forward only */
	EXECUTOR_TRAIN,   /* with room for gradients */
	EXECUTOR_OBSERVE, /* forward only, layer by layer, and every layer's output is kept */
};

/* The smallest batch that gives every worker a chunk of eight images: 128 for 16 workers. */
int executor_full_batch(const struct engine *engine);

/* Borrows network and engine, which must outlive it. Once open it allocates nothing. NULL with a
 * message where there is not enough memory: the network and the executor together need more than
 * engine->memory, or the executor alone more than NETWORK_MAX_BYTES. */
struct executor *executor_open(const struct network *network, const struct engine *engine,
							   int batch_size, enum executor_mode mode, struct error *error);
void executor_close(struct executor *executor); /* accepts NULL */

const struct network *executor_network(const struct executor *executor);
const struct engine *executor_engine(const struct executor *executor);
int executor_batch_size(const struct executor *executor);

/* The bytes that it takes, without the network's. */
size_t executor_memory(const struct executor *executor);

/* To be called after somebody else changed the network's values, before the next batch. */
void executor_prepare(struct executor *executor);

/* Where images come from: load writes images first … first + n - 1 of the batch to x, [n][h][w][c].
 * Several threads call it at once, each with a room of its own to work in, of executor_room
 * floats. */
struct batch {
	int n; /* at most batch_size */
	void (*load)(const void *context, int first, int n, float *room, float *x);
	const void *context;
	const uint16_t *labels; /* [n], a class or LABEL_NONE; for training only */
	float label_smoothing;  /* of the training's loss: see loss.h */
};

/* As many as an image in a margin of 16 pixels has: 60 × 60 for one of 28 × 28. */
static inline size_t executor_room(int height, int width)
{
	return (size_t)(height + 32) * (size_t)(width + 32);
}

/* Who changes the weights: apply is called for numbers first … first + count - 1 of network->values
 * and of `grads`, which belong to `param` and are complete. Several threads call it at once, for
 * different parts; never for a parameter that is not trained. */
struct update {
	void (*apply)(const void *context, const struct param *param, const float *grads, size_t first,
				  size_t count);
	const void *context;
};

/* One training step: forward, loss, backward, and the update of all weights by the gradients of the
 * mean loss (NULL: no update). Dropout's draws depend on seed and step. Running means of batch
 * normalization follow in any case. Returns sums over the batch. */
struct loss_sum executor_train(struct executor *executor, const struct batch *batch, uint64_t seed,
							   uint64_t step, const struct update *update);

/* The logits, [n][classes], valid until the next batch. Dropout is off, batch normalization takes
 * its running means. An image's logits do not depend on the others in its batch. */
const float *executor_predict(struct executor *executor, const struct batch *batch);

/* The output of layer number `layer`, which is not softmax, for all images of the last batch,
 * [n][h][w][c] with the shape of layer->out. Only where the executor observes. */
const float *executor_output(const struct executor *executor, int layer);

#endif
