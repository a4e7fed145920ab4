/* A chain of layers in one arena: plan → place → forward / backward. */
#ifndef NN_NETWORK_H
#define NN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "compute/kernels.h"
#include "nn/layer.h"
#include "nn/shape.h"

#define NETWORK_SPEC_REFERENCE                                                                     \
	"conv:32,3 relu maxpool:2 conv:64,3 relu maxpool:2 flatten dense:128 relu dropout:0.5 "        \
	"dense:10 softmax"

/* A network that needs more memory than this is refused when planning. */
#define NETWORK_MAX_BYTES ((size_t)2 << 30)

struct network {
	char *spec; /* the text it was built from, blanks normalized */
	struct shape input;
	int classes;    /* the logits */
	int batch_size; /* the most samples in one pass */
	bool trainable;

	struct layer *layers; /* the last one is softmax */
	int layer_count;
	int param_count;      /* tensors */
	struct param **params; /* in the order of the layers: pointers into layers */
	size_t weight_count;  /* trainable numbers, for the table */

	/* All parameters as one vector, for the optimizer; gaps between tensors stay 0. */
	size_t value_count;
	float *values;
	float *grads; /* NULL unless trainable */

	/* Private to network.c. */
	float **outputs; /* of each layer, [batch_size][out]; in place: the input's buffer */
	void **caches;
	float *input_buffer;
	int first_trained; /* no gradient is needed in front of this layer */
	float *dfront, *dback; /* the gradients that walk back */
	void *arena;
};

/* Plan and place. The spec must end with softmax over a flat vector. Without trainable there is
 * no room for gradients. Free with network_free. */
int network_build(struct network *network, const char *spec, struct shape input, int batch_size,
				  bool trainable, struct error *error);
void network_free(struct network *network);

/* Draw the first weights. */
void network_init(struct network *network, uint64_t seed);

/* Where the next batch goes: [batch_size][h][w][c]. A pass may write over it. */
float *network_input(struct network *network);

/* From the input to the logits, [n][classes], valid until the next pass. pass->n is at most
 * batch_size. */
const float *network_forward(struct network *network, const struct pass *pass);

/* From the logits' gradient, [n][classes], to the gradients of all parameters, which are set, not
 * added to. After a forward pass with the same `pass`. */
void network_backward(struct network *network, const struct pass *pass, const float *dlogits);

#endif
