/* The beginning of a network as a network of its own: what does a layer make of an image? */
#ifndef NN_PREFIX_H
#define NN_PREFIX_H

#include "nn/network.h"

/* Build the first `count` layers of a network (at least one, without softmax), with a copy of
 * their weights, for inference with one image at a time. The logits of this prefix are what the
 * last of these layers gives: its shape is that layer's `out`, [h][w][c], or flat. Whatever the
 * planner does to a whole network, such as several layers in one step, a last layer's output is
 * as the spec has it. Free with network_free. */
int network_prefix(const struct network *network, int count, struct network *prefix,
				   struct error *error);

#endif
