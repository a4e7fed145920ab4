/* Tanh, the activation of the classic networks: y in -1 … 1. Its derivative is 1 - y². */
#include "nn/kinds.h"

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	layer->out = layer->in;
	return spec_at_most(spec, 0, error);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	(void)cache;
	pass->kernels->tanh_forward(pass->n * shape_size(layer->out), x, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)cache;
	if (dx)
		pass->kernels->tanh_backward(pass->n * shape_size(layer->out), y, dy, dx);
}

const struct layer_kind layer_tanh = {
	.name = "tanh",
	.grammar = "tanh",
	.in_place = true,
	.reads_output = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};
