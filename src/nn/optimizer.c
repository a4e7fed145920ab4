/* Adam in the form of its paper's section 2, last sentence: the corrections for the moments' start
 * are folded into step size and epsilon. Plain gradient descent beside it, for comparison. */
#include "nn/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void adam_begin(struct optimizer *optimizer)
{
	const struct optimizer_settings *settings = &optimizer->settings;

	optimizer->beta1_power *= (double)settings->beta1;
	optimizer->beta2_power *= (double)settings->beta2;
	double correction = sqrt(1 - optimizer->beta2_power);
	optimizer->adam = (struct adam_rates){
		.step_size =
			(float)((double)optimizer->learning_rate * correction / (1 - optimizer->beta1_power)),
		.beta1 = settings->beta1,
		.beta2 = settings->beta2,
		.epsilon = (float)((double)ADAM_EPSILON * correction),
	};
}

static void adam_apply(const struct optimizer *optimizer, const struct kernels *kernels,
					   size_t first, size_t part, const float *grad, float *value)
{
	float *m = optimizer->state, *v = m + optimizer->count;

	kernels->adam(part, &optimizer->adam, grad + first, value + first, m + first, v + first);
}

static void sgd_apply(const struct optimizer *optimizer, const struct kernels *kernels,
					  size_t first, size_t part, const float *grad, float *value)
{
	kernels->sgd(part, optimizer->learning_rate, optimizer->settings.momentum, grad + first,
				 value + first, optimizer->state + first);
}

static const char *const adam_settings[] = {"beta1", "beta2", NULL};
static const char *const sgd_settings[] = {"momentum", NULL};

static const struct optimizer_rule rules[] = {
	[OPTIMIZER_ADAM] = {"adam", 1e-3f, adam_settings, 2, adam_begin, adam_apply},
	[OPTIMIZER_SGD] = {"sgd", 0.05f, sgd_settings, 1, NULL, sgd_apply},
};

const struct optimizer_rule *optimizer_rule(enum optimizer_kind kind)
{
	return &rules[kind];
}

const char *optimizer_name(int kind)
{
	return kind < (int)(sizeof rules / sizeof *rules) ? rules[kind].name : NULL;
}

bool optimizer_has(enum optimizer_kind kind, const char *setting)
{
	for (const char *const *own = rules[kind].settings; *own; own++)
		if (!strcmp(*own, setting))
			return true;
	return false;
}

bool optimizer_ignores(enum optimizer_kind kind, const char *setting)
{
	bool owned = false;

	for (int other = 0; optimizer_name(other); other++)
		owned = owned || optimizer_has((enum optimizer_kind)other, setting);
	return owned && !optimizer_has(kind, setting);
}

int optimizer_open(struct optimizer *optimizer, const struct optimizer_settings *settings,
				   size_t count, struct error *error)
{
	*optimizer = (struct optimizer){
		.settings = *settings, .count = count, .beta1_power = 1, .beta2_power = 1};
	optimizer->state =
		aligned_zeros(count * rules[settings->kind].numbers * sizeof(float), &optimizer->block);
	if (!optimizer->state)
		return error_scarce(error, "not enough memory for the optimizer of %zu weights", count);
	return 0;
}

void optimizer_close(struct optimizer *optimizer)
{
	free(optimizer->block);
	*optimizer = (struct optimizer){0};
}

/* A power of beta as it is after so many steps, each of which has rounded it. One that a further
 * step leaves as it is, 0 or the smallest numbers, has reached its end. */
static double power_after(float beta, uint64_t steps)
{
	double power = 1;

	for (uint64_t i = 0; i < steps && power * (double)beta != power; i++)
		power *= (double)beta;
	return power;
}

void optimizer_resume(struct optimizer *optimizer, uint64_t steps)
{
	optimizer->beta1_power = power_after(optimizer->settings.beta1, steps);
	optimizer->beta2_power = power_after(optimizer->settings.beta2, steps);
}

void optimizer_begin(struct optimizer *optimizer, float learning_rate)
{
	const struct optimizer_rule *rule = &rules[optimizer->settings.kind];

	optimizer->learning_rate = learning_rate;
	if (rule->begin)
		rule->begin(optimizer);
}

void optimizer_apply(const struct optimizer *optimizer, const struct kernels *kernels, size_t first,
					 size_t part, bool decays, const float *grad, float *value)
{
	if (decays && optimizer->settings.weight_decay > 0)
		kernels->decay(part, optimizer->learning_rate * optimizer->settings.weight_decay,
					   value + first);
	rules[optimizer->settings.kind].apply(optimizer, kernels, first, part, grad, value);
}
