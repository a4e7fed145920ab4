/* Networks that do not fit together are refused with the position and the reason. */
#include "oracle.h"

#include <string.h>

#include "allocations.h"
#include "nn/executor_parts.h"
#include "nn/optimizer.h"
#include "probe.h"

static struct engine engine;

static int setup(void **state)
{
	(void)state;
	test_engine_open(&engine, kernels_available(0), 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&engine);
	return 0;
}

/* How the message begins, and what it must say somewhere. */
struct refusal {
	const char *spec, *start, *fact;
};

static void check_refused(const struct refusal *refusal, struct shape input)
{
	struct network network;
	struct error error = {.text = ""};

	if (!network_build(&network, refusal->spec, input, 10, &error)) {
		struct executor *executor = executor_open(&network, &engine, 64, EXECUTOR_TRAIN, &error);
		bool accepted = executor != NULL;
		executor_close(executor);
		network_free(&network);
		if (accepted)
			fail_msg("\"%s\" was accepted", refusal->spec);
	}
	if (strncmp(error.text, refusal->start, strlen(refusal->start)) ||
		!strstr(error.text, refusal->fact))
		fail_msg("\"%s\": %s", refusal->spec, error.text);
	assert_true(strlen(error.text) < 200 && !strchr(error.text, '\n'));
}

static void check_all(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_refused(&refusals[i], (struct shape){28, 28, 1, false});
}

static void test_names(void **state)
{
	(void)state;
	const struct refusal refusals[] = {
		{"", "position 1", "no layers"},
		{"cnov:32,3 flatten dense:10 softmax", "position 1", "did you mean conv?"},
		{"conv:32,3 rleu flatten dense:10 softmax", "position 11", "did you mean relu?"},
		{"flaten dense:10 softmax", "position 1", "did you mean flatten?"},
		{"Flatten dense:10 softmax", "position 1", "did you mean flatten?"},
		{"flatten dens:10 softmax", "position 9", "did you mean dense?"},
		{"maxpol:2 flatten dense:10 softmax", "position 1", "did you mean maxpool?"},
		{"dropuot:0.5 flatten dense:10 softmax", "position 1", "did you mean dropout?"},
		{"flatten dense:10 sotfmax", "position 18", "did you mean softmax?"},
		{"flatten attention dense:10 softmax", "position 9", "attention"},
		{"flatten bacthnorm dense:10 softmax", "position 9", "did you mean batchnorm?"},
	};

	check_all(refusals, sizeof refusals / sizeof *refusals);
}

