/* Networks: what the table says of them, their first weights, and the gradients of whole chains
 * of layers against the formulas in double precision. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/executor_parts.h"
#include "nn/loss.h"
#include "probe.h"

/* The engine of the tests that have no table of their own. */
static struct engine default_engine;

static int setup(void **state)
{
	(void)state;
	test_engine_open(&default_engine, kernels_available(0), 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&default_engine);
	return 0;
}

static void build(struct network *network, const char *spec, struct shape input)
{
	struct error error;

	if (network_build(network, spec, input, 10, &error))
		fail_msg("%s: %s", spec, error.text);
}

/* 320 + 18496 + 204928 + 1290, as every description of this network says. */
static void test_reference_network(void **state)
{
	(void)state;
	const char *const names[] = {"0.weight", "0.bias", "3.weight",  "3.bias",
								 "7.weight", "7.bias", "10.weight", "10.bias"};
	const size_t counts[] = {288, 32, 18432, 64, 204800, 128, 1280, 10};
	const char *const shapes[] = {"26×26×32", "26×26×32", "13×13×32", "11×11×64",
								  "11×11×64", "5×5×64",   "1600",     "128",
								  "128",      "128",      "10",       "10"};
	struct network network;

	build(&network, NETWORK_SPEC_REFERENCE, (struct shape){28, 28, 1, false});
	struct executor *executor = test_executor_open(&network, &default_engine, 64, EXECUTOR_TRAIN);
	assert_true(spec_is_same(network.spec, NETWORK_SPEC_REFERENCE, 10));
	assert_non_null(strstr(network.spec, " dense:10 softmax"));
	assert_int_equal(network.weight_count, 225034);
	assert_int_equal(network.classes, 10);
	assert_int_equal(executor_batch_size(executor), 64);
	assert_int_equal(network.layer_count, 12);
	for (int i = 0; i < network.layer_count; i++) {
		char text[SHAPE_TEXT];
		assert_string_equal(shape_text(network.layers[i].out, text), shapes[i]);
	}
	assert_int_equal(network.param_count, 8);
	for (int i = 0; i < network.param_count; i++) {
		const struct param *param = network.params[i];
		assert_string_equal(param->name, names[i]);
		assert_int_equal(param->count, counts[i]);
		/* Inside the one vector that the optimizer sees, value and gradient at the same place. */
		size_t offset = (size_t)(param->value - network.values);
		assert_true(offset + param->count <= network.value_count);
	}
	for (int i = 0; i < executor->op_count; i++) {
		const struct op *op = &executor->ops[i];
		for (int p = 0; p < op->layer->param_count; p++)
			assert_ptr_equal(op->grads[p],
							 executor->grads + (op->layer->params[p].value - network.values));
	}
	executor_close(executor);
	network_free(&network);
}

static void test_blanks_are_normalized(void **state)
{
	(void)state;
	struct network network;

	build(&network, "\t flatten   dense:3\t\trelu dense:10  softmax ",
		  (struct shape){2, 2, 1, false});
	assert_string_equal(network.spec, "flatten dense:3 relu dense:10 softmax");
	struct executor *executor = test_executor_open(&network, &default_engine, 1, EXECUTOR_PREDICT);
	assert_null(executor->grads);
	executor_close(executor);
	network_free(&network);
}

static void test_free_of_zeroed(void **state)
{
	(void)state;
	struct network network = {0};

	network_free(&network);
}

/* Uniform within Glorot's limit: the bounds are reached, the variance is limit² / 3. */
static void check_glorot(const struct param *param, double fan_in, double fan_out)
{
	const double limit = sqrt(6 / (fan_in + fan_out));
	double sum = 0;
	double squares = 0;
	double largest = 0;

	for (size_t i = 0; i < param->count; i++) {
		sum += param->value[i];
		squares += (double)param->value[i] * param->value[i];
		largest = fmax(largest, fabs(param->value[i]));
	}
	assert_true(largest <= limit * (1 + 1e-6));
	assert_true(largest > 0.95 * limit);
	/* Within five deviations, which are limit / sqrt(3n) and limit² × sqrt(4 / 45n). */
	const double n = (double)param->count;
	assert_true(fabs(sum / n) < 5 * limit / sqrt(3 * n));
	assert_true(fabs(squares / n - limit * limit / 3) < 5 * limit * limit * sqrt(4 / (45 * n)));
}

