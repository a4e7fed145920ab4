/* C source: the functions of layers.c that the network needs, its weights as arrays, and a function
 * that calls them in the order of the layers. Convolutions and dense layers read from one of two
 * arrays and write to the other; all other layers work in place. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/writer.h"
#include "export/parts.h"
#include "nn/kinds.h"

/* src/export/layers.c as a C array, by scripts/embed.c. */
extern const unsigned char layers_template[];
extern const size_t layers_template_size;

#define NAME 64          /* bytes of the prefix of names, which is cut there */
#define MOST_INT8 127.0f /* the largest weight of 8 bits */
#define COLUMNS 100
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct c_export {
	const struct export_source *source;
	struct writer out;
	char name[NAME];  /* "model" */
	char upper[NAME]; /* "MODEL" */
	bool int8;
	size_t bytes;      /* of all arrays */
	int current;       /* the array that holds the last layer's output: 0 for a, 1 for b */
	size_t largest[2]; /* numbers that a and b must have room for */
};

/* ---- arrays ---- */

static void begin_array(struct c_export *c, const char *type, const char *name, int layer,
						size_t count)
{
	writer_print(&c->out, "static const %s %s_%d[%zu] = {", type, name, layer, count);
}

/* The i-th element, on a new line where `on_line` of them are full. */
static void put_element(struct c_export *c, size_t i, size_t on_line, const char *text)
{
	writer_text(&c->out, i % on_line ? " " : "\n\t");
	writer_text(&c->out, text);
	writer_text(&c->out, ",");
}

/* A constant of type float, such as "0.1f" or "3.0f". */
static const char *float_text(float value, char text[NUMBER_TEXT])
{
	number_text((double)value, true, text);
	if (!strpbrk(text, ".e"))
		strcat(text, ".0");
	return strcat(text, "f");
}

static void put_floats(struct c_export *c, const char *name, int layer, const float *values,
					   size_t count)
{
	char text[NUMBER_TEXT];

	begin_array(c, "float", name, layer, count);
	for (size_t i = 0; i < count; i++)
		put_element(c, i, 6, float_text(values[i], text));
	writer_text(&c->out, "\n};\n");
	c->bytes += count * sizeof *values;
}

/* The largest weight of each output, divided by 127: on that scale it is 127. */
static void find_scales(const struct param *weight, float *scales)
{
	const size_t outputs = weight->dims[0], inputs = weight->count / outputs;

	for (size_t o = 0; o < outputs; o++) {
		float most = 0.0f;
		for (size_t i = 0; i < inputs; i++)
			most = fmaxf(most, fabsf(weight->value[o * inputs + i]));
		scales[o] = most / MOST_INT8;
	}
}

static void put_int8(struct c_export *c, const struct layer *layer)
{
	const struct param *weight = &layer->params[0];
	const size_t outputs = weight->dims[0], inputs = weight->count / outputs;
	float *scales = malloc(outputs * sizeof *scales);
	char text[16];

	if (!scales) {
		c->out.failed = true;
		return;
	}
	find_scales(weight, scales);
	begin_array(c, "signed char", "weight", layer->index, weight->count);
	for (size_t at = 0; at < weight->count; at++) { /* transposed, [inputs][outputs] */
		const size_t o = at % outputs;
		const float value = weight->value[o * inputs + at / outputs];
		snprintf(text, sizeof text, "%d", scales[o] > 0.0f ? (int)lroundf(value / scales[o]) : 0);
		put_element(c, at, 16, text);
	}
	writer_text(&c->out, "\n};\n");
	c->bytes += weight->count;
	put_floats(c, "scale", layer->index, scales, outputs);
	free(scales);
}

