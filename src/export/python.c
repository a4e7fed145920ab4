/* Programs that build the network and take its weights from the file. PyTorch has its names and
 * layouts. Keras has channels last, in weights, too; its flatten would give the features of an
 * image in another order than the weights behind it expect, if no permutation stood in front. */

#include "base/number.h"
#include "base/writer.h"
#include "export/parts.h"
#include "formats/json.h"
#include "nn/kinds.h"

struct program {
	struct writer text;
	bool keras;
};

/* Begin a layer: its class comes next, and finish ends it. */
static void begin(struct program *program, const struct layer *layer, const char *part)
{
	if (program->keras)
		writer_text(&program->text, "    keras.layers.");
	else
		writer_print(&program->text, "network.add_module(\"%d%s\", nn.", layer->index, part);
}

/* Layers with weights have a name in Keras, by which they find them. */
static void finish(struct program *program, const struct layer *layer)
{
	if (program->keras && layer->param_count)
		writer_print(&program->text, ", name=\"layer%d\"", layer->index);
	writer_text(&program->text, program->keras ? "),\n" : "))\n");
}

/* A layer whose class and arguments are these texts. */
static void put(struct program *program, const struct layer *layer, const char *torch,
				const char *keras)
{
	begin(program, layer, "");
	writer_text(&program->text, program->keras ? keras : torch);
	finish(program, layer);
}

static void put_conv(struct program *program, const struct layer *layer)
{
	const struct window *w = &layer->window;
	const int bottom = window_pad_bottom(w), right = window_pad_right(w);

	if (w->pad_top || w->pad_left || bottom || right) {
		begin(program, layer, "_pad");
		if (program->keras)
			writer_print(&program->text, "ZeroPadding2D(((%d, %d), (%d, %d))),\n", w->pad_top,
						 bottom, w->pad_left, right);
		else
			writer_print(&program->text, "ZeroPad2d((%d, %d, %d, %d)))\n", w->pad_left, right,
						 w->pad_top, bottom);
	}
	begin(program, layer, "");
	if (program->keras)
		writer_print(&program->text, "Conv2D(%d, %d, %d", layer->out.c, w->size, w->stride);
	else
		writer_print(&program->text, "Conv2d(%d, %d, %d, %d", layer->in.c, layer->out.c, w->size,
					 w->stride);
	finish(program, layer);
}

static void put_pooling(struct program *program, const struct layer *layer)
{
	const bool max = layer->kind == &layer_maxpool;
	const char *torch = max ? "MaxPool2d" : "AvgPool2d";
	const char *keras = max ? "MaxPooling2D" : "AveragePooling2D";

	begin(program, layer, "");
	writer_print(&program->text, "%s(%d, %d", program->keras ? keras : torch, layer->window.size,
				 layer->window.stride);
	finish(program, layer);
}

static void put_flatten(struct program *program, const struct layer *layer)
{
	if (program->keras && !layer->in.flat)
		writer_text(&program->text, "    keras.layers.Permute((3, 1, 2)),  # channels first\n");
	put(program, layer, "Flatten(", "Flatten(");
}

static void put_dense(struct program *program, const struct layer *layer)
{
	begin(program, layer, "");
	if (program->keras)
		writer_print(&program->text, "Dense(%zu", shape_size(layer->out));
	else
		writer_print(&program->text, "Linear(%zu, %zu", shape_size(layer->in),
					 shape_size(layer->out));
	finish(program, layer);
}

static void put_batchnorm(struct program *program, const struct layer *layer)
{
	const bool flat = layer->in.flat;
	const size_t count = flat ? shape_size(layer->in) : (size_t)layer->in.c;

	begin(program, layer, "");
	if (program->keras)
		writer_print(&program->text, "BatchNormalization(epsilon=%g", (double)BATCHNORM_EPSILON);
	else
		writer_print(&program->text, "BatchNorm%dd(%zu", flat ? 1 : 2, count);
	finish(program, layer);
}

static void put_relu(struct program *program, const struct layer *layer)
{
	put(program, layer, "ReLU(", "ReLU(");
}

static void put_tanh(struct program *program, const struct layer *layer)
{
	put(program, layer, "Tanh(", "Activation(\"tanh\"");
}

static void put_sigmoid(struct program *program, const struct layer *layer)
{
	put(program, layer, "Sigmoid(", "Activation(\"sigmoid\"");
}

static void put_dropout(struct program *program, const struct layer *layer)
{
	begin(program, layer, "");
	writer_print(&program->text, "Dropout(%g", (double)layer->number);
	finish(program, layer);
}

