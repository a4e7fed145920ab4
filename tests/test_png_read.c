/* PNG read: files of every kind written here as the standard says, with what they show worked out
 * in another way; damaged in every way; and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "formats/adler32.h"
#include "formats/crc32.h"
#include "formats/png.h"
#include "mutations.h"

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 };

/* ---- a writer ---- */

struct file {
	uint8_t *data;
	size_t size, capacity;
};

static void put(struct file *file, const void *data, size_t size)
{
	if (file->size + size > file->capacity) {
		file->capacity = 2 * (file->size + size);
		file->data = realloc(file->data, file->capacity);
		assert_non_null(file->data);
	}
	if (size)
		memcpy(file->data + file->size, data, size);
	file->size += size;
}

static void put_u32(struct file *file, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
							 (uint8_t)value};

	put(file, bytes, 4);
}

static void put_chunk(struct file *file, const char *type, const void *data, size_t size)
{
	put_u32(file, (uint32_t)size);
	put(file, type, 4);
	put(file, data, size);
	put_u32(file, crc32_of(file->data + file->size - size - 4, size + 4));
}

static void put_header(struct file *file, uint32_t width, uint32_t height, const char rest[5])
{
	struct file header = {0};

	put(file, "\x89PNG\r\n\x1a\n", 8);
	put_u32(&header, width);
	put_u32(&header, height);
	put(&header, rest, 5);
	put_chunk(file, "IHDR", header.data, header.size);
	free(header.data);
}

/* A zlib stream of stored blocks. */
static struct file stored(const struct file *rows)
{
	struct file out = {0};

	put(&out, "\x78\x01", 2);
	for (size_t at = 0; at < rows->size;) {
		const size_t size = rows->size - at < 65535 ? rows->size - at : 65535;
		const uint8_t head[] = {at + size == rows->size, (uint8_t)size, (uint8_t)(size >> 8),
								(uint8_t)~size, (uint8_t)(~size >> 8)};
		put(&out, head, 5);
		put(&out, rows->data + at, size);
		at += size;
	}
	put_u32(&out, adler32_update(ADLER32_START, rows->data, rows->size));
	return out;
}

/* ---- pictures at random ---- */

static uint32_t random_state = 1;

static unsigned draw(unsigned count)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % count;
}

#define PALETTE_SIZE 11

struct picture {
	int width, height, type, depth, channels;
	bool interlaced, has_transparency;
	size_t idat;       /* bytes of data in an IDAT chunk */
	uint16_t *samples; /* [height][width][channels] */
	uint8_t palette[3 * PALETTE_SIZE], alphas[PALETTE_SIZE - 2];
};

static unsigned sample_of(const struct picture *p, int x, int y, int c)
{
	return p->samples[(y * p->width + x) * p->channels + c];
}

static void picture_fill(struct picture *p)
{
	const int channels[] = {1, 0, 3, 1, 2, 0, 4};
	unsigned limit = 1u << p->depth;

	p->channels = channels[p->type];
	if (p->type == PALETTE && limit > PALETTE_SIZE)
		limit = PALETTE_SIZE;
	const int count = p->width * p->height * p->channels;
	p->samples = malloc((size_t)count * sizeof *p->samples);
	assert_non_null(p->samples);
	for (int i = 0; i < count; i++)
		p->samples[i] = (uint16_t)(draw(4) ? draw(limit) : draw(2) * (limit - 1));
	for (size_t i = 0; i < sizeof p->palette; i++)
		p->palette[i] = (uint8_t)draw(256);
	for (size_t i = 0; i < sizeof p->alphas; i++)
		p->alphas[i] = (uint8_t)draw(256);
}

/* In tRNS of grey and RGB: the colour of the last pixel. */
static bool is_key(const struct picture *p, int x, int y)
{
	for (int c = 0; c < p->channels; c++)
		if (sample_of(p, x, y, c) != sample_of(p, p->width - 1, p->height - 1, c))
			return false;
	return true;
}

