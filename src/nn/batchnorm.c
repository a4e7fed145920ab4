/* Batch normalization (Ioffe & Szegedy 2015):
 * y = weight × x̂ + bias, x̂ = (x - mean) / sqrt(var + ε).
 *
 * While training, mean and variance are those of the whole batch, for each channel of an image over
 * all of its pixels, for each feature of a flat input. Inference takes running means of both. As in
 * PyTorch, the variance divides by the count, but its running mean by count - 1. */
#include "nn/kinds.h"
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define MOMENTUM 0.1f /* the share of a new batch in the running means */

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

/* Channels of an image, or features of a vector; each has a weight, a bias and two running
 * means. */
static size_t channels_of(const struct op *op)
{
	return op->layer->params[WEIGHT].count;
}

/* Floats for one number a channel: whole cache lines. */
static size_t room(const struct op *op)
{
	return aligned_size(channels_of(op) * sizeof(float)) / sizeof(float);
}

/* The moments of some of the batch's numbers: how many there are, and by channel their mean and the
 * sum of their squared deviations from it. Of the whole batch, 1 / sqrt(var + ε) takes the place of
 * that sum. */
struct moments {
	float *count, *mean, *spread;
};

/* In op->statistics stand those of the batch, then those of each chunk. */
static struct moments moments_at(const struct op *op, int index)
{
	float *at = (float *)op->statistics + (size_t)index * (2 * room(op) + 16);

	return (struct moments){at, at + 16, at + 16 + room(op)};
}

static struct moments moments_of_chunk(const struct op *op, int chunk)
{
	return moments_at(op, 1 + chunk);
}

static struct moments moments_of_batch(const struct op *op)
{
	return moments_at(op, 0);
}

static int batchnorm_plan(struct layer *layer, const struct spec_layer *spec, struct error *error)
{
	struct shape in = layer->in;
	const size_t image[] = {(size_t)in.c};
	const size_t flat[] = {1, (size_t)in.h, (size_t)in.w, (size_t)in.c};
	enum param_layout layout = in.flat ? PARAM_FEATURES : PARAM_PLAIN;
	int rank = in.flat ? 4 : 1;

	layer_add_param(layer, "weight", layout, rank, in.flat ? flat : image);
	layer_add_param(layer, "bias", layout, rank, in.flat ? flat : image);
	layer_add_param(layer, "running_mean", layout, rank, in.flat ? flat : image);
	layer_add_param(layer, "running_var", layout, rank, in.flat ? flat : image);
	layer->params[RUNNING_MEAN].trained = layer->params[RUNNING_VAR].trained = false;
	return layer_plan_same_shape(layer, spec, error);
}

static void batchnorm_measure(struct op *op, const struct kernels *kernels, int n, int chunks)
{
	(void)kernels, (void)n;
	op->scratch_size = 3 * room(op) * sizeof(float);
	op->statistics_size = (size_t)(1 + chunks) * (2 * room(op) + 16) * sizeof(float);
}

static void batchnorm_init(const struct layer *layer, struct rng rng)
{
	const struct param *params = layer->params;

	(void)rng;
	for (size_t c = 0; c < params->count; c++) {
		params[WEIGHT].value[c] = params[RUNNING_VAR].value[c] = 1;
		params[BIAS].value[c] = params[RUNNING_MEAN].value[c] = 0;
	}
}

