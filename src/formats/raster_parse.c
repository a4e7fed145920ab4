/* A picture of any format that is read here. Its first bytes tell the format; its name may lie. */
#include <ctype.h>
#include <string.h>

#include "formats/jpeg.h"
#include "formats/png.h"
#include "formats/pnm.h"
#include "formats/raster.h"

struct mark {
	size_t offset, size; /* of `bytes`, in the file */
	const char *bytes;
};

struct reader {
	struct mark mark;
	int (*parse)(const uint8_t *data, size_t size, struct raster *out, struct error *error);
};

/* clang-format off */
static const struct reader readers[] = {
	{{0, 4, "\x89PNG"}, png_parse},
	{{0, 2, "\xff\xd8"}, jpeg_parse},
	{{0, 2, "P1"}, pnm_parse},
	{{0, 2, "P2"}, pnm_parse},
	{{0, 2, "P3"}, pnm_parse},
	{{0, 2, "P4"}, pnm_parse},
	{{0, 2, "P5"}, pnm_parse},
	{{0, 2, "P6"}, pnm_parse},
	{{0, 2, "P7"}, pnm_parse},
};
/* clang-format on */

struct format {
	struct mark mark;
	const char *name;
	const char *extension; /* where ImageMagick converts it */
	const char *advice;    /* else */
};

/* The first match counts. */
static const struct format others[] = {
	{{0, 2, "PF"}, "a PFM file", "pfm", NULL},
	{{0, 2, "Pf"}, "a PFM file", "pfm", NULL},
	{{0, 4, "GIF8"}, "a GIF file", "gif", NULL},
	{{0, 2, "BM"}, "a BMP file", "bmp", NULL},
	{{0, 4, "II*\0"}, "a TIFF file", "tif", NULL},
	{{0, 4, "MM\0*"}, "a TIFF file", "tif", NULL},
	{{8, 4, "WEBP"}, "a WebP file", "webp", NULL},
	{{4, 8, "ftypavif"}, "an AVIF file", "avif", NULL},
	{{4, 4, "ftyp"}, "a HEIC file", "heic", NULL},
	{{4, 4, "jP  "}, "a JPEG 2000 file", "jp2", NULL},
	{{0, 4, "8BPS"}, "a Photoshop file", "psd", NULL},
	{{0, 4, "\0\0\1\0"}, "an ICO file", "ico", NULL},
	{{0, 4, "<svg"}, "an SVG file", "svg", NULL},
	{{0, 5, "<?xml"}, "an SVG file", "svg", NULL},
	{{0, 1, "<"}, "an HTML page", NULL, "save the picture that it shows"},
	{{0, 4, "%PDF"},
	 "a PDF file",
	 NULL,
	 "to convert it: pdftoppm -r 300 -png -singlefile in.pdf out"},
	{{0, 2, "\xff\x0a"}, "a JPEG XL file", NULL, "to convert it: djxl in.jxl out.png"},
	{{4, 4, "JXL "}, "a JPEG XL file", NULL, "to convert it: djxl in.jxl out.png"},
	{{0, 2, "\x1f\x8b"}, "a gzip file", NULL, "to unpack it: gunzip in.gz"},
	{{0, 4, "PK\3\4"}, "a zip archive, such as a Word file", NULL, "to unpack it: unzip in.zip"},
};

static bool matches(const struct mark *mark, const uint8_t *data, size_t size)
{
	return size >= mark->offset + mark->size &&
		   !memcmp(data + mark->offset, mark->bytes, mark->size);
}

static int not_read(const struct format *format, struct error *error)
{
	if (format->advice)
		return error_set(error, "%s, which is not read; %s", format->name, format->advice);
	/* The first picture of several, upright, on white where it is transparent. */
	return error_set(error,
					 "%s, which is not read; to convert it: convert 'in.%s[0]' -auto-orient "
					 "-background white -flatten out.png (with ImageMagick 7: magick)",
					 format->name, format->extension);
}

/* In lower case. */
static const char *const extensions[] = {
	"png", "jpg", "jpeg", "jpe",  "jfif", "pgm",  "ppm",  "pbm", "pnm", "pam", "pfm", "gif",
	"bmp", "tif", "tiff", "webp", "avif", "heic", "heif", "jp2", "jxl", "psd", "ico", "svg",
};

/* True where `text` is `word` in upper or lower case. */
static bool is_word(const char *text, const char *word)
{
	while (*text && tolower((unsigned char)*text) == *word)
		text++, word++;
	return !*text && !*word;
}

bool raster_is_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
		if (is_word(dot + 1, extensions[i]))
			return true;
	return false;
}

/* The reader of the picture that begins here; NULL where none does that is read. */
static const struct reader *find_reader(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (matches(&readers[i].mark, data, size))
			return &readers[i];
	return NULL;
}

int raster_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error)
{
	const struct reader *reader = find_reader(data, size);

	*out = (struct raster){0};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (matches(&others[i].mark, data, size))
			return not_read(&others[i], error);
	}
	if (reader)
		return reader->parse(data, size, out, error);
	if (size == 0)
		return error_set(error, "an empty file");
	return error_set(
		error, "no picture in PNG, JPEG or a format of Netpbm: it begins with byte %02x", data[0]);
}

int raster_next(const uint8_t *data, size_t size, size_t *offset, struct raster *out,
				struct error *error)
{
	const uint8_t *picture = data + *offset;

	if (raster_parse(picture, size - *offset, out, error))
		return -1;
	*offset += out->size;
	while (*offset < size && isspace(data[*offset]))
		++*offset;
	if (picture[0] == 0xff && !find_reader(data + *offset, size - *offset))
		*offset = size;
	return 0;
}
