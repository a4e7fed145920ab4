/* Deflate (RFC 1951): Huffman codes for literals, lengths and distances, and copies from the bytes
 * already there. The next TABLE_BITS bits index a table that gives the symbol at once; only the
 * rare longer codes need a second table. */
#include "formats/inflate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "formats/adler32.h"
#include "formats/inflate_bits.h"

#define MAX_CODE_BITS 15
#define TABLE_BITS 10
#define SECOND_BITS (MAX_CODE_BITS - TABLE_BITS)
#define MAX_SYMBOLS 288
#define MAX_LENGTHS (286 + 30) /* literals and lengths, then distances */
#define WINDOW 32768           /* bytes that a copy reaches back at most */
#define ROOM (8 * WINDOW)      /* for a window and a stored block, at least */
#define SLACK 320       /* bytes behind that, so that a loop need not look for the end often */
#define DICTIONARY 0x20 /* in the flags of zlib: one that both sides know comes first */

/* The kind of an entry: 0 to 13 for a length or distance, whose base is `value` and whose rest is
 * in so many extra bits behind the code; or one of these. */
enum { LITERAL = 16, END_OF_BLOCK, SECOND_TABLE, INVALID };

struct entry {
	uint16_t value; /* a literal, a base, or the index where a second table begins */
	uint8_t length; /* bits of the code; in a second table, those beyond TABLE_BITS */
	uint8_t kind;
};

/* Behind the first table stand the second ones. Each has two codes at least, so there are at most
 * MAX_SYMBOLS / 2 of them. */
struct table {
	struct entry entries[(1 << TABLE_BITS) + MAX_SYMBOLS / 2 * (1 << SECOND_BITS)];
};

enum alphabet { CODE_LENGTHS, LITERALS, DISTANCES };

struct inflate {
	struct bits bits;
	struct inflate_output *out;
	size_t origin; /* bytes that `out` had got before this stream: no copy comes from among them */
	bool fixed;    /* true while the tables hold the fixed codes */
	struct table literals, distances;
	struct error *error;
};

/* The entry of a length or distance (RFC 1951, 3.2.5). The first `each` symbols stand for one value
 * apiece, from `least` on. Then `each` symbols at a time have the same number of extra bits, from 0
 * on, and follow one another without a gap: distances, where `each` is 2 and `least` 1, begin at
 * 1 2 | 3 4 | 5 7 | 9 13 | 17 25 | … */
static struct entry range_entry(unsigned symbol, unsigned each, unsigned least, unsigned length)
{
	const unsigned extra = symbol < each ? 0 : symbol / each - 1;
	const unsigned base = symbol < each ? symbol : (each + symbol % each) << extra;

	return (struct entry){(uint16_t)(least + base), (uint8_t)length, (uint8_t)extra};
}

static struct entry symbol_entry(enum alphabet alphabet, unsigned symbol, unsigned length)
{
	if (alphabet == CODE_LENGTHS || (alphabet == LITERALS && symbol < 256))
		return (struct entry){(uint16_t)symbol, (uint8_t)length, LITERAL};
	if (alphabet == LITERALS && symbol == 256)
		return (struct entry){0, (uint8_t)length, END_OF_BLOCK};
	if (alphabet == LITERALS && symbol < 285)
		return range_entry(symbol - 257, 4, 3, length);
	if (alphabet == LITERALS && symbol == 285)
		return (struct entry){258, (uint8_t)length, 0};
	if (alphabet == DISTANCES && symbol < 30)
		return range_entry(symbol, 2, 1, length);
	return (struct entry){0, (uint8_t)length, INVALID};
}

/* The code with its bits in the order in which they come out of the buffer: 110 becomes 011. */
static unsigned reversed(unsigned code, unsigned length)
{
	unsigned result = 0;

	for (; length; length--, code >>= 1)
		result = result << 1 | (code & 1);
	return result;
}

