/* From the text to layers: fixes every shape, and allocates the parameters. */
#include "nn/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "nn/kinds.h"

static int out_of_memory(struct error *error)
{
	return error_scarce(error, "not enough memory for the network's plan");
}

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
	spec_layer_text(spec, layer->text);
	if (layer->kind->plan(layer, spec, error))
		return -1;
	for (int i = 0; i < layer->param_count; i++)
		if (layer->params[i].count > NETWORK_MAX_BYTES / sizeof(float))
			return spec_error(spec, error, "its weights need more than %zu MB, the limit",
							  NETWORK_MAX_BYTES >> 20);
	return 0;
}

static int plan_layers(struct network *network, const struct spec *spec, struct error *error)
{
	struct shape shape = network->input;

	network->layers = calloc((size_t)spec->layer_count, sizeof *network->layers);
	if (!network->layers)
		return out_of_memory(error);
	network->layer_count = spec->layer_count;
	for (int i = 0; i < spec->layer_count; i++) {
		struct layer *layer = &network->layers[i];
		layer->index = i;
		layer->in = shape;
		if (plan_layer(layer, &spec->layers[i], error))
			return -1;
		if ((layer->kind == &layer_softmax) != (i == spec->layer_count - 1))
			return spec_error(&spec->layers[i], error, "the last layer, and no other, is softmax");
		shape = layer->out;
		network->param_count += layer->param_count;
		network->weight_count += layer_weight_count(layer);
	}
	network->classes = (int)shape_size(shape);
	if (spec->layer_count == 1)
		return spec_error(&spec->layers[0], error, "there is no layer in front of it");
	return 0;
}

/* The layers' texts, which are the network's, with single blanks between them. */
static char *join_texts(const struct network *network)
{
	char *text = malloc((size_t)network->layer_count * SPEC_LAYER_TEXT), *end = text;

	for (int i = 0; text && i < network->layer_count; i++)
		end += sprintf(end, "%s%s", i ? " " : "", network->layers[i].text);
	return text;
}

/* List the parameters, and add up their size. */
static int list_params(struct network *network, struct error *error)
{
	/* + 1: a network without parameters is allowed. */
	network->params = calloc((size_t)network->param_count + 1, sizeof *network->params);
	if (!network->params)
		return out_of_memory(error);
	int count = 0;
	for (int i = 0; i < network->layer_count; i++)
		for (int p = 0; p < network->layers[i].param_count; p++)
			network->params[count++] = &network->layers[i].params[p];
	for (int p = 0; p < count; p++) {
		network->value_count += param_padded_count(network->params[p]);
		if (network->value_count > NETWORK_MAX_BYTES / sizeof(float))
			return error_set(error, "the network's weights need more than %zu MB, the limit",
							 NETWORK_MAX_BYTES >> 20);
	}
	return 0;
}

int network_place(struct network *network, struct error *error)
{
	network->values =
		aligned_zeros(network->value_count * sizeof(float) + KERNELS_SLACK, &network->block);
	if (!network->values)
		return error_scarce(error, "not enough memory for %zu weights", network->weight_count);
	float *value = network->values;
	for (int p = 0; p < network->param_count; p++) {
		network->params[p]->value = value;
		value += param_padded_count(network->params[p]);
	}
	return 0;
}

static bool fits(struct shape shape)
{
	size_t size;

	return checked_multiply((size_t)shape.h, (size_t)shape.w, &size) &&
		   checked_multiply(size, (size_t)shape.c, &size) &&
		   size <= NETWORK_MAX_BYTES / sizeof(float);
}

int network_plan(struct network *network, const char *text, struct shape input, int classes,
				 struct error *error)
{
	struct spec spec;

	*network = (struct network){.input = input, .scale = INPUT_PLAIN};
	if (spec_parse(text, &spec, error))
		return -1;
	spec_settle_classes(&spec, classes);
	if (!fits(input))
		return error_set(error, "an input of %d×%d×%d is too large", input.h, input.w, input.c);
	int status = plan_layers(network, &spec, error);
	if (!status) {
		network->spec = join_texts(network);
		status = network->spec ? list_params(network, error) : out_of_memory(error);
	}
	if (status)
		network_free(network);
	return status;
}

int network_build(struct network *network, const char *text, struct shape input, int classes,
				  struct error *error)
{
	if (network_plan(network, text, input, classes, error))
		return -1;
	if (!network_place(network, error))
		return 0;
	network_free(network);
	return -1;
}

void network_free(struct network *network)
{
	free(network->layers);
	free(network->params);
	free(network->spec);
	free(network->block);
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

const struct layer *network_scaling_layer(const struct network *network)
{
	int i = network->layer_count - 2; /* in front of softmax */

	while (i >= 0 && network->layers[i].kind->keeps_factors)
		i--;
	return i >= 0 && network->layers[i].param_count ? &network->layers[i] : NULL;
}

void network_divide_logits(const struct network *network, float divisor)
{
	const struct layer *layer = network_scaling_layer(network);

	for (int p = 0; layer && p < layer->param_count; p++)
		for (size_t i = 0; layer->params[p].trained && i < layer->params[p].count; i++)
			layer->params[p].value[i] /= divisor;
}
