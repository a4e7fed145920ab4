/* The model file: written, read back, and refused when it is not what it should be. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "allocations.h"
#include "app/model.h"
#include "base/draft.h"
#include "base/file.h"
#include "errors.h"
#include "formats/safetensors.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "scratch.h"

#define SPEC "conv:2,3 relu maxpool:4 flatten dense:10 softmax"

static char folder[64];
static char path[256];
static struct engine engine;
static struct error error;

static const struct shape input = {.h = 28, .w = 28, .c = 1};

static const struct model_info info = {
	.trained_here = true,
	.settings = {.epochs = 3,
				 .optimizer = {.beta1 = 0.9f, .beta2 = 0.999f, .momentum = 0.9f},
				 .batch_size = 64,
				 .val_split = 0.1,
				 .limit = 5000,
				 .seed = UINT64_MAX,
				 .learning_rate = 1e-3f,
				 .augment = {.shift = 2, .elastic = 30, .sigma = 4, .until = 0.9}},
	.result = {.epochs_done = 3,
			   .kept = {.epoch = 3,
						.accuracy = 1.0 / 3,
						.loss = 0.1,
						.has_val = true,
						.val_accuracy = 0.985,
						.val_loss = 2.0 / 3,
						.learning_rate = (double)1e-3f}},
	.train_count = 4500,
	.val_count = 500,
};

static int setup(void **state)
{
	(void)state;
	if (!scratch_open(folder) || engine_open(&engine, "auto", 1, &error))
		return -1;
	scratch_path(path, folder, "model.safetensors");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&engine);
	return scratch_close(folder) ? 0 : -1;
}

static void build(struct network *network, const char *spec, uint64_t seed)
{
	if (network_build(network, spec, input, 10, &error))
		fail_msg("%s", error.text);
	network_init(network, seed);
	for (int i = 0; i < network->param_count; i++)
		for (size_t j = 0; j < network->params[i]->count; j++)
			network->params[i]->value[j] += (float)j * 0x1p-20f; /* biases begin as 0 */
}

static void read_back(struct buffer *bytes, const char *name)
{
	if (file_read(name, SIZE_MAX, bytes, &error))
		fail_msg("%s", error.text);
}

static void what_is_saved_is_loaded(void **state)
{
	struct network saved, loaded;
	struct model_info back;

	(void)state;
	build(&saved, "  conv:2,3   relu maxpool:4 flatten dense:10 softmax ", 7);
	assert_int_equal(model_save(path, &saved, &info, &error), 0);
	if (model_load(path, NULL, &loaded, &back, NULL, &error))
		fail_msg("%s", error.text);
	assert_string_equal(loaded.spec, SPEC);
	assert_int_equal(loaded.param_count, 4);
	for (int i = 0; i < 4; i++)
		assert_memory_equal(loaded.params[i]->value, saved.params[i]->value,
							saved.params[i]->count * sizeof(float));

	const struct settings *a = &info.settings, *b = &back.settings;
	assert_true(back.trained_here && !back.result.stopped);
	assert_true(a->seed == b->seed && a->limit == b->limit && a->val_split == b->val_split);
	assert_true(a->epochs == b->epochs && a->batch_size == b->batch_size);
	assert_true(a->learning_rate == b->learning_rate && a->optimizer.beta1 == b->optimizer.beta1);
	assert_true(a->optimizer.beta2 == b->optimizer.beta2 && back.train_count == 4500 &&
				back.val_count == 500);
	const struct epoch_figures *row = &back.result.kept;
	assert_true(back.result.epochs_done == 3 && row->epoch == 3 && row->has_val);
	assert_true(row->accuracy == 1.0 / 3 && row->loss == 0.1);
	assert_true(row->val_accuracy == 0.985 && row->val_loss == 2.0 / 3);
	network_free(&saved);
	network_free(&loaded);
}

/* Neither the path nor what was there before leaves a trace. */
static void the_same_run_gives_the_same_bytes(void **state)
{
	struct network network, other;
	struct buffer first, second, third;
	char elsewhere[256];

	(void)state;
	build(&network, SPEC, 1);
	build(&other, SPEC, 2);
	scratch_path(elsewhere, folder, "elsewhere");
	assert_int_equal(model_save(path, &network, &info, &error), 0);
	read_back(&first, path);
	assert_int_equal(model_save(elsewhere, &other, &info, &error), 0);
	read_back(&third, elsewhere);
	assert_int_equal(model_save(elsewhere, &network, &info, &error), 0);
	read_back(&second, elsewhere);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	assert_int_equal(first.size, third.size);
	assert_memory_not_equal(first.data, third.data, first.size);
	buffer_free(&first);
	buffer_free(&second);
	buffer_free(&third);
	network_free(&network);
	network_free(&other);
}