static void test_arguments(void **state)
{
	(void)state;
	const struct refusal refusals[] = {
		{"conv flatten dense:10 softmax", "position 1, conv: ", "filters is missing"},
		{"conv:3 flatten dense:10 softmax", "position 1, conv: ", "size is missing"},
		{"conv:x,3 flatten dense:10 softmax", "position 6, conv: ", "\"x\""},
		{"conv:3,3x flatten dense:10 softmax", "position 8, conv: ", "\"3x\""},
		{"conv:1.5,3 flatten dense:10 softmax", "position 6, conv: ", "\"1.5\""},
		{"conv:-1,3 flatten dense:10 softmax", "position 6, conv: ", "\"-1\""},
		{"conv:0,3 flatten dense:10 softmax", "position 6, conv: ", "\"0\""},
		{"conv:3,0 flatten dense:10 softmax", "position 8, conv: ", "\"0\""},
		{"conv:3,3,0 flatten dense:10 softmax", "position 10, conv: ", "\"0\""},
		{"conv:99999999999,3 flatten dense:10 softmax", "position 6, conv: ", "99999999999"},
		{"conv:3,3,same,2 flatten dense:10 softmax", "position 15, conv: ", "\"2\""},
		{"conv:3,3,2,full flatten dense:10 softmax", "position 12, conv: ", "\"full\""},
		{"relu conv:3,3,2,same,1 flatten dense:10 softmax", "position 6, conv: ", "arguments"},
		{"maxpool flatten dense:10 softmax", "position 1, maxpool: ", "window is missing"},
		{"maxpool:0 flatten dense:10 softmax", "position 9, maxpool: ", "\"0\""},
		{"maxpool:2,0 flatten dense:10 softmax", "position 11, maxpool: ", "\"0\""},
		{"maxpool:2,2,2 flatten dense:10 softmax", "position 13, maxpool: ", "\"2\""},
		{"avgpool flatten dense:10 softmax", "position 1, avgpool: ", "window is missing"},
		{"avgpool:2,2,2 flatten dense:10 softmax", "position 13, avgpool: ", "\"2\""},
		{"batchnorm:1 flatten dense:10 softmax", "position 11, batchnorm: ", "\"1\""},
		{"tanh:1 flatten dense:10 softmax", "position 6, tanh: ", "\"1\""},
		{"sigmoid:1 flatten dense:10 softmax", "position 9, sigmoid: ", "\"1\""},
		{"flatten:1 dense:10 softmax", "position 9, flatten: ", "\"1\""},
		{"relu:1 flatten dense:10 softmax", "position 6, relu: ", "\"1\""},
		{"flatten dense softmax", "position 9, dense: ", "units is missing"},
		{"flatten dense:0 softmax", "position 15, dense: ", "\"0\""},
		{"flatten dense:10,10 softmax", "position 18, dense: ", "\"10\""},
		{"flatten dropout dense:10 softmax", "position 9, dropout: ", "rate is missing"},
		{"flatten dropout:1 dense:10 softmax", "position 17, dropout: ", "\"1\""},
		{"flatten dropout:-0.1 dense:10 softmax", "position 17, dropout: ", "\"-0.1\""},
		{"flatten dropout:nan dense:10 softmax", "position 17, dropout: ", "\"nan\""},
		{"flatten dropout:0,5 dense:10 softmax", "position 19, dropout: ", "\"5\""},
		{"flatten dense:10 softmax:1", "position 26, softmax: ", "\"1\""},
	};

	check_all(refusals, sizeof refusals / sizeof *refusals);
}

static void test_shapes(void **state)
{
	(void)state;
	const struct refusal refusals[] = {
		{"conv:4,29 flatten dense:10 softmax", "position 1, conv: ", "28×28"},
		{"conv:4,3 conv:4,27 flatten dense:10 softmax", "position 10, conv: ", "26×26"},
		{"maxpool:29 flatten dense:10 softmax", "position 1, maxpool: ", "28×28"},
		{"maxpool:2 maxpool:15,1 flatten dense:10 softmax", "position 11, maxpool: ", "14×14"},
		{"dense:10 softmax", "position 1, dense: ", "flatten"},
		{"conv:4,3 relu dense:10 softmax", "position 15, dense: ", "flatten"},
		{"flatten conv:4,3 softmax", "position 9, conv: ", "flat"},
		{"avgpool:29 flatten dense:10 softmax", "position 1, avgpool: ", "28×28"},
		{"flatten avgpool:2 softmax", "position 9, avgpool: ", "flat"},
		{"flatten maxpool:2 softmax", "position 9, maxpool: ", "flat"},
		{"softmax", "position 1, softmax: ", "flatten"},
		{"conv:10,28 softmax", "position 12, softmax: ", "flatten"},
		{"flatten dense:10", "position 9, dense: ", "softmax"},
		{"flatten dense:10 softmax relu", "position 18, softmax: ", "last"},
		{"flatten softmax dense:10 softmax", "position 9, softmax: ", "last"},
	};

	check_all(refusals, sizeof refusals / sizeof *refusals);
	/* An image of one row is smaller than a window of two, whatever its width. */
	check_refused(
		&(struct refusal){"maxpool:2 flatten dense:2 softmax", "position 1, maxpool: ", "1×9"},
		(struct shape){1, 9, 1, false});
	check_refused(
		&(struct refusal){"conv:1,2 flatten dense:2 softmax", "position 1, conv: ", "9×1"},
		(struct shape){9, 1, 1, false});
}

