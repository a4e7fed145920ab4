/* Adler-32, the checksum of zlib (RFC 1950): two sums modulo 65521, of all bytes and of the sums
 * after each byte. */
#ifndef FORMATS_ADLER32_H
#define FORMATS_ADLER32_H

#include <stddef.h>
#include <stdint.h>

#define ADLER32_START 1

/* Go on with `size` more bytes: from ADLER32_START, "Wikipedia" gives 0x11e60398. */
uint32_t adler32_update(uint32_t sum, const uint8_t *data, size_t size);

#endif
