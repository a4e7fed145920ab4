/* The training loop, on a few hundred of MNIST's images. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "app/evaluate.h"
#include "app/settings.h"
#include "app/trainer.h"
#include "mnist.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"

#define SPEC "conv:4,5,2 relu maxpool:2 flatten dropout:0.1 dense:10 softmax"
#define PLAIN_SPEC "conv:4,5,2 relu maxpool:2 flatten dense:10 softmax"

static struct dataset dataset;
static struct engine engine;
static struct error error;

static int setup(void **state)
{
	(void)state;
	if (engine_open(&engine, "auto", 2, &error))
		return -1;
	return dataset_load(&dataset, &(struct dataset_options){.path = DATA}, DATASET_TEST, NULL,
						&error);
}

static int teardown(void **state)
{
	(void)state;
	dataset_free(&dataset);
	engine_close(&engine);
	return 0;
}

/* What an observer saw, and what it is to do. */
struct log {
	size_t batches, stop_after; /* 0: never */
	volatile sig_atomic_t stop;
	size_t seen[64];
	double lefts[64];
	struct train_progress progress;
	int epochs;
	struct epoch_figures row, rows[64];
};

static void on_batch(void *context, const struct train_progress *progress)
{
	struct log *log = context;

	if (log->batches < 64) {
		log->seen[log->batches] = progress->seen;
		log->lefts[log->batches] = progress->left;
	}
	log->progress = *progress;
	log->stop = ++log->batches == log->stop_after;
}

static void on_epoch(void *context, const struct epoch_figures *row)
{
	struct log *log = context;

	log->row = *row;
	if (log->epochs < 64)
		log->rows[log->epochs] = *row;
	log->epochs++;
}

static void build(struct network *network, const char *spec, uint64_t seed)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};

	if (network_build(network, spec, input, 10, &error))
		fail_msg("%s", error.text);
	network_init(network, seed);
}

static struct executor *open_executor(const struct network *network, int batch_size)
{
	struct executor *executor = executor_open(network, &engine, batch_size, EXECUTOR_TRAIN, &error);

	if (!executor)
		fail_msg("%s", error.text);
	return executor;
}

static void evaluate_once(const struct network *network, const uint32_t *indices, size_t count,
						  struct evaluation *evaluation)
{
	struct executor *executor = open_executor(network, 16);

	evaluate(executor, &dataset, indices, count, NULL, evaluation, NULL, NULL);
	executor_close(executor);
}

/* Train a new network on the first images of the options' split. */
static int run(struct network *network, const char *spec, const struct settings *options,
			   struct log *log, struct train_result *result)
{
	const struct train_observer observer = {.context = log, .batch = on_batch, .epoch = on_epoch};
	struct split split;

	build(network, spec, options->seed);
	struct executor *executor = open_executor(network, options->batch_size);
	assert_int_equal(split_make(&split, dataset.count, options->limit, options->val_split,
								options->seed, &error),
					 0);
	int status = train(executor, &dataset, &split, options, &observer, &log->stop, result, &error);
	executor_close(executor);
	split_free(&split);
	return status;
}

static struct settings small_options(void)
{
	struct settings options = settings_default();

	options.batch_size = 16;
	options.limit = 80;
	options.learning_rate = 0.01f;
	return options;
}

static void the_defaults_are_documented(void **state)
{
	const struct settings options = settings_default();

	(void)state;
	assert_true(options.epochs == 3 && options.batch_size == 64 && options.val_split == 0.2);
	assert_true(options.seed == 1 && options.limit == 0 && !options.eval_train);
	assert_true(options.optimizer.kind == OPTIMIZER_ADAM && options.learning_rate == 1e-3f);
	assert_true(options.optimizer.beta1 == 0.9f && options.optimizer.beta2 == 0.999f &&
				options.optimizer.momentum == 0.9f);
	assert_true(options.schedule == SCHEDULE_CONSTANT && options.warmup == 0);
	assert_true(options.optimizer.weight_decay == 0 && options.label_smoothing == 0);
	assert_int_equal(options.patience, 0);
}

static void a_batch_is_learned_by_heart(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	(void)state;
	options.epochs = 40;
	options.limit = 64;
	options.val_split = 0;
	options.eval_train = true;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	assert_int_equal(result.epochs_done, 40);
	assert_false(result.stopped);
	assert_int_equal(log.epochs, 40);
	assert_int_equal(log.batches, 160);
	assert_int_equal(log.row.epoch, 40);
	assert_false(log.row.has_val);
	assert_true(log.row.has_train);
	assert_true(log.row.train_accuracy == 1);
	assert_true(log.row.train_loss < 0.05);
	assert_true(result.kept.epoch == 40 && result.kept.train_loss == log.row.train_loss);
	network_free(&network);
}

