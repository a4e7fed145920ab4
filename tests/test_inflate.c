/* Inflate on streams put together bit by bit from RFC 1951: what compressors write (test_gzip reads
 * that) leaves out most of what must be refused. Accepted and refused as zlib does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "decompress.h"
#include "errors.h"
#include "mutations.h"

#define MAX_SIZE 100000

struct stream {
	uint8_t data[8192];
	size_t bits;
};

/* Numbers go from their lowest bit, codes from their highest. */
static void put(struct stream *s, uint64_t value, int bits)
{
	for (int i = 0; i < bits; i++, s->bits++)
		s->data[s->bits / 8] |= (uint8_t)((value >> i & 1) << s->bits % 8);
}

static void put_code(struct stream *s, unsigned code, int bits)
{
	while (bits-- > 0)
		put(s, code >> bits, 1);
}

static size_t stream_size(const struct stream *s)
{
	return (s->bits + 7) / 8;
}

/* A symbol of the code that these lengths define (RFC 1951, 3.2.2). */
static void put_symbol(struct stream *s, const uint8_t *lengths, unsigned symbol)
{
	unsigned code = 0;

	for (int length = 1; length <= 15; length++, code <<= 1) {
		for (unsigned i = 0; i < 286; i++) {
			if (lengths[i] != length)
				continue;
			if (i == symbol) {
				put_code(s, code, length);
				return;
			}
			code++;
		}
	}
	fail_msg("symbol %u has no code", symbol);
}

