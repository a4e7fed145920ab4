/* The table of layer kinds. */
#include "nn/kinds.h"

#include <string.h>

const struct layer_kind *const layer_kinds[] = {
	&layer_conv, &layer_maxpool, &layer_avgpool, &layer_flatten, &layer_dense,   &layer_batchnorm,
	&layer_relu, &layer_tanh,    &layer_sigmoid, &layer_dropout, &layer_softmax, NULL,
};

const struct layer_kind *layer_kind_find(const char *name)
{
	for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++)
		if (!strcmp((*kind)->name, name))
			return *kind;
	return NULL;
}
