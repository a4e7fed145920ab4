/* An executor's plan: which layers run as one op, what each op computes, where a batch's chunks
 * wait for each other, and how the update of the parameters is shared out. */
#include <stdlib.h>

#include "nn/executor_parts.h"

/* As the layer is written, whatever was trimmed since. */
static bool keeps_shape(const struct op *op)
{
	const struct shape in = op->layer->in, out = op->layer->out;

	return in.h == out.h && in.w == out.w && in.c == out.c;
}

/* Does it read all of its input and compute all of its output, since the planner does not know
 * which pixels depend on which? */
static bool is_rigid(const struct op *op)
{
	return !op->window.size && !keeps_shape(op);
}

static void plan_ops(struct executor *executor)
{
	const struct network *network = executor->network;
	const struct kernels *kernels = executor->engine->kernels;
	bool trains = executor->mode == EXECUTOR_TRAIN;

	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		struct op *op = &executor->ops[executor->op_count];
		int taken = 0;
		if (!layer->kind->op)
			continue;
		if (executor->mode != EXECUTOR_OBSERVE)
			taken = op_take_conv_pool(op, layer, network->layer_count - i, trains, kernels);
		if (taken)
			i += taken - 1;
		else
			*op = op_of_layer(layer, trains);
		executor->op_count++;
	}
	while (executor->flat_from < executor->op_count && !executor->ops[executor->flat_from].in.flat)
		executor->flat_from++;
	while (executor->first_trained < executor->op_count &&
		   !executor->ops[executor->first_trained].layer->param_count)
		executor->first_trained++;
}

/* May what op i reads be made smaller? Ops that leave every pixel where it is pass the question on
 * to the one in front of them; a window can compute less; a rigid op cannot, nor can one that looks
 * at the whole batch, and the network's input is what it is. */
static bool may_trim_input(const struct executor *executor, int i)
{
	const struct op *ops = executor->ops;

	if (is_rigid(&ops[i]))
		return false;
	while (i-- > 0) {
		if (ops[i].kind->statistics || is_rigid(&ops[i]))
			return false;
		if (ops[i].window.size)
			return true;
	}
	return false;
}

/* Rows, or columns, of the input that `out` rows of the output read; with windows of 3, a stride of
 * 2 and no padding, 5 rows read 11. */
static int rows_read(int out, const struct window *w, int pad, int in)
{
	int end = (out - 1) * w->stride - pad + w->size;

	return end < in ? end : in;
}

/* The next op reads op->out and no more: compute just that, and read only what it takes. */
static void trim_op(struct op *op, bool trim_input)
{
	struct window *w = &op->window;

	if (w->size) {
		w->out_h = op->out.h * op->pool;
		w->out_w = op->out.w * op->pool;
		if (trim_input) {
			w->in_h = op->in.h = rows_read(w->out_h, w, w->pad_top, w->in_h);
			w->in_w = op->in.w = rows_read(w->out_w, w, w->pad_left, w->in_w);
		}
	} else if (trim_input) {
		op->in = op->out;
	}
}

/* From the last op on images to the first, each makes do with what the next one reads: of 11 × 11
 * pixels in front of a pooling by 2, 10 × 10 are computed. */
static void trim_ops(struct executor *executor)
{
	for (int i = executor->flat_from - 1; i >= 0; i--) {
		bool trim_input = may_trim_input(executor, i);
		trim_op(&executor->ops[i], trim_input);
		if (trim_input)
			executor->ops[i - 1].out = executor->ops[i].in;
	}
}

/* A stage ends in front of each op that looks at the whole batch. */
static void plan_stages(struct executor *executor)
{
	executor->stage_count = 1;
	for (int i = 0; i < executor->op_count; i++)
		if (executor->ops[i].kind->statistics)
			executor->stages[executor->stage_count++] = i;
	executor->stages[executor->stage_count] = executor->op_count;
}

/* Outputs are shared out so that a task reads about this many gradients. */
#define TASK_GRADIENTS 32768

/* The outputs of one task. */
static int task_outputs(const struct executor *executor, const struct op *op)
{
	size_t gradients = op->layer->params[0].count / (size_t)op_outputs(op);

	if (!op->kind->gradients)
		gradients *= (size_t)executor_chunks(executor, executor->batch_size);
	int count = gradients < TASK_GRADIENTS ? (int)(TASK_GRADIENTS / gradients) : 1;
	return op->kind->prepare ? (count + PREPARE_UNIT - 1) / PREPARE_UNIT * PREPARE_UNIT : count;
}

static int plan_tasks(struct executor *executor, struct error *error)
{
	int most = 0;

	for (int i = 0; i < executor->op_count; i++)
		most += op_outputs(&executor->ops[i]);
	executor->tasks = calloc((size_t)most + 1, sizeof *executor->tasks);
	if (!executor->tasks)
		return error_scarce(error, "not enough memory for the network's plan");
	for (int i = 0; i < executor->op_count; i++) {
		const struct op *op = &executor->ops[i];
		if (!op->layer->param_count)
			continue;
		int outputs = op_outputs(op), share = task_outputs(executor, op), count;
		for (int first = 0; first < outputs; first += count) {
			count = share < outputs - first ? share : outputs - first;
			executor->tasks[executor->task_count++] = (struct update_task){i, first, count};
		}
	}
	return 0;
}

/* False where an op in front, whose output lies in the same buffer, still needs the numbers that
 * op i would destroy. */
static bool may_overwrite(const struct op *ops, int i)
{
	if (!ops[i].kind->in_place)
		return false;
	for (int before = i - 1; before >= 0; before--) {
		const struct op_kind *kind = ops[before].kind;
		if (kind->reads_output || (kind->reads_sign && !ops[i].kind->keeps_sign))
			return false;
		if (!ops[before].overwrites)
			break;
	}
	return true;
}

/* Each op's answer rests on those of the ops in front. An observer's ops each keep their output. */
static void plan_buffers(struct executor *executor)
{
	for (int i = 0; i < executor->op_count; i++)
		executor->ops[i].overwrites =
			executor->mode != EXECUTOR_OBSERVE && may_overwrite(executor->ops, i);
}

int executor_plan(struct executor *executor, struct error *error)
{
	executor->ops = calloc((size_t)executor->network->layer_count, sizeof *executor->ops);
	if (!executor->ops)
		return error_scarce(error, "not enough memory for the network's plan");
	plan_ops(executor);
	if (executor->mode != EXECUTOR_OBSERVE)
		trim_ops(executor);
	plan_buffers(executor);
	plan_stages(executor);
	return executor->mode == EXECUTOR_TRAIN ? plan_tasks(executor, error) : 0;
}