static void the_seed_decides_all(void **state)
{
	struct settings options = small_options();
	struct network networks[3];
	struct train_result results[3];

	(void)state;
	options.epochs = 2;
	for (int i = 0; i < 3; i++) {
		struct log log = {0};
		options.seed = i < 2 ? 1 : 2;
		assert_int_equal(run(&networks[i], SPEC, &options, &log, &results[i]), 0);
	}
	size_t bytes = networks[0].value_count * sizeof(float);
	assert_memory_equal(networks[0].values, networks[1].values, bytes);
	assert_memory_not_equal(networks[0].values, networks[2].values, bytes);
	assert_true(results[0].kept.loss == results[1].kept.loss);
	assert_true(results[0].kept.val_loss == results[1].kept.val_loss);
	assert_true(results[0].kept.loss != results[2].kept.loss);
	for (int i = 0; i < 3; i++)
		network_free(&networks[i]);
}

/* A network that learns nothing, with a learning rate of 0, shows what the columns mean. */
static void rows_hold_means_over_images(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};
	struct split split;
	struct evaluation train_part, val_part;

	(void)state;
	options.epochs = 1;
	options.limit = 70; /* 56 and 14: the last batch has 8 */
	options.learning_rate = 0;
	options.eval_train = true;
	assert_int_equal(run(&network, PLAIN_SPEC, &options, &log, &result), 0);
	assert_int_equal(split_make(&split, dataset.count, 70, 0.2, 1, &error), 0);
	evaluate_once(&network, split.train, 56, &train_part);
	evaluate_once(&network, split.val, 14, &val_part);
	assert_true(log.row.accuracy == train_part.accuracy);
	assert_true(fabs(log.row.loss - train_part.loss) < 1e-6);
	assert_true(log.row.has_val && log.row.has_train);
	assert_true(log.row.val_accuracy == val_part.accuracy && log.row.val_loss == val_part.loss);
	assert_true(log.row.train_accuracy == train_part.accuracy);
	assert_true(log.row.train_loss == train_part.loss);
	assert_true(log.row.learning_rate == 0 && log.row.seconds > 0);
	split_free(&split);
	network_free(&network);
}

static void progress_counts_images(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};
	static const size_t seen[] = {16, 32, 48, 56, 16, 32, 48, 56};

	(void)state;
	options.epochs = 2;
	options.limit = 70;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	assert_int_equal(log.batches, 8);
	assert_memory_equal(log.seen, seen, sizeof seen);
	assert_int_equal(log.progress.epoch, 2);
	assert_int_equal(log.progress.epochs, 2);
	assert_int_equal(log.progress.total, 56);
	assert_true(log.progress.loss == log.row.loss);
	assert_true(log.progress.accuracy == log.row.accuracy);
	network_free(&network);
}

/* A batch of 6 in room for 64 is a batch of 6. */
static void a_short_batch_counts_itself(void **state)
{
	struct settings options = small_options();
	struct network networks[2];
	struct train_result result;

	(void)state;
	options.limit = 6;
	options.val_split = 0;
	for (int i = 0; i < 2; i++) {
		struct log log = {0};
		options.batch_size = i ? 64 : 6;
		assert_int_equal(run(&networks[i], SPEC, &options, &log, &result), 0);
		assert_int_equal(log.batches, 3);
	}
	assert_int_equal(networks[0].value_count, networks[1].value_count);
	assert_memory_equal(networks[0].values, networks[1].values,
						networks[0].value_count * sizeof(float));
	network_free(&networks[0]);
	network_free(&networks[1]);
}

