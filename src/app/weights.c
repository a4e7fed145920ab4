/* Modules find their layers by name or shape, and numbers their places by strides. */
#include "app/weights.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/weights_modules.h"
#include "nn/kinds.h"

#define KERAS_EPSILON 1e-3f /* of its batch normalization; PyTorch has ours */

const char *weights_dims_text(const struct safetensors_tensor *tensor, char text[WEIGHTS_DIMS_TEXT])
{
	int used = snprintf(text, WEIGHTS_DIMS_TEXT, "[");

	for (int i = 0; i < tensor->rank; i++)
		used += snprintf(text + used, (size_t)(WEIGHTS_DIMS_TEXT - used), i ? ", %zu" : "%zu",
						 tensor->dims[i]);
	snprintf(text + used, (size_t)(WEIGHTS_DIMS_TEXT - used), "]");
	return text;
}

const char *weights_flatten_word(int order)
{
	static const char *const words[] = {"auto", "channels-first", "channels-last", NULL};

	return words[order];
}

/* ---- what fits ---- */

struct orders {
	enum filter_order filters;
	enum dense_order dense;
};

bool weights_has_dims(const struct safetensors_tensor *tensor, int rank, const size_t *dims)
{
	return tensor->rank == rank && !memcmp(tensor->dims, dims, (size_t)rank * sizeof *dims);
}

/* `out` is the layer's number of outputs, or what takes its place. */
static bool weight_fits(const struct param *param, const struct safetensors_tensor *tensor,
						size_t out, struct orders orders)
{
	const size_t h = param->dims[1], w = param->dims[2], c = param->dims[3];

	if (param->layout == PARAM_DENSE)
		return weights_has_dims(tensor, 2,
								orders.dense == ORDER_OUT_IN ? (size_t[]){out, h * w * c}
															 : (size_t[]){h * w * c, out});
	if (orders.filters == ORDER_OIHW)
		return weights_has_dims(tensor, 4, (size_t[]){out, c, h, w});
	if (orders.filters == ORDER_HWIO)
		return weights_has_dims(tensor, 4, (size_t[]){h, w, c, out});
	return weights_has_dims(tensor, 4, (size_t[]){out, h, w, c});
}

/* The number of outputs that a module's weights have; 0 where they are none. */
static size_t outputs_of(const struct module *module, const struct layer *layer,
						 struct orders orders)
{
	const struct safetensors_tensor *weight = module->tensors[ROLE_WEIGHT];

	if (!weight || weight->rank != (layer->kind == &layer_dense ? 2 : 4))
		return 0;
	if (layer->kind == &layer_dense)
		return weight->dims[orders.dense == ORDER_OUT_IN ? 0 : 1];
	return weight->dims[orders.filters == ORDER_HWIO ? 3 : 0];
}

static bool fits(const struct module *module, const struct layer *layer, bool any_outputs,
				 struct orders orders)
{
	const struct safetensors_tensor *const *tensors = module->tensors;
	const struct param *params = layer->params;
	const bool is_norm = layer->kind == &layer_batchnorm;
	const size_t out = any_outputs ? outputs_of(module, layer, orders) : params[ROLE_BIAS].count;

	if (is_norm != (tensors[ROLE_MEAN] && tensors[ROLE_VARIANCE]))
		return false;
	for (int role = is_norm ? ROLE_WEIGHT : ROLE_BIAS; role < layer->param_count; role++)
		if (tensors[role] && !weights_is_vector(tensors[role], out))
			return false;
	return is_norm || (tensors[ROLE_WEIGHT] && !tensors[ROLE_MEAN] && !tensors[ROLE_VARIANCE] &&
					   out && weight_fits(&params[ROLE_WEIGHT], tensors[ROLE_WEIGHT], out, orders));
}

/* ---- the match ---- */