/* The fixed code (RFC 1951, 3.2.6). */
static void put_fixed(struct stream *s, unsigned symbol)
{
	if (symbol < 144)
		put_code(s, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(s, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(s, symbol - 256, 7);
	else
		put_code(s, 0xc0 + symbol - 280, 8);
}

/* Lengths: symbols 257 to 284 with 0 to 5 extra bits, and 285 for 258 (RFC 1951, 3.2.5). */
static void put_length(struct stream *s, unsigned length)
{
	unsigned base = 3;

	if (length == 258) {
		put_fixed(s, 285);
		return;
	}
	for (unsigned symbol = 257;; symbol++) {
		int extra = symbol < 265 ? 0 : (int)(symbol - 261) / 4;
		if (length < base + (1u << extra)) {
			put_fixed(s, symbol);
			put(s, length - base, extra);
			return;
		}
		base += 1u << extra;
	}
}

static void put_distance(struct stream *s, unsigned distance)
{
	unsigned base = 1;

	for (unsigned symbol = 0;; symbol++) {
		int extra = symbol < 4 ? 0 : (int)symbol / 2 - 1;
		if (distance < base + (1u << extra)) {
			put_code(s, symbol, 5);
			put(s, distance - base, extra);
			return;
		}
		base += 1u << extra;
	}
}

static void begin_block(struct stream *s, bool last, unsigned type)
{
	put(s, last, 1);
	put(s, type, 2);
}

/* The head of a dynamic block. The code lengths 0 to 15 get codes of 4 bits: code = length. */
static void begin_dynamic(struct stream *s, const uint8_t *literals, unsigned literal_count,
						  const uint8_t *distances, unsigned distance_count)
{
	static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
									  11, 4,  12, 3, 13, 2, 14, 1, 15};

	begin_block(s, true, 2);
	put(s, literal_count - 257, 5);
	put(s, distance_count - 1, 5);
	put(s, 19 - 4, 4);
	for (int i = 0; i < 19; i++)
		put(s, order[i] < 16 ? 4 : 0, 3);
	for (unsigned i = 0; i < literal_count; i++)
		put_code(s, literals[i], 4);
	for (unsigned i = 0; i < distance_count; i++)
		put_code(s, distances[i], 4);
}

static void expect(const struct stream *s, const char *output, size_t size)
{
	struct bytes in = {s->data, stream_size(s), 0};
	struct buffer out;
	struct error error = {.text = ""};

	if (decompress_stream(&in, MAX_SIZE, &out, &error))
		fail_msg("%s", error.text);
	assert_int_equal(out.size, size);
	assert_memory_equal(out.data, output, size);
	assert_int_equal(in.offset, in.size);
	buffer_free(&out);
}

/* Refused with a message that contains `text`. */
static void refuse(const struct stream *s, const char *text)
{
	struct bytes in = {s->data, stream_size(s), 0};
	struct buffer out;
	struct error error = {.text = ""};

	assert_int_equal(decompress_stream(&in, MAX_SIZE, &out, &error), -1);
	assert_error_has(&error, text);
}

static void stored(void **state)
{
	(void)state;
	struct stream s = {{0}, 0};

	begin_block(&s, false, 0);
	put(&s, 0, 5); /* up to the whole byte */
	put(&s, 3, 16);
	put(&s, 0xfffc, 16);
	put(&s, 'a' | 'b' << 8 | 'c' << 16, 24);
	begin_block(&s, true, 0);
	put(&s, 31, 5); /* anything goes */
	put(&s, 0, 16);
	put(&s, 0xffff, 16);
	expect(&s, "abc", 3);

	s.data[1]++;
	refuse(&s, "offset 1: a stored block's length 0x0004, complement 0xfffc");
}

static void fixed(void **state)
{
	(void)state;
	struct stream s = {{0}, 0};

	begin_block(&s, false, 1);
	put_fixed(&s, 'a');
	put_fixed(&s, 200);
	put_length(&s, 4);
	put_distance(&s, 2);
	put_fixed(&s, 256);
	begin_block(&s, true, 1);
	put_fixed(&s, 'b');
	put_length(&s, 12);
	put_distance(&s, 1);
	put_fixed(&s, 256);
	expect(&s, "a\310a\310a\310bbbbbbbbbbbbb", 19);
}

/* Copies of every length from many distances, whole or over themselves. */
static void copies(void **state)
{
	(void)state;
	char output[400];

	for (unsigned distance = 1; distance <= 100; distance++) {
		for (unsigned length = 3; length <= 258; length++) {
			struct stream s = {{0}, 0};
			begin_block(&s, true, 1);
			for (unsigned i = 0; i < 100; i++) {
				output[i] = (char)(20 + i);
				put_fixed(&s, 20 + i);
			}
			put_length(&s, length);
			put_distance(&s, distance);
			put_fixed(&s, 256);
			for (unsigned i = 100; i < 100 + length; i++)
				output[i] = output[i - distance];
			expect(&s, output, 100 + length);
		}
	}
}

/* 32 KB, stored, and a copy from as far back as there is. */
static void far_copies(void **state)
{
	(void)state;
	enum { SIZE = 32768, LENGTH = 258 };
	static const unsigned distances[] = {257, 4096, 4097, 24576, 24577, 32767, 32768};
	static uint8_t data[5 + SIZE + 32], output[SIZE + LENGTH];

	for (size_t k = 0; k < sizeof distances / sizeof distances[0]; k++) {
		struct stream head = {{0}, 0}, tail = {{0}, 0};
		put(&head, 0, 8);
		put(&head, SIZE, 16);
		put(&head, 0xffff - SIZE, 16);
		begin_block(&tail, true, 1);
		put_length(&tail, LENGTH);
		put_distance(&tail, distances[k]);
		put_fixed(&tail, 256);
		for (size_t i = 0; i < SIZE; i++)
			output[i] = (uint8_t)(i * 2654435761u >> 13);
		for (size_t i = SIZE; i < SIZE + LENGTH; i++)
			output[i] = output[i - distances[k]];
		memcpy(data, head.data, 5);
		memcpy(data + 5, output, SIZE);
		memcpy(data + 5 + SIZE, tail.data, stream_size(&tail));

		struct bytes in = {data, 5 + SIZE + stream_size(&tail), 0};
		struct buffer out;
		struct error error;
		assert_int_equal(decompress_stream(&in, MAX_SIZE, &out, &error), 0);
		assert_int_equal(out.size, sizeof output);
		assert_memory_equal(out.data, output, sizeof output);
		buffer_free(&out);
	}
}

static void distances_before_the_start(void **state)
{
	(void)state;

	for (unsigned distance = 1; distance <= 4; distance++) {
		struct stream s = {{0}, 0};
		begin_block(&s, true, 1);
		for (unsigned i = 1; i < distance; i++)
			put_fixed(&s, 'x');
		put_length(&s, 3);
		put_distance(&s, distance);
		put_fixed(&s, 256);
		put(&s, 0, 16);
		refuse(&s, "there are only");
	}
}

/* Symbols that the fixed code has and RFC 1951 forbids. */
static void forbidden_symbols(void **state)
{
	(void)state;
	struct stream block = {{0}, 0};

	for (unsigned k = 0; k < 2; k++) {
		struct stream s = {{0}, 0}, t = {{0}, 0};
		begin_block(&s, true, 1);
		put_fixed(&s, 'x');
		put_fixed(&s, 286 + k);
		put(&s, 0, 32);
		refuse(&s, "no code for a literal or length");
		begin_block(&t, true, 1);
		put_fixed(&t, 'x');
		put_length(&t, 3);
		put_code(&t, 30 + k, 5);
		put(&t, 0, 32);
		refuse(&t, "no code for a distance");
	}
	begin_block(&block, true, 3);
	put(&block, 0, 32);
	refuse(&block, "a block of type 3");
}

static void codes_of_15_bits(void **state)
{
	(void)state;
	uint8_t literals[286] = {0}, distances[1] = {0};
	struct stream s = {{0}, 0};

	/* Lengths 1, 2, … 15 for 'a' to 'o', and 15 for the end of the block. */
	for (int i = 0; i < 15; i++)
		literals['a' + i] = (uint8_t)(i + 1);
	literals[256] = 15;
	begin_dynamic(&s, literals, 257, distances, 1);
	for (unsigned i = 0; i < 15; i++)
		put_symbol(&s, literals, 'a' + i);
	for (unsigned i = 0; i < 15; i++)
		put_symbol(&s, literals, 'o' - i);
	put_symbol(&s, literals, 256);
	expect(&s, "abcdefghijklmnoonmlkjihgfedcba", 30);
}

/* A dynamic block: 'a', then a copy of it by the distance code `bit`, a single bit. */
static struct stream single_distance(uint8_t distance_length, unsigned bit)
{
	uint8_t literals[286] = {0}, distances[30] = {distance_length};
	struct stream s = {{0}, 0};

	literals['a'] = 1;
	literals[256] = 2;
	literals[257] = 2;
	begin_dynamic(&s, literals, 258, distances, 30);
	put_symbol(&s, literals, 'a');
	put_symbol(&s, literals, 257);
	put(&s, bit, 1);
	put_symbol(&s, literals, 256);
	return s;
}

/* A single code of one bit may be incomplete; no distance code at all is fine until one is used. */
static void sparse_codes(void **state)
{
	(void)state;
	uint8_t literals[286] = {[256] = 1}, distances[1] = {0};
	struct stream s = single_distance(1, 0);

	expect(&s, "aaaa", 4);
	s = single_distance(1, 1);
	put(&s, 0, 16);
	refuse(&s, "no code for a distance");
	s = single_distance(0, 0);
	put(&s, 0, 16);
	refuse(&s, "no code for a distance");
	s = single_distance(2, 0);
	put(&s, 0, 16);
	refuse(&s, "the code for distances is incomplete");

	s = (struct stream){{0}, 0};
	begin_dynamic(&s, literals, 257, distances, 1);
	put(&s, 0, 1);
	expect(&s, "", 0);
	s = (struct stream){{0}, 0};
	begin_dynamic(&s, literals, 257, distances, 1);
	put(&s, 1, 17);
	refuse(&s, "no code for a literal or length");
}

static void wrong_codes(void **state)
{
	(void)state;
	static const struct {
		uint8_t a, b, end, distances[3];
		const char *text;
	} cases[] = {
		{1, 1, 1, {0, 0, 0}, "the code for literals is over-subscribed"},
		{2, 2, 2, {0, 0, 0}, "the code for literals is incomplete"},
		{0, 0, 2, {0, 0, 0}, "the code for literals is incomplete"},
		{1, 1, 0, {0, 0, 0}, "the code for literals is without an end of block"},
		{1, 2, 2, {1, 2, 0}, "the code for distances is incomplete"},
		{1, 2, 2, {1, 1, 1}, "the code for distances is over-subscribed"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t literals[286] = {0};
		struct stream s = {{0}, 0};
		literals['a'] = cases[i].a;
		literals['b'] = cases[i].b;
		literals[256] = cases[i].end;
		begin_dynamic(&s, literals, 257, cases[i].distances, 3);
		put(&s, 0, 64);
		refuse(&s, cases[i].text);
	}
}

static void wrong_counts(void **state)
{
	(void)state;
	static const unsigned counts[][2] = {{287, 30}, {288, 1}, {286, 31}, {257, 32}};

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		struct stream s = {{0}, 0};
		begin_block(&s, true, 2);
		put(&s, counts[i][0] - 257, 5);
		put(&s, counts[i][1] - 1, 5);
		put(&s, 0, 64);
		refuse(&s, "limits 286 and 30");
	}
}

/* The head of a dynamic block for 257 literals and 1 distance, whose code for code lengths gives 1
 * bit each to two symbols of 16, 17, 18: code 0 is the lower one. */
static struct stream begin_repeats(unsigned lower, unsigned upper)
{
	struct stream s = {{0}, 0};

	begin_block(&s, true, 2);
	put(&s, 0, 5 + 5 + 4);
	for (unsigned symbol = 16; symbol <= 18; symbol++)
		put(&s, symbol == lower || symbol == upper, 3);
	put(&s, 0, 3);
	return s;
}

/* 138 zeros, and `more` (11 to 138), by symbol 18. */
static void put_zeros(struct stream *s, unsigned more)
{
	put(s, 1, 1);
	put(s, 138 - 11, 7);
	put(s, 1, 1);
	put(s, more - 11, 7);
	put(s, 0, 64);
}

static void wrong_repeats(void **state)
{
	(void)state;
	struct stream s = begin_repeats(16, 18);

	put(&s, 0, 64);
	refuse(&s, "the first code length is a repetition");
	s = begin_repeats(17, 18);
	put_zeros(&s, 121);
	refuse(&s, "259 code lengths for 258 symbols");
	s = begin_repeats(17, 18);
	put_zeros(&s, 120);
	refuse(&s, "without an end of block");
	s = begin_repeats(16, 16);
	put(&s, 0, 64);
	refuse(&s, "the code for code lengths is incomplete");
}

/* The output may be as large as the limit and no larger. */
static void limits(void **state)
{
	(void)state;
	struct stream s = {{0}, 0};
	const size_t size = 1 + 258 * 200;

	begin_block(&s, true, 1);
	put_fixed(&s, 'z');
	for (int i = 0; i < 200; i++) {
		put_length(&s, 258);
		put_distance(&s, 1);
	}
	put_fixed(&s, 256);
	for (size_t max_size = size - 2; max_size <= size + 2; max_size++) {
		struct bytes in = {s.data, stream_size(&s), 0};
		struct buffer out;
		struct error error = {.text = ""};
		assert_int_equal(decompress_stream(&in, max_size, &out, &error), max_size < size ? -1 : 0);
		if (max_size < size)
			assert_error_has(&error, "more than");
		else
			assert_int_equal(out.size, size);
		buffer_free(&out);
	}
}

/* The last literal and the end of the block in one round of the loop. */
static void one_byte_too_many(void **state)
{
	(void)state;
	struct stream s = {{0}, 0};
	struct inflate_output out = {.max_size = 0};
	struct error error;

	begin_block(&s, true, 1);
	put_fixed(&s, 'a');
	put_fixed(&s, 256);
	struct bytes in = {s.data, stream_size(&s), 0};
	assert_int_equal(inflate_get_window(&out, &error), 0);
	assert_int_equal(inflate_stream(&in, &out, &error), -1);
	assert_string_equal(error.text, "more than 0 bytes of data");
	/* And now that there is too much already, nothing more is read. */
	assert_int_equal(inflate_stream(&in, &out, &error), -1);
	assert_string_equal(error.text, "more than 0 bytes of data");
	free(out.data);
}

/* A second stream begins where the first ended and does not see its bytes. */
static void one_after_another(void **state)
{
	(void)state;
	struct stream s = {{0}, 0};
	struct inflate_output out = {.max_size = MAX_SIZE};
	struct error error;

	for (int i = 0; i < 2; i++) {
		begin_block(&s, true, 1);
		put_fixed(&s, 'a');
		put_fixed(&s, 256);
		put(&s, 0, (int)(8 - s.bits % 8));
	}
	begin_block(&s, true, 1);
	put_length(&s, 3);
	put_distance(&s, 1);
	put_fixed(&s, 256);

	struct bytes in = {s.data, stream_size(&s), 0};
	assert_int_equal(inflate_get_window(&out, &error), 0);
	assert_int_equal(inflate_stream(&in, &out, &error), 0);
	assert_int_equal(in.offset, 3);
	assert_int_equal(inflate_stream(&in, &out, &error), 0);
	assert_int_equal(in.offset, 6);
	assert_int_equal(out.size, 2);
	assert_memory_equal(out.data, "aa", 2);
	assert_int_equal(inflate_stream(&in, &out, &error), -1);
	assert_int_equal(in.offset, 6);
	free(out.data);
}

static void truncations(void **state)
{
	(void)state;
	uint8_t literals[286] = {['a'] = 1, ['b'] = 2, [256] = 3, [257] = 3}, distances[] = {1, 1};
	struct stream s = {{0}, 0};

	begin_dynamic(&s, literals, 258, distances, 2);
	for (int i = 0; i < 40; i++)
		put_symbol(&s, literals, i % 3 ? 'a' : 'b');
	put_symbol(&s, literals, 256);
	const size_t whole = s.bits;
	for (s.bits = 0; stream_size(&s) < (whole + 7) / 8; s.bits += 8)
		refuse(&s, "ends in the middle of a block");

	/* A length whose extra bit is missing, and a distance for which there is no code. */
	uint8_t sparse[286] = {['a'] = 1, [256] = 2, [265] = 2}, none[1] = {0};
	s = (struct stream){{0}, 0};
	begin_dynamic(&s, sparse, 266, none, 1);
	while ((s.bits + 2) % 8)
		put_symbol(&s, sparse, 'a');
	put_symbol(&s, sparse, 265);
	refuse(&s, "ends in the middle of a block");
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct bytes in = {data, size, 0};
	struct buffer out;
	struct error error;

	(void)context;
	if (!decompress_stream(&in, MAX_SIZE, &out, &error))
		assert_in_range(in.offset, 1, size);
	buffer_free(&out);
}

static void mutations(void **state)
{
	(void)state;
	const struct mutation_target target = {parse, NULL};
	struct stream s = single_distance(1, 0);

	mutate(s.data, stream_size(&s), MUTATE_SOME, target);
	s = (struct stream){{0}, 0};
	begin_block(&s, false, 1);
	put_fixed(&s, 'a');
	put_length(&s, 40);
	put_distance(&s, 1);
	put_length(&s, 40);
	put_distance(&s, 35);
	put_fixed(&s, 256);
	put(&s, 0, 3 + (int)(8 - (s.bits + 3) % 8));
	put(&s, 2, 16);
	put(&s, 0xfffd, 16);
	put(&s, 0x4142, 16);
	begin_block(&s, true, 1);
	put_fixed(&s, 256);
	mutate(s.data, stream_size(&s), MUTATE_ALL, target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored),
		cmocka_unit_test(fixed),
		cmocka_unit_test(copies),
		cmocka_unit_test(far_copies),
		cmocka_unit_test(distances_before_the_start),
		cmocka_unit_test(forbidden_symbols),
		cmocka_unit_test(codes_of_15_bits),
		cmocka_unit_test(sparse_codes),
		cmocka_unit_test(wrong_codes),
		cmocka_unit_test(wrong_counts),
		cmocka_unit_test(wrong_repeats),
		cmocka_unit_test(limits),
		cmocka_unit_test(one_byte_too_many),
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(truncations),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
