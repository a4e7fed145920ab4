/* The parts of planning that several kinds of layers share. */
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
			param->count = SIZE_MAX; /* which network_build refuses */
	}
}

size_t layer_weight_count(const struct layer *layer)
{
	size_t count = 0;

	for (int p = 0; p < layer->param_count; p++)
		count += layer->params[p].trained ? layer->params[p].count : 0;
	return count;
}

int layer_plan_same_shape(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	layer->out = layer->in;
	return spec_at_most(spec, 0, error);
}

int layer_plan_pooling(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct window *w = &layer->window;
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

void layer_init_glorot(const struct param *param, size_t fan_in, size_t fan_out, struct rng rng)
{
	float limit = sqrtf(6.0f / (float)(fan_in + fan_out));

	for (size_t i = 0; i < param->count; i++)
		param->value[i] = limit * (2 * rng_uniform(rng, i) - 1);
}
