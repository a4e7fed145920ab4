/* Networks of any text, with names of any bytes, exported in every form. */
#include "fuzz_export.h"

#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "nn/network.h"
#include "sound.h"

#define MOST_VALUES 3000 /* of a network, all of which are written as text */
#define MOST_CLASSES 64
#define MOST_TEXT 4096

static void require(bool fact)
{
	if (!fact)
		abort();
}

/* Numbers of all sizes, some of them 0. Of variances, a layer's fourth parameter, none is
 * negative. */
static void fill(struct network *network)
{
	for (int i = 0; i < network->layer_count; i++)
		for (int p = 0; p < network->layers[i].param_count; p++) {
			const struct param *param = &network->layers[i].params[p];
			for (size_t k = 0; k < param->count; k++) {
				const float size = (float)(k % 7) * (float)(1u << k % 32) / 65536;
				param->value[k] = k % 2 && p < 3 ? -size : size;
			}
		}
}

static void export_everywhere(const struct export_source *source, bool int8)
{
	struct buffer page, model, code, header;
	struct error error;

	require(!export_html(source, &page, &error) && sound_page(&page));
	require(!export_onnx(source, &model, &error) && sound_onnx(&model));
	require(!export_c(source, "net.c", int8, &code, &header, &error));
	require(sound_c(&code) && sound_c(&header));
	buffer_free(&page);
	buffer_free(&model);
	buffer_free(&code);
	buffer_free(&header);
}

void fuzz_export(const uint8_t *data, size_t size)
{
	static const char *const empty = "";
	const char *classes[MOST_CLASSES];
	char text[MOST_TEXT] = "";
	struct network network;
	struct error error;

	if (size < 4 || size >= MOST_TEXT)
		return;
	memcpy(text, data + 4, size - 4);
	char *next = strchr(text, '\n');
	if (next)
		*next++ = '\0';
	const struct shape input = {.h = 1 + data[0] % 40, .w = 1 + data[1] % 40, .c = 1};
	if (network_build(&network, text, input, 1 + data[3] % MOST_CLASSES, &error))
		return;
	for (int i = 0; i < MOST_CLASSES; i++) {
		classes[i] = next ? next : empty;
		next = next ? strchr(next, '\n') : NULL;
		if (next)
			*next++ = '\0';
	}
	const struct safetensors_entry metadata[] = {{classes[0], classes[1]}, {"network", text}};
	const struct export_source source = {
		.network = &network,
		.classes = classes,
		.least = data[2] / 256.0,
		.scales = data[2] & 4,
		.accuracy = data[2] / 255.0 - 0.1,
		.metadata = metadata,
		.metadata_count = 2,
		.version = "1.0",
	};
	if (network.classes <= MOST_CLASSES && network.value_count <= MOST_VALUES) {
		fill(&network);
		export_everywhere(&source, data[2] & 2);
	}
	network_free(&network);
}
