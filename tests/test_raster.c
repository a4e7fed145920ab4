/* Grey of colours, and of pixels that white shines through; memory that there is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "allocations.h"
#include "base/memory_limit.h"
#include "formats/raster.h"

static void luma(void **state)
{
	(void)state;
	for (unsigned sample = 0; sample <= 65535; sample++)
		assert_int_equal(raster_luma(sample, sample, sample), sample);
	assert_int_equal(raster_luma(10000, 0, 0), 2126);
	assert_int_equal(raster_luma(0, 10000, 0), 7152);
	assert_int_equal(raster_luma(0, 0, 10000), 722);
}

/* Against the formula in double precision, at the depths of all formats. */
static void alpha(void **state)
{
	static const unsigned maxvals[] = {1, 3, 15, 255, 1000, 65535};

	(void)state;
	for (size_t i = 0; i < sizeof maxvals / sizeof maxvals[0]; i++) {
		const unsigned maxval = maxvals[i], step = 1 + maxval / 300;
		for (unsigned sample = 0; sample <= maxval; sample += step)
			for (unsigned a = 0; a <= maxval; a += step) {
				const double part = (double)a / maxval;
				const double exact = sample * part + maxval * (1 - part);
				assert_int_equal(raster_grey((const unsigned[]){sample, a}, 2, maxval),
								 floor(exact + 0.5 + 1e-9));
			}
	}
}

static void every_count(void **state)
{
	(void)state;
	assert_int_equal(raster_grey((const unsigned[]){100}, 1, 255), 100);
	assert_int_equal(raster_grey((const unsigned[]){100, 51}, 2, 255), 224);
	assert_int_equal(raster_grey((const unsigned[]){255, 0, 0}, 3, 255), 54);
	assert_int_equal(raster_grey((const unsigned[]){255, 0, 0, 255}, 4, 255), 54);
	assert_int_equal(raster_grey((const unsigned[]){255, 0, 0, 0}, 4, 255), 255);
	/* 255, 204 and 204 on white. */
	assert_int_equal(raster_grey((const unsigned[]){255, 0, 0, 51}, 4, 255), 215);
	assert_int_equal(raster_grey((const unsigned[]){65535, 65535, 65535, 65535}, 4, 65535), 65535);
	assert_int_equal(raster_grey((const unsigned[]){0, 0, 0, 65535}, 4, 65535), 0);
}

static void bytes(void **state)
{
	uint16_t samples[] = {0, 1, 500, 999, 1000, 2};
	uint8_t out[6];

	(void)state;
	raster_to_bytes(&(struct raster){.width = 3, .height = 2, .maxval = 1000, .samples = samples},
					out);
	assert_memory_equal(out, ((const uint8_t[]){0, 0, 128, 255, 255, 1}), 6);
	samples[4] = 65535;
	raster_to_bytes(&(struct raster){.width = 3, .height = 2, .maxval = 65535, .samples = samples},
					out);
	assert_memory_equal(out, ((const uint8_t[]){0, 0, 2, 4, 255, 0}), 6);
	raster_to_bytes(&(struct raster){.width = 2, .height = 1, .maxval = 1, .samples = samples},
					out);
	assert_memory_equal(out, ((const uint8_t[]){0, 255}), 2);
}

/* What no machine has is refused before anything is allocated. */
static void memory_is_asked_for(void **state)
{
	const size_t limit = memory_limit(), pixels = (size_t)1 << 25;
	struct raster raster = {.width = 1 << 13, .height = 1 << 12};
	struct error error;

	(void)state;
	if (limit == SIZE_MAX)
		skip(); /* as where a size has 32 bits, and the machine more than 4 GiB */
	allocations_fail_at(0);
	assert_int_equal(raster_allocate(&raster, limit - pixels * sizeof *raster.samples + 1, &error),
					 -1);
	assert_true(error.is_scarcity && !raster.samples && !allocations_count());
	assert_int_equal(raster_allocate(&raster, 0, &error), 0);
	assert_non_null(raster.samples);
	raster_free(&raster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(luma),
		cmocka_unit_test(alpha),
		cmocka_unit_test(every_count),
		cmocka_unit_test(bytes),
		cmocka_unit_test(memory_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
