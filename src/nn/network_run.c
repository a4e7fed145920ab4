/* The life of a batch.
 *
 * Two rounds of tasks, each ended when all are done. In the first a task is a chunk of samples,
 * which goes all the way: load, forward, loss, backward. In the second it is a part of the
 * parameters: their gradient is completed from all chunks, and they are updated.
 *
 * A layer that looks at the whole batch cuts the way into stages, and the first round into one for
 * each stage, there and back: all chunks go forward to the layer's input and leave its sums of
 * them, then on from there to the next such layer. The last stage goes forward and backward at
 * once, down to where it began, and leaves the sums of gradients; then the stage before goes
 * backward. */
#include <assert.h>
#include <string.h>

#include "nn/network.h"

struct run {
	struct network *network;
	const struct batch *batch;
	const struct update *update;
	struct pass pass; /* of the whole batch */
	int chunks, stage;
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
	return at(step < 0 ? &network->input_buffer : &network->steps[step].y, pass, pass->chunk_first);
}

/* Gradients that a worker has to itself are those of the pass alone. */
static void *gradient_at(const struct network *network, const struct pass *pass, int step)
{
	return at(&network->steps[step].dy, pass, pass->first);
}

/* Steps from `begin` to before `end`, and then the sums for one that looks at the whole batch. */
struct part {
	int begin, end, sums;
};

#define NO_SUMS (-1)

static struct part whole(const struct network *network)
{
	return (struct part){0, network->step_count, NO_SUMS};
}

/* A stage forward ends with the sums for the one behind it. */
static struct part way_there(const struct network *network, int stage)
{
	int end = network->stages[stage + 1];

	return (struct part){network->stages[stage], end, end < network->step_count ? end : NO_SUMS};
}

/* Backward it begins with the layer that begins the stage behind it, whose sums are known now, and
 * leaves those for its own first layer. */
static struct part way_back(const struct network *network, int stage)
{
	int begin = network->stages[stage], end = network->stages[stage + 1];

	return (struct part){stage ? begin + 1 : 0, end < network->step_count ? end + 1 : end,
						 stage ? begin : NO_SUMS};
}

static void forward(const struct network *network, const struct pass *pass, struct part part)
{
	for (int i = part.begin; i < part.end; i++) {
		const struct step *step = &network->steps[i];
		step->layer.kind->forward(&step->layer, pass, output_at(network, pass, i - 1),
								  output_at(network, pass, i),
								  at(&step->cache, pass, pass->chunk_first));
	}
	if (part.sums != NO_SUMS) {
		const struct layer *layer = &network->steps[part.sums].layer;
		layer->kind->sums(layer, pass, output_at(network, pass, part.sums - 1));
	}
}

static void backward(const struct network *network, const struct pass *pass, struct part part)
{
	for (int i = part.end - 1; i >= part.begin && i >= network->first_trained; i--) {
		const struct step *step = &network->steps[i];
		step->layer.kind->backward(
			&step->layer, pass, output_at(network, pass, i - 1), output_at(network, pass, i),
			at(&step->cache, pass, pass->chunk_first), gradient_at(network, pass, i),
			i > network->first_trained ? gradient_at(network, pass, i - 1) : NULL);
	}
	if (part.sums != NO_SUMS) {
		const struct layer *layer = &network->steps[part.sums].layer;
		layer->kind->backward_sums(layer, pass, output_at(network, pass, part.sums - 1),
								   gradient_at(network, pass, part.sums));
	}
}

typedef void direction(const struct network *network, const struct pass *pass, struct part part);

/* What there is on images, for the samples of a pass, a few at a time. */
static void on_images(const struct network *network, const struct pass *pass, struct part part,
					  direction *go)
{
	struct pass group = *pass;
	int end = pass->first + pass->n;

	if (part.end > network->flat_from)
		part.end = network->flat_from;
	if (part.sums >= network->flat_from)
		part.sums = NO_SUMS;
	for (; group.first < end; group.first += NETWORK_IMAGE_GROUP) {
		group.n = end - group.first < NETWORK_IMAGE_GROUP ? end - group.first : NETWORK_IMAGE_GROUP;
		go(network, &group, part);
	}
}

static void on_vectors(const struct network *network, const struct pass *pass, struct part part,
					   direction *go)
{
	if (part.begin < network->flat_from)
		part.begin = network->flat_from;
	if (part.sums < network->flat_from)
		part.sums = NO_SUMS;
	go(network, pass, part);
}

