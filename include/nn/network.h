/* A chain of layers in one arena: plan → place → forward / backward. */
#ifndef NN_NETWORK_H
#define NN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "compute/engine.h"
#include "nn/layer.h"
#include "nn/loss.h"
#include "nn/shape.h"

#define NETWORK_SPEC_REFERENCE                                                                     \
	"conv:32,3 relu maxpool:2 conv:64,3 relu maxpool:2 flatten dense:128 relu dropout:0.5 "        \
	"dense:10 softmax"

/* A network that needs more memory than this is refused when planning. */
#define NETWORK_MAX_BYTES ((size_t)2 << 30)

/* Room for the samples of a batch, or (per_worker not 0) for those that one worker has in hand: what
 * only the layers on images see is small enough then to stay in the cache. */
struct sample_buffer {
	void *data;
	size_t per_worker; /* bytes */
	size_t size;       /* bytes of a sample */
};

/* Samples that go through the layers on images together: what one layer writes is then still in the
 * cache when the next one reads it. */
#define NETWORK_IMAGE_GROUP 8

struct network {
	char *spec;                  /* the text it was built from, blanks normalized */
	const struct engine *engine; /* borrowed */
	struct shape input;
	int classes;    /* the logits */
	int batch_size; /* the most samples in one pass */
	bool trainable;

	struct layer *layers; /* as the spec has them; the last one is softmax */
	int layer_count;
	int param_count;       /* tensors */
	struct param **params; /* in the order of the layers: pointers into layers */
	size_t weight_count;   /* numbers that are trained */

	/* All parameters as one vector, for the optimizer; gaps between tensors stay 0, and so do
	 * gradients of what is not trained. */
	size_t value_count;
	float *values;
	float *grads; /* NULL unless trainable */

	/* Private to network*.c. */
	struct step *steps; /* what is run: the layers, some of them in one */
	int step_count;
	int flat_from;                   /* the steps before it work on images */
	int stages[SPEC_MAX_LAYERS + 1]; /* the step that each begins with, and step_count */
	int stage_count;
	int first_trained; /* no gradient is needed in front of this step */
	struct sample_buffer input_buffer;
	float *slots; /* LAYER_SLOTS × slot_size: sums over chunks */
	size_t slot_size;
	struct update_task *tasks;
	int task_count;
	unsigned char *scratch; /* scratch_size bytes for each worker */
	size_t scratch_size;
	void *arena;
};

/* A layer, or several in one, with its buffers. */
struct step {
	struct layer layer;
	struct sample_buffer y;  /* in place: the same as the step's before */
	struct sample_buffer dy; /* alike; none unless trainable */
	struct sample_buffer cache;
};

/* A part of the parameters whose gradient and update are one worker's task. */
struct update_task {
	int step;
	int first, count; /* of the first dimension: outputs */
};

/* Plan and place. The spec must end with softmax over a flat vector. Without trainable there is
 * no room for gradients. Free with network_free. */
int network_build(struct network *network, const char *spec, struct shape input, int batch_size,
				  bool trainable, const struct engine *engine, struct error *error);
void network_free(struct network *network);

/* Draw the first weights. */
void network_init(struct network *network, uint64_t seed);

/* To be called after the values were changed from outside, before the next pass. */
void network_prepare(const struct network *network);

/* Where images come from: write samples first … first + n - 1 of the batch to x, [n][h][w][c]. Called
 * by several threads at once. */
struct batch {
	int n; /* at most batch_size */
	void (*load)(const void *context, int first, int n, float *x);
	const void *context;
	const uint8_t *labels; /* n; for training and for the loss */
	float label_smoothing; /* of training's loss: see loss.h */
};

/* Who changes the weights: elements first … first + count - 1 of a parameter, whose gradients are
 * complete. Called by several threads at once, for different parts; never for what is not trained. */
struct update {
	void (*apply)(const void *context, const struct param *param, size_t first, size_t count);
	const void *context;
};

/* One training step: all chunks forward, loss, and backward; then all parameters' gradients of the
 * mean loss, and their update (NULL: none). Dropout's draws depend on seed and step. Running means
 * of batch normalization follow in any case. */
struct loss_sum network_train(struct network *network, const struct batch *batch, uint64_t seed,
							  uint64_t step, const struct update *update);

/* The logits, [n][classes], valid until the next pass. Dropout is off, batch normalization takes its
 * running means. Labels are not needed. */
const float *network_predict(struct network *network, const struct batch *batch);

#endif