static void lengths_are_counted_in_steps(void **state)
{
	static const struct {
		double epochs;
		int batch_size;
		size_t train_count;
		uint64_t epoch_steps, steps;
		int rows;
	} cases[] = {
		{3, 64, 48000, 750, 2250, 3}, {0.6, 32, 60000, 1875, 1125, 1},
		{2.5, 64, 800, 13, 33, 3},    {0.01, 64, 800, 13, 1, 1},
		{1.01, 64, 800, 13, 14, 2},   {0.999, 64, 800, 13, 13, 1},
		{1e-300, 1, 1, 1, 1, 1},      {100000, 1, 60000, 60000, 6000000000, 100000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct settings options = {.epochs = cases[i].epochs,
										 .batch_size = cases[i].batch_size};
		const struct train_length length = train_length(&options, cases[i].train_count);

		assert_true(length.epoch_steps == cases[i].epoch_steps);
		assert_true(length.steps == cases[i].steps);
		assert_int_equal(length.epochs, cases[i].rows);
	}
}

/* Two epochs of four batches, 56 images, and half of one; and what is still to come. */
static void a_part_of_an_epoch_is_a_row(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	(void)state;
	options.epochs = 2.5;
	options.limit = 70;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	network_free(&network);
	assert_int_equal(log.batches, 10);
	assert_int_equal(log.epochs, 3);
	assert_int_equal(log.seen[8], 16);
	assert_int_equal(log.seen[9], 32);
	assert_int_equal(log.progress.epochs, 3);
	assert_int_equal(log.progress.total, 32);
	assert_true(log.lefts[0] == 128 && log.lefts[3] == 88 && log.lefts[4] == 72);
	assert_true(log.lefts[7] == 32 && log.lefts[8] == 16 && log.lefts[9] == 0);
	assert_true(result.epochs_done == 3 && result.steps == 10 && !result.stopped);
	assert_true(result.kept.epoch == 3 && log.row.has_val);
}

/* Without validation, and less than an epoch: as the fastest training would be. */
static void less_than_an_epoch_is_a_row(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	(void)state;
	options.epochs = 0.6;
	options.val_split = 0;
	options.schedule = SCHEDULE_LINEAR;
	options.warmup = 0.4;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	network_free(&network);
	assert_int_equal(log.batches, 3); /* of 5 */
	assert_int_equal(log.progress.total, 48);
	assert_true(result.epochs_done == 1 && log.epochs == 1 && !log.row.has_val);
	/* One step warms up; the last of the other two is half way down. */
	assert_true(fabs(log.row.learning_rate - 0.005) < 1e-9);
}

/* 8 steps, of which 2 warm up: a row has the rate of its last step. */
static void rows_tell_the_learning_rate(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	(void)state;
	options.epochs = 4;
	options.batch_size = 32;
	options.schedule = SCHEDULE_LINEAR;
	options.warmup = 0.25;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	network_free(&network);
	const double expected[] = {0.0052, 0.01 * 5 / 6, 0.01 * 3 / 6, 0.01 * 1 / 6};
	for (int i = 0; i < 4; i++)
		assert_true(fabs(log.rows[i].learning_rate - expected[i]) < 1e-9);
}

/* All three losses are those of the labels as they are: without learning the same. */
static void no_smoothing_in_the_losses(void **state)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};
	struct split split;
	struct evaluation plain;

	(void)state;
	options.epochs = 1;
	options.learning_rate = 0;
	options.label_smoothing = 0.25f;
	options.eval_train = true;
	assert_int_equal(run(&network, PLAIN_SPEC, &options, &log, &result), 0);
	assert_int_equal(split_make(&split, dataset.count, 80, 0.2, 1, &error), 0);
	evaluate_once(&network, split.train, split.train_count, &plain);
	assert_true(log.row.train_loss == plain.loss && fabs(log.row.loss - plain.loss) < 1e-5);
	evaluate_once(&network, split.val, split.val_count, &plain);
	assert_true(log.row.val_loss == plain.loss);
	split_free(&split);
	network_free(&network);
}

/* One step of plain gradient descent, with decay and without, differs by the decay alone: a quarter
 * of a half of the first weights, and nothing of biases. */
static void weights_decay_and_biases_do_not(void **state)
{
	struct settings options = small_options();
	struct network networks[3];
	struct train_result result;

	(void)state;
	options.epochs = 0.01;
	options.optimizer.kind = OPTIMIZER_SGD;
	options.optimizer.momentum = 0;
	options.learning_rate = 0.25f;
	for (int i = 0; i < 2; i++) {
		struct log log = {0};
		options.optimizer.weight_decay = i ? 0.5f : 0;
		assert_int_equal(run(&networks[i], SPEC, &options, &log, &result), 0);
		assert_int_equal(result.steps, 1);
	}
	build(&networks[2], SPEC, options.seed);
	for (int i = 0; i < networks[0].param_count; i++) {
		const struct param *param = networks[0].params[i];
		bool is_bias = strstr(param->name, "bias");
		for (size_t j = 0; j < param->count; j++) {
			float first = networks[2].params[i]->value[j];
			float lost = param->value[j] - networks[1].params[i]->value[j];
			assert_true(is_bias ? lost == 0 : fabsf(lost - first / 8) < 1e-6f);
		}
		assert_memory_not_equal(param->value, networks[2].params[i]->value,
								param->count * sizeof(float));
	}
	for (int i = 0; i < 3; i++)
		network_free(&networks[i]);
}

/* Few images and large steps: val_loss is lowest early, and then grows. */
static struct settings impatient_options(void)
{
	struct settings options = small_options();

	options.limit = 120;
	options.learning_rate = 0.02f;
	options.epochs = 40;
	options.patience = 3;
	return options;
}

static int best_of(const struct log *log)
{
	int best = 1;

	for (int i = 2; i <= log->epochs; i++)
		if (log->rows[i - 1].val_loss < log->rows[best - 1].val_loss)
			best = i;
	return best;
}

static void assert_same_weights(const struct network *a, const struct network *b)
{
	assert_memory_equal(a->values, b->values, a->value_count * sizeof(float));
}

