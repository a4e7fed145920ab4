/* Network ⇄ safetensors file. Tensors have PyTorch's names and layouts; the metadata says which
 * network it is and how it was trained. */
#include "app/model.h"

#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/calibrate.h"
#include "base/choice.h"
#include "base/file.h"
#include "formats/safetensors.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"

#define FORMAT "mnist-cnn 1"
#define FORMAT_FAMILY "mnist-cnn "
#define MAX_FILE ((size_t)1 << 30)
#define MAX_METADATA 48
#define VALUE_TEXT 32
#define DIMS_TEXT 100
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Metadata that this program writes always alike, and accepts only so. */
static const struct safetensors_entry constants[] = {
	{"input", "28x28x1"},
	{"scaling", "pixel / 255"},
	{"classes", "10"},
};

enum field_type { FIELD_INT, FIELD_SIZE, FIELD_U64, FIELD_FLOAT, FIELD_DOUBLE, FIELD_CHOICE };

/* A value in struct model_info and its key; max limits FLOAT and DOUBLE, and 0 is the least; CHOICE is
 * an int, which of the words it is. */
struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	double max;
	const char *words;
};

#define OPTION(name) offsetof(struct model_info, options.name)
#define RESULT(name) offsetof(struct model_info, result.name)

/* clang-format off */
static const struct field training[] = {
	{"seed", FIELD_U64, OPTION(seed), 0, NULL},
	{"val_split", FIELD_DOUBLE, OPTION(val_split), 1, NULL},
	{"limit", FIELD_SIZE, OPTION(limit), 0, NULL},
	{"train_images", FIELD_SIZE, offsetof(struct model_info, train_count), 0, NULL},
	{"val_images", FIELD_SIZE, offsetof(struct model_info, val_count), 0, NULL},
	{"epochs", FIELD_DOUBLE, OPTION(epochs), INT_MAX, NULL},
	{"epochs_done", FIELD_INT, RESULT(epochs_done), 0, NULL},
	{"batch_size", FIELD_INT, OPTION(batch_size), 0, NULL},
	{"learning_rate", FIELD_FLOAT, OPTION(learning_rate), FLT_MAX, NULL},
};
/* clang-format on */

/* Files of earlier versions do not have these: they were made with the defaults. */
/* clang-format off */
static const struct field later[] = {
	{"optimizer", FIELD_CHOICE, OPTION(optimizer), 0, OPTIMIZER_WORDS},
	{"schedule", FIELD_CHOICE, OPTION(schedule), 0, SCHEDULE_WORDS},
	{"warmup", FIELD_DOUBLE, OPTION(warmup), 1, NULL},
	{"weight_decay", FIELD_FLOAT, OPTION(weight_decay), 1, NULL},
	{"label_smoothing", FIELD_FLOAT, OPTION(label_smoothing), 1, NULL},
	{"patience", FIELD_INT, OPTION(patience), 0, NULL},
	{"temperature", FIELD_DOUBLE, offsetof(struct model_info, temperature), TEMPERATURE_MOST, NULL},
};
/* clang-format on */

/* What one optimizer has, and the other does not. */
/* clang-format off */
static const struct field adam_fields[] = {
	{"beta1", FIELD_FLOAT, OPTION(beta1), 1, NULL},
	{"beta2", FIELD_FLOAT, OPTION(beta2), 1, NULL},
};
/* clang-format on */
/* clang-format off */
static const struct field sgd_fields[] = {
	{"momentum", FIELD_FLOAT, OPTION(momentum), 1, NULL},
};
/* clang-format on */

/* The epoch whose weights these are, where it need not be the last. */
/* clang-format off */
static const struct field best_field[] = {
	{"best_epoch", FIELD_INT, RESULT(kept.epoch), 0, NULL},
};
/* clang-format on */

/* What that epoch came to. */
/* clang-format off */
static const struct field figures[] = {
	{"accuracy", FIELD_DOUBLE, RESULT(kept.accuracy), 1, NULL},
	{"loss", FIELD_DOUBLE, RESULT(kept.loss), DBL_MAX, NULL},
};
/* clang-format on */
/* clang-format off */
static const struct field val_figures[] = {
	{"val_accuracy", FIELD_DOUBLE, RESULT(kept.val_accuracy), 1, NULL},
	{"val_loss", FIELD_DOUBLE, RESULT(kept.val_loss), DBL_MAX, NULL},
};
/* clang-format on */