static unsigned on_white(double sample, double alpha, double maxval)
{
	return (unsigned)floor(sample * alpha + maxval * (1 - alpha) + 0.5 + 1e-9);
}

static unsigned expected(const struct picture *p, int x, int y)
{
	unsigned maxval = (1u << p->depth) - 1, sample[4] = {0};
	double alpha = 1;

	for (int c = 0; c < p->channels; c++)
		sample[c] = sample_of(p, x, y, c);
	if (p->type == PALETTE) {
		const unsigned index = sample[0];
		maxval = 255;
		for (int c = 0; c < 3; c++)
			sample[c] = p->palette[3 * index + (unsigned)c];
		if (p->has_transparency && index < sizeof p->alphas)
			alpha = p->alphas[index] / 255.0;
	} else if (p->type == GREY_ALPHA || p->type == RGB_ALPHA) {
		alpha = (double)sample[p->channels - 1] / maxval;
	} else if (p->has_transparency && is_key(p, x, y)) {
		alpha = 0;
	}
	for (int c = 0; c < 3; c++)
		sample[c] = on_white(sample[c], alpha, maxval);
	if (p->type == GREY || p->type == GREY_ALPHA)
		return sample[0];
	return raster_luma(sample[0], sample[1], sample[2]);
}

/* The standard's figure of Adam7. */
static int pass_of(const struct picture *p, int x, int y)
{
	static const char passes[8][9] = {"16462646", "77777777", "56565656", "77777777",
									  "36463646", "77777777", "56565656", "77777777"};

	return p->interlaced ? passes[y % 8][x % 8] - '0' : 1;
}

/* row[0] becomes the filter's number. */
static void filter(uint8_t *row, const uint8_t *above, size_t size, size_t pixel, int number)
{
	row[0] = (uint8_t)number;
	for (size_t i = size; i > 0; i--) {
		const int left = i > pixel ? row[i - pixel] : 0, up = above[i];
		const int corner = i > pixel ? above[i - pixel] : 0, guess = left + up - corner;
		const int to_left = abs(guess - left), to_up = abs(guess - up);
		const int to_corner = abs(guess - corner);
		const int paeth = to_left <= to_up && to_left <= to_corner ? left
						  : to_up <= to_corner                     ? up
																   : corner;
		const int predictions[] = {0, left, up, (left + up) / 2, paeth};
		row[i] = (uint8_t)(row[i] - predictions[number]);
	}
}

static void put_rows(struct file *rows, const struct picture *p)
{
	const size_t bits = (size_t)(p->channels * p->depth), most = (size_t)p->width * bits / 8 + 2;
	uint8_t *row = calloc(3, most), *above = row + most, *filtered = above + most;
	int number = 0;

	assert_non_null(row);
	for (int pass = 1; pass <= 7; pass++) {
		memset(above, 0, most);
		for (int y = 0; y < p->height; y++) {
			size_t bit = 8;
			memset(row, 0, most);
			for (int x = 0; x < p->width; x++) {
				if (pass_of(p, x, y) != pass)
					continue;
				for (int i = 0; i < p->channels * p->depth; i++, bit++) {
					const unsigned sample = sample_of(p, x, y, i / p->depth);
					const unsigned value = sample >> (p->depth - 1 - i % p->depth) & 1;
					row[bit / 8] = (uint8_t)(row[bit / 8] | value << (7 - bit % 8));
				}
			}
			if (bit == 8)
				continue;
			const size_t size = (bit - 1) / 8;
			memcpy(filtered, row, most);
			filter(filtered, above, size, bits < 8 ? 1 : bits / 8, number++ % 5);
			put(rows, filtered, 1 + size);
			memcpy(above, row, most);
		}
	}
	free(row);
}

static void put_transparency(struct file *file, const struct picture *p)
{
	uint8_t key[8];

	if (p->type == PALETTE) {
		put_chunk(file, "tRNS", p->alphas, sizeof p->alphas);
		return;
	}
	for (int c = 0; c < 4 && c < p->channels; c++) {
		const unsigned sample = sample_of(p, p->width - 1, p->height - 1, c);
		/* Bits above the depth's are to be ignored. */
		key[2 * c] = (uint8_t)(p->depth < 16 ? 0xa0 : sample >> 8);
		key[2 * c + 1] = (uint8_t)(p->depth < 8 ? sample | 1u << p->depth : sample);
	}
	put_chunk(file, "tRNS", key, 2 * (size_t)p->channels);
}

