/* The lines of ruled paper are found as staff lines are in sheet music (Cardoso, Capela, Rebelo,
 * Guedes & da Costa 2009): as the paths from edge to edge that are on the most dark pixels. A path
 * has one pixel in each row, at most one column beside that of the row above: it may be tilted or
 * bent a little. This is for upright lines; level ones are upright in the transposed picture. */
#include "picture/lines.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define ASIDE 0.3f       /* dark pixels that going one column aside costs a path */
#define OUTSIDE 0.6f     /* a path's gain in an outermost column, where a tilted line leaves */
#define LEAST_INSIDE 0.4 /* the fraction of the picture's rows in which a line is inside */
#define LEAST_DARK 0.6   /* the fraction of those that shows the line; strokes hide it in others */
#define END 8            /* each end of a line is an eighth of those rows */
#define LEAST_END 0.5    /* the fraction of an end's rows that shows the line */
#define MOST_SLANT 0.35  /* columns to the side for each row */
#define LEAST_DEPTH 0.015f /* grey levels, of 0 to 1, by which a line is darker than the paper */
#define MOST_LIFTED 1.3f   /* a pixel is lightened by at most so many of the line's depths */

struct lines {
	struct grey depth; /* the grey of the paper left and right less the pixel's, 0 to 1 */
	float visible;     /* the depth from which on a pixel stands out of the noise */
	int8_t *from;      /* [height][width]: the best path to (x, y) comes from (x + this, y - 1) */
	float *score;      /* [width]: the darkness on the best path to each pixel of a row */
	int *path;         /* [height]: the columns of the path that is looked at */
	float *values;     /* [height]: of which a median is taken */
};

/* A line along lines->path. */
struct line {
	float depth; /* median of its visible pixels */
	int width;   /* in pixels, likewise */
};

static int lines_new(const struct grey *picture, int thickness, struct lines *out,
					 struct error *error)
{
	const size_t width = (size_t)picture->width, height = (size_t)picture->height;

	*out = (struct lines){0};
	if (grey_close(picture, thickness, 1, &out->depth, error))
		return -1;
	out->score = malloc((width + 2 * height) * sizeof *out->score + width * height);
	if (!out->score) {
		grey_free(&out->depth);
		return error_scarce(error, "not enough memory for a plane of %zu×%zu", width, height);
	}
	out->values = out->score + width;
	out->path = (int *)(out->values + height);
	out->from = (int8_t *)(out->path + height);
	for (size_t i = 0; i < width * height; i++)
		out->depth.at[i] -= picture->at[i];
	/* Most pixels are paper, whose depth is noise: the 10th percentile is 1.28 deviations below its
	 * middle, so `visible` is 2.6 deviations above it. */
	float middle = grey_quantile(&out->depth, 0.5);
	out->visible = fmaxf(middle + 2.0f * (middle - grey_quantile(&out->depth, 0.1)), LEAST_DEPTH);
	return 0;
}

/* The gain of a path from a pixel: 0 for noise, 1/3 where the depth is `visible`, 3/5 at twice
 * that, and never more than 1, so that a path keeps to a line's middle, but a few darker pixels do
 * not outweigh many of the line. */
static float darkness(float depth, float visible)
{
	const float above = depth - visible / 2.0f;

	return above > 0.0f ? above / (above + visible) : 0.0f;
}

/* Find the best path from the top edge to each pixel, by dynamic programming. Then score[x] is that
 * of the path that ends in column x of the last row. */
static void follow_paths(struct lines *lines)
{
	const int width = lines->depth.width;
	float *score = lines->score;

	for (int x = 0; x < width; x++)
		score[x] = 0.0f;
	for (int y = 0; y < lines->depth.height; y++) {
		const float *depth = grey_row(&lines->depth, y);
		int8_t *from = lines->from + (size_t)y * (size_t)width;
		float left = score[0]; /* the score of column x - 1 in the row above */

		for (int x = 0; x < width; x++) {
			const float above = score[x];
			float best = above;
			from[x] = 0;
			if (left - ASIDE > best) {
				best = left - ASIDE;
				from[x] = -1;
			}
			if (x + 1 < width && score[x + 1] - ASIDE > best) {
				best = score[x + 1] - ASIDE;
				from[x] = 1;
			}
			left = above;
			score[x] =
				best + (x == 0 || x == width - 1 ? OUTSIDE : darkness(depth[x], lines->visible));
		}
	}
}

/* Set lines->path to the best path that ends in column x of the last row. */
static void trace_back(const struct lines *lines, int x)
{
	const int width = lines->depth.width;

	for (int y = lines->depth.height - 1; y >= 0; y--) {
		lines->path[y] = x;
		x += lines->from[(size_t)y * (size_t)width + (size_t)x];
	}
}

static int compare_floats(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static float median(float *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, compare_floats);
	return values[count / 2];
}

/* The length of the run of pixels in row y, (x, y) among them, that are deeper than `least`. */
static int run_length(const struct grey *depth, int x, int y, float least)
{
	const float *row = grey_row(depth, y);
	int left = x, right = x;

	while (left > 0 && row[left - 1] > least)
		left--;
	while (right + 1 < depth->width && row[right + 1] > least)
		right++;
	return right - left + 1;
}

