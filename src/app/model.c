/* A model is a safetensors file. Tensors have PyTorch's names and layouts; the metadata holds the
 * network's text and how it was trained. */
#include "app/model.h"

#include <stdlib.h>
#include <string.h>

#include "app/evaluate.h"
#include "app/input_scale.h"
#include "app/model_parts.h"
#include "base/draft.h"
#include "base/path.h"
#include "formats/pixels.h"
#include "formats/safetensors.h"

/* The images and classes that a network is for. A file that does not say is for MNIST. */
struct purpose {
	int height, width, classes;
};
static const struct purpose standard = {28, 28, 10};

/* Lay the parameters out as tensors in the file's order; `values` has room for all of them. */
static void lay_out(struct safetensors_tensor *tensors, float *values,
					const struct network *network)
{
	for (int i = 0; i < network->param_count; i++) {
		tensors[i] = tensor_of_param(network->params[i], network->params[i]->value, values);
		values += tensors[i].count;
	}
}

int model_encode(const struct network *network, const struct model_info *info, struct buffer *bytes,
				 struct error *error)
{
	struct model_description description;
	struct safetensors_tensor *tensors = calloc((size_t)network->param_count + 1, sizeof *tensors);
	float *values = malloc((network->value_count + 1) * sizeof *values);
	int status = -1;

	if (model_describe(&description, network, info, error)) {
		status = -1;
	} else if (tensors && values) {
		lay_out(tensors, values, network);
		const struct safetensors file = {
			.tensors = tensors,
			.tensor_count = (size_t)network->param_count,
			.metadata = description.metadata.entries,
			.metadata_count = description.metadata.count,
		};
		status = safetensors_write(&file, bytes, error);
	} else {
		error_scarce(error, "not enough memory to lay out %zu weights", network->weight_count);
	}
	free(tensors);
	free(values);
	model_description_free(&description);
	return status;
}

int model_save(const char *path, const struct network *network, const struct model_info *info,
			   struct error *error)
{
	struct buffer bytes = {0};

	if (model_encode(network, info, &bytes, error))
		return error_prefix(error, "%s", path);
	const int status = file_replace(path, bytes.data, bytes.size, error);
	buffer_free(&bytes);
	return status;
}

/* Files had the temperature as a number beside the weights once. Where these scale the scores, it
 * goes into them, and out of the metadata; else it stays there, and probabilities are not
 * calibrated, as those of such networks are not today. */
static int apply_temperature(struct safetensors *file, const struct network *network,
							 struct error *error)
{
	static const struct field field = {
		.name = "temperature", FIELD_DOUBLE, .min = TEMPERATURE_LEAST, .max = TEMPERATURE_MOST};
	double temperature;

	if (!safetensors_metadata(file, field.name))
		return 0;
	if (metadata_read_field(file, &field, &temperature, error))
		return -1;
	if (network_scaling_layer(network)) {
		network_divide_logits(network, (float)temperature);
		safetensors_forget(file, field.name);
	}
	return 0;
}

int model_scale(const struct safetensors *file, struct input_scale wanted,
				struct input_scale *scale, struct error *error)
{
	const char *own = safetensors_metadata(file, "scaling");
	char text[INPUT_FORMULA_TEXT];

	*scale = wanted.deviation > 0 ? wanted : INPUT_PLAIN;
	if (!own)
		return 0;
	if (input_formula_parse(own, scale, error))
		return -1;
	const char *said = wanted.deviation > 0 ? input_formula(wanted, text) : own;
	return strcmp(said, own) ? error_set(error, "its input is %s, not %s", own, said) : 0;
}

int model_flatten(const struct safetensors *file, enum flatten_order wanted,
				  struct weights_match *match, struct error *error)
{
	if (wanted == FLATTEN_CHANNELS_LAST && safetensors_metadata(file, "network"))
		return error_set(error, "its images are flattened with the channels first, not last");
	if (wanted != FLATTEN_AUTO)
		match->channels_last = wanted == FLATTEN_CHANNELS_LAST;
	return 0;
}

