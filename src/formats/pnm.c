/* Netpbm: magic, width, height and (but for PBM) maxval as text, then the samples, plain as text or
 * raw, most significant byte first. PPM has three samples a pixel; PBM packs eight into a byte. PAM
 * has a header of named lines, and one to four samples a pixel. */
#include "formats/pnm.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define CHANNELS_MAX 4 /* red, green, blue, alpha */
#define PAM_WORD 9     /* bytes of the longest word in PAM's header, TUPLTYPE, and a NUL */

enum { PAM_WIDTH, PAM_HEIGHT, PAM_DEPTH, PAM_MAXVAL, PAM_NUMBERS };

struct form {
	bool plain;   /* P1, P2, P3: samples as text, not as bytes */
	bool bits;    /* P1, P4: 0 is white, 1 is black */
	int channels; /* 1 or 3; of PAM, 2 and 4 have alpha, too */
};

static int wrong_magic(const struct bytes *in, struct error *error)
{
	if (in->size < 2)
		return error_set(error, "%zu bytes: too short for a Netpbm file", in->size);
	return error_set(error, "offset 0: expected P1 to P7, found bytes %02x %02x", in->data[0],
					 in->data[1]);
}

/* The next character, or EOF at the end of the file. A comment reads as the end of its line, as
 * Netpbm's own reader has it: "28# columns" and a new line is 28 and white space. */
