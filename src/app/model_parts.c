/* Metadata is text, by rows of settings and facts. Tensors have PyTorch's names and layouts. */
#include "app/model_parts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/weights.h"

void metadata_add(struct metadata *metadata, const char *key, const char *value)
{
	assert(metadata->count < METADATA_MOST);
	metadata->entries[metadata->count++] = (struct safetensors_entry){key, value};
}

void metadata_print(struct metadata *metadata, const char *key, const char *format, ...)
{
	va_list arguments;

	assert(metadata->count < METADATA_MOST);
	char *text = metadata->texts[metadata->count];
	va_start(arguments, format);
	vsnprintf(text, FIELD_TEXT_SIZE, format, arguments);
	va_end(arguments);
	metadata_add(metadata, key, text);
}

void metadata_add_field(struct metadata *metadata, const struct field *field, const void *values)
{
	assert(metadata->count < METADATA_MOST);
	metadata_add(metadata, field->name,
				 field_print(field, values, metadata->texts[metadata->count]));
}

static bool parse_value(const struct field *field, const char *text, void *values,
						struct error *error)
{
	const bool is_number = field->type <= FIELD_DOUBLE && field->type != FIELD_FLAG;

	if (is_number && !(*text >= '0' && *text <= '9'))
		return false;
	return (field->optional && !strcmp(text, "0")) || !field_parse(field, text, values, error);
}

int metadata_read_field(const struct safetensors *file, const struct field *field, void *values,
						struct error *error)
{
	const char *text = safetensors_metadata(file, field->name);

	if (!text)
		return error_set(error, "the metadata has no \"%s\"", field->name);
	if (parse_value(field, text, values, error))
		return 0;
	if (field->type == FIELD_OTHER)
		return error_prefix(error, "metadata: %s", field->name);
	return error_set(error, "metadata: %s is \"%.40s\", which is no such %s", field->name, text,
					 field->type == FIELD_CHOICE || field->type == FIELD_FLAG ? "word" : "number");
}

struct safetensors_tensor tensor_of_param(const struct param *param, const float *memory,
										  float *values)
{
	struct safetensors_tensor tensor = {
		.name = param->name, .values = values, .count = param->count};

	tensor.rank = param_file_dims(param, tensor.dims);
	param_to_file(param, memory, values);
	return tensor;
}

const struct safetensors_tensor *tensor_of(const struct safetensors *file, const char *name,
										   const struct param *param, struct error *error)
{
	const struct safetensors_tensor *tensor = safetensors_find(file, name);
	char have[WEIGHTS_DIMS_TEXT], want[WEIGHTS_DIMS_TEXT];
	struct safetensors_tensor wanted;

	wanted.rank = param_file_dims(param, wanted.dims);

	if (!tensor)
		error_set(error, "has no tensor \"%s\", which the network needs", name);
	else if (!tensor->values)
		error_set(error, "tensor \"%s\" holds %s", name,
				  tensor->doubles ? "numbers of 64 bits, expected 32" : "integers, not weights");
	else if (!weights_has_dims(tensor, wanted.rank, wanted.dims))
		error_set(error, "tensor \"%s\" has the shape %s; the network needs %s", name,
				  weights_dims_text(tensor, have), weights_dims_text(&wanted, want));
	else
		return tensor;
	return NULL;
}

int tensor_read_param(const struct safetensors *file, const char *name, const struct param *param,
					  float *memory, struct error *error)
{
	const struct safetensors_tensor *tensor = tensor_of(file, name, param, error);

	if (!tensor)
		return -1;
	param_from_file(param, tensor->values, memory);
	return 0;
}
