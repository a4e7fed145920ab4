/* Dense: y = bias + weights x, every unit sees every input. */
#include "nn/kinds.h"

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
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

static void measure(struct layer *layer, const struct kernels *kernels, int n, bool backward)
{
	(void)backward;
	layer->scratch_size = kernels->dense_scratch_size(layer->out.c, n);
}

static void init(const struct layer *layer, struct rng rng)
{
	layer_init_glorot(&layer->params[0], shape_size(layer->in), shape_size(layer->out), rng);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	(void)cache;
	pass->kernels->dense_forward((int)shape_size(layer->in), layer->out.c, pass->n, x,
								 layer->params[0].value, layer->params[1].value, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	(void)x, (void)y, (void)cache;
	if (dx)
		pass->kernels->dense_backward_input((int)shape_size(layer->in), layer->out.c, pass->n,
											layer->params[0].value, dy, dx, pass->scratch);
}

static void gradients(const struct layer *layer, const struct pass *pass, const float *x,
					  const float *dy, int first, int count)
{
	pass->kernels->dense_backward_weights((int)shape_size(layer->in), layer->out.c, first, count,
										  pass->n, x, dy, layer->params[0].grad,
										  layer->params[1].grad, pass->scratch);
}

const struct layer_kind layer_dense = {
	.name = "dense",
	.grammar = "dense:UNITS",
	.reads_input = true,
	.plan = plan,
	.measure = measure,
	.init = init,
	.forward = forward,
	.backward = backward,
	.gradients = gradients,
};
