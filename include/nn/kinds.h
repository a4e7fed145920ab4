/* The layer kinds, each in a file of its own. */
#ifndef NN_KINDS_H
#define NN_KINDS_H

#include "nn/layer.h"

extern const struct layer_kind layer_conv, layer_maxpool, layer_avgpool, layer_flatten, layer_dense,
	layer_batchnorm, layer_relu, layer_tanh, layer_sigmoid, layer_dropout, layer_softmax;

/* Can these kernels do a convolution and the pooling that comes next (with at most a relu between
 * them, which commutes with a maximum) in one? And make one layer of them: only the largest of each
 * window is kept, and only it has a gradient, if a relu lets it pass. */
bool conv_takes_pool(const struct layer *conv, const struct layer *pool,
					 const struct kernels *kernels);
void conv_take_pool(struct layer *conv, const struct layer *pool, bool relu);

/* All of them, ended by NULL; and one by name, or NULL. */
extern const struct layer_kind *const layer_kinds[];
const struct layer_kind *layer_kind_find(const char *name);

#endif