/* A question, one way to understand the file, and its answer. */
struct question {
	const struct network *network;
	struct modules *modules;
	const struct layer *free; /* whose number of outputs may differ; or NULL */
	struct orders orders;
	const struct module *answers[SPEC_MAX_LAYERS]; /* of layers with parameters */
	bool by_name;
};

static bool fits_question(const struct question *question, const struct module *module,
						  const struct layer *layer)
{
	return fits(module, layer, layer == question->free, question->orders);
}

/* The length of what stands in front of the layer's number: 4 for "net.2" and layer 2; -1 where the
 * name does not end in that. */
static int prefix_length(const struct module *module, const struct layer *layer)
{
	const struct name *name = &module->name;
	char number[16];
	const size_t digits = (size_t)snprintf(number, sizeof number, "%d", layer->index);

	if (name->number_length || name->length < digits ||
		memcmp(name->begin + name->length - digits, number, digits))
		return -1;
	const size_t before = name->length - digits;
	return before && !strchr("./", name->begin[before - 1]) ? -1 : (int)before;
}

static const struct module *named(const struct question *question, const struct layer *layer)
{
	const struct modules *modules = question->modules;

	for (int i = 0; i < modules->count; i++)
		if (prefix_length(&modules->list[i], layer) >= 0)
			return &modules->list[i];
	return NULL;
}

/* All layers' numbers behind one prefix, and nothing else. */
static bool match_names(struct question *question)
{
	const struct network *network = question->network;
	const char *prefix = NULL;
	int prefix_size = 0, count = 0;

	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		if (!layer->param_count)
			continue;
		const struct module *module = named(question, layer);
		if (!module || !fits_question(question, module, layer))
			return false;
		const int length = prefix_length(module, layer);
		if (prefix && (length != prefix_size || memcmp(prefix, module->name.begin, (size_t)length)))
			return false;
		prefix = module->name.begin;
		prefix_size = length;
		question->answers[i] = module;
		count++;
	}
	return count == question->modules->count;
}

static int refuse_layer(const struct question *question, const struct layer *layer,
						struct error *error)
{
	const struct module *module = named(question, layer);
	struct safetensors_tensor wanted;
	char need[WEIGHTS_DIMS_TEXT], have[WEIGHTS_DIMS_TEXT];

	for (int i = 0; !module && i < question->modules->count; i++)
		if (!question->modules->list[i].used)
			module = &question->modules->list[i];
	wanted.rank = param_file_dims(&layer->params[0], wanted.dims);
	error_set(error, "no tensor fits layer %d, %s, which needs %s%s", layer->index, layer->text,
			  layer->kind == &layer_batchnorm ? "means and variances of " : "",
			  weights_dims_text(&wanted, need));
	if (module)
		error_append(error, "; \"%.100s\" is %s", module_tensor(module)->name,
					 weights_dims_text(module_tensor(module), have));
	return -1;
}

static int compare_modules(const struct module *a, const struct module *b)
{
	const enum role role = a->tensors[ROLE_MEAN] ? ROLE_MEAN : ROLE_WEIGHT;

	return weights_compare_names(a->tensors[role]->name, b->tensors[role]->name);
}

/* Of the modules that fit, take the one with the least numbers in its name. */
static int match_layer(struct question *question, const struct layer *layer, struct error *error)
{
	struct module *best = NULL;

	for (int i = 0; i < question->modules->count; i++) {
		struct module *module = &question->modules->list[i];
		if (module->used || !fits_question(question, module, layer))
			continue;
		const int order = best ? compare_modules(best, module) : 1;
		if (!order)
			return error_set(error,
							 "\"%.100s\" and \"%.100s\" both fit layer %d, %s, and their names do "
							 "not say which comes first; name them as nn.Sequential does, "
							 "\"%d.weight\"",
							 module_tensor(best)->name, module_tensor(module)->name, layer->index,
							 layer->text, layer->index);
		if (order > 0)
			best = module;
	}
	if (!best)
		return refuse_layer(question, layer, error);
	best->used = true;
	question->answers[layer->index] = best;
	return 0;
}

