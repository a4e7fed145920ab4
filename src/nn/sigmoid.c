/* Sigmoid, the logistic function: y = 1 / (1 + exp(-x)), in 0 … 1. Its derivative is y (1 - y). */
#include "nn/kinds.h"
#include "nn/op.h"

static void sigmoid_forward(const struct op *op, const struct pass *pass)
{
	pass->kernels->sigmoid_forward(pass->n * shape_size(op->out), pass->x, pass->y);
}

static void sigmoid_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		pass->kernels->sigmoid_backward(pass->n * shape_size(op->out), pass->y, pass->dy, pass->dx);
}

static const struct op_kind sigmoid_op = {
	.reads_output = true,
	.in_place = true,
	.forward = sigmoid_forward,
	.backward = sigmoid_backward,
};

const struct layer_kind layer_sigmoid = {
	.name = "sigmoid",
	.grammar = "sigmoid",
	.plan = layer_plan_same_shape,
	.op = &sigmoid_op,
};
