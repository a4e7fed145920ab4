/* Files from elsewhere: which tensors are found to be which layers, and what is refused. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/input_scale.h"
#include "app/model.h"
#include "app/weights.h"
#include "errors.h"
#include "fixture.h"
#include "nn/executor.h"

#define TENSORS_MOST 140
#define VALUES_MOST 8192

static struct error error;
static struct network network;
static struct weights_match match;

/* A file that holds a tensor of the given name and shape a line: "conv1.weight 8 1 3 3". Those
 * with an asterisk in front hold integers. */
struct file {
	char names[TENSORS_MOST][64];
	struct safetensors_tensor tensors[TENSORS_MOST];
	struct safetensors file;
};

static float numbers[VALUES_MOST];

static void make_file(struct file *out, const char *lines)
{
	*out = (struct file){.file = {.tensors = out->tensors}};
	while (*lines) {
		const size_t i = out->file.tensor_count++;
		struct safetensors_tensor *tensor = &out->tensors[i];
		const bool is_integer = *lines == '*';
		int used;

		assert_true(i < TENSORS_MOST);
		assert_int_equal(sscanf(lines + is_integer, "%63s%n", out->names[i], &used), 1);
		lines += is_integer + used;
		*tensor = (struct safetensors_tensor){.name = out->names[i],
											  .count = 1,
											  .dtype = is_integer ? "I64" : "F32",
											  .values = is_integer ? NULL : numbers};
		while (*lines == ' ') {
			size_t *dim = &tensor->dims[tensor->rank++];
			assert_int_equal(sscanf(lines, " %zu%n", dim, &used), 1);
			lines += used;
			tensor->count *= *dim;
		}
		assert_true(tensor->count <= VALUES_MOST);
		lines += *lines == '\n';
	}
}

/* Of 28×28 pixels and ten classes. */
static void build(const char *spec)
{
	if (model_build(&network, spec, 28, 28, 10, &error))
		fail_msg("%s", error.text);
}

/* The names of the tensors in the order of the parameters; "-" where there is none. */
static const char *found(char text[1000])
{
	int used = 0;

	*text = '\0';
	for (int i = 0; i < match.count; i++)
		used += snprintf(text + used, 1000 - (size_t)used, "%s%s", i ? " " : "",
						 match.sources[i].tensor ? match.sources[i].tensor->name : "-");
	return text;
}

#define DENSE "maxpool:14 flatten dense:10 softmax"
#define TWO "maxpool:14 flatten dense:4 relu dense:10 softmax"
#define SQUARE "maxpool:14 flatten dense:4 relu dense:4 relu dense:10 softmax"
#define CONVS "conv:2,3 batchnorm relu conv:2,3 batchnorm relu maxpool:24 flatten dense:10 softmax"

