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

static void other_formats(void **state)
{
	(void)state;
	refuse("PF\n1 1\n", "a PFM file");
	refuse("Pf\n1 1\n", "a PFM file");
	refuse("GIF89a", "a GIF file");
	refuse("BM6", "a BMP file");
	refuse("II*", "a TIFF file");
	refuse_bytes("MM\0*", 4, "a TIFF file");
	refuse("RIFF....WEBPVP8 ", "a WebP file, not PGM; to convert it: convert 'in.webp[0]' "
							   "-auto-orient -background white -flatten out.pgm");
	refuse("....ftypheic", "a HEIC file");
	refuse("....ftypavif", "an AVIF file");
	refuse("\xff\n", "a JPEG XL file");
	refuse_bytes("\0\0\0\14JXL ", 8, "a JPEG XL file");
	refuse_bytes("\0\0\0\14jP  ", 8, "a JPEG 2000 file");
	refuse("8BPS", "a Photoshop file");
	refuse("%PDF-1.4", "a PDF file, not PGM; to convert it: pdftoppm -r 300 -png -singlefile");
	refuse("<svg ", "an SVG file");
	refuse("\x1f\x8b\x08", "a gzip file, not PGM; to convert it: gunzip in.gz");
}

static void no_picture(void **state)
{
	(void)state;
	refuse("", "an empty file");
	refuse_bytes(NULL, 0, "an empty file");
	refuse("h", "no picture of a known format: it begins with byte 68");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netpbm),        cmocka_unit_test(png),        cmocka_unit_test(jpeg),
		cmocka_unit_test(other_formats), cmocka_unit_test(no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
