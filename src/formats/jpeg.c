/* JPEG (ITU-T T.81): segments, each behind a marker of two bytes, and scans of coded blocks.
 * Colours that the grey does not need are read past and never become samples. Blocks of a
 * sequential file go straight to their place in the raster; a progressive one's are collected. */
#include "formats/jpeg.h"

#include <stdlib.h>
#include <string.h>

#include "formats/jpeg_parts.h"

/* The second bytes of markers. The head of the picture tells how it is coded: SOF0 and SOF1 are
 * sequential, SOF2 is progressive, and the others are refused by name. */
enum { SOF0 = 0xc0, SOF2 = 0xc2, SOF3 = 0xc3, DHT = 0xc4, SOF5 = 0xc5, JPG = 0xc8, SOF15 = 0xcf };
enum { RST0 = 0xd0, SOI = 0xd8, EOI, SOS, DQT, DRI = 0xdd, APP0 = 0xe0, APP1, APP2, APP14 = 0xee };

#define UNSENT 255 /* a coefficient that no scan has brought */

/* A scan that brings nothing takes a few bytes, and a visit to each block all the same. Encoders
 * make some ten; one for each bit of a coefficient would be 896 for each component. */
#define MOST_SCANS 200

struct jpeg_component {
	int id, table;   /* of quantizers */
	int h, v;        /* sampling factors: an MCU has h × v of the component's blocks */
	int columns;     /* blocks in a row, up to whole MCUs */
	int weight;      /* of its samples in the grey; 0: they are not wanted */
	uint8_t low[64]; /* of each coefficient, in zigzag order, the lowest bit that has come */
	uint16_t quantizers[64];
	const struct jpeg_code *dc, *ac; /* of the current scan */
	int before;                      /* coefficient 0 of the block before */
	int16_t *blocks;                 /* [rows][columns][64]; NULL in a sequential file */
};

struct jpeg {
	struct bytes in; /* while a segment is read, its offset is where that begins */
	struct raster *out;
	struct error *error;
	uint16_t quantizers[4][64];
	struct jpeg_code codes[2][4]; /* DC, AC */
	int interval;                 /* MCUs between restart markers; 0: there are none */
	bool is_jfif, is_adobe;
	bool has_parts;             /* other pictures behind it belong to it */
	bool ended;                 /* the marker EOI has been read */
	int transform, orientation; /* Adobe's and Exif's; 0: not told */

	/* The picture. */
	bool progressive;
	int width, height; /* before the orientation turns them */
	int h, v;          /* the components' largest sampling factors */
	int mcu_columns, mcu_rows;
	int component_count;
	struct jpeg_component components[3];
	int unfinished, unbegun; /* coefficients of wanted components; those that lack number 0 */
	ptrdiff_t origin, stride_x, stride_y; /* pixel (x, y) is at origin + x stride_x + y stride_y */

	/* The current scan. */
	struct jpeg_scan scan;
	int scanned_count;
	struct jpeg_component *scanned[3];
	bool wanted;
	int wanted_count; /* of the scans so far */
};

static int damaged(const struct jpeg *j, const char *what)
{
	return error_set(j->error, "offset %zu: %s", j->in.offset, what);
}

static int unsupported(const struct jpeg *j, const char *what)
{
	return error_set(
		j->error,
		"a JPEG %s is not supported; to convert it: convert in.jpg -auto-orient out.pgm "
		"(with ImageMagick 7: magick)",
		what);
}

static int divided_up(int a, int b)
{
	return (a + b - 1) / b;
}

static int read_quantizers(struct jpeg *j, struct bytes in)
{
	const uint8_t *p;
	uint8_t head;

	while (bytes_u8(&in, &head)) {
		const unsigned id = head & 15, width = 1 + (head >> 4);
		if (id > 3 || width > 2 || !bytes_take(&in, 64 * width, &p))
			return damaged(j, "an impossible quantization table");
		for (int k = 0; k < 64; k++, p += width)
			j->quantizers[id][k] = (uint16_t)(width == 1 ? p[0] : load_u16be(p));
	}
	return 0;
}

