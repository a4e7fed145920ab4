/* gzip (RFC 1952): all header fields, several members, CRC-32 and length checked. */
#ifndef FORMATS_GZIP_H
#define FORMATS_GZIP_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

/* Does it begin like a gzip file? */
bool gzip_is(const uint8_t *data, size_t size);

/* Decompress the whole file. More than max_size bytes of output are an error, and so is anything
 * behind the last member. out is freed with buffer_free and is zeroed on error. */
int gzip_decompress(const uint8_t *data, size_t size, size_t max_size, struct buffer *out,
					struct error *error);

#endif
