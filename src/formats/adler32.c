/* Adler-32 with a division for thousands of bytes, not for each. */
#include "formats/adler32.h"

#define MODULUS 65521
#define MOST 5552 /* bytes of 255 that can be added, from 65520 on, before 32 bits overflow */

uint32_t adler32_update(uint32_t sum, const uint8_t *data, size_t size)
{
	uint32_t a = sum & 0xffff, b = sum >> 16;

	while (size) {
		const size_t count = size < MOST ? size : MOST;
		for (size_t i = 0; i < count; i++) {
			a += data[i];
			b += a;
		}
		a %= MODULUS;
		b %= MODULUS;
		data += count;
		size -= count;
	}
	return b << 16 | a;
}
