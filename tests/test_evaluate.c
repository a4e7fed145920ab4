/* Evaluation of networks whose answers are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/evaluate.h"
#include "mnist.h"
#include "nn/executor.h"

#define IMAGES 1000

static struct engine engine;
static struct error error;

static int setup(void **state)
{
	(void)state;
	return engine_open(&engine, "auto", 2, &error);
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&engine);
	return 0;
}

/* Logit k is pixel k. */
static void build_transparent(struct network *network)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};

	assert_int_equal(network_build(network, "flatten dense:10 softmax", input, 10, &error), 0);
	memset(network->values, 0, network->value_count * sizeof(float));
	for (size_t k = 0; k < 10; k++)
		network->params[0]->value[k * MNIST_PIXELS + k] = 1; /* (units, inputs) */
}

static struct executor *open_executor(const struct network *network, int batch_size)
{
	struct executor *executor =
		executor_open(network, &engine, batch_size, EXECUTOR_PREDICT, &error);

	assert_non_null(executor);
	return executor;
}

/* Image i has one white pixel, i % 10, and the label i % 10, but for every 100th, whose label is
 * one higher. */
static void fill(uint8_t *images, uint16_t *labels)
{
	memset(images, 0, (size_t)IMAGES * MNIST_PIXELS);
	for (size_t i = 0; i < IMAGES; i++) {
		images[i * MNIST_PIXELS + i % 10] = 255;
		labels[i] = (uint16_t)((i + (i % 100 == 0)) % 10);
	}
}

static void answers_are_counted(void **state)
{
	static struct prediction predictions[IMAGES];
	uint8_t *images = malloc((size_t)IMAGES * MNIST_PIXELS);
	uint16_t labels[IMAGES];
	const struct dataset dataset = {.count = IMAGES,
									.height = MNIST_SIDE,
									.width = MNIST_SIDE,
									.images = images,
									.labels = labels};
	const double e = exp(1);
	const double right = log(e + 9) - 1, wrong = log(e + 9);

	(void)state;
	assert_non_null(images);
	fill(images, labels);
	for (int batch_size = 1; batch_size <= 1024; batch_size *= 4) {
		struct network network;
		struct evaluation evaluation;
		struct confusion confusion;

		build_transparent(&network);
		struct executor *executor = open_executor(&network, batch_size);
		assert_true(
			evaluate(executor, &dataset, NULL, IMAGES, NULL, &evaluation, predictions, NULL));
		assert_int_equal(confusion_count(predictions, IMAGES, MNIST_CLASSES, &confusion, &error),
						 0);
		executor_close(executor);
		network_free(&network);
		assert_int_equal(evaluation.count, IMAGES);
		assert_int_equal(evaluation.correct, 990);
		assert_true(evaluation.accuracy == 0.99);
		assert_true(fabs(evaluation.loss - (0.99 * right + 0.01 * wrong)) < 1e-6);
		for (int label = 0; label < 10; label++)
			for (int prediction = 0; prediction < 10; prediction++) {
				size_t expected = label == prediction ? (label == 0 ? 90 : 100) : 0;
				if (label == 1 && prediction == 0)
					expected = 10;
				assert_int_equal(confusion_at(&confusion, label, prediction), expected);
			}
		confusion_free(&confusion);
	}
	free(images);
}

/* Images 100 and 300 show a 0 and are said to be a 1. */
static void each_image_has_its_prediction(void **state)
{
	uint8_t *images = malloc((size_t)IMAGES * MNIST_PIXELS);
	uint16_t labels[IMAGES];
	const struct dataset dataset = {.count = IMAGES,
									.height = MNIST_SIDE,
									.width = MNIST_SIDE,
									.images = images,
									.labels = labels};
	const uint32_t indices[] = {100, 7, 300, 999};
	struct prediction predictions[4];
	float logits[4 * MNIST_CLASSES];
	struct network network;
	struct evaluation evaluation;

	(void)state;
	assert_non_null(images);
	fill(images, labels);
	for (int batch_size = 1; batch_size < 5; batch_size++) {
		build_transparent(&network);
		struct executor *executor = open_executor(&network, batch_size);
		const double e = exp(1), sure = e / (e + 9), other = 1 / (e + 9);

		assert_true(
			evaluate(executor, &dataset, indices, 4, NULL, &evaluation, predictions, logits));
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(predictions[i].index, indices[i]);
			assert_int_equal(predictions[i].label, labels[indices[i]]);
			assert_int_equal(predictions[i].class, indices[i] % 10);
			assert_int_equal(loss_argmax(MNIST_CLASSES, logits + i * MNIST_CLASSES),
							 indices[i] % 10);
			assert_true(fabs(predictions[i].probability - sure) < 1e-6);
			double of_label = indices[i] % 100 ? sure : other;
			assert_true(fabs(predictions[i].of_label - of_label) < 1e-6);
		}
		/* Half are right. */
		assert_true(fabs(evaluation.loss - (log(e + 9) - 0.5)) < 1e-6);
		assert_true(fabs(calibration_error(&evaluation) - fabs(sure - 0.5)) < 1e-6);
		executor_close(executor);
		network_free(&network);
	}
	free(images);
}

