/* The learning rate at each step: by hand, and against PyTorch's schedulers. */
#include "oracle.h"

#include <math.h>

#include "nn/schedule.h"

static void test_by_hand(void **state)
{
	(void)state;

	/* Two of ten steps climb: 4%, half way, the peak; then an eighth less each step, or 3/4 of a
	 * cosine's fall, (1 + cos 135°) / 2, at step 8. */
	assert_true(schedule_rate(SCHEDULE_LINEAR, 0.2, 0, 10) == 0.04);
	assert_true(fabs(schedule_rate(SCHEDULE_LINEAR, 0.2, 1, 10) - 0.52) < 1e-15);
	assert_true(schedule_rate(SCHEDULE_LINEAR, 0.2, 2, 10) == 1);
	assert_true(schedule_rate(SCHEDULE_LINEAR, 0.2, 3, 10) == 0.875);
	assert_true(schedule_rate(SCHEDULE_LINEAR, 0.2, 9, 10) == 0.125);
	assert_true(schedule_rate(SCHEDULE_COSINE, 0.2, 2, 10) == 1);
	assert_true(fabs(schedule_rate(SCHEDULE_COSINE, 0.2, 6, 10) - 0.5) < 1e-7);
	assert_true(fabs(schedule_rate(SCHEDULE_COSINE, 0.2, 8, 10) - 0.14644660940672624) < 1e-7);
	assert_true(schedule_rate(SCHEDULE_CONSTANT, 0.2, 1, 10) ==
				schedule_rate(SCHEDULE_LINEAR, 0.2, 1, 10));
	for (uint64_t step = 2; step < 10; step++)
		assert_true(schedule_rate(SCHEDULE_CONSTANT, 0.2, step, 10) == 1);
}

static void test_warmup_steps(void **state)
{
	(void)state;

	assert_int_equal(schedule_warmup_steps(0, 1000), 0);
	assert_int_equal(schedule_warmup_steps(0.1, 2250), 225);
	assert_int_equal(schedule_warmup_steps(0.1, 4), 0);
	assert_int_equal(schedule_warmup_steps(0.1, 5), 1);
	assert_int_equal(schedule_warmup_steps(0.999, 3), 3);
}

/* One step, all steps of warm-up: never above the peak, never 0, never falling before the peak or
 * rising after it. */
static void test_bounds(void **state)
{
	const double warmups[] = {0, 0.1, 0.5, 0.99};

	(void)state;
	for (int schedule = SCHEDULE_CONSTANT; schedule <= SCHEDULE_COSINE; schedule++)
		for (uint64_t steps = 1; steps < 40; steps++)
			for (int i = 0; i < 4; i++) {
				const uint64_t rising = schedule_warmup_steps(warmups[i], steps);
				double before = 0;
				for (uint64_t step = 0; step < steps; step++) {
					double rate = schedule_rate((enum schedule)schedule, warmups[i], step, steps);
					assert_true(rate > 0 && rate <= 1);
					assert_true(step == 0 || (step <= rising ? rate > before : rate <= before));
					before = rate;
				}
			}
}

static void test_against_pytorch(void **state)
{
	struct fixture fixture;
	int cases = 0;

	(void)state;
	fixture_open(&fixture, "schedule.txt");
	for (; fixture_has(&fixture, "case"); cases++) {
		int numbers[2];
		fixture_integers(&fixture, "case", 2, numbers);
		const size_t steps = (size_t)numbers[1];
		double *warmup = fixture_doubles(&fixture, "warmup", 1);
		double *rates = fixture_doubles(&fixture, "rates", steps);
		for (size_t i = 0; i < steps; i++) {
			float rate =
				(float)schedule_rate((enum schedule)numbers[0], *warmup, i, (uint64_t)steps);
			check_close("rate", 1, &rate, &rates[i], 3e-7);
		}
		free(rates);
		free(warmup);
	}
	assert_int_equal(cases, 10);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_warmup_steps),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_against_pytorch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