/* Read a whole number that begins at *text and ends with `end`, and move behind that. */
static bool read_part(const char **text, char end, int least, int most, int *value)
{
	char *behind;

	if (**text < '0' || **text > '9')
		return false;
	const long number = strtol(*text, &behind, 10);
	if (*behind != end || number < least || number > most)
		return false;
	*text = behind + 1;
	*value = (int)number;
	return true;
}

static int read_purpose(const struct safetensors *file, struct purpose *out, struct error *error)
{
	const char *input = safetensors_metadata(file, "input"), *i = input;
	const char *classes = safetensors_metadata(file, "classes"), *c = classes;
	int channels;

	*out = standard;
	if (input && !(read_part(&i, 'x', 1, IMAGE_MOST_SIDE, &out->height) &&
				   read_part(&i, 'x', 1, IMAGE_MOST_SIDE, &out->width) &&
				   read_part(&i, '\0', 1, 1, &channels)))
		return error_set(error, "input is \"%.40s\"; this program reads \"1x1x1\" to \"%dx%dx1\"",
						 input, IMAGE_MOST_SIDE, IMAGE_MOST_SIDE);
	if (classes && !read_part(&c, '\0', 2, CLASSES_MOST, &out->classes))
		return error_set(error, "classes is \"%.40s\"; this program reads \"2\" to \"%d\"", classes,
						 CLASSES_MOST);
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

	return !tensor->values && !tensor->doubles && suffix && !strcmp(suffix, ".num_batches_tracked");
}

/* There is memory for the weights when the file is known to have them: its text could ask for any
 * number. */
static int read_weights(const struct safetensors *file, struct network *network,
						struct error *error)
{
	for (int i = 0; i < network->param_count; i++)
		if (!tensor_of(file, network->params[i]->name, network->params[i], error))
			return -1;
	if (network_place(network, error))
		return -1;
	for (int i = 0; i < network->param_count; i++) {
		const struct param *param = network->params[i];
		if (tensor_read_param(file, param->name, param, param->value, error))
			return -1;
	}
	for (size_t i = 0; i < file->tensor_count; i++)
		if (!has_param(network, file->tensors[i].name) && !is_batch_count(&file->tensors[i]))
			return error_set(error, "tensor \"%.60s\" is not in the network \"%.200s\"",
							 file->tensors[i].name, network->spec);
	return 0;
}

int model_classes(const struct safetensors *file, int count, struct classes *out,
				  struct error *error)
{
	const char *labels = safetensors_metadata(file, "class_labels");
	const char *names = safetensors_metadata(file, "class_names");

	*out = (struct classes){0};
	if (!labels && !names)
		return classes_numbered(count, out, error);
	if (!labels || !names)
		return error_set(error, "metadata: there is only one of class_labels and class_names");
	if (classes_read(labels, names, out, error))
		return error_prefix(error, "metadata");
	if (out->count == count)
		return 0;
	error_set(error, "metadata: %d labels for %d classes", out->count, count);
	classes_free(out);
	return -1;
}

static int plan(struct network *network, const char *spec, int height, int width, int classes,
				struct error *error)
{
	const struct shape input = {.h = height, .w = width, .c = 1};

	if (network_plan(network, spec, input, classes, error))
		return -1;
	if (network->classes >= 2 && network->classes <= CLASSES_MOST)
		return 0;
	error_set(error, "%d units before softmax: 2 to %d classes are possible", network->classes,
			  CLASSES_MOST);
	network_free(network);
	return -1;
}

int model_build(struct network *network, const char *spec, int height, int width, int classes,
				struct error *error)
{
	if (plan(network, spec, height, width, classes, error))
		return -1;
	if (!network_place(network, error))
		return 0;
	network_free(network);
	return -1;
}

/* The file's own network counts where it has one; the caller's must agree with it. */
static enum model_fault take(struct safetensors *file, const struct model_wanted *wanted,
							 struct network *network, struct model_info *info,
							 struct weights_match *match, struct error *error)
{
	const char *own = safetensors_metadata(file, "network"), *spec = wanted->spec;
	struct purpose purpose;

