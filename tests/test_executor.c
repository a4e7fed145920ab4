/* Executors: every layer's output, two on one network, what ops declare of themselves, and how a
 * batch is cut. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "nn/executor_parts.h"
#include "nn/kinds.h"
#include "probe.h"
#include "training.h"

/* Where the fast kernels run a convolution, relu and pooling in one, and rows and columns are
 * left out that no window looks at: the second convolution has 5 × 6 pixels, of which pooling
 * reads 4 × 6. */
static const char *const words[] = {
	"conv:5,3",    "relu",    "maxpool:2", "conv:6,3,same", "tanh", "batchnorm", "avgpool:2",
	"dropout:0.5", "flatten", "batchnorm", "dense:7",       "relu", "dense:4"};
#define WORDS ((int)(sizeof words / sizeof *words))
static const struct shape input = {12, 14, 2, false};

static void join(char text[400], int count, const char *end)
{
	*text = '\0';
	for (int i = 0; i < count; i++) {
		strcat(text, words[i]);
		strcat(text, " ");
	}
	strcat(text, end);
}

static void build(struct network *network, const char *spec, struct shape shape)
{
	struct error error;

	if (network_build(network, spec, shape, 10, &error))
		fail_msg("%s: %s", spec, error.text);
	network_init(network, 1);
	/* No bias or mean of 0, no variance of 1. */
	for (int p = 0; p < network->param_count; p++)
		for (size_t i = 0; i < network->params[p]->count; i++)
			network->params[p]->value[i] += 0.01f * (float)(i % 7 + (size_t)p);
}

/* ---- every layer's output ---- */

enum { SEEN = 2 }; /* images */

static void check_output(const struct network *network, const struct executor *observer,
						 const float *x, int index)
{
	const struct layer *layer = &network->layers[index];
	double *wide_x = widen(SEEN * shape_size(input), x);
	char spec[400];
	int classes;

	join(spec, index + 1, layer->out.flat ? "softmax" : "flatten softmax");
	struct oracle_network oracle = {.spec = spec, .input = input, .n = SEEN, .x = wide_x};
	for (int p = 0; p < network->param_count; p++)
		oracle.params[p] = widen(network->params[p]->count, network->params[p]->value);
	double *expected = oracle_logits(&oracle, &classes);
	assert_int_equal(classes, shape_size(layer->out));
	check_close(layer->text, (size_t)(SEEN * classes), executor_output(observer, index), expected,
				1e-5);
	for (int p = 0; p < network->param_count; p++)
		free(oracle.params[p]);
	free(expected);
	free(wide_x);
}

static void an_observer_keeps_every_output(void **state)
{
	float *x = random_floats(1, SEEN * shape_size(input));
	const struct images images = {x, shape_size(input)};
	const struct batch batch = {.n = SEEN, .load = images_load, .context = &images};
	struct network network;
	char spec[400];

	(void)state;
	join(spec, WORDS, "softmax");
	build(&network, spec, input);
	for (size_t t = 0; oracle_table(t); t++) {
		struct engine engine;
		test_engine_open(&engine, oracle_table(t), 1);
		struct executor *observer = test_executor_open(&network, &engine, 3, EXECUTOR_OBSERVE);
		const float *logits = executor_predict(observer, &batch);
		assert_ptr_equal(logits, executor_output(observer, WORDS - 1));
		for (int i = 0; i < WORDS; i++) {
			assert_string_equal(network.layers[i].text, words[i]);
			check_output(&network, observer, x, i);
		}
		executor_close(observer);
		engine_close(&engine);
	}
	network_free(&network);
	free(x);
}

static void want_of_memory_is_an_error(void **state)
{
	struct engine engine;
	struct network network;
	struct error error;
	struct executor *executor = NULL;
	char spec[400];

	(void)state;
	if (!allocations_watched())
		skip();
	join(spec, WORDS, "softmax");
	build(&network, spec, input);
	test_engine_open(&engine, oracle_table(0), 1);
	for (int number = 1; !executor; number++) {
		allocations_fail_at(number);
		executor = executor_open(&network, &engine, 1, EXECUTOR_OBSERVE, &error);
		allocations_fail_at(0);
		assert_true(executor || strstr(error.text, "not enough memory"));
	}
	executor_close(executor);
	network_free(&network);
	engine_close(&engine);
}

/* ---- two on one network ---- */