static const struct {
	const char *spec, *lines, *found;
	bool by_name;
	size_t ignored;
} cases[] = {
	/* Prefixes. */
	{DENSE, "2.weight 10 4\n2.bias 10", "2.weight 2.bias", true, 0},
	{DENSE, "module.2.bias 10\nmodule.2.weight 10 4", "module.2.weight module.2.bias", true, 0},
	{DENSE, "_orig_mod.net.2.weight 10 4\n_orig_mod.net.2.bias 10",
	 "_orig_mod.net.2.weight _orig_mod.net.2.bias", true, 0},
	{DENSE, "state_dict.module.12.weight 10 4\nstate_dict.module.12.bias 10",
	 "state_dict.module.12.weight state_dict.module.12.bias", false, 0},
	/* Attributes of a class, and words of other programs. */
	{DENSE, "fc1.weight 10 4\nfc1.bias 10", "fc1.weight fc1.bias", false, 0},
	{DENSE, "weight 10 4\nbias 10", "weight bias", false, 0},
	{DENSE, "dense/kernel:0 4 10\ndense/bias:0 10", "dense/kernel:0 dense/bias:0", false, 0},
	{DENSE, "layers/dense/vars/0 4 10\nlayers/dense/vars/1 10",
	 "layers/dense/vars/0 layers/dense/vars/1", false, 0},
	{TWO, "b1 4\nb2 1 10\nW1 4 4\nW2 4 10", "W1 b1 W2 b2", false, 0},
	{TWO, "w_1 4 4\nw_2 10 4\nb_1 4\nb_2 10 1", "w_1 b_1 w_2 b_2", false, 0},
	{TWO, "fc_weight 4 4\nhead_weight 10 4\nhead_bias 10\nfc_bias 4",
	 "fc_weight fc_bias head_weight head_bias", false, 0},
	/* Numbers, not letters, make the order. */
	{SQUARE, "fc10.weight 4 4\nfc10.bias 4\nfc9.weight 4 4\nfc9.bias 4\nout.weight 10 4",
	 "fc9.weight fc9.bias fc10.weight fc10.bias out.weight -", false, 0},
	{SQUARE, "d_1/kernel 4 4\nd/kernel 4 4\nd_2/kernel 4 10",
	 "d/kernel - d_1/kernel - d_2/kernel -", false, 0},
	{SQUARE, "block.1.0.weight 4 4\nblock.0.3.weight 4 4\nhead.weight 10 4",
	 "block.0.3.weight - block.1.0.weight - head.weight -", false, 0},
	/* No names at all. */
	{TWO, "arr_3 10\narr_1 4\narr_2 4 10\narr_0 4 4", "arr_0 arr_1 arr_2 arr_3", false, 0},
	{TWO, "0 4 4\n1 4 10", "0 - 1 -", false, 0},
	{CONVS, "0 3 3 1 2\n1 2\n2 2\n3 2\n4 2\n5 2\n6 3 3 2 2\n7 2\n8 2\n9 2\n10 2\n11 2 10\n12 10",
	 "0 1 2 3 4 5 6 - 7 8 9 10 11 12", false, 0},
	/* Normalization, its counters, biases that are not there. */
	{CONVS,
	 "conv1.weight 2 1 3 3\nbn1.weight 2\nbn1.bias 2\nbn1.running_mean 2\nbn1.running_var 2\n"
	 "*bn1.num_batches_tracked\nconv2.weight 2 2 3 3\nbn2.running_mean 2\nbn2.running_var 2\n"
	 "bn2.num_batches_tracked 1\nfc.weight 10 2",
	 "conv1.weight - bn1.weight bn1.bias bn1.running_mean bn1.running_var conv2.weight - - - "
	 "bn2.running_mean bn2.running_var fc.weight -",
	 false, 2},
	{CONVS,
	 "params.C_0.kernel 3 3 1 2\nparams.C_1.kernel 3 3 2 2\nparams.N_0.scale 2\n"
	 "params.N_1.scale 2\nparams.D.kernel 2 10\nbatch_stats.N_0.mean 2\nbatch_stats.N_0.var 2\n"
	 "batch_stats.N_1.mean 2\nbatch_stats.N_1.var 2\noptimizer.step 1",
	 "params.C_0.kernel - params.N_0.scale - batch_stats.N_0.mean batch_stats.N_0.var "
	 "params.C_1.kernel - params.N_1.scale - batch_stats.N_1.mean batch_stats.N_1.var "
	 "params.D.kernel -",
	 false, 1},
};

static void tensors_find_their_layers(void **state)
{
	static struct file file;
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		build(cases[i].spec);
		make_file(&file, cases[i].lines);
		if (weights_match(&network, &file.file, false, &match, &error))
			fail_msg("%s: %s", cases[i].lines, error.text);
		assert_string_equal(found(text), cases[i].found);
		assert_int_equal(match.by_name, cases[i].by_name);
		assert_int_equal(match.ignored, cases[i].ignored);
		assert_int_equal(match.count, network.param_count);
		network_free(&network);
	}
}

