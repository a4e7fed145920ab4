/* Names of tensors are split into the module's and what the tensor is to it. */
#include "app/weights_modules.h"

#include <math.h>
#include <string.h>

#include "app/weights.h"
#include "base/text.h"

/* ---- names ---- */

/* clang-format off */
static const struct word {
	const char *text;
	enum role role;
} words[] = {
	{"weight", ROLE_WEIGHT}, {"kernel", ROLE_WEIGHT}, {"gamma", ROLE_WEIGHT},
	{"scale", ROLE_WEIGHT}, {"weights", ROLE_WEIGHT}, {"w", ROLE_WEIGHT}, {"W", ROLE_WEIGHT},
	{"bias", ROLE_BIAS}, {"beta", ROLE_BIAS}, {"biases", ROLE_BIAS},
	{"b", ROLE_BIAS}, {"B", ROLE_BIAS},
	{"running_mean", ROLE_MEAN}, {"moving_mean", ROLE_MEAN}, {"mean", ROLE_MEAN},
	{"running_var", ROLE_VARIANCE}, {"moving_variance", ROLE_VARIANCE}, {"var", ROLE_VARIANCE},
	{"num_batches_tracked", ROLE_COUNTER},
};
/* clang-format on */

static size_t digits_at_end(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && text_is_digit(text[length - 1 - count]))
		count++;
	return count;
}

static enum role role_of(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].text) == length && !memcmp(words[i].text, text, length))
			return words[i].role;
	return ROLE_NONE;
}

/* The length of a name without TensorFlow's ":0". */
static size_t length_of(const char *text)
{
	const size_t length = strlen(text);

	return length > 2 && !strcmp(text + length - 2, ":0") ? length - 2 : length;
}

/* Flax keeps means and weights of one layer in different collections. */
static const char *behind_collection(const char *text)
{
	static const char *const collections[] = {"params.", "batch_stats.", "params/", "batch_stats/"};

	for (size_t i = 0; i < sizeof collections / sizeof *collections; i++)
		if (!strncmp(text, collections[i], strlen(collections[i])))
			return text + strlen(collections[i]);
	return text;
}

/* The role is the longest end of the name that is a word of the table, behind a separator. Keras
 * numbers the tensors of a layer, "dense/vars/0". */
static struct name split_name(const char *text)
{
	struct name name = {.begin = behind_collection(text), .role = ROLE_NONE};

	if (!strncmp(text, "optimizer", strlen("optimizer")) || strstr(text, "seed_generator"))
		name.role = ROLE_COUNTER;
	const size_t length = length_of(name.begin), digits = digits_at_end(name.begin, length);
	const char *const end = name.begin + length;

	for (const char *at = name.begin; at < end && name.role == ROLE_NONE; at++) {
		if (at > name.begin && !strchr("./_", at[-1]))
			continue;
		name.length = (size_t)(at - name.begin) - (at > name.begin);
		name.role = role_of(at, (size_t)(end - at));
		if (name.role == ROLE_NONE && digits && (size_t)(end - at) > digits) {
			const char *const stem = end - digits - (end[-1 - (int)digits] == '_');
			name.role = role_of(at, (size_t)(stem - at));
			name.number = end - digits;
			name.number_length = name.role == ROLE_NONE ? 0 : digits;
		}
	}
	if (name.role == ROLE_NONE && digits == 1 && length > 7 && !memcmp(end - 7, "/vars/", 6)) {
		name.length = length - 7;
		name.role = end[-1] < '0' + ROLES ? (enum role)(end[-1] - '0') : ROLE_NONE;
	}
	return name;
}

static bool same_module(const struct name *a, const struct name *b)
{
	return a->length == b->length && a->number_length == b->number_length &&
		   !memcmp(a->begin, b->begin, a->length) &&
		   (!a->number_length || !memcmp(a->number, b->number, a->number_length));
}

bool weights_named_by_keras(const char *name)
{
	return strstr(name, "moving_variance") || strstr(name, "/vars/");
}

int weights_compare_names(const char *a, const char *b)
{
	int order = 0;

	for (;;) {
		double numbers[2];
		for (int i = 0; i < 2; i++) {
			const char **at = i ? &b : &a;
			numbers[i] = -1;
			if (**at == '_' && text_is_digit((*at)[1]))
				++*at;
			for (; text_is_digit(**at); ++*at)
				numbers[i] = 10 * fmax(numbers[i], 0) + (**at - '0');
		}
		if (!order)
			order = numbers[0] < numbers[1] ? -1 : numbers[0] > numbers[1];
		if (*a != *b)
			return 0;
		if (!*a)
			return order;
		a++, b++;
	}
}

/* ---- modules ---- */

