/* JPEG: fixtures in every mode, against libjpeg-turbo; segments put in and changed; damage. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "fixture.h"
#include "formats/jpeg.h"
#include "formats/pnm.h"
#include "mutations.h"
#include "scratch.h"

enum { SOF0 = 0xc0, SOF2 = 0xc2, DHT = 0xc4, SOI = 0xd8, EOI, SOS, DQT };
enum { APP0 = 0xe0, APP1, APP14 = 0xee, COM = 0xfe };

static struct buffer jpeg(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, FIXTURES "/jpeg/%s.jpg", name);
	return fixture_read(path);
}

static void parse_file(int (*parse)(const uint8_t *, size_t, struct raster *, struct error *),
					   const char *path, struct raster *out)
{
	struct buffer file = fixture_read(path);
	struct error error = {.text = ""};

	if (parse(file.data, file.size, out, &error))
		fail_msg("%s: %s", path, error.text);
	buffer_free(&file);
}

/* The file is read as `expected`, up to 2 of 255 levels; RGB has 65535 levels. */
static void compare(const char *path, const char *expected)
{
	struct raster a, b;

	parse_file(jpeg_parse, path, &a);
	parse_file(pnm_parse, expected, &b);
	assert_int_equal(a.width, b.width);
	assert_int_equal(a.height, b.height);
	assert_int_equal(b.maxval, 255);
	for (int i = 0; i < a.width * a.height; i++) {
		assert_true(a.samples[i] <= a.maxval);
		if (abs(a.samples[i] * 255 - b.samples[i] * a.maxval) > 2 * a.maxval)
			fail_msg("%s: pixel (%d, %d) is %d of %d, not %d", path, i % a.width, i / a.width,
					 a.samples[i], a.maxval, b.samples[i]);
	}
	raster_free(&a);
	raster_free(&b);
}

static void modes(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"dot", "dot.pgm"},
		{"grey", "grey.pgm"},
		{"grey-progressive", "grey.pgm"},
		{"444", "444.pgm"},
		{"422", "422.pgm"},
		{"422-progressive", "422.pgm"},
		{"440", "440.pgm"},
		{"411", "411.pgm"},
		{"420", "420.pgm"},
		{"420-progressive", "420.pgm"},
		{"420-progressive-restart", "420.pgm"},
		{"420-restart", "420.pgm"},
		{"420-separate", "420.pgm"},
		{"420-luma-last", "420.pgm"},
		{"few-luma", "few-luma.pgm"},
		{"few-luma-progressive", "few-luma.pgm"},
		{"16-bit-quantizers", "16-bit-quantizers.pgm"},
		{"rgb", "rgb.ppm"},
		{"rgb-progressive", "rgb.ppm"},
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		char path[256], expected[256];
		snprintf(path, sizeof path, FIXTURES "/jpeg/%s.jpg", pairs[i][0]);
		snprintf(expected, sizeof expected, FIXTURES "/jpeg/%s", pairs[i][1]);
		compare(path, expected);
	}
}

/* The offset of the first marker of that kind. */
static size_t find(const struct buffer *file, int marker)
{
	for (size_t i = 0; i + 1 < file->size; i++)
		if (file->data[i] == 0xff && file->data[i + 1] == marker)
			return i;
	fail_msg("there is no marker ff%02x", (unsigned)marker);
	return 0;
}

/* Put `count` bytes in front of the first such marker. */
static void insert(struct buffer *file, int marker, const void *bytes, size_t count)
{
	const size_t at = find(file, marker);

	file->data = realloc(file->data, file->size + count);
	assert_non_null(file->data);
	memmove(file->data + at + count, file->data + at, file->size - at);
	memcpy(file->data + at, bytes, count);
	file->size += count;
}

/* The file, which is freed, parsed. */
static struct raster parsed(struct buffer file)
{
	struct raster raster;
	struct error error = {.text = ""};

