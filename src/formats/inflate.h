/* Deflate (RFC 1951): stored, fixed and dynamic blocks. */
#ifndef FORMATS_INFLATE_H
#define FORMATS_INFLATE_H

#include "base/bytes.h"
#include "base/error.h"

/* Decoding may write this far behind the last byte, so that its loop need not look at every one. */
#define INFLATE_SLACK 320

struct inflate_output {
	uint8_t *data;   /* the caller frees it, after an error, too */
	size_t size;     /* bytes produced so far */
	size_t capacity; /* bytes allocated; at most max_size + INFLATE_SLACK */
	size_t max_size; /* more bytes than these are an error */
};

/* Make room for `more` bytes, the slack not counted; at least double what there was. */
int inflate_reserve(struct inflate_output *out, size_t more, struct error *error);

/* Append what one deflate stream holds. It starts at in's offset, which moves to the first byte
 * after it, and its distances reach no further back than the size that `out` has now. An error
 * names the offset in `in`. */
int inflate_stream(struct bytes *in, struct inflate_output *out, struct error *error);

#endif