/* The same weights as a training of so many epochs has, ready to predict with. */
static void assert_best_weights(struct network *network, const struct settings *options,
								const struct epoch_figures *best)
{
	struct settings shorter = *options;
	struct network other;
	struct train_result result;
	struct log log = {0};
	struct split split;
	struct evaluation evaluation;

	shorter.epochs = best->epoch;
	shorter.patience = 0;
	assert_int_equal(run(&other, SPEC, &shorter, &log, &result), 0);
	assert_same_weights(network, &other);
	network_free(&other);
	assert_int_equal(split_make(&split, dataset.count, options->limit, options->val_split,
								options->seed, &error),
					 0);
	evaluate_once(network, split.val, split.val_count, &evaluation);
	assert_true(evaluation.loss == best->val_loss);
	split_free(&split);
}

static void patience_keeps_the_best_epoch(void **state)
{
	const struct settings options = impatient_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	(void)state;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	const int best = best_of(&log);
	assert_true(best > 1 && log.epochs == best + 3);
	assert_true(result.epochs_done == log.epochs && !result.stopped);
	assert_int_equal(result.kept.epoch, best);
	assert_true(result.kept.val_loss == log.rows[best - 1].val_loss);
	assert_best_weights(&network, &options, &result.kept);
	network_free(&network);
}

/* The last epoch comes before patience ends. */
static void the_best_is_kept_at_the_end(void **state)
{
	struct settings options = impatient_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	(void)state;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	network_free(&network);
	options.epochs = result.kept.epoch + 1;
	memset(&log, 0, sizeof log);
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	assert_int_equal(result.epochs_done, result.kept.epoch + 1);
	assert_best_weights(&network, &options, &result.kept);
	network_free(&network);
}

/* What is kept of a training that is stopped: the best epoch's weights, once there is one. */
static void the_best_is_kept_when_stopped(void **state)
{
	const struct settings options = impatient_options();
	struct network network;
	struct train_result result;
	struct log log = {.stop_after = 3};

	(void)state;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	network_free(&network);
	assert_true(result.stopped && result.kept.epoch == 0 && result.steps == 3);

	log = (struct log){.stop_after = 6 * 3 + 2}; /* in epoch 4 of 6 batches */
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	assert_true(result.stopped && result.epochs_done == 3);
	assert_int_equal(result.kept.epoch, best_of(&log));
	assert_best_weights(&network, &options, &result.kept);
	network_free(&network);
}

/* All options at once, with each optimizer: the same weights for any number of threads.
 * Twelve are more than a batch has chunks, and measure with batches of their own. */
static void threads_change_nothing(void **state)
{
	struct settings options = impatient_options();
	const int threads[] = {1, 3, 12};
	const struct engine two = engine;

	(void)state;
	options.schedule = SCHEDULE_COSINE;
	options.warmup = 0.2;
	options.label_smoothing = 0.1f;
	options.optimizer.weight_decay = 0.01f;
	options.epochs = 3.4;
	options.patience = 2;
	for (int optimizer = OPTIMIZER_ADAM; optimizer <= OPTIMIZER_SGD; optimizer++) {
		struct network networks[3];
		struct train_result results[3];
		options.optimizer.kind = (enum optimizer_kind)optimizer;
		for (int i = 0; i < 3; i++) {
			struct log log = {0};
			assert_int_equal(engine_open(&engine, "auto", threads[i], &error), 0);
			assert_int_equal(run(&networks[i], SPEC, &options, &log, &results[i]), 0);
			engine_close(&engine);
		}
		for (int i = 0; i < 3; i++) {
			if (i)
				assert_same_weights(&networks[0], &networks[i]);
			assert_true(results[0].kept.val_loss == results[i].kept.val_loss);
			assert_true(results[0].temperature == results[i].temperature);
		}
		for (int i = 0; i < 3; i++)
			network_free(&networks[i]);
	}
	engine = two;
}

/* At the end of an epoch, too: a row without its validation is none. */
static void it_stops_when_told(void **state)
{
	static const struct {
		size_t stop_after, batches;
		int epochs_done;
		bool stopped;
	} cases[] = {
		{1, 1, 0, true}, {3, 3, 0, true}, {4, 4, 0, true}, {5, 5, 1, true}, {12, 12, 2, true}};
	const struct settings options = small_options(); /* 3 epochs of 4 batches */
	struct train_result result;
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct log log = {.stop_after = cases[i].stop_after};
		assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
		network_free(&network);
		assert_int_equal(log.batches, cases[i].batches);
		assert_int_equal(result.steps, cases[i].batches);
		assert_int_equal(result.epochs_done, cases[i].epochs_done);
		assert_int_equal(result.kept.epoch, 0);
		assert_int_equal(result.stopped, cases[i].stopped);
		assert_int_equal(log.epochs, cases[i].epochs_done);
	}
}