static const struct {
	const char *spec, *lines, *text;
} refused[] = {
	{DENSE, "2.bias 10",
	 "no tensor fits layer 2, dense:10, which needs [10, 4]; \"2.bias\" is [10]"},
	{DENSE, "2.weight 10 5\n2.bias 10", "which needs [10, 4]; \"2.weight\" is [10, 5]"},
	{DENSE, "2.weight 10 4\n2.bias 9", "which needs [10, 4]; \"2.weight\" is [10, 4]"},
	{DENSE, "fc.weight 10 4\nfc2.weight 10 4", "tensor \"fc2.weight\" is not in the network"},
	{DENSE, "fc.weight 10 4\nfc.bias 10\nfc.gain 10",
	 "tensor \"fc.gain\": its name does not say whether it is a weight or a bias"},
	{DENSE, "*fc.weight 10 4", "tensor \"fc.weight\" holds integers (I64), not weights"},
	{DENSE, "fc.weight 10 4\nfc.kernel 4 10",
	 "tensors \"fc.weight\" and \"fc.kernel\" are the same of one layer"},
	{TWO, "fc1.weight 4 4", "no tensor fits layer 4, dense:10, which needs [10, 4]"},
	{SQUARE, "a.weight 4 4\nb.weight 4 4\nc.weight 10 4",
	 "\"a.weight\" and \"b.weight\" both fit layer 2, dense:4, and their names do not say which "
	 "comes first; name them as nn.Sequential does, \"2.weight\""},
	{"maxpool:14 flatten dense:4 relu dense:4 softmax", "w1 4 4\nw2 4 4",
	 "the shapes fit both as PyTorch and as Keras write weights"},
	{CONVS, "c1.weight 2 1 3 3\nc2.weight 2 2 3 3\nfc.weight 10 2",
	 "no tensor fits layer 1, batchnorm, which needs means and variances of [2]"},
	{"flatten softmax", "fc.weight 10 4", "tensor \"fc.weight\" is not in the network"},
};

static void what_is_not_clear_is_refused(void **state)
{
	static struct file file;
	static char many[VALUES_MOST];
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		build(refused[i].spec);
		make_file(&file, refused[i].lines);
		if (!weights_match(&network, &file.file, false, &match, &error))
			fail_msg("%s was taken", refused[i].lines);
		assert_error_has(&error, refused[i].text);
		assert_int_equal(match.count, 0);
		network_free(&network);
	}
	for (int i = 0; i < 70; i++)
		used += (size_t)snprintf(many + used, sizeof many - used, "fc%d.weight 4 4\n", i);
	build(DENSE);
	make_file(&file, many);
	assert_int_equal(weights_match(&network, &file.file, false, &match, &error), -1);
	assert_error_has(&error, "has tensors of more than 64 layers");
	used = 0;
	for (int i = 0; i < 70; i++)
		used += (size_t)snprintf(many + used, sizeof many - used, "%d 2 2\n", i);
	make_file(&file, many);
	assert_int_equal(weights_match(&network, &file.file, false, &match, &error), -1);
	network_free(&network);
}

/* The weight of output o for row h, column w, channel c is a number of its own. */
static float number(size_t o, size_t h, size_t w, size_t c)
{
	return (float)(((o * 8 + h) * 8 + w) * 8 + c);
}

/* Fill a tensor, whose dimensions are of these kinds, in that order; 'f' is a flattened image in
 * the order of `flat`. */
static void fill(float *to, const char *kinds, const char *flat, const struct param *param)
{
	const size_t *d = param->dims;
	size_t sizes[128] = {['o'] = d[0], ['h'] = d[1], ['w'] = d[2], ['c'] = d[3]};
	char order[8];
	size_t at[128] = {0};

	snprintf(order, sizeof order, "%s", kinds);
	if (strchr(kinds, 'f'))
		snprintf(order, sizeof order, "%s%s%s", kinds[0] == 'o' ? "o" : "", flat,
				 kinds[0] == 'o' ? "" : "o");
	for (size_t i = 0; i < param->count; i++) {
		size_t left = i;
		for (int k = 3; k >= 0; k--) {
			at[(int)order[k]] = left % sizes[(int)order[k]];
			left /= sizes[(int)order[k]];
		}
		to[i] = number(at['o'], at['h'], at['w'], at['c']);
	}
}

static void check_order(const char *filters, const char *dense, const char *flat,
						enum flatten_order order)
{
	static float values[2][VALUES_MOST];
	static struct file file;
	char lines[200];
	size_t sizes[128] = {['o'] = 3, ['h'] = 5, ['w'] = 5, ['c'] = 1};