static struct file written(const struct picture *p)
{
	const char rest[] = {(char)p->depth, (char)p->type, 0, 0, p->interlaced};
	struct file file = {0}, rows = {0};

	put_header(&file, (uint32_t)p->width, (uint32_t)p->height, rest);
	put_chunk(&file, "gAMA", "\0\1\x86\xa0", 4);
	if (p->type == PALETTE || p->type == RGB_ALPHA)
		put_chunk(&file, "PLTE", p->palette, sizeof p->palette);
	if (p->has_transparency)
		put_transparency(&file, p);
	put_rows(&rows, p);
	struct file data = stored(&rows);
	for (size_t at = 0; at < data.size; at += p->idat)
		put_chunk(&file, "IDAT", data.data + at,
				  data.size - at < p->idat ? data.size - at : p->idat);
	put_chunk(&file, "tEXt", "Title\0An eight", 14);
	put_chunk(&file, "IEND", NULL, 0);
	free(rows.data);
	free(data.data);
	return file;
}

static void assert_read(struct picture *p)
{
	struct raster out;
	struct error error = {.text = ""};

	picture_fill(p);
	struct file file = written(p);
	if (png_parse(file.data, file.size, &out, &error))
		fail_msg("%d×%d, type %d, %d bits: %s", p->width, p->height, p->type, p->depth, error.text);
	assert_int_equal(out.width, p->width);
	assert_int_equal(out.height, p->height);
	assert_int_equal(out.maxval, p->type == PALETTE ? 255 : (1 << p->depth) - 1);
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++)
			if (out.samples[y * p->width + x] != expected(p, x, y))
				fail_msg("%d×%d, type %d, %d bits, at %d, %d: %d, expected %u", p->width, p->height,
						 p->type, p->depth, x, y, out.samples[y * p->width + x], expected(p, x, y));
	raster_free(&out);
	free(file.data);
	free(p->samples);
}

static const struct {
	int type, depth;
} kinds[] = {{GREY, 1},    {GREY, 2},       {GREY, 4},        {GREY, 8},      {GREY, 16},
			 {RGB, 8},     {RGB, 16},       {PALETTE, 1},     {PALETTE, 2},   {PALETTE, 4},
			 {PALETTE, 8}, {GREY_ALPHA, 8}, {GREY_ALPHA, 16}, {RGB_ALPHA, 8}, {RGB_ALPHA, 16}};

#define KINDS (sizeof kinds / sizeof kinds[0])

static void all_kinds(void **state)
{
	static const int sizes[][2] = {{1, 1}, {3, 2}, {5, 1}, {1, 5}, {9, 10}, {23, 17}};
	static const size_t pieces[] = {1, 2, 13, 1 << 20};

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < 6 * 4 * 4; i++) {
			struct picture p = {.width = sizes[i / 16][0],
								.height = sizes[i / 16][1],
								.type = kinds[kind].type,
								.depth = kinds[kind].depth,
								.interlaced = i & 1,
								.has_transparency = i & 2,
								.idat = pieces[i / 4 % 4]};
			assert_read(&p);
		}
}

/* Longer than what is taken at once, of a row and of the inflated data. */
static void long_rows(void **state)
{
	static const int sizes[][2] = {{30011, 6}, {98301, 1}};

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < 4; i++) {
			struct picture p = {.width = sizes[i / 2][0],
								.height = sizes[i / 2][1],
								.type = kinds[kind].type,
								.depth = kinds[kind].depth,
								.interlaced = i & 1,
								.idat = 8192};
			assert_read(&p);
		}
}

/* ---- what is refused ---- */

