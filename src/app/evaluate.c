/* Everything is counted image by image, so that the result does not depend on the batches. */
#include "app/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/loss.h"

#define MOST_IMAGES 2048 /* of one batch */

static struct prediction predict(int classes, const float *logits, int label, size_t index)
{
	const int class = loss_argmax(classes, logits);
	float probabilities[CLASSES_MOST];

	loss_softmax(classes, logits, probabilities);
	return (struct prediction){
		.index = index,
		.label = label,
		.class = class,
		.probability = (double)probabilities[class],
		.of_label = label == LABEL_UNKNOWN ? 0 : (double)probabilities[label],
	};
}

static void count_in(struct evaluation *out, const struct prediction *prediction, int classes,
					 const float *logits)
{
	const uint16_t label = (uint16_t)prediction->label;
	const bool correct = prediction->class == prediction->label;
	const double place = ceil(fmin(prediction->probability, 1) * CALIBRATION_BINS) - 1;
	struct calibration_bin *bin = &out->bins[place > 0 ? (int)place : 0];

	out->loss += loss_cross_entropy(1, classes, logits, &label, 0, 1, NULL).loss;
	out->correct += correct;
	bin->count++;
	bin->correct += correct;
	bin->probability += prediction->probability;
}

/* Run n images through the network and count them. */
static void evaluate_batch(struct executor *executor, const struct selection *selection, int n,
						   struct evaluation *out, struct prediction *predictions,
						   float *all_logits)
{
	const struct batch batch = {.n = n, .load = selection_load, .context = selection};
	const float *logits = executor_predict(executor, &batch);
	const int classes = executor_network(executor)->classes;

	if (all_logits)
		memcpy(all_logits, logits, (size_t)n * (size_t)classes * sizeof *logits);
	for (int i = 0; i < n; i++, logits += classes) {
		const uint32_t index = selection->indices[i];
		const uint16_t *labels = selection->dataset->labels;
		const int label = labels ? labels[index] : LABEL_UNKNOWN;
		const struct prediction prediction = predict(classes, logits, label, index);

		if (!loss_logits_are_finite(classes, logits))
			out->loss = (double)NAN;
		if (labels)
			count_in(out, &prediction, classes, logits);
		if (predictions)
			predictions[i] = prediction;
	}
}

bool evaluate(struct executor *executor, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, const volatile sig_atomic_t *stop, struct evaluation *out,
			  struct prediction *predictions, float *logits)
{
	const size_t classes = (size_t)executor_network(executor)->classes;
	size_t room = (size_t)executor_batch_size(executor),
		   most = room < MOST_IMAGES ? room : MOST_IMAGES;

	assert(executor_network(executor)->classes <= CLASSES_MOST);
	*out = (struct evaluation){0};
	while (out->count < count && !(stop && *stop)) {
		size_t done = out->count, n = count - done < most ? count - done : most;
		uint32_t consecutive[MOST_IMAGES];

		for (size_t i = 0; i < n; i++)
			consecutive[i] = (uint32_t)(done + i);
		const struct selection selection = {dataset, indices ? indices + done : consecutive};
		evaluate_batch(executor, &selection, (int)n, out, predictions ? predictions + done : NULL,
					   logits ? logits + done * classes : NULL);
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

/* The slope of the cross-entropy of softmax(beta × logits) over beta: for each image, by the chain
 * rule, the sum of (probability - target) × logit. */
static double slope(const float *logits, int classes, const struct selection *selection,
					size_t count, double beta)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++, logits += classes) {
		const uint16_t *label = &selection->dataset->labels[selection->indices[i]];
		float scaled[CLASSES_MOST], gradient[CLASSES_MOST];

		for (int k = 0; k < classes; k++)
			scaled[k] = logits[k] * (float)beta;
		loss_cross_entropy(1, classes, scaled, label, 0, 1, gradient);
		for (int k = 0; k < classes; k++)
			sum += (double)gradient[k] * (double)logits[k];
	}
	return sum;
}

double calibrate(const float *logits, int classes, const struct dataset *dataset,
				 const uint32_t *indices, size_t count)
{
	const struct selection selection = {dataset, indices};
	double low = 1 / TEMPERATURE_MOST, high = 1 / TEMPERATURE_LEAST;
	char rounded[32];

	if (!count)
		return TEMPERATURE_NONE;
	for (size_t i = 0; i < count; i++)
		if (!loss_logits_are_finite(classes, logits + i * (size_t)classes))
			return TEMPERATURE_NONE;
	/* The cross-entropy is convex in 1 / T: its slope is 0 once. */
	while (high - low > 1e-4 * high) {
		const double middle = (low + high) / 2;

		if (slope(logits, classes, &selection, count, middle) < 0)
			low = middle;
		else
			high = middle;
	}
	snprintf(rounded, sizeof rounded, "%.3g", 2 / (low + high));
	return strtod(rounded, NULL);
}

static double ratio(size_t part, size_t whole)
{
	return whole ? (double)part / (double)whole : (double)NAN;
}

int confusion_count(const struct prediction *predictions, size_t count, int classes,
					struct confusion *out, struct error *error)
{
	const size_t side = (size_t)classes;

	*out = (struct confusion){.classes = classes, .counts = calloc(side * side, sizeof(size_t))};
	if (!out->counts) {
		*out = (struct confusion){0};
		return error_scarce(error, "not enough memory for a matrix of %d classes", classes);
	}
	for (const struct prediction *p = predictions; p < predictions + count; p++)
		out->counts[(size_t)p->label * side + (size_t)p->class]++;
	return 0;
}

void confusion_free(struct confusion *confusion)
{
	free(confusion->counts);
	*confusion = (struct confusion){0};
}

struct class_scores confusion_scores(const struct confusion *confusion, int label)
{
	struct class_scores scores = {0};
	size_t hits = confusion_at(confusion, label, label);
	size_t predicted = 0;

	for (int i = 0; i < confusion->classes; i++) {
		scores.support += confusion_at(confusion, label, i);
		predicted += confusion_at(confusion, i, label);
	}
	scores.precision = ratio(hits, predicted);
	scores.recall = ratio(hits, scores.support);
	/* The harmonic mean of the two, 2pr / (p + r), in counts. */
	scores.f1 = scores.support ? ratio(2 * hits, predicted + scores.support) : (double)NAN;
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
