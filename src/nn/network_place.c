/* A network's place in memory: adds up what its plan needs, allocates once, and hands out: values |
 * gradients | activations | slots | scratch. After that a training step allocates nothing. */
#include "nn/network_parts.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/checked.h"

#define ALIGNMENT 64 /* bytes: a cache line, and the widest vector */

/* Memory handed out piece by piece. Without a base it only measures. */
struct arena {
	unsigned char *base;
	size_t used;
	bool too_large;
};

static void *arena_take(struct arena *arena, size_t count, size_t size)
{
	size_t bytes, end;

	if (!checked_multiply(count, size, &bytes) || !checked_add(arena->used, bytes, &end) ||
		end > NETWORK_MAX_BYTES) {
		arena->too_large = true;
		return NULL;
	}
	void *piece = arena->base ? arena->base + arena->used : NULL;
	arena->used = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return piece;
}

static size_t aligned_floats(size_t count)
{
	size_t step = ALIGNMENT / sizeof(float);

	return (count + step - 1) / step * step;
}

/* Every tensor begins on a boundary; the gaps stay zero, so that the optimizer can take all
 * parameters for one vector. */
static void place_params(struct network *network, struct arena *arena)
{
	size_t count = 0;

	for (int p = 0; p < network->param_count; p++)
		count += aligned_floats(network->params[p]->count);
	network->value_count = count;
	network->values = arena_take(arena, count, sizeof(float));
	network->grads = network->trainable ? arena_take(arena, count, sizeof(float)) : NULL;
	if (!arena->base)
		return;
	count = 0;
	for (int p = 0; p < network->param_count; p++) {
		struct param *param = network->params[p];
		param->value = network->values + count;
		param->grad = network->grads ? network->grads + count : NULL;
		count += aligned_floats(param->count);
	}
}

static bool has_slot(const struct layer *layer, int p)
{
	return !layer->kind->gradients && layer->params[p].trained;
}

/* Slots for the parameters whose gradients are summed in chunks. */
static void place_slots(struct network *network, struct arena *arena)
{
	network->slot_size = 0;
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		for (int p = 0; p < layer->param_count; p++)
			network->slot_size += has_slot(layer, p) ? aligned_floats(layer->params[p].count) : 0;
	}
	float *partial = network->slots =
		arena_take(arena, LAYER_SLOTS, network->slot_size * sizeof(float));
	if (!arena->base)
		return;
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		for (int p = 0; p < layer->param_count; p++) {
			if (!has_slot(layer, p))
				continue;
			layer->params[p].partial = partial;
			partial += aligned_floats(layer->params[p].count);
		}
	}
}

/* May step i write its output over its input? Not where the step before still needs that. */
static bool works_in_place(const struct network *network, int i)
{
	const struct step *steps = network->steps;

	return steps[i].layer.kind->in_place && (i == 0 || !steps[i - 1].layer.kind->reads_output);
}

/* Samples that steps of a chunk keep from forward to backward; the layers on images need gradients
 * of one group only. */
static int chunk_samples(const struct network *network)
{
	return (network->batch_size + LAYER_SLOTS - 1) / LAYER_SLOTS;
}

static struct sample_buffer take_samples(const struct network *network, struct arena *arena,
										 size_t size, int per_worker)
{
	struct sample_buffer samples = {.size = size};
	size_t workers = (size_t)workers_count(network->engine->workers);

	if (per_worker) {
		samples.per_worker =
			aligned_floats((size_t)per_worker * size / sizeof(float) + 1) * sizeof(float);
		samples.data = arena_take(arena, workers, samples.per_worker);
	} else {
		samples.data = arena_take(arena, (size_t)network->batch_size, size);
	}
	return samples;
}

/* The last step that shares the output of step i, or of the input for -1. */
static int last_sharer(const struct network *network, int i,
					   bool (*shares)(const struct network *, int))
{
	while (i + 1 < network->step_count && shares(network, i + 1))
		i++;
	return i;
}

/* Gradients may always be in place where the layer can. */
static bool shares_gradient(const struct network *network, int i)
{
	return network->steps[i].layer.kind->in_place;
}

/* Does only the part on images see a buffer whose last sharer is step `last`? */
static bool is_of_images(const struct network *network, int last)
{
	return last < network->flat_from - 1;
}

/* Is what step i writes needed until the end of the same task only? In training the last stage goes
 * forward and backward at once; what the others leave must wait for it. */
