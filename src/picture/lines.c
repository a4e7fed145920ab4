/* Lines of ruled paper are found as staff lines are in sheet music (Cardoso, Capela, Rebelo, Guedes
 * & da Costa 2009): as the paths from edge to edge that stay on the most dark pixels. Such a path
 * may be tilted or bent a little, as lines are in a photograph. Everything here is about upright
 * lines; level ones are upright in the transposed picture. */
#include "picture/lines.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define TURN 0.3f    /* what a step aside costs a path, in dark pixels */
#define OUTSIDE 0.6f /* how dark the picture's edge is for a path: lines may leave there */
#define LEAST_INSIDE 0.4
#define MAX_PASSES 4
#define LEAST_DARK 0.6 /* the part of a path that is on the line; strokes hide the rest */
#define END 8          /* both ends, an eighth of the height each, must be on the line */
#define LEAST_END 0.5
#define MOST_SLANT 0.35 /* sideways, as a part of the height */
#define LEAST_DEPTH 0.015f

struct lines {
	struct grey depth; /* how much darker than what is left and right of it */
	float visible;     /* a depth that stands out of the noise */
	int8_t *steps;     /* [height][width]: where the best path to here came from: x + this */
	float *score;      /* [2][width]: dark pixels on the best path to here */
	int *path;         /* [height]: x */
	float *values;     /* [height]: for medians */
	bool *tried;       /* [width] */
};

/* What is found out about one path. */
struct line {
	float depth;
	int width;
};

static void lines_free(struct lines *lines)
{
	grey_free(&lines->depth);
	free(lines->steps);
	free(lines->score);
	free(lines->path);
	free(lines->values);
	free(lines->tried);
}

static int lines_new(const struct grey *picture, int thickness, struct lines *out,
					 struct error *error)
{
	const size_t width = (size_t)picture->width, height = (size_t)picture->height;

	*out = (struct lines){0};
	if (grey_closing(picture, thickness, 1, &out->depth, error))
		return -1;
	out->steps = malloc(width * height);
	out->score = malloc(2 * width * sizeof *out->score);
	out->path = malloc(height * sizeof *out->path);
	out->values = malloc(height * sizeof *out->values);
	out->tried = malloc(width * sizeof *out->tried);
	if (!out->steps || !out->score || !out->path || !out->values || !out->tried) {
		lines_free(out);
		return error_set(error, "not enough memory for a plane of %zu×%zu", width, height);
	}
	for (size_t i = 0; i < width * height; i++)
		out->depth.at[i] -= picture->at[i];
	/* Most pixels are paper, whose depth is noise. */
	float middle = grey_quantile(&out->depth, 0.5);
	out->visible = middle + 2.0f * (middle - grey_quantile(&out->depth, 0.1));
	if (out->visible < LEAST_DEPTH)
		out->visible = LEAST_DEPTH;
	return 0;
}

/* From 0 for noise to 1 for the darkest; so that paths keep to a line's middle, but gain little
 * more from what is darker than a line. */
static float darkness(float depth, float visible)
{
	const float above = depth - visible / 2.0f;

	return above > 0.0f ? above / (above + visible) : 0.0f;
}

/* The best paths from the top edge to each pixel, by dynamic programming. */
static void follow_paths(struct lines *lines)
{
	const int width = lines->depth.width;
	float *above = lines->score, *here = lines->score + width;

	for (int x = 0; x < width; x++)
		above[x] = 0.0f;
	for (int y = 0; y < lines->depth.height; y++) {
		const float *depth = lines->depth.at + (size_t)y * (size_t)width;
		int8_t *steps = lines->steps + (size_t)y * (size_t)width;

		for (int x = 0; x < width; x++) {
			float best = above[x];
			int8_t step = 0;

			if (x > 0 && above[x - 1] - TURN > best) {
				best = above[x - 1] - TURN;
				step = -1;
			}
			if (x + 1 < width && above[x + 1] - TURN > best) {
				best = above[x + 1] - TURN;
				step = 1;
			}
			here[x] =
				best + (x == 0 || x == width - 1 ? OUTSIDE : darkness(depth[x], lines->visible));
			steps[x] = step;
		}
		float *swap = above;
		above = here;
		here = swap;
	}
	for (int x = 0; x < width; x++)
		lines->score[x] = above[x];
}

static void trace_back(const struct lines *lines, int x)
{
	const int width = lines->depth.width;

	for (int y = lines->depth.height - 1; y >= 0; y--) {
		lines->path[y] = x;
		x += lines->steps[(size_t)y * (size_t)width + (size_t)x];
	}
}

