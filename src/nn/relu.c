/* Relu: y = max(x, 0). Its gradient passes where y > 0. */
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
	pass->kernels->relu_forward(pass->n * shape_size(layer->out), x, y);
}

/* A dropout that follows in place zeroes or scales y; where it zeroes, dy is 0 as well, so that
 * the sign of y still tells enough. */
static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)cache;
	if (dx)
		pass->kernels->relu_backward(pass->n * shape_size(layer->out), y, dy, dx);
}

const struct layer_kind layer_relu = {
	.name = "relu",
	.grammar = "relu",
	.in_place = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};