/* Check, as zlib does, that the codes give every bit pattern one meaning. counts[l] is the number
 * of codes of l bits. Where `sparse`, no code at all and a single one of one bit are allowed, too.
 * Returns NULL, or a word for what is wrong. */
static const char *check_lengths(const unsigned *counts, bool sparse)
{
	unsigned space = 1, used = 0; /* patterns of `length` bits without a code; codes */

	for (int length = 1; length <= MAX_CODE_BITS; length++) {
		space *= 2;
		if (counts[length] > space)
			return "over-subscribed";
		space -= counts[length];
		used += counts[length];
	}
	if (space == 0 || (sparse && used == counts[1] && used <= 1))
		return NULL;
	return "incomplete";
}

/* Enter a code that is longer than TABLE_BITS. *end is the index behind the last second table. */
static void enter_long(struct table *table, unsigned code, struct entry e, unsigned *end)
{
	struct entry *link = &table->entries[code & ((1u << TABLE_BITS) - 1)];

	if (link->kind != SECOND_TABLE) {
		*link = (struct entry){(uint16_t)*end, TABLE_BITS, SECOND_TABLE};
		*end += 1u << SECOND_BITS;
		assert(*end <= sizeof table->entries / sizeof table->entries[0]);
	}
	e.length = (uint8_t)(e.length - TABLE_BITS);
	for (unsigned i = code >> TABLE_BITS; i < 1u << SECOND_BITS; i += 1u << e.length)
		table->entries[link->value + i] = e;
}

/* The codes follow from their lengths (RFC 1951, 3.2.2): from short to long, and among equals from
 * the first symbol to the last, each is the one before plus 1. With lengths 2, 1, 2 symbol 1 gets
 * 0, symbol 0 gets 10, symbol 2 gets 11. The table begins as one entry and doubles with each
 * length; the copy puts a short code's entry at every index whose lowest bits are that code. */
static int table_build(struct inflate *s, struct table *table, enum alphabet alphabet,
					   const uint8_t *lengths, unsigned symbols)
{
	static const char *const names[] = {"code lengths", "literals", "distances"};
	unsigned counts[MAX_CODE_BITS + 1] = {0}, ends[MAX_CODE_BITS + 1];
	uint16_t sorted[MAX_SYMBOLS]; /* the symbols by length; those of l bits end before ends[l] */

	for (unsigned symbol = 0; symbol < symbols; symbol++)
		counts[lengths[symbol]]++;
	const char *problem = check_lengths(counts, alphabet != CODE_LENGTHS);
	if (problem)
		return error_set(s->error, "offset %zu: the code for %s is %s", bits_offset(&s->bits),
						 names[alphabet], problem);
	for (unsigned length = 0, start = 0; length <= MAX_CODE_BITS; start += counts[length++])
		ends[length] = start;
	for (unsigned symbol = 0; symbol < symbols; symbol++)
		sorted[ends[lengths[symbol]]++] = (uint16_t)symbol;

	unsigned code = 0, size = 1, i = counts[0], second = 1u << TABLE_BITS;
	table->entries[0] = (struct entry){.kind = INVALID};
	for (unsigned length = 1; length <= MAX_CODE_BITS; length++, code <<= 1) {
		if (length <= TABLE_BITS) {
			memcpy(table->entries + size, table->entries, size * sizeof table->entries[0]);
			size *= 2;
		}
		for (; i < ends[length]; i++, code++) {
			struct entry e = symbol_entry(alphabet, sorted[i], length);
			if (length <= TABLE_BITS)
				table->entries[reversed(code, length)] = e;
			else
				enter_long(table, reversed(code, length), e, &second);
		}
	}
	return 0;
}

/* Take the next symbol. At least MAX_CODE_BITS bits must be in the buffer. */
static inline struct entry decode(struct bits *bits, const struct table *table)
{
	struct entry e = table->entries[bits->buffer & ((1u << TABLE_BITS) - 1)];

	if (e.kind == SECOND_TABLE) {
		bits_drop(bits, TABLE_BITS);
		e = table->entries[e.value + (bits->buffer & ((1u << SECOND_BITS) - 1))];
	}
	bits_drop(bits, e.length);
	return e;
}

