/* A network's plan and its place in memory.
 *
 * Planning goes through the spec and fixes every shape, then decides what is run in one. Placing adds
 * up what that needs, allocates once, and hands out: values | gradients | slots | activations |
 * scratch. After that a training step allocates nothing. */
#include "nn/network.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/nearest.h"
#include "nn/kinds.h"

#define ALIGNMENT 64 /* bytes: a cache line, and the widest vector */

/* ---- plan ---- */

static int unknown_layer(const struct spec_layer *spec, struct error *error)
{
	const char *names[SPEC_MAX_LAYERS] = {0};

	for (int i = 0; layer_kinds[i]; i++)
		names[i] = layer_kinds[i]->name;
	const char *nearest = nearest_word(spec->name.text, names);
	if (nearest)
		return error_set(error, "position %d: there is no layer \"%s\"; did you mean %s?",
						 spec->name.position, spec->name.text, nearest);

	error_set(error, "position %d: there is no layer \"%s\"; there are", spec->name.position,
			  spec->name.text);
	for (int i = 0; names[i]; i++) {
		size_t used = strlen(error->text);
		snprintf(error->text + used, sizeof error->text - used, " %s", names[i]);
	}
	return -1;
}

static int plan_layer(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	layer->kind = layer_kind_find(spec->name.text);
	if (!layer->kind)
		return unknown_layer(spec, error);
	layer->self = calloc(1, layer->kind->self_size + 1); /* + 1: never NULL for want of a size */
	layer->params = calloc(LAYER_MAX_PARAMS, sizeof *layer->params);
	if (!layer->self || !layer->params)
		return error_set(error, "not enough memory for the network's plan");
	if (layer->kind->plan(layer, spec, error))
		return -1;
	for (int i = 0; i < layer->param_count; i++)
		if (layer->params[i].count > NETWORK_MAX_BYTES / sizeof(float))
			return spec_error(spec, error, "its weights need more than %zu MB, the limit",
							  NETWORK_MAX_BYTES >> 20);
	return 0;
}

static bool is_softmax(const struct layer *layer)
{
	return layer->kind == &layer_softmax;
}

static int plan_layers(struct network *network, const struct spec *spec, struct error *error)
{
	struct shape shape = network->input;

	network->layers = calloc((size_t)spec->layer_count, sizeof *network->layers);
	if (!network->layers)
		return error_set(error, "not enough memory for the network's plan");
	for (int i = 0; i < spec->layer_count; i++) {
		struct layer *layer = &network->layers[i];
		network->layer_count = i + 1;
		layer->index = i;
		layer->in = shape;
		if (plan_layer(layer, &spec->layers[i], error))
			return -1;
		if (is_softmax(layer) != (i == spec->layer_count - 1))
			return spec_error(&spec->layers[i], error, "the last layer, and no other, is softmax");
		shape = layer->out;
		network->param_count += layer->param_count;
		for (int p = 0; p < layer->param_count; p++)
			network->weight_count += layer->params[p].count;
	}
	network->classes = (int)shape_size(shape);
	if (spec->layer_count == 1)
		return spec_error(&spec->layers[0], error, "there is no layer in front of it");
	return 0;
}

/* Can what step i reads be made smaller? Not the network's input, nor what stands for it behind layers
 * that leave every pixel where it is. */
static bool may_trim_input(const struct network *network, int i)
{
	while (i > 0)
		if (network->steps[--i].layer.kind->trim)
			return true;
	return false;
}

/* What comes behind may not look at all rows and columns of an image: then they are not computed. From
 * the last step on images to the first, each makes do with what the next one reads. */
static void trim_steps(struct network *network)
{
	for (int i = network->flat_from - 1; i >= 0; i--) {
		struct layer *layer = &network->steps[i].layer;
		bool trim_input = may_trim_input(network, i);
		if (layer->kind->trim)
			layer->kind->trim(layer, trim_input);
		else if (trim_input)
			layer->in = layer->out;
		if (trim_input)
			network->steps[i - 1].layer.out = layer->in;
	}
}