static void it_stops_before_it_begins(void **state)
{
	const struct settings options = small_options();
	struct train_result result;
	struct network network;
	struct log log = {.stop = 1};

	(void)state;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
	network_free(&network);
	assert_true(result.stopped && result.steps == 0 && log.batches == 0 && log.epochs == 0);
}

static void nobody_need_watch(void **state)
{
	const struct settings options = small_options();
	const struct train_observer blind = {0};
	struct train_result result;
	struct network network;
	struct split split;

	(void)state;
	build(&network, SPEC, 1);
	struct executor *executor = open_executor(&network, 16);
	assert_int_equal(split_make(&split, dataset.count, 20, 0.2, 1, &error), 0);
	assert_int_equal(train(executor, &dataset, &split, &options, NULL, NULL, &result, &error), 0);
	assert_int_equal(train(executor, &dataset, &split, &options, &blind, NULL, &result, &error), 0);
	executor_close(executor);
	split_free(&split);
	network_free(&network);
}

static void numbers_that_blow_up_are_reported(void **state)
{
	struct settings options = small_options();
	struct train_result result;
	struct network network;
	struct log log = {0};

	(void)state;
	options.learning_rate = 1e30f;
	assert_int_equal(run(&network, SPEC, &options, &log, &result), -1);
	network_free(&network);
	assert_non_null(strstr(error.text, "is no longer a number (epoch 1, step "));
	assert_true(result.diverged && result.kept.epoch == 0);

	/* A loss that is a number still, but none of a training. */
	options.learning_rate = 1e9f;
	memset(&log, 0, sizeof log);
	assert_int_equal(run(&network, "flatten dense:10 softmax", &options, &log, &result), -1);
	network_free(&network);
	assert_non_null(strstr(error.text, "the loss has grown to "));
	assert_non_null(strstr(error.text, " (epoch 1, step "));
	assert_true(result.diverged);

	/* One step to an epoch: the weights are looked at before the next loss could tell. */
	options.learning_rate = INFINITY;
	options.batch_size = 64;
	memset(&log, 0, sizeof log);
	assert_int_equal(run(&network, SPEC, &options, &log, &result), -1);
	network_free(&network);
	assert_non_null(strstr(error.text, "a value of 0.weight is no longer a number (epoch 1)"));
	assert_true(result.diverged);
	assert_int_equal(log.batches, 1);
	assert_int_equal(log.epochs, 0);

	/* Finite weights whose sums are not: only what is measured after the last step can tell. */
	options.learning_rate = 1e20f;
	options.epochs = 1;
	for (int i = 0; i < 2; i++) {
		options.val_split = i ? 0.2 : 0;
		options.eval_train = !i;
		memset(&log, 0, sizeof log);
		assert_int_equal(
			run(&network, "flatten dense:10 relu dense:10 softmax", &options, &log, &result), -1);
		network_free(&network);
		assert_non_null(strstr(error.text, "the loss is no longer a number (epoch 1, step "));
		assert_true(result.diverged);
		assert_int_equal(log.epochs, 0);
	}
}

/* Spoil a weight after step number *context. */
static void spoil(void *context, const struct trainer *trainer, enum train_moment moment)
{
	const uint64_t *step = context;

	if (moment == AFTER_STEP && trainer->state.step == *step)
		trainer->network->values[0] = NAN;
}

/* A training that diverges in epoch 4, or at its end, leaves the weights of epoch 3, or of the best
 * epoch; one that does in epoch 1 has none to go back to. */
static void a_diverged_training_goes_back(void **state)
{
	uint64_t steps[] = {20, 18, 4};
	struct split split;

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct settings options = impatient_options(); /* 6 steps an epoch */
		const struct train_observer observer = {.context = &steps[i / 2], .pause = spoil};
		struct train_result result;
		struct network network;

		options.patience = i % 2 ? 10 : 0;
		assert_int_equal(split_make(&split, dataset.count, options.limit, options.val_split,
									options.seed, &error),
						 0);
		build(&network, SPEC, options.seed);
		struct executor *executor = open_executor(&network, options.batch_size);
		assert_int_equal(
			train(executor, &dataset, &split, &options, &observer, NULL, &result, &error), -1);
		assert_non_null(strstr(error.text, "no longer a number"));
		assert_true(result.diverged);
		assert_in_range(result.steps, steps[i / 2], (steps[i / 2] + 5) / 6 * 6);
		assert_int_equal(result.epochs_done, i < 2 ? 3 : i < 4 ? 2 : 0);
		if (i < 4) {
			assert_true(i % 2 || result.kept.epoch == result.epochs_done);
			assert_best_weights(&network, &options, &result.kept);
			assert_true(result.temperature != TEMPERATURE_NONE);
		} else {
			assert_int_equal(result.kept.epoch, 0);
		}
		executor_close(executor);
		network_free(&network);
		split_free(&split);
	}
}

