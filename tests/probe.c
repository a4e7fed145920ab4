/* One layer without a network. */
#include "probe.h"

#include <math.h>
#include <string.h>

#include "nn/kinds.h"
#include "oracle.h"

#define SLOT 3 /* the pass's, of LAYER_SLOTS; the others stay 0 */

static void free_plan(struct layer *layer)
{
	free(layer->self);
	free(layer->params);
}

int probe_plan(struct probe *probe, const char *text, int index, struct shape in, int n,
			   const struct kernels *kernels, struct error *error)
{
	struct spec spec;

	*probe = (struct probe){
		.pass = {.kernels = kernels, .n = n, .training = true, .seed = 1, .step = 1}};
	if (spec_parse(text, &spec, error))
		return -1;
	assert_int_equal(spec.layer_count, 1);
	struct layer *layer = &probe->layer;
	layer->kind = layer_kind_find(spec.layers[0].name.text);
	assert_non_null(layer->kind);
	layer->index = index;
	layer->in = in;
	layer->self = calloc(1, layer->kind->self_size + 1);
	layer->params = calloc(LAYER_MAX_PARAMS, sizeof *layer->params);
	assert_non_null(layer->self);
	assert_non_null(layer->params);
	if (layer->kind->plan(layer, &spec.layers[0], error)) {
		free_plan(layer);
		return -1;
	}
	return 0;
}

static void place_params(struct probe *probe)
{
	struct layer *layer = &probe->layer;

	for (int i = 0; i < layer->param_count; i++) {
		layer->params[i].value = floats(layer->params[i].count);
		layer->params[i].grad = floats(layer->params[i].count);
		probe->slot_size += layer->params[i].trained ? layer->params[i].count : 0;
	}
	probe->slots = floats(LAYER_SLOTS * probe->slot_size);
	size_t used = 0;
	for (int i = 0; i < layer->param_count && layer->params[i].trained; i++) {
		layer->params[i].partial = layer->kind->gradients ? NULL : probe->slots + used;
		used += layer->params[i].count;
	}
	probe->pass.slot_offset = SLOT * probe->slot_size;
	probe->pass.chunk = 0; /* the only one, for what is joined over chunks */
}

static void place_memory(struct probe *probe)
{
	struct layer *layer = &probe->layer;

	if (layer->kind->measure)
		layer->kind->measure(layer, probe->pass.kernels, probe->pass.n, true);
	size_t prepared = (layer->prepared_size + KERNELS_SLACK + 63) / 64 * 64;
	size_t size = (prepared + layer->scratch_size + KERNELS_SLACK + 63) / 64 * 64;
	probe->memory = aligned_alloc(64, size);
	assert_non_null(probe->memory);
	memset(probe->memory, 0xff, size); /* NaN */
	layer->prepared = probe->memory;
	layer->sums = calloc(1, layer->sums_size + 1);
	assert_non_null(layer->sums);
	probe->pass.scratch = (char *)probe->memory + prepared;
}

void probe_open(struct probe *probe, const char *text, int index, struct shape in, int n,
				const struct kernels *kernels)
{
	struct error error;
	struct layer *layer = &probe->layer;

	if (probe_plan(probe, text, index, in, n, kernels, &error))
		fail_msg("%s: %s", text, error.text);
	place_params(probe);
	place_memory(probe);
	probe->in_count = n * shape_size(layer->in);
	probe->out_count = n * shape_size(layer->out);
	probe->x = floats(probe->in_count);
	probe->y = floats(probe->out_count);
	probe->dx = floats(probe->in_count);
	probe->dy = floats(probe->out_count);
	probe->cache = calloc(1, n * layer->cache_size + KERNELS_SLACK);
	assert_non_null(probe->cache);
	fill_nan(probe->in_count, probe->dx);
}

void probe_close(struct probe *probe)
{
	for (int i = 0; i < probe->layer.param_count; i++) {
		free(probe->layer.params[i].value);
		free(probe->layer.params[i].grad);
	}
	free_plan(&probe->layer);
	free(probe->layer.sums);
	free(probe->slots);
	free(probe->memory);
	free(probe->x);
	free(probe->y);
	free(probe->dx);
	free(probe->dy);
	free(probe->cache);
}

/* In two calls, as the samples of a chunk come. */
static void sum_up(struct probe *probe)
{
	const struct layer *layer = &probe->layer;
	struct pass part = probe->pass;
	size_t sample = shape_size(layer->in);

	part.n = probe->pass.n / 3;
	if (part.n)
		layer->kind->sums(layer, &part, probe->x);
	part.first += part.n;
	part.n = probe->pass.n - part.n;
	layer->kind->sums(layer, &part, probe->x + (part.first - probe->pass.first) * sample);
	layer->kind->join(layer, 1);
}

void probe_forward(struct probe *probe)
{
	if (probe->layer.kind->prepare)
		probe->layer.kind->prepare(&probe->layer, probe->pass.kernels, 0,
								   layer_outputs(&probe->layer));
	if (probe->layer.kind->sums && probe->pass.training)
		sum_up(probe);
	probe->layer.kind->forward(&probe->layer, &probe->pass, probe->x, probe->y, probe->cache);
}

/* Other chunks' slots are not touched. */
static void check_slots(const struct probe *probe)
{
	for (size_t i = 0; i < LAYER_SLOTS * probe->slot_size; i++)
		if (i / probe->slot_size != SLOT && probe->slots[i] != 0)
			fail_msg("%s wrote to another slot", probe->layer.kind->name);
}

static void take_slots(struct probe *probe)
{
	const struct layer *layer = &probe->layer;

	for (int i = 0; i < layer->param_count && layer->params[i].trained; i++)
		memcpy(layer->params[i].grad, layer->params[i].partial + probe->pass.slot_offset,
			   layer->params[i].count * sizeof(float));
}

void probe_backward(struct probe *probe, bool want_dx)
{
	const struct layer *layer = &probe->layer;

	if (layer->kind->sums) {
		layer->kind->backward_sums(layer, &probe->pass, probe->x, probe->dy);
		take_slots(probe);
	}
	layer->kind->backward(layer, &probe->pass, probe->x, probe->y, probe->cache, probe->dy,
						  want_dx ? probe->dx : NULL);
	if (layer->kind->gradients) {
		int units = (int)layer->params[0].dims[0];
		layer->kind->gradients(layer, &probe->pass, probe->x, probe->dy, 0, units / 3);
		layer->kind->gradients(layer, &probe->pass, probe->x, probe->dy, units / 3,
							   units - units / 3);
		return;
	}
	take_slots(probe);
	check_slots(probe);
}

void fill_nan(size_t count, float *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = NAN;
}

void test_engine_open(struct engine *engine, const struct kernels *kernels, int threads)
{
	struct error error;

	engine->kernels = kernels;
	engine->workers = workers_open(threads, &error);
	if (!engine->workers)
		fail_msg("%s", error.text);
}

void images_load(const void *context, int first, int n, float *x)
{
	const struct images *images = context;

	memcpy(x, images->x + (size_t)first * images->size, (size_t)n * images->size * sizeof *x);
}
