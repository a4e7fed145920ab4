/* Dense: y = bias + weights x, every unit sees every input. */
#include "nn/kinds.h"
#include "nn/op.h"

static int dense_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	int units;

	if (!layer->in.flat)
		return spec_error(spec, error, "its input is an image of %d×%d×%d; put flatten before it",
						  layer->in.h, layer->in.w, layer->in.c);
	if (spec_at_most(spec, 1, error) ||
		spec_integer(spec, 0, "number of units", 1, 65536, &units, error))
		return -1;
	layer->out = (struct shape){.h = 1, .w = 1, .c = units, .flat = true};

	size_t h = (size_t)layer->in.h, w = (size_t)layer->in.w, c = (size_t)layer->in.c;
	layer_add_param(layer, "weight", PARAM_DENSE, 4, (size_t[]){(size_t)units, h, w, c});
	layer_add_param(layer, "bias", PARAM_PLAIN, 1, (size_t[]){(size_t)units});
	return 0;
}

static void dense_init(const struct layer *layer, struct rng rng)
{
	layer_init_glorot(&layer->params[0], shape_size(layer->in), shape_size(layer->out), rng);
}

static void dense_measure(struct op *op, const struct kernels *kernels, int n, int chunks)
{
	(void)chunks;
	op->scratch_size = kernels->dense_scratch_size(op->out.c, n);
}

static void dense_forward(const struct op *op, const struct pass *pass)
{
	const struct param *params = op->layer->params;

	pass->kernels->dense_forward((int)shape_size(op->in), op->out.c, pass->n, pass->x,
								 params[0].value, params[1].value, pass->y);
}

static void dense_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		pass->kernels->dense_backward_input((int)shape_size(op->in), op->out.c, pass->n,
											op->layer->params[0].value, pass->dy, pass->dx,
											pass->scratch);
}

static void dense_gradients(const struct op *op, const struct pass *pass, int first, int count)
{
	pass->kernels->dense_backward_weights((int)shape_size(op->in), op->out.c, first, count, pass->n,
										  pass->x, pass->dy, op->grads[0], op->grads[1],
										  pass->scratch);
}

static const struct op_kind dense_op = {
	.reads_input = true,
	.measure = dense_measure,
	.forward = dense_forward,
	.backward = dense_backward,
	.gradients = dense_gradients,
};

const struct layer_kind layer_dense = {
	.name = "dense",
	.grammar = "dense:UNITS",
	.plan = dense_plan,
	.init = dense_init,
	.op = &dense_op,
};