static void assert_metadata(const struct safetensors_entry *expected, size_t count)
{
	struct buffer bytes;
	struct safetensors file;

	read_back(&bytes, path);
	assert_int_equal(safetensors_parse(bytes.data, bytes.size, &file, &error), 0);
	assert_int_equal(file.metadata_count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(safetensors_metadata(&file, expected[i].key), expected[i].value);
	safetensors_free(&file);
	buffer_free(&bytes);
}

static void metadata_says_how_it_was_trained(void **state)
{
	const struct safetensors_entry expected[] = {
		{"format", "mnist-cnn 1"},
		{"network", SPEC},
		{"input", "28x28x1"},
		{"scaling", "pixel / 255"},
		{"classes", "10"},
		{"seed", "18446744073709551615"},
		{"val_split", "0.1"},
		{"limit", "5000"},
		{"train_images", "4500"},
		{"val_images", "500"},
		{"epochs", "3"},
		{"epochs_done", "3"},
		{"batch_size", "64"},
		{"learning_rate", "0.001"},
		{"optimizer", "adam"},
		{"schedule", "constant"},
		{"warmup", "0"},
		{"weight_decay", "0"},
		{"label_smoothing", "0"},
		{"patience", "0"},
		{"beta1", "0.9"},
		{"beta2", "0.999"},
		{"augment", "shift:2,elastic:30,sigma:4,until:0.9"},
		{"accuracy", "0.3333333333333333"},
		{"loss", "0.1"},
		{"val_accuracy", "0.985"},
		{"val_loss", "0.6666666666666666"},
	};
	struct network network;
	struct model_info partial = info;

	(void)state;
	build(&network, SPEC, 1);
	assert_int_equal(model_save(path, &network, &info, &error), 0);
	assert_metadata(expected, 27);
	partial.result.kept.has_val = false;
	assert_int_equal(model_save(path, &network, &partial, &error), 0);
	assert_metadata(expected, 25);
	partial.result.stopped = true;
	partial.result.kept.epoch = 0;
	assert_int_equal(model_save(path, &network, &partial, &error), 0);
	assert_metadata(expected, 23);
	assert_int_equal(model_save(path, &network, NULL, &error), 0);
	assert_metadata(expected, 5);
	network_free(&network);
}

/* Write the model file anew with metadata `key` set to `value` (taken out where that is NULL), and
 * load it. */
static int load_changed(const char *key, const char *value, const char *spec)
{
	struct network network;
	struct buffer bytes;
	struct safetensors file;
	struct safetensors_entry entries[50];

	build(&network, SPEC, 1);
	assert_int_equal(model_save(path, &network, &info, &error), 0);
	network_free(&network);
	read_back(&bytes, path);
	assert_int_equal(safetensors_parse(bytes.data, bytes.size, &file, &error), 0);
	buffer_free(&bytes);

	struct safetensors changed = file;
	changed.metadata = entries;
	changed.metadata_count = 0;
	for (size_t i = 0; i < file.metadata_count; i++)
		if (strcmp(file.metadata[i].key, key))
			entries[changed.metadata_count++] = file.metadata[i];
	if (value)
		entries[changed.metadata_count++] = (struct safetensors_entry){key, value};
	assert_int_equal(safetensors_write(&changed, &bytes, &error), 0);
	safetensors_free(&file);
	assert_int_equal(file_replace(path, bytes.data, bytes.size, &error), 0);
	buffer_free(&bytes);

	struct model_info back;
	int status = model_load(path, spec, &network, &back, NULL, &error);
	if (status) {
		assert_null(network.spec);
		assert_false(back.trained_here);
		assert_true(!strncmp(error.text, path, strlen(path)));
	}
	network_free(&network);
	return status ? -1 : 0;
}

static void every_option_comes_back(void **state)
{
	const struct safetensors_entry expected[] = {
		{"epochs", "7.5"}, {"optimizer", "sgd"},       {"schedule", "cosine"},
		{"warmup", "0.1"}, {"weight_decay", "0.0001"}, {"label_smoothing", "0.05"},
		{"patience", "2"}, {"momentum", "0.8"},        {"best_epoch", "3"},
	};
	struct model_info other = info, back;
	struct network network;
	struct buffer bytes;
	struct safetensors file;

	(void)state;
	other.settings.epochs = 7.5;
	other.settings.optimizer.kind = OPTIMIZER_SGD;
	other.settings.schedule = SCHEDULE_COSINE;
	other.settings.warmup = 0.1;
	other.settings.optimizer.weight_decay = 1e-4f;
	other.settings.label_smoothing = 0.05f;
	other.settings.patience = 2;
	other.settings.optimizer.momentum = 0.8f;
	other.result.epochs_done = 4;
	build(&network, SPEC, 1);
	assert_int_equal(model_save(path, &network, &other, &error), 0);
	network_free(&network);
	read_back(&bytes, path);
	assert_int_equal(safetensors_parse(bytes.data, bytes.size, &file, &error), 0);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_string_equal(safetensors_metadata(&file, expected[i].key), expected[i].value);
	assert_null(safetensors_metadata(&file, "beta1"));
	safetensors_free(&file);
	buffer_free(&bytes);

	assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), 0);
	network_free(&network);
	const struct settings *a = &other.settings, *b = &back.settings;
	assert_true(a->epochs == b->epochs && b->optimizer.kind == OPTIMIZER_SGD);
	assert_true(b->schedule == SCHEDULE_COSINE && a->warmup == b->warmup);
	assert_true(a->optimizer.weight_decay == b->optimizer.weight_decay &&
				a->optimizer.momentum == b->optimizer.momentum);
	assert_true(a->label_smoothing == b->label_smoothing && b->patience == 2);
	assert_int_equal(back.result.kept.epoch, 3);
	assert_true(back.result.stopped); /* one epoch without a better one is not two */
}

