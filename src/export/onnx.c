/* ONNX: a model is a message of Protocol Buffers, whose field numbers are those of onnx.proto3.
 *
 * Each layer is a node, whose output is the next one's input; dropout, which does nothing here, is
 * none. ONNX's images are NCHW, so a flattened image has its features in PyTorch's order, and
 * weights have the layouts of the model's file. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/parts.h"
#include "formats/protobuf.h"
#include "nn/kinds.h"

#define IR_VERSION 8 /* which came with opset 17 */
#define OPSET 17
#define NAME 40 /* bytes of a value's name */

enum model { M_IR_VERSION = 1, M_PRODUCER, M_VERSION, M_GRAPH = 7, M_OPSET, M_METADATA = 14 };
enum graph { G_NODE = 1, G_NAME, G_INITIALIZER = 5, G_DOC = 10, G_INPUT, G_OUTPUT };
enum node { N_INPUT = 1, N_OUTPUT, N_NAME, N_OP, N_ATTRIBUTE };
enum attribute { A_NAME = 1, A_FLOAT, A_INT, A_INTS = 8, A_TYPE = 20 };
enum attribute_type { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_INTS = 7 };
enum tensor { T_DIMS = 1, T_TYPE, T_NAME = 8, T_RAW };
enum element_type { ELEMENT_FLOAT = 1 };

struct onnx {
	const struct export_source *source;
	struct writer out;
	char value[NAME]; /* the name of the last node's output */
	int last;         /* the layer whose output is called logits */
	bool nhwc;        /* the flattened features are in the program's order */
};

/* ---- nodes ---- */

/* Begin a node that takes the last value, and gives `output`. */
static size_t begin_node(struct onnx *onnx, const char *op, const char *output)
{
	const size_t begun = protobuf_begin(&onnx->out, G_NODE);

	protobuf_text(&onnx->out, N_INPUT, onnx->value);
	protobuf_text(&onnx->out, N_OUTPUT, output);
	protobuf_text(&onnx->out, N_NAME, output);
	protobuf_text(&onnx->out, N_OP, op);
	snprintf(onnx->value, sizeof onnx->value, "%s", output);
	return begun;
}

/* Begin a layer's node, whose output is "3.maxpool", or logits. */
static size_t begin_layer(struct onnx *onnx, const struct layer *layer, const char *op)
{
	char output[NAME] = "logits";

	if (layer->index != onnx->last)
		snprintf(output, sizeof output, "%d.%s", layer->index, layer->kind->name);
	return begin_node(onnx, op, output);
}

static size_t begin_attribute(struct onnx *onnx, const char *name, enum attribute_type type)
{
	const size_t begun = protobuf_begin(&onnx->out, N_ATTRIBUTE);

	protobuf_text(&onnx->out, A_NAME, name);
	protobuf_integer(&onnx->out, A_TYPE, type);
	return begun;
}

static void put_integer(struct onnx *onnx, const char *name, int value)
{
	const size_t begun = begin_attribute(onnx, name, TYPE_INT);

	protobuf_integer(&onnx->out, A_INT, value);
	protobuf_end(&onnx->out, begun);
}

static void put_integers(struct onnx *onnx, const char *name, int count, const int *values)
{
	const size_t begun = begin_attribute(onnx, name, TYPE_INTS);

	for (int i = 0; i < count; i++)
		protobuf_integer(&onnx->out, A_INTS, values[i]);
	protobuf_end(&onnx->out, begun);
}

static void put_window(struct onnx *onnx, const struct window *w)
{
	put_integers(onnx, "kernel_shape", 2, (const int[]){w->size, w->size});
	put_integers(onnx, "strides", 2, (const int[]){w->stride, w->stride});
}

/* The layer's parameters as further inputs, in the order of its table. */
static void put_inputs(struct onnx *onnx, const struct layer *layer)
{
	for (int i = 0; i < layer->param_count; i++)
		protobuf_text(&onnx->out, N_INPUT, layer->params[i].name);
}

/* A layer with nothing but a name. */
static void put_plain(struct onnx *onnx, const struct layer *layer, const char *op)
{
	protobuf_end(&onnx->out, begin_layer(onnx, layer, op));
}

/* ---- layers ---- */

static void put_conv(struct onnx *onnx, const struct layer *layer)
{
	const struct window *w = &layer->window;
	const int pads[] = {w->pad_top, w->pad_left, window_pad_bottom(w), window_pad_right(w)};
	const size_t begun = begin_layer(onnx, layer, "Conv");

	put_inputs(onnx, layer);
	put_window(onnx, w);
	put_integers(onnx, "pads", 4, pads);
	protobuf_end(&onnx->out, begun);
}

static void put_pooling(struct onnx *onnx, const struct layer *layer)
{
	const char *op = layer->kind == &layer_maxpool ? "MaxPool" : "AveragePool";
	const size_t begun = begin_layer(onnx, layer, op);

	put_window(onnx, &layer->window);
	protobuf_end(&onnx->out, begun);
}