static void test_first_weights(void **state)
{
	(void)state;
	struct network network;

	build(&network, NETWORK_SPEC_REFERENCE, (struct shape){28, 28, 1, false});
	for (uint64_t seed = 1; seed <= 3; seed++) {
		network_init(&network, seed);
		check_glorot(network.params[0], 9, 9 * 32);
		check_glorot(network.params[2], 9 * 32, 9 * 64);
		check_glorot(network.params[4], 1600, 128);
		check_glorot(network.params[6], 128, 10);
		for (int i = 1; i < 8; i += 2)
			for (size_t j = 0; j < network.params[i]->count; j++)
				assert_true(network.params[i]->value[j] == 0);
	}
	network_free(&network);
}

/* The same seed, the same weights; other seeds and other layers differ. */
static void test_seeds(void **state)
{
	(void)state;
	const char *spec = "flatten dense:9 dense:9 dense:9 softmax";
	const struct shape input = {3, 3, 1, false};
	struct network a, b;

	build(&a, spec, input);
	build(&b, spec, input);
	network_init(&a, 5);
	network_init(&b, 5);
	assert_int_equal(a.value_count, b.value_count);
	check_equal("same seed", a.value_count, a.values, b.values);
	size_t size = a.params[2]->count * sizeof(float);
	assert_int_equal(a.params[2]->count, a.params[4]->count);
	assert_true(memcmp(a.params[2]->value, a.params[4]->value, size));
	network_init(&b, 6);
	assert_true(memcmp(a.params[2]->value, b.params[2]->value, size));
	network_free(&b);
	network_free(&a);
}

/* Between the tensors, each of which begins on a cache line, are zeros. */
static void test_gaps_are_zeros(void **state)
{
	(void)state;
	struct network network;
	size_t at = 0;

	build(&network, "conv:3,3 batchnorm relu flatten dense:5 softmax",
		  (struct shape){6, 6, 1, false});
	network_init(&network, 1);
	for (int i = 0; i < network.param_count; i++) {
		const struct param *param = network.params[i];
		assert_ptr_equal(param->value, network.values + at);
		for (size_t k = param->count; k < param_padded_count(param); k++)
			assert_true(param->value[k] == 0);
		at += param_padded_count(param);
	}
	network_free(&network);
}

/* A dropout's mask: what it makes of ones in the same pass. */
static double *dropout_mask(const struct network *network, int index, const struct pass *pass)
{
	const struct layer *layer = &network->layers[index];
	struct probe probe;

	probe_open(&probe, layer->text, index, layer->in, pass->n, pass->kernels);
	probe.pass = *pass;
	for (size_t i = 0; i < probe.in_count; i++)
		probe.x[i] = 1;
	probe_forward(&probe);
	double *mask = widen(probe.out_count, probe.y);
	probe_close(&probe);
	return mask;
}

static void oracle_open(struct oracle_network *oracle, const struct network *network,
						const struct pass *pass, const float *x, const uint16_t *labels)
{
	*oracle = (struct oracle_network){
		.spec = network->spec,
		.input = network->input,
		.n = pass->n,
		.labels = labels,
		.training = pass->training,
		.x = widen(pass->n * shape_size(network->input), x),
	};
	for (int i = 0; i < network->param_count; i++)
		oracle->params[i] = widen(network->params[i]->count, network->params[i]->value);
	for (int i = 0; i < network->layer_count; i++)
		if (pass->training && !strcmp(network->layers[i].kind->name, "dropout"))
			oracle->masks[i] = dropout_mask(network, i, pass);
}