	if (model_check_format(file, error) || read_purpose(file, &purpose, error))
		return MODEL_BROKEN;
	if (!own && !spec) {
		error_set(error, "does not say which network it is for");
		return MODEL_NAMELESS;
	}
	if (own && spec && !spec_is_same(own, spec, purpose.classes)) {
		error_set(error, "its network is \"%.200s\", not \"%.200s\"", own, spec);
		return MODEL_BROKEN;
	}
	if (own)
		spec = own;
	const bool failed = plan(network, spec, purpose.height, purpose.width, purpose.classes, error);
	const bool said = safetensors_metadata(file, "classes") != NULL;
	if (failed || (said && network->classes != purpose.classes)) {
		if (!failed)
			error_set(error, "%d units before softmax, but there are %d classes", network->classes,
					  purpose.classes);
		error_prefix(error, "network \"%.200s\"", spec);
		return MODEL_BROKEN;
	}
	if (model_scale(file, wanted->scale, &network->scale, error) ||
		(own ? read_weights(file, network, error)
			 : weights_match(network, file, false, match, error)) ||
		model_flatten(file, wanted->flatten, match, error) ||
		(!own && (network_place(network, error) || weights_take(network, match, error))) ||
		model_read_info(file, info, error) || apply_temperature(file, network, error))
		return MODEL_BROKEN;
	return MODEL_FINE;
}

const char *model_spec(const struct safetensors *file, char text[MODEL_SPEC_TEXT])
{
	const char *own = safetensors_metadata(file, "network");
	const char *classes = safetensors_metadata(file, "classes");
	struct error ignored;
	struct spec spec;
	int last;

	if (!own || spec_parse(own, &spec, &ignored))
		return NULL;
	for (last = spec.layer_count - 1; last > 0 && strcmp(spec.layers[last].name.text, "dense");)
		last--;
	struct spec_layer *layer = &spec.layers[last];
	if (classes && layer->argument_count == 1 && !strcmp(layer->arguments[0].text, classes))
		strcpy(layer->arguments[0].text, "classes");
	*text = '\0';
	for (int i = 0; i < spec.layer_count; i++) {
		char word[SPEC_LAYER_TEXT];
		spec_layer_text(&spec.layers[i], word);
		strcat(strcat(text, i ? " " : ""), word);
	}
	return text;
}

int model_read(const char *path, struct safetensors *file, struct error *error)
{
	if (model_file_read(path, file, error))
		return -1;
	if (!model_check_format(file, error))
		return 0;
	safetensors_free(file);
	return error_prefix(error, "%s", path);
}

enum model_fault model_load_as(const char *path, const struct model_wanted *wanted,
							   struct network *network, struct model_info *info,
							   struct safetensors *file, struct weights_match *match,
							   struct error *error)
{
	struct safetensors own = {0};
	struct model_info read = {0};
	enum model_fault fault;

	*network = (struct network){0};
	match->count = 0;
	if (strcmp(path, MODEL_BUILTIN) && !file_exists(path)) {
		error_set(error, "%s: no such file", path);
		fault = MODEL_MISSING;
	} else if (model_file_read(path, &own, error)) {
		fault = MODEL_BROKEN;
	} else {
		fault = take(&own, wanted, network, &read, match, error);
		if (fault)
			error_prefix(error, "%s", path);
	}
	if (fault) {
		network_free(network);
		read = (struct model_info){0};
	}
	if (info)
		*info = read;
	if (fault || !file)
		safetensors_free(&own);
	if (file)
		*file = own;
	return fault;
}

enum model_fault model_load(const char *path, const char *spec, struct network *network,
							struct model_info *info, struct safetensors *file, struct error *error)
{
	struct weights_match match;

	return model_load_as(path, &(struct model_wanted){.spec = spec}, network, info, file, &match,
						 error);
}