static void put_flatten(struct onnx *onnx, const struct layer *layer)
{
	if (!layer->in.flat && export_keeps_order(onnx->source->network, layer)) {
		const size_t begun = begin_node(onnx, "Transpose", "channels_last");
		put_integers(onnx, "perm", 4, (const int[]){0, 2, 3, 1});
		protobuf_end(&onnx->out, begun);
		onnx->nhwc = true;
	}
	const size_t begun = begin_layer(onnx, layer, "Flatten");
	put_integer(onnx, "axis", 1);
	protobuf_end(&onnx->out, begun);
}

static void put_dense(struct onnx *onnx, const struct layer *layer)
{
	const size_t begun = begin_layer(onnx, layer, "Gemm");

	put_inputs(onnx, layer);
	put_integer(onnx, "transB", 1);
	protobuf_end(&onnx->out, begun);
}

static void put_batchnorm(struct onnx *onnx, const struct layer *layer)
{
	const size_t begun = begin_layer(onnx, layer, "BatchNormalization");

	put_inputs(onnx, layer);
	const size_t attribute = begin_attribute(onnx, "epsilon", TYPE_FLOAT);
	protobuf_float(&onnx->out, A_FLOAT, BATCHNORM_EPSILON);
	protobuf_end(&onnx->out, attribute);
	protobuf_end(&onnx->out, begun);
}

static void put_relu(struct onnx *onnx, const struct layer *layer)
{
	put_plain(onnx, layer, "Relu");
}

static void put_tanh(struct onnx *onnx, const struct layer *layer)
{
	put_plain(onnx, layer, "Tanh");
}

static void put_sigmoid(struct onnx *onnx, const struct layer *layer)
{
	put_plain(onnx, layer, "Sigmoid");
}

static void put_nothing(struct onnx *onnx, const struct layer *layer)
{
	(void)onnx, (void)layer;
}

static void put_softmax(struct onnx *onnx, const struct layer *layer)
{
	(void)layer;
	const size_t begun = begin_node(onnx, "Softmax", "probabilities");
	put_integer(onnx, "axis", 1);
	protobuf_end(&onnx->out, begun);
}

static const struct {
	const struct layer_kind *kind;
	void (*put)(struct onnx *onnx, const struct layer *layer);
} rules[] = {
	{&layer_conv, put_conv},       {&layer_maxpool, put_pooling},     {&layer_avgpool, put_pooling},
	{&layer_flatten, put_flatten}, {&layer_dense, put_dense},         {&layer_relu, put_relu},
	{&layer_tanh, put_tanh},       {&layer_batchnorm, put_batchnorm}, {&layer_sigmoid, put_sigmoid},
	{&layer_dropout, put_nothing}, {&layer_softmax, put_softmax},     {NULL, NULL},
};

/* A node that subtracts a number from the last value, or divides by it. */
static void put_arithmetic(struct onnx *onnx, const char *op, const char *output,
						   const char *number)
{
	const size_t begun = begin_node(onnx, op, output);

	protobuf_text(&onnx->out, N_INPUT, number);
	protobuf_end(&onnx->out, begun);
}

static int put_nodes(struct onnx *onnx, struct error *error)
{
	const struct network *network = onnx->source->network;

	if (!input_is_plain(network->scale)) {
		put_arithmetic(onnx, "Sub", "centred", "input_mean");
		put_arithmetic(onnx, "Div", "scaled", "input_deviation");
	}
	for (int i = 0; i < network->layer_count; i++) {
		int rule = 0;
		while (rules[rule].kind && rules[rule].kind != network->layers[i].kind)
			rule++;
		if (!rules[rule].kind)
			return export_refuse(network, &network->layers[i], "ONNX", error);
		rules[rule].put(onnx, &network->layers[i]);
	}
	return 0;
}

/* ---- weights ---- */

static void put_tensor(struct onnx *onnx, const char *name, int rank, const size_t *dims,
					   const float *values, size_t count)
{
	const size_t begun = protobuf_begin(&onnx->out, G_INITIALIZER);

	for (int i = 0; i < rank; i++)
		protobuf_integer(&onnx->out, T_DIMS, (int64_t)dims[i]);
	protobuf_integer(&onnx->out, T_TYPE, ELEMENT_FLOAT);
	protobuf_text(&onnx->out, T_NAME, name);
	protobuf_floats(&onnx->out, T_RAW, values, count);
	protobuf_end(&onnx->out, begun);
}

static int put_param(struct onnx *onnx, const struct param *param, struct error *error)
{
	size_t dims[4];
	const int rank = param_file_dims(param, dims);
	const bool in_place = onnx->nhwc && param->layout == PARAM_FEATURES;
	float *values = malloc((param->count + 1) * sizeof *values);

	if (!values)
		return error_scarce(error, "not enough memory for %zu weights", param->count);
	param_to_file(param, param->value, values);
	put_tensor(onnx, param->name, rank, dims, in_place ? param->value : values, param->count);
	free(values);
	return 0;
}

