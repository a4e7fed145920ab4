/* The reading cursor, and words in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/bytes.h"

static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 0xf8, 9};

static void reads_each_width(void **state)
{
	(void)state;
	struct bytes b = {data, sizeof data, 0};
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	assert_true(bytes_u8(&b, &u8));
	assert_int_equal(u8, 1);
	assert_true(bytes_u16le(&b, &u16));
	assert_int_equal(u16, 0x0302);
	assert_true(bytes_u32be(&b, &u32));
	assert_int_equal(u32, 0x04050607);
	assert_int_equal(b.offset, 7);
	assert_int_equal(bytes_left(&b), 2);
	b.offset = 4;
	assert_true(bytes_u32le(&b, &u32));
	assert_int_equal(u32, 0xf8070605);
	b.offset = 0;
	assert_true(bytes_u64le(&b, &u64));
	assert_true(u64 == 0xf807060504030201);
}

static void refuses_what_is_not_there(void **state)
{
	(void)state;
	uint8_t u8 = 77;
	uint16_t u16 = 77;
	uint32_t u32 = 77;
	uint64_t u64 = 77;
	const uint8_t *start = data;

	for (size_t size = 0; size < 8; size++) {
		struct bytes b = {data, size, 0};
		assert_false(bytes_u64le(&b, &u64));
		assert_int_equal(bytes_u32be(&b, &u32), size >= 4);
		b.offset = 0;
		assert_int_equal(bytes_u32le(&b, &u32), size >= 4);
		b.offset = size - (size > 0);
		assert_false(bytes_u16le(&b, &u16));
		b.offset = size;
		assert_false(bytes_u8(&b, &u8));
		assert_false(bytes_take(&b, SIZE_MAX, &start));
		assert_int_equal(b.offset, size);
	}
	assert_int_equal(u8, 77);
	assert_int_equal(u16, 77);
	assert_true(u64 == 77);
	assert_ptr_equal(start, data);
}

static void takes_ranges(void **state)
{
	(void)state;
	struct bytes b = {data, sizeof data, 3};
	const uint8_t *start;

	assert_true(bytes_take(&b, 6, &start));
	assert_ptr_equal(start, data + 3);
	assert_true(bytes_take(&b, 0, &start));
	assert_ptr_equal(start, data + sizeof data);
	assert_false(bytes_take(&b, 1, &start));
}

static void words_in_memory(void **state)
{
	(void)state;
	uint8_t memory[9] = {0};

	assert_int_equal(load_u16le(data + 1), 0x0302);
	assert_int_equal(load_u16be(data + 1), 0x0203);
	assert_int_equal(load_u32le(data + 1), 0x05040302);
	assert_int_equal(load_u32be(data + 1), 0x02030405);
	assert_true(load_u64le(data + 1) == 0x09f8070605040302);
	store_u16le(memory + 1, 0x0302);
	assert_memory_equal(memory + 1, data + 1, 2);
	assert_int_equal(memory[3], 0);
	store_u32le(memory + 1, 0x05040302);
	assert_memory_equal(memory + 1, data + 1, 4);
	store_u64le(memory + 1, 0x09f8070605040302);
	assert_memory_equal(memory + 1, data + 1, 8);
	assert_int_equal(memory[0], 0);
}

static void frees_buffers(void **state)
{
	(void)state;
	struct buffer buffer = {malloc(3), 3};

	buffer_free(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.size, 0);
	buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_width), cmocka_unit_test(refuses_what_is_not_there),
		cmocka_unit_test(takes_ranges),     cmocka_unit_test(words_in_memory),
		cmocka_unit_test(frees_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
