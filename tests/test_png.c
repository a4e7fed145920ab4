/* PNG files: taken apart here as the standard says, inflated by our own inflate, unfiltered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "decompress.h"
#include "formats/crc32.h"
#include "formats/png.h"

#define MOST_PIXELS (700 * 500 * 3)

static struct error error;

static uint32_t u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Checks the chunk at *at; moves behind it; returns its data. */
static const uint8_t *chunk(const struct buffer *file, size_t *at, const char *type, uint32_t *size)
{
	const uint8_t *begin = file->data + *at;

	assert_true(file->size - *at >= 12);
	*size = u32be(begin);
	assert_true(*size <= file->size - *at - 12);
	assert_memory_equal(begin + 4, type, 4);
	assert_int_equal(u32be(begin + 8 + *size), crc32_of(begin + 4, *size + 4));
	*at += *size + 12;
	return begin + 8;
}

/* The sums of RFC 1950, one modulo at the end: there are too few bytes for an overflow of 64
 * bits. */
static uint32_t adler(const uint8_t *data, size_t size)
{
	uint64_t a = 1, b = 0;

	for (size_t i = 0; i < size; i++)
		b += a += data[i];
	return (uint32_t)(b % 65521 << 16 | a % 65521);
}

/* Undoes filter "up" in place. */
static void assert_rows(uint8_t *rows, const uint8_t *pixels, size_t row, size_t height)
{
	for (size_t y = 0; y < height; y++) {
		uint8_t *line = rows + y * (row + 1);
		assert_int_equal(line[0], 2);
		for (size_t x = 1; y && x <= row; x++)
			line[x] += (line - row - 1)[x];
		assert_memory_equal(line + 1, pixels + y * row, row);
	}
}

/* Returns the file's size. */
static size_t assert_survives(const uint8_t *pixels, int width, int height, int channels)
{
	const size_t row = (size_t)width * (size_t)channels, size = (row + 1) * (size_t)height;
	struct buffer file, rows;
	uint32_t length;
	size_t at = 8;

	assert_int_equal(png_write(pixels, width, height, channels, &file, &error), 0);
	assert_memory_equal(file.data, "\x89PNG\r\n\x1a\n", 8);

	const uint8_t *header = chunk(&file, &at, "IHDR", &length);
	assert_int_equal(length, 13);
	assert_int_equal(u32be(header), width);
	assert_int_equal(u32be(header + 4), height);
	assert_memory_equal(header + 8, channels == 3 ? "\x08\x02\0\0" : "\x08\0\0\0", 5);

	const uint8_t *data = chunk(&file, &at, "IDAT", &length);
	struct bytes in = {data, length, 2};
	assert_int_equal((data[0] * 256 + data[1]) % 31, 0); /* RFC 1950's check of its first bytes */
	assert_int_equal(data[0], 0x78);
	assert_int_equal(data[1] & 0x20, 0); /* no dictionary */
	assert_int_equal(decompress_stream(&in, size, &rows, &error), 0);
	assert_int_equal(rows.size, size);
	assert_int_equal(in.offset, length - 4);
	assert_int_equal(u32be(data + in.offset), adler(rows.data, rows.size));
	assert_rows(rows.data, pixels, row, (size_t)height);

	chunk(&file, &at, "IEND", &length);
	assert_int_equal(length, 0);
	assert_int_equal(at, file.size);
	assert_memory_equal(file.data + at - 4, "\xae\x42\x60\x82", 4); /* the same in every PNG */
	buffer_free(&rows);
	buffer_free(&file);
	return at;
}

static uint8_t pixels[MOST_PIXELS];

static void any_bytes_survive(void **state)
{
	static const int sizes[][2] = {{1, 1}, {2, 1}, {1, 3}, {28, 28}, {257, 3}, {700, 500}};
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < MOST_PIXELS; i++) {
		random = random * 1664525 + 1013904223;
		pixels[i] = (uint8_t)(random >> 24);
	}
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (int channels = 1; channels <= 3; channels += 2)
			assert_survives(pixels, sizes[i][0], sizes[i][1], channels);
}

/* Zeros, and one other byte after each number of them: every length of a run. */
static void every_run_survives(void **state)
{
	(void)state;
	for (int channels = 1; channels <= 3; channels += 2) {
		size_t at = 0;

		memset(pixels, 0, sizeof pixels);
		for (size_t length = 1; length < 300; length++) {
			at += length;
			pixels[at] = (uint8_t)length;
		}
		assert_survives(pixels, 15300, 3, channels);
	}
}

static void every_byte_survives(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++)
		pixels[i] = (uint8_t)i;
	assert_survives(pixels, 256, 1, 1);
}

/* Eight times enlarged, as a sheet is. */
static void enlarged_pixels_become_small(void **state)
{
	(void)state;
	for (size_t y = 0; y < 500; y++)
		for (size_t x = 0; x < 700; x++)
			pixels[y * 700 + x] = (uint8_t)((x / 8 * 37 ^ y / 8 * 101) * 13);
	assert_true(assert_survives(pixels, 700, 500, 1) < 700 * 500 / 16);
}

static void want_of_memory_is_an_error(void **state)
{
	struct buffer file;

	(void)state;
	if (!allocations_watched())
		skip();
	for (int number = 1; number <= 2; number++) {
		allocations_fail_at(number);
		assert_int_equal(png_write(pixels, 10, 10, 1, &file, &error), -1);
		allocations_fail_at(0);
		assert_null(file.data);
		assert_string_equal(error.text, "not enough memory for a picture of 10×10");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_survive),
		cmocka_unit_test(every_run_survives),
		cmocka_unit_test(every_byte_survives),
		cmocka_unit_test(enlarged_pixels_become_small),
		cmocka_unit_test(want_of_memory_is_an_error),
	};
	return cmocka_run_group_tests_name("png", tests, NULL, NULL);
}
