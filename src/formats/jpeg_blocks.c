/* Huffman codes become coefficients, sequential (ITU-T T.81, annex F) and progressive (annex G). A
 * symbol of `ac` is a run of zeros in its high four bits, and the size in bits of the coefficient
 * behind them in the low four. */
#include "formats/jpeg_parts.h"

#include <string.h>

bool jpeg_code_read(struct jpeg_code *code, struct bytes *in)
{
	const uint8_t *counts, *symbols;
	unsigned next = 0, used = 0; /* code; symbols */

	*code = (struct jpeg_code){0};
	if (!bytes_take(in, 16, &counts))
		return false;
	for (unsigned length = 1; length <= 16; length++, next *= 2) {
		const unsigned count = counts[length - 1], more = JPEG_SHORT - length;
		if (next + count > 1u << length || used + count > 256 || !bytes_take(in, count, &symbols))
			return false;
		memcpy(code->symbols + used, symbols, count);
		for (unsigned i = 0; i < count && length <= JPEG_SHORT; i++) {
			memset(code->short_symbols + ((next + i) << more), symbols[i], 1u << more);
			memset(code->short_lengths + ((next + i) << more), (int)length, 1u << more);
		}
		code->firsts[length] = (int)used - (int)next;
		next += count;
		used += count;
		code->ends[length] = next << (16 - length);
	}
	return true;
}

/* Fill the buffer to at least 57 bits. A data byte of ff has a 0 behind it, a marker has not. */
static void refill(struct jpeg_bits *bits)
{
	for (; bits->count <= 56; bits->count += 8) {
		const uint8_t *next = bits->next;
		const bool is_ff = next < bits->end && *next == 0xff;
		if (next == bits->end || (is_ff && (bits->end - next < 2 || next[1] != 0))) {
			bits->missing += 8;
			continue;
		}
		bits->buffer |= (uint64_t)*next << (56 - bits->count);
		bits->next += is_ff ? 2 : 1;
	}
}

bool jpeg_bits_overrun(const struct jpeg_bits *bits)
{
	return bits->missing > bits->count;
}

static inline int take(struct jpeg_bits *bits, unsigned count)
{
	if (bits->count < count)
		refill(bits);
	const int value = (int)(bits->buffer >> 1 >> (63 - count));
	bits->buffer <<= count;
	bits->count -= count;
	return value;
}

/* A number of `size` bits. One that begins with 0 is negative: of 3 bits, 000 to 011 are -7 to -4,
 * and 100 to 111 are 4 to 7. */
static inline int take_signed(struct jpeg_bits *bits, unsigned size)
{
	const int value = take(bits, size), limit = 1 << size;

	return value < limit / 2 ? value - limit + 1 : value;
}

static inline unsigned take_symbol(struct jpeg_bits *bits, const struct jpeg_code *code)
{
	if (bits->count < 16)
		refill(bits);
	const unsigned next = (unsigned)(bits->buffer >> 48), index = next >> (16 - JPEG_SHORT);
	unsigned length = code->short_lengths[index];
	if (length > 0) {
		take(bits, length);
		return code->short_symbols[index];
	}
	for (length = JPEG_SHORT + 1; length <= 16; length++)
		if (next < code->ends[length]) {
			take(bits, length);
			return code->symbols[code->firsts[length] + (int)(next >> (16 - length))];
		}
	bits->damaged = true;
	return 0;
}

/* Coefficients k to last, at first. Size 0 ends the block and, in a progressive file's scan of AC
 * coefficients, at least 2^run - 1 more, but for a run of 15: that is 16 zeros. */
static void read_ac(struct jpeg_scan *scan, int k, const struct jpeg_code *code, int16_t *block)
{
	struct jpeg_bits *bits = &scan->bits;

	for (; k <= scan->last; k++) {
		const unsigned symbol = take_symbol(bits, code), run = symbol >> 4, size = symbol & 15;
		if (size == 0 && run < 15) {
			if (scan->first > 0)
				scan->empty_blocks = (1 << run) - 1 + take(bits, run);
			break;
		}
		k += (int)run;
		if (k > scan->last)
			bits->damaged = true;
		else if (size > 0)
			block[k] = (int16_t)(take_signed(bits, size) * (1 << scan->low));
	}
}

/* One bit more of coefficients k to last. A run counts only those that are 0 so far. Each of the
 * others that it passes has its bit behind the symbol, as have those behind the last symbol. */
static void refine_ac(struct jpeg_scan *scan, int k, const struct jpeg_code *code, int16_t *block)
{
	struct jpeg_bits *bits = &scan->bits;
	const int bit = 1 << scan->low, rest = 1000; /* a run to the end of the block */

	for (; k <= scan->last; k++) {
		int run = rest, value = 0;
		if (scan->empty_blocks == 0) {
			const unsigned symbol = take_symbol(bits, code);
			run = (int)(symbol >> 4);
			if (symbol & 15)
				value = take(bits, 1) ? bit : -bit;
			else if (run < 15) {
				scan->empty_blocks = (1 << run) + take(bits, (unsigned)run);
				run = rest;
			}
		}
		for (; k <= scan->last; k++) {
			int16_t *coefficient = &block[k];
			if (!*coefficient && run-- == 0) {
				*coefficient = (int16_t)value;
				break;
			}
			if (*coefficient)
				*coefficient =
					(int16_t)(*coefficient + (*coefficient > 0 ? bit : -bit) * take(bits, 1));
		}
		bits->damaged |= k > scan->last && run < 16; /* and not `rest` */
	}
	if (scan->empty_blocks > 0)
		scan->empty_blocks--;
}

void jpeg_read_block(struct jpeg_scan *scan, const struct jpeg_code *dc, const struct jpeg_code *ac,
					 int *before, int16_t block[64])
{
	const int k = scan->first > 0 ? scan->first : 1;

	if (scan->first == 0 && scan->high)
		block[0] = (int16_t)(block[0] | take(&scan->bits, 1) << scan->low);
	else if (scan->first == 0) {
		/* In a damaged file the sum may leave the range of a coefficient, and wraps around. */
		*before = (int16_t)(*before + take_signed(&scan->bits, take_symbol(&scan->bits, dc) & 15));
		block[0] = (int16_t)(*before * (1 << scan->low));
	}
	if (scan->high)
		refine_ac(scan, k, ac, block);
	else if (scan->empty_blocks > 0)
		scan->empty_blocks--;
	else
		read_ac(scan, k, ac, block);
}
