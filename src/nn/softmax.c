/* Softmax, always the last layer: p[i] = exp(x[i]) / sum of exp(x). A network's forward pass ends
 * with its input, the logits, since the loss is computed from those with more precision; its
 * backward pass is fused with the loss's (loss.c). So there is nothing to run here. */
#include "nn/kinds.h"

static int softmax_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	if (!layer->in.flat)
		return spec_error(spec, error, "its input is an image of %d×%d×%d; put flatten before it",
						  layer->in.h, layer->in.w, layer->in.c);
	return layer_plan_same_shape(layer, spec, error);
}

const struct layer_kind layer_softmax = {
	.name = "softmax",
	.grammar = "softmax",
	.plan = softmax_plan,
};
