/* Average-pooling: the mean of each window, channel by channel; each of its pixels gets the same
 * part of the gradient. Rows and columns that fill no window are left out. */
#include "nn/kinds.h"

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	return layer_plan_pooling(layer, layer->self, spec, error);
}

static void trim(struct layer *layer, bool trim_input)
{
	layer_trim_window(layer, layer->self, layer->out.h, layer->out.w, trim_input);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	(void)cache;
	pass->kernels->avgpool_forward(layer->self, pass->n, x, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)y, (void)cache;
	if (dx)
		pass->kernels->avgpool_backward(layer->self, pass->n, dy, dx);
}

const struct layer_kind layer_avgpool = {
	.name = "avgpool",
	.grammar = "avgpool:WINDOW[,STRIDE]",
	.self_size = sizeof(struct window),
	.plan = plan,
	.trim = trim,
	.forward = forward,
	.backward = backward,
};
