/* A chunk of PNG (ISO/IEC 15948) is its data's length, a type of four letters, the data, and the
 * CRC-32 of type and data. A capital letter in front says that a reader may not skip it. */
#include "formats/png_chunks.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "formats/crc32.h"
#include "formats/raster.h"

#define AROUND 12 /* bytes of a chunk that are not its data */

struct chunk {
	size_t offset; /* in the file */
	char type[5];
	uint32_t size;       /* of the data */
	struct bytes inside; /* the file from the data's beginning to its end */
	const uint8_t *data;
};

static int read_chunk(struct bytes *in, struct chunk *chunk, struct error *error)
{
	const uint8_t *type;
	uint32_t crc;

	chunk->offset = in->offset;
	if (!bytes_u32be(in, &chunk->size) || !bytes_take(in, 4, &type))
		return error_set(error, "offset %zu: the file ends, without a chunk IEND", in->size);
	memcpy(chunk->type, type, 4);
	chunk->type[4] = '\0';
	for (int i = 0; i < 4; i++) {
		if (!isalpha(type[i]))
			return error_set(error, "offset %zu: byte %d in the type of a chunk", chunk->offset + 4,
							 type[i]);
	}
	if (!bytes_take(in, chunk->size, &chunk->data) || !bytes_u32be(in, &crc))
		return error_set(error, "offset %zu: the file ends inside a chunk %s of %" PRIu32 " bytes",
						 in->size, chunk->type, chunk->size);
	const uint32_t computed = crc32_of(type, 4 + (size_t)chunk->size);
	if (crc != computed)
		return error_set(error,
						 "offset %zu: CRC-32 0x%08" PRIx32 ", that of chunk %s is 0x%08" PRIx32,
						 in->offset - 4, crc, chunk->type, computed);
	chunk->inside = (struct bytes){in->data, in->offset - 4, chunk->offset + 8};
	return 0;
}

static int read_header(const struct chunk *chunk, struct png *png, struct error *error)
{
	/* By type; `depths` is the sum of those that it may have. */
	static const struct {
		int channels, depths;
	} types[] = {
		{1, 1 + 2 + 4 + 8 + 16}, /* grey */
		{0, 0},
		{3, 8 + 16},        /* red, green, blue */
		{1, 1 + 2 + 4 + 8}, /* index into the palette */
		{2, 8 + 16},        /* grey, alpha */
		{0, 0},
		{4, 8 + 16}, /* red, green, blue, alpha */
	};
	struct bytes in = chunk->inside;
	uint32_t width, height;
	const uint8_t *rest; /* depth, type, compression, filter, interlace */

	if (strcmp(chunk->type, "IHDR") || !bytes_u32be(&in, &width) || !bytes_u32be(&in, &height) ||
		!bytes_take(&in, 5, &rest) || bytes_left(&in))
		return error_set(error, "offset %zu: a chunk %s of %" PRIu32 " bytes, expected IHDR of 13",
						 chunk->offset, chunk->type, chunk->size);
	if (width == 0 || height == 0)
		return error_set(error, "a picture of %" PRIu32 "×%" PRIu32, width, height);
	if (width > RASTER_MAX_PIXELS / height)
		return error_set(error, "%" PRIu32 "×%" PRIu32 ", more than %u pixels", width, height,
						 RASTER_MAX_PIXELS);
	const int depth = rest[0], type = rest[1];
	if (type > (PNG_COLOUR | PNG_ALPHA) || !(types[type].depths & depth) || depth & (depth - 1))
		return error_set(error, "colour type %d with %d bits, which PNG has not", type, depth);
	if (rest[2] || rest[3] || rest[4] > 1)
		return error_set(error, "compression %d, filter %d, interlace %d; expected 0, 0, 0 or 1",
						 rest[2], rest[3], rest[4]);
	png->width = (int)width;
	png->height = (int)height;
	png->type = type;
	png->channels = types[type].channels;
	png->depth = depth;
	png->maxval = type & PNG_PALETTE ? UINT8_MAX : (1u << depth) - 1;
	png->interlaced = rest[4];
	return 0;
}

