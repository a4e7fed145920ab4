/* How good is a network on some images? */
#ifndef APP_EVALUATE_H
#define APP_EVALUATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "nn/network.h"

struct evaluation {
	size_t count, correct;
	double accuracy, loss; /* means; the loss is NaN where a logit is infinite or NaN */
	size_t confusion[DATASET_CLASSES][DATASET_CLASSES]; /* [label][prediction] */
};

/* Evaluate on `count` images, those at `indices`, or the first `count` where that is NULL.
 * Dropout is off. Results do not depend on the network's batch size. `stop` may be NULL; it is
 * looked at before each batch, and where it ends the work, that is false and `out` covers a part. */
bool evaluate(struct network *network, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, const volatile sig_atomic_t *stop, struct evaluation *out);

/* Are all of these numbers, of one image? */
bool logits_are_finite(const float *logits);

/* Precision, recall and F1 of one class; 0 where there is nothing to divide by. */
struct class_scores {
	size_t support; /* images of the class */
	double precision, recall, f1;
};
struct class_scores evaluation_class(const struct evaluation *evaluation, int label);

/* The 95% interval of a proportion (Wilson 1927). */
void wilson_interval(size_t correct, size_t count, double *low, double *high);

#endif