static void put_softmax(struct program *program, const struct layer *layer)
{
	put(program, layer, "Softmax(1", "Softmax(");
}

static const struct {
	const struct layer_kind *kind;
	void (*put)(struct program *program, const struct layer *layer);
} rules[] = {
	{&layer_conv, put_conv},       {&layer_maxpool, put_pooling},     {&layer_avgpool, put_pooling},
	{&layer_flatten, put_flatten}, {&layer_dense, put_dense},         {&layer_relu, put_relu},
	{&layer_tanh, put_tanh},       {&layer_batchnorm, put_batchnorm}, {&layer_sigmoid, put_sigmoid},
	{&layer_dropout, put_dropout}, {&layer_softmax, put_softmax},     {NULL, NULL},
};

static int put_layers(struct program *program, const struct network *network, struct error *error)
{
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		int rule = 0;

		while (rules[rule].kind && rules[rule].kind != layer->kind)
			rule++;
		if (!rules[rule].kind || (layer->kind == &layer_flatten && !layer->in.flat &&
								  export_keeps_order(network, layer)))
			return export_refuse(network, layer, "the program", error);
		rules[rule].put(program, layer);
	}
	return 0;
}

static void put_use(struct writer *text, const struct network *network, bool keras)
{
	const int h = network->input.h, w = network->input.w;
	char mean[NUMBER_TEXT], deviation[NUMBER_TEXT];

	writer_print(text,
				 keras ? "\n# Images are [count, %d, %d, 1]" : "\n# Images are [count, 1, %d, %d]",
				 h, w);
	writer_text(text, ", from 0 (paper) to 1 (ink)");
	if (!input_is_plain(network->scale))
		writer_print(text, ",\n# less %s, divided by %s",
					 number_text((double)network->scale.mean, true, mean),
					 number_text((double)network->scale.deviation, true, deviation));
	writer_print(text,
				 "; of the probabilities,\n"
				 "# [count, %d], the greatest is that of the class which is read:\n"
				 "# network%s(images).argmax(1)\n",
				 network->classes, keras ? ".predict" : "");
}

static int put_torch(struct program *program, const struct network *network, const char *path,
					 struct error *error)
{
	struct writer *text = &program->text;

	writer_text(text, "import safetensors.torch\n"
					  "from torch import nn\n\n"
					  "network = nn.Sequential()\n");
	if (put_layers(program, network, error))
		return -1;
	writer_text(text, "network.load_state_dict(safetensors.torch.load_file(");
	json_write_text(text, path);
	writer_text(text, "))\nnetwork.eval()\n");
	put_use(text, network, false);
	return 0;
}

static int put_keras(struct program *program, const struct network *network, const char *path,
					 struct error *error)
{
	struct writer *text = &program->text;

	writer_print(text,
				 "import keras\n"
				 "import safetensors.numpy\n\n"
				 "network = keras.Sequential([\n"
				 "    keras.Input((%d, %d, %d)),\n",
				 network->input.h, network->input.w, network->input.c);
	if (put_layers(program, network, error))
		return -1;
	writer_text(text, "])\ntensors = safetensors.numpy.load_file(");
	json_write_text(text, path);
	writer_text(text,
				")\nfor layer in network.layers:\n"
				"    number = layer.name.removeprefix(\"layer\")\n"
				"    if isinstance(layer, keras.layers.Conv2D):\n"
				"        layer.set_weights([tensors[number + \".weight\"].transpose(2, 3, 1, 0),\n"
				"                           tensors[number + \".bias\"]])\n"
				"    elif isinstance(layer, keras.layers.Dense):\n"
				"        layer.set_weights([tensors[number + \".weight\"].T, tensors[number + "
				"\".bias\"]])\n"
				"    elif isinstance(layer, keras.layers.BatchNormalization):\n"
				"        layer.set_weights([tensors[number + part] for part in\n"
				"                           (\".weight\", \".bias\", \".running_mean\", "
				"\".running_var\")])\n");
	put_use(text, network, true);
	return 0;
}

int export_python(const struct network *network, enum export_python framework, const char *path,
				  struct buffer *out, struct error *error)
{
	struct program program = {.keras = framework == PYTHON_KERAS};

	*out = (struct buffer){0};
	if ((program.keras ? put_keras : put_torch)(&program, network, path, error)) {
		writer_free(&program.text);
		return -1;
	}
	return writer_take(&program.text, out, error);
}