/* No memory is asked for, nothing overflows. */
static void test_sizes(void **state)
{
	(void)state;
	const struct refusal refusals[] = {
		{"flatten dense:65536 dense:65536 dense:10 softmax", "position 21, dense: ", "2048 MB"},
		{"flatten dense:1000000000 dense:10 softmax", "position 15, dense: ", "1000000000"},
		{"conv:4096,64,same conv:4096,64,same flatten dense:10 softmax", "position ", "2048 MB"},
		{"conv:4096,1 conv:4096,1 flatten dense:10 softmax", "with batches of 64", "2048 MB"},
		{"conv:4096,1 flatten dense:65536 softmax", "position ", "2048 MB"},
		{"flatten dense:20000 dense:20000 dense:20000 dense:20000 dense:20000 dense:20000 "
		 "dense:20000 dense:20000 dense:10 softmax",
		 "the network's weights need more than", "2048 MB"},
		/* With 32 bits, 27 MB are left of this sum. */
		{"flatten dense:8192 dense:65536 dense:8192 dense:65536 dense:8192 dense:65536 dense:8192 "
		 "dense:65536 dense:8192 dense:10 softmax",
		 "the network's weights need more than", "2048 MB"},
	};

	check_all(refusals, sizeof refusals / sizeof *refusals);
}

/* 1024 images of 12 MB at once for each worker: with 32 bits, 0 bytes are left of that product. */
static void test_sizes_of_large_batches(void **state)
{
	struct network network;
	struct error error;

	(void)state;
	assert_int_equal(network_build(&network, "conv:4096,1 relu conv:1,1 flatten dense:10 softmax",
								   (struct shape){32, 24, 1, false}, 10, &error),
					 0);
	assert_null(executor_open(&network, &engine, 65536, EXECUTOR_TRAIN, &error));
	assert_non_null(strstr(error.text, "2048 MB"));
	network_free(&network);
}

/* The weights and all that the executor takes are counted, before it takes it. */
static void test_more_than_there_is(void **state)
{
	struct engine small = engine;
	struct network network;
	struct error error = {.text = ""};

	(void)state;
	assert_true(engine.memory > 0);
	assert_int_equal(network_build(&network, "flatten dense:256 dense:10 softmax",
								   (struct shape){28, 28, 1, false}, 10, &error),
					 0);
	const size_t weights = network.value_count * sizeof(float);
	small.memory = weights + 10000;
	assert_null(executor_open(&network, &small, 64, EXECUTOR_TRAIN, &error));
	assert_string_equal(error.text, "with batches of 64 the network needs 3 MB, and there are 0 MB "
									"for it");
	assert_true(error.is_scarcity);
	small.memory = (size_t)3 << 20;
	struct executor *executor = executor_open(&network, &small, 64, EXECUTOR_TRAIN, &error);
	assert_non_null(executor);
	assert_in_range(executor_memory(executor), 10000, small.memory - weights);
	engine_set_aside(&small, executor_memory(executor)); /* there is none for a second one */
	assert_null(executor_open(&network, &small, 64, EXECUTOR_TRAIN, &error));
	engine_set_aside(&small, SIZE_MAX);
	assert_int_equal(small.memory, 0);
	executor_close(executor);
	network_free(&network);
}

/* Each worker's: of the layers on images, for a few samples, however large the batch is. */
static void test_scratch_of_large_batches(void **state)
{
	const char *spec = "conv:32,3 batchnorm relu conv:32,3 batchnorm relu flatten dense:10 softmax";
	struct network network;
	struct error error;
	size_t size[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			network_build(&network, spec, (struct shape){28, 28, 1, false}, 10, &error), 0);
		struct executor *executor =
			test_executor_open(&network, &engine, i ? 512 : 16, EXECUTOR_TRAIN);
		size[i] = executor->scratch_size;
		executor_close(executor);
		network_free(&network);
	}
	assert_true(size[0] > 0 && size[0] == size[1]);
}