/* Copy `length` bytes from `distance` bytes before; a distance of 2 behind "ab" and a length of 5
 * give "ababa". Whole blocks are written, up to 31 bytes too many. Returns the end of the copy. */
static inline uint8_t *copy_back(uint8_t *next, size_t distance, size_t length)
{
	const uint8_t *from = next - distance;
	uint8_t *end = next + length;

	if (distance >= 16) {
		/* Two blocks of 16 at a time: nearly all lengths are up to 32, so the processor foresees
		 * that the loop ends after one round. */
		for (; next < end; next += 32, from += 32) {
			memcpy(next, from, 16);
			memcpy(next + 16, from + 16, 16);
		}
	} else if (distance == 1) {
		for (; next < end; next += 16)
			memset(next, *from, 16);
	} else {
		while (next < end)
			*next++ = *from++;
	}
	return end;
}

int inflate_get_window(struct inflate_output *out, struct error *error)
{
	out->data = malloc(ROOM + SLACK);
	return out->data ? 0 : error_scarce(error, "not enough memory for %d bytes", ROOM);
}

/* Hand over and sum up what is new, and drop what no copy can reach any more. */
int inflate_hand_over(struct inflate_output *out, struct error *error)
{
	const size_t drop = out->size > WINDOW ? out->size - WINDOW : 0;

	if (out->take(out->context, out->data + out->taken, out->size - out->taken, error))
		return -1;
	if (out->sums)
		out->adler = adler32_update(out->adler, out->data + out->taken, out->size - out->taken);
	memmove(out->data, out->data + drop, out->size - drop);
	out->dropped += drop;
	out->size -= drop;
	out->taken = out->size;
	return 0;
}

/* Make room for `more` bytes behind the first `size`. More than max_size bytes are an error. */
static int reserve(struct inflate_output *out, size_t more, struct error *error)
{
	const size_t limit = out->max_size - out->dropped;

	if (out->size > limit || more > limit - out->size)
		return error_set(error, "more than %zu bytes of data", out->max_size);
	return out->size + more <= ROOM ? 0 : inflate_hand_over(out, error);
}

static int no_code(const struct bits *bits, const char *what, struct error *error)
{
	return error_set(error, "offset %zu: a bit pattern that is no code for a %s", bits_offset(bits),
					 what);
}

/* Decode a block's symbols, up to its end. One turn of the loop writes at most a literal and a copy
 * of 258 bytes with 31 too many, less than SLACK. */
static int read_symbols(struct inflate *s)
{
	struct inflate_output *out = s->out;
	struct bits bits = s->bits; /* a copy, which the compiler can keep in registers */
	uint8_t *next = out->data + out->size, *const limit = out->data + ROOM;
	int status = 0;

	for (;;) {
		if (next > limit) {
			out->size = (size_t)(next - out->data);
			if (reserve(out, 0, s->error))
				return -1;
			next = out->data + out->size;
		}
		bits_refill(&bits);
		if (bits_overrun(&bits))
			break;
		struct entry e = decode(&bits, &s->literals);
		if (e.kind == LITERAL) {
			*next++ = (uint8_t)e.value;
			e = decode(&bits, &s->literals);
			if (e.kind == LITERAL) {
				*next++ = (uint8_t)e.value;
				continue;
			}
			bits_refill(&bits);
		}
		if (e.kind >= LITERAL) {
			if (e.kind != END_OF_BLOCK)
				status = no_code(&bits, "literal or length", s->error);
			break;
		}
		size_t length = e.value + bits_take(&bits, e.kind);
		e = decode(&bits, &s->distances);
		if (e.kind >= LITERAL) {
			status = no_code(&bits, "distance", s->error);
			break;
		}
		size_t distance = e.value + bits_take(&bits, e.kind);
		size_t behind = out->dropped + (size_t)(next - out->data) - s->origin;
		if (distance > behind) {
			status =
				error_set(s->error, "offset %zu: a copy from %zu bytes back, there are only %zu",
						  bits_offset(&bits), distance, behind);
			break;
		}
		next = copy_back(next, distance, length);
	}
	s->bits = bits;
	out->size = (size_t)(next - out->data);
	return status;
}

