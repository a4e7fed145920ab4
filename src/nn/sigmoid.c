/* Sigmoid, the logistic function: y = 1 / (1 + exp(-x)), in 0 … 1. Its derivative is y (1 - y). */
#include "nn/kinds.h"
#include "nn/op.h"

static void sigmoid_forward(const struct op *op, const struct pass *pass, const float *x, float *y,
							void *cache)
{
	(void)cache;
	pass->kernels->sigmoid_forward(pass->n * shape_size(op->out), x, y);
}

static void sigmoid_backward(const struct op *op, const struct pass *pass, const float *x,
							 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)cache;
	if (dx)
		pass->kernels->sigmoid_backward(pass->n * shape_size(op->out), y, dy, dx);
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
