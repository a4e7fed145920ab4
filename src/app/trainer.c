/* The training loop: shuffle, gather, forward, loss, backward, update; then validate. */
#include "app/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluate.h"
#include "app/warp.h"
#include "base/terminal.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"

/* What one call of train works with, and the sums of the epoch. */
struct run {
	struct executor *executor;
	const struct network *network;
	const struct dataset *dataset;
	const struct split *split;
	const struct settings *settings;
	const struct train_observer *observer;
	const volatile sig_atomic_t *stop;

	struct train_length length;
	struct optimizer optimizer;
	struct augmenter augmenter;
	uint32_t *order; /* of the training images in this epoch */
	uint8_t *labels; /* of a batch */
	float *best;     /* the best epoch's values; NULL without patience */

	bool stopped;
	int epoch;
	uint64_t step;       /* updates, this one included, over the whole run */
	float learning_rate; /* of the last step */
	size_t seen, total;  /* images of this epoch */
	double loss;         /* their sum */
	size_t correct;
	double seconds;
};

struct train_length train_length(const struct settings *settings, size_t train_count)
{
	size_t batch = (size_t)settings->batch_size;
	struct train_length length = {
		.epoch_steps = (train_count + batch - 1) / batch,
		.epochs = (int)ceil(settings->epochs),
	};
	double whole = floor(settings->epochs), part = settings->epochs - whole;

	length.steps = (uint64_t)whole * length.epoch_steps;
	if (part > 0) {
		uint64_t steps = (uint64_t)(part * (double)length.epoch_steps + 0.5);
		length.steps += steps ? steps : 1;
	}
	return length;
}

static int check_finite_loss(const struct run *run, double loss, struct error *error)
{
	if (isfinite(loss))
		return 0;
	return error_set(error,
					 "the loss is no longer a number (epoch %d, step %llu): "
					 "try a smaller --learning-rate than %g",
					 run->epoch, (unsigned long long)run->step,
					 (double)run->settings->learning_rate);
}

/* A weight can go astray without a trace in the loss: a relu behind it may pass nothing. */
static int check_finite_weights(const struct run *run, struct error *error)
{
	for (int i = 0; i < run->network->param_count; i++) {
		const struct param *param = run->network->params[i];

		for (size_t j = 0; j < param->count; j++)
			if (!isfinite(param->value[j]))
				return error_set(error,
								 "a value of %s is no longer a number (epoch %d): "
								 "try a smaller --learning-rate than %g",
								 param->name, run->epoch, (double)run->settings->learning_rate);
	}
	return 0;
}

/* Weights decay; biases and normalization do not. */
static void update_weights(const void *context, const struct param *param, const float *grads,
						   size_t first, size_t count)
{
	const struct run *run = context;

	optimizer_apply(&run->optimizer, executor_engine(run->executor)->kernels, first, count,
					param_is_weight(param), grads, run->network->values);
}

/* Augmentation may end before the training does: by the step, so that parts of epochs count. */
static bool is_augmented(const struct run *run)
{
	const struct augment *augment = &run->settings->augment;

	return !augment_is_none(augment) &&
		   (double)run->step / (double)run->length.steps < augment->until;
}

/* One batch, one update. */
static int train_step(struct run *run, int n, struct error *error)
{
	const uint32_t *indices = run->order + run->seen;
	const struct settings *settings = run->settings;
	const struct augmented images = {
		.selection = {run->dataset, indices},
		.augmenter = is_augmented(run) ? &run->augmenter : NULL,
		.rng = augment_rng(settings->seed, (uint64_t)run->epoch),
	};
	const struct batch batch = {
		.n = n,
		.load = augmented_load,
		.context = &images,
		.labels = run->labels,
		.label_smoothing = settings->label_smoothing,
	};
	const struct update update = {update_weights, run};

	dataset_labels(run->dataset, indices, n, run->labels);
	run->learning_rate =
		(float)(settings->learning_rate *
				schedule_rate(settings->schedule, settings->warmup, run->step, run->length.steps));
	optimizer_begin(&run->optimizer, run->learning_rate);
	struct loss_sum sum =
		executor_train(run->executor, &batch, settings->seed, ++run->step, &update);
	run->seen += (size_t)n;
	run->loss += sum.loss;
	run->correct += (size_t)sum.correct;
	return check_finite_loss(run, sum.loss, error);
}

/* Images of the first `steps` steps of an epoch. */
static size_t images_of(const struct run *run, uint64_t steps)
{
	size_t all = run->split->train_count;

	return steps < run->length.epoch_steps ? (size_t)steps * (size_t)run->settings->batch_size
										   : all;
}

/* Steps of the whole run before epoch number `epoch`. */
static uint64_t steps_before(const struct run *run, int epoch)
{
	return (uint64_t)(epoch - 1) * run->length.epoch_steps;
}

static double images_left(const struct run *run)
{
	int last = run->length.epochs;

	if (run->epoch == last)
		return (double)(run->total - run->seen);
	return (double)(run->total - run->seen) +
		   (double)(last - run->epoch - 1) * (double)run->split->train_count +
		   (double)images_of(run, run->length.steps - steps_before(run, last));
}

static void report_progress(const struct run *run)
{
	const struct train_progress progress = {
		.epoch = run->epoch,
		.epochs = run->length.epochs,
		.seen = run->seen,
		.total = run->total,
		.left = images_left(run),
		.seconds = run->seconds,
		.loss = run->loss / (double)run->seen,
		.accuracy = (double)run->correct / (double)run->seen,
	};

	if (run->observer && run->observer->batch)
		run->observer->batch(run->observer->context, &progress);
}

