/* Batch normalization (Ioffe & Szegedy 2015):
 * y = weight × x̂ + bias, x̂ = (x - mean) / sqrt(var + ε).
 *
 * While training, mean and variance are those of the whole batch, for each channel of an image over
 * all of its pixels, for each feature of a flat input. Inference takes running means of both. As in
 * PyTorch, the variance divides by the count, but its running mean by count - 1. */
#include "nn/kinds.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-5f
#define MOMENTUM 0.1f /* the share of a new batch in the running means */

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

struct batchnorm {
	size_t channels;
	size_t room; /* for a number a channel, in floats: whole cache lines */
};

/* Of some of the batch's numbers: how many, and by channel their mean, and the sum of the squares
 * of what they deviate from it; of the whole batch, 1 / sqrt(var + ε) takes the place of that. */
struct moments {
	float *count, *mean, *spread;
};

/* In layer->sums: those of each chunk, and behind them those of the batch. */
static struct moments moments_of(const struct layer *layer, int chunk)
{
	const struct batchnorm *self = layer->self;
	float *at = (float *)layer->sums + (size_t)chunk * (2 * self->room + 16);

	return (struct moments){at, at + 16, at + 16 + self->room};
}

static struct moments moments_of_batch(const struct layer *layer)
{
	return moments_of(layer, LAYER_SLOTS);
}

static int plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct batchnorm *self = layer->self;
	struct shape in = layer->in;
	const size_t image[] = {(size_t)in.c};
	const size_t flat[] = {1, (size_t)in.h, (size_t)in.w, (size_t)in.c};
	enum param_layout layout = in.flat ? PARAM_FEATURES : PARAM_PLAIN;
	int rank = in.flat ? 4 : 1;

	self->channels = in.flat ? shape_size(in) : (size_t)in.c;
	self->room = (self->channels + 15) / 16 * 16;
	layer->out = in;
	layer_add_param(layer, "weight", layout, rank, in.flat ? flat : image);
	layer_add_param(layer, "bias", layout, rank, in.flat ? flat : image);
	layer_add_param(layer, "running_mean", layout, rank, in.flat ? flat : image);
	layer_add_param(layer, "running_var", layout, rank, in.flat ? flat : image);
	layer->params[RUNNING_MEAN].trained = layer->params[RUNNING_VAR].trained = false;
	return spec_at_most(spec, 0, error);
}

static void measure(struct layer *layer, const struct kernels *kernels, int n, bool backward)
{
	const struct batchnorm *self = layer->self;

	(void)kernels, (void)n, (void)backward;
	layer->scratch_size = 3 * self->room * sizeof(float);
	layer->sums_size = (LAYER_SLOTS + 1) * (2 * self->room + 16) * sizeof(float);
}

static void init(const struct layer *layer, struct rng rng)
{
	const struct param *params = layer->params;

	(void)rng;
	for (size_t c = 0; c < params->count; c++) {
		params[WEIGHT].value[c] = params[RUNNING_VAR].value[c] = 1;
		params[BIAS].value[c] = params[RUNNING_MEAN].value[c] = 0;
	}
}

static int pixels(const struct layer *layer, const struct pass *pass)
{
	return layer->in.flat ? pass->n : pass->n * layer->in.h * layer->in.w;
}

/* Chan, Golub & LeVeque 1979: the moments of two sets of numbers together. */
static void merge(size_t channels, struct moments into, struct moments more)
{
	float count = *into.count + *more.count, part = *more.count / count;

	for (size_t c = 0; c < channels; c++) {
		float delta = more.mean[c] - into.mean[c];
		into.mean[c] += delta * part;
		into.spread[c] += more.spread[c] + delta * delta * (*into.count * part);
	}
	*into.count = count;
}

static void sums(const struct layer *layer, const struct pass *pass, const float *x)
{
	const struct batchnorm *self = layer->self;
	struct moments chunk = moments_of(layer, pass->chunk);
	float count = (float)pixels(layer, pass), *scratch = pass->scratch;
	struct moments more = {&count, scratch, scratch + self->room};
	bool first = pass->first == pass->chunk_first;
	struct moments to = first ? chunk : more;

	*to.count = count;
	pass->kernels->batchnorm_moments((int)self->channels, pixels(layer, pass), x, to.mean,
									 to.spread);
	if (!first)
		merge(self->channels, chunk, more);
}

