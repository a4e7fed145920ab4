/* Softmax and sparse categorical cross-entropy, loss = -log p(label), fused: its gradient by the
 * logits is p - onehot(label), or with smoothing p - target. */
#include "nn/loss.h"

#include <math.h>
#include <stddef.h>

#include "compute/math.h"

void loss_softmax(int classes, const float *logits, float *probabilities)
{
	float largest = logits[loss_argmax(classes, logits)], sum = 0;

	for (int i = 0; i < classes; i++) {
		probabilities[i] = math_exp(logits[i] - largest);
		sum += probabilities[i];
	}
	for (int i = 0; i < classes; i++)
		probabilities[i] /= sum;
}

int loss_argmax(int classes, const float *logits)
{
	int best = 0;

	for (int i = 1; i < classes; i++)
		if (logits[i] > logits[best])
			best = i;
	return best;
}

bool loss_logits_are_finite(int classes, const float *logits)
{
	for (int i = 0; i < classes; i++)
		if (!isfinite(logits[i]))
			return false;
	return true;
}

/* -log p(label) = log(sum of exp(x[i])) - x[label], with the largest logit taken off both. Since
 * targets add up to 1, those of all classes are log(sum of exp(x[i])) - sum of target[i] × x[i]. */
static float one_loss(int classes, const float *logits, int best, int label, float smoothing)
{
	float sum = 0, mean = 0, towards_label = logits[label] - logits[best];

	for (int i = 0; i < classes; i++)
		sum += math_exp(logits[i] - logits[best]);
	if (smoothing == 0) /* where another logit is infinite, 0 × mean would not be 0 */
		return math_log(sum) - towards_label;
	for (int i = 0; i < classes; i++)
		mean += (logits[i] - logits[best]) / (float)classes;
	return math_log(sum) - ((1 - smoothing) * towards_label + smoothing * mean);
}

struct loss_sum loss_cross_entropy(int n, int classes, const float *logits, const uint8_t *labels,
								   float smoothing, int divisor, float *dlogits)
{
	struct loss_sum sum = {0};

	for (int s = 0; s < n; s++, logits += classes) {
		int best = loss_argmax(classes, logits);
		sum.loss += one_loss(classes, logits, best, labels[s], smoothing);
		sum.correct += best == labels[s];
		if (!dlogits)
			continue;
		float *d = dlogits + (size_t)s * classes;
		loss_softmax(classes, logits, d);
		d[labels[s]] -= 1 - smoothing;
		for (int i = 0; i < classes; i++)
			d[i] = (d[i] - smoothing / (float)classes) / (float)divisor;
	}
	return sum;
}
