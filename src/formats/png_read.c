/* The pixels of PNG (ISO/IEC 15948). They are inflated, unfiltered and made grey as they come: of
 * the file's samples there is never more in memory than a row, which the next one's filter needs.
 * As a row may be as long as the picture is large, it is taken in segments. */
#include "formats/png.h"

#include <stdlib.h>
#include <string.h>

#include "formats/inflate.h"
#include "formats/png_chunks.h"

#define EXPANSION 1032    /* deflate makes at most so many bytes of one */
#define PIXEL_MAX 8       /* bytes of a pixel */
#define SEGMENT (24 << 7) /* bytes; whole pixels, whether of 1, 2, 3, 4, 6 or 8 bytes */

enum filter { FILTER_SUB = 1, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH };

/* ---- one pixel ---- */

/* Sample number i of a row; the first of several in a byte are the highest bits. */
static inline unsigned sample_at(const uint8_t *row, size_t i, int depth)
{
	if (depth == 8)
		return row[i];
	if (depth == 16)
		return load_u16be(row + 2 * i);
	const size_t bit = i * (size_t)depth;
	return row[bit / 8] >> (8 - (int)(bit % 8) - depth) & ((1 << depth) - 1);
}

/* The grey of pixel number i of a row. An index beyond the palette is black, as viewers show it. */
static unsigned grey_at(const struct png *png, const uint8_t *row, size_t i)
{
	unsigned samples[4];

	for (int c = 0; c < png->channels; c++)
		samples[c] = sample_at(row, i * (size_t)png->channels + (size_t)c, png->depth);
	if (png->type & PNG_PALETTE)
		return raster_grey(png->palette[samples[0]], 4, png->maxval);
	if (png->has_key && !memcmp(samples, png->key, (size_t)png->channels * sizeof samples[0]))
		return png->maxval;
	return raster_grey(samples, png->channels, png->maxval);
}

/* ---- all pixels ---- */

/* The pixels at (x + i·dx, y + j·dy), which follow one another in the file as if they were a
 * picture of their own. An interlaced one has seven passes, a small one fewer. */
struct adam7_pass {
	int x, y, dx, dy;
	int width, height; /* at least 1 each */
	size_t row_size;   /* bytes, without the number of the row's filter in front */
};

struct decoder {
	const struct png *png;
	struct raster *out;
	struct adam7_pass passes[7];
	const struct adam7_pass *pass, *end;
	int y;          /* of the row in its pass */
	int filter;     /* the row's; -1 where the next byte tells it */
	size_t done;    /* bytes of the row in front of the segment */
	size_t filled;  /* bytes of the segment that are there */
	uint8_t *above; /* the row above, with `done` bytes of this one; NULL in a picture of one row */

	/* The segment and that above it, each behind the pixel to its left. */
	uint8_t segment[PIXEL_MAX + SEGMENT], up[PIXEL_MAX + SEGMENT];
};