/* A step allocates nothing, so more epochs need no more requests; and each may fail once. */
static void memory_is_asked_for_once(void **state)
{
	struct settings options = small_options();
	struct train_result result;
	struct network network;
	struct split split;
	int requests = 0, status = -1;

	(void)state;
	if (!allocations_watched())
		skip();
	options.patience = 100;
	build(&network, SPEC, 1);
	struct executor *executor = open_executor(&network, 16);
	assert_int_equal(split_make(&split, dataset.count, 20, 0.2, 1, &error), 0);
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		options.epochs = number;
		status = train(executor, &dataset, &split, &options, NULL, NULL, &result, &error);
		requests = allocations_count();
		allocations_fail_at(0);
		assert_true(status == (requests < number ? 0 : -1));
	}
	options.epochs = 1;
	allocations_fail_at(0);
	assert_int_equal(train(executor, &dataset, &split, &options, NULL, NULL, &result, &error), 0);
	assert_int_equal(allocations_count(), requests);
	executor_close(executor);
	split_free(&split);
	network_free(&network);
}

/* Step up to the end of the training, or until so many steps are done; 0: to the end. */
static void step_until(struct trainer *trainer, uint64_t steps)
{
	struct epoch_figures figures;

	while (!trainer_is_done(trainer)) {
		while (!trainer_has_epoch(trainer)) {
			if (steps && trainer->state.step == steps)
				return;
			assert_int_equal(trainer_step(trainer, &error), 0);
		}
		assert_int_equal(trainer_finish_epoch(trainer, NULL, &figures, &error), 0);
		assert_int_equal(figures.epoch, trainer->state.epoch - 1);
	}
}

/* All that changes in a training, from one trainer to another. */
static void carry_over(struct trainer *to, struct network *network, const struct trainer *from)
{
	const struct network *old = from->network;
	const size_t numbers = optimizer_rule(from->settings->optimizer.kind)->numbers;

	memcpy(network->values, old->values, old->value_count * sizeof(float));
	executor_prepare(to->executor);
	memcpy(to->optimizer.state, from->optimizer.state, old->value_count * numbers * sizeof(float));
	optimizer_resume(&to->optimizer, from->state.step);
	memcpy(to->kept_values, from->kept_values, old->value_count * sizeof(float));
	memcpy(to->val_logits, from->val_logits,
		   from->split->val_count * MNIST_CLASSES * sizeof(float));
	to->state = from->state;
}

/* Where a training is, is all in its state: another trainer goes on from there to the same end,
 * whether it takes over in the middle of an epoch or between two. */
static void a_training_can_be_carried_on(void **state)
{
	struct settings options = impatient_options();
	struct split split;

	(void)state;
	assert_int_equal(augment_parse("shift,rotate,others,drawn", &options.augment, &error), 0);
	options.epochs = 3.5;
	options.schedule = SCHEDULE_COSINE;
	assert_int_equal(
		split_make(&split, dataset.count, options.limit, options.val_split, options.seed, &error),
		0);
	for (int patience = 0; patience < 3; patience += 2) {
		struct network whole;
		struct train_result expected;
		struct log log = {0};
		options.patience = patience;
		assert_int_equal(run(&whole, SPEC, &options, &log, &expected), 0);
		for (uint64_t steps = 1; steps < expected.steps; steps += 4) { /* 6 an epoch */
			struct network networks[2];
			struct executor *executors[2];
			struct trainer first, second;
			struct train_result result;
			for (int i = 0; i < 2; i++) {
				build(&networks[i], SPEC, options.seed + (uint64_t)i);
				executors[i] = open_executor(&networks[i], options.batch_size);
				assert_int_equal(trainer_open(i ? &second : &first, executors[i], &dataset, &split,
											  &options, &error),
								 0);
			}
			step_until(&first, steps);
			carry_over(&second, &networks[1], &first);
			trainer_close(&first);
			step_until(&second, 0);
			assert_int_equal(trainer_finish(&second, &result, &error), 0);
			trainer_close(&second);
			assert_same_weights(&networks[1], &whole);
			assert_true(result.steps == expected.steps && !result.stopped);
			assert_true(result.kept.epoch == expected.kept.epoch);
			assert_true(result.kept.loss == expected.kept.loss);
			assert_true(result.kept.val_loss == expected.kept.val_loss);
			assert_true(result.temperature == expected.temperature);
			for (int i = 0; i < 2; i++) {
				executor_close(executors[i]);
				network_free(&networks[i]);
			}
		}
		network_free(&whole);
	}
	split_free(&split);
}

