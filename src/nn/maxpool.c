/* Max-pooling: the largest of each window, channel by channel; the gradient goes back to where it
 * stood. Rows and columns that fill no window are left out. */
#include "nn/kinds.h"

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct shape in = layer->in;

	if (layer_plan_pooling(layer, layer->self, spec, error))
		return -1;
	if ((size_t)in.h * in.w > UINT16_MAX + 1u)
		return spec_error(spec, error, "its input of %d×%d has more than %u pixels, the limit",
						  in.h, in.w, UINT16_MAX + 1u);
	layer->cache_size = shape_size(layer->out) * sizeof(uint16_t);
	return 0;
}

static void trim(struct layer *layer, bool trim_input)
{
	layer_trim_window(layer, layer->self, layer->out.h, layer->out.w, trim_input);
	layer->cache_size = shape_size(layer->out) * sizeof(uint16_t);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	pass->kernels->maxpool_forward(layer->self, pass->n, x, y, cache);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)y;
	if (dx)
		pass->kernels->maxpool_backward(layer->self, pass->n, cache, dy, dx);
}

const struct layer_kind layer_maxpool = {
	.name = "maxpool",
	.grammar = "maxpool:WINDOW[,STRIDE]",
	.self_size = sizeof(struct window),
	.plan = plan,
	.trim = trim,
	.forward = forward,
	.backward = backward,
};
