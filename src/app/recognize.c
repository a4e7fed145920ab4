/* One image is a data set of one, and a batch of one. */
#include "app/recognize.h"

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
