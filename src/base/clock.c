/* POSIX's monotonic clock; the clock of the day where there is none. */
#define _POSIX_C_SOURCE 200809L

#include "base/clock.h"

#include <time.h>

double clock_seconds(void)
{
	struct timespec now;

#ifdef CLOCK_MONOTONIC
	clock_gettime(CLOCK_MONOTONIC, &now);
#else
	timespec_get(&now, TIME_UTC);
#endif
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
