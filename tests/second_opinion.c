/* Second opinions. Each library is asked in its simplest way; a warning counts as not knowing. */
#include "second_opinion.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decompress.h"
#include "formats/adler32.h"
#include "formats/crc32.h"

#define PNG_HEAD 8   /* bytes in front of the first chunk */
#define CHUNK_HEAD 8 /* length and type */

/* ---- zlib ---- */

#ifdef HAVE_ZLIB
#define ZLIB_CONST
#include <zlib.h>

/* One stream of the kind that `window_bits` says, appended to *out, whose memory has `most` bytes.
 * Returns false where zlib refuses it or it is longer. */
static bool inflate_one(const uint8_t *data, size_t size, int window_bits, size_t most,
						struct buffer *out, size_t *used)
{
	z_stream stream = {.next_in = data,
					   .avail_in = (uInt)size,
					   .next_out = out->data + out->size,
					   .avail_out = (uInt)(most - out->size)};

	if (inflateInit2(&stream, window_bits) != Z_OK)
		abort();
	const int status = inflate(&stream, Z_FINISH);
	*used = size - stream.avail_in;
	out->size = most - stream.avail_out;
	inflateEnd(&stream);
	return status == Z_STREAM_END;
}

static enum opinion inflate_all(const uint8_t *data, size_t size, int window_bits, bool all,
								size_t most, struct buffer *out, size_t *used)
{
	size_t offset = 0, more;
	bool fine = true;

	*out = (struct buffer){malloc(most), 0};
	if (!out->data)
		abort();
	do {
		fine = inflate_one(data + offset, size - offset, window_bits, most, out, &more);
		offset += more;
	} while (fine && all && offset < size);
	*used = offset;
	return fine ? OPINION_FINE : OPINION_BROKEN;
}

enum opinion opinion_gzip(const uint8_t *data, size_t size, size_t most, struct buffer *out)
{
	size_t used;

	return inflate_all(data, size, 15 + 16, true, most, out, &used);
}

enum opinion opinion_inflate(const uint8_t *data, size_t size, size_t most, struct buffer *out,
							 size_t *used)
{
	return inflate_all(data, size, -15, false, most, out, used);
}
#else
enum opinion opinion_gzip(const uint8_t *data, size_t size, size_t most, struct buffer *out)
{
	(void)data, (void)size, (void)most, (void)out;
	return OPINION_NONE;
}

enum opinion opinion_inflate(const uint8_t *data, size_t size, size_t most, struct buffer *out,
							 size_t *used)
{
	(void)data, (void)size, (void)most, (void)out, (void)used;
	return OPINION_NONE;
}
#endif

/* ---- libpng ---- */