	if (jpeg_parse(file.data, file.size, &raster, &error))
		fail_msg("%s", error.text);
	buffer_free(&file);
	return raster;
}

static void refuse(struct buffer file, const char *text)
{
	struct raster raster;
	struct error error = {.text = ""};

	assert_int_equal(jpeg_parse(file.data, file.size, &raster, &error), -1);
	assert_null(raster.samples);
	assert_error_has(&error, text);
	buffer_free(&file);
}

/* The file, with one byte, `offset` bytes behind the first such marker, changed. */
static struct buffer changed(const char *name, int marker, size_t offset, int byte)
{
	struct buffer file = jpeg(name);

	file.data[find(&file, marker) + offset] = (uint8_t)byte;
	return file;
}

/* The file cut off at `size` bytes, or, negative, by so many bytes. */
static struct buffer cut(const char *name, int size)
{
	struct buffer file = jpeg(name);

	file.size = size < 0 ? file.size - (size_t)-size : (size_t)size;
	return file;
}

static void assert_same(struct raster a, struct raster b)
{
	assert_int_equal(a.width, b.width);
	assert_int_equal(a.height, b.height);
	assert_int_equal(a.maxval, b.maxval);
	assert_memory_equal(a.samples, b.samples, (size_t)(a.width * a.height) * sizeof *a.samples);
	raster_free(&a);
	raster_free(&b);
}

/* 420.jpg with an Exif segment: two tags, one of them the orientation. */
static struct buffer with_exif(int orientation, bool big_endian)
{
	uint8_t big[] =
		"\xff\xe1\x00\x2e"
		"Exif\0\0MM\0*\0\0\0\x8\0\2\1\x0f\0\2\0\0\0\1x\0\0\0\x01\x12\0\3\0\0\0\1\0\0\0\0"
		"\0\0\0\0";
	uint8_t little[] =
		"\xff\xe1\x00\x2e"
		"Exif\0\0II*\0\x8\0\0\0\2\0\x0f\1\2\0\1\0\0\0x\0\0\0\x12\1\3\0\1\0\0\0\0\0\0\0"
		"\0\0\0\0";
	struct buffer file = jpeg("420");

	assert_int_equal(sizeof big, 49);
	assert_int_equal(sizeof little, 49);
	big[41] = little[40] = (uint8_t)orientation;
	insert(&file, APP0, big_endian ? big : little, 48);
	return file;
}

static void orientations(void **state)
{
	(void)state;
	struct raster upright = parsed(jpeg("420"));
	const int w = upright.width, h = upright.height;

	for (int o = 0; o <= 18; o++) {
		struct raster turned = parsed(with_exif(o % 10, o > 9));
		const bool exchanged = o % 10 >= 5 && o % 10 <= 8;
		assert_int_equal(turned.width, exchanged ? h : w);
		assert_int_equal(turned.height, exchanged ? w : h);
		for (int i = 0; i < w * h; i++) {
			const int x = i % turned.width, y = i / turned.width;
			const int from[10][2] = {{x, y},         {x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y},
									 {x, h - 1 - y}, {y, x}, {y, h - 1 - x}, {w - 1 - y, h - 1 - x},
									 {w - 1 - y, x}, {x, y}};
			const int *at = from[o % 10];
			assert_int_equal(turned.samples[i], upright.samples[at[1] * w + at[0]]);
		}
		raster_free(&turned);
	}
	raster_free(&upright);
	/* The orientation may be the first of the tags, too. */
	struct buffer file = with_exif(6, true);
	uint8_t *first = file.data + find(&file, APP1) + 20, other[12];
	memcpy(other, first, sizeof other);
	memcpy(first, first + sizeof other, sizeof other);
	memcpy(first + sizeof other, other, sizeof other);
	assert_same(parsed(file), parsed(with_exif(6, true)));
}

