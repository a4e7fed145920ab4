/* A prefix is the same text, cut off behind some layer and ended as any network is. */
#include "nn/prefix.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of the first `count` words, the blanks between them included. */
static int words_length(const char *text, int count)
{
	const char *end = text;

	for (int i = 0; i < count; i++)
		end += strspn(end, " ") + strcspn(end + strspn(end, " "), " ");
	return (int)(end - text);
}

int network_prefix(const struct network *network, int count, struct network *prefix,
				   struct error *error)
{
	const char *end = network->layers[count - 1].out.flat ? "softmax" : "flatten softmax";
	const size_t size = strlen(network->spec) + strlen(end) + 2;
	char *spec = malloc(size);

	assert(count > 0 && count < network->layer_count);
	*prefix = (struct network){0};
	if (!spec)
		return error_set(error, "not enough memory for the network's plan");
	snprintf(spec, size, "%.*s %s", words_length(network->spec, count), network->spec, end);
	int status = network_build(prefix, spec, network->input, 1, false, network->engine, error);
	free(spec);
	if (status)
		return -1;
	for (int i = 0; i < prefix->param_count; i++)
		memcpy(prefix->params[i]->value, network->params[i]->value,
			   network->params[i]->count * sizeof(float));
	network_prepare(prefix);
	return 0;
}