static void put_float_weights(struct c_export *c, const struct layer *layer)
{
	const struct param *weight = &layer->params[0];
	const size_t outputs = weight->dims[0], inputs = weight->count / outputs;
	float *transposed = malloc(weight->count * sizeof *transposed);

	if (!transposed) {
		c->out.failed = true;
		return;
	}
	for (size_t at = 0; at < weight->count; at++)
		transposed[at] = weight->value[at % outputs * inputs + at / outputs];
	put_floats(c, "weight", layer->index, transposed, weight->count);
	free(transposed);
}

/* The weights, transposed so that those of one input stand together. */
static void put_weights(struct c_export *c, const struct layer *layer)
{
	const struct param *bias = &layer->params[1];

	if (c->int8)
		put_int8(c, layer);
	else
		put_float_weights(c, layer);
	put_floats(c, "bias", layer->index, bias->value, bias->count);
}

static void put_window(struct c_export *c, const struct layer *layer)
{
	const struct window *w = &layer->window;

	writer_print(
		&c->out,
		"static const struct window window_%d = {%d, %d, %d, %d, %d, %d, %d, %d, %d, %d};\n",
		layer->index, w->in_h, w->in_w, w->channels, w->out_h, w->out_w, w->filters, w->size,
		w->stride, w->pad_top, w->pad_left);
}

static void conv_arrays(struct c_export *c, const struct layer *layer)
{
	put_window(c, layer);
	put_weights(c, layer);
}

/* The scale is weight / sqrt(variance + ε). */
static void batchnorm_arrays(struct c_export *c, const struct layer *layer)
{
	const struct param *params = layer->params; /* weight, bias, mean, variance */
	float *scales = malloc(params->count * sizeof *scales);

	if (!scales) {
		c->out.failed = true;
		return;
	}
	for (size_t i = 0; i < params->count; i++)
		scales[i] = params[0].value[i] * (1 / sqrtf(params[3].value[i] + BATCHNORM_EPSILON));
	put_floats(c, "mean", layer->index, params[2].value, params->count);
	put_floats(c, "scale", layer->index, scales, params->count);
	put_floats(c, "bias", layer->index, params[1].value, params->count);
	free(scales);
}

/* ---- calls ---- */

/* The array that holds the last output. */
static const char *from(const struct c_export *c)
{
	return c->current ? "b" : "a";
}

/* The other array, which gets `count` numbers. */
static const char *into(struct c_export *c, size_t count)
{
	c->current = !c->current;
	if (c->largest[c->current] < count)
		c->largest[c->current] = count;
	return from(c);
}

static void conv_call(struct c_export *c, const struct layer *layer)
{
	const int i = layer->index;
	const char *x = from(c), *y = into(c, shape_size(layer->out));

	writer_print(&c->out, "conv(&window_%d, weight_%d, ", i, i);
	if (c->int8)
		writer_print(&c->out, "scale_%d, ", i);
	writer_print(&c->out, "bias_%d, %s, %s);", i, x, y);
}

static void dense_call(struct c_export *c, const struct layer *layer)
{
	const int i = layer->index;
	const char *x = from(c), *y = into(c, shape_size(layer->out));

	writer_print(&c->out, "dense(%zu, %zu, weight_%d, ", shape_size(layer->in),
				 shape_size(layer->out), i);
	if (c->int8)
		writer_print(&c->out, "scale_%d, ", i);
	writer_print(&c->out, "bias_%d, %s, %s);", i, x, y);
}

static void pooling_call(struct c_export *c, const struct layer *layer)
{
	writer_print(&c->out, "%s(&window_%d, %s);", layer->kind->name, layer->index, from(c));
}

static void batchnorm_call(struct c_export *c, const struct layer *layer)
{
	const int i = layer->index;

	writer_print(&c->out, "batchnorm(%zu, %zu, mean_%d, scale_%d, bias_%d, %s);",
				 shape_size(layer->in), layer->params[0].count, i, i, i, from(c));
}

static void plain_call(struct c_export *c, const struct layer *layer)
{
	writer_print(&c->out, "%s%s(%zu, %s);", layer->kind == &layer_tanh ? "apply_" : "",
				 layer->kind->name, shape_size(layer->in), from(c));
}