static int read_codes(struct jpeg *j, struct bytes in)
{
	uint8_t head;

	while (bytes_u8(&in, &head))
		if (head > 31 || (head & 15) > 3 || !jpeg_code_read(&j->codes[head >> 4][head & 15], &in))
			return damaged(j, "an impossible Huffman table");
	return 0;
}

static unsigned exif_number(const uint8_t *p, int bytes, bool big_endian)
{
	unsigned value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | p[big_endian ? i : bytes - 1 - i];
	return value;
}

/* Exif is a TIFF file: MM or II for the order of bytes, 42, the offset of a table, and there the
 * number of its entries of 12 bytes. A damaged one does not turn the picture. */
static void read_exif(struct jpeg *j, const uint8_t *tiff, size_t size)
{
	const bool big_endian = tiff[0] == 'M';
	const size_t table = exif_number(tiff + 4, 4, big_endian);

	if (table > size - 2)
		return;
	const size_t count = exif_number(tiff + table, 2, big_endian);
	for (size_t i = 0; i < count && table + 14 + 12 * i <= size; i++) {
		const uint8_t *entry = tiff + table + 2 + 12 * i;
		if (exif_number(entry, 2, big_endian) == 0x0112)
			j->orientation = (int)exif_number(entry + 8, 2, big_endian);
	}
}

static int read_other(struct jpeg *j, int marker, const uint8_t *p, size_t size)
{
	if (marker == DRI && size >= 2)
		j->interval = load_u16be(p);
	if (marker == APP0 && size >= 5 && !memcmp(p, "JFIF", 5))
		j->is_jfif = true;
	if (marker == APP1 && size >= 14 && !memcmp(p, "Exif\0", 6))
		read_exif(j, p + 6, size - 6);
	if (marker == APP2 && size >= 4 && !memcmp(p, "MPF", 4))
		j->has_parts = true;
	if (marker == APP14 && size >= 12 && !memcmp(p, "Adobe", 5)) {
		j->is_adobe = true;
		j->transform = p[11];
	}
	return 0;
}

static int read_head(struct jpeg *j, int marker, struct bytes in)
{
	const uint8_t *p;

	if (j->component_count || !bytes_take(&in, 6, &p))
		return damaged(j, "a second head of the picture, or one that is too short");
	j->progressive = marker == SOF2;
	j->height = load_u16be(p + 1);
	j->width = load_u16be(p + 3);
	j->component_count = p[5];
	if (p[0] != 8)
		return unsupported(j, "with more than 8 bits a sample");
	if (p[5] != 1 && p[5] != 3)
		return unsupported(j, p[5] == 4 ? "in CMYK" : "in other colours than grey, YCbCr and RGB");
	if (j->height == 0)
		return unsupported(j, "that tells its height at the end (DNL)");
	if (j->width == 0 || (unsigned)j->width > RASTER_MAX_PIXELS / (unsigned)j->height)
		return error_set(j->error, "%d×%d pixels; the limit is %u", j->width, j->height,
						 RASTER_MAX_PIXELS);
	if (!bytes_take(&in, 3u * p[5], &p))
		return damaged(j, "a head of the picture that is too short");
	for (int i = 0; i < j->component_count; i++, p += 3) {
		struct jpeg_component *c = &j->components[i];
		*c = (struct jpeg_component){.id = p[0], .h = p[1] >> 4, .v = p[1] & 15, .table = p[2]};
		if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4 || c->table > 3)
			return damaged(j, "an impossible sampling factor or quantization table");
		memset(c->low, UNSENT, sizeof c->low);
		j->h = c->h > j->h ? c->h : j->h;
		j->v = c->v > j->v ? c->v : j->v;
	}
	j->mcu_columns = divided_up(j->width, 8 * j->h);
	j->mcu_rows = divided_up(j->height, 8 * j->v);
	return 0;
}

/* Of YCbCr only the luma, component 0, has a weight. RGB is told as libjpeg does, and its weights
 * are Rec. 709's; they add up to 257, so that white becomes 65535. */
static void weigh_components(struct jpeg *j)
{
	struct jpeg_component *c = j->components;
	const bool named_rgb = c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';

	c[0].weight = 1;
	j->out->maxval = 255;
	if (j->component_count == 1 || j->is_jfif || !(j->is_adobe ? j->transform == 0 : named_rgb))
		return;
	c[0].weight = 55;
	c[1].weight = 184;
	c[2].weight = 18;
	j->out->maxval = 65535;
}