/* Two epochs after the best, with a patience of two, it ended by itself. */
static void running_out_of_patience_is_no_stop(void **state)
{
	struct model_info other = info, back;
	struct network network;

	(void)state;
	other.settings.epochs = 30;
	other.settings.patience = 2;
	other.result.epochs_done = 5;
	build(&network, SPEC, 1);
	assert_int_equal(model_save(path, &network, &other, &error), 0);
	network_free(&network);
	assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), 0);
	network_free(&network);
	assert_false(back.result.stopped);
	assert_true(back.result.kept.epoch == 3 && back.result.epochs_done == 5);
}

/* No key may be missing but the other optimizer's; one that nobody knows is passed over. */
static void metadata_is_complete(void **state)
{
	static const char *const keys[] = {"optimizer",       "schedule",  "warmup",  "weight_decay",
									   "label_smoothing", "patience",  "augment", "beta1",
									   "beta2",           "val_split", "limit",   "epochs_done"};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_int_equal(load_changed(keys[i], NULL, NULL), -1);
		snprintf(text, sizeof text, "the metadata has no \"%s\"", keys[i]);
		assert_error_has(&error, text);
	}
	assert_int_equal(load_changed("momentum", NULL, NULL), 0);
	assert_int_equal(load_changed("kernels", "abacus", NULL), 0);
}

/* Every setting that matters is in the file, once. */
static void every_setting_is_written(void **state)
{
	struct network network;
	struct safetensors file;

	(void)state;
	build(&network, SPEC, 1);
	for (int kind = 0; optimizer_name(kind); kind++) {
		struct model_info other = info;
		other.settings.optimizer.kind = (enum optimizer_kind)kind;
		assert_int_equal(model_save(path, &network, &other, &error), 0);
		struct network loaded;
		assert_int_equal(model_load(path, NULL, &loaded, NULL, &file, &error), 0);
		network_free(&loaded);
		for (const struct field *const *table = settings_tables; *table; table++)
			for (const struct field *field = *table; field->name; field++) {
				int found = 0;
				for (size_t i = 0; i < file.metadata_count; i++)
					found += !strcmp(file.metadata[i].key, field->name);
				assert_int_equal(found, settings_matter(&other.settings, field));
			}
		safetensors_free(&file);
	}
	network_free(&network);
}

/* Each table fits in an array of flags. */
static void settings_are_not_too_many(void **state)
{
	(void)state;
	for (const struct field *const *table = settings_tables; *table; table++) {
		int rows = 0;
		while ((*table)[rows].name)
			rows++;
		assert_in_range(rows, 1, SETTINGS_MOST);
	}
}

/* An optimizer's own settings are rows of the table, too: else nobody could choose or read them. */
static void every_optimizer_has_its_settings(void **state)
{
	(void)state;
	for (int kind = 0; optimizer_name(kind); kind++) {
		const char *const *own = optimizer_rule((enum optimizer_kind)kind)->settings;
		for (; *own; own++)
			if (!settings_find(*own))
				fail_msg("%s: settings.c has no row for %s", optimizer_name(kind), *own);
	}
}

static void a_stopped_run_has_no_figures(void **state)
{
	struct network network;
	struct model_info stopped = info, back;

	(void)state;
	build(&network, SPEC, 1);
	stopped.result.stopped = true;
	stopped.result.epochs_done = 2;
	stopped.result.kept.epoch = 0;
	assert_int_equal(model_save(path, &network, &stopped, &error), 0);
	network_free(&network);
	assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), 0);
	assert_true(back.trained_here && back.result.stopped);
	assert_int_equal(back.result.epochs_done, 2);
	assert_int_equal(back.result.kept.epoch, 0);
	network_free(&network);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), 0);
	network_free(&network);
}

/* conv: memory (out, y, x, in), file (out, in, y, x). The first dense layer: memory (out, y, x, c),
 * file (out, c, y, x). */