static void softmax_call(struct c_export *c, const struct layer *layer)
{
	writer_print(&c->out, "return softmax(%zu, %s, probabilities);", shape_size(layer->in),
				 from(c));
}

/* ---- layers ---- */

static const struct rule {
	const struct layer_kind *kind;
	void (*arrays)(struct c_export *c, const struct layer *layer); /* NULL: it needs none */
	void (*call)(struct c_export *c, const struct layer *layer);   /* NULL: it does nothing */
} rules[] = {
	{&layer_conv, conv_arrays, conv_call},
	{&layer_maxpool, put_window, pooling_call},
	{&layer_avgpool, put_window, pooling_call},
	{&layer_flatten, NULL, NULL},
	{&layer_dense, put_weights, dense_call},
	{&layer_batchnorm, batchnorm_arrays, batchnorm_call},
	{&layer_relu, NULL, plain_call},
	{&layer_tanh, NULL, plain_call},
	{&layer_sigmoid, NULL, plain_call},
	{&layer_dropout, NULL, NULL},
	{&layer_softmax, NULL, softmax_call},
};

static const struct rule *rule_of(const struct layer_kind *kind)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i].kind == kind)
			return &rules[i];
	return NULL;
}

static bool has_kind(const struct network *network, const struct layer_kind *kind)
{
	for (int i = 0; i < network->layer_count; i++)
		if (network->layers[i].kind == kind)
			return true;
	return false;
}

/* ---- functions ---- */

/* The first byte behind `line` in the template, from `at` on; its end where there is none. */
static const char *find(const char *at, const char *line)
{
	const char *end = (const char *)layers_template + layers_template_size;
	const size_t length = strlen(line);

	while (at + length <= end && memcmp(at, line, length))
		at++;
	return at + length <= end ? at : end;
}

/* Copy the section of that name out of layers.c. */
static void put_section(struct c_export *c, const char *name)
{
	char title[40];

	snprintf(title, sizeof title, "/* ---- %s ---- */\n", name);
	const char *begin = find((const char *)layers_template, title) + strlen(title);
	const char *end = find(begin, "/* ---- ");
	writer_bytes(&c->out, begin, (size_t)(end - begin));
	if (end == (const char *)layers_template + layers_template_size)
		writer_text(&c->out, "\n");
}

static void put_functions(struct c_export *c)
{
	const struct network *network = c->source->network;

	if (has_kind(network, &layer_conv) || has_kind(network, &layer_maxpool) ||
		has_kind(network, &layer_avgpool))
		put_section(c, "window");
	for (size_t i = 0; i < COUNT(rules); i++) {
		const struct layer_kind *kind = rules[i].kind;
		const bool weighs = kind == &layer_conv || kind == &layer_dense;
		char section[40];

		snprintf(section, sizeof section, "%s%s", kind->name, weighs && c->int8 ? " int8" : "");
		if (rules[i].call && has_kind(network, kind))
			put_section(c, section);
	}
}

static void put_arrays(struct c_export *c)
{
	const struct network *network = c->source->network;

	for (int i = 0; i < network->layer_count; i++) {
		const struct rule *rule = rule_of(network->layers[i].kind);
		if (rule->arrays) {
			writer_print(&c->out, "/* %s */\n", network->layers[i].text);
			rule->arrays(c, &network->layers[i]);
			writer_text(&c->out, "\n");
		}
	}
}

/* A string constant. Only letters, digits and blanks stand for themselves. */
static void put_string(struct writer *out, const char *text)
{
	writer_text(out, "\"");
	for (const char *s = text; *s; s++)
		writer_print(out, isalnum((unsigned char)*s) || *s == ' ' ? "%c" : "\\%03o",
					 (unsigned char)*s);
	writer_text(out, "\"");
}