/* A stored block begins at a whole byte. Its bytes go through the bit buffer, too, which may have
 * some of them already. */
static int read_stored(struct inflate *s)
{
	struct bits *bits = &s->bits;

	bits_drop(bits, bits->count % 8);
	bits_refill(bits);
	const unsigned length = bits_take(bits, 16), complement = bits_take(bits, 16);
	if ((length ^ complement) != 0xffff)
		return error_set(s->error, "offset %zu: a stored block's length 0x%04x, complement 0x%04x",
						 bits_offset(bits) - 4, length, complement);
	if (reserve(s->out, length, s->error))
		return -1;
	for (unsigned i = 0; i < length; i++) {
		bits_refill(bits);
		s->out->data[s->out->size++] = (uint8_t)bits_take(bits, 8);
	}
	return 0;
}

static void fixed_tables(struct inflate *s)
{
	uint8_t lengths[MAX_SYMBOLS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	table_build(s, &s->literals, LITERALS, lengths, MAX_SYMBOLS);
	memset(lengths, 5, 32);
	table_build(s, &s->distances, DISTANCES, lengths, 32);
	s->fixed = true;
}

/* Read the code lengths of a dynamic block's literals and distances. They are run-length coded, by
 * a code of their own whose table is in s->literals: symbols 0 to 15 are a length, 16 repeats the
 * one before, 17 and 18 repeat 0. */
static int read_lengths(struct inflate *s, uint8_t *lengths, unsigned count)
{
	unsigned i = 0;

	while (i < count) {
		bits_refill(&s->bits);
		struct entry e = decode(&s->bits, &s->literals);
		unsigned repeat = 1;
		uint8_t value = (uint8_t)e.value;
		if (e.value == 16) {
			if (i == 0)
				return error_set(s->error, "offset %zu: the first code length is a repetition",
								 bits_offset(&s->bits));
			value = lengths[i - 1];
			repeat = 3 + bits_take(&s->bits, 2);
		} else if (e.value >= 17) {
			value = 0;
			repeat = e.value == 17 ? 3 + bits_take(&s->bits, 3) : 11 + bits_take(&s->bits, 7);
		}
		if (repeat > count - i)
			return error_set(s->error, "offset %zu: %u code lengths for %u symbols",
							 bits_offset(&s->bits), i + repeat, count);
		memset(lengths + i, value, repeat);
		i += repeat;
	}
	return 0;
}

static int dynamic_tables(struct inflate *s)
{
	static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
									  11, 4,  12, 3, 13, 2, 14, 1, 15};
	struct bits *bits = &s->bits;
	uint8_t lengths[MAX_LENGTHS] = {0};

	s->fixed = false;
	bits_refill(bits);
	unsigned literals = 257 + bits_take(bits, 5), distances = 1 + bits_take(bits, 5);
	unsigned count = 4 + bits_take(bits, 4);
	if (literals > 286 || distances > 30)
		return error_set(s->error, "offset %zu: %u literal, %u distance codes; limits 286 and 30",
						 bits_offset(bits), literals, distances);
	for (unsigned i = 0; i < count; i++) {
		bits_refill(bits);
		lengths[order[i]] = (uint8_t)bits_take(bits, 3);
	}
	if (table_build(s, &s->literals, CODE_LENGTHS, lengths, sizeof order) ||
		read_lengths(s, lengths, literals + distances))
		return -1;
	if (lengths[256] == 0)
		return error_set(s->error, "offset %zu: the code for literals is without an end of block",
						 bits_offset(bits));
	return table_build(s, &s->literals, LITERALS, lengths, literals) ||
				   table_build(s, &s->distances, DISTANCES, lengths + literals, distances)
			   ? -1
			   : 0;
}