/* Find the passes that have pixels. Returns the number of bytes in all their rows. */
static size_t plan_passes(struct decoder *d)
{
	/* x, y, dx, dy */
	static const int whole[][4] = {{0, 0, 1, 1}};
	static const int adam7[][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
								   {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
	const struct png *png = d->png;
	const uint64_t bits = (uint64_t)(png->channels * png->depth);
	struct adam7_pass *end = d->passes;
	size_t size = 0;

	for (int i = 0; i < (png->interlaced ? 7 : 1); i++) {
		const int *grid = png->interlaced ? adam7[i] : whole[i];
		struct adam7_pass pass = {.x = grid[0], .y = grid[1], .dx = grid[2], .dy = grid[3]};
		pass.width = (png->width - pass.x + pass.dx - 1) / pass.dx;
		pass.height = (png->height - pass.y + pass.dy - 1) / pass.dy;
		pass.row_size = (size_t)(((uint64_t)pass.width * bits + 7) / 8);
		if (pass.width == 0 || pass.height == 0)
			continue;
		size += (pass.row_size + 1) * (size_t)pass.height;
		*end++ = pass;
	}
	d->pass = d->passes;
	d->end = end;
	return size;
}

static int paeth(int left, int up, int corner)
{
	const int to_left = abs(up - corner), to_up = abs(left - corner);
	const int to_corner = abs(left + up - 2 * corner);

	if (to_left <= to_up && to_left <= to_corner)
		return left;
	return to_up <= to_corner ? up : corner;
}

/* Undo the filter of `size` bytes. The byte to the left of at[i] is at[i - pixel], for i < pixel,
 * too; likewise in the row above, `up`. */
static void unfilter(int filter, uint8_t *at, const uint8_t *up, size_t size, size_t pixel)
{
	const uint8_t *left = at - pixel, *corner = up - pixel;

	switch (filter) {
	case FILTER_SUB:
		for (size_t i = 0; i < size; i++)
			at[i] = (uint8_t)(at[i] + left[i]);
		break;
	case FILTER_UP:
		for (size_t i = 0; i < size; i++)
			at[i] = (uint8_t)(at[i] + up[i]);
		break;
	case FILTER_AVERAGE:
		for (size_t i = 0; i < size; i++)
			at[i] = (uint8_t)(at[i] + (left[i] + up[i]) / 2);
		break;
	case FILTER_PAETH:
		for (size_t i = 0; i < size; i++)
			at[i] = (uint8_t)(at[i] + paeth(left[i], up[i], corner[i]));
		break;
	default:
		break;
	}
}

/* Write the segment's pixels. The last byte of a row may have bits to spare. */
static void put_grey(const struct decoder *d, const uint8_t *segment)
{
	const struct adam7_pass *pass = d->pass;
	const size_t bits = (size_t)(d->png->channels * d->png->depth);
	const size_t first = d->done * 8 / bits, there = d->filled * 8 / bits;
	const size_t rest = (size_t)pass->width - first, count = there < rest ? there : rest;
	const size_t y = (size_t)pass->y + (size_t)d->y * (size_t)pass->dy;
	uint16_t *row = d->out->samples + y * (size_t)d->out->width + pass->x;

	for (size_t i = 0; i < count; i++)
		row[(first + i) * (size_t)pass->dx] = (uint16_t)grey_at(d->png, segment, i);
}

static void end_segment(struct decoder *d)
{
	uint8_t *segment = d->segment + PIXEL_MAX, *up = d->up + PIXEL_MAX;
	const int bits = d->png->channels * d->png->depth;

	if (d->above)
		memcpy(up, d->above + d->done, d->filled);
	unfilter(d->filter, segment, up, d->filled, bits < 8 ? 1 : (size_t)bits / 8);
	if (d->above)
		memcpy(d->above + d->done, segment, d->filled);
	put_grey(d, segment);
	/* The next segment's left neighbours. */
	memmove(d->segment, d->segment + d->filled, PIXEL_MAX);
	memmove(d->up, d->up + d->filled, PIXEL_MAX);
	d->done += d->filled;
	d->filled = 0;
}

static void end_row(struct decoder *d)
{
	d->filter = -1;
	d->done = 0;
	memset(d->segment, 0, PIXEL_MAX);
	memset(d->up, 0, PIXEL_MAX);
	if (++d->y < d->pass->height)
		return;
	d->y = 0;
	d->pass++;
	if (d->above && d->pass < d->end)
		memset(d->above, 0, d->pass->row_size);
}

/* For inflate_zlib, which has no more than all rows' bytes. */
static int take_data(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct decoder *d = context;

	while (size > 0) {
		size_t count = 1;
		if (d->filter < 0) {
			if (*data > FILTER_PAETH)
				return error_set(error, "row %d has filter %d, expected 0 to 4", d->y, *data);
			d->filter = *data;
		} else {
			const size_t rest = d->pass->row_size - d->done;
			const size_t wanted = (rest < SEGMENT ? rest : SEGMENT) - d->filled;
			count = size < wanted ? size : wanted;
			memcpy(d->segment + PIXEL_MAX + d->filled, data, count);
			d->filled += count;
			if (count == wanted)
				end_segment(d);
			if (d->done == d->pass->row_size)
				end_row(d);
		}
		data += count;
		size -= count;
	}
	return 0;
}

static int decode(struct decoder *d, struct error *error)
{
	const struct png *png = d->png;
	struct inflate_output output = {.take = take_data, .context = d};

	output.max_size = plan_passes(d);
	if (output.max_size / EXPANSION > png->idat_size)
		return error_set(error, "%d×%d pixels cannot be in %zu bytes", png->width, png->height,
						 png->idat_size);
	const size_t row = d->end[-1].row_size; /* the last pass has the longest */
	if (raster_allocate(d->out, row, error))
		return -1;
	if (png->height > 1)
		d->above = calloc(1, row);
	if (png->height > 1 && !d->above)
		return error_scarce(error, "not enough memory for %zu bytes of a row", row);
	if (inflate_zlib(&png->idat, png_chunks_next, &output, error))
		return error_prefix(error, "the pixels");
	if (d->pass < d->end)
		return error_set(error, "the pixels have %zu bytes, expected %zu",
						 output.dropped + output.size, output.max_size);
	return 0;
}

int png_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error)
{
	struct png png;
	struct decoder d = {.png = &png, .out = out, .filter = -1};

	*out = (struct raster){0};
	if (png_chunks_read(data, size, &png, error))
		return -1;
	out->width = png.width;
	out->height = png.height;
	out->maxval = (int)png.maxval;
	out->size = png.end;
	const int status = decode(&d, error);
	free(d.above);
	if (status)
		raster_free(out);
	return status;
}
