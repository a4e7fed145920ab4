/* Max-pooling: the largest of each window, channel by channel; the gradient goes back to where it
 * stood, which the cache remembers. Rows and columns that fill no window are left out. */
#include "nn/kinds.h"
#include "nn/op.h"

static int maxpool_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct shape in = layer->in;

	if (layer_plan_pooling(layer, spec, error))
		return -1;
	if ((size_t)in.h * in.w > UINT16_MAX + 1u)
		return spec_error(spec, error, "its input of %d×%d has more than %u pixels, the limit",
						  in.h, in.w, UINT16_MAX + 1u);
	return 0;
}

static void maxpool_measure(struct op *op, const struct kernels *kernels, int n, int chunks)
{
	(void)kernels, (void)n, (void)chunks;
	op->cache_size = shape_size(op->out) * sizeof(uint16_t);
}

static void maxpool_forward(const struct op *op, const struct pass *pass)
{
	pass->kernels->maxpool_forward(&op->window, pass->n, pass->x, pass->y, pass->cache);
}

static void maxpool_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		pass->kernels->maxpool_backward(&op->window, pass->n, pass->cache, pass->dy, pass->dx);
}

static const struct op_kind maxpool_op = {
	.measure = maxpool_measure,
	.forward = maxpool_forward,
	.backward = maxpool_backward,
};

const struct layer_kind layer_maxpool = {
	.name = "maxpool",
	.grammar = "maxpool:WINDOW[,STRIDE]",
	.plan = maxpool_plan,
	.keeps_factors = true,
	.op = &maxpool_op,
};
