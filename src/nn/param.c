/* Memory's order of a weight tensor, and PyTorch's. */
#include "nn/param.h"

#include <string.h>

#include "base/memory.h"

size_t param_padded_count(const struct param *param)
{
	return aligned_size(param->count * sizeof(float)) / sizeof(float);
}

int param_file_dims(const struct param *param, size_t dims[4])
{
	const size_t *own = param->dims; /* out, h, w, c unless plain */

	switch (param->layout) {
	case PARAM_FILTERS:
		dims[0] = own[0];
		dims[1] = own[3];
		dims[2] = own[1];
		dims[3] = own[2];
		return 4;
	case PARAM_DENSE:
		dims[0] = own[0];
		dims[1] = own[1] * own[2] * own[3];
		return 2;
	case PARAM_FEATURES:
		dims[0] = param->count;
		return 1;
	default:
		memcpy(dims, own, (size_t)param->rank * sizeof *dims);
		return param->rank;
	}
}

/* Element (o, p, c) of out × (h × w) × c moves to (o, c, p), or back. */
static void swap_channels(const struct param *param, const float *from, float *to, bool into_file)
{
	size_t pixels = param->dims[1] * param->dims[2], channels = param->dims[3];

	for (size_t o = 0; o < param->dims[0]; o++) {
		for (size_t p = 0; p < pixels; p++) {
			for (size_t c = 0; c < channels; c++) {
				size_t memory = (o * pixels + p) * channels + c;
				size_t file = (o * channels + c) * pixels + p;
				if (into_file)
					to[file] = from[memory];
				else
					to[memory] = from[file];
			}
		}
	}
}

void param_to_file(const struct param *param, const float *memory, float *file)
{
	if (param->layout == PARAM_PLAIN)
		memcpy(file, memory, param->count * sizeof *file);
	else
		swap_channels(param, memory, file, true);
}

void param_from_file(const struct param *param, const float *file, float *memory)
{
	if (param->layout == PARAM_PLAIN)
		memcpy(memory, file, param->count * sizeof *memory);
	else
		swap_channels(param, file, memory, false);
}

bool param_is_weight(const struct param *param)
{
	return param->layout == PARAM_FILTERS || param->layout == PARAM_DENSE;
}