/* What runs: the layers, but a convolution takes the max-pooling behind it where the kernels can, and
 * then relu comes after both, which is the same and a quarter of the work. */
static int plan_steps(struct network *network, struct error *error)
{
	const struct kernels *kernels = network->engine->kernels;
	const struct layer *layers = network->layers;
	int count = network->layer_count - 1; /* softmax has nothing to do */

	network->steps = calloc((size_t)network->layer_count, sizeof *network->steps);
	if (!network->steps)
		return error_set(error, "not enough memory for the network's plan");
	for (int i = 0; i < count; i++) {
		struct layer *layer = &network->steps[network->step_count++].layer;
		int pool = i + 1 < count && layers[i + 1].kind == &layer_relu ? i + 2 : i + 1;
		*layer = layers[i];
		if (pool < count && conv_takes_pool(layer, &layers[pool], kernels)) {
			conv_take_pool(layer, &layers[pool]);
			if (pool == i + 2) {
				struct layer *relu = &network->steps[network->step_count++].layer;
				*relu = layers[i + 1];
				relu->in = relu->out = layer->out;
			}
			i = pool;
		}
	}
	while (network->flat_from < network->step_count &&
		   !network->steps[network->flat_from].layer.in.flat)
		network->flat_from++;
	trim_steps(network);
	while (network->first_trained < network->step_count &&
		   !network->steps[network->first_trained].layer.param_count)
		network->first_trained++;
	return 0;
}

/* Outputs are shared out so that a task has about this many weights. */
#define TASK_WEIGHTS 32768

static int plan_tasks(struct network *network, struct error *error)
{
	int most = 0;

	for (int i = 0; i < network->step_count; i++)
		most += network->steps[i].layer.out.c;
	network->tasks = calloc((size_t)most + 1, sizeof *network->tasks);
	if (!network->tasks)
		return error_set(error, "not enough memory for the network's plan");
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		int units = layer->out.c, count;
		if (!layer->param_count)
			continue;
		if (!layer->kind->gradients) {
			network->tasks[network->task_count++] = (struct update_task){.step = i};
			continue;
		}
		size_t row = layer->params[0].count / (size_t)units;
		int rows = row < TASK_WEIGHTS ? (int)(TASK_WEIGHTS / row) : 1;
		for (int first = 0; first < units; first += count) {
			count = rows < units - first ? rows : units - first;
			network->tasks[network->task_count++] = (struct update_task){i, first, count};
		}
	}
	return 0;
}

/* ---- place ---- */

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

static bool has_slots(const struct layer *layer)
{
	return !layer->kind->gradients;
}