static void tensors_lie_as_in_pytorch(void **state)
{
	struct network network;
	struct buffer bytes;
	struct safetensors file;

	(void)state;
	build(&network, "conv:2,3 conv:3,2 maxpool:5 flatten dense:10 softmax", 3);
	assert_int_equal(model_save(path, &network, NULL, &error), 0);
	read_back(&bytes, path);
	assert_int_equal(safetensors_parse(bytes.data, bytes.size, &file, &error), 0);
	assert_int_equal(file.tensor_count, 6);

	const struct safetensors_tensor *filters = safetensors_find(&file, "1.weight");
	const size_t filter_dims[] = {3, 2, 2, 2};
	assert_non_null(filters);
	assert_int_equal(filters->rank, 4);
	assert_memory_equal(filters->dims, filter_dims, sizeof filter_dims);
	for (int out = 0; out < 3; out++)
		for (int in = 0; in < 2; in++)
			for (int y = 0; y < 2; y++)
				for (int x = 0; x < 2; x++)
					assert_true(filters->values[((out * 2 + in) * 2 + y) * 2 + x] ==
								network.params[2]->value[((out * 2 + y) * 2 + x) * 2 + in]);

	const struct safetensors_tensor *dense = safetensors_find(&file, "4.weight");
	assert_non_null(dense);
	assert_int_equal(dense->rank, 2);
	assert_int_equal(dense->dims[0], 10);
	assert_int_equal(dense->dims[1], 75);
	for (int out = 0; out < 10; out++)
		for (int c = 0; c < 3; c++)
			for (int p = 0; p < 25; p++)
				assert_true(dense->values[out * 75 + c * 25 + p] ==
							network.params[4]->value[out * 75 + p * 3 + c]);
	assert_int_equal(safetensors_find(&file, "4.bias")->rank, 1);
	safetensors_free(&file);
	buffer_free(&bytes);
	network_free(&network);
}

static void other_formats_are_refused(void **state)
{
	(void)state;
	assert_int_equal(load_changed("nothing", "new", NULL), 0);
	assert_int_equal(load_changed("format", "pt", NULL), 0); /* what PyTorch's users write */
	assert_int_equal(load_changed("format", "mnist-cnn 2", NULL), -1);
	assert_error_has(&error, "its format is \"mnist-cnn 2\"; this program reads \"mnist-cnn 1\"");
	static const char *const inputs[] = {
		"",        "28x28",     "28x28x3", "0x28x1",
		"257x1x1", "28x28x1x1", "-1x28x1", "99999999999999999999x1x1"};
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		assert_int_equal(load_changed("input", inputs[i], NULL), -1);
		assert_error_has(&error, "this program reads \"1x1x1\" to \"256x256x1\"");
	}
	assert_int_equal(load_changed("scaling", "pixel / 127.5 - 1", NULL), -1);
	assert_error_has(&error, "scaling is ");
	static const char *const classes[] = {"", "1", "1001", "10 ", "x"};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		assert_int_equal(load_changed("classes", classes[i], NULL), -1);
		assert_error_has(&error, "; this program reads \"2\" to \"1000\"");
	}
}

static void the_network_must_fit(void **state)
{
	(void)state;
	assert_int_equal(load_changed("network", NULL, SPEC), 0);
	assert_int_equal(load_changed("network", NULL, NULL), -1);
	assert_error_has(&error, ": does not say which network it is for");
	assert_int_equal(load_changed("format", "pt",
								  "conv:2,3\trelu  maxpool:4 flatten dense:10 "
								  "softmax "),
					 0);
	assert_int_equal(load_changed("format", "pt", "flatten dense:10 softmax"), -1);
	assert_error_has(&error, "its network is \"" SPEC "\", not \"flatten dense:10 softmax\"");
	assert_int_equal(load_changed("network", SPEC " softmax", NULL), -1);
	assert_error_has(&error, "network \"" SPEC " softmax\": position ");
	assert_int_equal(
		load_changed("network", "conv:2,3 relu maxpool:4 flatten dense:9 softmax", NULL), -1);
	assert_error_has(&error, ": 9 units before softmax, but there are 10 classes");
}

static void tensors_must_fit(void **state)
{
	(void)state;
	assert_int_equal(
		load_changed("network", "conv:2,5 relu maxpool:4 flatten dense:10 softmax", NULL), -1);
	assert_error_has(
		&error, "tensor \"0.weight\" has the shape [2, 1, 3, 3]; the network needs [2, 1, 5, 5]");
	assert_int_equal(load_changed("network", "conv:2,3 maxpool:4 flatten dense:10 softmax", NULL),
					 -1);
	assert_error_has(&error, "has no tensor \"3.weight\", which the network needs");
	assert_int_equal(
		load_changed("network", "conv:2,3 relu maxpool:7 flatten dense:10 softmax", NULL), -1);
	assert_error_has(&error, "tensor \"4.weight\" has the shape [10, 72]; the network needs "
							 "[10, 18]");
}