/* A maximum's place is kept in 16 bits: 256×256 pixels and no more. */
static void test_image_too_large_for_maxpool(void **state)
{
	(void)state;
	struct network network;
	struct error error;

	check_refused(&(struct refusal){"relu maxpool:2 flatten dense:2 softmax",
									"position 6, maxpool: ", "257×256"},
				  (struct shape){257, 256, 1, false});
	assert_int_equal(network_build(&network, "maxpool:64 flatten dense:2 softmax",
								   (struct shape){256, 256, 1, false}, 10, &error),
					 0);
	network_free(&network);
}

/* Images whose size in numbers or in bytes does not fit a size_t. */
static void test_shapes_that_overflow(void **state)
{
	(void)state;
	const struct shape shapes[] = {
		{1 << 16, 1 << 16, 1 << 30, false}, /* 2^62 numbers, 2^64 bytes */
		{1 << 22, 1 << 21, 1 << 21, false}, /* 2^64 numbers */
		{INT32_MAX, INT32_MAX, INT32_MAX, false},
	};
	const char *const specs[] = {
		"flatten softmax",
		"flatten dense:2 softmax",
		"relu conv:1,1,64 flatten dense:2 softmax",
		"conv:4096,64,64,same flatten dense:2 softmax",
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		for (size_t j = 0; j < sizeof specs / sizeof *specs; j++)
			check_refused(&(struct refusal){specs[j], "", ""}, shapes[i]);
}

static void test_too_many_layers(void **state)
{
	(void)state;
	char spec[SPEC_MAX_LAYERS * 5 + 40] = "";

	for (int i = 0; i < SPEC_MAX_LAYERS - 2; i++)
		strcat(spec, "relu ");
	strcat(spec, "flatten dense:2 softmax");
	check_refused(&(struct refusal){spec, "position 327", "64"}, (struct shape){28, 28, 1, false});
}

/* Every request for memory fails once: an error, and nothing is left behind. */
static void test_out_of_memory(void **state)
{
	(void)state;
	int failures = 0;

	if (!allocations_watched())
		skip();
	for (;; failures++) {
		struct network network;
		struct error error = {.text = ""};
		allocations_fail_at(failures + 1);
		struct executor *executor = NULL;
		int status = network_build(&network, NETWORK_SPEC_REFERENCE,
								   (struct shape){28, 28, 1, false}, 10, &error);
		if (!status)
			executor = executor_open(&network, &engine, 4, EXECUTOR_TRAIN, &error);
		allocations_fail_at(0);
		executor_close(executor);
		network_free(&network);
		if (executor)
			break;
		assert_true(status == 0 || status == -1);
		assert_non_null(strstr(error.text, "memory"));
		assert_true(failures < 100);
	}
	assert_true(failures > 0);
}

static void test_optimizer_out_of_memory(void **state)
{
	(void)state;
	const struct optimizer_settings sgd = {.kind = OPTIMIZER_SGD};
	int failures = 0;

	if (!allocations_watched())
		skip();
	for (;; failures++) {
		struct optimizer optimizer;
		struct error error = {.text = ""};
		allocations_fail_at(failures + 1);
		int status = optimizer_open(&optimizer, &sgd, 100, &error);
		allocations_fail_at(0);
		if (!status) {
			optimizer_close(&optimizer);
			break;
		}
		assert_non_null(strstr(error.text, "memory"));
		assert_true(failures < 100);
	}
	assert_true(failures > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_sizes_of_large_batches),
		cmocka_unit_test(test_more_than_there_is),
		cmocka_unit_test(test_scratch_of_large_batches),
		cmocka_unit_test(test_image_too_large_for_maxpool),
		cmocka_unit_test(test_shapes_that_overflow),
		cmocka_unit_test(test_too_many_layers),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_optimizer_out_of_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
