/* Flatten: an image becomes one vector of features. Nothing moves: dense layers read the pixels in
 * the order in which they lie, and the model file has its weights in PyTorch's order. */
#include "nn/kinds.h"
#include "nn/op.h"

#include <string.h>

static int flatten_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	layer->out = layer->in;
	layer->out.flat = true;
	return spec_at_most(spec, 0, error);
}

static void copy(const struct op *op, const struct pass *pass, const float *from, float *to)
{
	if (to != from)
		memcpy(to, from, pass->n * shape_size(op->in) * sizeof *to);
}

static void flatten_forward(const struct op *op, const struct pass *pass)
{
	copy(op, pass, pass->x, pass->y);
}

static void flatten_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		copy(op, pass, pass->dy, pass->dx);
}

static const struct op_kind flatten_op = {
	.in_place = true,
	.keeps_sign = true,
	.forward = flatten_forward,
	.backward = flatten_backward,
};

const struct layer_kind layer_flatten = {
	.name = "flatten",
	.grammar = "flatten",
	.plan = flatten_plan,
	.keeps_factors = true,
	.op = &flatten_op,
};
