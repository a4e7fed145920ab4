/* Figures of pairs against SciPy's and published ones. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/compare.h"

/* scipy.stats.binomtest(min(first, second), first + second, 0.5).pvalue */
static void chance_is_that_of_the_exact_test(void **state)
{
	static const struct {
		size_t first, second;
		double chance;
	} cases[] = {
		{104, 26, 3.025786266290503e-12},
		{26, 104, 3.025786266290503e-12},
		{5, 3, 0.7265625},
		{0, 9, 0.00390625},
		{7, 7, 1},
		{1200, 1100, 0.03896685268382023},
		{30, 12, 0.007915897334896727},
		{600, 0, 4.819839730205768e-181},
		{0, 0, 1},
		{1, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct comparison c = {
			.both = 9000, .first = cases[i].first, .second = cases[i].second, .neither = 10};

		compare_counts(&c);
		assert_true(fabs(c.chance - cases[i].chance) < 1e-9 * cases[i].chance);
	}
}

/* Bentur et al. 2009 as computed in Fagerland, Lydersen & Laake, "Statistical Analysis of
 * Contingency Tables" (2017): -0.2857 (-0.507 … -0.026). */
static void the_interval_is_newcombes(void **state)
{
	struct comparison c = {.both = 1, .first = 1, .second = 7, .neither = 12};

	(void)state;
	compare_counts(&c);
	assert_true(fabs(c.difference + 6.0 / 21) < 1e-12);
	assert_true(fabs(c.low + 0.5069202) < 1e-6);
	assert_true(fabs(c.high + 0.0255591) < 1e-6);
}

/* Whatever the counts, the interval has the difference in it and stays within -1 … 1. */
static void intervals_stay_within_bounds(void **state)
{
	(void)state;
	for (size_t code = 0; code < 6 * 6 * 6 * 6; code++) {
		struct comparison c = {.both = code % 6,
							   .first = code / 6 % 6,
							   .second = code / 36 % 6,
							   .neither = code / 216};

		compare_counts(&c);
		assert_true(-1 <= c.low && c.low <= c.difference);
		assert_true(c.difference <= c.high && c.high <= 1);
		assert_true(0 < c.chance && c.chance <= 1);
	}
}

static void images_are_counted_by_who_reads_them(void **state)
{
	/* index, label, class */
	const struct prediction first[] = {
		{0, 3, 3, 0.9, 0.9}, {1, 4, 4, 0.9, 0.9}, {2, 5, 6, 0.5, 0.1},
		{3, 7, 1, 0.8, 0.1}, {4, 7, 7, 0.9, 0.9},
	};
	const struct prediction second[] = {
		{0, 3, 3, 0.9, 0.9}, {1, 4, 9, 0.9, 0.1}, {2, 5, 5, 0.5, 0.5},
		{3, 7, 2, 0.8, 0.1}, {4, 7, 1, 0.9, 0.1},
	};
	struct prediction moved[] = {first[0], first[1], first[2], first[3], first[4]};
	const struct comparison c = compare(first, second, 5);

	(void)state;
	assert_int_equal(c.both, 1);
	assert_int_equal(c.first, 2);
	assert_int_equal(c.second, 1);
	assert_int_equal(c.neither, 1);
	assert_true(fabs(c.difference - 0.2) < 1e-12);
	assert_true(compare_same_images(first, second, 5));
	moved[4].index = 5;
	assert_false(compare_same_images(first, moved, 5));
	moved[4] = first[4];
	moved[2].label = 6;
	assert_false(compare_same_images(first, moved, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_is_that_of_the_exact_test),
		cmocka_unit_test(the_interval_is_newcombes),
		cmocka_unit_test(intervals_stay_within_bounds),
		cmocka_unit_test(images_are_counted_by_who_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