/* Exif that is cut off or leads nowhere is no reason not to show the picture. */
static void damaged_exif(void **state)
{
	(void)state;

	for (size_t length = 2; length < 46; length++) {
		struct buffer file = with_exif(1, true);
		const size_t at = find(&file, APP1);
		file.data[at + 3] = (uint8_t)length;
		assert_same(parsed(file), parsed(jpeg("420")));
	}
	for (size_t i = 4; i < 48; i++) {
		struct buffer file = with_exif(1, true);
		file.data[find(&file, APP1) + i] ^= 0xff;
		assert_same(parsed(file), parsed(jpeg("420")));
	}
	/* Behind the entries that are counted is none. */
	struct buffer file = with_exif(6, true);
	file.data[find(&file, APP1) + 19] = 1;
	assert_same(parsed(file), parsed(jpeg("420")));
}

/* Segments without a meaning here, fill bytes, and bytes that belong to nothing. */
static void passed_over(void **state)
{
	(void)state;
	struct buffer file = jpeg("420");

	insert(&file, DQT, "\xff\xff\xff\xfe\0\4hi\xff\xe2\0\2", 12);
	insert(&file, DQT, "\xff\xd8", 2);
	insert(&file, SOS, "garbage\xff\0\xff\xd3", 11);
	insert(&file, EOI, "\xff\xff", 2);
	assert_same(parsed(file), parsed(jpeg("420")));
	file = jpeg("420-progressive");
	insert(&file, SOS, "\xff\xe1\0\6Exif", 8);
	assert_same(parsed(file), parsed(jpeg("420")));
	assert_same(parsed(cut("420", -2)), parsed(jpeg("420")));
	assert_same(parsed(cut("420-progressive", -2)), parsed(jpeg("420")));
}

/* Three components are RGB by Adobe's word, or their names; but JFIF knows only YCbCr. */
static void colours(void **state)
{
	(void)state;
	struct raster rgb = parsed(jpeg("rgb")), red = parsed(changed("rgb", APP14, 15, 1));

	assert_int_equal(rgb.maxval, 65535);
	assert_int_equal(red.maxval, 255);
	raster_free(&rgb);
	assert_same(parsed(changed("rgb", APP14, 1, COM)), parsed(jpeg("rgb")));
	struct buffer file = jpeg("rgb");
	insert(&file, APP14, "\xff\xe0\0\7JFIF", 9);
	assert_same(parsed(file), red);
}

static void refused_by_name(void **state)
{
	(void)state;
	struct buffer file = changed("grey", SOF0, 5, 255);

	file.data[find(&file, SOF0) + 7] = 255;
	refuse(file, "65287×65289 pixels; the limit is 67108864");
	refuse(changed("grey", SOF0, 8, 0), "0×9 pixels; the limit is 67108864");
	file = changed("444", SOF0, 11, 0x22);
	file.data[find(&file, SOF0) + 14] = 0x33;
	refuse(file, "a JPEG with fractional sampling is not supported; to convert it: convert in.jpg");
	refuse(jpeg("grey-arithmetic"), "a JPEG with arithmetic coding is not supported");
	refuse(changed("grey", SOF0, 1, 0xc3), "a JPEG that is lossless is not supported");
	refuse(changed("grey", SOF0, 1, 0xc5), "a JPEG that is hierarchical is not supported");
	refuse(changed("grey", SOF0, 1, 0xcb), "a JPEG with arithmetic coding is not supported");
	refuse(changed("grey", SOF0, 4, 12), "a JPEG with more than 8 bits a sample is not supported");
	refuse(changed("grey", SOF0, 9, 4), "a JPEG in CMYK is not supported");
	refuse(changed("grey", SOF0, 9, 2), "a JPEG in other colours than grey, YCbCr and RGB is not");
	refuse(changed("grey", SOF0, 6, 0), "a JPEG that tells its height at the end (DNL) is not");
}