/* What one thread works with. */
struct reader {
	struct engine engine;
	struct executor *executor;
	const struct digits *digits;
	float logits[DIGITS * 10];
};

static void reader_open(struct reader *reader, const struct network *network,
						const struct digits *digits)
{
	*reader = (struct reader){.digits = digits};
	test_engine_open(&reader->engine, kernels_available(0), 1);
	reader->executor = test_executor_open(network, &reader->engine, 8, EXECUTOR_PREDICT);
}

static void reader_close(struct reader *reader)
{
	executor_close(reader->executor);
	engine_close(&reader->engine);
}

/* All digits, a few at a time and several times over. */
static void read_digits(void *readers, int number, int worker)
{
	struct reader *reader = (struct reader *)readers + number;

	(void)worker;
	for (int i = 0; i < 20 * DIGITS; i += 8) {
		const int first = i % DIGITS;
		const struct batch batch = {
			.n = 8, .load = digits_load, .context = reader->digits->images[first]};
		memcpy(reader->logits + first * 10, executor_predict(reader->executor, &batch),
			   8 * 10 * sizeof *reader->logits);
	}
}

static void two_threads_predict_with_one_network(void **state)
{
	struct digits *digits = digits_read();
	struct network network;
	struct error error;
	struct workers *workers = workers_open(2, &error);
	struct reader alone, together[2];

	(void)state;
	assert_non_null(workers);
	build(&network,
		  "conv:8,3 batchnorm relu maxpool:2 conv:12,3 relu maxpool:2 flatten dense:10 softmax",
		  (struct shape){28, 28, 1, false});
	float *values = floats(network.value_count);
	memcpy(values, network.values, network.value_count * sizeof *values);
	reader_open(&alone, &network, digits);
	reader_open(&together[0], &network, digits);
	reader_open(&together[1], &network, digits);
	read_digits(&alone, 0, 0);
	assert_true(alone.logits[0] != 0);
	workers_run(workers, 2, read_digits, together);
	for (int i = 0; i < 2; i++) {
		check_equal("logits", DIGITS * 10, together[i].logits, alone.logits);
		reader_close(&together[i]);
	}
	reader_close(&alone);
	check_equal("values", network.value_count, network.values, values);
	free(values);
	network_free(&network);
	workers_close(workers);
	free(digits);
}

/* ---- what ops declare ---- */

static void fill_probe(struct probe *probe)
{
	float *values = random_floats(5, probe->in_count + probe->out_count);

	memcpy(probe->x, values, probe->in_count * sizeof *values);
	memcpy(probe->dy, values + probe->in_count, probe->out_count * sizeof *values);
	free(values);
	for (int p = 0; p < probe->layer.param_count; p++)
		for (size_t i = 0; i < probe->layer.params[p].count; i++)
			probe->layer.params[p].value[i] = 0.1f + 0.02f * (float)((i * 7 + (size_t)p) % 11);
}

/* Poisons what backward says it does not read: its input, its output, and where it reads a sign all
 * but that. */
static void poison(struct probe *probe)
{
	const struct op_kind *kind = probe->op.kind;

	if (!kind->reads_input)
		fill_nan(probe->in_count, probe->x);
	if (kind->reads_output)
		return;
	for (size_t i = 0; i < probe->out_count; i++)
		probe->y[i] = !kind->reads_sign ? NAN : probe->y[i] > 0 ? 1e30f : -1e30f;
}

static void check_declarations(const char *text, struct shape in, const struct kernels *kernels)
{
	struct probe honest, poisoned;

	probe_open(&honest, text, 2, in, 5, kernels);
	probe_open(&poisoned, text, 2, in, 5, kernels);
	fill_probe(&honest);
	fill_probe(&poisoned);
	probe_forward(&honest);
	probe_forward(&poisoned);
	poison(&poisoned);
	probe_backward(&honest, true);
	probe_backward(&poisoned, true);
	check_equal(text, honest.in_count, poisoned.dx, honest.dx);
	for (int p = 0; p < honest.layer.param_count; p++)
		check_equal(text, honest.layer.params[p].count, poisoned.grads[p], honest.grads[p]);

	const struct op_kind *kind = honest.op.kind;
	assert_false(kind->in_place && kind->reads_input);
	assert_false(kind->keeps_sign && !kind->in_place);
	if (kind->in_place) { /* the same numbers where y lies over x, and dx over dy */
		fill_probe(&poisoned);
		struct pass pass = poisoned.pass;
		pass.x = pass.y = poisoned.x;
		pass.dy = pass.dx = poisoned.dy;
		kind->forward(&poisoned.op, &pass);
		check_equal(text, honest.out_count, poisoned.x, honest.y);
		for (size_t i = 0; kind->keeps_sign && i < honest.out_count; i++)
			assert_true((honest.x[i] > 0) == (honest.y[i] > 0) ||
						(honest.y[i] == 0 && honest.dx[i] == 0));
		kind->backward(&poisoned.op, &pass);
		check_equal(text, honest.in_count, poisoned.dy, honest.dx);
	}
	probe_close(&poisoned);
	probe_close(&honest);
}

