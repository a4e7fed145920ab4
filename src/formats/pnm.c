/* Netpbm: magic, width, height and (but for PBM) maxval as text, then the samples, plain as text or
 * raw, most significant byte first. PPM has three samples a pixel; PBM packs eight into a byte. */
#include "formats/pnm.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* The six kinds of file, P1 to P6. */
struct form {
	bool plain;  /* P1, P2, P3: samples as text, not as bytes */
	bool bits;   /* P1, P4: 0 is white, 1 is black */
	bool colour; /* P3, P6: red, green, blue */
};

static int wrong_magic(const struct bytes *in, struct error *error)
{
	if (in->size < 2)
		return error_set(error, "%zu bytes: too short for a Netpbm file", in->size);
	return error_set(error, "offset 0: expected P1 to P6, found bytes %02x %02x", in->data[0],
					 in->data[1]);
}

/* The next character, or -1 at the end of the file. A comment and the end of its line count as
 * nothing, even inside a number (pbm(5)). */
static int next_character(struct bytes *in)
{
	bool comment = false;
	uint8_t c;

	while (bytes_u8(in, &c)) {
		if (c == '#')
			comment = true;
		else if (!comment)
			return c;
		else if (c == '\n' || c == '\r')
			comment = false;
	}
	return -1;
}

static int next_behind_space(struct bytes *in)
{
	int c = next_character(in);

	while (isspace(c))
		c = next_character(in);
	return c;
}

static int unexpected(const struct bytes *in, int c, const char *expected, struct error *error)
{
	if (c < 0)
		return error_set(error, "offset %zu: expected %s, found the end of the file", in->size,
						 expected);
	return error_set(error,
					 c > ' ' && c <= '~' ? "offset %zu: expected %s, found '%c'"
										 : "offset %zu: expected %s, found byte %d",
					 in->offset - 1, expected, c);
}

/* Read white space, a decimal number, and one more white space or the end of the file. `what` names
 * the number for the error. A number above `limit` gives limit + 1. */
static int read_number(struct bytes *in, unsigned limit, const char *what, unsigned *number,
					   struct error *error)
{
	int c = next_behind_space(in);
	unsigned value = 0;

	if (!isdigit(c))
		return unexpected(in, c, what, error);
	for (; isdigit(c); c = next_character(in)) {
		if (value <= limit)
			value = value * 10 + (unsigned)(c - '0');
	}
	if (c >= 0 && !isspace(c))
		return unexpected(in, c, "a digit or white space", error);
	*number = value > limit ? limit + 1 : value;
	return 0;
}

static int read_size(struct bytes *in, const struct form *form, struct raster *out,
					 struct error *error)
{
	unsigned width, height, maxval = 1;

	if (read_number(in, RASTER_MAX_PIXELS, "the width", &width, error) ||
		read_number(in, RASTER_MAX_PIXELS, "the height", &height, error))
		return -1;
	if (width == 0 || height == 0)
		return error_set(error, "offset %zu: a picture of %u×%u", in->offset, width, height);
	if (width > RASTER_MAX_PIXELS / height)
		return error_set(error, "offset %zu: more than %u pixels", in->offset, RASTER_MAX_PIXELS);
	if (!form->bits && read_number(in, UINT16_MAX, "the maxval", &maxval, error))
		return -1;
	if (maxval == 0 || maxval > UINT16_MAX)
		return error_set(error, "offset %zu: the maxval is %s, expected 1 to 65535", in->offset,
						 maxval ? "larger" : "0");
	out->width = (int)width;
	out->height = (int)height;
	out->maxval = (int)maxval;
	return 0;
}

/* The least number of bytes that the samples take. Plain samples have white space between them, but
 * bits need none. */
static size_t samples_size(const struct form *form, const struct raster *picture)
{
	const size_t width = (size_t)picture->width, height = (size_t)picture->height;
	const size_t samples = width * height * (form->colour ? 3 : 1);

	if (form->bits)
		return form->plain ? samples : (width + 7) / 8 * height;
	if (form->plain)
		return 2 * samples - 1;
	return samples * (picture->maxval > UINT8_MAX ? 2 : 1);
}