static void store_u32be(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The size of the chunk at an offset with its head and CRC, or 0 where it is not whole. */
static size_t chunk_size(const uint8_t *data, size_t size, size_t offset)
{
	if (size - offset < CHUNK_HEAD + 4)
		return 0;
	const size_t length = load_u32be(data + offset);
	return length <= size - offset - CHUNK_HEAD - 4 ? CHUNK_HEAD + length + 4 : 0;
}

/* The pixels' checksum stands in the last four bytes of all IDAT chunks. Only where it is whole in
 * the last of them is it mended. */
static void mend_adler(uint8_t *data, size_t size)
{
	struct buffer stream = {malloc(size), 0}, pixels = {0};
	uint8_t *end = NULL;
	struct error error;

	if (!stream.data)
		abort();
	for (size_t at = PNG_HEAD, length; at < size && (length = chunk_size(data, size, at));
		 at += length)
		if (!memcmp(data + at + 4, "IDAT", 4)) {
			memcpy(stream.data + stream.size, data + at + CHUNK_HEAD, length - CHUNK_HEAD - 4);
			stream.size += length - CHUNK_HEAD - 4;
			end = length >= CHUNK_HEAD + 8 ? data + at + length - 8 : NULL;
		}
	struct bytes in = {stream.data, stream.size, 2};
	if (end && stream.size > 6 && !decompress_stream(&in, 1 << 16, &pixels, &error) &&
		in.offset + 4 == stream.size)
		store_u32be(end, adler32_update(ADLER32_START, pixels.data, pixels.size));
	buffer_free(&pixels);
	free(stream.data);
}

void opinion_mend_png(uint8_t *data, size_t size)
{
	if (size < PNG_HEAD)
		return;
	mend_adler(data, size);
	for (size_t at = PNG_HEAD, length; at < size && (length = chunk_size(data, size, at));
		 at += length)
		store_u32be(data + at + length - 4, crc32_of(data + at + 4, length - 8));
}

#ifdef HAVE_PNG
#include <png.h>

struct png_source {
	const uint8_t *data;
	size_t size, offset;
	bool warned;
};

static void png_give(png_structp png, png_bytep out, size_t count)
{
	struct png_source *source = png_get_io_ptr(png);

	if (count > source->size - source->offset)
		png_error(png, "too short");
	memcpy(out, source->data + source->offset, count);
	source->offset += count;
}

static void png_fail(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void png_warn(png_structp png, png_const_charp message)
{
	struct png_source *source = png_get_error_ptr(png);

	(void)message;
	source->warned = true;
}

/* libpng's pixels, 16 bits of red, green, blue and alpha each, become grey as ours do. */
static bool same_grey(const uint8_t *rgba, const struct raster *ours, int row)
{
	for (int x = 0; x < ours->width; x++) {
		unsigned samples[4];
		for (int i = 0; i < 4; i++)
			samples[i] = (unsigned)rgba[8 * x + 2 * i] << 8 | rgba[8 * x + 2 * i + 1];
		const long long theirs = raster_grey(samples, 4, 65535);
		const long long grey = ours->samples[(size_t)row * (size_t)ours->width + (size_t)x];
		/* Ours is rounded twice, to the file's levels: as grey, and on white. */
		if (llabs(grey * 65535 - theirs * ours->maxval) > 65535 + ours->maxval)
			return false;
	}
	return true;
}

static bool same_picture(png_structp png, png_infop info, const struct raster *ours)
{
	const int width = (int)png_get_image_width(png, info);
	const int height = (int)png_get_image_height(png, info);
	bool same = width == ours->width && height == ours->height;

	png_set_expand(png);
	png_set_expand_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xffff, PNG_FILLER_AFTER);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
	/* libpng frees what belongs to it, also after an error. */
	uint8_t *pixels = png_malloc(png, (size_t)width * (size_t)height * 8);
	png_data_freer(png, info, PNG_DESTROY_WILL_FREE_DATA, PNG_FREE_ALL);
	png_bytep *rows = png_malloc(png, (size_t)height * sizeof *rows);
	for (int y = 0; y < height; y++)
		rows[y] = pixels + (size_t)y * (size_t)width * 8;
	png_read_image(png, rows);
	png_read_end(png, NULL);
	for (int y = 0; same && y < height; y++)
		same = same_grey(rows[y], ours, y);
	png_free(png, rows);
	png_free(png, pixels);
	return same;
}

enum opinion opinion_png(const uint8_t *data, size_t size, const struct raster *ours)
{
	struct png_source source = {data, size, 0, false};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, png_fail, png_warn);
	png_infop info = png_create_info_struct(png);
	enum opinion opinion = OPINION_NONE;

	if (!setjmp(png_jmpbuf(png))) {
		png_set_read_fn(png, &source, png_give);
		png_read_info(png, info);
		opinion = same_picture(png, info, ours) ? OPINION_FINE : OPINION_BROKEN;
	}
	png_destroy_read_struct(&png, &info, NULL);
	return source.warned ? OPINION_NONE : opinion;
}
#else
enum opinion opinion_png(const uint8_t *data, size_t size, const struct raster *ours)
{
	(void)data, (void)size, (void)ours;
	return OPINION_NONE;
}
#endif

/* ---- libjpeg ---- */

#ifdef HAVE_JPEG
#include <jpeglib.h>

struct jpeg_manager {
	struct jpeg_error_mgr base; /* the first member: libjpeg knows only this */
	jmp_buf escape;
};