static void damaged_segments(void **state)
{
	(void)state;
	static const char no_scan[] = "an impossible scan";
	struct buffer file = jpeg("grey");

	insert(&file, SOS, "\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0", 13);
	refuse(file, "a second head of the picture, or one that is too short");
	refuse(changed("grey", SOF0, 3, 7), "a second head of the picture, or one that is too short");
	refuse(changed("grey", SOF0, 3, 9), "a head of the picture that is too short");
	refuse(changed("grey", SOF0, 11, 0x10), "an impossible sampling factor");
	refuse(changed("grey", SOF0, 11, 0x51), "an impossible sampling factor");
	refuse(changed("grey", SOF0, 12, 4), "an impossible sampling factor or quantization");
	refuse(changed("grey", DQT, 4, 4), "an impossible quantization table");
	refuse(changed("grey", DQT, 4, 0x20), "an impossible quantization table");
	refuse(changed("grey", DQT, 4, 0x10), "an impossible quantization table");
	refuse(changed("grey", DHT, 4, 0x20), "an impossible Huffman table");
	refuse(changed("grey", DHT, 4, 0x04), "an impossible Huffman table");
	refuse(changed("grey", DHT, 5, 3), "an impossible Huffman table");
	refuse(changed("grey", DHT, 20, 255), "an impossible Huffman table");
	refuse(changed("grey", DHT, 3, 16), "an impossible Huffman table");
	refuse(changed("grey", SOF0, 1, COM), no_scan);
	refuse(changed("grey", DQT, 1, COM), "a scan without its quantization table");
	refuse(changed("grey", DHT, 1, COM), "a scan without its Huffman table");
	refuse(changed("grey", SOS, 4, 0), no_scan);
	refuse(changed("grey", SOS, 4, 2), no_scan);
	refuse(changed("grey", SOS, 5, 77), no_scan);
	refuse(changed("grey", SOS, 6, 0x40), no_scan);
	refuse(changed("grey", SOS, 3, 7), no_scan);
	refuse(cut("grey", 1), "no JPEG file: it does not begin with bytes ff d8");
	refuse(changed("grey", APP0, -2, 'P'), "no JPEG file: it does not begin with bytes ff d8");
}

/* Of a progressive file's scans, none may come twice, nor before what it refines. */
static void impossible_scans(void **state)
{
	(void)state;
	static const struct {
		size_t offset; /* in the head of the first scan, which is of three components */
		int byte;
	} changes[] = {{11, 1}, {11, 64}, {12, 1}, {12, 64}, {13, 0x20}, {13, 0x0e}};

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
		refuse(changed("420-progressive", SOS, changes[i].offset, changes[i].byte),
			   "an impossible scan");
	struct buffer file = jpeg("grey-progressive");
	uint8_t scan[12];
	memcpy(scan, file.data + find(&file, SOS), sizeof scan);
	insert(&file, SOS, scan, sizeof scan);
	refuse(file, "a scan of what has come before, or cannot come yet");
	refuse(changed("grey-progressive", SOS, 9, 0x21), "a scan of what has come before, or cannot");
	refuse(changed("grey-progressive", SOS, 1, COM), "a scan without its quantization table");
}

/* A progressive picture of one grey block whose scans each bring a bit of one coefficient, which is
 * 0: first number 0, then bits 13 to 0 of number 1, of number 2, and so on. */
static struct buffer with_scans(int count)
{
	/* SOI; quantizers of 1; SOF2 of 8×8 pixels; codes of one symbol, 0, for DC and for AC. */
	static const uint8_t tables[] = {0xff, SOI, 0xff, DQT, 0, 67, 0};
	static const uint8_t head[53] = {0xff, SOF2, 0,  11,       8,           0,       8,
									 0,    8,    1,  1,        0x11,        0,       0xff,
									 DHT,  0,    38, [18] = 1, [35] = 0x10, [36] = 1};
	const size_t most = sizeof tables + 64 + sizeof head + 11 * (size_t)count + 2;
	struct buffer file = {malloc(most), 0};

