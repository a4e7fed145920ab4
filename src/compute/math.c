/* exp, log, sine and cosine in double precision by range reduction and a short series, rounded once
 * to float. */
#include "compute/math.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* With another method, such as that of the x87, results would have other bits. */
static_assert(FLT_EVAL_METHOD == 0, "floats are not computed as floats: see CMakeLists.txt");

#define LOG2_E 1.4426950408889634
#define LN_2 0.6931471805599453
#define SQRT_2 1.4142135623730951
#define HALF_PI 1.5707963267948966

/* 2^n for -1022 ≤ n ≤ 1023, from the exponent's bits. */
static double power_of_two(int n)
{
	uint64_t bits = (uint64_t)(n + 1023) << 52;
	double result;

	memcpy(&result, &bits, sizeof result);
	return result;
}

float math_exp(float x)
{
	static const double series[] = {1,         1,         1.0 / 2,    1.0 / 6,    1.0 / 24,
									1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320};

	if (!(x > -104.0f)) /* NaN goes this way, too */
		return x <= -104.0f ? 0.0f : x;
	if (x > 89.0f)
		return INFINITY;

	/* e^x = 2^n e^r with |r| ≤ ln(2) / 2, where Taylor's series to r^9 is exact to 1e-11. */
	int n = (int)((double)x * LOG2_E + (x < 0 ? -0.5 : 0.5));
	double r = (double)x - n * LN_2;
	double sum = 1.0 / 362880;
	for (int k = 8; k >= 0; k--)
		sum = sum * r + series[k];
	return (float)(sum * power_of_two(n));
}

float math_log(float x)
{
	if (!(x > 0 && x < INFINITY))
		return x == 0 ? -INFINITY : x > 0 ? x : NAN;

	/* x = 2^n m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s), s = (m - 1) / (m + 1). */
	double wide = (double)x; /* a subnormal float is a normal double */
	uint64_t bits;
	memcpy(&bits, &wide, sizeof bits);
	int n = (int)(bits >> 52) - 1023;
	double m = wide / power_of_two(n);
	if (m >= SQRT_2) {
		m /= 2;
		n++;
	}
	double s = (m - 1) / (m + 1), square = s * s, sum = 0;
	for (int k = 15; k >= 1; k -= 2) /* |s| ≤ 0.1716: the next term is below 1e-14 */
		sum = sum * square + 1.0 / k;
	return (float)(n * LN_2 + 2 * s * sum);
}

void math_sin_cos(float x, float *sine, float *cosine)
{
	/* x = n × pi/2 + r with |r| ≤ pi/4, where Taylor's series to r^11 are exact to 1e-11. */
	int n = (int)((double)x / HALF_PI + (x < 0 ? -0.5 : 0.5));
	double r = (double)x - n * HALF_PI, square = r * r;
	double s = 1, c = 1;

	for (int k = 11; k >= 3; k -= 2)
		s = 1 - s * square / (k * (k - 1));
	for (int k = 12; k >= 2; k -= 2)
		c = 1 - c * square / (k * (k - 1));
	s *= r;
	*sine = (float)(n % 2 ? c : s);
	*cosine = (float)(n % 2 ? s : c);
	/* A quarter turn: sine becomes cosine, cosine becomes -sine. */
	if (n & 2)
		*sine = -*sine;
	if ((n + 1) & 2)
		*cosine = -*cosine;
}