static void numbers_are_read_strictly(void **state)
{
	static const struct {
		const char *key, *value;
	} refused[] = {
		{"seed", "18446744073709551616"},
		{"seed", "-1"},
		{"seed", " 1"},
		{"seed", ""},
		{"seed", "1 "},
		{"seed", "1.0"},
		{"seed", "0x10"},
		{"epochs", "2147483648"},
		{"batch_size", "+64"},
		{"val_split", "nan"},
		{"val_split", "1.5"},
		{"val_split", "-0.1"},
		{"val_split", ".2"},
		{"val_split", "0.2x"},
		{"learning_rate", "inf"},
		{"learning_rate", "1e99"},
		{"learning_rate", "0x1p-3"},
		{"beta1", "0.9 "},
		{"beta2", "2"},
		{"limit", "5000,0"},
		{"epochs", "-1"},
		{"epochs", "1e99"},
		{"warmup", "1.5"},
		{"warmup", "a"},
		{"weight_decay", "-1"},
		{"label_smoothing", "2"},
		{"patience", "1.5"},
		{"schedule", "linear|cosine"},
		{"schedule", "step"},
		{"optimizer", ""},
		{"optimizer", "Adam"},
		{"temperature", "21"},
		{"temperature", "0"},
		{"temperature", "-1"},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_int_equal(load_changed(refused[i].key, refused[i].value, NULL), -1);
		snprintf(text, sizeof text, "metadata: %s is \"%s\"", refused[i].key, refused[i].value);
		assert_error_has(&error, text);
	}
	assert_int_equal(load_changed("learning_rate", "1e-3", NULL), 0);
}

/* Files once had a temperature beside the weights. It goes into those of the last layer. */
static void a_temperature_goes_into_the_weights(void **state)
{
	struct network plain, divided;
	struct safetensors file;

	(void)state;
	assert_int_equal(load_changed("temperature", NULL, NULL), 0);
	assert_int_equal(model_load(path, NULL, &plain, NULL, NULL, &error), 0);
	assert_int_equal(load_changed("temperature", "0.875", NULL), 0);
	assert_int_equal(model_load(path, NULL, &divided, NULL, &file, &error), 0);
	assert_null(safetensors_metadata(&file, "temperature"));
	assert_int_equal(file.metadata_count, 27);
	assert_string_equal(safetensors_metadata(&file, "val_loss"), "0.6666666666666666");
	for (int p = 0; p < plain.param_count; p++) {
		const float divisor = plain.params[p]->name[0] == '4' ? 0.875f : 1;
		for (size_t i = 0; i < plain.params[p]->count; i++)
			assert_true(divided.params[p]->value[i] == plain.params[p]->value[i] / divisor);
	}
	safetensors_free(&file);
	network_free(&plain);
	network_free(&divided);
}

static void augmentation_is_read(void **state)
{
	static const char *const values[] = {"rotate:3,until:0.5", "none"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct network network;
		struct model_info back;
		assert_int_equal(load_changed("augment", values[i], NULL), 0);
		assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), 0);
		network_free(&network);
		assert_true(augment_is_none(&back.settings.augment) == (i == 1));
		assert_true(back.settings.augment.rotate == (i ? 0 : 3));
		assert_true(back.settings.augment.until == (i ? 0 : 0.5));
	}
	assert_int_equal(load_changed("augment", "others:0.25,drawn:0.5", NULL), 0);
	{
		struct network network;
		struct model_info back;
		assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), 0);
		network_free(&network);
		assert_true(back.settings.augment.others == 0.25 && back.settings.augment.drawn == 0.5);
	}
	assert_int_equal(load_changed("augment", "rotate:181", NULL), -1);
	assert_error_has(&error, "metadata: augment: rotate: 181 is not in 0 … 180");
}

/* Nothing depends on the figures of the last epoch. */
static void odd_figures_are_left_out(void **state)
{
	static const struct {
		const char *key, *value;
		int epoch; /* of the figures */
		bool has_val;
	} cases[] = {
		{"loss", "0.5", 3, true},     {"loss", "nan", 0, false},
		{"loss", "1e999", 0, false},  {"accuracy", "1.01", 0, false},
		{"accuracy", NULL, 0, false}, {"val_loss", "nan", 3, false},
		{"val_loss", NULL, 3, false}, {"val_accuracy", "1-2", 3, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct network network;
		struct model_info back;

		assert_int_equal(load_changed(cases[i].key, cases[i].value, NULL), 0);
		assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), 0);
		network_free(&network);
		assert_int_equal(back.result.kept.epoch, cases[i].epoch);
		assert_int_equal(back.result.kept.has_val, cases[i].has_val);
	}
}