/* Every kind that there is, with arguments for those that want some. */
static void backward_reads_what_it_declares(void **state)
{
	static const char *const arguments[][2] = {{"conv", ":9,3"},
											   {"maxpool", ":2"},
											   {"avgpool", ":2"},
											   {"dense", ":7"},
											   {"dropout", ":0.4"}};
	const struct shape image = {6, 7, 3, false}, flat = {6, 7, 3, true};

	(void)state;
	for (size_t t = 0; oracle_table(t); t++)
		for (int k = 0; layer_kinds[k]; k++) {
			const struct layer_kind *kind = layer_kinds[k];
			char text[40];
			if (!kind->op)
				continue;
			snprintf(text, sizeof text, "%s", kind->name);
			for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
				if (!strcmp(kind->name, arguments[i][0]))
					strcat(text, arguments[i][1]);
			check_declarations(text, kind == &layer_dense ? flat : image, oracle_table(t));
		}
}

/* Which ops of a chain write over their input: one character each. */
static void check_chain(const struct engine *engine, const char *spec, const char *expected)
{
	struct network network;
	char found[SPEC_MAX_LAYERS + 1] = "";

	build(&network, spec, (struct shape){6, 6, 1, false});
	struct executor *executor = test_executor_open(&network, engine, 4, EXECUTOR_TRAIN);
	for (int i = 0; i < executor->op_count; i++)
		strcat(found, executor->ops[i].overwrites ? "o" : ".");
	assert_string_equal(found, expected);
	executor_close(executor);
	network_free(&network);
}

static void nobody_writes_over_what_is_read(void **state)
{
	struct engine engine;

	(void)state;
	test_engine_open(&engine, &kernels_reference, 1);
	check_chain(&engine, "conv:3,3 relu dropout:0.5 flatten dense:3 softmax", ".ooo.");
	check_chain(&engine, "conv:3,3 tanh dropout:0.5 flatten dense:3 softmax", ".o.o.");
	check_chain(&engine, "conv:3,3 sigmoid flatten dense:3 softmax", ".o..");
	/* A relu's sign survives a dropout, but not the sigmoid behind that. */
	check_chain(&engine, "conv:3,3 relu dropout:0.5 sigmoid flatten dense:3 softmax", ".oo...");
	check_chain(&engine, "relu tanh flatten dense:3 softmax", "oo..");
	/* The longest chain is planned as fast as any. */
	char spec[400] = "", expected[SPEC_MAX_LAYERS + 1] = "";
	for (int i = 0; i < SPEC_MAX_LAYERS - 3; i++) {
		strcat(spec, "relu ");
		strcat(expected, "o");
	}
	check_chain(&engine, strcat(spec, "flatten dense:3 softmax"), strcat(expected, "o."));
	engine_close(&engine);
}

/* A layer of the test's own that takes every second pixel: no window says so, so nothing may be
 * trimmed around it. */
static void sparse_forward(const struct op *op, const struct pass *pass)
{
	const struct shape in = op->in, out = op->out;

	for (int i = 0; i < pass->n * out.h * out.w * out.c; i++) {
		int c = i % out.c, px = i / out.c % out.w, py = i / out.c / out.w % out.h;
		int image = i / (out.h * out.w * out.c);
		pass->y[i] = pass->x[((image * in.h + 2 * py) * in.w + 2 * px) * in.c + c];
	}
}