/* The shortest text that reads back as the same number; whole ones without an exponent. */
static void print_real(char text[VALUE_TEXT], double value, bool is_float)
{
	if (value < 1e9 && value == floor(value)) {
		snprintf(text, VALUE_TEXT, "%.0f", value);
		return;
	}
	for (int digits = 1; digits <= DBL_DECIMAL_DIG; digits++) {
		snprintf(text, VALUE_TEXT, "%.*g", digits, value);
		if (is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
			return;
	}
}

static void print_field(char text[VALUE_TEXT], const struct field *field,
						const struct model_info *info)
{
	const void *value = (const char *)info + field->offset;
	const char *word;
	int length;

	switch (field->type) {
	case FIELD_INT:
		snprintf(text, VALUE_TEXT, "%d", *(const int *)value);
		break;
	case FIELD_SIZE:
		snprintf(text, VALUE_TEXT, "%zu", *(const size_t *)value);
		break;
	case FIELD_U64:
		snprintf(text, VALUE_TEXT, "%llu", (unsigned long long)*(const uint64_t *)value);
		break;
	case FIELD_FLOAT:
		print_real(text, (double)*(const float *)value, true);
		break;
	case FIELD_DOUBLE:
		print_real(text, *(const double *)value, false);
		break;
	case FIELD_CHOICE:
		word = choice_word(field->words, *(const int *)value, &length);
		snprintf(text, VALUE_TEXT, "%.*s", length, word);
		break;
	}
}

struct metadata {
	struct safetensors_entry entries[MAX_METADATA];
	char values[MAX_METADATA][VALUE_TEXT];
	char augment[AUGMENT_TEXT];
	size_t count;
};

static void add_text(struct metadata *metadata, const char *key, const char *value)
{
	assert(metadata->count < MAX_METADATA);
	metadata->entries[metadata->count++] = (struct safetensors_entry){key, value};
}

static void add_fields(struct metadata *metadata, const struct field *fields, size_t count,
					   const struct model_info *info)
{
	for (size_t i = 0; i < count; i++) {
		char *text = metadata->values[metadata->count];

		print_field(text, &fields[i], info);
		add_text(metadata, fields[i].key, text);
	}
}

static void add_optimizer_fields(struct metadata *metadata, const struct model_info *info)
{
	if (info->options.optimizer == OPTIMIZER_ADAM)
		add_fields(metadata, adam_fields, COUNT(adam_fields), info);
	else
		add_fields(metadata, sgd_fields, COUNT(sgd_fields), info);
}

static void describe(struct metadata *metadata, const struct network *network,
					 const struct model_info *info)
{
	metadata->count = 0;
	add_text(metadata, "format", FORMAT);
	add_text(metadata, "network", network->spec);
	for (size_t i = 0; i < COUNT(constants); i++)
		add_text(metadata, constants[i].key, constants[i].value);
	if (!info || !info->trained_here)
		return;
	add_text(metadata, "kernels", network->engine->kernels->name);
	add_fields(metadata, training, COUNT(training), info);
	add_fields(metadata, later, COUNT(later), info);
	add_optimizer_fields(metadata, info);
	add_text(metadata, "augment", augment_text(&info->options.augment, metadata->augment));
	if (!info->result.kept.epoch)
		return;
	if (info->options.patience)
		add_fields(metadata, best_field, COUNT(best_field), info);
	add_fields(metadata, figures, COUNT(figures), info);
	if (info->result.kept.has_val)
		add_fields(metadata, val_figures, COUNT(val_figures), info);
}

/* The tensors in the file's layout; `values` has room for all of them. */
static void lay_out(struct safetensors_tensor *tensors, float *values,
					const struct network *network)
{
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];

		tensors[i] = (struct safetensors_tensor){
			.name = param->name, .values = values, .count = param->count};
		tensors[i].rank = param_file_dims(param, tensors[i].dims);
		param_to_file(param, param->value, values);
		values += param->count;
	}
}

