/* Softmax and sparse categorical cross-entropy. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include <stdbool.h>
#include <stdint.h>

/* probabilities[i] = exp(logits[i]) / sum of exp(logits). The largest is taken off first, so that
 * nothing overflows. May work in place. */
void loss_softmax(int classes, const float *logits, float *probabilities);

/* The most likely class; ties go to the first. */
int loss_argmax(int classes, const float *logits);

/* Are all of them numbers? */
bool loss_logits_are_finite(int classes, const float *logits);

/* The label of a sample that is of no class. */
#define LABEL_NONE 65535

/* Samples of no class count for none of these. */
struct loss_sum {
	double loss; /* the sum of -log p(label) */
	int correct; /* samples whose most likely class is the label */
	int count;   /* samples with a label */
};

/* Over n samples' logits [n][classes]. Where dlogits is not NULL, it gets the gradient of what is
 * minimized, the mean of -sum of target × log p over `divisor` samples, which is
 * (softmax(logits) - target) / divisor. The target is onehot(label), or with a smoothing s from 0
 * to 1 (Szegedy et al. 2016) (1 - s) × onehot(label) + s / classes; the losses in the result know
 * of no smoothing, so that they can be compared. A sample of no class has the target 1 / classes
 * everywhere (outlier exposure: Hendrycks, Mazeika & Dietterich 2019). */
struct loss_sum loss_cross_entropy(int n, int classes, const float *logits, const uint16_t *labels,
								   float smoothing, int divisor, float *dlogits);

#endif
