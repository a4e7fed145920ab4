/* Adler-32 against a published value and against the definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "formats/adler32.h"

static uint32_t by_definition(uint32_t sum, const uint8_t *data, size_t size)
{
	uint32_t a = sum & 0xffff, b = sum >> 16;

	for (size_t i = 0; i < size; i++) {
		a = (a + data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static void check_value(void **state)
{
	(void)state;
	assert_int_equal(adler32_update(ADLER32_START, (const uint8_t *)"Wikipedia", 9), 0x11e60398);
	assert_int_equal(adler32_update(ADLER32_START, NULL, 0), 1);
}

/* The largest bytes on the largest sums, around the number after which a division must come. */
static void no_overflow(void **state)
{
	static uint8_t data[12000];

	(void)state;
	memset(data, 255, sizeof data);
	for (size_t size = 5540; size < sizeof data; size += size < 5560 ? 1 : 640)
		assert_int_equal(adler32_update(0xfff0fff0, data, size),
						 by_definition(0xfff0fff0, data, size));
}

static void in_pieces(void **state)
{
	uint8_t data[300];
	uint32_t sum = ADLER32_START;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * i + 31 * i);
	for (size_t at = 0, size = 0; at < sizeof data; at += size++)
		sum = adler32_update(sum, data + at, at + size > sizeof data ? sizeof data - at : size);
	assert_int_equal(sum, by_definition(ADLER32_START, data, sizeof data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_value),
		cmocka_unit_test(no_overflow),
		cmocka_unit_test(in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
