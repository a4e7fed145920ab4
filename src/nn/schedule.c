/* Warm-up and decay: the share of the peak learning rate at a step, a pure function of its
 * number. */
#include "nn/schedule.h"

#include <stddef.h>

#include "compute/math.h"

#define HALF_PI 1.5707963267948966

const char *schedule_name(int schedule)
{
	static const char *const names[] = {"constant", "linear", "cosine", NULL};

	return names[schedule];
}

uint64_t schedule_warmup_steps(double warmup, uint64_t steps)
{
	return (uint64_t)(warmup * (double)steps + 0.5);
}

/* (1 + cos(pi x)) / 2 = sin²((1 - x) × pi / 2), which is as exact where it comes near 0. */
static double cosine_fall(double x)
{
	float sine, cosine;

	math_sin_cos((float)((1 - x) * HALF_PI), &sine, &cosine);
	return (double)sine * (double)sine;
}

double schedule_rate(enum schedule schedule, double warmup, uint64_t step, uint64_t steps)
{
	uint64_t rising = schedule_warmup_steps(warmup, steps);

	if (step < rising)
		return SCHEDULE_START + (1 - SCHEDULE_START) * (double)step / (double)rising;
	double x = (double)(step - rising) / (double)(steps - rising);
	switch (schedule) {
	case SCHEDULE_LINEAR:
		return 1 - x;
	case SCHEDULE_COSINE:
		return cosine_fall(x);
	default:
		return 1;
	}
}