/* All training images once, or as many as there are until the training's end or *stop. */
static int train_epoch(struct run *run, struct error *error)
{
	size_t batch = (size_t)run->settings->batch_size;
	double start = terminal_seconds();

	split_shuffle(run->split, run->settings->seed, (uint64_t)run->epoch, run->order);
	run->total = images_of(run, run->length.steps - steps_before(run, run->epoch));
	run->seen = run->correct = 0;
	run->loss = run->seconds = 0;
	while (run->seen < run->total && !(run->stop && *run->stop)) {
		size_t left = run->total - run->seen;

		if (train_step(run, (int)(left < batch ? left : batch), error))
			return -1;
		run->seconds = terminal_seconds() - start;
		report_progress(run);
	}
	run->stopped = run->seen < run->total;
	return check_finite_weights(run, error);
}

/* Of some images, dropout off. */
static int measure(struct run *run, const uint32_t *indices, size_t count, double *accuracy,
				   double *loss, struct error *error)
{
	struct evaluation evaluation;

	run->stopped = !evaluate(run->executor, run->dataset, indices, count, run->stop, &evaluation);
	*accuracy = evaluation.accuracy;
	*loss = evaluation.loss;
	return check_finite_loss(run, evaluation.loss, error);
}

/* The epoch's row, with what is measured after it. */
static int finish_epoch(struct run *run, struct curves_row *row, struct error *error)
{
	const struct split *split = run->split;

	*row = (struct curves_row){
		.epoch = run->epoch,
		.accuracy = (double)run->correct / (double)run->seen,
		.loss = run->loss / (double)run->seen,
		.has_val = split->val_count > 0,
		.learning_rate = (double)run->learning_rate,
		.seconds = run->seconds,
		.has_train = run->settings->eval_train,
	};

	if (row->has_val &&
		measure(run, split->val, split->val_count, &row->val_accuracy, &row->val_loss, error))
		return -1;
	if (row->has_train && !run->stopped)
		return measure(run, split->train, split->train_count, &row->train_accuracy,
					   &row->train_loss, error);
	return 0;
}

/* What an epoch, now measured, changes for the weights to keep. */
static void keep_best(const struct run *run, const struct curves_row *row,
					  struct train_result *result)
{
	const struct network *network = run->network;

	if (run->best && result->kept.epoch && !curves_better(row, &result->kept))
		return;
	result->kept = *row;
	if (run->best)
		memcpy(run->best, network->values, network->value_count * sizeof *run->best);
}

static bool is_out_of_patience(const struct run *run, const struct train_result *result)
{
	return run->best && run->epoch - result->kept.epoch >= run->settings->patience;
}

static int train_epochs(struct run *run, struct train_result *result, struct error *error)
{
	const struct train_observer *observer = run->observer;
	struct curves_row row;

	for (run->epoch = 1; run->epoch <= run->length.epochs; run->epoch++) {
		if (train_epoch(run, error) || (!run->stopped && finish_epoch(run, &row, error)))
			return -1;
		result->steps = run->step;
		result->stopped = run->stopped;
		if (run->stopped)
			return 0;
		keep_best(run, &row, result);
		result->epochs_done = run->epoch;
		if (observer && observer->epoch && observer->epoch(observer->context, &row, error))
			return -1;
		if (is_out_of_patience(run, result))
			return 0;
	}
	return 0;
}

/* Back to the best epoch's weights, if there is one. */
static void restore_best(const struct run *run, struct train_result *result)
{
	const struct network *network = run->network;

	if (run->best && result->kept.epoch) {
		memcpy(network->values, run->best, network->value_count * sizeof *run->best);
		executor_prepare(run->executor);
	} else if (result->stopped) {
		result->kept = (struct curves_row){0};
	}
}

static int run_open(struct run *run, struct error *error)
{
	const struct network *network = run->network;
	const struct settings *settings = run->settings;
	size_t batch = (size_t)executor_batch_size(run->executor);

	assert(settings->batch_size <= executor_batch_size(run->executor));
	assert(!settings->patience || run->split->val_count > 0);
	if (network->classes != DATASET_CLASSES)
		return error_set(error, "the network tells %d classes apart; the data has %d",
						 network->classes, DATASET_CLASSES);
	augmenter_prepare(&run->augmenter, &settings->augment);
	run->order = malloc(run->split->train_count * sizeof *run->order);
	run->labels = malloc(batch);
	if (!run->order || !run->labels)
		return error_set(error, "no memory for batches of %zu images", batch);
	if (settings->patience) {
		run->best = malloc(network->value_count * sizeof *run->best);
		if (!run->best)
			return error_set(error, "no memory to keep the best of %zu weights",
							 network->weight_count);
	}
	return optimizer_open(&run->optimizer, &run->settings->optimizer, network->value_count, error);
}

static void run_close(struct run *run)
{
	free(run->order);
	free(run->labels);
	free(run->best);
	optimizer_close(&run->optimizer);
}

int train(struct executor *executor, const struct dataset *dataset, const struct split *split,
		  const struct settings *settings, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error)
{
	struct run run = {
		.executor = executor,
		.network = executor_network(executor),
		.dataset = dataset,
		.split = split,
		.settings = settings,
		.observer = observer,
		.stop = stop,
		.length = train_length(settings, split->train_count),
	};

	*result = (struct train_result){0};
	int status = run_open(&run, error);
	if (!status)
		status = train_epochs(&run, result, error);
	if (!status)
		restore_best(&run, result);
	run_close(&run);
	return status;
}
