/* A network: plan (network_plan.c), place (network_place.c), first weights. What it does is in
 * network_run.c. */
#include "nn/network.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "nn/network_parts.h"

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

	*network = (struct network){
		.input = input, .batch_size = batch_size, .trainable = trainable, .engine = engine};
	if (spec_parse(text, &spec, error))
		return -1;
	if (!fits(input))
		return error_set(error, "an input of %d×%d×%d is too large", input.h, input.w, input.c);
	network->spec = normalize(text);
	if (!network->spec)
		return error_set(error, "not enough memory for the network's plan");
	if (!network_plan(network, &spec, error) && !network_place(network, error))
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
