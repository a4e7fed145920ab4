/* Formats are told by their content; one that is not read is named, with what converts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "errors.h"
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
	refuse("P9 1 1 255 a", "expected P1 to P7");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netpbm),        cmocka_unit_test(png),        cmocka_unit_test(jpeg),
		cmocka_unit_test(other_formats), cmocka_unit_test(no_picture), cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