static int match_shapes(struct question *question, struct error *error)
{
	const struct network *network = question->network;
	struct modules *modules = question->modules;

	for (int i = 0; i < modules->count; i++)
		modules->list[i].used = false;
	for (int i = 0; i < network->layer_count; i++)
		if (network->layers[i].param_count && match_layer(question, &network->layers[i], error))
			return -1;
	for (int i = 0; i < modules->count; i++)
		if (!modules->list[i].used)
			return error_set(error, "tensor \"%.100s\" is not in the network \"%.200s\"",
							 module_tensor(&modules->list[i])->name, network->spec);
	return 0;
}

static int match_orders(struct question *question, struct error *error)
{
	question->by_name = match_names(question);
	return question->by_name ? 0 : match_shapes(question, error);
}

/* Look for the word in the names of weights. */
static bool has_weights_called(const struct modules *modules, const char *word)
{
	for (int i = 0; i < modules->count; i++) {
		const struct safetensors_tensor *weight = modules->list[i].tensors[ROLE_WEIGHT];
		if (weight && strstr(weight->name, word))
			return true;
	}
	return false;
}

static bool has_layer(const struct network *network, const struct layer_kind *kind)
{
	for (int i = 0; i < network->layer_count; i++)
		if (network->layers[i].kind == kind)
			return true;
	return false;
}

/* Try all orders. Those in which numbers are written by the program whose words the names have come
 * first; else only one may fit. */
static int answer(struct question *question, struct error *error)
{
	const struct network *network = question->network;
	const bool kernels = has_weights_called(question->modules, "kernel");
	const bool named = kernels || has_weights_called(question->modules, "weight");
	const int filters = has_layer(network, &layer_conv) ? FILTER_ORDERS : 1;
	const int dense = has_layer(network, &layer_dense) ? DENSE_ORDERS : 1;
	struct question found;
	struct error ignored;
	int count = 0;

	question->orders = kernels ? (struct orders){filters > 1 ? ORDER_HWIO : ORDER_OIHW,
												 dense > 1 ? ORDER_IN_OUT : ORDER_OUT_IN}
							   : (struct orders){ORDER_OIHW, ORDER_OUT_IN};
	if (!match_orders(question, error) && named)
		return 0;
	for (int i = 0; i < filters * dense; i++) {
		question->orders =
			(struct orders){(enum filter_order)(i / dense), (enum dense_order)(i % dense)};
		if (match_orders(question, &ignored))
			continue;
		if (count++)
			return error_set(error, "the shapes fit both as PyTorch and as Keras write weights; "
									"tensors called \"….weight\" are PyTorch's, \"….kernel\" "
									"Keras's");
		found = *question;
	}
	if (count)
		*question = found;
	return count ? 0 : -1;
}

static const struct layer *last_with_params(const struct network *network)
{
	int i = network->layer_count - 1;

	while (i > 0 && !network->layers[i].param_count)
		i--;
	return network->layers[i].param_count ? &network->layers[i] : NULL;
}

static struct weights_source source_of(const struct question *question, const struct layer *layer,
									   int role)
{
	const struct module *module = question->answers[layer->index];
	const struct safetensors_tensor *tensor = module->tensors[role];
	const bool is_norm = layer->kind == &layer_batchnorm;
	const bool keras = role == ROLE_VARIANCE && tensor &&
					   (weights_named_by_keras(tensor->name) ||
						(question->modules->listed && (question->orders.filters == ORDER_HWIO ||
													   question->orders.dense == ORDER_IN_OUT)));

	return (struct weights_source){
		.tensor = tensor,
		.missing = is_norm && role == ROLE_WEIGHT ? 1 : 0,
		.more = keras ? KERAS_EPSILON - BATCHNORM_EPSILON : 0,
		.redrawn = layer == question->free &&
				   outputs_of(module, layer, question->orders) != layer->params[ROLE_BIAS].count,
	};
}

