/* Reduction by means of squares, and closings whose time grows with the logarithm of the
 * rectangle's sides only. */
#include "picture/grey.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 4.0 /* a plane's longer side is at most so many times `most` */

int grey_new(int width, int height, struct grey *out, struct error *error)
{
	*out = (struct grey){.width = width, .height = height};
	out->at = calloc(grey_count(out), sizeof *out->at);
	if (out->at)
		return 0;
	*out = (struct grey){0};
	return error_scarce(error, "not enough memory for a plane of %d×%d", width, height);
}

void grey_free(struct grey *plane)
{
	free(plane->at);
	*plane = (struct grey){0};
}

/* Each pixel becomes the mean of a square of factor × factor; at the right and at the bottom the
 * square may be cut. */
static void reduce(const struct raster *picture, const struct box *part, int factor,
				   struct grey *out)
{
	for (int y = 0; y < out->height; y++) {
		float *row = grey_row(out, y);
		const int top = part->top + y * factor;
		const int bottom = int_min(top + factor, part->bottom);

		for (int sy = top; sy < bottom; sy++) {
			const uint16_t *in = picture->samples + (size_t)sy * (size_t)picture->width;
			for (int x = 0; x < out->width; x++) {
				const int left = part->left + x * factor;
				const int right = int_min(left + factor, part->right);
				uint64_t sum = 0;

				for (int sx = left; sx < right; sx++)
					sum += in[sx];
				row[x] += (float)sum / (float)(right - left);
			}
		}
		for (int x = 0; x < out->width; x++)
			row[x] /= (float)(bottom - top) * (float)picture->maxval;
	}
}

static int enlarge(struct grey *plane, int factor, struct error *error)
{
	struct grey large;

	if (grey_new(plane->width * factor, plane->height * factor, &large, error))
		return -1;
	for (int y = 0; y < large.height; y++)
		for (int x = 0; x < large.width; x++)
			grey_row(&large, y)[x] = grey_between(plane, ((float)x + 0.5f) / (float)factor,
												  ((float)y + 0.5f) / (float)factor);
	grey_free(plane);
	*plane = large;
	return 0;
}

int grey_from_picture(const struct raster *picture, const struct box *part, int least, int most,
					  struct grey *out, double *scale, struct error *error)
{
	const int width = box_width(part), height = box_height(part);
	const int smaller = box_shorter_side(part);
	const double area = (double)width * (double)height, limit = (double)most * (double)most;
	const double excess = fmax(area / limit, pow(box_side(part) / (LONGEST * most), 2));
	const int factor = (int)ceil(sqrt(fmax(excess, 1.0)));
	int growth = (least + smaller - 1) / smaller;

	if (grey_new((width + factor - 1) / factor, (height + factor - 1) / factor, out, error))
		return -1;
	reduce(picture, part, factor, out);
	while (growth > 1 && area * growth * growth > limit)
		growth--;
	*scale = factor > 1 ? 1.0 / factor : growth;
	if (factor == 1 && growth > 1 && enlarge(out, growth, error)) {
		grey_free(out);
		return -1;
	}
	return 0;
}

static void transpose(const float *in, int width, int height, float *out)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			out[(size_t)x * (size_t)height + (size_t)y] = in[(size_t)y * (size_t)width + (size_t)x];
}

int grey_transpose(struct grey *plane, struct error *error)
{
	struct grey turned;

	if (grey_new(plane->height, plane->width, &turned, error))
		return -1;
	transpose(plane->at, plane->width, plane->height, turned.at);
	grey_free(plane);
	*plane = turned;
	return 0;
}

static void take_larger(float *restrict row, const float *restrict other, int length)
{
	for (int x = 0; x < length; x++)
		row[x] = row[x] < other[x] ? other[x] : row[x];
}

/* Each row becomes, value by value, the greatest of itself and the window - 1 rows behind it. Where
 * rows hold the greatest of `done` rows, taking in the row `done` further on makes it 2 × done: for
 * a window of 6 the shifts are 1, 2, 2. The last window - 1 rows are of no use afterwards. */
static void rows_largest(float *rows, int count, int length, int window)
{
	int done = 1;

	while (done < window) {
		const int shift = int_min(done, window - done);

		count -= shift;
		for (int y = 0; y < count; y++)
			take_larger(rows + (size_t)y * (size_t)length,
						rows + (size_t)(y + shift) * (size_t)length, length);
		done += shift;
	}
}

