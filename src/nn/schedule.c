/* Warm-up and decay: the share of the peak learning rate at a step, a pure function of its number. */
#include "nn/schedule.h"

#define HALF_PI 1.5707963267948966

uint64_t schedule_warmup_steps(double warmup, uint64_t steps)
{
	return (uint64_t)(warmup * (double)steps + 0.5);
}

/* sin²(pi x / 2) for 0 ≤ x ≤ 1/2 by Taylor's series to the 13th power, exact to 1e-13; not the C
 * library's, whose last bits differ from one to the next. */
static double rise(double x)
{
	double angle = HALF_PI * x, square = angle * angle, sine = 1;

	for (int k = 13; k >= 3; k -= 2)
		sine = 1 - sine * square / (k * (k - 1));
	return sine * angle * sine * angle;
}

/* (1 + cos(pi x)) / 2 = 1 - sin²(pi x / 2), which is the same from the other end. */
static double cosine_fall(double x)
{
	return x < 0.5 ? 1 - rise(x) : rise(1 - x);
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