int model_save(const char *path, const struct network *network, const struct model_info *info,
			   struct error *error)
{
	struct metadata metadata;
	struct buffer bytes = {0};
	struct safetensors_tensor *tensors = calloc((size_t)network->param_count + 1, sizeof *tensors);
	float *values = malloc((network->value_count + 1) * sizeof *values);
	int status = -1;

	describe(&metadata, network, info);
	if (tensors && values) {
		lay_out(tensors, values, network);
		const struct safetensors file = {
			.tensors = tensors,
			.tensor_count = (size_t)network->param_count,
			.metadata = metadata.entries,
			.metadata_count = metadata.count,
		};
		status = safetensors_write(&file, &bytes, error);
	} else {
		error_set(error, "not enough memory to lay out %zu weights", network->weight_count);
	}
	free(tensors);
	free(values);
	if (status)
		return error_prefix(error, "%s", path);
	status = file_replace(path, bytes.data, bytes.size, error);
	buffer_free(&bytes);
	return status;
}

/* Digits alone, at most max. */
static bool parse_integer(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t result = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (result > (max - digit) / 10)
			return false;
		result = result * 10 + digit;
	}
	*value = result;
	return true;
}

/* A decimal number of at least 0; no blanks, no hexadecimal, no names. */
static bool is_decimal(const char *text)
{
	return *text >= '0' && *text <= '9' && text[strspn(text, "0123456789.eE+-")] == 0;
}

static bool parse_field(const char *text, const struct field *field, struct model_info *info)
{
	void *value = (char *)info + field->offset;
	uint64_t integer;
	char *end;

	switch (field->type) {
	case FIELD_INT:
		if (!parse_integer(text, INT_MAX, &integer))
			return false;
		*(int *)value = (int)integer;
		return true;
	case FIELD_SIZE:
		if (!parse_integer(text, SIZE_MAX, &integer))
			return false;
		*(size_t *)value = (size_t)integer;
		return true;
	case FIELD_U64:
		return parse_integer(text, UINT64_MAX, value);
	case FIELD_FLOAT:
		if (!is_decimal(text))
			return false;
		*(float *)value = strtof(text, &end);
		return !*end && (double)*(float *)value <= field->max;
	case FIELD_DOUBLE:
		if (!is_decimal(text))
			return false;
		*(double *)value = strtod(text, &end);
		return !*end && *(double *)value <= field->max;
	case FIELD_CHOICE:
		*(int *)value = choice_find(field->words, text);
		return *(int *)value >= 0;
	}
	return false;
}

static int read_field(const char *text, const struct field *field, struct model_info *info,
					  struct error *error)
{
	if (parse_field(text, field, info))
		return 0;
	return error_set(error, "metadata: %s is \"%.40s\", which is no such %s", field->key, text,
					 field->type == FIELD_CHOICE ? "word" : "number");
}

static int read_fields(const struct safetensors *file, const struct field *fields, size_t count,
					   struct model_info *info, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = safetensors_metadata(file, fields[i].key);

		if (!text)
			return error_set(error, "the metadata has no \"%s\"", fields[i].key);
		if (read_field(text, &fields[i], info, error))
			return -1;
	}
	return 0;
}

/* Files of before there was augmentation do not name it. */
static int read_augment(const struct safetensors *file, struct augment *augment,
						struct error *error)
{
	const char *text = safetensors_metadata(file, "augment");

	if (augment_parse(text ? text : "none", augment, error))
		return error_prefix(error, "metadata: augment");
	return 0;
}

static int read_options(const struct safetensors *file, struct model_info *info,
						struct error *error)
{
	if (read_fields(file, training, COUNT(training), info, error))
		return -1;
	for (size_t i = 0; i < COUNT(later); i++) {
		const char *text = safetensors_metadata(file, later[i].key);

		if (text && read_field(text, &later[i], info, error))
			return -1;
	}
	if (info->temperature < TEMPERATURE_LEAST)
		return error_set(error, "metadata: a temperature of %g; the least is %g", info->temperature,
						 TEMPERATURE_LEAST);
	if (info->options.optimizer == OPTIMIZER_ADAM)
		return read_fields(file, adam_fields, COUNT(adam_fields), info, error);
	return read_fields(file, sgd_fields, COUNT(sgd_fields), info, error);
}

