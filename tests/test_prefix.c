/* What each layer of a network makes of an image, against the formulas in double precision. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "nn/prefix.h"
#include "probe.h"

/* Where the fast kernels run a convolution, relu and pooling in one, and rows and columns are
 * left out that no window looks at: the second convolution has 5 × 6 pixels, of which pooling
 * reads 4 × 6. */
static const char *const layers[] = {
	"conv:5,3",    "relu",    "maxpool:2", "conv:6,3,same", "tanh", "batchnorm", "avgpool:2",
	"dropout:0.5", "flatten", "batchnorm", "dense:7",       "relu", "dense:4"};
#define LAYERS ((int)(sizeof layers / sizeof *layers))
static const struct shape input = {12, 14, 2, false};

static void join(char text[400], int count, const char *end)
{
	*text = '\0';
	for (int i = 0; i < count; i++) {
		strcat(text, layers[i]);
		strcat(text, " ");
	}
	strcat(text, end);
}

static void check(const struct network *network, const float *x, int count)
{
	const struct images images = {x, shape_size(input)};
	const struct batch batch = {.n = 1, .load = images_load, .context = &images};
	const struct shape shape = network->layers[count - 1].out;
	double *wide_x = widen(shape_size(input), x);
	struct network prefix;
	struct error error;
	char spec[400];
	int classes;

	join(spec, count, shape.flat ? "softmax" : "flatten softmax");
	struct oracle_network oracle = {.spec = spec, .input = input, .n = 1, .x = wide_x};
	for (int p = 0; p < network->param_count; p++)
		oracle.params[p] = widen(network->params[p]->count, network->params[p]->value);
	double *expected = oracle_logits(&oracle, &classes);

	assert_int_equal(network_prefix(network, count, &prefix, &error), 0);
	assert_string_equal(prefix.spec, spec);
	assert_int_equal(prefix.classes, shape_size(shape));
	assert_int_equal(classes, prefix.classes);
	check_close(layers[count - 1], (size_t)classes, network_predict(&prefix, &batch), expected,
				1e-5);
	network_free(&prefix);
	for (int p = 0; p < network->param_count; p++)
		free(oracle.params[p]);
	free(expected);
	free(wide_x);
}

static void every_layer_is_as_the_spec_has_it(void **state)
{
	float *x = random_floats(1, shape_size(input));
	char spec[400];
	struct error error;

	(void)state;
	join(spec, LAYERS, "softmax");
	for (size_t t = 0; oracle_table(t); t++) {
		struct engine engine;
		struct network network;

		test_engine_open(&engine, oracle_table(t), 1);
		assert_int_equal(network_build(&network, spec, input, 3, false, &engine, &error), 0);
		network_init(&network, 1);
		/* No bias or mean of 0, no variance of 1. */
		for (int p = 0; p < network.param_count; p++)
			for (size_t i = 0; i < network.params[p]->count; i++)
				network.params[p]->value[i] += 0.01f * (float)(i % 7 + (size_t)p);
		network_prepare(&network);
		for (int count = 1; count <= LAYERS; count++)
			check(&network, x, count);
		network_free(&network);
		engine_close(&engine);
	}
	free(x);
}

static void want_of_memory_is_an_error(void **state)
{
	struct engine engine;
	struct network network, prefix;
	struct error error;
	char spec[400];

	(void)state;
	if (!allocations_watched())
		skip();
	join(spec, LAYERS, "softmax");
	test_engine_open(&engine, oracle_table(0), 1);
	assert_int_equal(network_build(&network, spec, input, 1, false, &engine, &error), 0);
	for (int number = 1;; number++) {
		allocations_fail_at(number);
		int status = network_prefix(&network, 6, &prefix, &error);
		allocations_fail_at(0);
		if (status == 0)
			break;
		assert_non_null(strstr(error.text, "not enough memory"));
		assert_null(prefix.layers);
	}
	network_free(&prefix);
	network_free(&network);
	engine_close(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layer_is_as_the_spec_has_it),
		cmocka_unit_test(want_of_memory_is_an_error),
	};
	return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
