/* The inverse DCT of 8×8 coefficients, in integers: first of the columns, then of the rows. For
 * eight values in a line it is, but for a factor √8,
 *     x[i] = c[0] + Σ √2 cos((2i + 1) kπ/16) c[k]    over k = 1 to 7.
 * x[i] and x[7 - i] share the sum over even k, and the one over odd k but for its sign. */
#include "formats/jpeg_parts.h"

/* √2 cos(kπ/16), times 2^13. */
enum { COS1 = 11363, COS2 = 10703, COS3 = 9633, COS5 = 6437, COS6 = 4433, COS7 = 2260, BITS = 13 };

/* The place in the block of the k-th coefficient in zigzag order. */
static const uint8_t places[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
								   12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
								   35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
								   58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/* Transform each column of `in`, and divide by 2^shift. The columns become the rows of `out`. With
 * 64 bits nothing overflows, whatever a file claims: 16 bits times 16 bits become 2^49 here, which
 * is divided, and 2^53 in the second round. */
static void transform(const int64_t in[64], int64_t out[64], int shift)
{
	for (const int64_t *c = in; c < in + 8; c++, out += 8) {
		const int64_t sum = (c[0] + c[32]) * (1 << BITS), difference = (c[0] - c[32]) * (1 << BITS);
		const int64_t a = c[16] * COS2 + c[48] * COS6, b = c[16] * COS6 - c[48] * COS2;
		const int64_t even[4] = {sum + a, difference + b, difference - b, sum - a};
		const int64_t odd[4] = {
			c[8] * COS1 + c[24] * COS3 + c[40] * COS5 + c[56] * COS7,
			c[8] * COS3 - c[24] * COS7 - c[40] * COS1 - c[56] * COS5,
			c[8] * COS5 - c[24] * COS1 + c[40] * COS7 + c[56] * COS3,
			c[8] * COS7 - c[24] * COS5 + c[40] * COS3 - c[56] * COS1,
		};
		for (int i = 0; i < 4; i++) {
			out[i] = (even[i] + odd[i] + (1 << (shift - 1))) >> shift;
			out[7 - i] = (even[i] - odd[i] + (1 << (shift - 1))) >> shift;
		}
	}
}

/* The columns keep two bits behind the point. The rows drop them, and three more for √8 × √8. */
void jpeg_samples(const int16_t block[64], const uint16_t quantizers[64], uint8_t samples[64])
{
	int64_t c[64], x[64];

	for (int k = 0; k < 64; k++)
		c[places[k]] = (int64_t)block[k] * quantizers[k];
	transform(c, x, BITS - 2);
	transform(x, c, BITS + 2 + 3);
	for (int i = 0; i < 64; i++)
		samples[i] = (uint8_t)(c[i] < -128 ? 0 : c[i] > 127 ? 255 : c[i] + 128);
}