static void load_image(const void *context, int first, int n, float *room, float *x)
{
	(void)first, (void)room;
	memcpy(x, context, (size_t)n * 28 * 28 * sizeof *x);
}

static void put_tensors(struct safetensors_tensor *tensors, size_t count)
{
	const struct safetensors file = {.tensors = tensors, .tensor_count = count};
	struct buffer bytes;

	assert_int_equal(safetensors_write(&file, &bytes, &error), 0);
	assert_int_equal(file_replace(path, bytes.data, bytes.size, &error), 0);
	buffer_free(&bytes);
}

#define PYTORCH_FILE FIXTURES "/batchnorm.safetensors"
#define PYTORCH_SPEC "conv:2,14,14 batchnorm flatten dense:10 softmax"

/* Load PyTorch's file with a piece of its header replaced by one of the same length. */
static int load_replaced(const char *old, const char *new)
{
	struct buffer bytes;
	struct network network;
	size_t at = 0;

	assert_int_equal(strlen(old), strlen(new));
	read_back(&bytes, PYTORCH_FILE);
	while (memcmp(bytes.data + at, old, strlen(old)))
		assert_true(++at + strlen(old) < bytes.size);
	memcpy(bytes.data + at, new, strlen(new));
	assert_int_equal(file_replace(path, bytes.data, bytes.size, &error), 0);
	buffer_free(&bytes);
	int status = model_load(path, PYTORCH_SPEC, &network, NULL, NULL, &error);
	network_free(&network);
	return status ? -1 : 0;
}

/* As PyTorch's users leave it: tensors alone. */
static void a_file_without_metadata_needs_a_spec(void **state)
{
	float weights[10 * 784], biases[10] = {0};
	struct safetensors_tensor tensors[] = {
		{.name = "0.bias", .rank = 1, .dims = {10}, .values = biases, .count = 10},
		{.name = "1.bias", .rank = 1, .dims = {10}, .values = biases, .count = 10},
		{.name = "1.weight", .rank = 2, .dims = {10, 784}, .values = weights, .count = 7840},
	};
	struct network network;
	struct model_info back;

	(void)state;
	for (int i = 0; i < 7840; i++)
		weights[i] = (float)i;
	put_tensors(tensors, 3);
	assert_int_equal(model_load(path, "flatten dense:10 softmax", &network, &back, NULL, &error),
					 MODEL_BROKEN);
	assert_error_has(&error, "tensor \"0.bias\" is not in the network \"flatten dense:10 "
							 "softmax\"");
	put_tensors(tensors + 1, 2);
	assert_int_equal(model_load(path, "flatten dense:10 softmax", &network, &back, NULL, &error),
					 0);
	assert_false(back.trained_here);
	assert_true(network.params[0]->value[7839] == 7839);
	network_free(&network);
	assert_int_equal(model_load(path, NULL, &network, &back, NULL, &error), MODEL_NAMELESS);
	assert_error_has(&error, "does not say which network it is for");
}

/* A batch normalization in PyTorch counts batches, too. */
static void a_count_of_batches_is_passed_over(void **state)
{
	const char *const names[] = {"0.weight",       "0.bias",        "1.weight", "1.bias",
								 "1.running_mean", "1.running_var", "3.weight", "3.bias"};
	struct network network;

	(void)state;
	if (model_load(PYTORCH_FILE, PYTORCH_SPEC, &network, NULL, NULL, &error))
		fail_msg("%s", error.text);
	assert_int_equal(network.param_count, 8);
	for (int i = 0; i < 8; i++) {
		assert_string_equal(network.params[i]->name, names[i]);
		assert_true(network.params[i]->value[1] == (i == 6 ? 1 : 0.25f)); /* [1]: a channel */
	}
	network_free(&network);
	assert_int_equal(load_replaced("batches_tracked", "batches_tracKed"), -1);
	assert_error_has(&error, "tensor \"1.num_batches_tracKed\" holds integers (I64), not weights");
	assert_int_equal(load_replaced("\"0.bias\":{\"dtype\":\"F32\",\"shape\":[2]",
								   "\"0.bias\":{\"dtype\":\"I64\",\"shape\":[1]"),
					 -1);
	assert_error_has(&error, "tensor \"0.bias\" holds integers");
}

static void predict(const struct network *network, const struct batch *batch, float logits[10])
{
	struct executor *executor = executor_open(network, &engine, 1, EXECUTOR_PREDICT, &error);

	assert_non_null(executor);
	memcpy(logits, executor_predict(executor, batch), 10 * sizeof *logits);
	executor_close(executor);
}

