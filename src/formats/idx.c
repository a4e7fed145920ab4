/* IDX: 00 00 type rank, big-endian dimensions, then the data, last index fastest. */
#include "formats/idx.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/checked.h"
#include "formats/gzip.h"

#define TYPE_U8 8
#define RANK_LABELS 1
#define RANK_IMAGES 3

static const char *kind_of(int rank)
{
	return rank == RANK_IMAGES ? "images" : "labels";
}

static const char *type_name(uint8_t type)
{
	static const char *const names[] = {
		[0x08] = "unsigned bytes",  [0x09] = "signed bytes",  [0x0b] = "16-bit integers",
		[0x0c] = "32-bit integers", [0x0d] = "32-bit floats", [0x0e] = "64-bit floats",
	};

	return type < sizeof names / sizeof names[0] ? names[type] : NULL;
}

/* A name for a file of at least 4 bytes that does not begin with IDX's magic. */
static const char *name_of_other(const uint8_t *data, size_t size)
{
	if (gzip_is(data, size))
		return "a gzip file";
	if (data[0] == 'P' && data[1] == 'K')
		return "a zip archive";
	if (data[0] == '<')
		return "a web page: the download went wrong";
	return "not an IDX file";
}

static int wrong_magic(const uint8_t *data, size_t size, int rank, struct error *error)
{
	const char *type = data[0] == 0 && data[1] == 0 ? type_name(data[2]) : NULL;
	char text[80];

	snprintf(text, sizeof text, "offset 0: expected 00 00 08 %02x, found %02x %02x %02x %02x", rank,
			 data[0], data[1], data[2], data[3]);
	if (!type)
		return error_set(error, "%s: %s", text, name_of_other(data, size));
	if (data[2] == TYPE_U8 && (data[3] == RANK_IMAGES || data[3] == RANK_LABELS))
		return error_set(error, "%s: %s, where %s are expected", text, kind_of(data[3]),
						 kind_of(rank));
	return error_set(error, "%s: an IDX file of %s in %d dimensions", text, type, data[3]);
}

/* Read the magic and `rank` dimensions, none of which may be 0. */
static int read_header(struct bytes *in, int rank, uint32_t *dims, struct error *error)
{
	const size_t header = 4 + 4 * (size_t)rank;
	const uint8_t *magic;

	if (!bytes_take(in, 4, &magic))
		return error_set(error, "%zu bytes, an IDX file of %s has at least %zu", in->size,
						 kind_of(rank), header + 1);
	if (magic[0] || magic[1] || magic[2] != TYPE_U8 || magic[3] != rank)
		return wrong_magic(in->data, in->size, rank, error);
	for (int i = 0; i < rank; i++) {
		if (!bytes_u32be(in, &dims[i]))
			return error_set(error, "offset %zu: the file ends inside its header of %zu bytes",
							 in->size, header);
		if (dims[i] == 0)
			return error_set(error, "offset %zu: dimension %d is 0", in->offset - 4, i);
	}
	return 0;
}

/* Refuse the file unless count × each bytes are left of it. `what` is "images" or "labels". */
static int check_size(const struct bytes *in, size_t count, size_t each, const char *what,
					  struct error *error)
{
	size_t left = bytes_left(in), wanted;

	if (!checked_multiply(count, each, &wanted) || wanted > left)
		return error_set(error, "offset %zu: %zu %s of %zu bytes, but the file ends after %zu",
						 in->offset, count, what, each, left / each);
	if (wanted < left)
		return error_set(error, "offset %zu: %zu bytes after the last of %zu %s",
						 in->offset + wanted, left - wanted, count, what);
	return 0;
}

int idx_parse_images(const uint8_t *data, size_t size, int height, int width,
					 struct idx_images *out, struct error *error)
{
	struct bytes in = {data, size, 0};
	uint32_t dims[RANK_IMAGES];

	*out = (struct idx_images){0};
	if (read_header(&in, RANK_IMAGES, dims, error))
		return -1;
	if (dims[1] != (uint32_t)height || dims[2] != (uint32_t)width)
		return error_set(error, "offset 8: images of %" PRIu32 "×%" PRIu32 ", expected %d×%d",
						 dims[1], dims[2], height, width);
	if (check_size(&in, dims[0], (size_t)height * (size_t)width, "images", error))
		return -1;
	*out = (struct idx_images){dims[0], height, width, data + in.offset};
	return 0;
}

int idx_parse_labels(const uint8_t *data, size_t size, int classes, struct idx_labels *out,
					 struct error *error)
{
	struct bytes in = {data, size, 0};
	uint32_t count;

	*out = (struct idx_labels){0};
	if (read_header(&in, RANK_LABELS, &count, error) || check_size(&in, count, 1, "labels", error))
		return -1;
	const uint8_t *labels = data + in.offset;
	for (size_t i = 0; i < count; i++) {
		if (labels[i] >= classes)
			return error_set(error, "offset %zu: label %zu is %d, the largest is %d", in.offset + i,
							 i, labels[i], classes - 1);
	}
	*out = (struct idx_labels){count, labels};
	return 0;
}
