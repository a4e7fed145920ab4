/* PNG: a signature, and chunks of length, type, data and CRC-32. The pixels are in a zlib stream
 * (RFC 1950) of deflate (RFC 1951), and each row is preceded by the filter that it went through.
 * What the program draws are enlarged pixels on plain ground. So the filter is always "up", the
 * difference from the row above, which makes most rows zeros; and the compression, with deflate's
 * fixed codes, looks only for runs, bytes that repeat the pixel before. */
#include "formats/png.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "formats/adler32.h"
#include "formats/crc32.h"

#define FILTER_UP 2
#define LEAST_RUN 3
#define MOST_RUN 258
#define END_OF_BLOCK 256
#define OVERHEAD 128 /* bytes, more than signature, chunk headers and checksums take */

static void put_u32be(struct buffer *out, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		out->data[out->size++] = (uint8_t)(value >> shift);
}

/* Bits on their way into bytes, which are filled from the lowest bit on. */
struct bit_writer {
	struct buffer *out;
	uint32_t bits;
	int count;
};

static void put_bits(struct bit_writer *writer, uint32_t bits, int count)
{
	writer->bits |= bits << writer->count;
	writer->count += count;
	for (; writer->count >= 8; writer->count -= 8) {
		writer->out->data[writer->out->size++] = (uint8_t)writer->bits;
		writer->bits >>= 8;
	}
}

/* Deflate writes a Huffman code with its highest bit first, unlike all other numbers. */
static void put_code(struct bit_writer *writer, uint32_t code, int count)
{
	while (count--)
		put_bits(writer, code >> count & 1, 1);
}

/* The fixed code of a literal or length (RFC 1951, 3.2.6). */
static void put_symbol(struct bit_writer *writer, uint32_t symbol)
{
	if (symbol < 144)
		put_code(writer, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(writer, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(writer, symbol - 256, 7);
	else
		put_code(writer, 0xc0 + symbol - 280, 8);
}

/* Lengths from 3 to 10 have a symbol each. From 11 on a symbol is followed by extra bits: the next
 * four symbols by one, the four behind them by two, and so on; 258 has one of its own (3.2.5). */
static void put_length(struct bit_writer *writer, uint32_t length)
{
	uint32_t beyond = length - LEAST_RUN;
	int extra = 0;

	while (beyond >> extra >= 8)
		extra++;
	if (length == MOST_RUN) {
		put_symbol(writer, 285);
		return;
	}
	put_symbol(writer, 257 + 4 * (uint32_t)extra + (beyond >> extra));
	put_bits(writer, beyond & ((1u << extra) - 1), extra);
}

/* The number of bytes, from `at` on, that equal the byte `distance` before; at most MOST_RUN. */
static size_t run_length(const struct buffer *data, size_t at, size_t distance)
{
	size_t length = 0;

	while (at >= distance && length < MOST_RUN && at + length < data->size &&
		   data->data[at + length] == data->data[at + length - distance])
		length++;
	return length;
}

/* Write one block with fixed codes, at most nine bits for each byte. */
static void deflate_runs(const struct buffer *data, int distance, struct buffer *out)
{
	struct bit_writer writer = {.out = out};

	assert(distance <= 4);   /* their codes are distance - 1, without extra bits */
	put_bits(&writer, 1, 1); /* the last block */
	put_bits(&writer, 1, 2); /* fixed codes */
	for (size_t i = 0; i < data->size;) {
		size_t run = run_length(data, i, (size_t)distance);

		if (run < LEAST_RUN) {
			put_symbol(&writer, data->data[i++]);
		} else {
			put_length(&writer, (uint32_t)run);
			put_code(&writer, (uint32_t)distance - 1, 5);
			i += run;
		}
	}
	put_symbol(&writer, END_OF_BLOCK);
	put_bits(&writer, 0, 7); /* the last byte is filled up */
}

static void filter_rows(const uint8_t *pixels, size_t row, size_t height, struct buffer *out)
{
	for (size_t y = 0; y < height; y++) {
		out->data[out->size++] = FILTER_UP;
		for (size_t i = y * row; i < (y + 1) * row; i++)
			out->data[out->size++] = (uint8_t)(pixels[i] - (y ? pixels[i - row] : 0));
	}
}

/* Returns the offset of the chunk, at which end_chunk will write its length. */
static size_t begin_chunk(struct buffer *out, const char *type)
{
	size_t begin = out->size;

	put_u32be(out, 0);
	memcpy(out->data + out->size, type, 4);
	out->size += 4;
	return begin;
}

static void end_chunk(struct buffer *out, size_t begin)
{
	struct buffer length = {out->data + begin, 0};
	const size_t size = out->size - begin - 8;

	put_u32be(&length, (uint32_t)size);
	put_u32be(out, crc32_of(out->data + begin + 4, size + 4));
}

static void write_chunks(const struct buffer *rows, int width, int height, int channels,
						 struct buffer *out)
{
	size_t begin;

	memcpy(out->data, "\x89PNG\r\n\x1a\n", 8);
	out->size = 8;

	begin = begin_chunk(out, "IHDR");
	put_u32be(out, (uint32_t)width);
	put_u32be(out, (uint32_t)height);
	/* 8 bits; grey or RGB; deflate, the usual filters, not interlaced. */
	memcpy(out->data + out->size, (const uint8_t[]){8, channels == 3 ? 2 : 0, 0, 0, 0}, 5);
	out->size += 5;
	end_chunk(out, begin);

	begin = begin_chunk(out, "IDAT");
	memcpy(out->data + out->size, "\x78\x01", 2); /* deflate, the fastest level */
	out->size += 2;
	deflate_runs(rows, channels, out);
	put_u32be(out, adler32_update(ADLER32_START, rows->data, rows->size));
	end_chunk(out, begin);

	end_chunk(out, begin_chunk(out, "IEND"));
}

int png_write(const uint8_t *pixels, int width, int height, int channels, struct buffer *out,
			  struct error *error)
{
	struct buffer rows = {0};
	size_t row, size, most;

	assert(width > 0 && height > 0 && (channels == 1 || channels == 3));
	*out = (struct buffer){0};
	if (checked_multiply((size_t)width, (size_t)channels, &row) &&
		checked_multiply(row + 1, (size_t)height, &size) &&
		checked_add(size, size / 8 + OVERHEAD, &most) && most <= INT32_MAX) {
		rows.data = malloc(size);
		out->data = malloc(most);
	}
	if (!rows.data || !out->data) {
		buffer_free(&rows);
		buffer_free(out);
		return error_scarce(error, "not enough memory for a picture of %d×%d", width, height);
	}
	filter_rows(pixels, row, (size_t)height, &rows);
	write_chunks(&rows, width, height, channels, out);
	buffer_free(&rows);
	return 0;
}
