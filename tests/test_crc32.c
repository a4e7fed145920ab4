/* CRC-32 against its published check value and against the definition, bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formats/crc32.h"

static uint32_t by_definition(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static void check_value(void **state)
{
	(void)state;
	assert_int_equal(crc32_of((const uint8_t *)"123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_of(NULL, 0), 0);
}

static void every_length_and_alignment(void **state)
{
	(void)state;
	uint8_t data[560]; /* more than are worth a table */

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * i + 31 * i);
	for (size_t start = 0; start < 8; start++) {
		for (size_t size = 0; start + size <= sizeof data; size++)
			assert_int_equal(crc32_of(data + start, size), by_definition(data + start, size));
		assert_int_equal(crc32_more(crc32_of(data, start), data + start, sizeof data - start),
						 crc32_of(data, sizeof data));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_value),
		cmocka_unit_test(every_length_and_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