/* Read the next sample; read_samples has made sure that a raw one is there. A plain one above
 * maxval gives maxval + 1. */
static int read_sample(struct bytes *in, const struct form *form, int maxval, unsigned *sample,
					   struct error *error)
{
	if (!form->plain) {
		const uint8_t *p = in->data + in->offset;
		const bool wide = maxval > UINT8_MAX;
		*sample = wide ? (unsigned)p[0] << 8 | p[1] : p[0];
		in->offset += wide ? 2 : 1;
		return 0;
	}
	if (!form->bits)
		return read_number(in, (unsigned)maxval, "a sample", sample, error);
	const int c = next_behind_space(in);
	if (c != '0' && c != '1')
		return unexpected(in, c, "0 or 1", error);
	*sample = c == '0';
	return 0;
}

/* Raw bits are rows of whole bytes, with the leftmost pixel in the highest bit. */
static void unpack_bits(const struct bytes *in, struct raster *out)
{
	const uint8_t *row = in->data + in->offset;
	uint16_t *sample = out->samples;

	for (int y = 0; y < out->height; y++, row += (out->width + 7) / 8)
		for (int x = 0; x < out->width; x++)
			*sample++ = !(row[x / 8] >> (7 - x % 8) & 1);
}

static int read_pixels(struct bytes *in, const struct form *form, struct raster *out,
					   struct error *error)
{
	const size_t count = (size_t)out->height * (size_t)out->width;
	const int channels = form->colour ? 3 : 1;

	for (size_t i = 0; i < count; i++) {
		unsigned sample[3];
		for (int c = 0; c < channels; c++) {
			if (read_sample(in, form, out->maxval, &sample[c], error))
				return -1;
			if (sample[c] > (unsigned)out->maxval)
				return error_set(error, "offset %zu: a sample of pixel %zu is above the maxval, %d",
								 in->offset, i, out->maxval);
		}
		out->samples[i] =
			(uint16_t)(form->colour ? raster_luma(sample[0], sample[1], sample[2]) : sample[0]);
	}
	return 0;
}

static int read_samples(struct bytes *in, const struct form *form, struct raster *out,
						struct error *error)
{
	const size_t count = (size_t)out->height * (size_t)out->width;
	const size_t least = samples_size(form, out);

	if (bytes_left(in) < least)
		return error_set(error, "offset %zu: %d×%d pixels need %s%zu bytes, there are %zu",
						 in->offset, out->width, out->height, form->plain ? "at least " : "", least,
						 bytes_left(in));
	out->samples = malloc(count * sizeof *out->samples);
	if (!out->samples)
		return error_set(error, "not enough memory for %zu pixels", count);
	if (form->plain || !form->bits)
		return read_pixels(in, form, out, error);
	unpack_bits(in, out);
	return 0;
}

int pnm_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error)
{
	struct bytes in = {data, size, 0};
	const uint8_t *magic;

	*out = (struct raster){0};
	if (!bytes_take(&in, 2, &magic) || magic[0] != 'P' || magic[1] < '1' || magic[1] > '6')
		return wrong_magic(&in, error);
	const struct form form = {
		.plain = magic[1] <= '3',
		.bits = magic[1] == '1' || magic[1] == '4',
		.colour = magic[1] == '3' || magic[1] == '6',
	};
	int c = next_character(&in);
	if (!isspace(c))
		return unexpected(&in, c, "white space after the magic", error);
	if (read_size(&in, &form, out, error) || read_samples(&in, &form, out, error)) {
		raster_free(out);
		return -1;
	}
	return 0;
}

int pgm_write(const uint8_t *pixels, int width, int height, struct buffer *out, struct error *error)
{
	char header[48];
	size_t header_size = (size_t)snprintf(header, sizeof header, "P5\n%d %d\n255\n", width, height);
	size_t count = 0, size = 0;

	*out = (struct buffer){0};
	if (checked_multiply((size_t)width, (size_t)height, &count) &&
		checked_add(count, header_size, &size))
		out->data = malloc(size);
	if (!out->data)
		return error_set(error, "not enough memory for a picture of %d×%d", width, height);
	out->size = size;
	memcpy(out->data, header, header_size);
	memcpy(out->data + header_size, pixels, count);
	return 0;
}
