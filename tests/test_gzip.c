/* gzip files as gzip, pigz and zopfli write them (fixtures/make-gzip-fixtures.sh), and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "decompress.h"
#include "errors.h"
#include "fixture.h"
#include "mutations.h"

#define MAX_SIZE 100000

static struct buffer read_gzip_fixture(const char *name)
{
	char path[512];

	snprintf(path, sizeof path, FIXTURES "/gzip/%s", name);
	return fixture_read(path);
}

static void refuse(const uint8_t *data, size_t size, const char *text)
{
	struct buffer out = {(uint8_t *)"", 1};
	struct error error = {.text = ""};

	assert_int_equal(decompress_gzip(data, size, MAX_SIZE, &out, &error), -1);
	assert_null(out.data);
	assert_int_equal(out.size, 0);
	assert_error_has(&error, text);
}

static void every_compressor(void **state)
{
	(void)state;
	static const char *const names[] = {
		"gzip-1.gz", "gzip-2.gz",  "gzip-3.gz", "gzip-4.gz",  "gzip-5.gz", "gzip-6.gz",
		"gzip-7.gz", "gzip-8.gz",  "gzip-9.gz", "pigz-0.gz",  "pigz-1.gz", "pigz-6.gz",
		"pigz-9.gz", "pigz-11.gz", "zopfli.gz", "members.gz", "fields.gz",
	};
	struct buffer plain = read_gzip_fixture("plain.bin");

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct buffer file = read_gzip_fixture(names[i]), out;
		struct error error;
		assert_true(gzip_is(file.data, file.size));
		if (decompress_gzip(file.data, file.size, plain.size, &out, &error))
			fail_msg("%s: %s", names[i], error.text);
		assert_int_equal(out.size, plain.size);
		assert_memory_equal(out.data, plain.data, plain.size);
		buffer_free(&out);
		/* With room for one byte less it is too much. */
		assert_int_equal(decompress_gzip(file.data, file.size, plain.size - 1, &out, &error), -1);
		assert_error_has(&error, "more than 5315 bytes");
		buffer_free(&file);
	}
	buffer_free(&plain);
}

static void mnist(void **state)
{
	(void)state;
	struct buffer file = fixture_read(DATA "/t10k-images-idx3-ubyte.gz"), out;
	struct error error;

	if (decompress_gzip(file.data, file.size, 7840016, &out, &error))
		fail_msg("%s", error.text);
	assert_int_equal(out.size, 7840016); /* and the CRC-32 was right */
	buffer_free(&out);
	buffer_free(&file);
}

static void not_gzip(void **state)
{
	(void)state;

	assert_false(gzip_is((const uint8_t *)"\x1f", 1));
	assert_false(gzip_is((const uint8_t *)"\x1f\x8a", 2));
	refuse(NULL, 0, "an empty file");
	refuse((const uint8_t *)"hello", 5, "offset 0: 5 bytes that are not gzip data");
	refuse((const uint8_t *)"\x1f\x8b", 2, "offset 2: the gzip file ends inside a header");
}

/* Turn bits of one byte of a fixture. */
static void refuse_changed(const char *name, size_t offset, uint8_t bits, const char *text)
{
	struct buffer file = read_gzip_fixture(name);

	file.data[offset] ^= bits;
	refuse(file.data, file.size, text);
	buffer_free(&file);
}

static void damaged_fields(void **state)
{
	(void)state;
	struct buffer file = read_gzip_fixture("fields.gz");
	const size_t size = file.size;

	buffer_free(&file);
	refuse_changed("fields.gz", 2, 1, "offset 2: compression method 9, expected 8");
	refuse_changed("fields.gz", 3, 0x20, "offset 3: reserved flags are set (0x3f)");
	refuse_changed("fields.gz", 5, 1, "offset 40: the header's CRC-16 is 0x");
	refuse_changed("fields.gz", 16, 1, "offset 40: the header's CRC-16");
	refuse_changed("fields.gz", 11, 0xff, "inside a header"); /* 65288 bytes of extra field */
	refuse_changed("fields.gz", size - 8, 1, "CRC-32 0x");
	refuse_changed("fields.gz", size - 4, 1, "length 5317, the data's is 5316");
	refuse_changed("small-stored.gz", 20, 1, "CRC-32 0x");
}