/* Exif's orientations 5 to 8 exchange the axes. 2, 3, 7 and 8 mirror rows, and 3, 4, 6 and 7
 * columns, before that. */
static void orient(struct jpeg *j)
{
	const int o = j->orientation <= 8 ? j->orientation : 1;
	const bool exchange = o >= 5, mirror_x = 0x18c >> o & 1, mirror_y = 0xd8 >> o & 1;
	const ptrdiff_t x = exchange ? j->height : 1, y = exchange ? 1 : j->width;

	j->out->width = exchange ? j->height : j->width;
	j->out->height = exchange ? j->width : j->height;
	j->stride_x = mirror_x ? -x : x;
	j->stride_y = mirror_y ? -y : y;
	j->origin = (mirror_x ? x * (j->width - 1) : 0) + (mirror_y ? y * (j->height - 1) : 0);
}

/* Allocate the picture when its first scan comes. */
static int begin_picture(struct jpeg *j)
{
	const size_t pixels = (size_t)j->width * (size_t)j->height;
	size_t size = 0; /* of all blocks */
	bool enough = true;

	/* A block takes one bit, at least, and each of its samples covers 4 × 4 pixels, at most. */
	if (pixels / (64 * 16 * 8) > bytes_left(&j->in))
		return damaged(j, "the data ends before the picture does");
	weigh_components(j);
	orient(j);
	for (struct jpeg_component *c = j->components; c < j->components + 3 && c->weight; c++) {
		if (j->h % c->h || j->v % c->v)
			return unsupported(j, "with fractional sampling");
		j->unbegun++;
		j->unfinished += 64;
		c->columns = j->mcu_columns * c->h;
		if (!j->progressive)
			continue;
		const size_t blocks = (size_t)c->columns * (size_t)(j->mcu_rows * c->v);
		c->blocks = calloc(blocks, sizeof(int16_t[64]));
		size += blocks * sizeof(int16_t[64]);
		enough &= c->blocks != NULL;
	}
	if (!enough)
		return error_scarce(j->error, "not enough memory for %zu pixels", pixels);
	return raster_allocate(j->out, size, j->error);
}

/* Add a block's samples, in so far as they lie in the picture, to the raster. */
static void place_block(const struct jpeg *j, const struct jpeg_component *c, int column, int row,
						const int16_t block[64])
{
	const int scale_x = j->h / c->h, scale_y = j->v / c->v;
	const int left = 8 * scale_x * column, top = 8 * scale_y * row;
	uint8_t samples[64];

	jpeg_samples(block, c->quantizers, samples);
	for (int y = 0; y < 8 * scale_y && top + y < j->height; y++) {
		const uint8_t *sample = samples + y / scale_y * 8;
		ptrdiff_t at = j->origin + left * j->stride_x + (top + y) * j->stride_y;
		const int width = left + 8 * scale_x <= j->width ? 8 * scale_x : j->width - left;
		for (int x = 0; x < width; sample++)
			for (int i = 0; i < scale_x && x < width; i++, x++, at += j->stride_x)
				j->out->samples[at] = (uint16_t)(j->out->samples[at] + c->weight * *sample);
	}
}

/* The second byte of the next marker, 0 where there is none. Bytes before it are passed over: scans
 * that are not wanted, fill bytes, and what some cameras leave behind a scan. */
static int next_marker(struct bytes *in)
{
	uint8_t before = 0, byte;

	for (; bytes_u8(in, &byte); before = byte)
		if (before == 0xff && byte != 0 && byte != 0xff)
			return byte;
	return 0;
}

static void read_block(struct jpeg *j, struct jpeg_component *c, int column, int row)
{
	if (c->blocks) {
		int16_t *block = c->blocks + 64 * ((ptrdiff_t)row * c->columns + column);
		jpeg_read_block(&j->scan, c->dc, c->ac, &c->before, block);
		return;
	}
	int16_t block[64] = {0};
	jpeg_read_block(&j->scan, c->dc, c->ac, &c->before, block);
	if (c->weight)
		place_block(j, c, column, row, block);
}

