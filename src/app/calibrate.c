/* Temperature scaling: networks are surer than they are right, or less sure with label
 * smoothing. */
#include "app/calibrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "nn/loss.h"

/* The outputs of a network for some images. */
struct answers {
	const float *logits; /* [count][DATASET_CLASSES] */
	const struct dataset *dataset;
	const uint32_t *indices;
	size_t count;
};

static double cross_entropy(const struct answers *answers, double temperature)
{
	const float *logits = answers->logits;
	double loss = 0;

	for (size_t i = 0; i < answers->count; i++, logits += DATASET_CLASSES) {
		const uint8_t *label = &answers->dataset->labels[answers->indices[i]];
		float cooled[DATASET_CLASSES];

		for (int k = 0; k < DATASET_CLASSES; k++)
			cooled[k] = logits[k] / (float)temperature;
		loss += loss_cross_entropy(1, DATASET_CLASSES, cooled, label, 0, 1, NULL).loss;
	}
	return loss;
}

/* The cross-entropy is a convex function of 1 / T. Its one valley is narrowed down by thirds. */
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

double calibrate(const float *logits, const struct dataset *dataset, const uint32_t *indices,
				 size_t count)
{
	const struct answers answers = {logits, dataset, indices, count};

	for (size_t i = 0; i < count; i++)
		if (!loss_logits_are_finite(DATASET_CLASSES, logits + i * DATASET_CLASSES))
			return TEMPERATURE_NONE;
	return count ? coolest(&answers) : TEMPERATURE_NONE;
}