static void jpeg_fail(j_common_ptr jpeg)
{
	longjmp(((struct jpeg_manager *)jpeg->err)->escape, 1);
}

static void jpeg_mute(j_common_ptr jpeg)
{
	(void)jpeg;
}

/* Exif may turn our picture; and of a luma in fewer samples than the picture has libjpeg makes a
 * smooth one. */
static bool is_plain(struct jpeg_decompress_struct *jpeg, const struct raster *ours)
{
	const jpeg_component_info *luma = jpeg->comp_info;

	for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next)
		if (marker->marker == JPEG_APP0 + 1)
			return false;
	return luma->h_samp_factor == jpeg->max_h_samp_factor &&
		   luma->v_samp_factor == jpeg->max_v_samp_factor && ours->maxval == 255 &&
		   (jpeg->jpeg_color_space == JCS_YCbCr || jpeg->jpeg_color_space == JCS_GRAYSCALE);
}

/* A block's values may add up to no more than this: libjpeg takes what is far too light or too dark
 * modulo 1024. */
static bool is_tame(struct jpeg_decompress_struct *jpeg)
{
	jvirt_barray_ptr *all = jpeg_read_coefficients(jpeg);
	const jpeg_component_info *luma = jpeg->comp_info;

	for (JDIMENSION row = 0; row < luma->height_in_blocks; row++) {
		JBLOCKARRAY blocks =
			jpeg->mem->access_virt_barray((j_common_ptr)jpeg, all[0], row, 1, FALSE);
		for (JDIMENSION column = 0; column < luma->width_in_blocks; column++) {
			long sum = 0;
			for (int i = 0; i < DCTSIZE2; i++)
				sum += labs((long)blocks[0][column][i] * luma->quant_table->quantval[i]);
			if (sum > 2000)
				return false;
		}
	}
	return true;
}

static bool same_luma(struct jpeg_decompress_struct *jpeg, const struct raster *ours)
{
	uint8_t *row = malloc(jpeg->output_width);
	bool same = (int)jpeg->output_width == ours->width && (int)jpeg->output_height == ours->height;

	if (!row)
		abort();
	for (int y = 0; same && y < ours->height; y++) {
		jpeg_read_scanlines(jpeg, &row, 1);
		for (int x = 0; same && x < ours->width; x++)
			same = abs(row[x] - ours->samples[(size_t)y * (size_t)ours->width + (size_t)x]) <= 2;
	}
	free(row);
	return same;
}

/* Look at the file, either at its coefficients or at its pixels. */
static enum opinion look_at_jpeg(const uint8_t *data, size_t size, const struct raster *ours,
								 bool coefficients)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_manager manager;
	enum opinion opinion = OPINION_NONE;

	jpeg.err = jpeg_std_error(&manager.base);
	manager.base.error_exit = jpeg_fail;
	manager.base.output_message = jpeg_mute;
	jpeg_create_decompress(&jpeg);
	if (!setjmp(manager.escape)) {
		jpeg_mem_src(&jpeg, data, size);
		jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 64);
		jpeg_read_header(&jpeg, TRUE);
		if (is_plain(&jpeg, ours)) {
			jpeg.out_color_space = JCS_GRAYSCALE;
			jpeg.do_block_smoothing = FALSE;
			opinion = coefficients ? (is_tame(&jpeg) ? OPINION_FINE : OPINION_NONE)
					  : jpeg_start_decompress(&jpeg) && same_luma(&jpeg, ours) ? OPINION_FINE
																			   : OPINION_BROKEN;
		}
	}
	if (manager.base.num_warnings)
		opinion = OPINION_NONE;
	jpeg_destroy_decompress(&jpeg);
	return opinion;
}

enum opinion opinion_jpeg(const uint8_t *data, size_t size, const struct raster *ours)
{
	const enum opinion tame = look_at_jpeg(data, size, ours, true);

	return tame == OPINION_FINE ? look_at_jpeg(data, size, ours, false) : OPINION_NONE;
}
#else
enum opinion opinion_jpeg(const uint8_t *data, size_t size, const struct raster *ours)
{
	(void)data, (void)size, (void)ours;
	return OPINION_NONE;
}
#endif