static void refuse(const struct file *file, const char *text)
{
	struct raster out;
	struct error error = {.text = ""};

	assert_int_equal(png_parse(file->data, file->size, &out, &error), -1);
	assert_null(out.samples);
	assert_int_equal(out.width, 0);
	assert_error_has(&error, text);
}

/* Two grey pixels, 7 and 9. */
static const uint8_t two_pixels[] = {0x78, 1, 1, 3, 0, 0xfc, 0xff, 0, 7, 9, 0, 0x1a, 0, 0x11};

/* Chunks behind the header: types of four letters each. An IDAT is two_pixels, the others are so
 * many bytes of 1. */
static struct file of_chunks(uint32_t width, uint32_t height, const char rest[5], const char *types,
							 size_t size)
{
	struct file file = {0};
	uint8_t ones[1000];

	memset(ones, 1, sizeof ones);
	put_header(&file, width, height, rest);
	for (; *types; types += 4) {
		const char type[] = {types[0], types[1], types[2], types[3], '\0'};
		if (!strcmp(type, "IDAT"))
			put_chunk(&file, type, two_pixels, sizeof two_pixels);
		else
			put_chunk(&file, type, ones, size);
	}
	return file;
}

static void refuse_header(uint32_t width, uint32_t height, const char rest[5], const char *text)
{
	struct file file = of_chunks(width, height, rest, "IDATIEND", 0);

	refuse(&file, text);
	free(file.data);
}

static void wrong_headers(void **state)
{
	char rest[5] = {0};

	(void)state;
	refuse_header(0, 1, "\10\0\0\0", "a picture of 0×1");
	refuse_header(1, 0, "\10\0\0\0", "a picture of 1×0");
	refuse_header(8193, 8192, "\10\0\0\0", "8193×8192, more than 67108864 pixels");
	refuse_header(4294967295, 1, "\10\0\0\0", "4294967295×1, more than 67108864 pixels");
	refuse_header(2, 1, "\10\0\1\0", "compression 1, filter 0, interlace 0; expected 0, 0, 0 or 1");
	refuse_header(2, 1, "\10\0\0\1", "compression 0, filter 1, interlace 0");
	refuse_header(2, 1, "\10\0\0\0\2", "compression 0, filter 0, interlace 2");
	/* Of all types and depths, those of the standard's table are accepted. */
	for (int type = 0; type < 256; type++)
		for (int depth = 0; depth < 256; depth++) {
			bool exists = false;
			char text[80];
			for (size_t i = 0; i < KINDS; i++)
				exists |= kinds[i].type == type && kinds[i].depth == depth;
			if (exists)
				continue;
			rest[0] = (char)depth;
			rest[1] = (char)type;
			snprintf(text, sizeof text, "colour type %d with %d bits", type, depth);
			refuse_header(2, 1, rest, text);
		}
}

/* A palette may have 256 colours. One that nobody needs may be anything. */
static void full_palette(void **state)
{
	struct file file = {0}, rows = {0};
	uint8_t palette[3 * 256];
	struct raster out;
	struct error error;

	(void)state;
	for (int i = 0; i < 3 * 256; i++)
		palette[i] = (uint8_t)(255 - i / 3);
	put(&rows, "\0\1\xff", 3);
	struct file packed = stored(&rows);
	put_header(&file, 2, 1, "\10\3\0\0");
	put_chunk(&file, "PLTE", palette, sizeof palette);
	put_chunk(&file, "IDAT", packed.data, packed.size);
	put_chunk(&file, "IEND", NULL, 0);
	assert_int_equal(png_parse(file.data, file.size, &out, &error), 0);
	assert_int_equal(out.samples[0], 254);
	assert_int_equal(out.samples[1], 0);
	raster_free(&out);
	free(file.data);
	file = of_chunks(2, 1, "\10\0\0\0", "PLTEIDATIEND", 4);
	assert_int_equal(png_parse(file.data, file.size, &out, &error), 0);
	raster_free(&out);
	free(file.data);
	free(rows.data);
	free(packed.data);
}