static void put_classes(struct c_export *c)
{
	writer_print(&c->out, "const char *const %s_classes[%s_CLASSES] = {", c->name, c->upper);
	for (int i = 0; i < c->source->network->classes; i++) {
		writer_text(&c->out, i % 8 ? " " : "\n\t");
		put_string(&c->out, c->source->classes[i]);
		writer_text(&c->out, ",");
	}
	writer_text(&c->out, "\n};\n\n");
}

/* Pixels become what the network reads. */
static void put_loading(struct c_export *c)
{
	const struct input_scale scale = c->source->network->scale;
	char mean[NUMBER_TEXT], deviation[NUMBER_TEXT];

	writer_print(&c->out, "\tfor (int i = 0; i < %s_HEIGHT * %s_WIDTH; i++)\n\t\ta[i] = ", c->upper,
				 c->upper);
	if (input_is_plain(scale))
		writer_text(&c->out, "(float)pixels[i] / 255.0f;\n");
	else
		writer_print(&c->out, "((float)pixels[i] / 255.0f - %s) / %s;\n",
					 float_text(scale.mean, mean), float_text(scale.deviation, deviation));
}

static void put_predict(struct c_export *c)
{
	const struct network *network = c->source->network;
	struct writer *out = &c->out;
	const bool needs_b = has_kind(network, &layer_conv) || has_kind(network, &layer_dense);
	char shape[SHAPE_TEXT];

	writer_print(out,
				 "int %s_predict(const unsigned char *pixels, struct %s_work *work,\n"
				 "\tfloat *probabilities)\n{\n\tfloat *const a = work->a;\n%s\n",
				 c->name, c->name, needs_b ? "\tfloat *const b = work->b;\n" : "");
	put_loading(c);
	c->largest[0] = shape_size(network->input);
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		const struct rule *rule = rule_of(layer->kind);
		if (!rule->call)
			continue;
		writer_text(out, "\t");
		rule->call(c, layer);
		writer_print(out, " /* %s: %s */\n", layer->text, shape_text(layer->out, shape));
	}
	writer_text(out, "}\n");
}

/* ---- the two files ---- */

/* "my-net 2.c" makes names that begin with my_net_2, and "7.c" such with net_7. */
static void set_name(struct c_export *c, const char *file_name)
{
	const size_t length = strlen(file_name) - strlen(".c");

	snprintf(c->name, sizeof c->name, "%s%.*s", isalpha((unsigned char)*file_name) ? "" : "net_",
			 (int)(length < NAME ? length : NAME), file_name);
	for (size_t i = 0; i < sizeof c->name; i++) {
		if (c->name[i] && !isalnum((unsigned char)c->name[i]))
			c->name[i] = '_';
		c->upper[i] = (char)toupper((unsigned char)c->name[i]);
	}
}

/* A line of the comment at the head, broken between words. */
static void put_fact(struct writer *out, const char *key, const char *text)
{
	const size_t indent = 13;
	size_t column = indent - 1;

	writer_print(out, " * %-9s", key);
	for (const char *word = text; *word;) {
		const size_t length = strcspn(word, " ");
		if (column + 1 + length > COLUMNS) {
			writer_print(out, "\n * %9s", "");
			column = indent - 1;
		}
		writer_text(out, " ");
		writer_bytes(out, word, length);
		column += 1 + length;
		word += length + strspn(word + length, " ");
	}
	writer_text(out, "\n");
}