/* What the weights came to is only told: a file with odd figures, or none, is as good. */
static void read_figures(const struct safetensors *file, struct model_info *info)
{
	struct curves_row *kept = &info->result.kept;
	struct error ignored;

	if (read_fields(file, figures, COUNT(figures), info, &ignored)) {
		*kept = (struct curves_row){0};
		return;
	}
	if (read_fields(file, best_field, COUNT(best_field), info, &ignored))
		kept->epoch = info->result.epochs_done;
	kept->has_val = !read_fields(file, val_figures, COUNT(val_figures), info, &ignored);
}

/* Was it stopped, and did not merely run out of patience? */
static bool was_stopped(const struct model_info *info)
{
	const struct train_result *result = &info->result;
	int patience = info->options.patience;

	if (patience && result->kept.epoch && result->epochs_done - result->kept.epoch >= patience)
		return false;
	return result->epochs_done < info->options.epochs;
}

/* How it was trained; nothing where the file does not say. */
static int read_info(const struct safetensors *file, struct model_info *info, struct error *error)
{
	*info = (struct model_info){.temperature = TEMPERATURE_NONE};
	if (!safetensors_metadata(file, "seed"))
		return 0;
	info->trained_here = true;
	info->options = train_defaults();
	if (read_options(file, info, error) || read_augment(file, &info->options.augment, error))
		return -1;
	read_figures(file, info);
	info->result.stopped = was_stopped(info);
	return 0;
}

/* Equal but for the blanks between words. */
static bool is_same_spec(const char *a, const char *b)
{
	const char *const blanks = " \t\r\n";

	for (;;) {
		a += strspn(a, blanks);
		b += strspn(b, blanks);
		size_t length = strcspn(a, blanks);
		if (length != strcspn(b, blanks) || memcmp(a, b, length))
			return false;
		if (!length)
			return true;
		a += length;
		b += length;
	}
}

/* Which network is it? NULL with an error where that is not known or not possible. */
static const char *choose_spec(const struct safetensors *file, const char *spec,
							   struct error *error)
{
	const char *format = safetensors_metadata(file, "format");
	const char *own = safetensors_metadata(file, "network");

	if (format && !strncmp(format, FORMAT_FAMILY, strlen(FORMAT_FAMILY)) &&
		strcmp(format, FORMAT)) {
		error_set(error, "its format is \"%.40s\"; this program reads \"" FORMAT "\"", format);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(constants); i++) {
		const char *value = safetensors_metadata(file, constants[i].key);

		if (value && strcmp(value, constants[i].value)) {
			error_set(error, "%s is \"%.40s\"; this program reads \"%s\"", constants[i].key, value,
					  constants[i].value);
			return NULL;
		}
	}
	if (own && spec && !is_same_spec(own, spec)) {
		error_set(error, "its network is \"%.200s\", not \"%.200s\"", own, spec);
		return NULL;
	}
	if (!own && !spec)
		error_set(error, "does not say which network it is for: give it with --network SPEC");
	return own ? own : spec;
}

static const char *dims_text(char text[DIMS_TEXT], int rank, const size_t *dims)
{
	int used = snprintf(text, DIMS_TEXT, "[");

	for (int i = 0; i < rank; i++)
		used += snprintf(text + used, (size_t)(DIMS_TEXT - used), i ? ", %zu" : "%zu", dims[i]);
	snprintf(text + used, (size_t)(DIMS_TEXT - used), "]");
	return text;
}

static int read_param(const struct safetensors *file, const struct param *param,
					  struct error *error)
{
	const struct safetensors_tensor *tensor = safetensors_find(file, param->name);
	char have[DIMS_TEXT], want[DIMS_TEXT];
	size_t dims[4];
	int rank = param_file_dims(param, dims);

	if (!tensor)
		return error_set(error, "has no tensor \"%s\", which the network needs", param->name);
	if (!tensor->values)
		return error_set(error, "tensor \"%s\" holds integers, not weights", param->name);
	if (tensor->rank != rank || memcmp(tensor->dims, dims, (size_t)rank * sizeof *dims))
		return error_set(error, "tensor \"%s\" has the shape %s; the network needs %s", param->name,
						 dims_text(have, tensor->rank, tensor->dims), dims_text(want, rank, dims));
	param_from_file(param, tensor->values, param->value);
	return 0;
}

