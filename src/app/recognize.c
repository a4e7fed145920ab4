/* One image is a data set of one, and a batch of one. To map what a decision rests on, the image is
 * run once for each place of the square, as many at a time as the executor takes. */
#include "app/recognize.h"

#include <stdbool.h>
#include <stdlib.h>

#include "nn/loss.h"

int recognize(struct executor *executor, const uint8_t pixels[DATASET_PIXELS], double temperature,
			  float probabilities[DATASET_CLASSES], struct error *error)
{
	const struct dataset one = {.count = 1, .images = pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};
	const float *logits = executor_predict(executor, &batch);

	if (!loss_logits_are_finite(DATASET_CLASSES, logits))
		return error_set(error, "the network's output is not a number");
	loss_softmax(DATASET_CLASSES, logits, temperature, probabilities);
	return 0;
}

float recognizer_score(void *recognizer, const uint8_t pixels[DATASET_PIXELS])
{
	const struct recognizer *with = recognizer;
	float probabilities[DATASET_CLASSES];
	struct error error;

	if (recognize(with->executor, pixels, with->temperature, probabilities, &error))
		return 0.0f;
	return probabilities[loss_argmax(DATASET_CLASSES, probabilities)];
}

struct covered {
	const uint8_t *pixels;
	int reach; /* of the square, from its middle pixel to each side */
	uint8_t fill;
	int first; /* place of the batch's first image */
};

static void covered_load(const void *context, int first, int n, float *x)
{
	const struct covered *covered = context;

	for (int place = covered->first + first; n > 0; place++, n--)
		for (int i = 0; i < DATASET_PIXELS; i++) {
			const int dy = i / DATASET_SIDE - place / DATASET_SIDE;
			const int dx = i % DATASET_SIDE - place % DATASET_SIDE;
			bool hidden = abs(dy) <= covered->reach && abs(dx) <= covered->reach;
			*x++ = (float)(hidden ? covered->fill : covered->pixels[i]) / 255.0f;
		}
}

void occlusion_map(struct executor *executor, double temperature,
				   const uint8_t pixels[DATASET_PIXELS], int digit, int size, uint8_t fill,
				   double map[DATASET_PIXELS])
{
	struct covered covered = {.pixels = pixels, .reach = size / 2, .fill = fill};
	const int most = executor_batch_size(executor);
	struct batch batch = {.load = covered_load, .context = &covered};

	for (; covered.first < DATASET_PIXELS; covered.first += batch.n) {
		const int left = DATASET_PIXELS - covered.first;

		batch.n = left < most ? left : most;
		const float *logits = executor_predict(executor, &batch);
		for (int i = 0; i < batch.n; i++, logits += executor_network(executor)->classes) {
			float probabilities[DATASET_CLASSES];
			loss_softmax(DATASET_CLASSES, logits, temperature, probabilities);
			map[covered.first + i] = (double)probabilities[digit];
		}
	}
}
