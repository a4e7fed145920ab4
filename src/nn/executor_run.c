/* The life of a batch.
 *
 * Two rounds of tasks, each ended when all are done. In the first a task is a chunk of images,
 * which goes all the way: load, forward, loss, backward. In the second it is a part of the
 * parameters: their gradient is completed from all chunks, and they are updated.
 *
 * An op that looks at the whole batch cuts the way into stages, and the first round into one for
 * each stage, forward and backward: all chunks go forward to the op's input and leave statistics of
 * it, then on from there to the next such op. The last stage goes forward and backward at once,
 * down to where it began, and leaves the gradients of that op's parameters; then the stage before
 * it goes backward.
 *
 * From the whole to its parts: stages_… goes through the stages in front of the last one, …_chunk
 * is a task, pass_… takes its images through a span of ops, and ops_… calls these. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nn/executor_parts.h"

#define LEAST_CHUNKS 8 /* where there are as many images */
#define MOST_SLOTS 64

/* One batch on its way, there and back. */
struct trip {
	struct executor *executor;
	const struct batch *batch;
	const struct update *update;
	struct pass pass; /* of the whole batch */
	int chunks, stage;
	struct loss_sum *losses; /* of each chunk */
};

int executor_chunks(const struct executor *executor, int n)
{
	int chunks = (n + EXECUTOR_CHUNK - 1) / EXECUTOR_CHUNK;

	if (executor->mode == EXECUTOR_OBSERVE)
		return 1;
	if (chunks < LEAST_CHUNKS)
		return n < LEAST_CHUNKS ? n : LEAST_CHUNKS;
	return executor->mode == EXECUTOR_TRAIN && chunks > MOST_SLOTS ? MOST_SLOTS : chunks;
}

int executor_full_batch(const struct engine *engine)
{
	return EXECUTOR_CHUNK * workers_count(engine->workers);
}

/* ---- where things lie ---- */

/* The row of the pass's first image, in a buffer where a worker's rows begin with image
 * `origin`. */
static void *row_at(const struct rows *rows, const struct pass *pass, int origin)
{
	char *data = rows->data;

	if (rows->worker_bytes)
		return data + (size_t)pass->worker * rows->worker_bytes +
			   (size_t)(pass->first - origin) * rows->size;
	return data + (size_t)pass->first * rows->size + (size_t)pass->chunk * rows->gap;
}

/* Of op i, or for -1 the network's input. A worker keeps the outputs of a chunk: with chunks of 8,
 * image 19 of a batch lies in row 3. */
static void *output_at(const struct executor *executor, const struct pass *pass, int i)
{
	return row_at(i < 0 ? &executor->input : &executor->ops[i].y, pass, pass->chunk_first);
}

/* A worker keeps the gradients of one pass: its first image is always in the first row. */
static void *gradient_at(const struct executor *executor, const struct pass *pass, int i)
{
	return row_at(&executor->ops[i].dy, pass, pass->first);
}

/* ---- through the ops ---- */

/* Ops from `begin` to before `end`; and then the statistics of one that looks at the whole
 * batch. */
struct span {
	int begin, end, statistics;
};

#define NO_STATISTICS (-1)

/* A stage forward ends with the statistics for the op that begins the next one. */
static struct span forward_span(const struct executor *executor, int stage)
{
	int end = executor->stages[stage + 1];

	return (struct span){executor->stages[stage], end,
						 end < executor->op_count ? end : NO_STATISTICS};
}

/* Backward it begins with that op, whose statistics are complete now, and ends with the gradients
 * for its own first op's parameters. */
static struct span backward_span(const struct executor *executor, int stage)
{
	int begin = executor->stages[stage], end = executor->stages[stage + 1];

	return (struct span){stage ? begin + 1 : 0, end < executor->op_count ? end + 1 : end,
						 stage ? begin : NO_STATISTICS};
}

/* The pass for op i. */
static struct pass pass_of(const struct executor *executor, const struct pass *pass, int i)
{
	const struct op *op = &executor->ops[i];
	struct pass own = *pass;

	own.x = output_at(executor, pass, i - 1);
	own.y = output_at(executor, pass, i);
	own.cache = row_at(&op->cache, pass, pass->chunk_first);
	if (executor->mode == EXECUTOR_TRAIN) {
		own.dy = gradient_at(executor, pass, i);
		own.dx = i > executor->first_trained ? gradient_at(executor, pass, i - 1) : NULL;
	}
	return own;
}

static void ops_forward(const struct executor *executor, const struct pass *pass, struct span span)
{
	for (int i = span.begin; i < span.end; i++) {
		const struct pass own = pass_of(executor, pass, i);
		executor->ops[i].kind->forward(&executor->ops[i], &own);
	}
	if (span.statistics != NO_STATISTICS) {
		const struct op *op = &executor->ops[span.statistics];
		const struct pass own = pass_of(executor, pass, span.statistics);
		op->kind->statistics->take(op, &own);
	}
}

