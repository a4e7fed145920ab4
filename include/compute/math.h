/* exp, log, sine and cosine of our own, so that a result does not depend on the C library. */
#ifndef COMPUTE_MATH_H
#define COMPUTE_MATH_H

/* e^x to within 2 units in the last place; 0 below -103.97, infinity above 88.72, NaN for NaN. */
float math_exp(float x);

/* Natural logarithm of a positive x to within 2 units in the last place. */
float math_log(float x);

/* Sine and cosine of an angle in radians, |x| ≤ 8, to within 2 units in the last place. */
void math_sin_cos(float x, float *sine, float *cosine);

#endif
