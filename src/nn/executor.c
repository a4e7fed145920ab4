/* An executor is opened in two parts, executor_plan.c and executor_place.c; it runs in
 * executor_run.c. */
#include "nn/executor.h"

#include <assert.h>
#include <stdlib.h>

#include "nn/executor_parts.h"

struct executor *executor_open(const struct network *network, const struct engine *engine,
							   int batch_size, enum executor_mode mode, struct error *error)
{
	struct executor *executor = malloc(sizeof *executor);

	if (!executor) {
		error_scarce(error, "not enough memory for the network's plan");
		return NULL;
	}
	*executor = (struct executor){
		.network = network, .engine = engine, .batch_size = batch_size, .mode = mode};
	if (executor_plan(executor, error) || executor_place(executor, error)) {
		executor_close(executor);
		return NULL;
	}
	executor_prepare(executor);
	return executor;
}

void executor_close(struct executor *executor)
{
	if (!executor)
		return;
	free(executor->ops);
	free(executor->tasks);
	free(executor->block);
	free(executor);
}

const struct network *executor_network(const struct executor *executor)
{
	return executor->network;
}

const struct engine *executor_engine(const struct executor *executor)
{
	return executor->engine;
}

int executor_batch_size(const struct executor *executor)
{
	return executor->batch_size;
}

size_t executor_memory(const struct executor *executor)
{
	return executor->memory;
}

void executor_prepare(struct executor *executor)
{
	for (int i = 0; i < executor->op_count; i++) {
		const struct op *op = &executor->ops[i];
		if (op->kind->prepare)
			op->kind->prepare(op, executor->engine->kernels, 0, op_outputs(op));
	}
}

const float *executor_output(const struct executor *executor, int layer)
{
	assert(executor->mode == EXECUTOR_OBSERVE && layer < executor->op_count);
	return executor->ops[layer].y.data;
}
