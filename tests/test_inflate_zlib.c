/* inflate_zlib on MNIST's test images, whose deflate stream is taken out of gzip and cut into
 * pieces: the output must be what gzip_decompress gives, in whatever pieces it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "decompress.h"
#include "errors.h"
#include "fixture.h"
#include "formats/adler32.h"

#define GZIP_HEADER 10 /* without a name */
#define GZIP_TRAILER 8

struct fixture {
	struct buffer content, stream;
};

static int setup(void **state)
{
	static struct fixture f;
	struct buffer file = fixture_read(DATA "/t10k-images-idx3-ubyte.gz");
	struct error error;
	const size_t size = file.size - GZIP_HEADER - GZIP_TRAILER;

	if (decompress_gzip(file.data, file.size, SIZE_MAX, &f.content, &error))
		return -1;
	const uint32_t adler = adler32_update(ADLER32_START, f.content.data, f.content.size);
	f.stream.size = 2 + size + 4;
	f.stream.data = malloc(f.stream.size);
	if (!f.stream.data)
		return -1;
	memcpy(f.stream.data, "\x78\x9c", 2);
	memcpy(f.stream.data + 2, file.data + GZIP_HEADER, size);
	for (int i = 0; i < 4; i++)
		f.stream.data[2 + size + (size_t)i] = (uint8_t)(adler >> (24 - 8 * i));
	buffer_free(&file);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	buffer_free(&f->content);
	buffer_free(&f->stream);
	return 0;
}

/* A piece is its size, four bytes, and its data; behind the last stands LAST. */
#define LAST UINT32_MAX

static bool next_piece(struct bytes *piece)
{
	const uint32_t size = load_u32le(piece->data + piece->size);

	if (size == LAST)
		return false;
	piece->offset = piece->size + 4;
	piece->size = piece->offset + size;
	return true;
}

/* Cut into pieces of `piece` bytes, with an empty one in front of each. Returns the first, empty,
 * too. */
static struct bytes cut(const uint8_t *data, size_t size, size_t piece)
{
	uint8_t *out = malloc(4 + 8 * (size / piece + 1) + size + 4), *next = out + 4;

	assert_non_null(out);
	store_u32le(out, 0);
	for (size_t at = 0; at < size; at += piece) {
		const size_t count = size - at < piece ? size - at : piece;
		store_u32le(next, 0);
		store_u32le(next + 4, (uint32_t)count);
		memcpy(next + 8, data + at, count);
		next += 8 + count;
	}
	store_u32le(next, LAST);
	return (struct bytes){out, 4, 4};
}

struct taker {
	const struct buffer *content;
	size_t taken;
};

static int take(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct taker *taker = context;

	(void)error;
	assert_true(size <= taker->content->size - taker->taken);
	assert_memory_equal(data, taker->content->data + taker->taken, size);
	taker->taken += size;
	return 0;
}

static void any_pieces(void **state)
{
	static const size_t pieces[] = {1, 2, 3, 7, 8, 9, 1000, 8192, 1 << 30};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct bytes in = cut(f->stream.data, f->stream.size, pieces[i]);
		struct taker taker = {&f->content, 0};
		struct inflate_output out = {.take = take, .context = &taker, .max_size = f->content.size};
		struct error error = {.text = ""};
		if (inflate_zlib(&in, next_piece, &out, &error))
			fail_msg("pieces of %zu bytes: %s", pieces[i], error.text);
		assert_int_equal(taker.taken, f->content.size);
		assert_null(out.data);
		free((void *)(uintptr_t)in.data);
	}
}

static void refuse(const uint8_t *data, size_t size, const struct fixture *f, size_t max_size,
				   const char *text)
{
	struct bytes in = cut(data, size, 5000);
	struct taker taker = {&f->content, 0};
	struct inflate_output out = {.take = take, .context = &taker, .max_size = max_size};
	struct error error = {.text = ""};

	assert_int_equal(inflate_zlib(&in, next_piece, &out, &error), -1);
	assert_error_has(&error, text);
	assert_null(out.data);
	free((void *)(uintptr_t)in.data);
}

static void refused(void **state)
{
	const struct fixture *f = *state;
	uint8_t *last = f->stream.data + f->stream.size - 1;

	for (size_t size = 0; size < 300; size += size < 10 ? 1 : 37) {
		refuse(f->stream.data, size, f, f->content.size, "ends in the middle");
		refuse(f->stream.data, f->stream.size - 1 - size, f, f->content.size, "ends in the middle");
	}
	refuse(f->stream.data, f->stream.size, f, f->content.size - 1,
		   "more than 7840015 bytes of data");
	refuse(f->stream.data, f->stream.size, f, 0, "more than 0 bytes of data");
	(*last)++;
	refuse(f->stream.data, f->stream.size, f, f->content.size, "Adler-32 0x");
	(*last)--;
	f->stream.data[1]++;
	refuse(f->stream.data, f->stream.size, f, f->content.size, "begins with bytes 78 9d");
	f->stream.data[1]--;
}

static int refuse_to_take(void *context, const uint8_t *data, size_t size, struct error *error)
{
	(void)context, (void)data, (void)size;
	return error_set(error, "enough");
}

static void taker_may_refuse(void **state)
{
	const struct fixture *f = *state;
	struct bytes in = {f->stream.data, f->stream.size, 0};
	struct inflate_output out = {.take = refuse_to_take, .max_size = f->content.size};
	struct error error;

	assert_int_equal(inflate_zlib(&in, NULL, &out, &error), -1);
	assert_string_equal(error.text, "enough");
}

static void out_of_memory(void **state)
{
	const struct fixture *f = *state;
	struct bytes in = {f->stream.data, f->stream.size, 0};
	struct inflate_output out = {.take = refuse_to_take, .max_size = f->content.size};
	struct error error;

	if (!allocations_watched())
		skip();
	allocations_fail_at(1);
	assert_int_equal(inflate_zlib(&in, NULL, &out, &error), -1);
	allocations_fail_at(0);
	assert_error_has(&error, "not enough memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pieces),
		cmocka_unit_test(refused),
		cmocka_unit_test(taker_may_refuse),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
