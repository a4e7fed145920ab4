/* One layer without a network. */
#include "probe.h"

#include <math.h>
#include <string.h>

#include "nn/kinds.h"
#include "oracle.h"

int probe_plan(struct probe *probe, const char *text, int index, struct shape in, int n,
			   const struct kernels *kernels, struct error *error)
{
	struct spec spec;

	*probe = (struct probe){.pass = {kernels, n, 0, true, 1, 1}};
	if (spec_parse(text, &spec, error))
		return -1;
	assert_int_equal(spec.layer_count, 1);
	struct layer *layer = &probe->layer;
	layer->kind = layer_kind_find(spec.layers[0].name.text);
	assert_non_null(layer->kind);
	layer->index = index;
	layer->in = in;
	layer->self = calloc(1, layer->kind->self_size + 1);
	assert_non_null(layer->self);
	if (layer->kind->plan(layer, &spec.layers[0], error)) {
		free(layer->self);
		return -1;
	}
	return 0;
}

void probe_open(struct probe *probe, const char *text, int index, struct shape in, int n,
				const struct kernels *kernels)
{
	struct error error;
	struct layer *layer = &probe->layer;

	if (probe_plan(probe, text, index, in, n, kernels, &error))
		fail_msg("%s: %s", text, error.text);
	for (int i = 0; i < layer->param_count; i++) {
		layer->params[i].value = floats(layer->params[i].count);
		layer->params[i].grad = floats(layer->params[i].count);
	}
	probe->in_count = n * shape_size(layer->in);
	probe->out_count = n * shape_size(layer->out);
	probe->x = floats(probe->in_count);
	probe->y = floats(probe->out_count);
	probe->dx = floats(probe->in_count);
	probe->dy = floats(probe->out_count);
	probe->cache = calloc(n, layer->cache_size + 1);
	assert_non_null(probe->cache);
	fill_nan(probe->in_count, probe->dx);
}

void probe_close(struct probe *probe)
{
	for (int i = 0; i < probe->layer.param_count; i++) {
		free(probe->layer.params[i].value);
		free(probe->layer.params[i].grad);
	}
	free(probe->layer.self);
	free(probe->x);
	free(probe->y);
	free(probe->dx);
	free(probe->dy);
	free(probe->cache);
}

void probe_forward(struct probe *probe)
{
	probe->layer.kind->forward(&probe->layer, &probe->pass, probe->x, probe->y, probe->cache);
}

void probe_backward(struct probe *probe, bool want_dx)
{
	probe->layer.kind->backward(&probe->layer, &probe->pass, probe->x, probe->y, probe->cache,
								probe->dy, want_dx ? probe->dx : NULL);
}

void fill_nan(size_t count, float *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = NAN;
}
