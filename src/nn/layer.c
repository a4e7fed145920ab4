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

void layer_init_glorot(const struct param *param, size_t fan_in, size_t fan_out, struct rng rng)
{
	float limit = sqrtf(6.0f / (float)(fan_in + fan_out));

	for (size_t i = 0; i < param->count; i++)
		param->value[i] = limit * (2 * rng_uniform(rng, i) - 1);
}
