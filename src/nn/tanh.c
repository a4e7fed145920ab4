/* Tanh, the activation of the classic networks: y in -1 … 1. Its derivative is 1 - y². */
#include "nn/kinds.h"
#include "nn/op.h"

static void tanh_forward(const struct op *op, const struct pass *pass)
{
	pass->kernels->tanh_forward(pass->n * shape_size(op->out), pass->x, pass->y);
}

static void tanh_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		pass->kernels->tanh_backward(pass->n * shape_size(op->out), pass->y, pass->dy, pass->dx);
}

static const struct op_kind tanh_op = {
	.reads_output = true,
	.in_place = true,
	.keeps_sign = true,
	.forward = tanh_forward,
	.backward = tanh_backward,
};

const struct layer_kind layer_tanh = {
	.name = "tanh",
	.grammar = "tanh",
	.plan = layer_plan_same_shape,
	.op = &tanh_op,
};
