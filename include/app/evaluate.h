/* Accuracy, loss and confusion of a network on some images, and probabilities that mean what they
 * say. */
#ifndef APP_EVALUATE_H
#define APP_EVALUATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "nn/executor.h"

/* Limits of a temperature, and the one that changes nothing. */
#define TEMPERATURE_LEAST 0.05
#define TEMPERATURE_MOST 20.0
#define TEMPERATURE_NONE 1.0

/* Images sorted by the probability that was claimed for the predicted digit: of 15 bins, number 14
 * has those above 14/15. */
#define CALIBRATION_BINS 15

struct calibration_bin {
	size_t count, correct;
	double probability; /* the sum of the probabilities that were claimed */
};

struct evaluation {
	size_t count, correct;
	double accuracy, loss; /* means; the loss is NaN where a logit is not finite */
	struct calibration_bin bins[CALIBRATION_BINS];
};

/* Of images without labels. */
#define LABEL_UNKNOWN (-1)

/* The network's answer to one image. */
struct prediction {
	size_t index;       /* in the dataset */
	int label;          /* the index of a class, or LABEL_UNKNOWN */
	int class;          /* the likeliest */
	double probability; /* that it is `class` */
	double of_label;    /* that it is `label`, or 0 */
};

/* Evaluate on `count` images: those at `indices`, or the first ones of the data set where that is
 * NULL. Dropout is off. The results do not depend on the executor's batch size. *stop is looked at
 * before each batch, and `stop` may be NULL; where it ends the work early, the function returns
 * false and `out` covers a part of the images. The answers to all images, in their order, go to
 * `predictions`, [count], and the outputs to `logits`, [count][classes]; both may be NULL. Where
 * the data set has no labels, nothing is counted but the images. */
bool evaluate(struct executor *executor, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, const volatile sig_atomic_t *stop, struct evaluation *out,
			  struct prediction *predictions, float *logits);

/* The temperature T (Guo et al. 2017) for which softmax(logits / T) has the least cross-entropy on
 * `count` images, those at `indices`. `logits`, [count][classes], are a network's output for
 * them. T is rounded to three digits, and is TEMPERATURE_NONE where there are no images or a
 * logit is not finite. It changes no prediction, only the probabilities. */
double calibrate(const float *logits, int classes, const struct dataset *dataset,
				 const uint32_t *indices, size_t count);

/* The expected calibration error (Guo et al. 2017): in each bin the distance between the mean
 * probability that was claimed and the share of right predictions, averaged over all images. 0 for
 * no images. */
double calibration_error(const struct evaluation *evaluation);

/* Which classes were taken for which. */
struct confusion {
	int classes;
	size_t *counts; /* [label][prediction]; owned */
};

/* Count predictions, whose labels are known. Free with confusion_free; zeroed on error. */
int confusion_count(const struct prediction *predictions, size_t count, int classes,
					struct confusion *out, struct error *error);
void confusion_free(struct confusion *confusion); /* accepts a zeroed one */

static inline size_t confusion_at(const struct confusion *confusion, int label, int prediction)
{
	return confusion->counts[(size_t)label * (size_t)confusion->classes + (size_t)prediction];
}

/* Precision, recall and F1 of one class; NaN where they have no value: precision where nothing was
 * taken for the class, the others where it has no images. */
struct class_scores {
	size_t support; /* images of the class */
	double precision, recall, f1;
};
struct class_scores confusion_scores(const struct confusion *confusion, int label);

/* The 95% confidence interval of a proportion (Wilson 1927): 9900 of 10000 lie in 0.9879 …
 * 0.9918. */
void wilson_interval(size_t correct, size_t count, double *low, double *high);

#endif
