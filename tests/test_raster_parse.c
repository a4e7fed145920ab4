/* Formats are told by their content; one that is not read is named, with what converts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "errors.h"
#include "fixture.h"
#include "formats/raster.h"

static void refuse_bytes(const void *data, size_t size, const char *text)
{
	struct raster picture;
	struct error error = {.text = ""};

	assert_int_equal(raster_parse(data, size, &picture, &error), -1);
	assert_null(picture.samples);
	assert_error_has(&error, text);
}

static void refuse(const char *data, const char *text)
{
	refuse_bytes(data, strlen(data), text);
}

static void netpbm(void **state)
{
	struct raster picture;
	struct error error;

	(void)state;
	assert_int_equal(raster_parse((const uint8_t *)"P5 2 1 255 ab", 13, &picture, &error), 0);
	assert_int_equal(picture.width, 2);
	assert_int_equal(picture.samples[1], 'b');
	raster_free(&picture);
	refuse("P1", "offset 2: ");
	refuse("P9 1 1 255 a", "no picture in PNG, JPEG or a format of Netpbm");
	refuse("Paris", "no picture in PNG, JPEG or a format of Netpbm: it begins with byte 50");
}

static void png(void **state)
{
	(void)state;
	refuse("\x89PNG\r\n\x1a\n", "offset 8: the file ends");
}

static void jpeg(void **state)
{
	(void)state;
	refuse("\xff\xd8\xff\xcc", "offset 4: the data ends before the picture does");
}

/* With a command that puts transparent pictures on white and turned ones upright. */
static void other_formats(void **state)
{
	(void)state;
	refuse("PF\n1 1\n", "a PFM file");
	refuse("Pf\n1 1\n", "a PFM file");
	refuse("GIF89a", "a GIF file");
	refuse("BM6", "a BMP file");
	refuse_bytes("II*", 4, "a TIFF file");
	refuse_bytes("MM\0*", 4, "a TIFF file");
	refuse("RIFF....WEBPVP8 ",
		   "a WebP file, which is not read; to convert it: "
		   "convert 'in.webp[0]' -auto-orient -background white -flatten out.png");
	refuse("....ftypheic", "a HEIC file");
	refuse("....ftypavif", "an AVIF file");
	refuse("\xff\n", "a JPEG XL file, which is not read; to convert it: djxl in.jxl out.png");
	refuse_bytes("\0\0\0\14JXL ", 8, "a JPEG XL file");
	refuse_bytes("\0\0\0\14jP  ", 8, "a JPEG 2000 file");
	refuse("8BPS", "a Photoshop file");
	refuse_bytes("\0\0\1\0", 4, "an ICO file");
	refuse("%PDF-1.4", "a PDF file, which is not read; to convert it: "
					   "pdftoppm -r 300 -png -singlefile in.pdf out");
	refuse("<svg ", "an SVG file");
	refuse("<?xml ", "an SVG file");
	refuse("<!DOCTYPE html>", "an HTML page, which is not read; save the picture that it shows");
	refuse("\x1f\x8b\x08", "a gzip file, which is not read; to unpack it: gunzip in.gz");
	refuse("PK\3\4", "a zip archive, such as a Word file, which is not read; "
					 "to unpack it: unzip in.zip");
}

static void no_picture(void **state)
{
	(void)state;
	refuse("", "an empty file");
	refuse_bytes(NULL, 0, "an empty file");
	refuse("hello", "no picture in PNG, JPEG or a format of Netpbm: it begins with byte 68");
	refuse_bytes("\0\0\1", 3, "no picture in PNG, JPEG or a format of Netpbm");
}

static void names(void **state)
{
	(void)state;
	assert_true(raster_is_name("a.png"));
	assert_true(raster_is_name("a.b.JPeG"));
	assert_true(raster_is_name("x/a.webp"));
	assert_false(raster_is_name("a.pn"));
	assert_false(raster_is_name("a.pngx"));
	assert_false(raster_is_name("a."));
	assert_false(raster_is_name("png"));
	assert_false(raster_is_name("a.png.txt"));
	assert_false(raster_is_name("Thumbs.db"));
	assert_false(raster_is_name(""));
}

/* Two pictures of a file, the second as wide as that many pixels; then its end. */
static void take_two(const uint8_t *data, size_t size, int width)
{
	size_t offset = 0;
	struct raster picture;
	struct error error;

	for (int i = 0; i < 2; i++) {
		assert_true(offset < size);
		assert_int_equal(raster_next(data, size, &offset, &picture, &error), 0);
		if (i == 1)
			assert_int_equal(picture.width, width);
		raster_free(&picture);
	}
	assert_int_equal(offset, size);
}

