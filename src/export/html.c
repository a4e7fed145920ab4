/* The web page: page.html, in which the network stands as JSON, its weights as base64.
 *
 * The weights are those of memory, little-endian floats, parameter by parameter; the page's
 * arithmetic has the same layouts as the program's, NHWC. */
#include <stdint.h>
#include <string.h>

#include "base/number.h"
#include "base/writer.h"
#include "export/export.h"
#include "formats/json.h"

/* src/export/page.html as a C array, by scripts/embed.c. */
extern const unsigned char page_template[];
extern const size_t page_template_size;

#define PLACE "@MODEL@" /* where the network stands in the page */

/* ---- JSON that may stand in a page ---- */

/* A string. Its "<" is escaped, since "</script>" would end the element that it stands in. */
static void put_quoted(struct writer *out, const char *string)
{
	struct writer quoted = {0};

	json_write_text(&quoted, string);
	out->failed = out->failed || quoted.failed;
	for (size_t i = 0; i < quoted.bytes.size; i++)
		if (quoted.bytes.data[i] == '<')
			writer_text(out, "\\u003c");
		else
			writer_bytes(out, &quoted.bytes.data[i], 1);
	writer_free(&quoted);
}

static void put_number(struct writer *out, const char *key, double value)
{
	char text[NUMBER_TEXT];

	writer_print(out, ",\n\"%s\": %s", key, number_text(value, false, text));
}

static void put_shape(struct writer *out, const char *key, struct shape shape)
{
	writer_print(out, ", \"%s\": [%d, %d, %d]", key, shape.h, shape.w, shape.c);
}

/* ---- weights ---- */

struct base64 {
	struct writer *out;
	uint8_t waiting[3];
	int count; /* of bytes that wait until they are three */
};

static void base64_flush(struct base64 *base64)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *in = base64->waiting;
	const uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
	char text[4] = "====";

	if (base64->count == 0)
		return;
	for (int i = 0; i <= base64->count; i++)
		text[i] = digits[bits >> (18 - 6 * i) & 63];
	writer_bytes(base64->out, text, sizeof text);
	*base64 = (struct base64){.out = base64->out};
}

static void base64_byte(struct base64 *base64, uint8_t byte)
{
	base64->waiting[base64->count++] = byte;
	if (base64->count == 3)
		base64_flush(base64);
}

static void put_weights(struct writer *out, const struct network *network)
{
	struct base64 base64 = {.out = out};

	for (int i = 0; i < network->param_count; i++)
		for (size_t k = 0; k < network->params[i]->count; k++) {
			uint32_t bits;
			memcpy(&bits, &network->params[i]->value[k], sizeof bits);
			for (int shift = 0; shift < 32; shift += 8)
				base64_byte(&base64, (uint8_t)(bits >> shift));
		}
	base64_flush(&base64);
}

/* ---- layers ---- */

/* A layer of any kind: the page's script knows them all. */
static void put_layer(struct writer *out, const struct layer *layer)
{
	const struct window *w = &layer->window;

	writer_print(out, "{\"kind\": \"%s\", \"text\": \"%s\"", layer->kind->name, layer->text);
	put_shape(out, "in", layer->in);
	put_shape(out, "out", layer->out);
	writer_text(out, layer->out.flat ? ", \"flat\": true" : ", \"flat\": false");
	if (w->size)
		writer_print(out, ", \"window\": {\"size\": %d, \"stride\": %d, \"top\": %d, \"left\": %d}",
					 w->size, w->stride, w->pad_top, w->pad_left);
	writer_text(out, ", \"params\": [");
	for (int i = 0; i < layer->param_count; i++) {
		const struct param *param = &layer->params[i];
		/* "0.weight" is the layer's "weight". */
		writer_print(out, "%s[\"%s\", %zu]", i ? ", " : "", strchr(param->name, '.') + 1,
					 param->count);
	}
	writer_text(out, "]}");
}

static void put_model(struct writer *out, const struct export_source *source)
{
	const struct network *network = source->network;

	writer_text(out, "{\"spec\": ");
	put_quoted(out, network->spec);
	put_shape(out, "input", network->input);
	put_number(out, "mean", (double)network->scale.mean);
	put_number(out, "deviation", (double)network->scale.deviation);
	put_number(out, "least", source->least);
	writer_print(out, ",\n\"scales\": %s", source->scales ? "true" : "false");
	if (source->accuracy < 0)
		writer_text(out, ",\n\"accuracy\": null");
	else
		put_number(out, "accuracy", source->accuracy);
	writer_text(out, ",\n\"classes\": [");
	for (int i = 0; i < network->classes; i++) {
		writer_text(out, i ? ", " : "");
		put_quoted(out, source->classes[i]);
	}
	writer_text(out, "],\n\"metadata\": [");
	for (size_t i = 0; i < source->metadata_count; i++) {
		writer_text(out, i ? ",\n[" : "\n[");
		put_quoted(out, source->metadata[i].key);
		writer_text(out, ", ");
		put_quoted(out, source->metadata[i].value);
		writer_text(out, "]");
	}
	writer_text(out, "],\n\"layers\": [");
	for (int i = 0; i < network->layer_count; i++) {
		writer_text(out, i ? ",\n" : "\n");
		put_layer(out, &network->layers[i]);
	}
	writer_text(out, "],\n\"weights\": \"");
	put_weights(out, network);
	writer_text(out, "\"}");
}

/* The place in the template, which has it once. */
static size_t find_place(void)
{
	size_t at = 0;

	while (memcmp(page_template + at, PLACE, strlen(PLACE)))
		at++;
	return at;
}

int export_html(const struct export_source *source, struct buffer *out, struct error *error)
{
	const size_t place = find_place(), behind = place + strlen(PLACE);
	struct writer writer = {0};

	*out = (struct buffer){0};
	writer_bytes(&writer, page_template, place);
	put_model(&writer, source);
	writer_bytes(&writer, page_template + behind, page_template_size - behind);
	return writer_take(&writer, out, error);
}