static void oracle_close(struct oracle_network *oracle)
{
	free((void *)oracle->x);
	for (int i = 0; i < 32; i++)
		free(oracle->params[i]);
	for (int i = 0; i < 16; i++)
		free((void *)oracle->masks[i]);
}

/* Random weights, biases too, large enough that all of the network is alive. A variance is not
 * below 0. */
static void fill_params(const struct network *network)
{
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		float *values = random_floats((uint64_t)i + 10, param->count);
		for (size_t j = 0; j < param->count; j++)
			param->value[j] = strstr(param->name, "var") ? 1 + values[j] / 2 : values[j] / 2;
		free(values);
	}
}

/* The logits of the last pass, where executor_run.c keeps them. */
static const float *last_logits(const struct executor *executor)
{
	return executor->ops[executor->op_count - 1].y.data;
}

/* The gradients of each parameter as each table finds them. */
struct gradients {
	float *by_table[32][ORACLE_TABLES + 1];
};

/* Logits and loss, and every parameter's gradient; twice, since gradients are set, not added to. */
static void run_table(size_t table, const char *spec, const struct batch *batch,
					  const struct oracle_network *oracle, const double *logits, double loss,
					  bool training, struct gradients *gradients)
{
	const struct images *images = batch->context;
	struct engine engine;
	struct network network;

	test_engine_open(&engine, oracle_table(table), 2);
	build(&network, spec, oracle->input);
	assert_int_equal(images->size, shape_size(network.input));
	fill_params(&network);
	struct executor *executor = test_executor_open(&network, &engine, batch->n, EXECUTOR_TRAIN);
	const size_t count = (size_t)(batch->n * network.classes);
	if (!training)
		check_close(spec, count, executor_predict(executor, batch), logits, 5e-6);
	for (int time = 0; training && time < 2; time++) {
		const struct loss_sum sum = executor_train(executor, batch, 1, 1, NULL);
		check_close(spec, count, last_logits(executor), logits, 5e-6);
		assert_true(fabs(sum.loss / batch->n - loss) < 1e-5);
	}
	for (int i = 0; training && i < network.param_count; i++) {
		size_t size = network.params[i]->count;
		gradients->by_table[i][table] = floats(size);
		memcpy(gradients->by_table[i][table],
			   executor->grads + (network.params[i]->value - network.values), size * sizeof(float));
	}
	executor_close(executor);
	network_free(&network);
	engine_close(&engine);
}

/* What a bias adds to a whole channel, a batchnorm behind it takes off again: no gradient. */
static bool is_idle(const struct network *network, const struct param *param)
{
	int i = atoi(param->name) + 1;

	while (strstr("maxpool avgpool flatten", network->layers[i].kind->name))
		i++;
	const struct op_kind *op = network->layers[i].kind->op;
	return strstr(param->name, "bias") && op && op->statistics;
}

static void check_idle(const char *what, const struct param *param, float *const *by_table)
{
	for (size_t table = 0; by_table[table]; table++)
		for (size_t i = 0; i < param->count; i++)
			if (!(fabsf(by_table[table][i]) < 2e-5f))
				fail_msg("%s: %s: [%zu] is %.9g, should be 0", oracle_table(table)->name, what, i,
						 by_table[table][i]);
}

static void check_gradients_of(const struct network *network, struct oracle_network *oracle,
							   struct gradients *gradients)
{
	/* Differences between a few samples are what a batchnorm magnifies. */
	const double tolerance = strstr(network->spec, "batchnorm") ? 1e-4 : 2e-5;

