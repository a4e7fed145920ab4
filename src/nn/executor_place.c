/* An executor's place in memory: adds up what its plan needs, allocates once, and hands out. One
 * function does both: the first time without a base, when it only measures. */
#include "base/memory.h"
#include "nn/executor_parts.h"

static size_t worker_count(const struct executor *executor)
{
	return (size_t)workers_count(executor->engine->workers);
}

/* ---- buffers of images ---- */

/* For each worker so many rows of `size` bytes. */
static struct rows take_worker_rows(const struct executor *executor, struct arena *arena,
									size_t size, int count)
{
	struct rows rows = {.size = size,
						.worker_bytes = aligned_size((size_t)count * size + KERNELS_SLACK)};

	if (size > arena->limit / (size_t)count) /* where a size has 32 bits, the product overflows */
		arena->too_large = true;
	rows.data = arena_take(arena, worker_count(executor), rows.worker_bytes);
	return rows;
}

/* A row of `size` bytes for each image. */
static struct rows take_batch_rows(const struct executor *executor, struct arena *arena,
								   size_t size, size_t gap)
{
	struct rows rows = {.size = size, .gap = gap};

	rows.data = arena_take(arena, (size_t)executor->batch_size, size);
	/* One piece lies directly behind the other. */
	arena_take(arena, (size_t)executor_chunks(executor, executor->batch_size), gap);
	return rows;
}

static size_t floats_size(struct shape shape)
{
	return shape_size(shape) * sizeof(float);
}

static bool overwrites_output(const struct executor *executor, int i)
{
	return executor->ops[i].overwrites;
}

/* Only the op in front reads a gradient, and only once, so whoever can work in place does. */
static bool overwrites_gradient(const struct executor *executor, int i)
{
	return executor->ops[i].kind->in_place;
}

typedef bool overwrites_function(const struct executor *executor, int i);

/* Do ops on images alone see the output of op i (of -1: the network's input), and those that the
 * next ones write over it? */
static bool stays_among_image_ops(const struct executor *executor, int i,
								  overwrites_function *overwrites)
{
	while (i + 1 < executor->op_count && overwrites(executor, i + 1))
		i++;
	return i < executor->flat_from - 1;
}

/* Is what op i writes needed until the end of the same task only? The last stage goes forward and
 * backward at once; what the stages before it leave must wait for it. */
static bool is_of_one_task(const struct executor *executor, int i)
{
	switch (executor->mode) {
	case EXECUTOR_PREDICT:
		return true;
	case EXECUTOR_TRAIN:
		return executor->stage_count == 1 || i >= executor->stages[executor->stage_count - 1];
	default:
		return false;
	}
}

static void place_outputs(struct executor *executor, struct arena *arena)
{
	int chunks = executor_chunks(executor, executor->batch_size);
	int chunk = (executor->batch_size + chunks - 1) / chunks; /* images of the largest */
	struct rows y = {0};

	for (int i = -1; i < executor->op_count; i++) {
		bool one_task = is_of_one_task(executor, i);
		bool of_images = stays_among_image_ops(executor, i, overwrites_output);
		struct op *op = i < 0 ? NULL : &executor->ops[i];
		size_t size = floats_size(op ? op->out : executor->network->input);
		if (!op || !op->overwrites)
			y = one_task && of_images
					? take_worker_rows(executor, arena, size, chunk)
					: take_batch_rows(executor, arena, size, of_images ? KERNELS_SLACK : 0);
		if (!op) {
			executor->input = y;
			continue;
		}
		op->y = y;
		op->cache = one_task && i < executor->flat_from
						? take_worker_rows(executor, arena, op->cache_size, chunk)
						: take_batch_rows(executor, arena, op->cache_size, KERNELS_SLACK);
	}
}

static void place_gradients(struct executor *executor, struct arena *arena)
{
	struct rows dy = {0};

	for (int i = 0; i < executor->op_count; i++) {
		struct op *op = &executor->ops[i];
		/* An op that looks at the whole batch looks at its dy again in another task. */
		bool local =
			!op->kind->statistics && stays_among_image_ops(executor, i, overwrites_gradient);
		size_t size = floats_size(op->out);
		if (i == 0 || !overwrites_gradient(executor, i))
			dy = local ? take_worker_rows(executor, arena, size, EXECUTOR_GROUP)
					   : take_batch_rows(executor, arena, size,
										 i < executor->flat_from ? KERNELS_SLACK : 0);
		op->dy = dy;
	}
}