/* Put `margin` rows of minus infinity before and behind the rows, which change no greatest value.
 * Returns the new number of rows. */
static int rows_pad(float *rows, int count, int length, int margin)
{
	const size_t size = (size_t)count * (size_t)length, edge = (size_t)margin * (size_t)length;

	memmove(rows + edge, rows, size * sizeof *rows);
	for (size_t i = 0; i < edge; i++)
		rows[i] = rows[edge + size + i] = -INFINITY;
	return count + 2 * margin;
}

static void negate(const float *from, size_t count, float *to)
{
	for (size_t i = 0; i < count; i++)
		to[i] = -from[i];
}

/* First the greatest value in the rectangle for each of its places, places_x × places_y of them:
 * down, then across, as the rows of the transposed plane. Then the least over the places that
 * contain a pixel, as the greatest of the negated values, across, then down: a pixel in column x is
 * in the places x - ww + 1 to x, of which those outside are padding. */
int grey_close(const struct grey *in, int window_width, int window_height, struct grey *out,
			   struct error *error)
{
	const int w = in->width, h = in->height;
	const int ww = int_min(window_width, w);
	const int wh = int_min(window_height, h);
	const int places_x = w - ww + 1, places_y = h - wh + 1;
	const size_t size = (size_t)(w + ww) * (size_t)(h + wh);
	float *rows = malloc(2 * size * sizeof *rows);

	*out = (struct grey){0};
	if (!rows || grey_new(w, h, out, error)) {
		free(rows);
		return error_scarce(error, "not enough memory for a plane of %d×%d", w, h);
	}
	float *columns = rows + size;
	memcpy(rows, in->at, grey_count(in) * sizeof *rows);
	rows_largest(rows, h, w, wh);
	transpose(rows, w, places_y, columns);
	rows_largest(columns, w, places_y, ww);
	negate(columns, (size_t)places_x * (size_t)places_y, columns);
	rows_largest(columns, rows_pad(columns, places_x, places_y, ww - 1), places_y, ww);
	transpose(columns, places_y, w, rows);
	rows_largest(rows, rows_pad(rows, places_y, w, wh - 1), w, wh);
	negate(rows, grey_count(out), out->at);
	free(rows);
	return 0;
}

/* The mean with weights 1 2 1 along a line of `count` values that lie `stride` apart, whose ends
 * are repeated. */
static void smooth_line(float *line, int count, size_t stride)
{
	float before = line[0];

	for (int i = 0; i < count; i++) {
		float here = line[(size_t)i * stride];
		float next = i + 1 < count ? line[(size_t)(i + 1) * stride] : here;

		line[(size_t)i * stride] = (before + 2.0f * here + next) / 4.0f;
		before = here;
	}
}

void grey_smooth(struct grey *plane)
{
	for (int y = 0; y < plane->height; y++)
		smooth_line(grey_row(plane, y), plane->width, 1);
	for (int x = 0; x < plane->width; x++)
		smooth_line(plane->at + x, plane->height, (size_t)plane->width);
}

float grey_quantile(const struct grey *plane, double fraction)
{
	enum { BINS = 4096 };
	uint32_t bins[BINS] = {0};
	size_t below = 0;
	int bin = 0;

	for (size_t i = 0; i < grey_count(plane); i++) {
		float value = plane->at[i];
		bins[value <= 0.0f ? 0 : value >= 1.0f ? BINS - 1 : (int)(value * (float)BINS)]++;
	}
	while (bin < BINS - 1 && (double)(below += bins[bin]) < fraction * (double)grey_count(plane))
		bin++;
	return (float)bin / (float)BINS;
}

static int clamp_index(int value, int count)
{
	return int_max(0, int_min(value, count - 1));
}

float grey_between(const struct grey *plane, float x, float y)
{
	const float left = floorf(x - 0.5f), top = floorf(y - 0.5f);
	const float fx = x - 0.5f - left, fy = y - 0.5f - top;
	const int x0 = clamp_index((int)left, plane->width);
	const int x1 = clamp_index((int)left + 1, plane->width);
	const float *upper = grey_row(plane, clamp_index((int)top, plane->height));
	const float *lower = grey_row(plane, clamp_index((int)top + 1, plane->height));

	return (1.0f - fy) * ((1.0f - fx) * upper[x0] + fx * upper[x1]) +
		   fy * ((1.0f - fx) * lower[x0] + fx * lower[x1]);
}
