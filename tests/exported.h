/* A small network with a layer of every kind, which is exported. Include after cmocka.h. */
#ifndef TESTS_EXPORTED_H
#define TESTS_EXPORTED_H

#include "export/export.h"
#include "nn/executor.h"

#define EXPORTED_H 9
#define EXPORTED_W 8
#define EXPORTED_CLASSES 3
#define EXPORTED_SPEC                                                                              \
	"conv:3,4,2,same tanh batchnorm maxpool:2,1 conv:5,2 sigmoid avgpool:2,1 flatten batchnorm "   \
	"dropout:0.5 dense:4 relu dense:3 softmax"

static const char *const exported_classes[EXPORTED_CLASSES] = {"cat", "\"</script>\\", "dog\n*/"};
static const struct safetensors_entry exported_metadata[] = {
	{"format", "mnist-cnn 1"}, {"network", EXPORTED_SPEC}, {"class_names", "other"}, {"seed", "1"}};

/* Numbers that every machine has exactly: multiples of 1/64 between -1 and 1; the variances, which
 * are the fourth parameter of their layer, between 0.5 and 2.5. */
static inline void exported_fill(struct network *network)
{
	unsigned draw = 3;

	for (int i = 0; i < network->layer_count; i++)
		for (int p = 0; p < network->layers[i].param_count; p++) {
			const struct param *param = &network->layers[i].params[p];
			for (size_t k = 0; k < param->count; k++) {
				draw = draw * 1664525u + 1013904223u;
				const float value = (float)(draw >> 25) / 64 - 1; /* 0 … 127 */
				param->value[k] = p == 3 ? value + 1.5f : value;
			}
		}
}

static inline void exported_open(struct network *network, const char *spec)
{
	const struct shape input = {.h = EXPORTED_H, .w = EXPORTED_W, .c = 1};
	struct error error;

	if (network_build(network, spec, input, EXPORTED_CLASSES, &error))
		fail_msg("%s", error.text);
	exported_fill(network);
	network_divide_logits(network, 0.5f); /* so that probabilities differ */
	network->scale = (struct input_scale){0.25f, 0.5f};
}

static inline struct export_source exported_source(const struct network *network)
{
	return (struct export_source){
		.network = network,
		.classes = exported_classes,
		.least = 0.25,
		.scales = true,
		.accuracy = 0.875,
		.metadata = exported_metadata,
		.metadata_count = sizeof exported_metadata / sizeof *exported_metadata,
		.version = "1.2",
	};
}

/* Some image, a byte a pixel; the greater the seed, the fewer of its rows are empty. */
static inline void exported_image(unsigned seed, unsigned char pixels[EXPORTED_H * EXPORTED_W])
{
	unsigned draw = seed;

	for (unsigned i = 0; i < EXPORTED_H * EXPORTED_W; i++) {
		draw = draw * 1664525u + 1013904223u;
		pixels[i] = i / EXPORTED_W < seed ? (unsigned char)(draw >> 24) : 0;
	}
}

static inline void exported_load(const void *pixels, int first, int n, float *room, float *x)
{
	(void)first, (void)n, (void)room;
	for (int i = 0; i < EXPORTED_H * EXPORTED_W; i++)
		x[i] = (float)((const unsigned char *)pixels)[i] / 255.0f;
}

/* Fail unless `predict`, compiled from the exported C, gives the network's own probabilities for
 * ten images, up to `tolerance`. */
static inline void exported_compare(int (*predict)(const unsigned char *pixels,
												   float *probabilities),
									double tolerance)
{
	struct network network;
	struct engine engine;
	struct error error;
	unsigned char pixels[EXPORTED_H * EXPORTED_W];
	float own[EXPORTED_CLASSES], other[EXPORTED_CLASSES];
	float least = 1, most = 0;

	exported_open(&network, EXPORTED_SPEC);
	assert_int_equal(engine_open(&engine, "reference", 1, &error), 0);
	struct executor *executor = executor_open(&network, &engine, 1, EXECUTOR_PREDICT, &error);
	assert_non_null(executor);
	for (unsigned seed = 0; seed < 10; seed++) {
		exported_image(seed, pixels);
		const struct batch batch = {.n = 1, .load = exported_load, .context = pixels};
		const float *logits = executor_predict(executor, &batch);
		loss_softmax(EXPORTED_CLASSES, logits, own);
		const int best = predict(pixels, other);
		assert_int_equal(best, loss_argmax(EXPORTED_CLASSES, other));
		least = own[0] < least ? own[0] : least;
		most = own[0] > most ? own[0] : most;
		for (int i = 0; i < EXPORTED_CLASSES; i++)
			assert_float_equal(own[i], other[i], tolerance);
	}
	if (most - least < 0.1f)
		fail_msg("from %g to %g: all images are alike, which shows little", least, most);
	executor_close(executor);
	engine_close(&engine);
	network_free(&network);
}

#endif
