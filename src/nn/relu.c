/* Relu: y = max(x, 0). Its gradient passes where y > 0. */
#include "nn/kinds.h"
#include "nn/op.h"

static void relu_forward(const struct op *op, const struct pass *pass)
{
	pass->kernels->relu_forward(pass->n * shape_size(op->out), pass->x, pass->y);
}

static void relu_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		pass->kernels->relu_backward(pass->n * shape_size(op->out), pass->y, pass->dy, pass->dx);
}

static const struct op_kind relu_op = {
	.reads_sign = true,
	.in_place = true,
	.keeps_sign = true,
	.forward = relu_forward,
	.backward = relu_backward,
};

const struct layer_kind layer_relu = {
	.name = "relu",
	.grammar = "relu",
	.plan = layer_plan_same_shape,
	.keeps_factors = true,
	.op = &relu_op,
};