	assert_int_equal(network_build(&network, "conv:3,5 flatten dense:7 softmax",
								   (struct shape){.h = 8, .w = 6, .c = 1}, 7, &error),
					 0);
	snprintf(lines, sizeof lines, "a 1\na.w %zu %zu %zu %zu\nb.w %s", sizes[(int)filters[0]],
			 sizes[(int)filters[1]], sizes[(int)filters[2]], sizes[(int)filters[3]],
			 *dense == 'o' ? "7 24" : "24 7");
	make_file(&file, strchr(lines, '\n') + 1);
	file.tensors[0].values = values[0];
	file.tensors[1].values = values[1];
	fill(values[0], filters, flat, network.params[0]);
	fill(values[1], dense, flat, network.params[2]);
	if (weights_match(&network, &file.file, false, &match, &error) ||
		model_flatten(&file.file, order, &match, &error) || weights_take(&network, &match, &error))
		fail_msg("%s %s: %s", filters, dense, error.text);
	for (int p = 0; p < 4; p += 2) {
		const struct param *param = network.params[p];
		const size_t *d = param->dims;
		for (size_t i = 0; i < param->count; i++)
			assert_true(param->value[i] == number(i / (d[1] * d[2] * d[3]),
												  i / (d[2] * d[3]) % d[1], i / d[3] % d[2],
												  i % d[3]));
	}
	network_free(&network);
}

static void all_orders_are_read(void **state)
{
	(void)state;
	check_order("ochw", "of", "chw", FLATTEN_AUTO);          /* PyTorch */
	check_order("ochw", "fo", "chw", FLATTEN_AUTO);          /* Paddle */
	check_order("hwco", "fo", "hwc", FLATTEN_AUTO);          /* Keras, Flax */
	check_order("ohwc", "of", "hwc", FLATTEN_AUTO);          /* MLX */
	check_order("ochw", "of", "hwc", FLATTEN_CHANNELS_LAST); /* ggml's example */
	check_order("ohwc", "of", "chw", FLATTEN_CHANNELS_FIRST);
}

/* What is not there is 0, or 1 where it multiplies; Keras adds more to a variance. */
static void numbers_that_are_not_there(void **state)
{
	static struct file file;
	static float filled[VALUES_MOST];

	(void)state;
	build("batchnorm flatten batchnorm dense:10 softmax");
	for (int keras = 0; keras < 2; keras++) {
		make_file(&file, keras ? "n/moving_mean 1\nn/moving_variance 1\nn_1/moving_mean 784\n"
								 "n_1/moving_variance 784\nd/kernel 784 10"
							   : "n.mean 1\nn.var 1\nn1.mean 784\nn1.var 784\nd.weight 10 784");
		for (int i = 0; i < 5; i++)
			file.tensors[i].values = i == 4 ? calloc(7840, sizeof(float)) : filled;
		for (int i = 0; i < 784; i++)
			filled[i] = 0.5f;
		assert_int_equal(weights_match(&network, &file.file, false, &match, &error), 0);
		assert_int_equal(weights_take(&network, &match, &error), 0);
		const float expected[] = {1, 0, 0.5f, keras ? 0.5f + (1e-3f - 1e-5f) : 0.5f};
		for (int p = 0; p < 8; p++)
			assert_true(network.params[p]->value[0] == expected[p % 4]);
		assert_true(network.params[9]->value[3] == 0);
		free(file.tensors[4].values);
	}
	network_free(&network);
}

/* Also where all that tells Keras is that inputs come first. */
static void keras_adds_more_to_a_variance_without_names(void **state)
{
	static struct file file;

	(void)state;
	build("maxpool:14 flatten dense:5 batchnorm dense:10 softmax");
	make_file(&file, "0 4 5\n1 5\n2 5\n3 5\n4 5\n5 5\n6 5 10\n7 10");
	assert_int_equal(weights_match(&network, &file.file, false, &match, &error), 0);
	assert_true(match.sources[5].more == 1e-3f - 1e-5f);
	make_file(&file, "0 5 4\n1 5\n2 5\n3 5\n4 5\n5 5\n6 10 5\n7 10");
	assert_int_equal(weights_match(&network, &file.file, false, &match, &error), 0);
	assert_true(match.sources[5].more == 0);
	network_free(&network);
}

static void doubles_must_fit(void **state)
{
	static struct file file;
	double weights[40] = {0.1, [39] = (double)FLT_MAX};

	(void)state;
	build(DENSE);
	make_file(&file, "2.weight 10 4");
	file.tensors[0].values = NULL;
	file.tensors[0].doubles = weights;
	assert_int_equal(weights_match(&network, &file.file, false, &match, &error), 0);
	assert_int_equal(weights_take(&network, &match, &error), 0);
	assert_true(network.params[0]->value[0] == 0.1f && network.params[0]->value[39] == FLT_MAX);
	weights[38] = -1e39;
	assert_int_equal(weights_take(&network, &match, &error), -1);
	assert_error_has(&error, "tensor \"2.weight\": value 38 is -1e+39, too large for 32 bits");
	network_free(&network);
}

