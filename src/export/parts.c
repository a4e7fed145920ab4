/* Shared by the forms. */
#include "export/parts.h"

#include <string.h>

#include "nn/kinds.h"

int export_refuse(const struct network *network, const struct layer *layer, const char *form,
				  struct error *error)
{
	size_t position = 1;

	for (const struct layer *before = network->layers; before < layer; before++)
		position += strlen(before->text) + 1;
	return error_set(error, "position %zu: %s cannot express the layer %s", position, form,
					 layer->text);
}

/* Rows that the last of `out` windows needs beyond the `in` and the `pad` in front of them. */
static int pad_behind(int in, int out, int pad, const struct window *window)
{
	const int beyond = (out - 1) * window->stride + window->size - in - pad;

	return beyond > 0 ? beyond : 0;
}

int window_pad_bottom(const struct window *window)
{
	return pad_behind(window->in_h, window->out_h, window->pad_top, window);
}

int window_pad_right(const struct window *window)
{
	return pad_behind(window->in_w, window->out_w, window->pad_left, window);
}

int export_last_layer(const struct network *network)
{
	int last = network->layer_count - 2;

	while (last > 0 && network->layers[last].kind == &layer_dropout)
		last--;
	return last;
}

bool export_keeps_order(const struct network *network, const struct layer *flatten)
{
	for (int i = flatten->index; i < network->layer_count; i++)
		if (network->layers[i].kind == &layer_dense)
			return false;
	return flatten->in.c > 1 && flatten->in.h * flatten->in.w > 1;
}
