/* One layer without a network. */
#include "probe.h"

#include <math.h>
#include <string.h>

#include "nn/kinds.h"
#include "oracle.h"

#define SLOTS 8
#define SLOT 3 /* the pass's; the others stay 0 */

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
	if (layer->kind->plan(layer, &spec.layers[0], error))
		return -1;
	if (layer->kind->op)
		probe->op = op_of_layer(layer, true);
	return 0;
}

static void place_params(struct probe *probe)
{
	struct layer *layer = &probe->layer;
	struct op *op = &probe->op;
	size_t used = 0;

	for (int i = 0; i < layer->param_count; i++) {
		layer->params[i].value = floats(layer->params[i].count);
		probe->grads[i] = floats(layer->params[i].count);
		op->grads[i] = layer->params[i].trained ? probe->grads[i] : NULL;
		probe->slot_size += layer->params[i].trained ? layer->params[i].count : 0;
	}
	probe->slots = floats(SLOTS * probe->slot_size);
	for (int i = 0; i < layer->param_count && layer->params[i].trained; i++) {
		op->slots[i] = op_has_slot(op, i) ? probe->slots + used : NULL;
		used += layer->params[i].count;
	}
	probe->pass.slot_offset = SLOT * probe->slot_size;
	probe->pass.chunk = 0; /* the only one, for what is joined over chunks */
}

static void place_memory(struct probe *probe)
{
	struct op *op = &probe->op;

	if (op->kind->measure)
		op->kind->measure(op, probe->pass.kernels, probe->pass.n, 1);
	size_t prepared = (op->prepared_size + KERNELS_SLACK + 63) / 64 * 64;
	size_t size = (prepared + op->scratch_size + KERNELS_SLACK + 63) / 64 * 64;
	probe->memory = aligned_alloc(64, size);
	assert_non_null(probe->memory);
	memset(probe->memory, 0xff, size); /* NaN */
	op->prepared = probe->memory;
	op->statistics = calloc(1, op->statistics_size + 1);
	assert_non_null(op->statistics);
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
	probe->cache = calloc(1, n * probe->op.cache_size + KERNELS_SLACK);
	assert_non_null(probe->cache);
	fill_nan(probe->in_count, probe->dx);
}

void probe_close(struct probe *probe)
{
	for (int i = 0; i < probe->layer.param_count; i++) {
		free(probe->layer.params[i].value);
		free(probe->grads[i]);
	}
	free(probe->op.statistics);
	free(probe->slots);
	free(probe->memory);
	free(probe->x);
	free(probe->y);
	free(probe->dx);
	free(probe->dy);
	free(probe->cache);
}

/* In two calls, as the samples of a chunk come. */
static void take_statistics(struct probe *probe)
{
	const struct op *op = &probe->op;
	struct pass part = probe->pass;

	part.n = probe->pass.n / 3;
	if (part.n)
		op->kind->statistics->take(op, &part);
	part.first += part.n;
	part.x += (size_t)part.n * shape_size(op->in);
	part.n = probe->pass.n - part.n;
	op->kind->statistics->take(op, &part);
	op->kind->statistics->join(op, 1);
}

/* The pass on the probe's own buffers. */
static const struct pass *own_pass(struct probe *probe, bool want_dx)
{
	struct pass *pass = &probe->pass;

	pass->x = probe->x;
	pass->y = probe->y;
	pass->cache = probe->cache;
	pass->dy = probe->dy;
	pass->dx = want_dx ? probe->dx : NULL;
	return pass;
}

void probe_forward(struct probe *probe)
{
	const struct op *op = &probe->op;
	const struct pass *pass = own_pass(probe, false);

	if (op->kind->prepare)
		op->kind->prepare(op, pass->kernels, 0, op_outputs(op));
	if (op->kind->statistics && pass->training)
		take_statistics(probe);
	op->kind->forward(op, pass);
}

/* Other chunks' slots are not touched. */
static void check_slots(const struct probe *probe)
{
	for (size_t i = 0; i < SLOTS * probe->slot_size; i++)
		if (i / probe->slot_size != SLOT && probe->slots[i] != 0)
			fail_msg("%s wrote to another slot", probe->layer.kind->name);
}

static void take_slots(struct probe *probe)
{
	const struct layer *layer = &probe->layer;

	for (int i = 0; i < layer->param_count && layer->params[i].trained; i++)
		memcpy(probe->grads[i], probe->op.slots[i] + probe->pass.slot_offset,
			   layer->params[i].count * sizeof(float));
}

void probe_backward(struct probe *probe, bool want_dx)
{
	const struct op *op = &probe->op;
	const struct pass *pass = own_pass(probe, want_dx);

	if (op->kind->statistics) {
		op->kind->statistics->add_gradients(op, pass);
		take_slots(probe);
	}
	op->kind->backward(op, pass);
	if (op->kind->gradients) {
		int units = op_outputs(op);
		op->kind->gradients(op, pass, 0, units / 3);
		op->kind->gradients(op, pass, units / 3, units - units / 3);
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
	engine->memory = SIZE_MAX;
	engine->workers = workers_open(threads, &error);
	if (!engine->workers)
		fail_msg("%s", error.text);
}

struct executor *test_executor_open(const struct network *network, const struct engine *engine,
									int batch_size, enum executor_mode mode)
{
	struct error error;
	struct executor *executor = executor_open(network, engine, batch_size, mode, &error);

	if (!executor)
		fail_msg("%s: %s", network->spec, error.text);
	return executor;
}

void images_load(const void *context, int first, int n, float *room, float *x)
{
	const struct images *images = context;

	(void)room;
	memcpy(x, images->x + (size_t)first * images->size, (size_t)n * images->size * sizeof *x);
}