/* The depth on the path in row y. */
static float depth_at(const struct lines *lines, int y)
{
	return grey_row(&lines->depth, y)[lines->path[y]];
}

/* True where the path is in an outermost column: it has left the picture, and follows its edge. */
static bool is_outside(const struct lines *lines, int y)
{
	return lines->path[y] == 0 || lines->path[y] == lines->depth.width - 1;
}

/* The fraction of the path's pixels from row `top` to row bottom - 1 that are deeper than
 * `least`. */
static double dark_part(const struct lines *lines, int top, int bottom, float least)
{
	int dark = 0;

	for (int y = top; y < bottom; y++)
		dark += depth_at(lines, y) > least;
	return (double)dark / (double)(bottom - top);
}

/* True where the path is a line from edge to edge; then *line is its depth and width. */
static bool measure_line(const struct lines *lines, struct line *line)
{
	int top = 0, bottom = lines->depth.height, count = 0;

	while (top < bottom && is_outside(lines, top))
		top++;
	while (bottom > top && is_outside(lines, bottom - 1))
		bottom--;
	for (int y = top; y < bottom; y++)
		if (depth_at(lines, y) > lines->visible)
			lines->values[count++] = depth_at(lines, y);
	if (count == 0 || bottom - top < LEAST_INSIDE * lines->depth.height)
		return false;
	line->depth = median(lines->values, count);
	const int end = (bottom - top + END - 1) / END;
	const float least = line->depth / 2.0f;
	if (abs(lines->path[top] - lines->path[bottom - 1]) > MOST_SLANT * (bottom - top) ||
		dark_part(lines, top, bottom, least) < LEAST_DARK ||
		dark_part(lines, top, top + end, least) < LEAST_END ||
		dark_part(lines, bottom - end, bottom, least) < LEAST_END)
		return false;
	count = 0;
	for (int y = top; y < bottom; y++)
		if (depth_at(lines, y) > least)
			lines->values[count++] = (float)run_length(&lines->depth, lines->path[y], y, least);
	line->width = (int)median(lines->values, count);
	return true;
}

/* The grey of the paper beside a line: the mean of pixel x and its neighbour farther from the line,
 * to which `outwards` (-1 or 1) points; -1 where pixel x is outside the picture. */
static float beside(const float *row, int width, int x, int outwards)
{
	if (x < 0 || x >= width)
		return -1.0f;
	return (row[x] + row[int_max(0, int_min(x + outwards, width - 1))]) / 2.0f;
}

/* Paint over the line, from the grey on its left, in equal parts, to the grey on its right: a
 * stroke that crosses it is on both sides, and so stays whole. No pixel is lightened by much more
 * than the line's depth, so a stroke along the line, which is darker, stays too. */
static void paint_over(struct grey *picture, struct lines *lines, const struct line *line)
{
	const int width = picture->width, reach = line->width / 2 + 2;

	for (int y = 0; y < picture->height; y++) {
		float *row = grey_row(picture, y), *depth = grey_row(&lines->depth, y);
		const int left = lines->path[y] - reach, right = lines->path[y] + reach;
		float from = beside(row, width, left, -1), to = beside(row, width, right, 1);

		from = from < 0.0f ? to : from;
		to = to < 0.0f ? from : to;
		for (int x = int_max(left + 1, 0); x < int_min(right, width); x++) {
			const float way = (float)(x - left) / (float)(right - left);
			const float paper = from + way * (to - from);
			const float most = row[x] + MOST_LIFTED * line->depth;

			row[x] = fmaxf(row[x], fminf(paper, most));
			depth[x] = 0.0f;
		}
	}
}

/* The column in which the best path ends, or -1 where none is worth a look. */
static int best_end(const struct lines *lines)
{
	int best = 0;

	for (int x = 1; x < lines->depth.width; x++)
		if (lines->score[x] > lines->score[best])
			best = x;
	return (double)lines->score[best] >= LEAST_DARK / 2 * lines->depth.height ? best : -1;
}

/* Paint over all lines, looking at the best paths first: many of the others join a line that is
 * gone by then, and show nothing dark. */
static void remove_found(struct grey *picture, struct lines *lines)
{
	int x;

	follow_paths(lines);
	while ((x = best_end(lines)) >= 0) {
		struct line line;

		lines->score[x] = -1.0f; /* not again */
		trace_back(lines, x);
		if (measure_line(lines, &line))
			paint_over(picture, lines, &line);
	}
}

static int remove_upright(struct grey *picture, int thickness, struct error *error)
{
	struct lines lines;

	if (lines_new(picture, thickness, &lines, error))
		return -1;
	remove_found(picture, &lines);
	grey_free(&lines.depth);
	free(lines.score); /* with all that is in its block */
	return 0;
}

int lines_remove(struct grey *picture, int thickness, struct error *error)
{
	for (int turn = 0; turn < 2; turn++)
		if (remove_upright(picture, thickness, error) || grey_transpose(picture, error))
			return -1;
	return 0;
}