static void every_truncation(void **state)
{
	(void)state;
	struct buffer file = read_gzip_fixture("fields.gz");

	for (size_t size = 2; size < file.size; size++) {
		const bool in_deflate = size >= 42 && size < file.size - 8;
		refuse(file.data, size,
			   in_deflate ? "the compressed data ends in the middle"
						  : "the gzip file ends inside a");
	}
	buffer_free(&file);
}

static void trailing_bytes(void **state)
{
	(void)state;
	struct buffer file = read_gzip_fixture("small-fixed.gz");
	uint8_t longer[200] = {0};

	memcpy(longer, file.data, file.size);
	refuse(longer, file.size + 1, "1 bytes after the end of the data");
	refuse(longer, file.size + 2, "2 bytes after the end of the data");
	memcpy(longer + file.size, file.data, 5);
	refuse(longer, file.size + 5, "the gzip file ends inside a header");
	buffer_free(&file);
}

/* A trailer that claims 4 GB is no reason to allocate them. */
static void lying_length(void **state)
{
	(void)state;
	struct buffer file = read_gzip_fixture("small-fixed.gz"), out;
	struct error error;

	memset(file.data + file.size - 4, 0xff, 4);
	assert_int_equal(decompress_gzip(file.data, file.size, SIZE_MAX, &out, &error), -1);
	assert_error_has(&error, "length 4294967295, the data's is 26");
	buffer_free(&file);
}

static void empty_content(void **state)
{
	(void)state;
	static const uint8_t data[20] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0};
	struct buffer out;
	struct error error;

	assert_int_equal(decompress_gzip(data, sizeof data, 0, &out, &error), 0);
	assert_int_equal(out.size, 0);
	buffer_free(&out);
}

static void refuse_or_same(const uint8_t *data, size_t size, void *context)
{
	const struct buffer *plain = context;
	struct buffer out;
	struct error error;

	if (decompress_gzip(data, size, MAX_SIZE, &out, &error))
		return;
	assert_int_equal(out.size, plain->size);
	assert_memory_equal(out.data, plain->data, plain->size);
	buffer_free(&out);
}

static void mutations(void **state)
{
	(void)state;
	static const char *const names[] = {"small-stored.gz", "small-fixed.gz", "small-dynamic.gz",
										"small-fields.gz"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct buffer file = read_gzip_fixture(names[i]), plain;
		struct error error;
		assert_int_equal(decompress_gzip(file.data, file.size, MAX_SIZE, &plain, &error), 0);
		mutate(file.data, file.size, MUTATE_ALL, (struct mutation_target){refuse_or_same, &plain});
		buffer_free(&plain);
		buffer_free(&file);
	}
}

/* Any request for memory may fail. */
static void out_of_memory(void **state)
{
	(void)state;
	struct buffer plain = read_gzip_fixture("plain.bin");
	struct buffer file = read_gzip_fixture("gzip-9.gz"), out;
	struct error error;
	bool failed;
	int number = 0, refusals = 0;

	if (!allocations_watched())
		skip();
	memset(file.data + file.size - 4, 0, 4); /* no guess: the output has to grow */
	refuse(file.data, file.size, "length 0, the data's is 5316");
	do {
		allocations_fail_at(++number);
		assert_int_equal(decompress_gzip(file.data, file.size, MAX_SIZE, &out, &error), -1);
		failed = allocations_count() >= number;
		allocations_fail_at(0);
		refusals += strstr(error.text, "not enough memory") != NULL;
	} while (failed);
	assert_int_equal(refusals, 3); /* the window, the tables, the content */
	buffer_free(&file);

	file = read_gzip_fixture("gzip-9.gz");
	number = 0;
	do {
		allocations_fail_at(++number);
		int status = decompress_gzip(file.data, file.size, MAX_SIZE, &out, &error);
		failed = allocations_count() >= number;
		allocations_fail_at(0);
		assert_int_equal(status, failed ? -1 : 0);
		if (!failed)
			assert_memory_equal(out.data, plain.data, plain.size);
		buffer_free(&out);
	} while (failed);
	buffer_free(&file);
	buffer_free(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_compressor), cmocka_unit_test(mnist),
		cmocka_unit_test(not_gzip),         cmocka_unit_test(damaged_fields),
		cmocka_unit_test(every_truncation), cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(lying_length),     cmocka_unit_test(empty_content),
		cmocka_unit_test(mutations),        cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
