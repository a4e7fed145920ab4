/* Deflate (RFC 1951): stored, fixed and dynamic blocks. */
#ifndef FORMATS_INFLATE_H
#define FORMATS_INFLATE_H

#include "base/bytes.h"
#include "base/error.h"

/* Decoding may write so many bytes behind the last, so that its loop need not look for the end of
 * memory at every byte. */
#define INFLATE_SLACK 320

struct inflate_output {
	uint8_t *data;   /* the caller frees it, after an error, too */
	size_t size;     /* bytes produced so far */
	size_t capacity; /* bytes allocated, besides INFLATE_SLACK; at most max_size */
	size_t max_size; /* more bytes than these are an error */
};

/* Make room for `more` bytes behind the first `size`, and for the slack. Memory that has to grow
 * grows to at least twice its size. More than max_size bytes are an error. */
int inflate_reserve(struct inflate_output *out, size_t more, struct error *error);

/* Decompress one deflate stream, which begins at in's offset, and append its content to `out`. The
 * offset moves to the first byte behind the stream. Copies reach back only to what the stream
 * itself has written. Errors name the offset in `in`. */
int inflate_stream(struct bytes *in, struct inflate_output *out, struct error *error);

#endif