/* Begin the entropy-coded data, or go on behind a restart marker. */
static void begin_bits(struct jpeg *j)
{
	const uint8_t *data = j->in.data;

	j->scan.bits = (struct jpeg_bits){.next = data + j->in.offset, .end = data + j->in.size};
	j->scan.empty_blocks = 0;
	for (int i = 0; i < j->scanned_count; i++)
		j->scanned[i]->before = 0;
}

/* Read an MCU: of several components h × v blocks each; of one alone a block. `number` counts the
 * MCUs before. */
static int read_mcu(struct jpeg *j, int column, int row, int number)
{
	const bool alone = j->scanned_count == 1;

	if (j->interval && number > 0 && number % j->interval == 0) {
		if (next_marker(&j->in) != RST0 + (number / j->interval - 1) % 8)
			return damaged(j, "expected another restart marker");
		begin_bits(j);
	}
	for (int i = 0; i < j->scanned_count; i++) {
		struct jpeg_component *c = j->scanned[i];
		const int h = alone ? 1 : c->h, v = alone ? 1 : c->v;
		for (int y = 0; y < v; y++)
			for (int x = 0; x < h; x++)
				read_block(j, c, column * h + x, row * v + y);
	}
	j->in.offset = (size_t)(j->scan.bits.next - j->in.data);
	return 0;
}

/* One component alone has its blocks row by row, without those that are no part of the picture. */
static int read_scan(struct jpeg *j)
{
	const struct jpeg_bits *bits = &j->scan.bits;
	const struct jpeg_component *c = j->scanned[0];
	const bool alone = j->scanned_count == 1;
	const int columns = alone ? divided_up(j->width * c->h, 8 * j->h) : j->mcu_columns;
	const int rows = alone ? divided_up(j->height * c->v, 8 * j->v) : j->mcu_rows;

	begin_bits(j);
	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++) {
			if (read_mcu(j, column, row, row * columns + column))
				return -1;
			if (bits->damaged || jpeg_bits_overrun(bits))
				return error_set(j->error, "offset %zu: %s in row %d of %d of a scan", j->in.offset,
								 jpeg_bits_overrun(bits) ? "the data ends" : "damaged data",
								 row + 1, rows);
		}
	return 0;
}

/* Note which coefficients of a component a scan brings. Each of their bits comes only once. */
static int enter_scan(struct jpeg *j, struct jpeg_component *c)
{
	const struct jpeg_scan *scan = &j->scan;
	const bool has_dc = scan->first == 0 && !scan->high;

	if ((has_dc && !c->dc->ends[16]) || (scan->last > 0 && !c->ac->ends[16]))
		return damaged(j, "a scan without its Huffman table");
	if (!c->weight)
		return 0;
	for (int k = scan->first; k <= scan->last; k++) {
		if (c->low[k] != (scan->high ? scan->high : UNSENT))
			return damaged(j, "a scan of what has come before, or cannot come yet");
		c->low[k] = (uint8_t)scan->low;
		j->unfinished -= scan->low == 0;
	}
	j->unbegun -= has_dc;
	if (has_dc)
		memcpy(c->quantizers, j->quantizers[c->table], sizeof c->quantizers);
	if (!c->quantizers[0])
		return damaged(j, "a scan without its quantization table");
	return 0;
}