static int pixels(const struct op *op, const struct pass *pass)
{
	return op->in.flat ? pass->n : pass->n * op->in.h * op->in.w;
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

static void batchnorm_take(const struct op *op, const struct pass *pass)
{
	struct moments chunk = moments_of_chunk(op, pass->chunk);
	float count = (float)pixels(op, pass), *scratch = pass->scratch;
	struct moments more = {&count, scratch, scratch + room(op)};
	bool first = pass->first == pass->chunk_first;
	struct moments to = first ? chunk : more;

	*to.count = count;
	pass->kernels->batchnorm_moments((int)channels_of(op), pixels(op, pass), pass->x, to.mean,
									 to.spread);
	if (!first)
		merge(channels_of(op), chunk, more);
}

/* One number says nothing of the variance: then its running mean stays. */
static void update_running(const struct op *op, struct moments batch)
{
	const size_t channels = channels_of(op);
	float *mean = op->layer->params[RUNNING_MEAN].value,
		  *var = op->layer->params[RUNNING_VAR].value;

	for (size_t c = 0; c < channels; c++) {
		mean[c] += MOMENTUM * (batch.mean[c] - mean[c]);
		if (*batch.count > 1)
			var[c] += MOMENTUM * (batch.spread[c] / (*batch.count - 1) - var[c]);
	}
}

static void batchnorm_join(const struct op *op, int chunks)
{
	const size_t channels = channels_of(op);
	struct moments batch = moments_of_batch(op), first = moments_of_chunk(op, 0);

	*batch.count = *first.count;
	memcpy(batch.mean, first.mean, channels * sizeof *batch.mean);
	memcpy(batch.spread, first.spread, channels * sizeof *batch.spread);
	for (int chunk = 1; chunk < chunks; chunk++)
		merge(channels, batch, moments_of_chunk(op, chunk));
	update_running(op, batch);
	for (size_t c = 0; c < channels; c++)
		batch.spread[c] = 1 / sqrtf(batch.spread[c] / *batch.count + BATCHNORM_EPSILON);
}

static void batchnorm_forward(const struct op *op, const struct pass *pass)
{
	const size_t channels = channels_of(op);
	const struct param *params = op->layer->params;
	/* There are none but in training. */
	const struct moments batch =
		pass->training ? moments_of_batch(op) : (struct moments){NULL, NULL, NULL};
	float *scale = pass->scratch;

	for (size_t c = 0; c < channels; c++)
		scale[c] = params[WEIGHT].value[c] *
				   (pass->training ? batch.spread[c]
								   : 1 / sqrtf(params[RUNNING_VAR].value[c] + BATCHNORM_EPSILON));
	pass->kernels->batchnorm_forward((int)channels, pixels(op, pass), pass->x,
									 pass->training ? batch.mean : params[RUNNING_MEAN].value,
									 scale, params[BIAS].value, pass->y);
}

/* dweight = sum of dy × x̂, dbias = sum of dy. */
static void batchnorm_add_gradients(const struct op *op, const struct pass *pass)
{
	const size_t channels = channels_of(op);
	const struct moments batch = moments_of_batch(op);
	float *dweight = op->slots[WEIGHT] + pass->slot_offset;
	float *dbias = op->slots[BIAS] + pass->slot_offset;
	float *sum = pass->scratch, *product = sum + room(op);

	pass->kernels->batchnorm_sums((int)channels, pixels(op, pass), pass->x, batch.mean, pass->dy,
								  sum, product);
	for (size_t c = 0; c < channels; c++) {
		dbias[c] += sum[c];
		dweight[c] += product[c] * batch.spread[c];
	}
}

/* dx = weight / sqrt(var + ε) × (dy - mean of dy - x̂ × mean of dy × x̂) */
static void batchnorm_backward(const struct op *op, const struct pass *pass)
{
	const size_t channels = channels_of(op);
	const struct param *params = op->layer->params;
	const struct moments batch = moments_of_batch(op);
	float *scale = pass->scratch, *slope = scale + room(op), *offset = slope + room(op);

	if (!pass->dx)
		return;
	for (size_t c = 0; c < channels; c++) {
		scale[c] = params[WEIGHT].value[c] * batch.spread[c];
		slope[c] = -scale[c] * batch.spread[c] * (op->grads[WEIGHT][c] / *batch.count);
		offset[c] = -scale[c] * (op->grads[BIAS][c] / *batch.count);
	}
	pass->kernels->batchnorm_backward((int)channels, pixels(op, pass), pass->x, batch.mean,
									  pass->dy, scale, slope, offset, pass->dx);
}

static const struct batch_statistics batchnorm_statistics = {
	.take = batchnorm_take,
	.join = batchnorm_join,
	.add_gradients = batchnorm_add_gradients,
};

static const struct op_kind batchnorm_op = {
	.reads_input = true,
	.statistics = &batchnorm_statistics,
	.measure = batchnorm_measure,
	.forward = batchnorm_forward,
	.backward = batchnorm_backward,
};

const struct layer_kind layer_batchnorm = {
	.name = "batchnorm",
	.grammar = "batchnorm",
	.plan = batchnorm_plan,
	.init = batchnorm_init,
	.op = &batchnorm_op,
};
