/* Deflate (RFC 1951): stored, fixed and dynamic blocks. */
#ifndef FORMATS_INFLATE_H
#define FORMATS_INFLATE_H

#include "base/bytes.h"
#include "base/error.h"

/* All bytes are handed to `take`, in order, and only those that a copy can reach are kept. */
struct inflate_output {
	uint8_t *data;   /* inflate_get_window's; the caller frees it, after an error, too */
	size_t size;     /* bytes in `data` */
	size_t max_size; /* more bytes than these, together, are an error */
	int (*take)(void *context, const uint8_t *data, size_t size, struct error *error);
	void *context;
	size_t taken;   /* of the bytes in `data`, those that were handed over before */
	size_t dropped; /* bytes that are no longer in front of `data` */
	bool sums;      /* keep the checksum of all that was handed over, */
	uint32_t adler; /* here */
};

/* Get the memory for `data`. */
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
