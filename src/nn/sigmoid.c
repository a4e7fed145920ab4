/* Sigmoid, the logistic function: y = 1 / (1 + exp(-x)). Its derivative is y (1 - y). */
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
	pass->kernels->sigmoid_forward(pass->n * shape_size(layer->out), x, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)cache;
	if (dx)
		pass->kernels->sigmoid_backward(pass->n * shape_size(layer->out), y, dy, dx);
}

/* Not in place: a relu in front would no longer see what it let through. */
const struct layer_kind layer_sigmoid = {
	.name = "sigmoid",
	.grammar = "sigmoid",
	.reads_output = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};