/* The last layer may be for other classes, and no other layer. */
static void other_classes_are_drawn(void **state)
{
	static struct file file;

	(void)state;
	build(TWO);
	make_file(&file, "2.weight 4 4\n2.bias 4\n4.weight 26 4\n4.bias 26");
	assert_int_equal(weights_match(&network, &file.file, false, &match, &error), -1);
	assert_int_equal(weights_match(&network, &file.file, true, &match, &error), 0);
	assert_true(match.by_name);
	for (int p = 0; p < 4; p++) {
		assert_int_equal(match.sources[p].redrawn, p >= 2);
		network.params[p]->value[0] = 7;
	}
	assert_int_equal(weights_take(&network, &match, &error), 0);
	for (int p = 0; p < 4; p++)
		assert_true(network.params[p]->value[0] == (p >= 2 ? 7 : numbers[0]));
	make_file(&file, "2.weight 5 4\n2.bias 5\n4.weight 26 5\n4.bias 26");
	assert_int_equal(weights_match(&network, &file.file, true, &match, &error), -1);
	assert_error_has(&error, "no tensor fits layer 2, dense:4, which needs [4, 4]");
	network_free(&network);
}

/* ---- what other programs compute ---- */

static void load_image(const void *context, int first, int n, float *scratch, float *x)
{
	(void)scratch;
	memcpy(x, (const float *)context + 784 * first, 784 * (size_t)n * sizeof *x);
}

/* fixtures/foreign/NAME.txt has the scores that PyTorch, or Keras, gives the digits of digits.bin
 * with the weights of NAME.safetensors. */
static void check_program(const char *name, const char *scale)
{
	char path[200], scores[200];
	struct model_wanted wanted = {
		.spec = "conv:3,3 batchnorm relu maxpool:2 conv:4,3,same relu maxpool:3 flatten dense:8 "
				"relu dense:10 softmax"};
	struct buffer digits = fixture_read(FIXTURES "/digits.bin");
	static float x[10 * 784];
	struct engine engine;

	snprintf(path, sizeof path, FIXTURES "/foreign/%s.safetensors", name);
	snprintf(scores, sizeof scores, FIXTURES "/foreign/%s.txt", name);
	assert_int_equal(input_scale_codec.parse(scale, &wanted.scale, &error), 0);
	if (model_load_as(path, &wanted, &network, NULL, NULL, &match, &error))
		fail_msg("%s", error.text);
	assert_int_equal(match.count, network.param_count);
	assert_int_equal(engine_open(&engine, "auto", 1, &error), 0);
	struct executor *executor = executor_open(&network, &engine, 10, EXECUTOR_PREDICT, &error);
	assert_non_null(executor);
	for (int i = 0; i < 7840; i++)
		x[i] = (float)digits.data[i] / 255.0f;
	const float *logits =
		executor_predict(executor, &(struct batch){.n = 10, .load = load_image, .context = x});
	FILE *expected = fopen(scores, "r");
	assert_non_null(expected);
	for (int i = 0; i < 100; i++) {
		float score;
		assert_int_equal(fscanf(expected, "%f", &score), 1);
		assert_true(fabsf(score - logits[i]) < 1e-5f);
	}
	fclose(expected);
	executor_close(executor);
	engine_close(&engine);
	network_free(&network);
	buffer_free(&digits);
}

static void scores_are_those_of_other_programs(void **state)
{
	(void)state;
	check_program("torch", "0.1307,0.3081");
	check_program("keras", "0..1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tensors_find_their_layers),
		cmocka_unit_test(what_is_not_clear_is_refused),
		cmocka_unit_test(all_orders_are_read),
		cmocka_unit_test(numbers_that_are_not_there),
		cmocka_unit_test(keras_adds_more_to_a_variance_without_names),
		cmocka_unit_test(doubles_must_fit),
		cmocka_unit_test(other_classes_are_drawn),
		cmocka_unit_test(scores_are_those_of_other_programs),
	};

	return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