static void ops_backward(const struct executor *executor, const struct pass *pass, struct span span)
{
	for (int i = span.end - 1; i >= span.begin && i >= executor->first_trained; i--) {
		const struct pass own = pass_of(executor, pass, i);
		executor->ops[i].kind->backward(&executor->ops[i], &own);
	}
	if (span.statistics != NO_STATISTICS) {
		const struct op *op = &executor->ops[span.statistics];
		const struct pass own = pass_of(executor, pass, span.statistics);
		op->kind->statistics->add_gradients(op, &own);
	}
}

typedef void direction(const struct executor *executor, const struct pass *pass, struct span span);

/* The span's ops on images, for the images of a pass, a group at a time. */
static void on_images(const struct executor *executor, const struct pass *pass, struct span span,
					  direction *go)
{
	struct pass group = *pass;
	int end = pass->first + pass->n;

	if (span.end > executor->flat_from)
		span.end = executor->flat_from;
	if (span.statistics >= executor->flat_from)
		span.statistics = NO_STATISTICS;
	for (; group.first < end; group.first += EXECUTOR_GROUP) {
		group.n = end - group.first < EXECUTOR_GROUP ? end - group.first : EXECUTOR_GROUP;
		go(executor, &group, span);
	}
}

/* Its ops on vectors, for all images of a pass at once. */
static void on_vectors(const struct executor *executor, const struct pass *pass, struct span span,
					   direction *go)
{
	if (span.begin < executor->flat_from)
		span.begin = executor->flat_from;
	if (span.statistics < executor->flat_from)
		span.statistics = NO_STATISTICS;
	go(executor, pass, span);
}

static void pass_forward(const struct executor *executor, const struct pass *pass, struct span span)
{
	on_images(executor, pass, span, ops_forward);
	on_vectors(executor, pass, span, ops_forward);
}

static void pass_backward(const struct executor *executor, const struct pass *pass,
						  struct span span)
{
	on_vectors(executor, pass, span, ops_backward);
	on_images(executor, pass, span, ops_backward);
}

/* ---- tasks of the first round: chunks ---- */

static void *scratch_of(const struct executor *executor, int worker)
{
	return executor->scratch + (size_t)worker * executor->scratch_size;
}

static struct pass chunk_pass(const struct trip *trip, int chunk, int worker)
{
	struct pass pass = trip->pass;

	pass.first = (int)((long long)trip->batch->n * chunk / trip->chunks);
	pass.n = (int)((long long)trip->batch->n * (chunk + 1) / trip->chunks) - pass.first;
	pass.chunk = chunk;
	pass.chunk_first = pass.first;
	pass.worker = worker;
	pass.slot_offset = (size_t)chunk * trip->executor->slot_size;
	pass.scratch = scratch_of(trip->executor, worker);
	return pass;
}

static void load(const struct trip *trip, const struct pass *pass)
{
	const struct batch *batch = trip->batch;
	const struct network *network = trip->executor->network;
	const size_t count = (size_t)pass->n * shape_size(network->input);
	float *x = output_at(trip->executor, pass, -1);

	batch->load(batch->context, pass->first, pass->n, pass->scratch, x);
	if (!input_is_plain(network->scale))
		for (size_t i = 0; i < count; i++)
			x[i] = (x[i] - network->scale.mean) / network->scale.deviation;
}

static void predict_chunk(void *context, int chunk, int worker)
{
	const struct trip *trip = context;
	struct pass pass = chunk_pass(trip, chunk, worker);

	load(trip, &pass);
	pass_forward(trip->executor, &pass, (struct span){0, trip->executor->op_count, NO_STATISTICS});
}

/* Forward through one stage; load the images in front of the first. */
static void forward_chunk(void *context, int chunk, int worker)
{
	const struct trip *trip = context;
	struct pass pass = chunk_pass(trip, chunk, worker);

	if (trip->stage == 0)
		load(trip, &pass);
	pass_forward(trip->executor, &pass, forward_span(trip->executor, trip->stage));
}

static void backward_chunk(void *context, int chunk, int worker)
{
	const struct trip *trip = context;
	struct pass pass = chunk_pass(trip, chunk, worker);

	pass_backward(trip->executor, &pass, backward_span(trip->executor, trip->stage));
}

/* Of the last stage, which may be the only one: forward, loss and backward. */
static void train_chunk(void *context, int chunk, int worker)
{
	struct trip *trip = context;
	struct executor *executor = trip->executor;
	const struct batch *batch = trip->batch;
	struct pass pass = chunk_pass(trip, chunk, worker);
	int last = executor->op_count - 1;

	forward_chunk(context, chunk, worker);
	trip->losses[chunk] =
		loss_cross_entropy(pass.n, executor->network->classes, output_at(executor, &pass, last),
						   batch->labels + pass.first, batch->label_smoothing, batch->n,
						   gradient_at(executor, &pass, last));
	memset(executor->slots + pass.slot_offset, 0, executor->slot_size * sizeof *executor->slots);
	backward_chunk(context, chunk, worker);
}