static int read_block(struct inflate *s, bool *last)
{
	bits_refill(&s->bits);
	*last = bits_take(&s->bits, 1);
	switch (bits_take(&s->bits, 2)) {
	case 0:
		return read_stored(s);
	case 1:
		if (!s->fixed)
			fixed_tables(s);
		return read_symbols(s);
	case 2:
		return dynamic_tables(s) ? -1 : read_symbols(s);
	default:
		return error_set(s->error, "offset %zu: a block of type 3, which does not exist",
						 bits_offset(&s->bits));
	}
}

/* The state is large, mostly its tables, and so not on the stack. Free it with free; NULL on
 * error. */
static struct inflate *inflate_begin(const struct bytes *in, struct inflate_output *out,
									 struct error *error)
{
	struct inflate *s = malloc(sizeof *s);

	if (!s) {
		error_scarce(error, "not enough memory for %zu bytes", sizeof *s);
		return NULL;
	}
	s->bits =
		(struct bits){.start = in->data, .next = in->data + in->offset, .end = in->data + in->size};
	s->out = out;
	s->origin = out->dropped + out->size;
	s->fixed = false;
	s->error = error;
	return s;
}

static int truncated(const struct bits *bits, struct error *error)
{
	return error_set(error, "offset %zu: the compressed data ends in the middle of a block",
					 (size_t)(bits->end - bits->start));
}

static int read_blocks(struct inflate *s)
{
	bool last;

	if (reserve(s->out, 0, s->error))
		return -1;
	do {
		const int status = read_block(s, &last);
		/* Bits that are missing were taken to be 0: whatever else seems wrong is not. */
		if (bits_overrun(&s->bits))
			return truncated(&s->bits, s->error);
		/* The reservation fails where there is too much already. */
		if (status || reserve(s->out, 0, s->error))
			return -1;
	} while (!last);
	return 0;
}

int inflate_stream(struct bytes *in, struct inflate_output *out, struct error *error)
{
	struct inflate *s = inflate_begin(in, out, error);
	const int status = s ? read_blocks(s) : -1;

	if (!status)
		in->offset = bits_offset(&s->bits);
	free(s);
	return status;
}

/* Two bytes, a stream of deflate, and its Adler-32. */
static int read_zlib(struct inflate *s)
{
	struct bits *bits = &s->bits;
	struct inflate_output *out = s->out;
	uint32_t adler = 0;

	bits_refill(bits);
	const unsigned method = bits_take(bits, 8), flags = bits_take(bits, 8);
	if (bits_overrun(bits))
		return truncated(bits, s->error);
	if (method % 16 != 8 || method / 16 > 7 || (256 * method + flags) % 31 || flags & DICTIONARY)
		return error_set(s->error, "a zlib stream that begins with bytes %02x %02x", method, flags);
	if (read_blocks(s) || inflate_hand_over(out, s->error))
		return -1;
	bits_drop(bits, bits->count % 8);
	bits_refill(bits);
	for (int i = 0; i < 4; i++)
		adler = adler << 8 | bits_take(bits, 8);
	if (bits_overrun(bits))
		return truncated(bits, s->error);
	if (adler != out->adler)
		return error_set(s->error, "Adler-32 0x%08" PRIx32 ", the data's is 0x%08" PRIx32, adler,
						 out->adler);
	return 0;
}

int inflate_zlib(const struct bytes *first, inflate_piece *next_piece, struct inflate_output *out,
				 struct error *error)
{
	struct inflate *s = inflate_begin(first, out, error);
	int status = s ? inflate_get_window(out, error) : -1;

	if (!status) {
		out->sums = true;
		out->adler = ADLER32_START;
		s->bits.next_piece = next_piece;
		status = read_zlib(s);
	}
	free(s);
	free(out->data);
	out->data = NULL;
	return status;
}
