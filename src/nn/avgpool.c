/* Average-pooling: the mean of each window, channel by channel; each of its pixels gets the same
 * part of the gradient. Rows and columns that fill no window are left out. */
#include "nn/kinds.h"
#include "nn/op.h"

static void avgpool_forward(const struct op *op, const struct pass *pass)
{
	pass->kernels->avgpool_forward(&op->window, pass->n, pass->x, pass->y);
}

static void avgpool_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		pass->kernels->avgpool_backward(&op->window, pass->n, pass->dy, pass->dx);
}

static const struct op_kind avgpool_op = {
	.forward = avgpool_forward,
	.backward = avgpool_backward,
};

const struct layer_kind layer_avgpool = {
	.name = "avgpool",
	.grammar = "avgpool:WINDOW[,STRIDE]",
	.plan = layer_plan_pooling,
	.keeps_factors = true,
	.op = &avgpool_op,
};
