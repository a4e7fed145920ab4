/* The instruction sets and processors of this machine. */
#ifndef COMPUTE_CPU_H
#define COMPUTE_CPU_H

#include <stdbool.h>

/* Instruction sets that the processor has and the system saves the registers of. */
bool cpu_has_avx2(void);   /* with fused multiply-add and BMI1 */
bool cpu_has_avx512(void); /* with F, BW, DQ and VL, and all of the above */

/* Processors that this process may use: those of its affinity mask, and no more than the quotas of
 * its control groups pay for, rounded up. At least 1. */
int cpu_count(void);

/* The processors that the least quota of this process's control groups is worth, rounded up: 2 for
 * "150000 100000" in cpu.max. 0 where there is none: no file, or "max 100000". `folder` and `list`
 * are those of control_group_visit. */
int cpu_quota(const char *folder, const char *list);

#endif
