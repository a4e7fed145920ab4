/* What other readers say of the same bytes: zlib, libpng and libjpeg, where they are installed. */
#ifndef TESTS_SECOND_OPINION_H
#define TESTS_SECOND_OPINION_H

#include <stddef.h>

#include "base/bytes.h"
#include "formats/raster.h"

enum opinion {
	OPINION_NONE,   /* the library is not here, or does not know */
	OPINION_FINE,   /* it reads the same */
	OPINION_BROKEN, /* it refuses, or reads something else */
};

/* zlib's output for a gzip file, or for a deflate stream, of which it reads *used bytes. More than
 * `most` bytes of output are refused. Free *out with buffer_free. */
enum opinion opinion_gzip(const uint8_t *data, size_t size, size_t most, struct buffer *out);
enum opinion opinion_inflate(const uint8_t *data, size_t size, size_t most, struct buffer *out,
							 size_t *used);

/* Do libpng and libjpeg see the same picture? */
enum opinion opinion_png(const uint8_t *data, size_t size, const struct raster *ours);
enum opinion opinion_jpeg(const uint8_t *data, size_t size, const struct raster *ours);

/* Mend the checksums of a damaged PNG file in place: the chunks' CRC-32, and the Adler-32 of its
 * pixels where they can be decompressed. */
void opinion_mend_png(uint8_t *data, size_t size);

#endif
