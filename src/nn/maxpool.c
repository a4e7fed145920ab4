/* Max-pooling: the largest of each window, channel by channel; the gradient goes back to where it
 * stood. Rows and columns that fill no window are left out. */
#include "nn/kinds.h"

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct window *w = layer->self;
	struct shape in = layer->in;

	if (in.flat)
		return spec_error(spec, error, "its input is flat; pooling comes before flatten");
	if (spec_at_most(spec, 2, error) ||
		spec_integer(spec, 0, "window", 1, 64, &w->size, error))
		return -1;
	w->stride = w->size;
	if (spec->argument_count > 1 && spec_integer(spec, 1, "stride", 1, 64, &w->stride, error))
		return -1;
	if (w->size > in.h || w->size > in.w)
		return spec_error(spec, error, "a window of %d×%d is larger than its input of %d×%d",
						  w->size, w->size, in.h, in.w);
	if ((size_t)in.h * in.w > UINT16_MAX + 1u)
		return spec_error(spec, error, "its input of %d×%d has more than %u pixels, the limit",
						  in.h, in.w, UINT16_MAX + 1u);
	w->in_h = in.h;
	w->in_w = in.w;
	w->channels = w->filters = in.c;
	w->out_h = (in.h - w->size) / w->stride + 1;
	w->out_w = (in.w - w->size) / w->stride + 1;
	layer->out = (struct shape){.h = w->out_h, .w = w->out_w, .c = in.c};
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