/* ---- parameters ---- */

static void place_grads(struct executor *executor, struct arena *arena)
{
	const float *values = executor->network->values;

	executor->grads = arena_take(arena, executor->network->value_count, sizeof(float));
	for (int i = 0; executor->grads && i < executor->op_count; i++) {
		struct op *op = &executor->ops[i];
		for (int p = 0; p < op->layer->param_count; p++)
			if (op->layer->params[p].trained)
				op->grads[p] = executor->grads + (op->layer->params[p].value - values);
	}
}

/* A slot holds, one behind the other, the parameters whose gradients are summed chunk by chunk, and
 * room for kernels to read behind the last. */
static void place_slots(struct executor *executor, struct arena *arena)
{
	executor->slot_size = KERNELS_SLACK / sizeof(float);
	for (int i = 0; i < executor->op_count; i++)
		for (int p = 0; p < executor->ops[i].layer->param_count; p++)
			if (op_has_slot(&executor->ops[i], p))
				executor->slot_size += param_padded_count(&executor->ops[i].layer->params[p]);
	int chunks = executor_chunks(executor, executor->batch_size);
	float *slot = arena_take(arena, (size_t)chunks, executor->slot_size * sizeof *slot);
	executor->slots = slot;
	for (int i = 0; slot && i < executor->op_count; i++) {
		struct op *op = &executor->ops[i];
		for (int p = 0; p < op->layer->param_count; p++) {
			op->slots[p] = op_has_slot(op, p) ? slot : NULL;
			slot += op_has_slot(op, p) ? param_padded_count(&op->layer->params[p]) : 0;
		}
	}
}

/* ---- what kernels need ---- */

static void measure_ops(struct executor *executor)
{
	const struct shape *input = &executor->network->input;

	executor->scratch_size = executor_room(input->h, input->w) * sizeof(float);
	for (int i = 0; i < executor->op_count; i++) {
		struct op *op = &executor->ops[i];
		int n = executor->batch_size;
		/* Ops on images never see more than a group. */
		if (i < executor->flat_from && n > EXECUTOR_GROUP)
			n = EXECUTOR_GROUP;
		if (op->kind->measure)
			op->kind->measure(op, executor->engine->kernels, n,
							  executor_chunks(executor, executor->batch_size));
		if (op->scratch_size > executor->scratch_size)
			executor->scratch_size = op->scratch_size;
	}
	executor->scratch_size = aligned_size(executor->scratch_size);
}

static void place_kernels(struct executor *executor, struct arena *arena)
{
	for (int i = 0; i < executor->op_count; i++) {
		struct op *op = &executor->ops[i];
		op->prepared = arena_take(arena, 1, op->prepared_size);
		if (executor->mode == EXECUTOR_TRAIN)
			op->statistics = arena_take(arena, 1, op->statistics_size);
	}
	executor->scratch = arena_take(arena, worker_count(executor), executor->scratch_size);
}

static void place(struct executor *executor, struct arena *arena)
{
	arena->used = 0;
	if (executor->mode == EXECUTOR_TRAIN)
		place_grads(executor, arena);
	place_outputs(executor, arena);
	if (executor->mode == EXECUTOR_TRAIN) {
		place_slots(executor, arena);
		place_gradients(executor, arena);
	}
	place_kernels(executor, arena);
	arena_take(arena, 1, KERNELS_SLACK);
}

int executor_place(struct executor *executor, struct error *error)
{
	struct arena arena = {.limit = NETWORK_MAX_BYTES};

	measure_ops(executor);
	place(executor, &arena);
	if (arena.too_large)
		return error_set(error, "with batches of %d the network needs more than %zu MB, the limit",
						 executor->batch_size, NETWORK_MAX_BYTES >> 20);
	const uint64_t needed = (uint64_t)arena.used + executor->network->value_count * sizeof(float);
	const size_t megabytes = (size_t)(needed >> 20) + 1;
	if (needed > executor->engine->memory)
		return error_scarce(error,
							"with batches of %d the network needs %zu MB, and there are %zu MB "
							"for it",
							executor->batch_size, megabytes, executor->engine->memory >> 20);
	executor->memory = arena.used;
	arena.base = aligned_zeros(arena.used, &executor->block);
	if (!arena.base)
		return error_scarce(error, "not enough memory for the network: %zu MB", megabytes);
	place(executor, &arena);
	return 0;
}