static int next_character(struct bytes *in)
{
	uint8_t c;

	if (!bytes_u8(in, &c))
		return EOF;
	if (c == '#') {
		do {
			if (!bytes_u8(in, &c))
				return EOF;
		} while (c != '\n' && c != '\r');
	}
	return c;
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

static int set_size(const struct bytes *in, unsigned width, unsigned height, unsigned maxval,
					struct raster *out, struct error *error)
{
	if (width == 0 || height == 0)
		return error_set(error, "offset %zu: a picture of %u×%u", in->offset, width, height);
	if (width > RASTER_MAX_PIXELS / height)
		return error_set(error, "offset %zu: more than %u pixels", in->offset, RASTER_MAX_PIXELS);
	if (maxval == 0 || maxval > UINT16_MAX)
		return error_set(error, "offset %zu: the maxval is %s, expected 1 to 65535", in->offset,
						 maxval ? "larger" : "0");
	out->width = (int)width;
	out->height = (int)height;
	out->maxval = (int)maxval;
	return 0;
}

static int read_header(struct bytes *in, const struct form *form, struct raster *out,
					   struct error *error)
{
	unsigned width, height, maxval = 1;
	const int c = next_character(in);

	if (!isspace(c))
		return unexpected(in, c, "white space after the magic", error);
	if (read_number(in, RASTER_MAX_PIXELS, "the width", &width, error) ||
		read_number(in, RASTER_MAX_PIXELS, "the height", &height, error) ||
		(!form->bits && read_number(in, UINT16_MAX, "the maxval", &maxval, error)))
		return -1;
	return set_size(in, width, height, maxval, out, error);
}

/* Read white space, a word in capital letters, and one more white space. */
static int read_word(struct bytes *in, char word[PAM_WORD], struct error *error)
{
	int c = next_behind_space(in), length = 0;

	for (; isupper(c) && length < PAM_WORD - 1; c = next_character(in))
		word[length++] = (char)c;
	word[length] = '\0';
	return isspace(c) ? 0 : unexpected(in, c, "a line of PAM's header", error);
}

/* A line is a word and a number; or ENDHDR, the last; or TUPLTYPE and the kind of samples, of which
 * their number says as much. */
static int read_pam_line(struct bytes *in, unsigned numbers[PAM_NUMBERS], bool *last,
						 struct error *error)
{
	static const char *const words[] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
	static const unsigned limits[] = {RASTER_MAX_PIXELS, RASTER_MAX_PIXELS, CHANNELS_MAX,
									  UINT16_MAX};
	char word[PAM_WORD];
	uint8_t c = 0;

	if (read_word(in, word, error))
		return -1;
	for (int i = 0; i < PAM_NUMBERS; i++) {
		if (!strcmp(word, words[i]))
			return read_number(in, limits[i], "a number", &numbers[i], error);
	}
	*last = !strcmp(word, "ENDHDR");
	if (!*last && strcmp(word, "TUPLTYPE"))
		return error_set(error, "offset %zu: %s in a PAM header", in->offset, word);
	in->offset--; /* the white space behind the word may be the line's end */
	while (c != '\n' && bytes_u8(in, &c))
		;
	return 0;
}

static int read_pam_header(struct bytes *in, struct form *form, struct raster *out,
						   struct error *error)
{
	unsigned numbers[PAM_NUMBERS] = {0};
	bool last = false;

	while (!last) {
		if (read_pam_line(in, numbers, &last, error))
			return -1;
	}
	if (numbers[PAM_DEPTH] < 1 || numbers[PAM_DEPTH] > CHANNELS_MAX)
		return error_set(error, "offset %zu: a DEPTH that is not 1 to %d", in->offset,
						 CHANNELS_MAX);
	form->channels = (int)numbers[PAM_DEPTH];
	return set_size(in, numbers[PAM_WIDTH], numbers[PAM_HEIGHT], numbers[PAM_MAXVAL], out, error);
}

/* The least number of bytes that the samples take. Plain samples have white space between them, but
 * bits need none. */
static size_t samples_size(const struct form *form, const struct raster *picture)
{
	const size_t width = (size_t)picture->width, height = (size_t)picture->height;
	const size_t samples = width * height * (size_t)form->channels;

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
		*sample = wide ? load_u16be(p) : p[0];
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
static void unpack_bits(struct bytes *in, const struct form *form, struct raster *out)
{
	const uint8_t *row;
	uint16_t *sample = out->samples;

	bytes_take(in, samples_size(form, out), &row); /* read_samples has seen that they are there */

	for (int y = 0; y < out->height; y++, row += (out->width + 7) / 8)
		for (int x = 0; x < out->width; x++)
			*sample++ = !(row[x / 8] >> (7 - x % 8) & 1);
}

static int read_pixels(struct bytes *in, const struct form *form, struct raster *out,
					   struct error *error)
{
	const size_t count = (size_t)out->height * (size_t)out->width;
	const unsigned maxval = (unsigned)out->maxval;

	for (size_t i = 0; i < count; i++) {
		unsigned samples[CHANNELS_MAX];
		for (int c = 0; c < form->channels; c++) {
			if (read_sample(in, form, out->maxval, &samples[c], error))
				return -1;
			if (samples[c] > maxval)
				return error_set(error, "offset %zu: a sample of pixel %zu is above the maxval, %u",
								 in->offset, i, maxval);
		}
		out->samples[i] = (uint16_t)raster_grey(samples, form->channels, maxval);
	}
	return 0;
}

static int read_samples(struct bytes *in, const struct form *form, struct raster *out,
						struct error *error)
{
	const size_t least = samples_size(form, out);

	if (bytes_left(in) < least)
		return error_set(error, "offset %zu: %d×%d pixels need %s%zu bytes, there are %zu",
						 in->offset, out->width, out->height, form->plain ? "at least " : "", least,
						 bytes_left(in));
	if (raster_allocate(out, 0, error))
		return -1;
	if (form->plain || !form->bits)
		return read_pixels(in, form, out, error);
	unpack_bits(in, form, out);
	return 0;
}

int pnm_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error)
{
	struct bytes in = {data, size, 0};
	const uint8_t *magic;

	*out = (struct raster){0};
	if (!bytes_take(&in, 2, &magic) || magic[0] != 'P' || magic[1] < '1' || magic[1] > '7')
		return wrong_magic(&in, error);
	struct form form = {
		.plain = magic[1] <= '3',
		.bits = magic[1] == '1' || magic[1] == '4',
		.channels = magic[1] == '3' || magic[1] == '6' ? 3 : 1,
	};
	if ((magic[1] == '7' ? read_pam_header(&in, &form, out, error)
						 : read_header(&in, &form, out, error)) ||
		read_samples(&in, &form, out, error)) {
		raster_free(out);
		return -1;
	}
	out->size = in.offset;
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
		return error_scarce(error, "not enough memory for a picture of %d×%d", width, height);
	out->size = size;
	memcpy(out->data, header, header_size);
	memcpy(out->data + header_size, pixels, count);
	return 0;
}
