/* Questions that the planner asks of any op. */
#include "nn/op.h"

int op_outputs(const struct op *op)
{
	return op->layer->param_count ? (int)op->layer->params[0].dims[0] : 0;
}

bool op_has_slot(const struct op *op, int p)
{
	return op->layer->params[p].trained && !op->kind->gradients;
}

struct op op_of_layer(const struct layer *layer, bool trains)
{
	return (struct op){
		.kind = layer->kind->op,
		.layer = layer,
		.in = layer->in,
		.out = layer->out,
		.window = layer->window,
		.pool = 1,
		.trains = trains,
	};
}