static void refuse_chunks(int type, const char *types, size_t size, const char *text)
{
	const char rest[] = {8, (char)type, 0, 0, 0};
	struct file file = of_chunks(2, 1, rest, types, size);

	refuse(&file, text);
	free(file.data);
}

static void wrong_chunks(void **state)
{
	(void)state;
	refuse_chunks(GREY, "IEND", 0, "offset 33: no pixels");
	refuse_chunks(GREY, "IDAT", 0, "offset 59: the file ends, without a chunk IEND");
	refuse_chunks(GREY, "IDATteXtIDATIEND", 0,
				  "offset 71: a chunk IDAT behind those of the pixels");
	refuse_chunks(GREY, "IDATtRNSIEND", 2, "a chunk tRNS behind those of the pixels");
	refuse_chunks(GREY, "IHDRIDATIEND", 13, "an unexpected chunk IHDR, which is critical");
	refuse_chunks(GREY, "CgBIIDATIEND", 4, "an unexpected chunk CgBI, which is critical");
	refuse_chunks(GREY, "tRNSIDATIEND", 1, "a chunk tRNS of 1 bytes");
	refuse_chunks(RGB, "tRNSIDATIEND", 2, "a chunk tRNS of 2 bytes");
	refuse_chunks(PALETTE, "IDATPLTEIEND", 3, "a chunk IDAT, and no PLTE before");
	refuse_chunks(PALETTE, "PLTEIDATIEND", 0, "a chunk IDAT, and no PLTE before");
	refuse_chunks(PALETTE, "PLTEIDATIEND", 4, "a chunk PLTE of 4 bytes");
	refuse_chunks(PALETTE, "PLTEIDATIEND", 771, "a chunk PLTE of 771 bytes");
	refuse_chunks(PALETTE, "tRNSPLTEIDATIEND", 3, "a chunk tRNS of 3 bytes");
	refuse_chunks(PALETTE, "PLTEtRNSIDATIEND", 3, "a chunk tRNS of 3 bytes");
}

static void no_header(void **state)
{
	struct file file = {0};

	(void)state;
	refuse(&file, "not the eight bytes with which a PNG file begins");
	put(&file, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(&file, "IEND", NULL, 0);
	refuse(&file, "offset 8: a chunk IEND of 0 bytes, expected IHDR of 13");
	file.size = 8;
	put_chunk(&file, "IHDR", two_pixels, 12);
	refuse(&file, "a chunk IHDR of 12 bytes");
	file.size = 8;
	put_chunk(&file, "IHDR", two_pixels, 14);
	refuse(&file, "a chunk IHDR of 14 bytes");
	file.size = 8;
	put_chunk(&file, "I\1DR", two_pixels, 14);
	refuse(&file, "offset 12: byte 1 in the type of a chunk");
	free(file.data);
}

/* Two grey pixels whose compressed data is this. */
static void refuse_data(const void *data, size_t size, const char *text)
{
	struct file file = {0};

	put_header(&file, 2, 1, "\10\0\0\0");
	put_chunk(&file, "IDAT", data, size);
	put_chunk(&file, "IEND", NULL, 0);
	refuse(&file, text);
	free(file.data);
}

static void wrong_data(void **state)
{
	uint8_t data[sizeof two_pixels];

	(void)state;
	memcpy(data, two_pixels, sizeof data);
	for (size_t size = 1; size < sizeof data; size++)
		refuse_data(data, size, "the compressed data ends in the middle");
	data[13]++;
	refuse_data(data, sizeof data, "Adler-32 0x001a0012, the data's is 0x001a0011");
	data[13]--;
	data[7] = 5;
	refuse_data(data, sizeof data, "row 0 has filter 5, expected 0 to 4");
	refuse_data("\x79\1\1\3\0\xfc\xff\0\7\11\0\x1a\0\x11", 14, "begins with bytes 79 01");
	refuse_data("\x78\2\1\3\0\xfc\xff\0\7\11\0\x1a\0\x11", 14, "begins with bytes 78 02");
	refuse_data("\x78\x20\1\3\0\xfc\xff\0\7\11\0\x1a\0\x11", 14, "begins with bytes 78 20");
	refuse_data("\x78\1\1\2\0\xfd\xff\0\7\0\11\0\x08", 13, "the pixels have 2 bytes, expected 3");
	refuse_data("\x78\1\1\4\0\xfb\xff\0\7\11\0\0\x2b\0\x11", 15, "more than 3 bytes of data");
}

/* A claim of more pixels than the data can have is refused before memory is asked for. */
static void bombs(void **state)
{
	static const uint32_t sizes[][2] = {{67108864, 1}, {8192, 8192}, {1, 67108864}};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const uint32_t width = sizes[i / 2][0], height = sizes[i / 2][1];
		struct file file =
			of_chunks(width, height, i % 2 ? "\1\0\0\0\1" : "\20\6\0\0\0", "IDATIEND", 0);
		allocations_fail_at(1);
		refuse(&file, "pixels cannot be in 14 bytes");
		allocations_fail_at(0);
		free(file.data);
	}
}

