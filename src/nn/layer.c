/* What layers have in common. */
#include "nn/layer.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "base/checked.h"

void layer_add_param(struct layer *layer, const char *suffix, enum param_layout layout, int rank,
					 const size_t *dims)
{
	assert(layer->param_count < LAYER_MAX_PARAMS);
	struct param *param = &layer->params[layer->param_count++];

	snprintf(param->name, sizeof param->name, "%d.%s", layer->index, suffix);
	param->layout = layout;
	param->trained = true;
	param->rank = rank;
	param->count = 1;
	for (int i = 0; i < rank; i++) {
		param->dims[i] = dims[i];
		if (!checked_multiply(param->count, dims[i], &param->count))
			param->count = SIZE_MAX; /* which the planner refuses */
	}
}

int layer_outputs(const struct layer *layer)
{
	return (int)layer->params[0].dims[0];
}

int layer_plan_pooling(struct layer *layer, struct window *w, const struct spec_layer *spec,
					   struct error *error)
{
	struct shape in = layer->in;

	if (in.flat)
		return spec_error(spec, error, "its input is flat; pooling comes before flatten");
	if (spec_at_most(spec, 2, error) || spec_integer(spec, 0, "window", 1, 64, &w->size, error))
		return -1;
	w->stride = w->size;
	if (spec->argument_count > 1 && spec_integer(spec, 1, "stride", 1, 64, &w->stride, error))
		return -1;
	if (w->size > in.h || w->size > in.w)
		return spec_error(spec, error, "a window of %d×%d is larger than its input of %d×%d",
						  w->size, w->size, in.h, in.w);
	w->in_h = in.h;
	w->in_w = in.w;
	w->channels = w->filters = in.c;
	w->out_h = (in.h - w->size) / w->stride + 1;
	w->out_w = (in.w - w->size) / w->stride + 1;
	layer->out = (struct shape){.h = w->out_h, .w = w->out_w, .c = in.c};
	return 0;
}

static int needed(int out, const struct window *w, int pad, int in)
{
	int last = (out - 1) * w->stride - pad + w->size;

	return last < in ? last : in;
}

void layer_trim_window(struct layer *layer, struct window *w, int out_h, int out_w, bool trim_input)
{
	w->out_h = out_h;
	w->out_w = out_w;
	if (!trim_input)
		return;
	w->in_h = layer->in.h = needed(out_h, w, w->pad_top, w->in_h);
	w->in_w = layer->in.w = needed(out_w, w, w->pad_left, w->in_w);
}

void layer_init_glorot(const struct param *param, size_t fan_in, size_t fan_out, struct rng rng)
{
	float limit = sqrtf(6.0f / (float)(fan_in + fan_out));

	for (size_t i = 0; i < param->count; i++)
		param->value[i] = limit * (2 * rng_uniform(rng, i) - 1);
}
