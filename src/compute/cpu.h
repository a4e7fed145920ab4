/* The instruction sets and processors of this machine. */
#ifndef COMPUTE_CPU_H
#define COMPUTE_CPU_H

#include <stdbool.h>

/* Instruction sets that the processor has and the system saves the registers of. */
bool cpu_has_avx2(void);   /* with fused multiply-add and BMI1 */
bool cpu_has_avx512(void); /* with F, BW, DQ and VL, and all of the above */

/* Processors that this process may use: those of its affinity mask, and no more than its control
 * group's quota pays for, rounded up. At least 1. */
int cpu_count(void);

#endif