static void go_forward(const struct network *network, const struct pass *pass, struct part part)
{
	on_images(network, pass, part, forward);
	on_vectors(network, pass, part, forward);
}

static void go_backward(const struct network *network, const struct pass *pass, struct part part)
{
	on_vectors(network, pass, part, backward);
	on_images(network, pass, part, backward);
}

static struct pass chunk_pass(const struct run *run, int chunk, int worker)
{
	const struct network *network = run->network;
	struct pass pass = run->pass;

	pass.first = (int)((long long)run->batch->n * chunk / run->chunks);
	pass.n = (int)((long long)run->batch->n * (chunk + 1) / run->chunks) - pass.first;
	pass.chunk = chunk;
	pass.chunk_first = pass.first;
	pass.worker = worker;
	pass.slot_offset = (size_t)chunk * network->slot_size;
	pass.scratch = network->scratch + (size_t)worker * network->scratch_size;
	return pass;
}

static void load(const struct run *run, const struct pass *pass)
{
	run->batch->load(run->batch->context, pass->first, pass->n, output_at(run->network, pass, -1));
}

static void predict_chunk(void *context, int chunk, int worker)
{
	const struct run *run = context;
	struct pass pass = chunk_pass(run, chunk, worker);

	load(run, &pass);
	go_forward(run->network, &pass, whole(run->network));
}

/* A stage in front of the last one. */
static void forward_chunk(void *context, int chunk, int worker)
{
	const struct run *run = context;
	struct pass pass = chunk_pass(run, chunk, worker);

	if (run->stage == 0)
		load(run, &pass);
	go_forward(run->network, &pass, way_there(run->network, run->stage));
}

/* The last stage, or the only one. */
static void train_chunk(void *context, int chunk, int worker)
{
	struct run *run = context;
	struct network *network = run->network;
	struct pass pass = chunk_pass(run, chunk, worker);
	int last = network->step_count - 1;

	forward_chunk(context, chunk, worker);
	run->losses[chunk] = loss_cross_entropy(
		pass.n, network->classes, output_at(network, &pass, last), run->batch->labels + pass.first,
		run->batch->label_smoothing, run->batch->n, gradient_at(network, &pass, last));
	memset(network->slots + pass.slot_offset, 0, network->slot_size * sizeof *network->slots);
	go_backward(network, &pass, way_back(network, run->stage));
}

static void backward_chunk(void *context, int chunk, int worker)
{
	const struct run *run = context;
	struct pass pass = chunk_pass(run, chunk, worker);

	go_backward(run->network, &pass, way_back(run->network, run->stage));
}

/* grad = the sum of the chunks' slots, in their order; for `count` elements from `first` on. */
static void add_slots(const struct run *run, const struct param *param, size_t first, size_t count)
{
	memcpy(param->grad + first, param->partial + first, count * sizeof *param->grad);
	for (int chunk = 1; chunk < run->chunks; chunk++) {
		const float *partial = param->partial + (size_t)chunk * run->network->slot_size;
		for (size_t i = first; i < first + count; i++)
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
		size_t first = (size_t)task->first * row, count = (size_t)task->count * row;
		if (!param->trained)
			continue;
		if (!layer->kind->gradients && !layer->kind->sums)
			add_slots(run, param, first, count);
		if (run->update)
			run->update->apply(run->update->context, param, first, count);
	}
	if (run->update && layer->kind->prepare)
		layer->kind->prepare(layer, pass.kernels, task->first, task->count);
}

/* Forward to the beginning of the last stage. */
static void run_there(struct run *run)
{
	struct network *network = run->network;

	for (; run->stage < network->stage_count - 1; run->stage++) {
		const struct layer *next = &network->steps[network->stages[run->stage + 1]].layer;
		workers_run(network->engine->workers, run->chunks, forward_chunk, run);
		next->kind->join(next, run->chunks);
	}
}

/* Backward from there, as far as anything is trained. */
static void run_back(struct run *run)
{
	struct network *network = run->network;

	while (run->stage > 0) {
		int first = network->stages[run->stage--];
		const struct layer *layer = &network->steps[first].layer;
		for (int p = 0; p < layer->param_count; p++)
			if (layer->params[p].trained)
				add_slots(run, &layer->params[p], 0, layer->params[p].count);
		if (first > network->first_trained)
			workers_run(network->engine->workers, run->chunks, backward_chunk, run);
	}
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
	run_there(&run);
	workers_run(network->engine->workers, run.chunks, train_chunk, &run);
	run_back(&run);
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
			layer->kind->prepare(layer, network->engine->kernels, 0, layer_outputs(layer));
	}
}