static void pictures_follow_one_another(void **state)
{
	static const char *const files[] = {
		"P1 2 2 1 0\n0 1\n", "P2 2 1 9 3 4\n",
		"P3 1 1 9 1 2 3 ",   "P4 9 2\nabcd",
		"P5 2 1 255 ab",     "P5 2 1 999\n\1a\1b\n",
		"P6 1 1 255 abc",    "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nENDHDR\nabcd",
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		uint8_t both[200];
		const size_t size = strlen(files[i]);

		memcpy(both, files[i], size);
		memcpy(both + size, "\n \r", 3);
		memcpy(both + size + 3, "P5 3 1 255 xyz", 14);
		take_two(both, size + 17, 3);
		memcpy(both + size + 17, "\n", 1);
		take_two(both, size + 18, 3);
	}
}

/* *file = itself, the bytes, and a picture of 5 pixels behind them. */
static void append(struct buffer *file, const char *bytes)
{
	const size_t added = strlen(bytes), picture = strlen("P5 5 1 255 vwxyz");

	file->data = realloc(file->data, file->size + added + picture);
	assert_non_null(file->data);
	memcpy(file->data + file->size, bytes, added);
	memcpy(file->data + file->size + added, "P5 5 1 255 vwxyz", picture);
	file->size += added + picture;
}

static void pictures_follow_packed_ones(void **state)
{
	static const char *const names[] = {
		FIXTURES "/jpeg/420.jpg",
		FIXTURES "/jpeg/420-luma-last.jpg",
		FIXTURES "/jpeg/420-progressive.jpg",
		FIXTURES "/jpeg/420-progressive-restart.jpg",
		FIXTURES "/jpeg/420-restart.jpg",
		FIXTURES "/jpeg/420-separate.jpg",
		FIXTURES "/jpeg/grey.jpg",
		FIXTURES "/jpeg/grey-progressive.jpg",
		FIXTURES "/jpeg/few-luma.jpg",
		FIXTURES "/jpeg/few-luma-progressive.jpg",
		FIXTURES "/jpeg/rgb.jpg",
		DATA "/samples/canvas.png",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buffer file = fixture_read(names[i]);

		append(&file, "");
		take_two(file.data, file.size, 5);
		buffer_free(&file);
	}
}

static void a_jpeg_follows_a_jpeg(void **state)
{
	(void)state;
	struct buffer file = fixture_read(FIXTURES "/jpeg/420.jpg");
	struct buffer second = fixture_read(FIXTURES "/jpeg/dot.jpg");

	file.data = realloc(file.data, file.size + second.size);
	assert_non_null(file.data);
	memcpy(file.data + file.size, second.data, second.size);
	take_two(file.data, file.size + second.size, 1);
	buffer_free(&second);
	buffer_free(&file);
}

static void what_is_no_picture_is_refused(void **state)
{
	static const char text[] = "P5 1 1 255 a\nP9";
	size_t offset = 0;
	struct raster picture;
	struct error error;

	(void)state;
	assert_int_equal(raster_next((const uint8_t *)text, 15, &offset, &picture, &error), 0);
	raster_free(&picture);
	assert_int_equal(offset, 13);
	assert_int_equal(raster_next((const uint8_t *)text, 15, &offset, &picture, &error), -1);
	assert_error_has(&error, "no picture in PNG, JPEG or a format of Netpbm");
	assert_int_equal(offset, 13);
	offset = 0;
	assert_int_equal(raster_next((const uint8_t *)"", 0, &offset, &picture, &error), -1);
	assert_error_has(&error, "an empty file");
}

/* Phones leave films behind a picture, or (MPF) further pictures that belong to it. */
static void a_jpeg_may_have_anything_behind_it(void **state)
{
	struct buffer file = fixture_read(FIXTURES "/jpeg/420-progressive.jpg");
	struct raster picture;
	struct error error;
	size_t offset = 0;

	(void)state;
	append(&file, "ftyp");
	assert_int_equal(raster_next(file.data, file.size, &offset, &picture, &error), 0);
	raster_free(&picture);
	assert_int_equal(offset, file.size);
	buffer_free(&file);

	file = fixture_read(FIXTURES "/jpeg/420-progressive.jpg");
	append(&file, "");
	file.data = realloc(file.data, file.size + 8);
	assert_non_null(file.data);
	memmove(file.data + 10, file.data + 2, file.size - 2);
	memcpy(file.data + 2, "\xff\xe2\0\6MPF", 8);
	file.size += 8;
	offset = 0;
	assert_int_equal(raster_next(file.data, file.size, &offset, &picture, &error), 0);
	raster_free(&picture);
	assert_int_equal(offset, file.size);
	buffer_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netpbm),
		cmocka_unit_test(png),
		cmocka_unit_test(jpeg),
		cmocka_unit_test(other_formats),
		cmocka_unit_test(no_picture),
		cmocka_unit_test(names),
		cmocka_unit_test(pictures_follow_one_another),
		cmocka_unit_test(pictures_follow_packed_ones),
		cmocka_unit_test(a_jpeg_follows_a_jpeg),
		cmocka_unit_test(what_is_no_picture_is_refused),
		cmocka_unit_test(a_jpeg_may_have_anything_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
