/* gzip (RFC 1952): all header fields, several members, CRC-32 and length checked. */
#ifndef FORMATS_GZIP_H
#define FORMATS_GZIP_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

/* True where the data begins with gzip's magic, 1f 8b. */
bool gzip_is(const uint8_t *data, size_t size);

/* Decompress a whole file. The sink takes the content as it comes; what it has taken may be wrong
 * where an error follows. More than max_size bytes of content are an error, and so is anything
 * behind the last member. */
int gzip_decompress(const uint8_t *data, size_t size, size_t max_size, struct sink sink,
					struct error *error);

#endif
