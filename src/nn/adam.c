/* Adam (Kingma & Ba 2015), algorithm 1 in the form of its section 2's last sentence: the
 * corrections for the moments' start are folded into step size and epsilon. */
#include "nn/adam.h"

#include <math.h>
#include <stdlib.h>

int adam_open(struct adam *adam, size_t count, float beta1, float beta2, struct error *error)
{
	*adam = (struct adam){.beta1 = beta1, .beta2 = beta2, .epsilon = ADAM_EPSILON,
						  .beta1_power = 1, .beta2_power = 1, .count = count};
	adam->m = calloc(count, sizeof *adam->m);
	adam->v = calloc(count, sizeof *adam->v);
	if (adam->m && adam->v)
		return 0;
	adam_close(adam);
	return error_set(error, "not enough memory for the moments of %zu weights", count);
}

void adam_close(struct adam *adam)
{
	free(adam->m);
	free(adam->v);
	*adam = (struct adam){0};
}

void adam_begin(struct adam *adam, float learning_rate)
{
	adam->beta1_power *= adam->beta1;
	adam->beta2_power *= adam->beta2;

	double correction = sqrt(1 - adam->beta2_power);
	adam->rates = (struct adam_rates){
		.step_size = (float)(learning_rate * correction / (1 - adam->beta1_power)),
		.beta1 = adam->beta1,
		.beta2 = adam->beta2,
		.epsilon = (float)(adam->epsilon * correction),
	};
}

void adam_apply(const struct adam *adam, const struct kernels *kernels, size_t first, size_t part,
				const float *grad, float *value)
{
	kernels->adam(part, &adam->rates, grad + first, value + first, adam->m + first,
				  adam->v + first);
}
