/* The kinds of layers, each in a file of its own. */
#ifndef NN_KINDS_H
#define NN_KINDS_H

#include "nn/layer.h"

/* Of batch normalization: (x - mean) / sqrt(variance + this), as in PyTorch. */
#define BATCHNORM_EPSILON 1e-5f

extern const struct layer_kind layer_conv, layer_maxpool, layer_avgpool, layer_flatten, layer_dense,
	layer_batchnorm, layer_relu, layer_tanh, layer_sigmoid, layer_dropout, layer_softmax;

/* All of them, ended by NULL; and one by name, or NULL. */
extern const struct layer_kind *const layer_kinds[];
const struct layer_kind *layer_kind_find(const char *name);

#endif