	for (int i = 0; i < network->param_count; i++) {
		char what[200];
		snprintf(what, sizeof what, "%s, n=%d: %s", network->spec, oracle->n,
				 network->params[i]->name);
		if (!network->params[i]->trained || is_idle(network, network->params[i]))
			check_idle(what, network->params[i], gradients->by_table[i]);
		else
			check_gradients(what, network->params[i]->count, gradients->by_table[i],
							oracle->params[i], oracle_network_loss, oracle, 1e-6, tolerance);
		for (size_t table = 0; gradients->by_table[i][table]; table++)
			free(gradients->by_table[i][table]);
	}
}

static void check_network(const char *spec, struct shape input, int n, bool training)
{
	const uint16_t labels[] = {0, 2, 1, 0, 2, 2, 1, 0, 1, 1, 2};
	const struct pass pass = {
		.kernels = &kernels_reference, .n = n, .training = training, .seed = 1, .step = 1};
	float *x = random_floats(1, n * shape_size(input));
	const struct images images = {x, shape_size(input)};
	const struct batch batch = {.n = n, .load = images_load, .context = &images, .labels = labels};
	struct gradients gradients = {{{NULL}}};
	struct network network;
	struct oracle_network oracle;
	int classes;

	build(&network, spec, input);
	fill_params(&network);
	oracle_open(&oracle, &network, &pass, x, labels);
	double *logits = oracle_logits(&oracle, &classes);
	double loss = oracle_network_loss(&oracle);
	assert_int_equal(network.classes, classes);
	for (size_t table = 0; oracle_table(table); table++)
		run_table(table, spec, &batch, &oracle, logits, loss, training, &gradients);
	if (training)
		check_gradients_of(&network, &oracle, &gradients);
	free(logits);
	oracle_close(&oracle);
	free(x);
	network_free(&network);
}

/* Layers that work in place in every order; layers with weights first and late; odd shapes. */
static void test_gradients(void **state)
{
	(void)state;
	const struct {
		const char *spec;
		struct shape input;
	} cases[] = {
		{"flatten dense:5 softmax", {4, 3, 2, false}},
		{"conv:3,3,same relu maxpool:2 flatten dense:4 softmax", {5, 7, 2, false}},
		{"relu conv:5,3,2,same relu flatten dense:3 softmax", {7, 4, 3, false}},
		{"relu dropout:0.5 flatten relu dense:6 relu dropout:0.3 dense:3 softmax",
		 {3, 2, 5, false}},
		{"dropout:0.2 relu flatten dense:7 dropout:0.5 relu dense:3 softmax", {3, 3, 1, false}},
		{"conv:3,2,2,same dropout:0.5 relu maxpool:3,1 flatten relu dropout:0.25 dense:4 softmax",
		 {7, 5, 3, false}},
		{"maxpool:2,1 conv:5,4,3,same maxpool:2,1 conv:4,1 flatten dense:3 softmax",
		 {6, 7, 1, false}},
		{"conv:17,1 conv:3,5,same conv:1,2,3 relu relu flatten flatten dense:3 softmax",
		 {6, 5, 3, false}},
		{"flatten dense:5 dense:17 relu dense:3 dropout:0.5 softmax", {1, 1, 3, false}},
		{"conv:3,7,3,same dropout:0.1 dropout:0.1 flatten softmax", {5, 2, 1, false}},
		{"flatten relu dropout:0.5 dense:33 relu dense:33 relu dense:3 softmax", {2, 2, 2, false}},
		{"conv:4,3,valid maxpool:1,2 flatten dense:3 softmax", {5, 5, 2, false}},
		{"conv:4,3 tanh avgpool:2 conv:5,2 sigmoid avgpool:2,1 flatten tanh relu dense:4 sigmoid "
		 "dense:3 softmax",
		 {11, 10, 2, false}},
		{"tanh sigmoid dropout:0.3 avgpool:3,2 relu tanh flatten dropout:0.2 relu dense:3 tanh "
		 "softmax",
		 {8, 9, 2, false}},
		{"relu dropout:0.4 conv:3,3,2 relu sigmoid flatten dense:6 relu sigmoid dense:3 softmax",
		 {6, 8, 2, false}},
		{"conv:4,3 batchnorm relu conv:5,3 batchnorm tanh maxpool:2 flatten dense:7 batchnorm relu "
		 "dense:3 softmax",
		 {8, 7, 2, false}},
		{"batchnorm relu conv:3,3 batchnorm dropout:0.3 batchnorm maxpool:2 flatten dropout:0.3 "
		 "dense:3 batchnorm softmax",
		 {8, 7, 2, false}},
		{"flatten batchnorm relu dense:17 batchnorm tanh batchnorm dense:3 softmax",
		 {2, 3, 3, false}},
		{"relu batchnorm tanh avgpool:2 conv:6,2 maxpool:2 batchnorm sigmoid flatten dense:3 "
		 "softmax",
		 {11, 10, 3, false}},
		{"conv:4,2 relu maxpool:2 conv:6,2 batchnorm dropout:0.5 maxpool:2 flatten dense:3 softmax",
		 {10, 9, 1, false}},
		{"conv:33,1 batchnorm flatten batchnorm softmax", {1, 1, 2, false}},
		{"conv:9,3 relu maxpool:2 conv:17,3 maxpool:2 relu flatten dense:3 softmax",
		 {13, 15, 1, false}},
		{"conv:8,5 relu maxpool:2 conv:10,3,same maxpool:2 flatten dropout:0.4 dense:3 softmax",
		 {13, 12, 1, false}},
		{"conv:3,3,2 maxpool:2 conv:5,2,2,same relu maxpool:2 flatten dense:3 softmax",
		 {14, 17, 2, false}},
	};
	const int batches[] = {1, 3, 11};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int batch = 0; batch < 3; batch++) {
			check_network(cases[i].spec, cases[i].input, batches[batch], false);
			check_network(cases[i].spec, cases[i].input, batches[batch], true);
		}
}

