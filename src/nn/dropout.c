/* Dropout (Srivastava et al. 2014): while training, each unit is zeroed with probability `rate`
 * and the others are scaled by 1 / (1 - rate), so that inference needs nothing. */
#include "nn/kinds.h"

#include <string.h>

struct dropout {
	float rate;
};

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct dropout *self = layer->self;
	double rate;

	if (spec_at_most(spec, 1, error) || spec_real(spec, 0, "rate", 0, 0.9999, &rate, error))
		return -1;
	self->rate = (float)rate;
	layer->out = layer->in;
	return 0;
}

/* Forward and backward are one function: the draws depend on seed, layer, step and the element's
 * place in the batch, so that the same units are dropped in both. */
static void drop(const struct layer *layer, const struct pass *pass, const float *from, float *to)
{
	const struct dropout *self = layer->self;
	size_t size = shape_size(layer->in), count = pass->n * size;

	if (pass->training && self->rate > 0) {
		uint32_t purpose = RNG_DROPOUT + (uint32_t)layer->index;
		pass->kernels->dropout(count, rng_stream(pass->seed, purpose, pass->step),
							   pass->first * (uint64_t)size, self->rate, from, to);
	} else if (to != from) {
		memcpy(to, from, count * sizeof *to);
	}
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	(void)cache;
	drop(layer, pass, x, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)y, (void)cache;
	if (dx)
		drop(layer, pass, dy, dx);
}

const struct layer_kind layer_dropout = {
	.name = "dropout",
	.grammar = "dropout:RATE",
	.self_size = sizeof(struct dropout),
	.in_place = true,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};
