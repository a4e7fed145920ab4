/* The inner parts of the JPEG reader: Huffman codes become coefficients, and these become samples.
 * A block is 64 coefficients with their quantizers, in zigzag order, or 8×8 samples, row by row. */
#ifndef FORMATS_JPEG_PARTS_H
#define FORMATS_JPEG_PARTS_H

#include "base/bytes.h"

/* A Huffman code. The symbol of a code of up to JPEG_SHORT bits is looked up by the next bits. A
 * longer one is found by its length l: all codes of up to l bits, with zeros behind them to make 16
 * bits, are below ends[l], and code c of l bits means symbols[firsts[l] + c]. */
#define JPEG_SHORT 9

struct jpeg_code {
	uint8_t short_symbols[1 << JPEG_SHORT];
	uint8_t short_lengths[1 << JPEG_SHORT]; /* 0: the code is longer, or there is none */
	uint8_t symbols[256];
	unsigned ends[17];
	int firsts[17];
};

/* Read a code from its definition (ITU-T T.81, B.2.4.2). False where it ends early or cannot be. */
bool jpeg_code_read(struct jpeg_code *code, struct bytes *in);

/* The bits of entropy-coded data, which end at a marker. Zeros follow. */
struct jpeg_bits {
	const uint8_t *next, *end;
	uint64_t buffer;         /* the next bit is the highest */
	unsigned count, missing; /* bits in the buffer, and how many zeros were put into it */
	bool damaged; /* a bit pattern was no code, or there were more than 64 coefficients */
};

/* True where bits were used that are not there. */
bool jpeg_bits_overrun(const struct jpeg_bits *bits);

/* A scan brings the bits from `low` up of coefficients `first` to `last`; where `high` is not 0,
 * just bit `low`. In a sequential file it brings 0 to 63 from bit 0 up. */
struct jpeg_scan {
	int first, last, high, low;
	struct jpeg_bits bits;
	int empty_blocks; /* so many of the next blocks get no new coefficient */
};

/* Add to a block, of zeros at first, the scan's part of it. Coefficient 0 is coded by `dc` as its
 * difference from *before, that of the component's block before; all others are by `ac`. */
void jpeg_read_block(struct jpeg_scan *scan, const struct jpeg_code *dc, const struct jpeg_code *ac,
					 int *before, int16_t block[64]);

/* The samples of a block: the inverse DCT of the coefficients times their quantizers. */
void jpeg_samples(const int16_t block[64], const uint16_t quantizers[64], uint8_t samples[64]);

#endif
