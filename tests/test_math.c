/* exp, log, sine and cosine against the C library's in double precision, in units in the last
 * place. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/math.h"

/* |actual - expected| in units of the last place that a float near `expected` has. */
static double ulps(float actual, double expected)
{
	int exponent;

	if (expected == 0)
		return fabsf(actual) / 0x1p-149;
	frexp(expected, &exponent);
	return fabs(actual - expected) / ldexp(1, exponent - 24 < -149 ? -149 : exponent - 24);
}

static float from_bits(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

static void check_exp(float x)
{
	float y = math_exp(x);

	if (!(ulps(y, exp(x)) <= 2))
		fail_msg("exp(%.9g) is %.9g, should be %.9g, %.1f ulps", x, y, exp(x), ulps(y, exp(x)));
}

static void check_log(float x)
{
	float y = math_log(x);

	if (!(ulps(y, log(x)) <= 2))
		fail_msg("log(%.9g) is %.9g, should be %.9g, %.1f ulps", x, y, log(x), ulps(y, log(x)));
}

static void test_exp(void **state)
{
	(void)state;

	for (int i = -103970; i <= 88720; i++)
		check_exp((float)i / 1000);
	/* Small ones of every magnitude, and the neighbours of multiples of ln 2 / 2, where a
	 * reduction of the argument changes over. */
	for (int exponent = -149; exponent < 0; exponent++) {
		check_exp(ldexpf(1.25f, exponent));
		check_exp(-ldexpf(1.25f, exponent));
	}
	for (int i = -299; i <= 255; i++) {
		float x = (float)(i * 0.34657359027997264);
		check_exp(nextafterf(x, -FLT_MAX));
		check_exp(x);
		check_exp(nextafterf(x, FLT_MAX));
	}
}

static void test_exp_limits(void **state)
{
	(void)state;

	assert_true(math_exp(0) == 1);
	assert_true(math_exp(-0.0f) == 1);
	assert_true(isnan(math_exp(NAN)));
	assert_true(math_exp(INFINITY) == INFINITY);
	assert_true(math_exp(-INFINITY) == 0);
	assert_true(math_exp(88.73f) == INFINITY);
	assert_true(math_exp(1000) == INFINITY);
	assert_true(math_exp(FLT_MAX) == INFINITY);
	assert_true(math_exp(-103.98f) == 0);
	assert_true(math_exp(-1000) == 0);
	assert_true(math_exp(-FLT_MAX) == 0);
	assert_true(math_exp(88.72f) <= FLT_MAX);
	/* The smallest results are subnormal, not 0. */
	assert_true(math_exp(-90) > 0);
	assert_true(math_exp(-103) > 0);
}

static void test_exp_rises(void **state)
{
	(void)state;
	float last = 0;

	for (int i = -104000; i <= 88700; i += 10) {
		float y = math_exp((float)i / 1000);
		assert_true(y >= last);
		last = y;
	}
}

static void test_log(void **state)
{
	(void)state;

	/* 97 mantissas of every exponent, subnormal ones included. */
	for (uint32_t bits = 1; bits < 0x7f800000; bits += 86465)
		check_log(from_bits(bits));
	for (int exponent = -149; exponent < 128; exponent++)
		check_log(ldexpf(1, exponent));
	check_log(FLT_MAX);
	check_log(FLT_MIN);
}

/* Near 1 the logarithm is near 0, and its last place is small. */
static void test_log_near_one(void **state)
{
	(void)state;

	assert_true(math_log(1) == 0);
	for (uint32_t i = 1; i < 100000; i += 7) {
		check_log(from_bits(0x3f800000 + i));
		check_log(from_bits(0x3f800000 - i));
	}
	for (int i = 1; i < 2000; i++)
		check_log((float)i / 1000);
	/* Where a reduction changes over: the square roots of 2 and of 1/2. */
	for (uint32_t i = 0; i < 200; i++) {
		check_log(from_bits(0x3fb504f3 - 100 + i));
		check_log(from_bits(0x3f3504f3 - 100 + i));
	}
}

static void test_inverses(void **state)
{
	(void)state;

	for (float x = -80; x < 80; x += 0.37f)
		assert_true(fabsf(math_log(math_exp(x)) - x) < 1e-5f);
}

static void check_sin_cos(float x)
{
	float sine, cosine;

	math_sin_cos(x, &sine, &cosine);
	if (!(ulps(sine, sin(x)) <= 2 && ulps(cosine, cos(x)) <= 2))
		fail_msg("sin(%.9g) is %.9g, should be %.9g; cos is %.9g, should be %.9g", x, sine, sin(x),
				 cosine, cos(x));
}

static void test_sin_cos(void **state)
{
	float sine, cosine;

	(void)state;
	for (int i = -80000; i <= 80000; i++)
		check_sin_cos((float)i / 10000);
	/* The neighbours of multiples of pi / 4: zeros, and where the quarter turn changes. */
	for (int i = -10; i <= 10; i++) {
		float x = (float)(i * 0.78539816339744831);
		check_sin_cos(nextafterf(x, -FLT_MAX));
		check_sin_cos(x);
		check_sin_cos(nextafterf(x, FLT_MAX));
	}
	for (int exponent = -149; exponent < 0; exponent++) {
		check_sin_cos(ldexpf(1.25f, exponent));
		check_sin_cos(-ldexpf(1.25f, exponent));
	}
	math_sin_cos(0, &sine, &cosine);
	assert_true(sine == 0 && cosine == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exp),          cmocka_unit_test(test_exp_limits),
		cmocka_unit_test(test_exp_rises),    cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_near_one), cmocka_unit_test(test_inverses),
		cmocka_unit_test(test_sin_cos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