const struct safetensors_tensor *module_tensor(const struct module *module)
{
	int role = 0;

	while (role < ROLES - 1 && !module->tensors[role])
		role++;
	return module->tensors[role];
}

static bool has_values(const struct safetensors_tensor *tensor)
{
	return tensor->values || tensor->doubles;
}

static int add_tensor(struct modules *modules, const struct safetensors_tensor *tensor,
					  struct error *error)
{
	const struct name name = split_name(tensor->name);
	int i = 0;

	if (name.role == ROLE_COUNTER) {
		modules->ignored++;
		return 0;
	}
	if (!has_values(tensor))
		return error_set(error, "tensor \"%.100s\" holds integers (%s), not weights", tensor->name,
						 tensor->dtype);
	if (name.role == ROLE_NONE)
		return error_set(error,
						 "tensor \"%.100s\": its name does not say whether it is a weight "
						 "or a bias",
						 tensor->name);
	while (i < modules->count && !same_module(&modules->list[i].name, &name))
		i++;
	if (i == MODULES_MOST)
		return error_set(error, "has tensors of more than %d layers", SPEC_MAX_LAYERS);
	if (i == modules->count)
		modules->list[modules->count++] = (struct module){.name = name};
	const struct safetensors_tensor **place = &modules->list[i].tensors[name.role];
	if (*place)
		return error_set(error, "tensors \"%.100s\" and \"%.100s\" are the same of one layer",
						 (*place)->name, tensor->name);
	*place = tensor;
	return 0;
}

bool weights_is_vector(const struct safetensors_tensor *tensor, size_t count)
{
	int long_sides = 0;

	for (int i = 0; i < tensor->rank; i++)
		long_sides += tensor->dims[i] != 1;
	return tensor->rank > 0 && tensor->count == count && long_sides <= 1;
}

/* ---- tensors that are only counted: "0", "1", "arr_2" ---- */

#define LISTED_MOST (SPEC_MAX_LAYERS * LAYER_MAX_PARAMS)

static bool is_matrix(const struct safetensors_tensor *tensor)
{
	return tensor->rank == 4 || (tensor->rank == 2 && !weights_is_vector(tensor, tensor->count));
}

/* Sort the tensors by their numbers. Returns how many there are; 0 where their names differ in more
 * than that, or there are too many. */
static size_t sort_listed(const struct safetensors *file,
						  const struct safetensors_tensor *sorted[LISTED_MOST])
{
	size_t count = 0;

	if (file->tensor_count > LISTED_MOST)
		return 0;
	for (; count < file->tensor_count; count++) {
		const struct safetensors_tensor *tensor = &file->tensors[count];
		size_t at = count;

		if (split_name(tensor->name).role != ROLE_NONE || !has_values(tensor) ||
			(count && !weights_compare_names(tensor->name, sorted[0]->name)))
			return 0;
		for (; at && weights_compare_names(tensor->name, sorted[at - 1]->name) < 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = tensor;
	}
	return count;
}

static struct module *add_listed(struct modules *modules, const struct safetensors_tensor *first)
{
	if (modules->count == MODULES_MOST)
		return NULL;
	struct module *module = &modules->list[modules->count++];
	*module = (struct module){
		.name = {.begin = first->name, .length = strlen(first->name)},
	};
	return module;
}

/* Behind a matrix stand its bias, perhaps, and the four vectors of each batch normalization. */
static bool list_modules(const struct safetensors *file, struct modules *modules)
{
	const struct safetensors_tensor *sorted[LISTED_MOST];
	const size_t count = sort_listed(file, sorted);

	for (size_t i = 0, end; i < count; i = end) {
		const bool begins = is_matrix(sorted[i]);
		struct module *module = begins ? add_listed(modules, sorted[i]) : NULL;

		if (begins && !module)
			return false;
		if (module)
			module->tensors[ROLE_WEIGHT] = sorted[i++];
		for (end = i; end < count && !is_matrix(sorted[end]);)
			end++;
		if (module && (end - i) % ROLES == 1)
			module->tensors[ROLE_BIAS] = sorted[i++];
		for (; i < end; i++) {
			if (i + ROLES > end || !(module = add_listed(modules, sorted[i])))
				return false;
			for (int role = 0; role < ROLES; role++)
				module->tensors[role] = sorted[i + (size_t)role];
			i += ROLES - 1;
		}
	}
	return count > 0;
}

int modules_find(const struct safetensors *file, struct modules *modules, struct error *error)
{
	*modules = (struct modules){0};
	modules->listed = list_modules(file, modules);
	if (modules->listed)
		return 0;
	*modules = (struct modules){0};
	for (size_t i = 0; i < file->tensor_count; i++)
		if (add_tensor(modules, &file->tensors[i], error))
			return -1;
	return 0;
}
