/* gzip (RFC 1952): members one after another, each a header, a deflate stream, a CRC-32 and a
 * length. */
#include "formats/gzip.h"

#include <inttypes.h>
#include <stdlib.h>

#include "formats/crc32.h"
#include "formats/inflate.h"

#define METHOD_DEFLATE 8

enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAG_RESERVED = 0xe0 };

bool gzip_is(const uint8_t *data, size_t size)
{
	return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static int truncated(const struct bytes *in, const char *where, struct error *error)
{
	return error_set(error, "offset %zu: the gzip file ends inside %s", in->size, where);
}

static bool skip_string(struct bytes *in)
{
	uint8_t c;

	do {
		if (!bytes_u8(in, &c))
			return false;
	} while (c);
	return true;
}

static bool skip_optional_fields(struct bytes *in, unsigned flags)
{
	const uint8_t *skipped;
	uint16_t extra;

	if (flags & FLAG_EXTRA && !(bytes_u16le(in, &extra) && bytes_take(in, extra, &skipped)))
		return false;
	if (flags & FLAG_NAME && !skip_string(in))
		return false;
	return !(flags & FLAG_COMMENT) || skip_string(in);
}

static int read_header(struct bytes *in, struct error *error)
{
	const size_t begin = in->offset;
	const uint8_t *fixed; /* magic (2), method, flags, time (4), extra flags, system */
	uint16_t stored;

	if (!bytes_take(in, 10, &fixed))
		return truncated(in, "a header", error);
	if (fixed[2] != METHOD_DEFLATE)
		return error_set(error, "offset %zu: compression method %d, expected 8 (deflate)",
						 begin + 2, fixed[2]);
	if (fixed[3] & FLAG_RESERVED)
		return error_set(error, "offset %zu: reserved flags are set (0x%02x)", begin + 3, fixed[3]);
	if (!skip_optional_fields(in, fixed[3]))
		return truncated(in, "a header", error);
	if (!(fixed[3] & FLAG_HCRC))
		return 0;
	uint16_t computed = (uint16_t)crc32_of(in->data + begin, in->offset - begin);
	if (!bytes_u16le(in, &stored))
		return truncated(in, "a header", error);
	if (stored != computed)
		return error_set(error, "offset %zu: the header's CRC-16 is 0x%04x, expected 0x%04x",
						 in->offset - 2, stored, computed);
	return 0;
}

/* Where a member's content goes: to the sink, and into its sums. */
struct content {
	struct sink sink;
	uint32_t crc;
	size_t length;
};

static int take_content(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct content *content = context;

	content->crc = crc32_more(content->crc, data, size);
	content->length += size;
	return content->sink.take(content->sink.context, data, size, error);
}

static int read_member(struct bytes *in, struct inflate_output *out, struct content *content,
					   struct error *error)
{
	uint32_t crc, length;

	content->crc = 0;
	content->length = 0;
	if (!gzip_is(in->data + in->offset, bytes_left(in)))
		return error_set(error,
						 in->offset ? "offset %zu: %zu bytes after the end of the data"
									: "offset %zu: %zu bytes that are not gzip data",
						 in->offset, bytes_left(in));
	if (read_header(in, error) || inflate_stream(in, out, error) || inflate_hand_over(out, error))
		return -1;
	if (!bytes_u32le(in, &crc) || !bytes_u32le(in, &length))
		return truncated(in, "a trailer", error);
	if (crc != content->crc)
		return error_set(error, "offset %zu: CRC-32 0x%08" PRIx32 ", the data's is 0x%08" PRIx32,
						 in->offset - 8, crc, content->crc);
	if (length != (uint32_t)content->length) /* modulo 2^32 */
		return error_set(error, "offset %zu: length %" PRIu32 ", the data's is %zu", in->offset - 4,
						 length, content->length);
	return 0;
}

int gzip_decompress(const uint8_t *data, size_t size, size_t max_size, struct sink sink,
					struct error *error)
{
	struct bytes in = {data, size, 0};
	struct content content = {.sink = sink};
	struct inflate_output out = {.max_size = max_size, .take = take_content, .context = &content};
	int status = 0;

	if (size == 0)
		return error_set(error, "an empty file, not gzip data");
	if (inflate_get_window(&out, error))
		return -1;
	while (!status && bytes_left(&in))
		status = read_member(&in, &out, &content, error);
	free(out.data);
	return status;
}
