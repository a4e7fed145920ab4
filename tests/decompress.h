/* Compressed data as a whole in memory, to be freed with buffer_free; zeroed on error. */
#ifndef TESTS_DECOMPRESS_H
#define TESTS_DECOMPRESS_H

#include <stdlib.h>

#include "base/writer.h"
#include "formats/gzip.h"
#include "formats/inflate.h"

static inline int decompress_gzip(const uint8_t *data, size_t size, size_t max_size,
								  struct buffer *out, struct error *error)
{
	struct writer content = {0};
	const struct sink sink = {writer_sink, &content};
	const int status = gzip_decompress(data, size, max_size, sink, error);

	if (status)
		writer_free(&content);
	*out = content.bytes;
	return status;
}

/* One deflate stream, as inflate_stream reads it. */
static inline int decompress_stream(struct bytes *in, size_t max_size, struct buffer *out,
									struct error *error)
{
	struct writer content = {0};
	struct inflate_output window = {.max_size = max_size, .take = writer_sink, .context = &content};
	const bool failed = inflate_get_window(&window, error) || inflate_stream(in, &window, error) ||
						inflate_hand_over(&window, error);

	free(window.data);
	if (failed)
		writer_free(&content);
	*out = content.bytes;
	return failed ? -1 : 0;
}

#endif
