/* Temperature scaling: networks are surer than they are right, or with label smoothing less sure. */
#include "app/calibrate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/loss.h"

struct answers {
	float *logits; /* [count][DATASET_CLASSES] */
	uint8_t *labels;
	size_t count;
};

static bool collect(struct executor *executor, const struct dataset *dataset,
					const uint32_t *indices, struct answers *answers)
{
	size_t batch = (size_t)executor_batch_size(executor);
	bool finite = true;

	for (size_t done = 0, n; done < answers->count; done += n) {
		n = answers->count - done < batch ? answers->count - done : batch;
		const struct selection selection = {dataset, indices + done};
		const struct batch images = {.n = (int)n, .load = selection_load, .context = &selection};
		float *logits = answers->logits + done * DATASET_CLASSES;
		memcpy(logits, executor_predict(executor, &images), n * DATASET_CLASSES * sizeof *logits);
		dataset_labels(dataset, selection.indices, (int)n, answers->labels + done);
		for (size_t i = 0; i < n; i++)
			finite =
				finite && loss_logits_are_finite(DATASET_CLASSES, logits + i * DATASET_CLASSES);
	}
	return finite;
}

static double cross_entropy(const struct answers *answers, double temperature)
{
	double loss = 0;

	for (size_t i = 0; i < answers->count; i++) {
		float cooled[DATASET_CLASSES];
		for (int k = 0; k < DATASET_CLASSES; k++)
			cooled[k] = answers->logits[i * DATASET_CLASSES + (size_t)k] / (float)temperature;
		loss +=
			loss_cross_entropy(1, DATASET_CLASSES, cooled, &answers->labels[i], 0, 1, NULL).loss;
	}
	return loss;
}

/* As a function of 1 / T the cross-entropy is convex: it has one valley, which a search by thirds
 * narrows down. */
static double coolest(const struct answers *answers)
{
	double low = 1 / TEMPERATURE_MOST, high = 1 / TEMPERATURE_LEAST;
	char rounded[32];

	while (high - low > 1e-4 * high) {
		double third = (high - low) / 3, a = low + third, b = high - third;
		if (cross_entropy(answers, 1 / a) <= cross_entropy(answers, 1 / b))
			high = b;
		else
			low = a;
	}
	snprintf(rounded, sizeof rounded, "%.3g", 2 / (low + high));
	return strtod(rounded, NULL);
}

int calibrate(struct executor *executor, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, double *temperature, struct error *error)
{
	struct answers answers = {.count = count};

	assert(executor_network(executor)->classes == DATASET_CLASSES);
	*temperature = TEMPERATURE_NONE;
	if (!count)
		return 0;
	answers.logits = malloc(count * DATASET_CLASSES * sizeof *answers.logits);
	answers.labels = malloc(count);
	int status = 0;
	if (!answers.logits || !answers.labels)
		status = error_set(error, "not enough memory for the answers to %zu images", count);
	else if (collect(executor, dataset, indices, &answers))
		*temperature = coolest(&answers);
	free(answers.logits);
	free(answers.labels);
	return status;
}

void calibrated_softmax(int classes, const float *logits, double temperature, float *probabilities)
{
	for (int i = 0; i < classes; i++)
		probabilities[i] = logits[i] / (float)temperature;
	loss_softmax(classes, probabilities, probabilities);
}
