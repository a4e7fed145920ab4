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

	/* Where `take` is set, memory does not grow: all bytes are handed to it, in order, and only
	 * those that a copy can reach are kept. */
	int (*take)(void *context, const uint8_t *data, size_t size, struct error *error);
	void *context;
	size_t taken;   /* of the bytes in `data`, those that were handed over before */
	size_t dropped; /* bytes that are no longer in front of `data` */
	bool sums;      /* keep the checksum of all that was handed over, */
	uint32_t adler; /* here */
};

/* Make room for `more` bytes behind the first `size`, and for the slack. Memory that has to grow
 * grows to at least twice its size. More than max_size bytes are an error. */
int inflate_reserve(struct inflate_output *out, size_t more, struct error *error);

/* Get the memory of an output that is handed over. */
int inflate_get_window(struct inflate_output *out, struct error *error);

/* Hand over what is left, when a stream has ended. */
int inflate_hand_over(struct inflate_output *out, struct error *error);

/* Decompress one deflate stream, which begins at in's offset, and append its content to `out`. The
 * offset moves to the first byte behind the stream. Copies reach back only to what the stream
 * itself has written. Errors name the offset in `in`. */
int inflate_stream(struct bytes *in, struct inflate_output *out, struct error *error);

/* Move a piece's offset and size, in the same memory, to the beginning and end of the next piece.
 * False where there is none. */
typedef bool inflate_piece(struct bytes *piece);

/* Decompress a zlib stream (RFC 1950) whose input may lie in pieces, of which `first` is the first.
 * The output goes to out->take, and its Adler-32 is checked in the end. The caller sets take,
 * context and max_size; all else is done here. */
int inflate_zlib(const struct bytes *first, inflate_piece *next_piece, struct inflate_output *out,
				 struct error *error);

#endif