/* One number says nothing of the variance: then its running mean stays. */
static void update_running(const struct layer *layer, struct moments batch)
{
	const struct batchnorm *self = layer->self;
	float *mean = layer->params[RUNNING_MEAN].value, *var = layer->params[RUNNING_VAR].value;

	for (size_t c = 0; c < self->channels; c++) {
		mean[c] += MOMENTUM * (batch.mean[c] - mean[c]);
		if (*batch.count > 1)
			var[c] += MOMENTUM * (batch.spread[c] / (*batch.count - 1) - var[c]);
	}
}

static void join(const struct layer *layer, int chunks)
{
	const struct batchnorm *self = layer->self;
	struct moments batch = moments_of_batch(layer), first = moments_of(layer, 0);

	*batch.count = *first.count;
	memcpy(batch.mean, first.mean, self->channels * sizeof *batch.mean);
	memcpy(batch.spread, first.spread, self->channels * sizeof *batch.spread);
	for (int chunk = 1; chunk < chunks; chunk++)
		merge(self->channels, batch, moments_of(layer, chunk));
	update_running(layer, batch);
	for (size_t c = 0; c < self->channels; c++)
		batch.spread[c] = 1 / sqrtf(batch.spread[c] / *batch.count + EPSILON);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, float *y,
					void *cache)
{
	const struct batchnorm *self = layer->self;
	const struct param *params = layer->params;
	const struct moments batch = moments_of_batch(layer);
	float *scale = pass->scratch;

	(void)cache;
	for (size_t c = 0; c < self->channels; c++)
		scale[c] =
			params[WEIGHT].value[c] *
			(pass->training ? batch.spread[c] : 1 / sqrtf(params[RUNNING_VAR].value[c] + EPSILON));
	pass->kernels->batchnorm_forward((int)self->channels, pixels(layer, pass), x,
									 pass->training ? batch.mean : params[RUNNING_MEAN].value,
									 scale, params[BIAS].value, y);
}

/* dweight = sum of dy × x̂, dbias = sum of dy. */
static void backward_sums(const struct layer *layer, const struct pass *pass, const float *x,
						  const float *dy)
{
	const struct batchnorm *self = layer->self;
	const struct moments batch = moments_of_batch(layer);
	float *dweight = layer->params[WEIGHT].partial + pass->slot_offset;
	float *dbias = layer->params[BIAS].partial + pass->slot_offset;
	float *sum = pass->scratch, *product = sum + self->room;

	pass->kernels->batchnorm_sums((int)self->channels, pixels(layer, pass), x, batch.mean, dy, sum,
								  product);
	for (size_t c = 0; c < self->channels; c++) {
		dbias[c] += sum[c];
		dweight[c] += product[c] * batch.spread[c];
	}
}

/* dx = weight / sqrt(var + ε) × (dy - mean of dy - x̂ × mean of dy × x̂) */
static void backward(const struct layer *layer, const struct pass *pass, const float *x,
					 const float *y, const void *cache, const float *dy, float *dx)
{
	const struct batchnorm *self = layer->self;
	const struct param *params = layer->params;
	const struct moments batch = moments_of_batch(layer);
	float *scale = pass->scratch, *slope = scale + self->room, *offset = slope + self->room;

	(void)y, (void)cache;
	if (!dx)
		return;
	for (size_t c = 0; c < self->channels; c++) {
		scale[c] = params[WEIGHT].value[c] * batch.spread[c];
		slope[c] = -scale[c] * batch.spread[c] * (params[WEIGHT].grad[c] / *batch.count);
		offset[c] = -scale[c] * (params[BIAS].grad[c] / *batch.count);
	}
	pass->kernels->batchnorm_backward((int)self->channels, pixels(layer, pass), x, batch.mean, dy,
									  scale, slope, offset, dx);
}

const struct layer_kind layer_batchnorm = {
	.name = "batchnorm",
	.grammar = "batchnorm",
	.self_size = sizeof(struct batchnorm),
	.reads_input = true,
	.plan = plan,
	.measure = measure,
	.init = init,
	.sums = sums,
	.join = join,
	.forward = forward,
	.backward_sums = backward_sums,
	.backward = backward,
};
