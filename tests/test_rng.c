/* Random numbers: the published generator, uniform, without relation between streams. */
#include "oracle.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* The first outputs of SplitMix64 from the state 1234567, as implementations are commonly checked:
 * its state advances by the golden ratio, which is what an index does here. */
static void test_splitmix(void **state)
{
	(void)state;
	const uint64_t expected[] = {
		6457827717110365317ull, 3203168211198807973ull,  9817491932198370423ull,
		4593380528125082431ull, 16408922859458223821ull,
	};
	const struct rng rng = {1234567};

	for (uint64_t i = 0; i < 5; i++)
		assert_true(rng_bits(rng, i) == expected[i]);
}

/* No key and no value occurs twice among streams that differ a little in one thing. */
static void test_streams_differ(void **state)
{
	(void)state;
	enum { EACH = 4, STREAMS = EACH * EACH * EACH };
	const uint64_t seeds[EACH] = {0, 1, 2, UINT64_MAX};
	const uint32_t purposes[EACH] = {RNG_SPLIT, RNG_SHUFFLE, RNG_INIT, RNG_INIT + 1};
	const uint64_t steps[EACH] = {0, 1, 2, 1ull << 40};
	uint64_t values[STREAMS * 3];

	for (int i = 0; i < STREAMS; i++) {
		struct rng rng =
			rng_stream(seeds[i % EACH], purposes[i / EACH % EACH], steps[i / EACH / EACH]);
		values[3 * i] = rng.key;
		values[3 * i + 1] = rng_bits(rng, 0);
		values[3 * i + 2] = rng_bits(rng, 1);
	}
	for (int i = 0; i < STREAMS * 3; i++)
		for (int j = 0; j < i; j++)
			assert_true(values[i] != values[j]);
}

static void test_repeats(void **state)
{
	(void)state;
	struct rng a = rng_stream(7, RNG_DROPOUT + 3, 99);
	struct rng b = rng_stream(7, RNG_DROPOUT + 3, 99);

	for (uint64_t i = 100; i > 0; i--)
		assert_true(rng_bits(a, i) == rng_bits(b, i));
}

static void test_uniform(void **state)
{
	(void)state;
	enum { DRAWS = 200000, BINS = 64 };
	struct rng rng = rng_stream(1, RNG_INIT, 0);
	int bins[BINS] = {0};
	double chi_square = 0;
	double sum = 0;

	for (uint64_t i = 0; i < DRAWS; i++) {
		float value = rng_uniform(rng, i);
		assert_true(value >= 0 && value < 1);
		assert_true(value * 0x1p24f == floorf(value * 0x1p24f));
		bins[(int)(value * BINS)]++;
		sum += value;
	}
	for (int i = 0; i < BINS; i++) {
		double off = bins[i] - (double)DRAWS / BINS;
		chi_square += off * off / ((double)DRAWS / BINS);
	}
	/* 63 degrees of freedom: mean 63, deviation 11.2. */
	assert_true(chi_square > 20 && chi_square < 120);
	/* The mean's deviation is 1 / sqrt(12 × 200000) = 0.00065. */
	assert_true(fabs(sum / DRAWS - 0.5) < 0.003);
}

/* Neighbours in index, in step and in purpose are uncorrelated. */
static void test_uncorrelated(void **state)
{
	(void)state;
	enum { DRAWS = 100000 };
	struct rng base = rng_stream(5, RNG_DROPOUT, 10);
	struct rng others[] = {base, rng_stream(5, RNG_DROPOUT, 11), rng_stream(5, RNG_DROPOUT + 1, 10),
						   rng_stream(6, RNG_DROPOUT, 10)};

	for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
		double sum = 0;
		for (uint64_t i = 0; i < DRAWS; i++)
			sum += (rng_uniform(base, i) - 0.5) * (rng_uniform(others[k], i + (k == 0)) - 0.5);
		/* A product's deviation is 1/12, so the mean's is 0.00026. */
		assert_true(fabs(sum / DRAWS) < 0.0012);
	}
}

static void test_shuffle_keeps_items(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	uint32_t items[COUNT];
	uint32_t again[COUNT];
	bool seen[COUNT] = {false};
	int fixed = 0;

	for (uint32_t i = 0; i < COUNT; i++)
		items[i] = again[i] = i;
	rng_shuffle(rng_stream(1, RNG_SHUFFLE, 1), items, COUNT);
	rng_shuffle(rng_stream(1, RNG_SHUFFLE, 1), again, COUNT);
	assert_memory_equal(items, again, sizeof items);
	for (uint32_t i = 0; i < COUNT; i++) {
		assert_true(items[i] < COUNT && !seen[items[i]]);
		seen[items[i]] = true;
		fixed += items[i] == i;
	}
	/* Fixed points are Poisson with mean 1. */
	assert_true(fixed < 9);
	rng_shuffle(rng_stream(1, RNG_SHUFFLE, 2), again, COUNT);
	assert_true(memcmp(items, again, sizeof items));
}

static void test_shuffle_small(void **state)
{
	(void)state;
	uint32_t items[] = {5, 6};

	rng_shuffle(rng_stream(1, RNG_SHUFFLE, 1), NULL, 0);
	rng_shuffle(rng_stream(1, RNG_SHUFFLE, 1), items, 1);
	assert_int_equal(items[0], 5);
	assert_int_equal(items[1], 6);
}

/* All 24 orders of four things come equally often. */
static void test_shuffle_is_uniform(void **state)
{
	(void)state;
	enum { TIMES = 24000 };
	int orders[256] = {0};
	double chi_square = 0;
	int found = 0;

	for (uint64_t step = 0; step < TIMES; step++) {
		uint32_t items[] = {0, 1, 2, 3};
		rng_shuffle(rng_stream(3, RNG_SHUFFLE, step), items, 4);
		orders[items[0] | items[1] << 2 | items[2] << 4 | items[3] << 6]++;
	}
	for (int i = 0; i < 256; i++) {
		if (!orders[i])
			continue;
		found++;
		chi_square += pow(orders[i] - TIMES / 24.0, 2) / (TIMES / 24.0);
	}
	assert_int_equal(found, 24);
	/* 23 degrees of freedom: mean 23, deviation 6.8. */
	assert_true(chi_square < 60);
}

/* One after another, each in its bounds and as the stream has it. */
static void test_draws(void **state)
{
	(void)state;
	const struct rng rng = rng_stream(1, RNG_REPLACE, 2);
	struct draws draws = {rng, 7};
	int counts[5] = {0};

	assert_true(draws_between(&draws, -1, 3) == 4 * rng_uniform(rng, 7) - 1);
	assert_int_equal(draws_below(&draws, 100), (int)(100 * rng_uniform(rng, 8)));
	assert_int_equal(draws.next, 9);
	assert_true(draws_between(&draws, 2, 2) == 2);
	for (int i = 0; i < 5000; i++)
		counts[draws_below(&draws, 5)]++;
	for (int i = 0; i < 5; i++)
		assert_in_range(counts[i], 900, 1100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splitmix),      cmocka_unit_test(test_streams_differ),
		cmocka_unit_test(test_repeats),       cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_uncorrelated),  cmocka_unit_test(test_shuffle_keeps_items),
		cmocka_unit_test(test_shuffle_small), cmocka_unit_test(test_shuffle_is_uniform),
		cmocka_unit_test(test_draws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