int weights_match(const struct network *network, const struct safetensors *file, bool any_classes,
				  struct weights_match *match, struct error *error)
{
	struct modules modules;
	struct question question = {.network = network, .modules = &modules};
	const struct layer *last = last_with_params(network);

	*match = (struct weights_match){.count = 0};
	if (any_classes && last && last->kind != &layer_batchnorm)
		question.free = last;
	if (modules_find(file, &modules, error) || answer(&question, error))
		return -1;
	match->by_name = question.by_name;
	match->filters = question.orders.filters;
	match->dense = question.orders.dense;
	match->channels_last = match->filters != ORDER_OIHW;
	match->ignored = modules.ignored;
	for (int i = 0; i < network->layer_count; i++)
		for (int role = 0; role < network->layers[i].param_count; role++)
			match->sources[match->count++] = source_of(&question, &network->layers[i], role);
	return 0;
}

/* ---- numbers ---- */

/* The distances of neighbours in a tensor. */
struct strides {
	size_t out, h, w, c;
};

static struct strides strides_of(const struct param *param, const struct weights_match *match)
{
	const size_t *d = param->dims; /* out, h, w, c; of a plain parameter [c] */
	const size_t h = d[1], w = d[2], c = d[3];

	if (param->layout == PARAM_PLAIN)
		return (struct strides){.c = 1};
	if (param->layout == PARAM_FILTERS) {
		if (match->filters == ORDER_HWIO)
			return (struct strides){1, w * c * d[0], c * d[0], d[0]};
		if (match->filters == ORDER_OHWI)
			return (struct strides){h * w * c, w * c, c, 1};
		return (struct strides){h * w * c, w, 1, h * w};
	}
	struct strides strides =
		match->channels_last ? (struct strides){0, w * c, c, 1} : (struct strides){0, w, 1, h * w};
	if (param->layout == PARAM_DENSE && match->dense == ORDER_IN_OUT)
		return (struct strides){1, strides.h * d[0], strides.w * d[0], strides.c * d[0]};
	if (param->layout == PARAM_DENSE)
		strides.out = h * w * c;
	return strides;
}

static int take_number(const struct weights_source *source, size_t index, float *value,
					   struct error *error)
{
	const struct safetensors_tensor *tensor = source->tensor;
	const double number = tensor->values ? (double)tensor->values[index] : tensor->doubles[index];

	if (fabs(number) > (double)FLT_MAX)
		return error_set(error, "tensor \"%.100s\": value %zu is %g, too large for 32 bits",
						 tensor->name, index, number);
	*value = (float)number + source->more;
	return 0;
}

static int take_param(const struct param *param, const struct weights_source *source,
					  const struct weights_match *match, struct error *error)
{
	const bool plain = param->layout == PARAM_PLAIN;
	const size_t dims[] = {plain ? 1 : param->dims[0], plain ? 1 : param->dims[1],
						   plain ? 1 : param->dims[2], plain ? param->dims[0] : param->dims[3]};
	const struct strides strides = strides_of(param, match);
	float *value = param->value;

	for (size_t out = 0; out < dims[0]; out++)
		for (size_t h = 0; h < dims[1]; h++)
			for (size_t w = 0; w < dims[2]; w++)
				for (size_t c = 0; c < dims[3]; c++, value++) {
					const size_t index =
						out * strides.out + h * strides.h + w * strides.w + c * strides.c;
					*value = source->missing;
					if (source->tensor && take_number(source, index, value, error))
						return -1;
				}
	return 0;
}

int weights_take(const struct network *network, const struct weights_match *match,
				 struct error *error)
{
	for (int i = 0; i < match->count; i++)
		if (!match->sources[i].redrawn &&
			take_param(network->params[i], &match->sources[i], match, error))
			return -1;
	return 0;
}