static int begin_scan(struct jpeg *j, struct bytes in)
{
	static const char impossible[] = "an impossible scan";
	struct jpeg_scan *scan = &j->scan;
	const uint8_t *ids, *range;
	uint8_t count;

	if (!bytes_u8(&in, &count) || count < 1 || count > j->component_count ||
		!bytes_take(&in, 2u * count, &ids) || !bytes_take(&in, 3, &range))
		return damaged(j, impossible);
	*scan = (struct jpeg_scan){.last = 63};
	if (j->progressive)
		*scan = (struct jpeg_scan){
			.first = range[0], .last = range[1], .high = range[2] >> 4, .low = range[2] & 15};
	if (scan->last > 63 || scan->first > scan->last || scan->low > 13 ||
		(scan->high && scan->high != scan->low + 1) ||
		(j->progressive && (scan->first == 0 ? scan->last > 0 : count > 1)))
		return damaged(j, impossible);
	if (!j->out->samples && begin_picture(j))
		return -1;
	j->scanned_count = count;
	j->wanted = false;
	for (int i = 0; i < count; i++, ids += 2) {
		struct jpeg_component *c = j->components, *end = c + j->component_count;
		while (c < end && c->id != ids[0])
			c++;
		if (c == end || (ids[1] & 0xcc))
			return damaged(j, impossible);
		c->dc = &j->codes[0][ids[1] >> 4];
		c->ac = &j->codes[1][ids[1] & 15];
		if (enter_scan(j, c))
			return -1;
		j->scanned[i] = c;
		j->wanted |= c->weight > 0;
	}
	j->wanted_count += j->wanted;
	if (j->wanted_count > MOST_SCANS)
		return error_set(j->error, "offset %zu: more than %d scans", j->in.offset, MOST_SCANS);
	return 0;
}

static int read_segment(struct jpeg *j, int marker, struct bytes in)
{
	if (marker == DQT)
		return read_quantizers(j, in);
	if (marker == DHT)
		return read_codes(j, in);
	if (marker == SOS)
		return begin_scan(j, in);
	if (marker >= SOF0 && marker <= SOF2)
		return read_head(j, marker, in);
	if (marker >= SOF3 && marker <= SOF15 && marker != JPG)
		return unsupported(j, marker == SOF3 ? "that is lossless"
							  : marker < JPG ? "that is hierarchical"
											 : "with arithmetic coding");
	return read_other(j, marker, in.data + in.offset, bytes_left(&in));
}

/* *out = the content of a segment, which begins with its length: two bytes, which count, too. */
static bool find_segment(struct bytes in, struct bytes *out)
{
	const uint8_t *length, *content;

	if (!bytes_take(&in, 2, &length) || load_u16be(length) < 2 ||
		!bytes_take(&in, load_u16be(length) - 2u, &content))
		return false;
	*out = (struct bytes){in.data, in.offset, (size_t)(content - in.data)};
	return true;
}

/* Read until the grey has all its coefficients. A progressive file may end without some of them. */
static int read_picture(struct jpeg *j)
{
	while (!j->out->samples || j->unfinished) {
		const int marker = next_marker(&j->in);
		struct bytes segment;
		j->ended = marker == EOI;
		if (j->ended && j->out->samples && !j->unbegun)
			return 0;
		if (marker >= RST0 && marker <= SOI)
			continue;
		if (marker == EOI || !find_segment(j->in, &segment))
			return damaged(j, "the data ends before the picture does");
		if (read_segment(j, marker, segment))
			return -1;
		j->in.offset = segment.size;
		if (marker == SOS && j->wanted && read_scan(j))
			return -1;
	}
	return 0;
}

/* The offset behind the picture, all of which has been read that is wanted. Where its end is
 * missing, or its other pictures follow (MPF, CIPA DC-007: previews, or what makes it brighter),
 * it is the file's. */
static size_t find_end(struct jpeg *j)
{
	struct bytes segment;

	while (!j->ended && !j->has_parts) {
		const int marker = next_marker(&j->in);
		j->ended = marker == EOI;
		if (marker >= RST0 && marker <= EOI)
			continue;
		if (!find_segment(j->in, &segment))
			return j->in.size;
		j->in.offset = segment.size;
	}
	return j->has_parts ? j->in.size : j->in.offset;
}

int jpeg_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error)
{
	struct jpeg j = {.in = {data, size, 2}, .out = out, .error = error};

	*out = (struct raster){0};
	if (size < 2 || data[0] != 0xff || data[1] != SOI)
		return error_set(error, "no JPEG file: it does not begin with bytes ff d8");
	const int status = read_picture(&j);
	for (struct jpeg_component *c = j.components; c < j.components + 3; c++) {
		const int count = c->columns * j.mcu_rows * c->v;
		for (int i = 0; i < count && c->blocks && !status; i++)
			place_block(&j, c, i % c->columns, i / c->columns, c->blocks + 64 * (ptrdiff_t)i);
		free(c->blocks);
	}
	if (status)
		raster_free(out);
	else
		out->size = find_end(&j);
	return status;
}