static void what_changes_shapes_unseen_is_not_trimmed(void **state)
{
	static const struct op_kind sparse_op = {.forward = sparse_forward};
	static const struct layer_kind sparse = {.name = "sparse", .op = &sparse_op};
	const char *spec = "conv:3,3 relu maxpool:1,2 conv:2,2 relu maxpool:4 flatten dense:3 softmax";
	const struct shape shape = {15, 15, 1, false};
	float *x = random_floats(1, shape_size(shape)), expected[3];
	const struct images images = {x, shape_size(shape)};
	const struct batch batch = {.n = 1, .load = images_load, .context = &images};
	struct network network;

	(void)state;
	for (size_t t = 0; kernels_available(t); t++) {
		struct engine engine;
		test_engine_open(&engine, kernels_available(t), 1);
		build(&network, spec, shape);
		struct executor *executor = test_executor_open(&network, &engine, 1, EXECUTOR_PREDICT);
		memcpy(expected, executor_predict(executor, &batch), sizeof expected);
		executor_close(executor);
		/* The pooling by 1 with a stride of 2 is the same layer, said by a window. */
		network.layers[2].kind = &sparse;
		network.layers[2].window = (struct window){0};
		executor = test_executor_open(&network, &engine, 1, EXECUTOR_TRAIN);
		assert_int_equal(executor->ops[2].out.h, 7);
		check_equal("logits", 3, executor_predict(executor, &batch), expected);
		executor_close(executor);
		network_free(&network);
		engine_close(&engine);
	}
	free(x);
}

/* ---- how a batch is cut ---- */

static void chunks_follow_the_batch(void **state)
{
	static const int cases[][3] = {/* images, chunks in training, in prediction */
								   {1, 1, 1},     {7, 7, 7},     {8, 8, 8},      {9, 8, 8},
								   {64, 8, 8},    {65, 9, 9},    {100, 13, 13},  {128, 16, 16},
								   {512, 64, 64}, {513, 64, 65}, {1000, 64, 125}};
	const struct executor trains = {.mode = EXECUTOR_TRAIN}, predicts = {.mode = EXECUTOR_PREDICT};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(executor_chunks(&trains, cases[i][0]), cases[i][1]);
		assert_int_equal(executor_chunks(&predicts, cases[i][0]), cases[i][2]);
	}
}

/* Batches of so many chunks that 12 threads have work: the same bits as with one. */
static void many_threads_give_the_same_bits(void **state)
{
	const char *spec = "conv:8,3 batchnorm relu maxpool:2 conv:12,3 relu maxpool:2 flatten "
					   "dense:16 relu dropout:0.3 dense:10 softmax";
	enum { IMAGES = 192 };
	const struct shape shape = {12, 12, 1, false};
	const size_t size = shape_size(shape);
	float *x = random_floats(3, IMAGES * size);
	const struct images images = {x, size};
	uint16_t labels[IMAGES];
	struct batch batch = {.load = images_load, .context = &images, .labels = labels};

	(void)state;
	for (int i = 0; i < IMAGES; i++)
		labels[i] = (uint8_t)(i * 7 % 10);
	for (int n = 65; n <= IMAGES; n += 127) {
		struct network network;
		float *grads[2];
		double loss[2];
		batch.n = n;
		for (int t = 0; t < 2; t++) {
			struct engine engine;
			test_engine_open(&engine, kernels_available(0), t ? 12 : 1);
			build(&network, spec, shape);
			struct executor *executor =
				test_executor_open(&network, &engine, IMAGES, EXECUTOR_TRAIN);
			loss[t] = executor_train(executor, &batch, 1, 1, NULL).loss;
			grads[t] = floats(network.value_count);
			memcpy(grads[t], executor->grads, network.value_count * sizeof(float));
			executor_close(executor);
			engine_close(&engine);
			if (t) {
				check_equal("gradients", network.value_count, grads[1], grads[0]);
				assert_true(loss[0] == loss[1]);
			}
			network_free(&network);
		}
		free(grads[0]);
		free(grads[1]);
	}
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_observer_keeps_every_output),
		cmocka_unit_test(want_of_memory_is_an_error),
		cmocka_unit_test(two_threads_predict_with_one_network),
		cmocka_unit_test(backward_reads_what_it_declares),
		cmocka_unit_test(nobody_writes_over_what_is_read),
		cmocka_unit_test(what_changes_shapes_unseen_is_not_trimmed),
		cmocka_unit_test(chunks_follow_the_batch),
		cmocka_unit_test(many_threads_give_the_same_bits),
	};
	return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
