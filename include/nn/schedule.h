/* The learning rate in the course of a training. */
#ifndef NN_SCHEDULE_H
#define NN_SCHEDULE_H

#include <stdint.h>

enum schedule { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE };

/* The name of schedule number `schedule` of the enum; NULL behind the last one. */
const char *schedule_name(int schedule);

/* Where a warm-up begins, as a share of the peak. */
#define SCHEDULE_START 0.04

/* Steps of `steps` that warm up: the share `warmup` of them, rounded. */
uint64_t schedule_warmup_steps(double warmup, uint64_t steps);

/* The learning rate of step number `step` (from 0) of `steps`, as a share of its peak. With w steps
 * of warm-up and x = (step - w) / (steps - w), it is
 *   while step < w  0.04 + 0.96 × step / w      so step w is the first at the peak
 *   constant        1
 *   linear          1 - x                       which would reach 0 one step behind the last
 *   cosine          (1 + cos(pi x)) / 2         alike (Loshchilov & Hutter 2017) */
double schedule_rate(enum schedule schedule, double warmup, uint64_t step, uint64_t steps);

#endif