static int put_weights(struct onnx *onnx, struct error *error)
{
	const struct network *network = onnx->source->network;

	if (!input_is_plain(network->scale)) {
		put_tensor(onnx, "input_mean", 0, NULL, &network->scale.mean, 1);
		put_tensor(onnx, "input_deviation", 0, NULL, &network->scale.deviation, 1);
	}
	for (int i = 0; i < network->param_count; i++)
		if (put_param(onnx, network->params[i], error))
			return -1;
	return 0;
}

/* ---- the model ---- */

/* An input or output, floats of the shape [N, …]. */
static void put_value(struct onnx *onnx, enum graph field, const char *name, int rank,
					  const int *dims, const char *doc)
{
	struct writer *out = &onnx->out;
	const size_t value = protobuf_begin(out, (int)field);

	protobuf_text(out, 1, name);
	const size_t type = protobuf_begin(out, 2), tensor = protobuf_begin(out, 1);
	protobuf_integer(out, 1, ELEMENT_FLOAT);
	const size_t shape = protobuf_begin(out, 2);
	for (int i = -1; i < rank; i++) {
		const size_t dim = protobuf_begin(out, 1);
		if (i < 0)
			protobuf_text(out, 2, "N");
		else
			protobuf_integer(out, 1, dims[i]);
		protobuf_end(out, dim);
	}
	protobuf_end(out, shape);
	protobuf_end(out, tensor);
	protobuf_end(out, type);
	protobuf_text(out, 3, doc);
	protobuf_end(out, value);
}

static int put_graph(struct onnx *onnx, struct error *error)
{
	const struct network *network = onnx->source->network;
	const int image[] = {network->input.c, network->input.h, network->input.w};
	const size_t begun = protobuf_begin(&onnx->out, M_GRAPH);

	if (put_nodes(onnx, error))
		return -1;
	protobuf_text(&onnx->out, G_NAME, "mnist-cnn");
	if (put_weights(onnx, error))
		return -1;
	protobuf_text(&onnx->out, G_DOC, network->spec);
	put_value(onnx, G_INPUT, "image", 3, image, "grey pixels, from 0 for paper to 1 for ink");
	put_value(onnx, G_OUTPUT, "logits", 1, &network->classes, "scores of the classes");
	put_value(onnx, G_OUTPUT, "probabilities", 1, &network->classes,
			  "probabilities of the classes, whose names are in the metadata");
	protobuf_end(&onnx->out, begun);
	return 0;
}

static void put_entry(struct onnx *onnx, const char *key, const char *value)
{
	const size_t begun = protobuf_begin(&onnx->out, M_METADATA);

	protobuf_text(&onnx->out, 1, key);
	protobuf_text(&onnx->out, 2, value);
	protobuf_end(&onnx->out, begun);
}

/* The metadata of the model's file, and what a file from elsewhere does not say: the network's
 * text, and the names of the classes, each on a line. */
static void put_metadata(struct onnx *onnx)
{
	const struct export_source *source = onnx->source;
	struct writer names = {0};

	for (size_t i = 0; i < source->metadata_count; i++) {
		const char *key = source->metadata[i].key;
		if (strcmp(key, "network") && strcmp(key, "class_names"))
			put_entry(onnx, key, source->metadata[i].value);
	}
	put_entry(onnx, "network", source->network->spec);
	for (int i = 0; i < source->network->classes; i++) {
		writer_text(&names, i ? "\n" : "");
		writer_text(&names, source->classes[i]);
	}
	writer_bytes(&names, "", 1);
	if (!names.failed)
		put_entry(onnx, "class_names", (const char *)names.bytes.data);
	onnx->out.failed = onnx->out.failed || names.failed;
	writer_free(&names);
}

static int put_model(struct onnx *onnx, struct error *error)
{
	struct writer *out = &onnx->out;

	protobuf_integer(out, M_IR_VERSION, IR_VERSION);
	protobuf_text(out, M_PRODUCER, "mnist-cnn");
	protobuf_text(out, M_VERSION, onnx->source->version);
	if (put_graph(onnx, error))
		return -1;
	const size_t opset = protobuf_begin(out, M_OPSET);
	protobuf_integer(out, 2, OPSET);
	protobuf_end(out, opset);
	put_metadata(onnx);
	return 0;
}

int export_onnx(const struct export_source *source, struct buffer *out, struct error *error)
{
	struct onnx onnx = {
		.source = source, .value = "image", .last = export_last_layer(source->network)};

	*out = (struct buffer){0};
	if (put_model(&onnx, error)) {
		writer_free(&onnx.out);
		return -1;
	}
	if (writer_take(&onnx.out, out, error))
		return -1;
	if (out->size <= INT32_MAX)
		return 0;
	error_set(error, "a model of %zu MB: ONNX has at most 2047 MB in a file", out->size >> 20);
	buffer_free(out);
	return -1;
}
