/* CRC-32, the checksum of gzip and PNG (ISO 3309, polynomial 0xedb88320 in reversed bits). */
#ifndef FORMATS_CRC32_H
#define FORMATS_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of `size` bytes: 0xcbf43926 for "123456789". */
uint32_t crc32_of(const uint8_t *data, size_t size);

/* The checksum of bytes whose beginning has the checksum `crc`, 0 for none, and these behind it. */
uint32_t crc32_more(uint32_t crc, const uint8_t *data, size_t size);

#endif
