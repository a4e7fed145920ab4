/* Everything is counted image by image, so that the result does not depend on the batches. */
#include "app/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/loss.h"

#define MOST_IMAGES 2048 /* of one batch */

static struct prediction predict(const float *logits, double temperature, int label, size_t index)
{
	const int digit = loss_argmax(DATASET_CLASSES, logits);
	float probabilities[DATASET_CLASSES];

	loss_softmax(DATASET_CLASSES, logits, temperature, probabilities);
	return (struct prediction){
		.index = index,
		.label = label,
		.digit = digit,
		.probability = (double)probabilities[digit],
		.of_label = label == LABEL_UNKNOWN ? 0 : (double)probabilities[label],
	};
}

static void count_in(struct evaluation *out, const struct prediction *prediction,
					 const float *logits)
{
	const uint16_t label = (uint16_t)prediction->label;
	const bool correct = prediction->digit == prediction->label;
	const double place = ceil(fmin(prediction->probability, 1) * CALIBRATION_BINS) - 1;
	struct calibration_bin *bin = &out->bins[place > 0 ? (int)place : 0];

	out->loss += loss_cross_entropy(1, DATASET_CLASSES, logits, &label, 0, 1, NULL).loss;
	out->correct += correct;
	out->confusion[prediction->label][prediction->digit]++;
	bin->count++;
	bin->correct += correct;
	bin->probability += prediction->probability;
}

/* Run n images through the network and count them. */
static void evaluate_batch(struct executor *executor, const struct selection *selection, int n,
						   double temperature, struct evaluation *out,
						   struct prediction *predictions, float *all_logits)
{
	const struct batch batch = {.n = n, .load = selection_load, .context = selection};
	const float *logits = executor_predict(executor, &batch);

	if (all_logits)
		memcpy(all_logits, logits, (size_t)n * DATASET_CLASSES * sizeof *logits);
	for (int i = 0; i < n; i++, logits += DATASET_CLASSES) {
		const uint32_t index = selection->indices[i];
		const uint16_t *labels = selection->dataset->labels;
		const int label = labels ? labels[index] : LABEL_UNKNOWN;
		const struct prediction prediction = predict(logits, temperature, label, index);

		if (!loss_logits_are_finite(DATASET_CLASSES, logits))
			out->loss = NAN;
		if (labels)
			count_in(out, &prediction, logits);
		if (predictions)
			predictions[i] = prediction;
	}
}

bool evaluate(struct executor *executor, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, double temperature, const volatile sig_atomic_t *stop,
			  struct evaluation *out, struct prediction *predictions, float *logits)
{
	size_t room = (size_t)executor_batch_size(executor),
		   most = room < MOST_IMAGES ? room : MOST_IMAGES;

	assert(executor_network(executor)->classes == DATASET_CLASSES);
	*out = (struct evaluation){0};
	while (out->count < count && !(stop && *stop)) {
		size_t done = out->count, n = count - done < most ? count - done : most;
		uint32_t consecutive[MOST_IMAGES];

		for (size_t i = 0; i < n; i++)
			consecutive[i] = (uint32_t)(done + i);
		const struct selection selection = {dataset, indices ? indices + done : consecutive};
		evaluate_batch(executor, &selection, (int)n, temperature, out,
					   predictions ? predictions + done : NULL,
					   logits ? logits + done * DATASET_CLASSES : NULL);
		out->count += n;
	}
	if (out->count) {
		out->accuracy = (double)out->correct / (double)out->count;
		out->loss /= (double)out->count;
	}
	return out->count == count;
}

double calibration_error(const struct evaluation *evaluation)
{
	double sum = 0;

	for (int i = 0; i < CALIBRATION_BINS; i++)
		sum += fabs((double)evaluation->bins[i].correct - evaluation->bins[i].probability);
	return evaluation->count ? sum / (double)evaluation->count : 0;
}

static double cross_entropy(const float *logits, const struct selection *selection, size_t count,
							double temperature)
{
	double loss = 0;

	for (size_t i = 0; i < count; i++, logits += DATASET_CLASSES) {
		const uint16_t *label = &selection->dataset->labels[selection->indices[i]];
		float cooled[DATASET_CLASSES];

		for (int k = 0; k < DATASET_CLASSES; k++)
			cooled[k] = logits[k] / (float)temperature;
		loss += loss_cross_entropy(1, DATASET_CLASSES, cooled, label, 0, 1, NULL).loss;
	}
	return loss;
}

double calibrate(const float *logits, const struct dataset *dataset, const uint32_t *indices,
				 size_t count)
{
	const struct selection selection = {dataset, indices};
	double low = 1 / TEMPERATURE_MOST, high = 1 / TEMPERATURE_LEAST;
	char rounded[32];

	if (!count || !loss_logits_are_finite((int)count * DATASET_CLASSES, logits))
		return TEMPERATURE_NONE;
	/* The cross-entropy is convex in 1 / T. Its one valley is narrowed down by thirds. */
	while (high - low > 1e-4 * high) {
		double third = (high - low) / 3, a = low + third, b = high - third;
		if (cross_entropy(logits, &selection, count, 1 / a) <=
			cross_entropy(logits, &selection, count, 1 / b))
			high = b;
		else
			low = a;
	}
	snprintf(rounded, sizeof rounded, "%.3g", 2 / (low + high));
	return strtod(rounded, NULL);
}

static double ratio(size_t part, size_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

struct class_scores evaluation_class(const struct evaluation *evaluation, int label)
{
	struct class_scores scores = {0};
	size_t hits = evaluation->confusion[label][label];
	size_t predicted = 0;

	for (int i = 0; i < DATASET_CLASSES; i++) {
		scores.support += evaluation->confusion[label][i];
		predicted += evaluation->confusion[i][label];
	}
	scores.precision = ratio(hits, predicted);
	scores.recall = ratio(hits, scores.support);
	/* The harmonic mean of the two, 2pr / (p + r), in counts. */
	scores.f1 = ratio(2 * hits, predicted + scores.support);
	return scores;
}

void wilson_interval(size_t correct, size_t count, double *low, double *high)
{
	const double z = 1.959963984540054; /* 97.5% of a normal distribution lies below */

	*low = 0;
	*high = 1;
	if (!count)
		return;
	double n = (double)count;
	double p = (double)correct / n;
	double centre = p + z * z / (2 * n);
	double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
	double scale = 1 + z * z / n;
	*low = fmax(0, (centre - half) / scale);
	*high = fmin(1, (centre + half) / scale);
}