/* The comment at the head; sizes are known once all else is written. */
static void put_head(struct c_export *c, struct writer *out)
{
	const struct network *network = c->source->network;
	const size_t work = (c->largest[0] + c->largest[1]) * sizeof(float);
	char text[WRITER_LINE];

	writer_print(out,
				 "/* A trained network: %s_predict is all of it. Made by mnist-cnn export.\n *\n",
				 c->name);
	put_fact(out, "layers", network->spec);
	snprintf(text, sizeof text, "%d×%d grey pixels; %d classes", network->input.w, network->input.h,
			 network->classes);
	put_fact(out, "input", text);
	snprintf(text, sizeof text, "%.4f of the images that validated it%s", c->source->accuracy,
			 c->int8 ? ", before its weights were rounded to 8 bits" : "");
	put_fact(out, "accuracy", c->source->accuracy < 0 ? "not known" : text);
	snprintf(text, sizeof text, "%zu bytes of constants, %zu bytes of struct %s_work", c->bytes,
			 work, c->name);
	put_fact(out, "memory", text);
	put_fact(out, "needs", "C99 and <math.h>; it allocates nothing");
	writer_text(out, " */\n");
}

static void put_header(struct c_export *c, struct writer *out)
{
	const struct network *network = c->source->network;

	writer_print(out, "#ifndef %s_H\n#define %s_H\n\n", c->upper, c->upper);
	writer_print(out, "#define %s_HEIGHT %d\n#define %s_WIDTH %d\n#define %s_CLASSES %d\n\n",
				 c->upper, network->input.h, c->upper, network->input.w, c->upper,
				 network->classes);
	writer_text(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
					 "/* Memory for one call. */\n");
	writer_print(out, "struct %s_work {\n\tfloat a[%zu];\n", c->name, c->largest[0]);
	if (c->largest[1])
		writer_print(out, "\tfloat b[%zu];\n", c->largest[1]);
	writer_print(out, "};\n\nextern const char *const %s_classes[%s_CLASSES];\n\n", c->name,
				 c->upper);
	writer_print(
		out,
		"/* From the pixels of an image, [%s_HEIGHT][%s_WIDTH], 0 for paper to 255 for\n"
		" * ink, to the probabilities of its classes, [%s_CLASSES]. Returns the likeliest\n"
		" * class, whose name is %s_classes[…]. */\n",
		c->upper, c->upper, c->upper, c->name);
	writer_print(out,
				 "int %s_predict(const unsigned char *pixels, struct %s_work *work,\n"
				 "\tfloat *probabilities);\n\n"
				 "#ifdef __cplusplus\n}\n#endif\n#endif\n",
				 c->name, c->name);
}

/* The source's head, then all that was written before. */
static int put_source(struct c_export *c, const char *file_name, struct buffer *out,
					  struct error *error)
{
	const int stem = (int)(strlen(file_name) - strlen(".c"));
	struct writer whole = {0};

	put_head(c, &whole);
	writer_print(&whole, "#include \"%.*s.h\"\n\n#include <math.h>\n\n", stem, file_name);
	writer_bytes(&whole, c->out.bytes.data, c->out.bytes.size);
	whole.failed = whole.failed || c->out.failed;
	return writer_take(&whole, out, error);
}

static int put_both(struct c_export *c, const char *file_name, struct buffer *out,
					struct buffer *header, struct error *error)
{
	struct writer head = {0};

	put_functions(c);
	put_arrays(c);
	put_classes(c);
	put_predict(c);
	put_head(c, &head);
	put_header(c, &head);
	if (put_source(c, file_name, out, error) || writer_take(&head, header, error)) {
		writer_free(&head);
		buffer_free(out);
		return -1;
	}
	return 0;
}

int export_c(const struct export_source *source, const char *name, bool int8, struct buffer *out,
			 struct buffer *header, struct error *error)
{
	const struct network *network = source->network;
	struct c_export c = {.source = source, .int8 = int8};

	*out = *header = (struct buffer){0};
	for (const char *s = name; *s; s++)
		if (iscntrl((unsigned char)*s) || *s == '"' || *s == '\\')
			return error_set(error, "%s: a name that cannot stand in C source", name);
	for (int i = 0; i < network->layer_count; i++)
		if (!rule_of(network->layers[i].kind))
			return export_refuse(network, &network->layers[i], "C", error);
	set_name(&c, name);
	const int status = put_both(&c, name, out, header, error);
	writer_free(&c.out);
	return status;
}
