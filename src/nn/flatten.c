/* Flatten: an image becomes one vector of features. Nothing moves: dense layers read the pixels in
 * the order in which they lie, and the model file has its weights in PyTorch's order. */
#include "nn/kinds.h"

#include <string.h>

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	layer->out = layer->in;
	layer->out.flat = true;
	return spec_at_most(spec, 0, error);
}

static void copy(const struct layer *layer, const struct pass *pass, const float *from, float *to)
{
	if (to != from)
		memcpy(to, from, pass->n * shape_size(layer->in) * sizeof *to);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	(void)cache;
	copy(layer, pass, x, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)y, (void)cache;
	if (dx)
		copy(layer, pass, dy, dx);
}

const struct layer_kind layer_flatten = {
	.name = "flatten",
	.grammar = "flatten",
	.in_place = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};