/* ---- tasks of the second round: parts of the parameters ---- */

/* The gradient of parameter p is the sum of the chunks' slots, in their order; for numbers first …
 * first + count - 1. */
static void add_slots(const struct trip *trip, const struct op *op, int p, size_t first,
					  size_t count)
{
	float *grad = op->grads[p];

	memcpy(grad + first, op->slots[p] + first, count * sizeof *grad);
	for (int chunk = 1; chunk < trip->chunks; chunk++) {
		const float *slot = op->slots[p] + (size_t)chunk * trip->executor->slot_size;
		for (size_t i = first; i < first + count; i++)
			grad[i] += slot[i];
	}
}

static void update_param(const struct trip *trip, const struct op *op, int p, size_t first,
						 size_t count)
{
	const struct executor *executor = trip->executor;
	const struct update *update = trip->update;
	const struct param *param = &op->layer->params[p];

	if (op_has_slot(op, p) && !op->kind->statistics)
		add_slots(trip, op, p, first, count);
	if (update)
		update->apply(update->context, param, executor->grads,
					  (size_t)(param->value - executor->network->values) + first, count);
}

static void update_part(void *context, int number, int worker)
{
	const struct trip *trip = context;
	const struct executor *executor = trip->executor;
	const struct update_task *task = &executor->tasks[number];
	const struct op *op = &executor->ops[task->op];
	struct pass pass = pass_of(executor, &trip->pass, task->op);

	pass.scratch = scratch_of(executor, worker);
	if (op->kind->gradients)
		op->kind->gradients(op, &pass, task->first, task->count);
	for (int p = 0; p < op->layer->param_count; p++) {
		const struct param *param = &op->layer->params[p];
		size_t numbers = param->count / param->dims[0]; /* of one output */
		if (param->trained)
			update_param(trip, op, p, (size_t)task->first * numbers, (size_t)task->count * numbers);
	}
	if (trip->update && op->kind->prepare)
		op->kind->prepare(op, pass.kernels, task->first, task->count);
}

/* ---- the whole batch ---- */

static void run_tasks(struct trip *trip, int count, workers_function *task)
{
	workers_run(trip->executor->engine->workers, count, task, trip);
}

/* Forward to the beginning of the last stage. */
static void stages_forward(struct trip *trip)
{
	struct executor *executor = trip->executor;

	for (; trip->stage < executor->stage_count - 1; trip->stage++) {
		const struct op *next = &executor->ops[executor->stages[trip->stage + 1]];
		run_tasks(trip, trip->chunks, forward_chunk);
		next->kind->statistics->join(next, trip->chunks);
	}
}

/* Backward from there, as far as anything is trained. */
static void stages_backward(struct trip *trip)
{
	struct executor *executor = trip->executor;

	while (trip->stage > 0) {
		int first = executor->stages[trip->stage--];
		const struct op *op = &executor->ops[first];
		for (int p = 0; p < op->layer->param_count; p++)
			if (op_has_slot(op, p))
				add_slots(trip, op, p, 0, op->layer->params[p].count);
		if (first > executor->first_trained)
			run_tasks(trip, trip->chunks, backward_chunk);
	}
}

static struct trip trip_of(struct executor *executor, const struct batch *batch)
{
	assert(batch->n > 0 && batch->n <= executor->batch_size);
	return (struct trip){
		.executor = executor,
		.batch = batch,
		.pass = {.kernels = executor->engine->kernels, .n = batch->n},
		.chunks = executor_chunks(executor, batch->n),
	};
}

struct loss_sum executor_train(struct executor *executor, const struct batch *batch, uint64_t seed,
							   uint64_t step, const struct update *update)
{
	struct loss_sum losses[MOST_SLOTS], sum = {0};
	struct trip trip = trip_of(executor, batch);

	assert(executor->mode == EXECUTOR_TRAIN);
	trip.update = update;
	trip.losses = losses;
	trip.pass.training = true;
	trip.pass.seed = seed;
	trip.pass.step = step;
	stages_forward(&trip);
	run_tasks(&trip, trip.chunks, train_chunk);
	stages_backward(&trip);
	run_tasks(&trip, executor->task_count, update_part);
	for (int chunk = 0; chunk < trip.chunks; chunk++) {
		sum.loss += losses[chunk].loss;
		sum.correct += losses[chunk].correct;
		sum.count += losses[chunk].count;
	}
	return sum;
}

const float *executor_predict(struct executor *executor, const struct batch *batch)
{
	struct trip trip = trip_of(executor, batch);

	run_tasks(&trip, trip.chunks, predict_chunk);
	return executor->ops[executor->op_count - 1].y.data;
}