	assert_non_null(file.data);
	memcpy(file.data, tables, sizeof tables);
	memset(file.data + sizeof tables, 1, 64);
	memcpy(file.data + sizeof tables + 64, head, sizeof head);
	file.size = sizeof tables + 64 + sizeof head;
	for (int i = 0; i < count; i++) {
		const int k = i ? 1 + (i - 1) / 14 : 0, low = 13 - (i - 1) % 14;
		const int bits = !i ? 0 : low == 13 ? 13 : 16 * (low + 1) + low;
		const uint8_t scan[] = {0xff,       SOS,           0,   8, 1, 1, 0, (uint8_t)k,
								(uint8_t)k, (uint8_t)bits, 0x7f};
		memcpy(file.data + file.size, scan, sizeof scan);
		file.size += sizeof scan;
	}
	memcpy(file.data + file.size, (const uint8_t[]){0xff, EOI}, 2);
	file.size += 2;
	return file;
}

/* A file of 200 kB may ask for a visit to each of a million blocks in each of 800 scans. */
static void many_scans(void **state)
{
	struct raster picture = parsed(with_scans(200));

	(void)state;
	assert_int_equal(picture.samples[0], 128);
	raster_free(&picture);
	refuse(with_scans(201), ": more than 200 scans");
}

/* Where the file says that it ends, a progressive one may do without fine detail. */
static void early_end(void **state)
{
	(void)state;
	struct buffer file = jpeg("grey-progressive");

	file.size = find(&file, SOS) + 12;
	refuse(file, "the data ends before the picture does");
	file = jpeg("grey-progressive");
	const size_t end = find(&file, SOS) + 12;
	memcpy(file.data + end, "\xff\xd9", 2);
	file.size = end + 2;
	struct raster coarse = parsed(file);
	assert_int_equal(coarse.width, 7);
	raster_free(&coarse);
	file = jpeg("420-luma-last");
	insert(&file, SOS, "\xff\xd9", 2);
	refuse(file, "the data ends before the picture does");
}

/* In a sequential file a symbol of size 0 ends its block and no others, whatever its run: runs of 1
 * to 14 are undefined there in ITU-T T.81, and libjpeg reads them so. */
static void ends_of_blocks(void **state)
{
	(void)state;
	struct buffer file = jpeg("grey");
	uint8_t *end = file.data + find(&file, SOS) - 9; /* in the code for AC coefficients */

	assert_int_equal(*end, 0);
	*end = 0xe0;
	assert_same(parsed(file), parsed(jpeg("grey")));
}

static void damaged_data(void **state)
{
	(void)state;
	struct buffer file = jpeg("420");
	const size_t data = find(&file, SOS) + 14, size = file.size;

	buffer_free(&file);
	for (size_t end = data; end < size - 2; end++)
		refuse(cut("420", (int)end), ": the data ends in row ");
	char text[64];
	snprintf(text, sizeof text, "offset %zu: the data ends in row 1 of 2 of a scan", data);
	refuse(cut("420", (int)data), text);
	refuse(cut("420", -10), "the data ends in row 2 of 2 of a scan");
	refuse(cut("420", (int)data - 1), "the data ends before the picture does");
	refuse(changed("420-restart", 0xd0, 1, 0xd1), "expected another restart marker");
	/* Of the code for AC coefficients the pattern of sixteen ones is never used. */
	file = jpeg("grey");
	const size_t grey_data = find(&file, SOS) + 10;
	memset(file.data + grey_data, 0, 1);
	for (size_t i = grey_data; i < file.size - 2; i++)
		file.data[i] = i % 2 ? 0xff : 0;
	refuse(file, "in row 1 of 2 of a scan");
	/* 8193 × 7937 pixels are too many for so few bytes. */
	file = changed("grey", SOF0, 5, 31);
	file.data[find(&file, SOF0) + 7] = 31;
	refuse(file, "the data ends before the picture does");
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct raster raster;
	struct error error;

	(void)context;
	if (jpeg_parse(data, size, &raster, &error))
		assert_null(raster.samples);
	raster_free(&raster);
}

