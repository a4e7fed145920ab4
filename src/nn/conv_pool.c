/* A convolution and the max-pooling 2 × 2 behind it in one op, and the relu that may stand between
 * them: only the largest output of each pooling window is kept, and only that one has a gradient,
 * if the relu lets it pass. A maximum and a relu commute, so the relu comes last, where it has a
 * quarter of the work. This is the only place where layers know of each other. */
#include "nn/kinds.h"
#include "nn/op.h"

/* Its gradients are sparse, for which no filters are prepared. */
#define PREPARES_BACKWARD false

static void conv_pool_measure(struct op *op, const struct kernels *kernels, int n, int chunks)
{
	(void)chunks;
	op->cache_size = shape_size(op->out) * sizeof(uint8_t); /* the place of each largest */
	op->prepared_size = kernels->conv_prepared_size(&op->window, PREPARES_BACKWARD);
	op->scratch_size = kernels->conv_scratch_size(&op->window, n);
}

static void conv_pool_prepare(const struct op *op, const struct kernels *kernels, int first,
							  int count)
{
	kernels->conv_prepare(&op->window, PREPARES_BACKWARD, op->layer->params[0].value, first, count,
						  op->prepared);
}

static void conv_pool_forward(const struct op *op, const struct pass *pass)
{
	const struct param *params = op->layer->params;

	pass->kernels->conv_pool_forward(&op->window, pass->n, pass->x, params[0].value, op->prepared,
									 params[1].value, op->relu, pass->y, pass->cache,
									 pass->scratch);
}

static void conv_pool_backward(const struct op *op, const struct pass *pass)
{
	pass->kernels->conv_pool_backward(&op->window, pass->n, pass->x, op->layer->params[0].value,
									  pass->dy, pass->cache, op->slots[0] + pass->slot_offset,
									  op->slots[1] + pass->slot_offset, pass->dx, pass->scratch);
}

static const struct op_kind conv_pool_op = {
	.reads_input = true,
	.measure = conv_pool_measure,
	.prepare = conv_pool_prepare,
	.forward = conv_pool_forward,
	.backward = conv_pool_backward,
};

int op_take_conv_pool(struct op *op, const struct layer *layers, int count, bool trains,
					  const struct kernels *kernels)
{
	bool relu = count > 1 && layers[1].kind == &layer_relu;
	const struct layer *pool = &layers[relu ? 2 : 1];

	if (!kernels->conv_pool_forward || layers->kind != &layer_conv || pool >= layers + count ||
		pool->kind != &layer_maxpool || pool->window.size != 2 || pool->window.stride != 2)
		return 0;
	*op = op_of_layer(layers, trains);
	op->kind = &conv_pool_op;
	op->out = pool->out;
	op->pool = 2;
	op->relu = relu;
	return (int)(pool - layers) + 1;
}
