/* The clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void the_clock_goes_forward(void **state)
{
	double before = clock_seconds();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		double now = clock_seconds();
		assert_true(now >= before);
		before = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_clock_goes_forward)};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
