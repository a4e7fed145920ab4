/* Softmax and sparse categorical cross-entropy, loss = -log p(label), fused: its gradient by the
 * logits is p - onehot(label). */
#include "nn/loss.h"

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

/* -log p(label) = log(sum of exp(x[i])) - x[label], with the largest logit taken off both. */
static float negative_log_likelihood(int classes, const float *logits, int best, int label)
{
	float sum = 0;

	for (int i = 0; i < classes; i++)
		sum += math_exp(logits[i] - logits[best]);
	return math_log(sum) - (logits[label] - logits[best]);
}

struct loss_sum loss_cross_entropy(int n, int classes, const float *logits, const uint8_t *labels,
								   int divisor, float *dlogits)
{
	struct loss_sum sum = {0};

	for (int s = 0; s < n; s++, logits += classes) {
		int best = loss_argmax(classes, logits);
		sum.loss += negative_log_likelihood(classes, logits, best, labels[s]);
		sum.correct += best == labels[s];
		if (!dlogits)
			continue;
		float *d = dlogits + (size_t)s * classes;
		loss_softmax(classes, logits, d);
		d[labels[s]] -= 1;
		for (int i = 0; i < classes; i++)
			d[i] /= (float)divisor;
	}
	return sum;
}