/* Nothing to learn is no error: the input, flattened, is the logits. */
static void test_no_parameters(void **state)
{
	(void)state;
	const float x[] = {1, 2, 3, 4};
	const uint16_t labels[] = {1, 0};
	const struct images images = {x, 2};
	const struct batch batch = {.n = 2, .load = images_load, .context = &images, .labels = labels};
	struct network network;

	build(&network, "flatten softmax", (struct shape){1, 2, 1, false});
	struct executor *executor = test_executor_open(&network, &default_engine, 2, EXECUTOR_TRAIN);
	assert_int_equal(network.weight_count, 0);
	check_equal("logits", 4, executor_predict(executor, &batch), x);
	struct loss_sum sum = executor_train(executor, &batch, 1, 1, NULL);
	assert_int_equal(sum.correct, 1);
	executor_close(executor);
	network_free(&network);
}

/* Of these networks, the layer with that index has what the logits are proportional to. */
static const struct scaling_case {
	const char *spec;
	int layer; /* -1: none */
} scaling_cases[] = {
	{"conv:3,3 tanh flatten dense:7 batchnorm relu dropout:0.5 dense:5 softmax", 7},
	{"dropout:0.1 conv:5,3 batchnorm sigmoid flatten dense:5 relu dropout:0.5 relu softmax", 5},
	{"tanh conv:5,3 relu maxpool:2 avgpool:2 flatten softmax", 1},
	{"flatten dense:5 batchnorm relu softmax", 2},
	{"flatten dense:5 tanh softmax", -1},
	{"flatten dense:5 sigmoid relu softmax", -1},
	{"maxpool:4 flatten softmax", -1},
};

