/* Convolution: y[p][f] = bias[f] + sum over rows, columns and channels of window p of
 * x × filters[f]. As everywhere in the field the filter is not flipped. */
#include "nn/kinds.h"
#include "nn/op.h"

#include <string.h>

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

static int conv_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct window *w = &layer->window;
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

static void conv_init(const struct layer *layer, struct rng rng)
{
	const struct window *w = &layer->window;
	size_t area = (size_t)w->size * w->size;

	layer_init_glorot(&layer->params[0], area * w->channels, area * w->filters, rng);
}

static void conv_measure(struct op *op, const struct kernels *kernels, int n, int chunks)
{
	(void)chunks;
	op->prepared_size = kernels->conv_prepared_size(&op->window, op->trains);
	op->scratch_size = kernels->conv_scratch_size(&op->window, n);
}

static void conv_prepare(const struct op *op, const struct kernels *kernels, int first, int count)
{
	kernels->conv_prepare(&op->window, op->trains, op->layer->params[0].value, first, count,
						  op->prepared);
}

static void conv_forward(const struct op *op, const struct pass *pass)
{
	const struct param *params = op->layer->params;

	pass->kernels->conv_forward(&op->window, pass->n, pass->x, params[0].value, op->prepared,
								params[1].value, pass->y, pass->scratch);
}

static void conv_backward(const struct op *op, const struct pass *pass)
{
	pass->kernels->conv_backward(&op->window, pass->n, pass->x, op->layer->params[0].value,
								 op->prepared, pass->dy, op->slots[0] + pass->slot_offset,
								 op->slots[1] + pass->slot_offset, pass->dx, pass->scratch);
}

static const struct op_kind conv_op = {
	.reads_input = true,
	.measure = conv_measure,
	.prepare = conv_prepare,
	.forward = conv_forward,
	.backward = conv_backward,
};

const struct layer_kind layer_conv = {
	.name = "conv",
	.grammar = "conv:FILTERS,SIZE[,STRIDE][,same|valid]",
	.plan = conv_plan,
	.init = conv_init,
	.op = &conv_op,
};
