/* How good is a network on some images? */
#ifndef APP_EVALUATE_H
#define APP_EVALUATE_H

#include <stddef.h>
#include <stdint.h>

#include "app/dataset.h"
#include "nn/network.h"

struct evaluation {
	size_t count, correct;
	double accuracy, loss; /* means */
	size_t confusion[DATASET_CLASSES][DATASET_CLASSES]; /* [label][prediction] */
};

/* Evaluate on `count` images, those at `indices`, or the first `count` where that is NULL.
 * Dropout is off. Results do not depend on the network's batch size. */
void evaluate(struct network *network, const struct dataset *dataset, const uint32_t *indices,
			  size_t count, struct evaluation *out);

/* Precision, recall and F1 of one class; 0 where there is nothing to divide by. */
struct class_scores {
	size_t support; /* images of the class */
	double precision, recall, f1;
};
struct class_scores evaluation_class(const struct evaluation *evaluation, int label);

/* The 95% interval of a proportion (Wilson 1927). */
void wilson_interval(size_t correct, size_t count, double *low, double *high);

#endif
