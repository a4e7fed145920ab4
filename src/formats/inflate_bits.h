/* The bits of deflate: the first is the lowest of the first byte. The input may lie in pieces, as
 * that of a PNG file does. A buffer holds the next 64 bits, enough for a length and its distance
 * with all extra bits (48), or for three literals (45). */
#ifndef FORMATS_INFLATE_BITS_H
#define FORMATS_INFLATE_BITS_H

#include "formats/inflate.h"

struct bits {
	const uint8_t *start, *next, *end;
	inflate_piece *next_piece; /* NULL where there is but one */
	uint64_t buffer;           /* the next bit is the lowest */
	unsigned count;   /* of valid bits; the bits above them are 0 or already those of *next */
	unsigned missing; /* zero bytes that were put into the buffer behind the end of the input */
};

/* Make `next` the beginning of the next piece that is not empty. */
static bool bits_next_piece(struct bits *bits)
{
	struct bytes piece = {.data = bits->start, .size = (size_t)(bits->end - bits->start)};

	do {
		if (!bits->next_piece || !bits->next_piece(&piece))
			return false;
	} while (!bytes_left(&piece));
	bits->next = piece.data + piece.offset;
	bits->end = piece.data + piece.size;
	return true;
}

/* Fill the buffer byte by byte, where a piece of the input ends. The struct is handed over and back
 * as a value, so that its owner can keep it in registers. */
static struct bits bits_refill_at_end(struct bits bits)
{
	for (; bits.count < 56; bits.count += 8) {
		if (bits.next < bits.end || bits_next_piece(&bits))
			bits.buffer |= (uint64_t)*bits.next++ << bits.count;
		else
			bits.missing++;
	}
	return bits;
}

/* Fill the buffer to at least 56 bits. */
static inline void bits_refill(struct bits *bits)
{
	if (bits->end - bits->next >= 8) {
		bits->buffer |= load_u64le(bits->next) << bits->count;
		bits->next += (63 - bits->count) >> 3;
		bits->count |= 56;
	} else {
		*bits = bits_refill_at_end(*bits);
	}
}

static inline void bits_drop(struct bits *bits, unsigned count)
{
	bits->buffer >>= count;
	bits->count -= count;
}

static inline unsigned bits_take(struct bits *bits, unsigned count)
{
	unsigned value = (unsigned)(bits->buffer & ((1u << count) - 1));

	bits_drop(bits, count);
	return value;
}

/* True where bits were used that the input does not have. */
static inline bool bits_overrun(const struct bits *bits)
{
	return bits->missing * 8 > bits->count;
}

/* The offset in the input of the first byte of which no bit was used. */
static size_t bits_offset(const struct bits *bits)
{
	size_t unused = bits_overrun(bits) ? 0 : bits->count / 8 - bits->missing;

	return (size_t)(bits->next - bits->start) - unused;
}

#endif