/* The running means are saved as the weights are, and count in a prediction. */
static void batchnorm_is_saved_and_loaded(void **state)
{
	const char *spec = "conv:3,5,3 batchnorm relu flatten batchnorm dense:10 batchnorm softmax";
	float x[28 * 28], logits[10], again[10];
	const struct batch batch = {.n = 1, .load = load_image, .context = x};
	struct network saved, loaded;

	(void)state;
	for (int i = 0; i < 28 * 28; i++)
		x[i] = (float)(i * 37 % 101) / 101;
	build(&saved, spec, 3);
	assert_int_equal(model_save(path, &saved, &info, &error), 0);
	if (model_load(path, NULL, &loaded, NULL, NULL, &error))
		fail_msg("%s", error.text);
	predict(&saved, &batch, logits);
	predict(&loaded, &batch, again);
	assert_memory_equal(again, logits, sizeof logits);
	loaded.params[4]->value[0] += 1; /* 1.running_mean */
	assert_string_equal(loaded.params[4]->name, "1.running_mean");
	predict(&loaded, &batch, again);
	assert_memory_not_equal(again, logits, sizeof logits);
	network_free(&saved);
	network_free(&loaded);
}

static void files_that_are_no_model(void **state)
{
	struct network network;

	(void)state;
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_MISSING);
	assert_error_has(&error, ": no such file");
	assert_int_equal(model_load(folder, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a directory");
	assert_int_equal(file_replace(path, "nonsense that is long enough", 28, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_true(!strncmp(error.text, path, strlen(path)));
	assert_error_has(&error, ": is a text file, not a trained network");
	assert_null(network.spec);
	assert_int_equal(file_replace(path, "\n<html>", 7, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a web page: the download went wrong");
	assert_int_equal(file_replace(path, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a gzip file; unpack it with 'gunzip'");
	assert_int_equal(file_replace(path, "", 0, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is an empty file");
	assert_int_equal(file_replace(path, "version https://git-lfs.github.com", 34, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a Git LFS pointer; fetch the file with 'git lfs pull'");
	assert_int_equal(file_replace(path, "P5\n28 28 255\n", 13, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a single picture, not a trained network");
	assert_int_equal(file_replace(path, "\x80\4\x95\1\1\1\1\1", 8, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a Python pickle, not a trained network");
	assert_null(strstr(error.text, "CSV"));
	assert_int_equal(file_replace(path, "PAR1\25\4\25\20", 8, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_error_has(&error, ": is a Parquet file, not a trained network");
	/* A header of such a length may begin with the "{" that JSON begins with. */
	assert_int_equal(file_replace(path, "{\0\0\0\0\0\0\0{", 9, &error), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, NULL, &error), MODEL_BROKEN);
	assert_null(strstr(error.text, "JSON,"));
}

/* Each request for memory fails once: an error, and nothing is kept. */
static void memory_may_run_out(void **state)
{
	struct network network;
	int status = -1;

	(void)state;
	if (!allocations_watched())
		skip();
	build(&network, SPEC, 1);
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = model_save(path, &network, &info, &error);
		int requests = allocations_count();
		allocations_fail_at(0);
		assert_true(status == (requests < number ? 0 : -1));
	}
	network_free(&network);
	status = -1;
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = model_load(path, NULL, &network, NULL, NULL, &error) ? -1 : 0;
		int requests = allocations_count();
		allocations_fail_at(0);
		assert_true(status == (requests < number ? 0 : -1));
		assert_true((network.spec == NULL) == (status != 0));
	}
	network_free(&network);
}

static void saving_names_the_file(void **state)
{
	struct network network;

	(void)state;
	build(&network, SPEC, 1);
	assert_int_equal(model_save("/dev/full", &network, &info, &error), -1);
	assert_string_equal(error.text, "/dev/full: cannot write: No space left on device");
	network_free(&network);
}

static void networks_have_two_to_a_thousand_classes(void **state)
{
	struct network network;

	(void)state;
	assert_int_equal(model_build(&network, "flatten dense:1 softmax", 28, 28, 10, &error), -1);
	assert_string_equal(error.text, "1 units before softmax: 2 to 1000 classes are possible");
	assert_null(network.spec);
	assert_int_equal(model_build(&network, "flatten dense:1001 softmax", 28, 28, 10, &error), -1);
	assert_int_equal(model_build(&network, SPEC, 28, 28, 10, &error), 0);
	assert_int_equal(network.classes, 10);
	network_free(&network);
}

/* The file says the sizes; "classes" in the caller's text stands for the file's number. */
static void sizes_and_classes_come_back(void **state)
{
	static const char spec[] = "conv:2,3 relu flatten dense:classes softmax";
	struct network network;

	(void)state;
	assert_int_equal(model_build(&network, spec, 8, 5, 3, &error), 0);
	assert_string_equal(network.spec, "conv:2,3 relu flatten dense:3 softmax");
	assert_int_equal(model_save(path, &network, NULL, &error), 0);
	network_free(&network);
	assert_int_equal(model_load(path, spec, &network, NULL, NULL, &error), 0);
	assert_int_equal(network.input.h, 8);
	assert_int_equal(network.input.w, 5);
	assert_int_equal(network.classes, 3);
	network_free(&network);
}

/* Labels 0 … that have no other name are not written. */
static void the_file_names_the_classes(void **state)
{
	struct network network;
	struct model_info said = {.transposed = true, .pictures = PICTURES_SCALE}, back;
	struct safetensors file;
	struct classes classes, read;

	(void)state;
	assert_int_equal(model_build(&network, SPEC, 28, 28, 10, &error), 0);
	assert_int_equal(classes_numbered(10, &classes, &error), 0);
	said.classes = &classes;
	for (int named = 0; named < 2; named++) {
		if (named)
			assert_int_equal(classes_name(&classes, "a,b,c,d,e,f,g,h,i,\"j\"", &error), 0);
		assert_int_equal(model_save(path, &network, &said, &error), 0);
		struct network again;
		assert_int_equal(model_load(path, NULL, &again, &back, &file, &error), 0);
		network_free(&again);
		assert_true(back.transposed);
		assert_int_equal(back.pictures, PICTURES_SCALE);
		assert_true(!safetensors_metadata(&file, "class_names") == !named);
		assert_int_equal(model_classes(&file, 10, &read, &error), 0);
		assert_string_equal(read.all[9].name, named ? "\"j\"" : "9");
		classes_free(&read);
		if (named) {
			assert_int_equal(model_classes(&file, 9, &read, &error), -1);
			assert_string_equal(error.text, "metadata: 10 labels for 9 classes");
		}
		safetensors_free(&file);
	}
	classes_free(&classes);
	network_free(&network);
}

/* The metadata as it stands in the file, those that nobody knows included. */
static void the_file_can_be_had(void **state)
{
	struct network network;
	struct safetensors file;

	(void)state;
	assert_int_equal(load_changed("nonsense", "yes", NULL), 0);
	assert_int_equal(model_load(path, NULL, &network, NULL, &file, &error), 0);
	network_free(&network);
	assert_int_equal(file.metadata_count, 28);
	assert_string_equal(safetensors_metadata(&file, "nonsense"), "yes");
	safetensors_free(&file);
	assert_int_equal(load_changed("classes", "9", NULL), -1);
	assert_int_equal(model_load(path, NULL, &network, NULL, &file, &error), MODEL_BROKEN);
	assert_null(file.metadata);
}

/* The program carries a model that is complete, calibrated, and to the byte as it would save it. */
static void a_model_is_built_in(void **state)
{
	struct network network;
	struct model_info back;

	(void)state;
	assert_int_equal(model_load(MODEL_BUILTIN, NULL, &network, &back, NULL, &error), 0);
	assert_int_equal(network.classes, 10);
	assert_true(back.trained_here && back.settings.seed == 1);
	assert_true(back.result.kept.val_accuracy > 0.98);
	assert_int_equal(model_save(path, &network, &back, &error), 0);
	network_free(&network);

	struct buffer own, again;
	read_back(&own, DATA "/model.safetensors");
	read_back(&again, path);
	assert_int_equal(own.size, again.size);
	assert_memory_equal(own.data, again.data, own.size);
	buffer_free(&own);
	buffer_free(&again);
}

int main(void)
{
#define MODEL_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_model_is_built_in),
		MODEL_TEST(what_is_saved_is_loaded),
		MODEL_TEST(the_same_run_gives_the_same_bytes),
		MODEL_TEST(metadata_says_how_it_was_trained),
		MODEL_TEST(every_option_comes_back),
		MODEL_TEST(running_out_of_patience_is_no_stop),
		MODEL_TEST(metadata_is_complete),
		MODEL_TEST(every_setting_is_written),
		MODEL_TEST(settings_are_not_too_many),
		MODEL_TEST(every_optimizer_has_its_settings),
		MODEL_TEST(a_stopped_run_has_no_figures),
		MODEL_TEST(tensors_lie_as_in_pytorch),
		MODEL_TEST(other_formats_are_refused),
		MODEL_TEST(the_network_must_fit),
		MODEL_TEST(tensors_must_fit),
		MODEL_TEST(numbers_are_read_strictly),
		MODEL_TEST(a_temperature_goes_into_the_weights),
		MODEL_TEST(augmentation_is_read),
		MODEL_TEST(odd_figures_are_left_out),
		MODEL_TEST(a_file_without_metadata_needs_a_spec),
		MODEL_TEST(a_count_of_batches_is_passed_over),
		MODEL_TEST(batchnorm_is_saved_and_loaded),
		MODEL_TEST(files_that_are_no_model),
		MODEL_TEST(memory_may_run_out),
		MODEL_TEST(saving_names_the_file),
		MODEL_TEST(networks_have_two_to_a_thousand_classes),
		MODEL_TEST(sizes_and_classes_come_back),
		MODEL_TEST(the_file_names_the_classes),
		MODEL_TEST(the_file_can_be_had),
	};
	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