static bool has_param(const struct network *network, const char *name)
{
	for (int i = 0; i < network->param_count; i++)
		if (!strcmp(network->params[i]->name, name))
			return true;
	return false;
}

/* PyTorch counts the batches that a batch normalization has seen; nothing depends on it. */
static bool is_batch_count(const struct safetensors_tensor *tensor)
{
	const char *suffix = strrchr(tensor->name, '.');

	return !tensor->values && suffix && !strcmp(suffix, ".num_batches_tracked");
}

static int read_weights(const struct safetensors *file, struct network *network,
						struct error *error)
{
	for (int i = 0; i < network->param_count; i++)
		if (read_param(file, network->params[i], error))
			return -1;
	for (size_t i = 0; i < file->tensor_count; i++)
		if (!has_param(network, file->tensors[i].name) && !is_batch_count(&file->tensors[i]))
			return error_set(error, "tensor \"%.60s\" is not in the network \"%.200s\"",
							 file->tensors[i].name, network->spec);
	return 0;
}

static int load(const struct safetensors *file, const char *spec, int batch_size,
				const struct engine *engine, struct network *network, struct model_info *info,
				struct error *error)
{
	const struct shape input = {.h = DATASET_SIDE, .w = DATASET_SIDE, .c = 1};
	struct model_info ignored;

	spec = choose_spec(file, spec, error);
	if (!spec)
		return -1;
	if (network_build(network, spec, input, batch_size, false, engine, error))
		return error_prefix(error, "network \"%.200s\"", spec);
	if (network->classes != DATASET_CLASSES)
		return error_set(error, "the network tells %d classes apart; digits are %d",
						 network->classes, DATASET_CLASSES);
	if (read_weights(file, network, error))
		return -1;
	network_prepare(network);
	return read_info(file, info ? info : &ignored, error);
}

/* Text in place of the header's length, whose last bytes are 0: some other file was named, or a
 * page was saved where the file was meant. */
static int refuse_text(const struct buffer *bytes, struct error *error)
{
	const uint8_t *begin = bytes->data, *end = begin + (bytes->size < 8 ? bytes->size : 8);

	for (const uint8_t *c = begin; c < end; c++)
		if (*c < ' ' && *c != '\t' && *c != '\n' && *c != '\r')
			return 0;
	while (begin < end && *begin <= ' ')
		begin++;
	if (begin == end)
		return 0;
	return error_set(error, "is a %s, not a trained network",
					 *begin == '<' ? "web page" : "text file");
}

/* data/model.safetensors, made C by scripts/embed.c. */
extern const unsigned char model_builtin[];
extern const size_t model_builtin_size;

const char *model_default(void)
{
	return file_exists(MODEL_FILE) ? MODEL_FILE : MODEL_BUILTIN;
}

int model_read(const char *path, struct safetensors *file, struct error *error)
{
	struct buffer bytes;

	*file = (struct safetensors){0};
	if (!strcmp(path, MODEL_BUILTIN))
		return safetensors_parse(model_builtin, model_builtin_size, file, error);
	if (!file_exists(path))
		return error_set(error,
						 "%s: no such file; train a model with 'mnist-cnn train', or name "
						 "one with --model FILE",
						 path);
	if (file_read(path, MAX_FILE, &bytes, error))
		return -1;
	int status = refuse_text(&bytes, error);
	if (!status)
		status = safetensors_parse(bytes.data, bytes.size, file, error);
	buffer_free(&bytes);
	return status ? error_prefix(error, "%s", path) : 0;
}

int model_load(const char *path, const char *spec, int batch_size, const struct engine *engine,
			   struct network *network, struct model_info *info, struct error *error)
{
	struct safetensors file;

	*network = (struct network){0};
	if (info)
		*info = (struct model_info){0};
	if (model_read(path, &file, error))
		return -1;
	int status = load(&file, spec, batch_size, engine, network, info, error);
	safetensors_free(&file);
	if (status) {
		network_free(network);
		if (info)
			*info = (struct model_info){0};
		error_prefix(error, "%s", path);
	}
	return status;
}