/* 10 images: 4 at 0.9 each, 3 of them right; 6 at 0.6, 3 of them right. 2 × |3 - 3.6| = 1.2 */
static void calibration_errors(void **state)
{
	struct evaluation evaluation = {.count = 10};

	(void)state;
	assert_true(calibration_error(&(struct evaluation){.count = 0}) == 0);
	evaluation.bins[13] = (struct calibration_bin){4, 3, 3.6};
	evaluation.bins[8] = (struct calibration_bin){6, 3, 3.6};
	assert_true(fabs(calibration_error(&evaluation) - 0.12) < 1e-12);
	evaluation.bins[8].probability = 2.4; /* too modest counts like too sure */
	assert_true(fabs(calibration_error(&evaluation) - 0.12) < 1e-12);
	evaluation.bins[8].probability = 3;
	evaluation.bins[13].probability = 3;
	assert_true(calibration_error(&evaluation) == 0);
}

static void indices_choose_the_images(void **state)
{
	uint8_t *images = malloc((size_t)IMAGES * MNIST_PIXELS);
	uint16_t labels[IMAGES];
	const struct dataset dataset = {.count = IMAGES,
									.height = MNIST_SIDE,
									.width = MNIST_SIDE,
									.images = images,
									.labels = labels};
	const uint32_t indices[] = {100, 7, 300, 999, 500};
	struct prediction predictions[5];
	struct network network;
	struct evaluation evaluation;

	(void)state;
	assert_non_null(images);
	fill(images, labels);
	build_transparent(&network);
	struct executor *executor = open_executor(&network, 2);
	assert_true(evaluate(executor, &dataset, indices, 5, NULL, &evaluation, predictions, NULL));
	assert_int_equal(evaluation.count, 5);
	assert_int_equal(evaluation.correct, 2);
	assert_int_equal(predictions[0].label, 1);
	assert_int_equal(predictions[0].class, 0);
	assert_int_equal(predictions[3].label, 9);
	assert_int_equal(predictions[3].class, 9);
	assert_true(evaluate(executor, &dataset, indices, 0, NULL, &evaluation, NULL, NULL));
	assert_int_equal(evaluation.count, 0);
	assert_true(evaluation.accuracy == 0 && evaluation.loss == 0);
	executor_close(executor);
	network_free(&network);
	free(images);
}

static void it_stops_when_told(void **state)
{
	const struct dataset dataset = {.count = 1};
	const volatile sig_atomic_t stop = 1;
	struct network network;
	struct evaluation evaluation;

	(void)state;
	build_transparent(&network);
	struct executor *executor = open_executor(&network, 1);
	assert_false(evaluate(executor, &dataset, NULL, 1, &stop, &evaluation, NULL, NULL));
	assert_int_equal(evaluation.count, 0);
	assert_true(evaluation.loss == 0);
	executor_close(executor);
	network_free(&network);
}

/* The label's logit is a number, and the largest; another one is none. */
static void no_number_is_no_loss(void **state)
{
	static const float odd[] = {NAN, INFINITY, -INFINITY};
	const uint8_t images[MNIST_PIXELS] = {0};
	const uint16_t label = 9;
	const struct dataset dataset = {
		.count = 1, .height = MNIST_SIDE, .width = MNIST_SIDE, .images = images, .labels = &label};
	struct network network;
	struct evaluation evaluation;

	(void)state;
	build_transparent(&network);
	struct executor *executor = open_executor(&network, 1);
	network.params[1]->value[9] = 1;
	executor_prepare(executor);
	assert_true(evaluate(executor, &dataset, NULL, 1, NULL, &evaluation, NULL, NULL));
	assert_true(isfinite(evaluation.loss));
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		network.params[1]->value[3] = odd[i];
		executor_prepare(executor);
		assert_true(evaluate(executor, &dataset, NULL, 1, NULL, &evaluation, NULL, NULL));
		assert_true(isnan(evaluation.loss));
	}
	executor_close(executor);
	network_free(&network);
}

