/* The program's own answers, which scripts compare with those of exported networks. Not a test.
 * Reads images of the network's size, a byte a pixel, until its input ends. */
#include <stdio.h>
#include <stdlib.h>

#include "app/input_scale.h"
#include "app/model.h"
#include "nn/executor.h"

static const char usage[] =
	"Usage: logits MODEL [NETWORK [SCALE]] <IMAGES >FLOATS\n"
	"Writes the logits of each image's classes, then their probabilities, as 32-bit floats.\n";

struct image {
	const unsigned char *pixels;
	size_t size;
};

static void load(const void *context, int first, int n, float *room, float *x)
{
	const struct image *image = context;

	(void)first, (void)n, (void)room; /* a batch is one image */
	for (size_t i = 0; i < image->size; i++)
		x[i] = (float)image->pixels[i] / 255.0f;
}

/* Returns false where memory is lacking. */
static bool answer_all(struct executor *executor)
{
	const struct network *network = executor_network(executor);
	const size_t size = shape_size(network->input), classes = (size_t)network->classes;
	unsigned char *pixels = malloc(size);
	float *probabilities = malloc(classes * sizeof *probabilities);
	const struct image image = {pixels, size};
	const struct batch batch = {.n = 1, .load = load, .context = &image};
	const bool ready = pixels && probabilities;

	while (ready && fread(pixels, 1, size, stdin) == size) {
		const float *logits = executor_predict(executor, &batch);
		loss_softmax(network->classes, logits, probabilities);
		fwrite(logits, sizeof *logits, classes, stdout);
		fwrite(probabilities, sizeof *probabilities, classes, stdout);
	}
	free(pixels);
	free(probabilities);
	return ready;
}

int main(int argc, char **argv)
{
	struct network network = {0};
	struct engine engine = {0};
	struct executor *executor = NULL;
	struct model_wanted wanted = {.spec = argc > 2 ? argv[2] : NULL};
	struct model_info info;
	struct weights_match match;
	struct error error = {.text = "not enough memory"};
	bool done = false;

	if (argc < 2 || argc > 4 ||
		(argc == 4 && input_scale_codec.parse(argv[3], &wanted.scale, &error))) {
		fputs(usage, stderr);
		return 2;
	}
	if (!engine_open(&engine, "auto", 1, &error) &&
		!model_load_as(argv[1], &wanted, &network, &info, NULL, &match, &error))
		executor = executor_open(&network, &engine, 1, EXECUTOR_PREDICT, &error);
	if (executor)
		done = answer_all(executor);
	if (!done)
		fprintf(stderr, "logits: %s\n", error.text);
	executor_close(executor);
	network_free(&network);
	engine_close(&engine);
	return done && !fflush(stdout) ? 0 : 1;
}