/* Slots for the parameters whose gradients are summed in chunks. */
static void place_slots(struct network *network, struct arena *arena)
{
	network->slot_size = 0;
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		for (int p = 0; has_slots(layer) && p < layer->param_count; p++)
			network->slot_size += aligned_floats(layer->params[p].count);
	}
	float *partial = network->slots =
		arena_take(arena, LAYER_SLOTS, network->slot_size * sizeof(float));
	if (!arena->base)
		return;
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		for (int p = 0; has_slots(layer) && p < layer->param_count; p++) {
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

static struct sample_buffer take_samples(const struct network *network, struct arena *arena, size_t size,
								   int per_worker)
{
	struct sample_buffer samples = {.size = size};
	size_t workers = (size_t)workers_count(network->engine->workers);

	if (per_worker) {
		samples.per_worker = aligned_floats((size_t)per_worker * size / sizeof(float) + 1) *
							 sizeof(float);
		samples.data = arena_take(arena, workers, samples.per_worker);
	} else {
		samples.data = arena_take(arena, (size_t)network->batch_size, size);
	}
	return samples;
}

/* The last step that shares the output of step i, or of the input for -1. */
static int last_sharer(const struct network *network, int i, bool (*shares)(const struct network *, int))
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
static bool is_local(const struct network *network, int last)
{
	return last < network->flat_from - 1;
}

static size_t floats_size(struct shape shape)
{
	return shape_size(shape) * sizeof(float);
}

static void place_outputs(struct network *network, struct arena *arena)
{
	int chunk = chunk_samples(network);
	bool local = is_local(network, last_sharer(network, -1, works_in_place));
	struct sample_buffer y = take_samples(network, arena, floats_size(network->input), local ? chunk : 0);

	network->input_buffer = y;
	for (int i = 0; i < network->step_count; i++) {
		struct step *step = &network->steps[i];
		local = is_local(network, last_sharer(network, i, works_in_place));
		if (!works_in_place(network, i))
			y = take_samples(network, arena, floats_size(step->layer.out), local ? chunk : 0);
		step->y = y;
		step->cache = take_samples(network, arena, step->layer.cache_size,
								   i < network->flat_from ? chunk : 0);
	}
}

static void place_gradients(struct network *network, struct arena *arena)
{
	struct sample_buffer dy = {0};

	for (int i = 0; i < network->step_count; i++) {
		struct step *step = &network->steps[i];
		bool local = is_local(network, last_sharer(network, i, shares_gradient));
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
		if (layer->kind->measure)
			layer->kind->measure(layer, network->engine->kernels, network->batch_size);
		layer->prepared = arena_take(arena, 1, layer->prepared_size);
		if (layer->scratch_size > network->scratch_size)
			network->scratch_size = layer->scratch_size;
	}
	network->scratch_size = aligned_floats(network->scratch_size / sizeof(float) + 1) * sizeof(float);
	network->scratch = arena_take(arena, (size_t)workers_count(network->engine->workers),
								  network->scratch_size);
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

static int place_all(struct network *network, struct error *error)
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

/* ---- the whole ---- */

static bool fits(struct shape shape)
{
	size_t size;

	return checked_multiply((size_t)shape.h, (size_t)shape.w, &size) &&
		   checked_multiply(size, (size_t)shape.c, &size) &&
		   size <= NETWORK_MAX_BYTES / sizeof(float);
}

/* The spec as it is kept: words separated by single blanks. */
static char *normalize(const char *text)
{
	char *copy = malloc(strlen(text) + 1), *end = copy;
	const char *blanks = " \t\r\n";

	if (!copy)
		return NULL;
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t length = strcspn(text, blanks);
		if (end > copy)
			*end++ = ' ';
		memcpy(end, text, length);
		end += length;
		text += length;
	}
	*end = '\0';
	return copy;
}

int network_build(struct network *network, const char *text, struct shape input, int batch_size,
				  bool trainable, const struct engine *engine, struct error *error)
{
	struct spec spec;

	*network = (struct network){.input = input, .batch_size = batch_size, .trainable = trainable,
								.engine = engine};
	if (spec_parse(text, &spec, error))
		return -1;
	if (!fits(input))
		return error_set(error, "an input of %d×%d×%d is too large", input.h, input.w, input.c);
	network->spec = normalize(text);
	if (!network->spec)
		return error_set(error, "not enough memory for the network's plan");
	if (!plan_layers(network, &spec, error) && !plan_steps(network, error) &&
		!plan_tasks(network, error) && !place_all(network, error))
		return 0;
	network_free(network);
	return -1;
}

void network_free(struct network *network)
{
	for (int i = 0; i < network->layer_count; i++) {
		free(network->layers[i].self);
		free(network->layers[i].params);
	}
	free(network->layers);
	free(network->steps);
	free(network->tasks);
	free(network->params);
	free(network->arena);
	free(network->spec);
	*network = (struct network){0};
}

void network_init(struct network *network, uint64_t seed)
{
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		if (layer->kind->init)
			layer->kind->init(layer, rng_stream(seed, RNG_INIT + (uint32_t)i, 0));
	}
	network_prepare(network);
}
