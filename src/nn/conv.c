/* Convolution: y[p][f] = bias[f] + sum over rows, columns and channels of window p of
 * x × filters[f]. As everywhere in the field the filter is not flipped. */
#include "nn/kinds.h"

#include <string.h>

/* A layer's `self`, which so is a window, too. */
struct conv {
	struct window window;
	bool relu;     /* in one with the pooling */
	bool backward; /* is prepared for, too */
};

/* conv:FILTERS,SIZE[,STRIDE][,same|valid] */
static int read_arguments(const struct spec_layer *spec, struct window *w, bool *same,
						  struct error *error)
{
	struct spec_layer numbers = *spec;
	int count = spec->argument_count;
	const char *last = count ? spec->arguments[count - 1].text : "";

	*same = !strcmp(last, "same");
	if (*same || !strcmp(last, "valid"))
		numbers.argument_count--;
	w->stride = 1;
	if (spec_at_most(&numbers, 3, error) ||
		spec_integer(&numbers, 0, "number of filters", 1, 4096, &w->filters, error) ||
		spec_integer(&numbers, 1, "filter size", 1, 64, &w->size, error))
		return -1;
	if (numbers.argument_count > 2)
		return spec_integer(&numbers, 2, "stride", 1, 64, &w->stride, error);
	return 0;
}

/* `same`: as many output pixels as input pixels, divided by the stride and rounded up. What the
 * windows then need beyond the image is zeros, the smaller half of them in front. */
static void place_same(int in, const struct window *w, int *out, int *pad)
{
	*out = (in + w->stride - 1) / w->stride;
	int beyond = (*out - 1) * w->stride + w->size - in;
	*pad = beyond > 0 ? beyond / 2 : 0;
}

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct window *w = layer->self;
	struct shape in = layer->in;
	bool same;

	if (in.flat)
		return spec_error(spec, error, "its input is flat; convolutions come before flatten");
	if (read_arguments(spec, w, &same, error))
		return -1;
	w->in_h = in.h;
	w->in_w = in.w;
	w->channels = in.c;
	if (same) {
		place_same(in.h, w, &w->out_h, &w->pad_top);
		place_same(in.w, w, &w->out_w, &w->pad_left);
	} else if (w->size > in.h || w->size > in.w) {
		return spec_error(spec, error, "a filter of %d×%d is larger than its input of %d×%d",
						  w->size, w->size, in.h, in.w);
	} else {
		w->out_h = (in.h - w->size) / w->stride + 1;
		w->out_w = (in.w - w->size) / w->stride + 1;
	}
	layer->out = (struct shape){.h = w->out_h, .w = w->out_w, .c = w->filters};

	size_t filters = (size_t)w->filters, size = (size_t)w->size, channels = (size_t)w->channels;
	layer_add_param(layer, "weight", PARAM_FILTERS, 4, (size_t[]){filters, size, size, channels});
	layer_add_param(layer, "bias", PARAM_PLAIN, 1, (size_t[]){filters});
	return 0;
}

static void init(const struct layer *layer, struct rng rng)
{
	const struct window *w = layer->self;
	size_t area = (size_t)w->size * w->size;

	layer_init_glorot(&layer->params[0], area * w->channels, area * w->filters, rng);
}

static void trim(struct layer *layer, bool trim_input)
{
	layer_trim_window(layer, layer->self, layer->out.h, layer->out.w, trim_input);
}

static void measure(struct layer *layer, const struct kernels *kernels, int n, bool backward)
{
	((struct conv *)layer->self)->backward = backward;
	layer->prepared_size = kernels->conv_prepared_size(layer->self, backward);
	layer->scratch_size = kernels->conv_scratch_size(layer->self, n);
}

static void prepare(const struct layer *layer, const struct kernels *kernels, int first, int count)
{
	const struct conv *conv = layer->self;

	kernels->conv_prepare(&conv->window, conv->backward, layer->params[0].value, first, count,
						  layer->prepared);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	(void)cache;
	pass->kernels->conv_forward(layer->self, pass->n, x, layer->params[0].value, layer->prepared,
								layer->params[1].value, y, pass->scratch);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)y, (void)cache;
	pass->kernels->conv_backward(layer->self, pass->n, x, layer->params[0].value, layer->prepared,
								 dy, layer->params[0].partial + pass->slot_offset,
								 layer->params[1].partial + pass->slot_offset, dx, pass->scratch);
}

const struct layer_kind layer_conv = {
	.name = "conv",
	.grammar = "conv:FILTERS,SIZE[,STRIDE][,same|valid]",
	.self_size = sizeof(struct conv),
	.reads_input = true,
	.plan = plan,
	.trim = trim,
	.measure = measure,
	.init = init,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
};

/* ---- with the max-pooling behind it, and a relu between them ---- */

/* Rows and columns that fill no window are not computed. */
static void pool_trim(struct layer *layer, bool trim_input)
{
	layer_trim_window(layer, layer->self, 2 * layer->out.h, 2 * layer->out.w, trim_input);
	layer->cache_size = shape_size(layer->out) * sizeof(uint8_t);
}

/* Its gradients are sparse, for which nothing is prepared. */
static void pool_measure(struct layer *layer, const struct kernels *kernels, int n, bool backward)
{
	(void)backward;
	measure(layer, kernels, n, false);
}

static void pool_forward(const struct layer *layer, const struct pass *pass, const float *x,
						 float *y, void *cache)
{
	const struct conv *conv = layer->self;

	pass->kernels->conv_pool_forward(layer->self, pass->n, x, layer->params[0].value,
									 layer->prepared, layer->params[1].value, conv->relu, y, cache,
									 pass->scratch);
}

static void pool_backward(const struct layer *layer, const struct pass *pass, const float *x,
						  const float *y, const void *cache, const float *dy, float *dx)
{
	(void)y;
	pass->kernels->conv_pool_backward(layer->self, pass->n, x, layer->params[0].value, dy, cache,
									  layer->params[0].partial + pass->slot_offset,
									  layer->params[1].partial + pass->slot_offset, dx,
									  pass->scratch);
}

static const struct layer_kind conv_pool = {
	.name = "conv and maxpool",
	.self_size = sizeof(struct conv),
	.reads_input = true,
	.trim = pool_trim,
	.measure = pool_measure,
	.prepare = prepare,
	.forward = pool_forward,
	.backward = pool_backward,
};

bool conv_takes_pool(const struct layer *conv, const struct layer *pool,
					 const struct kernels *kernels)
{
	const struct window *w = pool->self;

	return kernels->conv_pool_forward && conv->kind == &layer_conv &&
		   pool->kind == &layer_maxpool && w->size == 2 && w->stride == 2;
}

void conv_take_pool(struct layer *conv, const struct layer *pool, bool relu)
{
	((struct conv *)conv->self)->relu = relu;
	conv->kind = &conv_pool;
	conv->out = pool->out;
}