static bool is_of_one_task(const struct network *network, int i)
{
	return !network->trainable || network->stage_count == 1 ||
		   i >= network->stages[network->stage_count - 1];
}

static size_t floats_size(struct shape shape)
{
	return shape_size(shape) * sizeof(float);
}

static void place_outputs(struct network *network, struct arena *arena)
{
	int chunk = chunk_samples(network);
	bool local = is_of_one_task(network, -1) &&
				 is_of_images(network, last_sharer(network, -1, works_in_place));
	struct sample_buffer y =
		take_samples(network, arena, floats_size(network->input), local ? chunk : 0);

	network->input_buffer = y;
	for (int i = 0; i < network->step_count; i++) {
		struct step *step = &network->steps[i];
		local = is_of_one_task(network, i) &&
				is_of_images(network, last_sharer(network, i, works_in_place));
		if (!works_in_place(network, i))
			y = take_samples(network, arena, floats_size(step->layer.out), local ? chunk : 0);
		step->y = y;
		step->cache =
			take_samples(network, arena, step->layer.cache_size,
						 is_of_one_task(network, i) && i < network->flat_from ? chunk : 0);
	}
}

static void place_gradients(struct network *network, struct arena *arena)
{
	struct sample_buffer dy = {0};

	for (int i = 0; i < network->step_count; i++) {
		struct step *step = &network->steps[i];
		/* A layer that looks at the whole batch looks at its dy again in another task. */
		bool local = !step->layer.kind->sums &&
					 is_of_images(network, last_sharer(network, i, shares_gradient));
		if (i == 0 || !shares_gradient(network, i))
			dy = take_samples(network, arena, floats_size(step->layer.out),
							  local ? NETWORK_IMAGE_GROUP : 0);
		step->dy = dy;
	}
}

static void place_kernels(struct network *network, struct arena *arena)
{
	network->scratch_size = 0;
	for (int i = 0; i < network->step_count; i++) {
		struct layer *layer = &network->steps[i].layer;
		/* Layers on images never see more than a group. */
		int n = network->batch_size;
		if (i < network->flat_from && n > NETWORK_IMAGE_GROUP)
			n = NETWORK_IMAGE_GROUP;
		if (layer->kind->measure)
			layer->kind->measure(layer, network->engine->kernels, n, network->trainable);
		layer->prepared = arena_take(arena, 1, layer->prepared_size);
		layer->sums = arena_take(arena, 1, network->trainable ? layer->sums_size : 0);
		if (layer->scratch_size > network->scratch_size)
			network->scratch_size = layer->scratch_size;
	}
	network->scratch_size =
		aligned_floats(network->scratch_size / sizeof(float) + 1) * sizeof(float);
	network->scratch =
		arena_take(arena, (size_t)workers_count(network->engine->workers), network->scratch_size);
}

static void place(struct network *network, struct arena *arena)
{
	arena->used = 0;
	place_params(network, arena);
	place_outputs(network, arena);
	if (network->trainable) {
		place_slots(network, arena);
		place_gradients(network, arena);
	}
	place_kernels(network, arena);
	arena_take(arena, 1, KERNELS_SLACK);
}

int network_place(struct network *network, struct error *error)
{
	struct arena arena = {0};

	/* + 1: a network without parameters is allowed. */
	network->params = calloc((size_t)network->param_count + 1, sizeof *network->params);
	if (!network->params)
		return error_set(error, "not enough memory for the network's plan");
	int p = 0;
	for (int i = 0; i < network->layer_count; i++)
		for (int j = 0; j < network->layers[i].param_count; j++)
			network->params[p++] = &network->layers[i].params[j];

	place(network, &arena);
	if (arena.too_large)
		return error_set(error, "with batches of %d the network needs more than %zu MB, the limit",
						 network->batch_size, NETWORK_MAX_BYTES >> 20);
	/* calloc's fresh pages are zero and cost nothing until they are used. */
	network->arena = calloc(1, arena.used + ALIGNMENT);
	if (!network->arena)
		return error_set(error, "not enough memory for the network: %zu MB", arena.used >> 20);
	uintptr_t start = (uintptr_t)network->arena + ALIGNMENT - 1;
	arena.base = (unsigned char *)(start / ALIGNMENT * ALIGNMENT);
	place(network, &arena);
	return 0;
}
