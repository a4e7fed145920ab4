/* The same bits for any number of threads, and for all instruction sets with a fused multiply-add;
 * the others and the reference loops agree within what rounding explains. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "training.h"

/* Every way that a layer can take: with pooling and without, Winograd's and direct, few channels
 * and many, rows that are no multiple of a vector, strides and paddings, widths beyond all
 * registers. */
static const char *const specs[] = {
	"conv:32,3 relu maxpool:2 conv:64,3 relu maxpool:2 flatten dense:128 relu dropout:0.5 dense:10 "
	"softmax",
	"conv:20,5 relu maxpool:2 relu conv:9,3,same relu conv:7,3,2 dropout:0.2 flatten dense:33 relu "
	"dense:10 softmax",
	"conv:20,3,3,same relu conv:37,5,2,same relu conv:70,3,same relu maxpool:2 flatten dense:10 "
	"softmax",
	"maxpool:2 conv:3,1 maxpool:3,2 conv:11,3 relu conv:12,3 maxpool:2 flatten dense:17 relu "
	"dropout:0.3 dense:10 softmax",
	"conv:6,7,2 relu conv:40,2,same relu maxpool:2 conv:18,3,same maxpool:2 flatten dense:10 "
	"softmax",
	"conv:6,5,2 tanh avgpool:2 conv:16,5 sigmoid flatten dense:20 tanh dense:10 softmax",
	"conv:8,3,2 batchnorm relu conv:12,3,same batchnorm relu maxpool:2 conv:6,3 maxpool:3,2 "
	"batchnorm "
	"flatten batchnorm dense:17 batchnorm relu dropout:0.3 dense:10 softmax",
};

enum { SPECS = sizeof specs / sizeof *specs, BATCH = 13, STEPS = 3 };

/* A few steps with batches of BATCH; returns the loss of the last. */
static double train(struct training *training, const char *spec, const struct digits *digits,
					const struct kernels *kernels, int threads)
{
	struct loss_sum sum = {0};

	training_open(training, spec, BATCH, kernels, threads);
	training_init(training, 1);
	for (int step = 0; step < STEPS; step++)
		sum = training_step(training, digits, BATCH * step, 1e-3f);
	return sum.loss;
}

static void check_same(const char *what, const struct training *a, const struct training *b)
{
	check_equal(what, a->network.value_count, a->network.values, b->network.values);
	check_equal(what, a->network.value_count, a->executor->grads, b->executor->grads);
	check_equal(what, 2 * a->optimizer.count, a->optimizer.state, b->optimizer.state);
}

/* The emulated tables take the same ways, and would take long. */
static void test_threads(void **state)
{
	const int threads[] = {2, 3, 8};
	struct digits *digits = digits_read();

	(void)state;
	for (size_t table = 0; kernels_available(table); table++)
		for (int i = 0; i < SPECS; i++) {
			struct training one, several;
			double loss = train(&one, specs[i], digits, kernels_available(table), 1);
			for (int j = 0; j < 3; j++) {
				char what[300];
				snprintf(what, sizeof what, "%s, %d threads: %s", kernels_available(table)->name,
						 threads[j], specs[i]);
				assert_true(train(&several, specs[i], digits, kernels_available(table),
								  threads[j]) == loss);
				check_same(what, &several, &one);
				training_close(&several);
			}
			training_close(&one);
		}
	free(digits);
}

static void test_instruction_sets(void **state)
{
	struct digits *digits = digits_read();

	(void)state;
	for (int i = 0; i < SPECS; i++) {
		const struct kernels *first = NULL;
		struct training one, other;
		double loss = 0;
		for (size_t table = 0; oracle_table(table); table++) {
			const struct kernels *kernels = oracle_table(table);
			if (!oracle_is_fused(kernels))
				continue;
			if (!first) {
				first = kernels;
				loss = train(&one, specs[i], digits, kernels, 2);
				continue;
			}
			char what[300];
			snprintf(what, sizeof what, "%s as %s: %s", kernels->name, first->name, specs[i]);
			assert_true(train(&other, specs[i], digits, kernels, 2) == loss);
			check_same(what, &other, &one);
			training_close(&other);
		}
		if (first)
			training_close(&one);
	}
	free(digits);
}

/* Room for more samples than come changes nothing. */
static void test_batch_size(void **state)
{
	struct digits *digits = digits_read();

	(void)state;
	for (size_t table = 0; oracle_table(table); table++) {
		struct training tight, wide;
		train(&tight, specs[1], digits, oracle_table(table), 2);
		training_open(&wide, specs[1], 64, oracle_table(table), 2);
		wide.n = BATCH;
		training_init(&wide, 1);
		for (int step = 0; step < STEPS; step++)
			training_step(&wide, digits, BATCH * step, 1e-3f);
		check_same(oracle_table(table)->name, &wide, &tight);
		training_close(&wide);
		training_close(&tight);
	}
	free(digits);
}

/* Biases that are not 0. Where they are 0, a convolution of background is 0, or what rounding
 * leaves of it; relu passes the one and stops the other, and the first steps differ by more than
 * rounding. */
static void begin(struct training *training)
{
	struct network *network = &training->network;

	network_init(network, 1);
	for (int i = 0; i < network->param_count; i++) {
		struct param *param = network->params[i];
		for (size_t k = 0; param->rank == 1 && k < param->count; k++)
			param->value[k] = 0.01f * (float)(1 + k);
	}
	executor_prepare(training->executor);
}

/* 50 steps with each table and with the reference: the same loss at each, the same weights
 * after. */
static void compare_with_reference(const struct kernels *kernels, const struct digits *digits)
{
	const char *spec = "conv:8,3 relu maxpool:2 conv:16,3 relu maxpool:2 flatten dense:32 relu "
					   "dropout:0.5 dense:10 softmax";
	struct training expected, found;

	training_open(&expected, spec, 32, &kernels_reference, 2);
	training_open(&found, spec, 32, kernels, 2);
	begin(&expected);
	begin(&found);
	for (int step = 0; step < 50; step++) {
		const struct loss_sum a = training_step(&expected, digits, step % 2 * 32, 1e-3f);
		const struct loss_sum b = training_step(&found, digits, step % 2 * 32, 1e-3f);
		if (!(fabs(a.loss - b.loss) <= 1e-5 * fabs(a.loss)))
			fail_msg("%s, step %d: loss %.9g, should be %.9g", kernels->name, step, b.loss, a.loss);
	}
	for (int i = 0; i < expected.network.param_count; i++) {
		const struct param *param = expected.network.params[i];
		double *wide = widen(param->count, param->value);
		check_close(param->name, param->count, found.network.params[i]->value, wide, 2e-5);
		free(wide);
	}
	training_close(&found);
	training_close(&expected);
}

static void test_close_to_reference(void **state)
{
	struct digits *digits = digits_read();

	(void)state;
	for (size_t table = 0; oracle_table(table); table++)
		compare_with_reference(oracle_table(table), digits);
	free(digits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_instruction_sets),
		cmocka_unit_test(test_batch_size),
		cmocka_unit_test(test_close_to_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