/* A quarter of the weights makes a quarter of each logit, to the bit, and running means stay. */
static void check_division(const struct scaling_case *c)
{
	const struct shape input = {8, 9, 1, false};
	float *x = random_floats(1, 3 * shape_size(input)), logits[3 * 16];
	const struct images images = {x, shape_size(input)};
	const struct batch batch = {.n = 3, .load = images_load, .context = &images};
	struct network network;

	build(&network, c->spec, input);
	network_init(&network, 2);
	const size_t count = 3 * (size_t)network.classes;
	const struct layer *layer = c->layer < 0 ? NULL : &network.layers[c->layer];
	assert_ptr_equal(network_scaling_layer(&network), layer);
	for (int p = 0; layer && p < layer->param_count; p++)
		for (size_t i = 0; i < layer->params[p].count; i++)
			layer->params[p].value[i] += 0.5f;
	struct executor *executor = test_executor_open(&network, &default_engine, 3, EXECUTOR_PREDICT);
	memcpy(logits, executor_predict(executor, &batch), count * sizeof *logits);
	for (size_t i = 0; layer && i < count; i++)
		logits[i] /= 4;
	network_divide_logits(&network, 4);
	executor_prepare(executor);
	check_equal(c->spec, count, executor_predict(executor, &batch), logits);
	executor_close(executor);
	network_free(&network);
	free(x);
}

static void test_division(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scaling_cases / sizeof *scaling_cases; i++)
		check_division(&scaling_cases[i]);
}

/* A sample's logits depend neither on its batch nor on room for gradients nor on the number of
 * threads: bit by bit. */
static void check_batch_in_parts(const char *spec, const struct engine *engines)
{
	const struct shape input = {8, 9, 2, false};
	const size_t sample = shape_size(input);
	float *x = random_floats(1, 11 * sample);
	struct images images = {x, sample};
	struct batch batch = {
		.n = 11, .load = images_load, .context = &images, .labels = (const uint16_t[11]){0}};
	struct network network;
	float logits[11 * 5];

	build(&network, spec, input);
	network_init(&network, 3);
	struct executor *whole = test_executor_open(&network, &engines[0], 11, EXECUTOR_TRAIN);
	struct executor *part = test_executor_open(&network, &engines[1], 7, EXECUTOR_PREDICT);
	memcpy(logits, executor_predict(whole, &batch), sizeof logits);
	batch.n = 4;
	check_equal("samples 0 to 3", 4 * 5, executor_predict(part, &batch), logits);
	images.x = x + 4 * sample;
	batch.n = 7;
	check_equal("samples 4 to 10", 7 * 5, executor_predict(part, &batch), logits + 4 * 5);
	executor_close(part);
	/* Dropout looks at the place in the batch, so that only what comes first is the same. */
	images.x = x;
	batch.n = 11;
	executor_train(whole, &batch, 1, 9, NULL);
	memcpy(logits, last_logits(whole), sizeof logits);
	part = test_executor_open(&network, &engines[1], 30, EXECUTOR_TRAIN);
	for (batch.n = 1; batch.n <= 11; batch.n++) {
		executor_train(part, &batch, 1, 9, NULL);
		check_equal("training", (size_t)batch.n * 5, last_logits(part), logits);
	}
	executor_close(part);
	executor_close(whole);
	network_free(&network);
	free(x);
}

static void test_batch_in_parts(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		struct engine engines[2];
		test_engine_open(&engines[0], kernels, 1);
		test_engine_open(&engines[1], kernels, 3);
		check_batch_in_parts("conv:3,3,same relu maxpool:2 dropout:0.5 flatten dense:5 softmax",
							 engines);
		check_batch_in_parts("conv:9,3 conv:8,3,same relu maxpool:2 flatten dense:17 relu "
							 "dropout:0.5 dense:5 softmax",
							 engines);
		engine_close(&engines[0]);
		engine_close(&engines[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_network), cmocka_unit_test(test_blanks_are_normalized),
		cmocka_unit_test(test_free_of_zeroed),    cmocka_unit_test(test_first_weights),
		cmocka_unit_test(test_gaps_are_zeros),    cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_gradients),         cmocka_unit_test(test_no_parameters),
		cmocka_unit_test(test_batch_in_parts),    cmocka_unit_test(test_division),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