/* Of the weights that are kept, by the validation images, wherever the training ends. */
static void the_kept_weights_are_calibrated(void **state)
{
	static const size_t stops[] = {0, 3, 6 * 3 + 2};

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct settings options = impatient_options();
		struct network network;
		struct train_result result;
		struct log log = {.stop_after = stops[i / 2]};
		struct split split;
		struct evaluation evaluation;
		float logits[100][MNIST_CLASSES];

		options.epochs = 5;
		options.patience = i % 2 ? 3 : 0;
		assert_int_equal(run(&network, SPEC, &options, &log, &result), 0);
		assert_int_equal(split_make(&split, dataset.count, options.limit, options.val_split,
									options.seed, &error),
						 0);
		struct executor *executor = open_executor(&network, 16);
		evaluate(executor, &dataset, split.val, split.val_count, NULL, &evaluation, NULL,
				 logits[0]);
		assert_true(result.temperature ==
					calibrate(logits[0], MNIST_CLASSES, &dataset, split.val, split.val_count));
		assert_true(result.temperature != TEMPERATURE_NONE);
		executor_close(executor);
		split_free(&split);
		network_free(&network);
	}
}

/* With a learning rate of 0, an epoch's loss depends on the images that were seen alone. */
static void losses_without_learning(const char *list, int epochs, double loss[2], double *val_loss)
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};

	options.learning_rate = 0;
	assert_int_equal(augment_parse(list, &options.augment, &error), 0);
	for (options.epochs = 1; options.epochs <= epochs; options.epochs++) {
		assert_int_equal(run(&network, PLAIN_SPEC, &options, &log, &result), 0);
		network_free(&network);
		loss[log.row.epoch - 1] = log.row.loss;
	}
	*val_loss = log.row.val_loss;
}

/* Each epoch sees other changes; what validates stays as it is. */
static void training_images_are_augmented(void **state)
{
	double plain[2], augmented[2], val_loss, val_loss_plain;

	(void)state;
	losses_without_learning("none", 2, plain, &val_loss_plain);
	losses_without_learning("shift:4,rotate", 2, augmented, &val_loss);
	assert_true(fabs(plain[0] - plain[1]) < 1e-6); /* in another order */
	assert_true(fabs(augmented[0] - plain[0]) > 1e-4);
	assert_true(fabs(augmented[1] - augmented[0]) > 1e-4);
	assert_true(val_loss == val_loss_plain);
}

/* Others are seen, and counted by no figure: what is left is the mean over the digits, as it was
 * without others. Each epoch has its own. */
static void others_are_not_counted(void **state)
{
	double plain[2], with_others[2], val_loss, val_loss_plain;
	struct settings options = small_options();
	struct network network;
	struct train_result result;
	struct log log = {0};
	struct split split;
	struct evaluation evaluation;
	uint32_t digits[64];
	size_t count = 0;

	(void)state;
	losses_without_learning("none", 1, plain, &val_loss_plain);
	losses_without_learning("others:0.5", 2, with_others, &val_loss);
	assert_true(val_loss == val_loss_plain);
	assert_true(fabs(with_others[0] - with_others[1]) > 1e-6);

	options.learning_rate = 0;
	options.epochs = 1;
	assert_int_equal(augment_parse("others:0.5", &options.augment, &error), 0);
	assert_int_equal(run(&network, PLAIN_SPEC, &options, &log, &result), 0);
	assert_int_equal(
		split_make(&split, dataset.count, options.limit, options.val_split, options.seed, &error),
		0);
	const struct replacer replacer = {
		.others = 0.5, .dataset = &dataset, .rng = rng_stream(options.seed, RNG_REPLACE, 1)};
	for (size_t i = 0; i < split.train_count; i++)
		if (replace_label(&replacer, split.train[i]) != LABEL_NONE)
			digits[count++] = split.train[i];
	evaluate_once(&network, digits, count, &evaluation);
	assert_in_range(count, 20, 44); /* of 64 */
	assert_true(fabs(log.row.loss - evaluation.loss) < 1e-6);
	assert_true(fabs(log.row.accuracy - evaluation.accuracy) < 1e-9);
	assert_true(log.progress.loss == log.row.loss && log.progress.accuracy == log.row.accuracy);
	network_free(&network);
	split_free(&split);
}

/* A batch of one may have no digit: its means are 0, and the training goes on. */
static void an_epoch_may_have_no_digit(void **state)
{
	struct settings options = small_options();
	bool none = false;

	(void)state;
	options.batch_size = 1;
	options.limit = 1;
	options.epochs = 1;
	options.val_split = 0;
	assert_int_equal(augment_parse("others:0.5", &options.augment, &error), 0);
	for (options.seed = 1; !none; options.seed++) {
		struct network network;
		struct train_result result;
		struct log log = {0};
		assert_int_equal(run(&network, PLAIN_SPEC, &options, &log, &result), 0);
		none = log.row.loss == 0;
		assert_true(isfinite(log.row.loss) && isfinite(log.progress.loss));
		network_free(&network);
	}
}