/* ---- damage ---- */

static void refuse_any(const uint8_t *data, size_t size, void *context)
{
	const struct file file = {(uint8_t *)(uintptr_t)data, size, 0};

	(void)context;
	refuse(&file, "");
}

/* A checksum notices whatever is cut off or changed. */
static void mutations(void **state)
{
	const struct mutation_target target = {refuse_any, NULL};
	struct picture p = {
		.width = 3, .height = 2, .type = PALETTE, .depth = 4, .idat = 20, .has_transparency = true};

	(void)state;
	picture_fill(&p);
	struct file file = written(&p);
	mutate(file.data, file.size, MUTATE_ALL, target);
	free(file.data);
	free(p.samples);
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Make the CRCs right, as far as there are whole chunks, and read. */
static void parse_mended(const uint8_t *data, size_t size, void *context)
{
	uint8_t *mended = malloc(size + 1);
	struct raster out;
	struct error error;

	(void)context;
	assert_non_null(mended);
	memcpy(mended, data, size);
	for (size_t at = 8; at + 12 <= size && u32_at(mended + at) <= size - at - 12;) {
		const size_t length = u32_at(mended + at);
		struct file crc = {mended + at + 8 + length, 0, SIZE_MAX};
		put_u32(&crc, crc32_of(mended + at + 4, length + 4));
		at += length + 12;
	}
	if (!png_parse(mended, size, &out, &error)) {
		for (int i = 0; i < out.width * out.height; i++)
			assert_in_range(out.samples[i], 0, out.maxval);
		raster_free(&out);
	}
	free(mended);
}

static void mended_mutations(void **state)
{
	const struct mutation_target target = {parse_mended, NULL};

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct picture p = {.width = 5,
							.height = 3,
							.type = kinds[kind].type,
							.depth = kinds[kind].depth,
							.interlaced = kind & 1,
							.idat = 30,
							.has_transparency = true};
		picture_fill(&p);
		struct file file = written(&p);
		mutate(file.data, file.size, MUTATE_SOME, target);
		free(file.data);
		free(p.samples);
	}
}

static void out_of_memory(void **state)
{
	struct picture p = {.width = 3, .height = 2, .type = GREY, .depth = 8, .idat = 20};

	(void)state;
	if (!allocations_watched())
		skip();
	picture_fill(&p);
	struct file file = written(&p);
	for (int number = 1; number <= 3; number++) {
		struct raster out;
		struct error error;
		allocations_fail_at(number);
		assert_int_equal(png_parse(file.data, file.size, &out, &error), -1);
		assert_error_has(&error, "not enough memory");
		assert_null(out.samples);
	}
	allocations_fail_at(0);
	free(file.data);
	free(p.samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),     cmocka_unit_test(long_rows),
		cmocka_unit_test(wrong_headers), cmocka_unit_test(wrong_chunks),
		cmocka_unit_test(full_palette),  cmocka_unit_test(no_header),
		cmocka_unit_test(wrong_data),    cmocka_unit_test(bombs),
		cmocka_unit_test(mutations),     cmocka_unit_test(mended_mutations),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
