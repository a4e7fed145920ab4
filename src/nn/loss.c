/* Softmax and sparse categorical cross-entropy, loss = -log p(label), fused: its gradient by the
 * logits is p - onehot(label), or towards a smoothed target p - target. */
#include "nn/loss.h"

#include <math.h>
#include <stddef.h>

#include "compute/math.h"

/* The sum of exp(logits[i] - largest), in which nothing overflows. Its terms go to `out`, unless
 * that is NULL. */
static float exponentials(int classes, const float *logits, float largest, float *out)
{
	float sum = 0;

	for (int i = 0; i < classes; i++) {
		float e = math_exp(logits[i] - largest);
		sum += e;
		if (out)
			out[i] = e;
	}
	return sum;
}

static void divide(int classes, float sum, float *numbers)
{
	for (int i = 0; i < classes; i++)
		numbers[i] /= sum;
}

void loss_softmax(int classes, const float *logits, float *probabilities)
{
	const float largest = logits[loss_argmax(classes, logits)];

	divide(classes, exponentials(classes, logits, largest, probabilities), probabilities);
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

/* -log p(label) = log(sum of exp(x[i])) - x[label], with the largest logit taken off both: `sum` is
 * that of exponentials. */
static float loss_of_image(const float *logits, int best, float sum, int label)
{
	return math_log(sum) - (logits[label] - logits[best]);
}

struct loss_sum loss_cross_entropy(int n, int classes, const float *logits, const uint16_t *labels,
								   float smoothing, int divisor, float *dlogits)
{
	struct loss_sum total = {0};

	for (int s = 0; s < n; s++, logits += classes) {
		float *d = dlogits ? dlogits + (size_t)s * classes : NULL;
		const bool none = labels[s] == LABEL_NONE;
		const float even = none ? 1 : smoothing;
		const int best = loss_argmax(classes, logits);
		const float sum = exponentials(classes, logits, logits[best], d);

		if (!none) {
			total.loss += (double)loss_of_image(logits, best, sum, labels[s]);
			total.correct += best == labels[s];
			total.count++;
		}
		if (!d)
			continue;
		divide(classes, sum, d);
		if (!none)
			d[labels[s]] -= 1 - smoothing;
		for (int i = 0; i < classes; i++)
			d[i] = (d[i] - even / (float)classes) / (float)divisor;
	}
	return total;
}
