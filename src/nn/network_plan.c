/* A network's plan: goes through the spec and fixes every shape, then decides what is run in one,
 * where a step waits for all chunks, and how the update of parameters is shared out. */
#include "nn/network_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "nn/kinds.h"

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
			network->weight_count += layer->params[p].trained ? layer->params[p].count : 0;
	}
	network->classes = (int)shape_size(shape);
	if (spec->layer_count == 1)
		return spec_error(&spec->layers[0], error, "there is no layer in front of it");
	return 0;
}

/* Can what step i reads be made smaller? Not the network's input, nor what a layer looks at as a
 * whole, nor what stands for these behind layers that leave every pixel where it is. */
static bool may_trim_input(const struct network *network, int i)
{
	while (i > 0) {
		const struct layer_kind *kind = network->steps[--i].layer.kind;
		if (kind->sums || kind->trim)
			return !kind->sums;
	}
	return false;
}

/* What comes behind may not look at all rows and columns of an image: then they are not computed.
 * From the last step on images to the first, each makes do with what the next one reads. */
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
 * the relu between them with it. */
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
			conv_take_pool(layer, &layers[pool], pool == i + 2);
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

/* A stage ends in front of each layer that looks at the whole batch. */
static void plan_stages(struct network *network)
{
	network->stage_count = 1;
	for (int i = 0; i < network->step_count; i++)
		if (network->steps[i].layer.kind->sums)
			network->stages[network->stage_count++] = i;
	network->stages[network->stage_count] = network->step_count;
}

/* Outputs are shared out so that a task reads about this many gradients. */
#define TASK_GRADIENTS 32768

static int task_rows(const struct layer *layer)
{
	size_t gradients = layer->params[0].count / (size_t)layer_outputs(layer);

	if (!layer->kind->gradients)
		gradients *= LAYER_SLOTS;
	int rows = gradients < TASK_GRADIENTS ? (int)(TASK_GRADIENTS / gradients) : 1;
	return layer->kind->prepare ? (rows + PREPARE_UNIT - 1) / PREPARE_UNIT * PREPARE_UNIT : rows;
}

static int plan_tasks(struct network *network, struct error *error)
{
	int most = 0;

	for (int i = 0; i < network->step_count; i++)
		most += layer_outputs(&network->steps[i].layer);
	network->tasks = calloc((size_t)most + 1, sizeof *network->tasks);
	if (!network->tasks)
		return error_set(error, "not enough memory for the network's plan");
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		if (!layer->param_count)
			continue;
		int units = layer_outputs(layer), rows = task_rows(layer), count;
		for (int first = 0; first < units; first += count) {
			count = rows < units - first ? rows : units - first;
			network->tasks[network->task_count++] = (struct update_task){i, first, count};
		}
	}
	return 0;
}

int network_plan(struct network *network, const struct spec *spec, struct error *error)
{
	if (plan_layers(network, spec, error) || plan_steps(network, error))
		return -1;
	plan_stages(network);
	return plan_tasks(network, error);
}
