/* A chain of layers in one arena.
 *
 * Planning goes through the spec and fixes every shape; placing adds up what they need, allocates
 * once, and hands out: values | gradients | moving gradients | activations | caches. After that a
 * training step allocates nothing. */
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
	if (!layer->self)
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
	size_t offset = 0;

	for (int p = 0; p < network->param_count; p++)
		offset += aligned_floats(network->params[p]->count);
	network->value_count = offset;
	network->values = arena_take(arena, offset, sizeof(float));
	network->grads = network->trainable ? arena_take(arena, offset, sizeof(float)) : NULL;
	if (!arena->base)
		return;
	offset = 0;
	for (int p = 0; p < network->param_count; p++) {
		struct param *param = network->params[p];
		param->value = network->values + offset;
		param->grad = network->grads ? network->grads + offset : NULL;
		offset += aligned_floats(param->count);
	}
}

/* May layer i write its output over its input? Not where the layer before still needs that. */
static bool works_in_place(const struct network *network, int i)
{
	const struct layer *layers = network->layers;

	return layers[i].kind->in_place && (i == 0 || !layers[i - 1].kind->reads_output);
}

static void place_activations(struct network *network, struct arena *arena)
{
	size_t batch = (size_t)network->batch_size, largest = shape_size(network->input);
	float *x = network->input_buffer =
		arena_take(arena, batch, shape_size(network->input) * sizeof(float));

	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		size_t size = shape_size(layer->out);
		if (size > largest)
			largest = size;
		if (!works_in_place(network, i))
			x = arena_take(arena, batch, size * sizeof(float));
		network->outputs[i] = x;
		network->caches[i] =
			layer->cache_size ? arena_take(arena, batch, layer->cache_size) : NULL;
	}
	if (network->trainable) {
		network->dfront = arena_take(arena, batch, largest * sizeof(float));
		network->dback = arena_take(arena, batch, largest * sizeof(float));
	}
}

static void place(struct network *network, struct arena *arena)
{
	arena->used = 0;
	place_params(network, arena);
	place_activations(network, arena);
}

static int place_all(struct network *network, struct error *error)
{
	size_t layers = (size_t)network->layer_count;
	struct arena arena = {0};

	/* + 1: a network without parameters is allowed. */
	network->params = calloc((size_t)network->param_count + 1, sizeof *network->params);
	network->outputs = calloc(layers, sizeof *network->outputs);
	network->caches = calloc(layers, sizeof *network->caches);
	if (!network->params || !network->outputs || !network->caches)
		return error_set(error, "not enough memory for the network's plan");

	int p = 0;
	for (int i = 0; i < network->layer_count; i++)
		for (int j = 0; j < network->layers[i].param_count; j++)
			network->params[p++] = &network->layers[i].params[j];
	network->first_trained = 0;
	while (network->first_trained < network->layer_count &&
		   !network->layers[network->first_trained].param_count)
		network->first_trained++;

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
				  bool trainable, struct error *error)
{
	struct spec spec;

	*network = (struct network){.input = input, .batch_size = batch_size, .trainable = trainable};
	if (spec_parse(text, &spec, error))
		return -1;
	if (!fits(input))
		return error_set(error, "an input of %d×%d×%d is too large", input.h, input.w, input.c);
	network->spec = normalize(text);
	if (!network->spec)
		return error_set(error, "not enough memory for the network's plan");
	if (!plan_layers(network, &spec, error) && !place_all(network, error))
		return 0;
	network_free(network);
	return -1;
}

void network_free(struct network *network)
{
	for (int i = 0; i < network->layer_count; i++)
		free(network->layers[i].self);
	free(network->layers);
	free(network->params);
	free(network->outputs);
	free(network->caches);
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
}

float *network_input(struct network *network)
{
	return network->input_buffer;
}

const float *network_forward(struct network *network, const struct pass *pass)
{
	const float *x = network->input_buffer;

	for (int i = 0; i < network->layer_count - 1; i++) { /* softmax has nothing to do */
		const struct layer *layer = &network->layers[i];
		layer->kind->forward(layer, pass, x, network->outputs[i], network->caches[i]);
		x = network->outputs[i];
	}
	return x;
}

void network_backward(struct network *network, const struct pass *pass, const float *dlogits)
{
	const float *dy = dlogits;
	float *spare[2] = {network->dfront, network->dback};

	memset(network->grads, 0, network->value_count * sizeof *network->grads);
	for (int i = network->layer_count - 2; i >= network->first_trained; i--) {
		const struct layer *layer = &network->layers[i];
		const float *x = i ? network->outputs[i - 1] : network->input_buffer;
		float *dx = NULL;
		if (i > network->first_trained)
			dx = dy == spare[0] ? spare[1] : spare[0];
		layer->kind->backward(layer, pass, x, network->outputs[i], network->caches[i], dy, dx);
		dy = dx;
	}
}
