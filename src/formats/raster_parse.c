/* A picture of any format that is read here. Its first bytes tell the format; its name may lie. */
#include <string.h>

#include "formats/jpeg.h"
#include "formats/png.h"
#include "formats/pnm.h"
#include "formats/raster.h"

struct format {
	size_t offset; /* of the mark in the file */
	const char *mark;
	int (*parse)(const uint8_t *data, size_t size, struct raster *out, struct error *error);

	/* Where parse is NULL: */
	const char *name;
	const char *extension; /* where ImageMagick converts it */
	const char *advice;    /* else */
};

/* The first match counts. */
static const struct format formats[] = {
	{0, "\x89PNG", png_parse, NULL, NULL, NULL},
	{0, "\xff\xd8", jpeg_parse, NULL, NULL, NULL},
	{0, "PF", NULL, "a PFM", "pfm", NULL},
	{0, "Pf", NULL, "a PFM", "pfm", NULL},
	{0, "P", pnm_parse, NULL, NULL, NULL},
	{8, "WEBP", NULL, "a WebP", "webp", NULL},
	{4, "ftypavif", NULL, "an AVIF", "avif", NULL},
	{4, "ftyp", NULL, "a HEIC", "heic", NULL},
	{0, "GIF8", NULL, "a GIF", "gif", NULL},
	{0, "BM", NULL, "a BMP", "bmp", NULL},
	{0, "II*", NULL, "a TIFF", "tif", NULL},
	{0, "MM", NULL, "a TIFF", "tif", NULL},
	{0, "\xff\x0a", NULL, "a JPEG XL", "jxl", NULL},
	{4, "JXL ", NULL, "a JPEG XL", "jxl", NULL},
	{4, "jP  ", NULL, "a JPEG 2000", "jp2", NULL},
	{0, "8BPS", NULL, "a Photoshop", "psd", NULL},
	{0, "<svg", NULL, "an SVG", "svg", NULL},
	{0, "<?xml", NULL, "an SVG", "svg", NULL},
	{0, "%PDF", NULL, "a PDF", NULL, "pdftoppm -r 300 -png -singlefile in.pdf out"},
	{0, "\x1f\x8b", NULL, "a gzip", NULL, "gunzip in.gz"},
};

static int not_read(const struct format *format, struct error *error)
{
	if (format->advice)
		return error_set(error, "%s file, not PGM; to convert it: %s", format->name,
						 format->advice);
	/* The first picture of several, upright, on white where it is transparent. */
	return error_set(error,
					 "%s file, not PGM; to convert it: convert 'in.%s[0]' -auto-orient -background "
					 "white -flatten out.pgm",
					 format->name, format->extension);
}

int raster_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error)
{
	*out = (struct raster){0};
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		const struct format *f = &formats[i];
		const size_t length = strlen(f->mark);
		if (size < f->offset + length || memcmp(data + f->offset, f->mark, length))
			continue;
		return f->parse ? f->parse(data, size, out, error) : not_read(f, error);
	}
	if (size == 0)
		return error_set(error, "an empty file");
	return error_set(error, "no picture of a known format: it begins with byte %02x", data[0]);
}
