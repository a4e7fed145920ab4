/* Flatten changes how the shape is seen and leaves every number where it is. */
#include "oracle.h"

#include <string.h>

#include "probe.h"

static void test_shape(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "flatten", 3, (struct shape){5, 4, 3, false}, 1, &kernels_reference);
	assert_true(probe.layer.out.flat);
	assert_int_equal(shape_size(probe.layer.out), 60);
	assert_int_equal(probe.layer.param_count, 0);
	probe_close(&probe);
}

static void test_copies(void **state)
{
	(void)state;
	const int batches[] = {1, 3, 7};

	for (int i = 0; i < 3; i++) {
		struct probe probe;
		probe_open(&probe, "flatten", 0, (struct shape){1, 5, 3, false}, batches[i],
				   &kernels_reference);
		assert_int_equal(probe.in_count, probe.out_count);
		float *x = random_floats(1, probe.in_count);
		float *dy = random_floats(2, probe.in_count);
		memcpy(probe.x, x, probe.in_count * sizeof *x);
		memcpy(probe.dy, dy, probe.in_count * sizeof *dy);
		probe_forward(&probe);
		probe_backward(&probe, true);
		check_equal("y", probe.in_count, probe.y, x);
		check_equal("dx", probe.in_count, probe.dx, dy);
		probe_backward(&probe, false);
		free(dy);
		free(x);
		probe_close(&probe);
	}
}

/* As a network runs it: over its own input, backward over dy. */
static void test_in_place(void **state)
{
	(void)state;
	struct probe probe;

	probe_open(&probe, "flatten", 0, (struct shape){2, 2, 2, false}, 2, &kernels_reference);
	if (probe.op.kind->in_place) {
		float *x = random_floats(1, probe.in_count);
		memcpy(probe.x, x, probe.in_count * sizeof *x);
		struct pass pass = probe.pass;
		pass.x = pass.y = pass.dx = probe.x;
		pass.dy = probe.x;
		probe.op.kind->forward(&probe.op, &pass);
		check_equal("y over x", probe.in_count, probe.x, x);
		probe.op.kind->backward(&probe.op, &pass);
		check_equal("dx over dy", probe.in_count, probe.x, x);
		free(x);
	}
	probe_close(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
