/* Headers that lie: of gigabytes that do not follow, nobody asks for memory. */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "app/model.h"
#include "decompress.h"
#include "errors.h"
#include "formats/crc32.h"
#include "formats/csv.h"
#include "formats/idx.h"
#include "formats/raster.h"
#include "formats/safetensors.h"
#include "scratch.h"

#define MOST ((size_t)512 << 10) /* bytes of the largest request: a window of deflate is 256 KiB */

static struct error error;

static int read_images(const uint8_t *data, size_t size)
{
	struct idx_reader reader = {0};
	struct idx_images images = {0};
	const int status =
		idx_take(&reader, data, size, &error) || idx_end(&reader, &images, &error) ? -1 : 0;

	pixels_free(&images.pixels);
	pixels_free(&reader.images.pixels);
	return status;
}

static int read_labels(const uint8_t *data, size_t size)
{
	const struct buffer file = {(uint8_t *)data, size}; /* it is only read */
	struct idx_labels labels;

	return idx_read_labels(&file, &labels, &error);
}

static int read_csv(const uint8_t *data, size_t size)
{
	struct csv_reader reader = {0};
	struct csv_images images = {0};
	const int status =
		csv_take(&reader, data, size, &error) || csv_end(&reader, &images, &error) ? -1 : 0;

	csv_images_free(&images);
	csv_reader_free(&reader);
	return status;
}

static int read_gzip(const uint8_t *data, size_t size)
{
	struct buffer content;

	return decompress_gzip(data, size, SIZE_MAX, &content, &error);
}

static int read_raster(const uint8_t *data, size_t size)
{
	struct raster raster;

	return raster_parse(data, size, &raster, &error);
}

/* A PNG file without its checksums, which are filled in. */
static int read_png(const uint8_t *data, size_t size)
{
	uint8_t *file = malloc(size);

	assert_non_null(file);
	memcpy(file, data, size);
	for (size_t at = 8; at + 12 <= size;) {
		const size_t length = (size_t)file[at + 2] << 8 | file[at + 3];
		const uint32_t crc = crc32_of(file + at + 4, 4 + length);
		for (int i = 0; i < 4; i++)
			file[at + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
		at += 12 + length;
	}
	const int status = read_raster(file, size);
	free(file);
	return status;
}

static int read_safetensors(const uint8_t *data, size_t size)
{
	struct safetensors file;

	return safetensors_parse(data, size, &file, &error);
}

/* The header of a model file, without its length. */
static int read_model(const uint8_t *data, size_t size)
{
	const uint8_t length[8] = {(uint8_t)size};
	char folder[64], path[256];
	struct network network;
	struct model_info info;
	struct safetensors file;

	assert_non_null(scratch_open(folder));
	FILE *out = fopen(scratch_path(path, folder, "m"), "wb");
	assert_true(out && fwrite(length, 1, 8, out) == 8 && fwrite(data, 1, size, out) == size);
	fclose(out);
	const int status = model_load(path, NULL, &network, &info, &file, &error) ? -1 : 0;
	assert_true(scratch_close(folder));
	return status;
}

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct {
	int (*read)(const uint8_t *data, size_t size);
	const uint8_t *data;
	size_t size;
	const char *expected;
} cases[] = {
	{read_images, BYTES("\0\0\10\3\377\377\377\377\0\0\1\0\0\0\1\0pixels"),
	 "the file ends after 0"},
	{read_images, BYTES("\0\0\16\3\377\377\377\377\0\0\1\0\0\0\1\0pixels.."), "image 0, pixel 0"},
	{read_labels, BYTES("\0\0\10\1\377\377\377\377labels"), "4294967295 labels"},
	{read_labels, BYTES("\0\0\14\2\377\377\377\377\0\0\0\10labels"), "4294967295 labels"},
	{read_csv, BYTES("label,4294967295x4294967295\n1,2\n1,2,3\n"), "line 3: more than the 2"},
	{read_gzip, BYTES("\x1f\x8b\10\0\0\0\0\0\0\3\1\1\0\376\377a\xff\xff\xff\xff\xff\xff\xff\xff"),
	 "CRC-32"},
	{read_raster, BYTES("P5 8192 8192 255\npixels"), "67108864 bytes, there are 6"},
	{read_raster, BYTES("P2 8192 8192 255\n1 2 3"), "134217727 bytes, there are 5"},
	{read_raster, BYTES("P7\nWIDTH 8192\nHEIGHT 8192\nDEPTH 4\nMAXVAL 65535\nENDHDR\npixels"),
	 "536870912 bytes, there are 6"},
	{read_raster,
	 BYTES("\xff\xd8\xff\xc2\0\13\10\x20\0\x20\0\1\1\x11\0\xff\xda\0\10\1\1\0\0\0\0pixels"),
	 "the data ends before the picture does"},
	{read_png,
	 BYTES("\x89PNG\r\n\x1a\n\0\0\0\15IHDR\0\0\x20\0\0\0\x20\0\20\6\0\0\0....\0\0\0\5IDATbytes...."
		   "\0\0\0\0IEND...."),
	 "8192×8192 pixels cannot be in 5 bytes"},
	{read_safetensors, BYTES("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), "offset 0: a header of"},
	{read_safetensors, BYTES("\0\0\x10\0\0\0\0\0{}"), "but only 2 follow"},
	{read_safetensors,
	 BYTES("\x47\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[268435456],\"data_offsets\":[0,"
		   "1073741824]}}"),
	 "data ends at 1073741824"},
	{read_model,
	 BYTES("{\"__metadata__\":{\"network\":\"flatten dense:20000 dense:20000 dense:10 softmax\"}}"),
	 "has no tensor \"1.weight\""},
};

static void headers_that_lie(void **state)
{
	(void)state;
	if (!allocations_watched())
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		allocations_fail_at(0);
		assert_int_equal(cases[i].read(cases[i].data, cases[i].size), -1);
		assert_error_has(&error, cases[i].expected);
		if (allocations_largest() > MOST)
			fail_msg("case %zu asks for %zu bytes", i, allocations_largest());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(headers_that_lie)};

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
