/* The training loop: shuffle, gather, forward, loss, backward, Adam; then validate. */
#include "app/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "app/evaluate.h"
#include "base/terminal.h"
#include "nn/adam.h"

/* What one call of train works with, and the sums of the epoch. */
struct run {
	struct network *network;
	const struct dataset *dataset;
	const struct split *split;
	const struct train_options *options;
	const struct train_observer *observer;
	const volatile sig_atomic_t *stop;

	struct adam adam;
	struct augmenter augmenter;
	uint32_t *order;  /* of the training images in this epoch */
	uint8_t *labels;  /* of a batch */

	bool stopped;
	int epoch;
	uint64_t step;    /* updates, this one included, over the whole run */
	size_t seen;      /* images of this epoch */
	double loss;      /* their sum */
	size_t correct;
	double seconds;
};

struct train_options train_defaults(void)
{
	return (struct train_options){
		.epochs = 3,
		.batch_size = 64,
		.val_split = 0.2,
		.seed = 1,
		.learning_rate = 1e-3f,
		.beta1 = ADAM_BETA1,
		.beta2 = ADAM_BETA2,
	};
}

static int check_finite_loss(const struct run *run, double loss, struct error *error)
{
	if (isfinite(loss))
		return 0;
	return error_set(error, "the loss is no longer a number (epoch %d, step %llu): "
					 "try a smaller --learning-rate than %g",
					 run->epoch, (unsigned long long)run->step,
					 (double)run->options->learning_rate);
}

/* A weight can go astray without a trace in the loss: a relu behind it may pass nothing. */
static int check_finite_weights(const struct run *run, struct error *error)
{
	for (int i = 0; i < run->network->param_count; i++) {
		const struct param *param = run->network->params[i];

		for (size_t j = 0; j < param->count; j++)
			if (!isfinite(param->value[j]))
				return error_set(error, "a value of %s is no longer a number (epoch %d): "
								 "try a smaller --learning-rate than %g",
								 param->name, run->epoch, (double)run->options->learning_rate);
	}
	return 0;
}

/* The network's parameters first … first + count - 1 take their step. */
static void update_weights(const void *context, size_t first, size_t count)
{
	const struct run *run = context;

	adam_apply(&run->adam, run->network->engine->kernels, first, count, run->network->grads,
			   run->network->values);
}

/* Augmentation may end before the training does: by the step, so that parts of epochs count. */
static bool is_augmented(const struct run *run)
{
	const struct augment *augment = &run->options->augment;
	double done = run->epoch - 1 + (double)run->seen / (double)run->split->train_count;

	return !augment_is_none(augment) && done / run->options->epochs < augment->until;
}

/* One batch, one update. */
static int train_step(struct run *run, int n, struct error *error)
{
	const uint32_t *indices = run->order + run->seen;
	const struct augmented images = {
		.selection = {run->dataset, indices},
		.augmenter = is_augmented(run) ? &run->augmenter : NULL,
		.rng = augment_rng(run->options->seed, (uint64_t)run->epoch),
	};
	const struct batch batch = {n, augmented_load, &images, run->labels};
	const struct update update = {update_weights, run};

	dataset_labels(run->dataset, indices, n, run->labels);
	adam_begin(&run->adam, run->options->learning_rate);
	struct loss_sum sum =
		network_train(run->network, &batch, run->options->seed, ++run->step, &update);
	run->seen += (size_t)n;
	run->loss += sum.loss;
	run->correct += (size_t)sum.correct;
	return check_finite_loss(run, sum.loss, error);
}

static void report_progress(const struct run *run)
{
	const struct train_progress progress = {
		.epoch = run->epoch,
		.epochs = run->options->epochs,
		.seen = run->seen,
		.total = run->split->train_count,
		.seconds = run->seconds,
		.loss = run->loss / (double)run->seen,
		.accuracy = (double)run->correct / (double)run->seen,
	};

	if (run->observer && run->observer->batch)
		run->observer->batch(run->observer->context, &progress);
}

/* All training images once, or as many as there are until *stop. */
static int train_epoch(struct run *run, struct error *error)
{
	size_t total = run->split->train_count;
	size_t batch = (size_t)run->options->batch_size;
	double start = terminal_seconds();

	split_shuffle(run->split, run->options->seed, (uint64_t)run->epoch, run->order);
	run->seen = run->correct = 0;
	run->loss = run->seconds = 0;
	while (run->seen < total && !(run->stop && *run->stop)) {
		size_t left = total - run->seen;

		if (train_step(run, (int)(left < batch ? left : batch), error))
			return -1;
		run->seconds = terminal_seconds() - start;
		report_progress(run);
	}
	run->stopped = run->seen < total;
	return check_finite_weights(run, error);
}

/* Of some images, dropout off. */
static int measure(struct run *run, const uint32_t *indices, size_t count, double *accuracy,
				   double *loss, struct error *error)
{
	struct evaluation evaluation;

	run->stopped = !evaluate(run->network, run->dataset, indices, count, run->stop, &evaluation);
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
		.learning_rate = (double)run->options->learning_rate,
		.seconds = run->seconds,
		.has_train = run->options->eval_train,
	};

	if (row->has_val && measure(run, split->val, split->val_count, &row->val_accuracy,
								&row->val_loss, error))
		return -1;
	if (row->has_train && !run->stopped)
		return measure(run, split->train, split->train_count, &row->train_accuracy,
					   &row->train_loss, error);
	return 0;
}

static int train_epochs(struct run *run, struct train_result *result, struct error *error)
{
	const struct train_observer *observer = run->observer;
	struct curves_row row;

	for (run->epoch = 1; run->epoch <= run->options->epochs; run->epoch++) {
		if (train_epoch(run, error) || (!run->stopped && finish_epoch(run, &row, error)))
			return -1;
		result->steps = run->step;
		result->stopped = run->stopped;
		if (run->stopped)
			return 0;
		result->last = row;
		result->epochs_done = run->epoch;
		if (observer && observer->epoch && observer->epoch(observer->context, &row, error))
			return -1;
	}
	return 0;
}

static int run_open(struct run *run, struct error *error)
{
	const struct network *network = run->network;
	const struct train_options *options = run->options;
	size_t batch = (size_t)network->batch_size;

	assert(network->trainable && options->batch_size <= network->batch_size);
	if (network->classes != DATASET_CLASSES)
		return error_set(error, "the network tells %d classes apart; the data has %d",
						 network->classes, DATASET_CLASSES);
	augmenter_prepare(&run->augmenter, &options->augment);
	run->order = malloc(run->split->train_count * sizeof *run->order);
	run->labels = malloc(batch);
	if (!run->order || !run->labels)
		return error_set(error, "no memory for batches of %zu images", batch);
	return adam_open(&run->adam, network->value_count, options->beta1, options->beta2, error);
}

static void run_close(struct run *run)
{
	free(run->order);
	free(run->labels);
	adam_close(&run->adam);
}

int train(struct network *network, const struct dataset *dataset, const struct split *split,
		  const struct train_options *options, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error)
{
	struct run run = {
		.network = network,
		.dataset = dataset,
		.split = split,
		.options = options,
		.observer = observer,
		.stop = stop,
	};

	*result = (struct train_result){0};
	int status = run_open(&run, error);
	if (!status)
		status = train_epochs(&run, result, error);
	run_close(&run);
	return status;
}