static int wrong_size(const struct chunk *chunk, struct error *error)
{
	return error_set(error,
					 "offset %zu: a chunk %s of %" PRIu32 " bytes, which do not fit the picture",
					 chunk->offset, chunk->type, chunk->size);
}

/* Pictures without indexes have one, if any, for displays of few colours. */
static int read_palette(const struct chunk *chunk, struct png *png, struct error *error)
{
	if (!(png->type & PNG_PALETTE))
		return 0;
	if (chunk->size % 3 || chunk->size > 3 * PNG_PALETTE_MAX)
		return wrong_size(chunk, error);
	png->palette_size = chunk->size / 3;
	for (unsigned i = 0; i < chunk->size; i++)
		png->palette[i / 3][i % 3] = chunk->data[i];
	return 0;
}

static int read_transparency(const struct chunk *chunk, struct png *png, struct error *error)
{
	if (png->type & PNG_ALPHA)
		return 0;
	if (png->type & PNG_PALETTE) {
		if (chunk->size > png->palette_size)
			return wrong_size(chunk, error);
		for (unsigned i = 0; i < chunk->size; i++)
			png->palette[i][3] = chunk->data[i];
		return 0;
	}
	if (chunk->size != 2 * (unsigned)png->channels)
		return wrong_size(chunk, error);
	for (int i = 0; i < png->channels; i++)
		png->key[i] = (256u * chunk->data[2 * i] + chunk->data[2 * i + 1]) & png->maxval;
	png->has_key = true;
	return 0;
}

static int read_idat(const struct chunk *chunk, struct png *png, struct error *error)
{
	if (png->type & PNG_PALETTE && !png->palette_size)
		return error_set(error, "offset %zu: a chunk IDAT, and no PLTE before", chunk->offset);
	if (!png->idat_size)
		png->idat = chunk->inside;
	png->idat_size += chunk->size;
	png->idat_end = chunk->inside.size + 4;
	return 0;
}

static int read_content(const struct chunk *chunk, struct png *png, struct error *error)
{
	static const struct {
		const char *type;
		int (*read)(const struct chunk *chunk, struct png *png, struct error *error);
	} known[] = {{"PLTE", read_palette}, {"tRNS", read_transparency}, {"IDAT", read_idat}};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(chunk->type, known[i].type))
			continue;
		if (png->idat_end && (known[i].read != read_idat || chunk->offset != png->idat_end))
			return error_set(error, "offset %zu: a chunk %s behind those of the pixels",
							 chunk->offset, chunk->type);
		return known[i].read(chunk, png, error);
	}
	if (isupper(chunk->type[0]))
		return error_set(error, "offset %zu: an unexpected chunk %s, which is critical",
						 chunk->offset, chunk->type);
	return 0;
}

int png_chunks_read(const uint8_t *data, size_t size, struct png *png, struct error *error)
{
	struct bytes in = {data, size, 0};
	struct chunk chunk;
	const uint8_t *signature;

	*png = (struct png){0};
	for (int i = 0; i < PNG_PALETTE_MAX; i++)
		png->palette[i][3] = UINT8_MAX;
	if (!bytes_take(&in, 8, &signature) || memcmp(signature, "\x89PNG\r\n\x1a\n", 8))
		return error_set(error, "not the eight bytes with which a PNG file begins");
	if (read_chunk(&in, &chunk, error) || read_header(&chunk, png, error))
		return -1;
	do {
		if (read_chunk(&in, &chunk, error))
			return -1;
		png->end = in.offset;
		if (!strcmp(chunk.type, "IEND"))
			return png->idat_size ? 0 : error_set(error, "offset %zu: no pixels", chunk.offset);
	} while (!read_content(&chunk, png, error));
	return -1;
}

bool png_chunks_next(struct bytes *data)
{
	/* Behind the CRC stand the next chunk's length and type. */
	struct bytes next = {data->data, data->size + AROUND, data->size + 4};
	const uint8_t *type = NULL;
	uint32_t size = 0;

	bytes_u32be(&next, &size);
	bytes_take(&next, 4, &type);
	if (memcmp(type, "IDAT", 4))
		return false;
	data->offset = next.offset;
	data->size = next.offset + size;
	return true;
}