/* To the last bit, with weights and pixels like any. */
static void the_batch_size_does_not_matter(void **state)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};
	static const int sizes[] = {1, 7, 64, 300};
	struct dataset dataset;
	struct evaluation first = {0};

	(void)state;
	assert_int_equal(
		dataset_load(&dataset, &(struct dataset_options){.path = DATA}, DATASET_TEST, NULL, &error),
		0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct network network;
		struct evaluation evaluation;

		assert_int_equal(network_build(&network,
									   "conv:3,5,2 relu maxpool:2 dropout:0.5 flatten dense:10 "
									   "softmax",
									   input, 10, &error),
						 0);
		network_init(&network, 1);
		struct executor *executor = open_executor(&network, sizes[i]);
		assert_true(evaluate(executor, &dataset, NULL, 500, NULL, &evaluation, NULL, NULL));
		executor_close(executor);
		network_free(&network);
		if (i == 0)
			first = evaluation;
		assert_true(evaluation.loss == first.loss);
		assert_int_equal(evaluation.correct, first.correct);
		assert_memory_equal(evaluation.bins, first.bins, sizeof first.bins);
	}
	dataset_free(&dataset);
}

/* 8 ones: 6 seen as ones, 2 as sevens; 4 sevens: 3 seen so, 1 as a one; 1 nine seen as a one. */
static void scores_of_a_class(void **state)
{
	size_t counts[10][10] = {[1] = {[1] = 6, [7] = 2}, [7] = {[7] = 3, [1] = 1}, [9] = {[1] = 1}};
	const struct confusion confusion = {.classes = 10, .counts = counts[0]};

	(void)state;
	struct class_scores ones = confusion_scores(&confusion, 1);
	assert_int_equal(ones.support, 8);
	assert_true(ones.precision == 0.75); /* 6 of 8 */
	assert_true(ones.recall == 0.75);    /* 6 of 8 */
	assert_true(ones.f1 == 0.75);
	struct class_scores sevens = confusion_scores(&confusion, 7);
	assert_int_equal(sevens.support, 4);
	assert_true(sevens.precision == 0.6); /* 3 of 5 */
	assert_true(sevens.recall == 0.75);   /* 3 of 4 */
	assert_true(fabs(sevens.f1 - 2 * 0.6 * 0.75 / 1.35) < 1e-15);
	struct class_scores nines = confusion_scores(&confusion, 9);
	assert_int_equal(nines.support, 1);
	assert_true(isnan(nines.precision) && nines.recall == 0 && nines.f1 == 0);
	struct class_scores zeros = confusion_scores(&confusion, 0);
	assert_int_equal(zeros.support, 0);
	assert_true(isnan(zeros.precision) && isnan(zeros.recall) && isnan(zeros.f1));
	counts[7][0] = 1;
	zeros = confusion_scores(&confusion, 0);
	assert_true(zeros.precision == 0 && isnan(zeros.recall) && isnan(zeros.f1));
}

/* The bounds are the p for which |p̂ - p| is z times the deviation sqrt(p (1 - p) / n); these were
 * found by bisection of that equation. */
static void wilson(void **state)
{
	static const struct {
		size_t correct, count;
		double low, high;
	} cases[] = {
		{8, 10, 0.490162471537, 0.943317848546},
		{9921, 10000, 0.990165947072, 0.993656121731},
		{10, 10, 0.722467200137, 1},
		{0, 10, 0, 1 - 0.722467200137},
		{1, 1, 0.206549314377, 1},
		{0, 0, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double low, high;

		wilson_interval(cases[i].correct, cases[i].count, &low, &high);
		assert_true(fabs(low - cases[i].low) < 1e-11);
		assert_true(fabs(high - cases[i].high) < 1e-11);
		assert_true(low >= 0 && high <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_counted),
		cmocka_unit_test(each_image_has_its_prediction),
		cmocka_unit_test(calibration_errors),
		cmocka_unit_test(indices_choose_the_images),
		cmocka_unit_test(it_stops_when_told),
		cmocka_unit_test(no_number_is_no_loss),
		cmocka_unit_test(the_batch_size_does_not_matter),
		cmocka_unit_test(scores_of_a_class),
		cmocka_unit_test(wilson),
	};
	return cmocka_run_group_tests_name("evaluate", tests, setup, teardown);
}
