/* How good is a network on some images? */
#ifndef APP_EVALUATE_H
#define APP_EVALUATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "nn/executor.h"

/* Images by how probable their predictions were: bin m of M is above m / M, up to (m + 1) / M. */
#define CALIBRATION_BINS 15

struct calibration_bin {
	size_t count, correct;
	double probability; /* the sum of what the predictions claimed */
};

struct evaluation {
	size_t count, correct;
	double accuracy, loss; /* means; the loss is NaN where a logit is infinite or NaN */
	size_t confusion[DATASET_CLASSES][DATASET_CLASSES]; /* [label][prediction] */
	struct calibration_bin bins[CALIBRATION_BINS];
};

/* What the network said of one image. */
struct prediction {
	size_t index; /* in the dataset */
	int label, digit;
	double probability; /* that it is `digit` */
	double of_label;    /* that it is `label` */
};

/* Evaluate on `count` images, those at `indices`, or the first `count` where that is NULL.
 * Dropout is off. Results do not depend on the executor's batch size. `stop` may be NULL; it is
 * looked at before each batch, and where it ends the work, that is false and `out` covers a part. */
bool evaluate(struct executor *executor, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, const volatile sig_atomic_t *stop, struct evaluation *out);

/* The same with probabilities at a temperature (calibrate.h), which changes the bins, but not the
 * loss. What was said of each image, in their order, goes to `predictions`, [count], and to `logits`,
 * [count][DATASET_CLASSES]; both may be NULL. */
bool evaluate_each(struct executor *executor, const struct dataset *dataset,
				   const uint32_t *indices, size_t count, double temperature,
				   const volatile sig_atomic_t *stop, struct evaluation *out,
				   struct prediction *predictions, float *logits);

/* Expected calibration error (Guo et al. 2017): how far, on average over all images, the
 * probability that was claimed lies from the part that was right, bin by bin. 0 for no images. */
double calibration_error(const struct evaluation *evaluation);

/* Precision, recall and F1 of one class; 0 where there is nothing to divide by. */
struct class_scores {
	size_t support; /* images of the class */
	double precision, recall, f1;
};
struct class_scores evaluation_class(const struct evaluation *evaluation, int label);

/* The 95% interval of a proportion (Wilson 1927). */
void wilson_interval(size_t correct, size_t count, double *low, double *high);

#endif
