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
	param->rank = rank;
	param->count = 1;
	for (int i = 0; i < rank; i++) {
		param->dims[i] = dims[i];
		if (!checked_multiply(param->count, dims[i], &param->count))
			param->count = SIZE_MAX; /* which the planner refuses */
	}
}

static int needed(int out, const struct window *w, int pad, int in)
{
	int last = (out - 1) * w->stride - pad + w->size;

	return last < in ? last : in;
}

void layer_trim_window(struct layer *layer, struct window *w, int out_h, int out_w,
					   bool trim_input)
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
