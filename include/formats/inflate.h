/* Deflate (RFC 1951): stored, fixed and dynamic blocks. */
#ifndef FORMATS_INFLATE_H
#define FORMATS_INFLATE_H

#include "base/bytes.h"
#include "base/error.h"

/* Decompress one deflate stream from `in`, which is left at the first byte after it. The output
 * grows as it is produced, from *used bytes on (distances reach back no further than that) and
 * never above max_size bytes in all. out->size is the capacity, *used the bytes written. */
int inflate_stream(struct bytes *in, struct buffer *out, size_t *used, size_t max_size,
				   struct error *error);

#endif
