/* Dropout (Srivastava et al. 2014): while training, each unit is zeroed with probability `rate`
 * and the others are scaled by 1 / (1 - rate), so that inference needs nothing. */
#include "nn/kinds.h"
#include "nn/op.h"

#include <string.h>

static int dropout_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	double rate;

	if (spec_at_most(spec, 1, error) || spec_real(spec, 0, "rate", 0, 0.9999, &rate, error))
		return -1;
	layer->number = (float)rate;
	layer->out = layer->in;
	return 0;
}

/* Forward and backward are one function: the draws depend on seed, layer, step and the element's
 * place in the batch, so that the same units are dropped in both. */
static void drop(const struct op *op, const struct pass *pass, const float *from, float *to)
{
	float rate = op->layer->number;
	size_t size = shape_size(op->in), count = pass->n * size;

	if (pass->training && rate > 0) {
		uint32_t purpose = RNG_DROPOUT + (uint32_t)op->layer->index;
		pass->kernels->dropout(count, rng_stream(pass->seed, purpose, pass->step),
							   pass->first * (uint64_t)size, rate, from, to);
	} else if (to != from) {
		memcpy(to, from, count * sizeof *to);
	}
}

static void dropout_forward(const struct op *op, const struct pass *pass)
{
	drop(op, pass, pass->x, pass->y);
}

static void dropout_backward(const struct op *op, const struct pass *pass)
{
	if (pass->dx)
		drop(op, pass, pass->dy, pass->dx);
}

static const struct op_kind dropout_op = {
	.in_place = true,
	.keeps_sign = true,
	.forward = dropout_forward,
	.backward = dropout_backward,
};

const struct layer_kind layer_dropout = {
	.name = "dropout",
	.grammar = "dropout:RATE",
	.plan = dropout_plan,
	.keeps_factors = true,
	.op = &dropout_op,
};