static void mutations(void **state)
{
	(void)state;
	static const char *const names[] = {"grey",     "grey-progressive",        "420-restart",
										"few-luma", "420-progressive-restart", "rgb-progressive"};
	const struct mutation_target target = {parse, NULL};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct buffer file = jpeg(names[i]);
		mutate(file.data, file.size, i < 2 ? MUTATE_ALL : MUTATE_SOME, target);
		buffer_free(&file);
	}
	struct buffer file = with_exif(6, true);
	mutate(file.data, find(&file, APP0), MUTATE_ALL, target);
	buffer_free(&file);
}

static void out_of_memory(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int count;
	} cases[] = {{"grey", 1}, {"420", 1}, {"420-progressive", 2}, {"rgb-progressive", 4}};

	if (!allocations_watched())
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (int n = 1; n <= cases[i].count; n++) {
			struct buffer file = jpeg(cases[i].name);
			allocations_fail_at(n);
			refuse(file, "not enough memory for ");
		}
		struct buffer file = jpeg(cases[i].name);
		allocations_fail_at(0);
		struct raster raster = parsed(file);
		assert_int_equal(allocations_count(), cases[i].count);
		raster_free(&raster);
	}
}

/* Random pictures of many sizes, in every mode that cjpeg writes, as djpeg reads them. */
static void against_libjpeg(void **state)
{
	(void)state;
	static const char *const samplings[] = {"1x1", "2x2",         "2x1",        "1x2",
											"4x1", "4x2,1x1,1x1", "1x1,2x2,2x2"};
	static const char *const options[] = {"",           "-progressive",
										  "-restart 1", "-optimize -restart 3B",
										  "-grayscale", "-grayscale -progressive"};
	char folder[64], picture[256], path[256], expected[256], command[2048];

	if (system("cjpeg -version 2>/dev/null && djpeg -version 2>/dev/null")) {
		print_message("cjpeg and djpeg are not there: no comparison with them\n");
		skip();
	}
	assert_non_null(scratch_open(folder));
	scratch_path(picture, folder, "picture.ppm");
	scratch_path(path, folder, "picture.jpg");
	scratch_path(expected, folder, "expected.pgm");
	for (unsigned i = 0; i < 7 * 6; i++) {
		const unsigned width = 1 + i * 7 % 50, height = 1 + i * 13 % 41;
		FILE *file = fopen(picture, "wb");
		assert_non_null(file);
		fprintf(file, "P6 %u %u 255\n", width, height);
		for (unsigned k = 0; k < 3 * width * height; k++)
			fputc((int)(i % 3 ? (k * 2654435761u) >> 24 : k / 3 % width * 9 + k / width), file);
		fclose(file);
		snprintf(command, sizeof command,
				 "cjpeg -quality %u -sample %s %s -outfile %s %s 2>/dev/null && "
				 "djpeg -dct int -nosmooth -grayscale -outfile %s %s",
				 1 + i * 37 % 100, samplings[i % 7], options[i % 6], path, picture, expected, path);
		assert_int_equal(system(command), 0);
		compare(path, expected);
	}
	assert_true(scratch_close(folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(orientations),
		cmocka_unit_test(damaged_exif),
		cmocka_unit_test(passed_over),
		cmocka_unit_test(colours),
		cmocka_unit_test(refused_by_name),
		cmocka_unit_test(damaged_segments),
		cmocka_unit_test(impossible_scans),
		cmocka_unit_test(many_scans),
		cmocka_unit_test(early_end),
		cmocka_unit_test(ends_of_blocks),
		cmocka_unit_test(damaged_data),
		cmocka_unit_test(mutations),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(against_libjpeg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