static int compare_floats(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static float median(float *values, int count)
{
	if (count == 0)
		return 0.0f;
	qsort(values, (size_t)count, sizeof *values, compare_floats);
	return values[count / 2];
}

/* How many pixels in a row, among them (x, y), are deeper than this. */
static int run_length(const struct grey *depth, int x, int y, float least)
{
	const float *row = depth->at + (size_t)y * (size_t)depth->width;
	int left = x, right = x;

	while (left > 0 && row[left - 1] > least)
		left--;
	while (right + 1 < depth->width && row[right + 1] > least)
		right++;
	return right - left + 1;
}

static float depth_at(const struct lines *lines, int y)
{
	return lines->depth.at[(size_t)y * (size_t)lines->depth.width + (size_t)lines->path[y]];
}

/* Has the path left the picture sideways there? It then runs down its edge. */
static bool is_outside(const struct lines *lines, int y)
{
	return lines->path[y] == 0 || lines->path[y] == lines->depth.width - 1;
}

/* The part of the path from row `top` to row `bottom` that is deeper than this. */
static double dark_part(const struct lines *lines, int top, int bottom, float least)
{
	int dark = 0;

	for (int y = top; y < bottom; y++)
		dark += depth_at(lines, y) > least;
	return (double)dark / (double)(bottom - top);
}

/* Is the path a line from edge to edge, and what is it like? */
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
	line->depth = median(lines->values, count);
	const int end = (bottom - top + END - 1) / END;
	const float least = line->depth / 2.0f;
	if (count == 0 || bottom - top < LEAST_INSIDE * lines->depth.height ||
		abs(lines->path[top] - lines->path[bottom - 1]) > MOST_SLANT * (bottom - top) ||
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

/* The paper beside a line: two pixels' mean, or -1 outside the picture. */
static float beside(const float *row, int width, int x, int outwards)
{
	if (x < 0 || x >= width)
		return -1.0f;
	if (x + outwards < 0 || x + outwards >= width)
		return row[x];
	return (row[x] + row[x + outwards]) / 2.0f;
}

/* Across the line, go from what is left of it to what is right of it: a stroke that crosses is on
 * both sides. Nor does a pixel get brighter by more than the line had made it darker: a stroke
 * along the line, if it is darker, stays. */
static void paint_over(struct grey *picture, struct lines *lines, const struct line *line)
{
	const int width = picture->width, reach = line->width / 2 + 2;

	for (int y = 0; y < picture->height; y++) {
		float *row = picture->at + (size_t)y * (size_t)width;
		float *depth = lines->depth.at + (size_t)y * (size_t)width;
		const int left = lines->path[y] - reach, right = lines->path[y] + reach;
		float from = beside(row, width, left, -1), to = beside(row, width, right, 1);

		from = from < 0.0f ? to : from;
		to = to < 0.0f ? from : to;
		for (int x = left < 0 ? 0 : left + 1; x < right && x < width; x++) {
			const float part = (float)(x - left) / (float)(right - left);
			const float paper = from + part * (to - from), lifted = row[x] + 1.3f * line->depth;
			const float painted = paper < lifted ? paper : lifted;

			if (row[x] < painted)
				row[x] = painted;
			depth[x] = 0.0f;
		}
	}
}

/* The next best end of a path that has not been tried, or -1. */
static int best_end(const struct lines *lines)
{
	int best = -1;

	for (int x = 0; x < lines->depth.width; x++)
		if (!lines->tried[x] && lines->score[x] >= LEAST_DARK / 2 * lines->depth.height &&
			(best < 0 || lines->score[x] > lines->score[best]))
			best = x;
	return best;
}

/* Returns whether any line was found. Paths into one that is gone have nothing dark left. */
static bool remove_best(struct grey *picture, struct lines *lines)
{
	bool found = false;
	int x;

	follow_paths(lines);
	for (x = 0; x < picture->width; x++)
		lines->tried[x] = false;
	while ((x = best_end(lines)) >= 0) {
		struct line line;

		lines->tried[x] = true;
		trace_back(lines, x);
		if (measure_line(lines, &line)) {
			paint_over(picture, lines, &line);
			found = true;
		}
	}
	return found;
}

static int remove_upright(struct grey *picture, int thickness, struct error *error)
{
	struct lines lines;

	if (lines_new(picture, thickness, &lines, error))
		return -1;
	for (int pass = 0; pass < MAX_PASSES && remove_best(picture, &lines); pass++)
		;
	lines_free(&lines);
	return 0;
}

int lines_remove(struct grey *picture, int thickness, struct error *error)
{
	struct grey turned = {0};
	int status = remove_upright(picture, thickness, error);

	if (!status)
		status = grey_transpose(picture, &turned, error);
	if (!status)
		status = remove_upright(&turned, thickness, error);
	if (!status) {
		grey_free(picture);
		status = grey_transpose(&turned, picture, error);
	}
	grey_free(&turned);
	return status;
}
