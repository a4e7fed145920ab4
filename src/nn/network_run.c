/* The life of a batch.
 *
 * Two rounds of tasks, each ended when all are done. In the first a task is a chunk of samples, which
 * goes all the way: load, forward, loss, backward. In the second it is a part of the parameters: their
 * gradient is completed from all chunks, and they are updated. */
#include <assert.h>
#include <string.h>

#include "nn/network.h"

struct run {
	struct network *network;
	const struct batch *batch;
	const struct update *update;
	struct pass pass;  /* of the whole batch */
	int chunks;
	struct loss_sum losses[LAYER_SLOTS];
};

/* Where the pass's first sample lies, in a buffer whose worker's share begins with sample `origin`. */
static void *at(const struct sample_buffer *samples, const struct pass *pass, int origin)
{
	char *data = samples->data;

	if (samples->per_worker)
		return data + (size_t)pass->worker * samples->per_worker +
			   (size_t)(pass->first - origin) * samples->size;
	return data + (size_t)pass->first * samples->size;
}

static void *output_at(const struct network *network, const struct pass *pass, int step)
{
	return at(step < 0 ? &network->input_buffer : &network->steps[step].y, pass,
			  pass->chunk_first);
}

/* Gradients that a worker has to itself are those of the pass alone. */
static void *gradient_at(const struct network *network, const struct pass *pass, int step)
{
	return at(&network->steps[step].dy, pass, pass->first);
}

/* Steps from `begin` to before `end`, for the samples of a pass. */
static void forward(const struct network *network, const struct pass *pass, int begin, int end)
{
	for (int i = begin; i < end; i++) {
		const struct step *step = &network->steps[i];
		step->layer.kind->forward(&step->layer, pass, output_at(network, pass, i - 1),
								  output_at(network, pass, i),
								  at(&step->cache, pass, pass->chunk_first));
	}
}

static void backward(const struct network *network, const struct pass *pass, int begin, int end)
{
	for (int i = end - 1; i >= begin && i >= network->first_trained; i--) {
		const struct step *step = &network->steps[i];
		step->layer.kind->backward(
			&step->layer, pass, output_at(network, pass, i - 1), output_at(network, pass, i),
			at(&step->cache, pass, pass->chunk_first), gradient_at(network, pass, i),
			i > network->first_trained ? gradient_at(network, pass, i - 1) : NULL);
	}
}

typedef void direction(const struct network *network, const struct pass *pass, int begin, int end);

/* The steps on images, for the samples of a pass, a few at a time. */
static void by_groups(const struct network *network, const struct pass *pass, direction *go)
{
	struct pass group = *pass;
	int end = pass->first + pass->n;

	for (; group.first < end; group.first += NETWORK_IMAGE_GROUP) {
		group.n = end - group.first < NETWORK_IMAGE_GROUP ? end - group.first : NETWORK_IMAGE_GROUP;
		go(network, &group, 0, network->flat_from);
	}
}

static struct pass chunk_pass(const struct run *run, int chunk, int worker)
{
	const struct network *network = run->network;
	struct pass pass = run->pass;

	pass.first = (int)((long long)run->batch->n * chunk / run->chunks);
	pass.n = (int)((long long)run->batch->n * (chunk + 1) / run->chunks) - pass.first;
	pass.chunk_first = pass.first;
	pass.worker = worker;
	pass.slot_offset = (size_t)chunk * network->slot_size;
	pass.scratch = network->scratch + (size_t)worker * network->scratch_size;
	return pass;
}

static void predict_chunk(void *context, int chunk, int worker)
{
	struct run *run = context;
	struct network *network = run->network;
	struct pass pass = chunk_pass(run, chunk, worker);

	run->batch->load(run->batch->context, pass.first, pass.n, output_at(network, &pass, -1));
	by_groups(network, &pass, forward);
	forward(network, &pass, network->flat_from, network->step_count);
}

static void train_chunk(void *context, int chunk, int worker)
{
	struct run *run = context;
	struct network *network = run->network;
	struct pass pass = chunk_pass(run, chunk, worker);
	int last = network->step_count - 1;

	predict_chunk(context, chunk, worker);
	run->losses[chunk] =
		loss_cross_entropy(pass.n, network->classes, output_at(network, &pass, last),
						   run->batch->labels + pass.first, run->batch->label_smoothing,
						   run->batch->n, gradient_at(network, &pass, last));
	memset(network->slots + pass.slot_offset, 0, network->slot_size * sizeof *network->slots);
	backward(network, &pass, network->flat_from, network->step_count);
	by_groups(network, &pass, backward);
}

/* grad = the sum of the chunks' slots, in their order. */
static void add_slots(const struct run *run, const struct param *param)
{
	memcpy(param->grad, param->partial, param->count * sizeof *param->grad);
	for (int chunk = 1; chunk < run->chunks; chunk++) {
		const float *partial = param->partial + (size_t)chunk * run->network->slot_size;
		for (size_t i = 0; i < param->count; i++)
			param->grad[i] += partial[i];
	}
}

static void update_params(void *context, int number, int worker)
{
	struct run *run = context;
	const struct network *network = run->network;
	const struct update_task *task = &network->tasks[number];
	const struct step *step = &network->steps[task->step];
	const struct layer *layer = &step->layer;
	struct pass pass = run->pass;

	pass.scratch = network->scratch + (size_t)worker * network->scratch_size;
	if (layer->kind->gradients)
		layer->kind->gradients(layer, &pass, output_at(network, &pass, task->step - 1),
							   gradient_at(network, &pass, task->step), task->first, task->count);
	for (int p = 0; p < layer->param_count; p++) {
		const struct param *param = &layer->params[p];
		size_t row = param->count / param->dims[0];
		size_t first = (size_t)task->first * row;
		if (!layer->kind->gradients)
			add_slots(run, param);
		if (run->update)
			run->update->apply(run->update->context, param, first,
							   layer->kind->gradients ? (size_t)task->count * row : param->count);
	}
	if (run->update && layer->kind->prepare)
		layer->kind->prepare(layer, pass.kernels);
}

static struct run run_of(struct network *network, const struct batch *batch)
{
	assert(batch->n > 0 && batch->n <= network->batch_size);
	return (struct run){
		.network = network,
		.batch = batch,
		.pass = {.kernels = network->engine->kernels, .n = batch->n},
		.chunks = batch->n < LAYER_SLOTS ? batch->n : LAYER_SLOTS,
	};
}

struct loss_sum network_train(struct network *network, const struct batch *batch, uint64_t seed,
							  uint64_t step, const struct update *update)
{
	struct run run = run_of(network, batch);
	struct loss_sum sum = {0};

	run.update = update;
	run.pass.training = true;
	run.pass.seed = seed;
	run.pass.step = step;
	workers_run(network->engine->workers, run.chunks, train_chunk, &run);
	workers_run(network->engine->workers, network->task_count, update_params, &run);
	for (int chunk = 0; chunk < run.chunks; chunk++) {
		sum.loss += run.losses[chunk].loss;
		sum.correct += run.losses[chunk].correct;
	}
	return sum;
}

const float *network_predict(struct network *network, const struct batch *batch)
{
	struct run run = run_of(network, batch);

	workers_run(network->engine->workers, run.chunks, predict_chunk, &run);
	return network->steps[network->step_count - 1].y.data;
}

void network_prepare(const struct network *network)
{
	for (int i = 0; i < network->step_count; i++) {
		const struct layer *layer = &network->steps[i].layer;
		if (layer->kind->prepare)
			layer->kind->prepare(layer, network->engine->kernels);
	}
}
