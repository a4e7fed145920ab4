/* Dropout: the documented draws, the same backward, the mean preserved, nothing in inference. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "probe.h"

/* The multiplier of element `element`, from the kernel's description. */
static double mask_at(struct rng rng, uint64_t element, double rate)
{
	double threshold = floor(rate * 65536);
	uint64_t bits = rng_bits(rng, element / 4) >> (16 * (element % 4)) & 0xffff;

	return (double)bits < threshold ? 0 : 65536 / (65536 - threshold);
}

static void test_documented_draws(void **state)
{
	(void)state;
	const struct kernels *kernels;
	const float rates[] = {0, 0.1f, 0.25f, 0.5f, 0.9f, 0.999f};
	const uint64_t firsts[] = {0, 1, 2, 3, 1000003, 1ull << 40};
	const struct rng rng = rng_stream(1, RNG_DROPOUT, 2);

	for (size_t i = 0; (kernels = oracle_table(i)); i++)
		for (int rate = 0; rate < 6; rate++)
			for (int first = 0; first < 6; first++)
				for (size_t count = 0; count < 40; count += 3) {
					float *x = random_floats(count, count);
					float *y = floats(count);
					double *expected = doubles(count);
					for (size_t j = 0; j < count; j++)
						expected[j] = x[j] * mask_at(rng, firsts[first] + j, rates[rate]);
					kernels->dropout(count, rng, firsts[first], rates[rate], x, y);
					check_close("dropout", count, y, expected, 2e-7);
					kernels->dropout(count, rng, firsts[first], rates[rate], x, x);
					check_equal("in place", count, x, y);
					free(expected);
					free(y);
					free(x);
				}
}

/* Of 100000 ones, as many are dropped as the rate says, and the mean stays 1. So many draws also
 * hit the threshold itself. */
static void check_share(const struct kernels *kernels, float rate)
{
	enum { COUNT = 100000 };
	const struct rng rng = rng_stream(1, RNG_DROPOUT, 1);
	float *x = floats(COUNT);
	double sum = 0;
	int dropped = 0;

	for (int i = 0; i < COUNT; i++)
		x[i] = 1;
	kernels->dropout(COUNT, rng, 0, rate, x, x);
	for (uint64_t i = 0; i < COUNT; i++) {
		assert_true((x[i] == 0) == (mask_at(rng, i, rate) == 0));
		dropped += x[i] == 0;
		sum += x[i];
	}
	/* Five deviations of a binomial share. */
	const double margin = 5 * sqrt(rate * (1 - rate) / COUNT);
	assert_true(fabs((double)dropped / COUNT - rate) < margin);
	assert_true(fabs(sum / COUNT - 1) < margin / (1 - rate));
	free(x);
}

static void test_keeps_mean(void **state)
{
	(void)state;
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		check_share(kernels, 0.1f);
		check_share(kernels, 0.5f);
		check_share(kernels, 0.8f);
	}
}

/* A layer on ones, whose result is the mask. */
static void open_on_ones(struct probe *probe, int index, int n)
{
	probe_open(probe, "dropout:0.5", index, (struct shape){1, 5, 3, false}, n, &kernels_reference);
	for (size_t i = 0; i < probe->in_count; i++)
		probe->x[i] = 1;
	for (size_t i = 0; i < probe->out_count; i++)
		probe->dy[i] = 1;
}

static void test_same_mask_backward(void **state)
{
	(void)state;
	struct probe probe;
	int kept = 0;

	open_on_ones(&probe, 2, 7);
	assert_int_equal(shape_size(probe.layer.out), 15);
	probe_forward(&probe);
	probe_backward(&probe, true);
	for (size_t i = 0; i < probe.out_count; i++) {
		assert_true(probe.y[i] == 0 || probe.y[i] == 2);
		assert_true(probe.dx[i] == probe.y[i]);
		kept += probe.y[i] != 0;
	}
	assert_true(kept > 20 && kept < 85);
	probe_backward(&probe, false);
	probe_close(&probe);
}

static bool same_mask(const struct probe *a, const struct probe *b)
{
	return !memcmp(a->y, b->y, a->out_count * sizeof *a->y);
}

/* Seed, step, layer and place in the batch decide, each of them, and nothing else. */
static void test_what_decides(void **state)
{
	(void)state;
	struct probe base, other;

	open_on_ones(&base, 2, 7);
	probe_forward(&base);
	open_on_ones(&other, 2, 7);
	probe_forward(&other);
	assert_true(same_mask(&base, &other));
	other.pass.seed = 2;
	probe_forward(&other);
	assert_false(same_mask(&base, &other));
	other.pass.seed = base.pass.seed;
	other.pass.step = 2;
	probe_forward(&other);
	assert_false(same_mask(&base, &other));
	other.pass.step = base.pass.step;
	other.pass.first = 1;
	probe_forward(&other);
	assert_false(same_mask(&base, &other));
	probe_close(&other);
	open_on_ones(&other, 3, 7);
	probe_forward(&other);
	assert_false(same_mask(&base, &other));
	probe_close(&other);
	probe_close(&base);
}

/* A batch in two calls is dropped as in one. */
static void test_batch_in_parts(void **state)
{
	(void)state;
	struct probe whole, part;

	open_on_ones(&whole, 2, 7);
	probe_forward(&whole);
	open_on_ones(&part, 2, 4);
	part.pass.n = 3;
	probe_forward(&part);
	check_equal("samples 0 to 2", 45, part.y, whole.y);
	part.pass.n = 4;
	part.pass.first = 3;
	probe_forward(&part);
	probe_backward(&part, true);
	check_equal("samples 3 to 6", 60, part.y, whole.y + 45);
	check_equal("their gradients", 60, part.dx, whole.y + 45);
	probe_close(&part);
	probe_close(&whole);
}

static void test_inference_keeps_all(void **state)
{
	(void)state;
	struct probe probe;

	open_on_ones(&probe, 2, 7);
	probe.pass.training = false;
	probe_forward(&probe);
	probe_backward(&probe, true);
	check_equal("y", probe.out_count, probe.y, probe.x);
	check_equal("dx", probe.out_count, probe.dx, probe.x);
	probe_close(&probe);
}

static void test_rate_zero_keeps_all(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "dropout:0", 1, (struct shape){3, 3, 3, false}, 3, &kernels_reference);
	float *x = random_floats(1, probe.in_count);
	memcpy(probe.x, x, probe.in_count * sizeof *x);
	probe_forward(&probe);
	check_equal("y", probe.out_count, probe.y, x);
	free(x);
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documented_draws),    cmocka_unit_test(test_keeps_mean),
		cmocka_unit_test(test_same_mask_backward),  cmocka_unit_test(test_what_decides),
		cmocka_unit_test(test_batch_in_parts),      cmocka_unit_test(test_inference_keeps_all),
		cmocka_unit_test(test_rate_zero_keeps_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