/* The mean loss after each batch of two epochs, of four batches each. */
static void batch_losses(const char *list, double losses[8])
{
	struct settings options = small_options();
	struct network network;
	struct train_result result;

	options.epochs = 2;
	options.learning_rate = 0;
	assert_int_equal(augment_parse(list, &options.augment, &error), 0);
	for (size_t i = 0; i < 8; i++) {
		struct log log = {.stop_after = i + 1};
		assert_int_equal(run(&network, PLAIN_SPEC, &options, &log, &result), 0);
		network_free(&network);
		losses[i] = log.progress.loss * (double)(i % 4 + 1);
	}
}

/* After the part of the steps that `until` names, images are what they are. */
static void augmentation_ends_in_time(void **state)
{
	static const struct {
		const char *list;
		int augmented; /* batches of 8 */
	} cases[] = {
		{"shift:4,until:0.5", 4},  {"shift:4,until:0.51", 5},  {"shift:4,until:0.25", 2},
		{"shift:4,until:0.01", 1}, {"shift:4,until:0.875", 7}, {"shift:4,until:0.88", 8},
	};
	double plain[8], always[8], found[8];

	(void)state;
	batch_losses("none", plain);
	batch_losses("shift:4", always);
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		batch_losses(cases[c].list, found);
		for (int i = 0; i < 8; i++) {
			const double *expected = i < cases[c].augmented ? always : plain;
			double before = i % 4 ? found[i - 1] : 0, expected_before = i % 4 ? expected[i - 1] : 0;
			assert_true(fabs(plain[i] - always[i]) > 1e-4);
			assert_true(fabs((found[i] - before) - (expected[i] - expected_before)) < 1e-9);
		}
	}
}

/* Augmented training, too: nothing but the seed matters. */
static void threads_do_not_matter(void **state)
{
	static const int threads[] = {2, 1, 2, 8, 2};
	struct settings options = small_options();
	const size_t runs = sizeof threads / sizeof *threads;
	const struct engine usual = engine;
	struct network networks[5];
	struct engine engines[5];

	(void)state;
	options.epochs = 2;
	options.limit = 60;
	assert_int_equal(augment_parse("shift,rotate,scale,shear,elastic,others,drawn:0.2",
								   &options.augment, &error),
					 0);
	for (size_t i = 0; i < runs; i++) {
		struct train_result result;
		struct log log = {0};
		options.seed = i < 4 ? 1 : 2;
		assert_int_equal(engine_open(&engines[i], "auto", threads[i], &error), 0);
		engine = engines[i];
		assert_int_equal(run(&networks[i], SPEC, &options, &log, &result), 0);
	}
	engine = usual;
	size_t bytes = networks[0].value_count * sizeof(float);
	for (size_t i = 1; i < runs; i++) {
		if (i < 4)
			assert_memory_equal(networks[0].values, networks[i].values, bytes);
		else
			assert_memory_not_equal(networks[0].values, networks[i].values, bytes);
	}
	for (size_t i = 0; i < runs; i++) {
		network_free(&networks[i]);
		engine_close(&engines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_documented),
		cmocka_unit_test(a_batch_is_learned_by_heart),
		cmocka_unit_test(the_seed_decides_all),
		cmocka_unit_test(rows_hold_means_over_images),
		cmocka_unit_test(progress_counts_images),
		cmocka_unit_test(a_short_batch_counts_itself),
		cmocka_unit_test(lengths_are_counted_in_steps),
		cmocka_unit_test(a_part_of_an_epoch_is_a_row),
		cmocka_unit_test(less_than_an_epoch_is_a_row),
		cmocka_unit_test(rows_tell_the_learning_rate),
		cmocka_unit_test(no_smoothing_in_the_losses),
		cmocka_unit_test(weights_decay_and_biases_do_not),
		cmocka_unit_test(patience_keeps_the_best_epoch),
		cmocka_unit_test(the_best_is_kept_at_the_end),
		cmocka_unit_test(the_best_is_kept_when_stopped),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(it_stops_when_told),
		cmocka_unit_test(it_stops_before_it_begins),
		cmocka_unit_test(nobody_need_watch),
		cmocka_unit_test(numbers_that_blow_up_are_reported),
		cmocka_unit_test(a_diverged_training_goes_back),
		cmocka_unit_test(memory_is_asked_for_once),
		cmocka_unit_test(a_training_can_be_carried_on),
		cmocka_unit_test(the_kept_weights_are_calibrated),
		cmocka_unit_test(training_images_are_augmented),
		cmocka_unit_test(others_are_not_counted),
		cmocka_unit_test(an_epoch_may_have_no_digit),
		cmocka_unit_test(augmentation_ends_in_time),
		cmocka_unit_test(threads_do_not_matter),
	};
	return cmocka_run_group_tests_name("trainer", tests, setup, teardown);
}
