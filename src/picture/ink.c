/* From a grey picture to a digit's ink: how deep is each pixel below the paper, from which depth on
 * is it ink, which connected parts are there, and which of them make the digit? */
#include "picture/ink.h"

#include <math.h>
#include <stdlib.h>

#define DIMMEST 0.3f /* shadow is no darker than this part of the paper; the rest is not paper */
#define FAINT 0.7f   /* what hangs together with ink is ink from this part of the threshold on */
#define NOISE 4.0f   /* deviations of noise that an edge stands out by */
#define MOST_NOISE 0.03f
#define LEAST_EDGE 0.02f
#define LEAST_PIXELS 6
#define LINE 6     /* longer than this many times its width, it is a line */
#define FAT 4.0f   /* a pen of the digit's size over this is worth half of a thin one */
#define DEEP 0.42f /* ink is at least this part of what most of the ink is deeper than */
#define SIDES 4

/* A connected part of what may be ink. */
struct part {
	struct box box;
	int pixels;
	int touching[SIDES]; /* pixels at the picture's left, top, right and bottom edge */
	float deepest, sum;  /* of the depth */
	float outline;       /* the depth of the steps down to paper, summed up along its outline */
	int widest;          /* the side of the largest square that fits in */
	float merit;
	bool marginal; /* lies along an edge of the picture */
	bool in_digit;
};

struct parts {
	int *labels; /* [height][width]: 0 is paper, else a part's index + 1 */
	int *stack;  /* [height × width] */
	struct part *all;
	int count;
};

void ink_free(struct ink *ink)
{
	grey_free(&ink->depth);
	*ink = (struct ink){0};
}

/* The paper's level is the closing by a square wider than the pen: it fills up strokes, and follows
 * shadows with all their edges. The deviation of the paper's noise comes from the lower quantiles,
 * which even a picture full of ink leaves to paper, or to the blurred edges of a fat digit. */
static int measure_depth(const struct grey *picture, int window, struct grey *depth, float *noise,
						 struct error *error)
{
	if (grey_closing(picture, window, window, depth, error))
		return -1;
	const float dimmest = DIMMEST * grey_quantile(depth, 0.99);
	for (size_t i = 0; i < grey_count(depth); i++) {
		const float paper = depth->at[i];
		depth->at[i] = (paper - picture->at[i]) / fmaxf(fmaxf(paper, dimmest), 0.01f);
	}
	const float low = grey_quantile(depth, 0.02), upper = grey_quantile(depth, 0.1);
	*noise = fminf((upper - low) / 0.75f, MOST_NOISE);
	const float level = upper + 0.9f * *noise;
	for (size_t i = 0; i < grey_count(depth); i++)
		depth->at[i] = fmaxf(depth->at[i] - level, 0.0f);
	return 0;
}

/* The mean depth of all edges, each weighted with the square of its slope: half of the ink's
 * depth, even where ink is rare (Kittler, Illingworth & Föglein 1985). 0: no edge is visible. */
static float edge_depth(const struct grey *depth, float noise)
{
	const float least = NOISE * noise + LEAST_EDGE;
	double sum = 0.0, weights = 0.0;

	for (int y = 1; y + 1 < depth->height; y++) {
		const float *row = depth->at + (size_t)y * (size_t)depth->width;
		const float *above = row - depth->width, *below = row + depth->width;

		for (int x = 1; x + 1 < depth->width; x++) {
			const float slope = fmaxf(fabsf(row[x + 1] - row[x - 1]), fabsf(below[x] - above[x]));
			if (slope > least) {
				sum += (double)(slope * slope * row[x]);
				weights += (double)(slope * slope);
			}
		}
	}
	return weights > 0.0 ? (float)(sum / weights) : 0.0f;
}

static void parts_free(struct parts *parts)
{
	free(parts->labels);
	free(parts->stack);
	free(parts->all);
}

/* Give `label` to all pixels that hang together with `start`, also at corners, and are as deep.
 * Returns how many. */
static int flood(const struct grey *depth, float threshold, struct parts *parts, int start,
				 int label)
{
	int waiting = 1, pixels = 0;

	parts->stack[0] = start;
	parts->labels[start] = label;
	while (waiting > 0) {
		const int at = parts->stack[--waiting], x = at % depth->width, y = at / depth->width;

		pixels++;
		for (int ny = y - 1; ny <= y + 1; ny++)
			for (int nx = x - 1; nx <= x + 1; nx++) {
				const int next = ny * depth->width + nx;
				if (nx < 0 || nx >= depth->width || ny < 0 || ny >= depth->height ||
					parts->labels[next] != 0 || depth->at[next] < threshold)
					continue;
				parts->labels[next] = label;
				parts->stack[waiting++] = next;
			}
	}
	return pixels;
}

/* How far it goes down from here to what is a little farther out in each direction, where the next
 * pixel is no part. Ink ends within a few pixels, shadows and stains fade. */
static float steps_down(const struct grey *depth, const struct parts *parts, int x, int y)
{
	static const int dx[SIDES] = {-1, 0, 1, 0}, dy[SIDES] = {0, -1, 0, 1};
	const int side = depth->width < depth->height ? depth->width : depth->height;
	const int reach = side > 200 ? side / 100 : 2;
	const float here = depth->at[y * depth->width + x];
	float sum = 0.0f;

	for (int i = 0; i < SIDES; i++) {
		const int ox = x + dx[i], oy = y + dy[i], fx = x + reach * dx[i], fy = y + reach * dy[i];
		if (fx < 0 || fx >= depth->width || fy < 0 || fy >= depth->height ||
			parts->labels[oy * depth->width + ox] != 0)
			continue;
		const float step = fmaxf(here - depth->at[fy * depth->width + fx], 0.0f);
		sum += step * step;
	}
	return sum;
}

static void box_include(struct box *box, int x, int y)
{
	box->left = x < box->left ? x : box->left;
	box->top = y < box->top ? y : box->top;
	box->right = x >= box->right ? x + 1 : box->right;
	box->bottom = y >= box->bottom ? y + 1 : box->bottom;
}

static void measure_parts(const struct grey *depth, struct parts *parts)
{
	for (int i = 0; i < parts->count; i++)
		parts->all[i] = (struct part){.box = {depth->width, depth->height, 0, 0}};
	for (int y = 0; y < depth->height; y++)
		for (int x = 0; x < depth->width; x++) {
			const int at = y * depth->width + x;
			if (parts->labels[at] == 0)
				continue;
			struct part *part = &parts->all[parts->labels[at] - 1];
			box_include(&part->box, x, y);
			part->pixels++;
			part->touching[0] += x == 0;
			part->touching[1] += y == 0;
			part->touching[2] += x == depth->width - 1;
			part->touching[3] += y == depth->height - 1;
			part->deepest = fmaxf(part->deepest, depth->at[at]);
			part->sum += depth->at[at];
			part->outline += steps_down(depth, parts, x, y);
		}
}

/* The largest square that ends at a pixel is one larger than the least of those that end left of
 * it, above it, and between the two. */
static void measure_squares(const struct grey *depth, struct parts *parts, int *squares)
{
	const int width = depth->width;

	for (int y = 0; y < depth->height; y++)
		for (int x = 0; x < width; x++) {
			const int at = y * width + x, label = parts->labels[at];
			int least = 0;

			if (label != 0 && x > 0 && y > 0) {
				least =
					squares[at - 1] < squares[at - width] ? squares[at - 1] : squares[at - width];
				if (squares[at - width - 1] < least)
					least = squares[at - width - 1];
			}
			squares[at] = label == 0 ? 0 : least + 1;
			if (label != 0 && squares[at] > parts->all[label - 1].widest)
				parts->all[label - 1].widest = squares[at];
		}
}

static int find_parts(const struct grey *depth, float threshold, struct parts *out,
					  struct error *error)
{
	const size_t count = grey_count(depth);

	*out = (struct parts){0};
	out->labels = calloc(count, sizeof *out->labels);
	out->stack = malloc(count * sizeof *out->stack);
	if (out->labels && out->stack) {
		for (size_t i = 0; i < count; i++)
			if (out->labels[i] == 0 && depth->at[i] >= threshold)
				flood(depth, threshold, out, (int)i, ++out->count);
		out->all = malloc(((size_t)out->count + 1) * sizeof *out->all);
	}
	if (!out->all) {
		parts_free(out);
		return error_set(error, "not enough memory for a plane of %d×%d", depth->width,
						 depth->height);
	}
	measure_parts(depth, out);
	measure_squares(depth, out, out->stack);
	return 0;
}

/* A digit has a long outline with deep steps, and somebody held the camera over it. What lies along
 * an edge of the picture may be a shadow's end or the desk beside the paper; what is all of a lump,
 * a stain or the paper itself. */
static void judge(struct part *part, const struct grey *depth, float threshold)
{
	const float cx = (float)(part->box.left + part->box.right) / (float)depth->width - 1.0f;
	const float cy = (float)(part->box.top + part->box.bottom) / (float)depth->height - 1.0f;
	const float off = fminf(hypotf(cx, cy), 1.0f);

	const float fat = FAT * (float)part->widest / (float)box_side(&part->box);

	if (part->pixels < LEAST_PIXELS || part->deepest < threshold)
		return;
	part->merit = part->outline * (1.0f - 0.5f * off);
	part->merit /= 1.0f + fat * fat;
	if (box_width(&part->box) > LINE * box_height(&part->box))
		part->merit *= 0.1f;
	for (int side = 0; side < SIDES; side++) {
		const bool upright = side % 2 == 0;
		const float touching = (float)part->touching[side];

		if (touching > 0.0f)
			part->merit *= 0.7f;
		if (touching > 0.6f * (float)(upright ? box_height : box_width)(&part->box))
			part->merit *= 0.1f;
		if (touching > 0.4f * (float)(upright ? depth->height : depth->width)) {
			part->merit *= 0.3f;
			part->marginal = true;
		}
	}
}

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

/* How far two boxes are apart; 0 where they touch or overlap. */
static float box_gap(const struct box *a, const struct box *b)
{
	const int x = max_int(0, max_int(a->left - b->right, b->left - a->right));
	const int y = max_int(0, max_int(a->top - b->bottom, b->top - a->bottom));

	return hypotf((float)x, (float)y);
}

/* Does `other` stand beside the digit, about as high as it? */
static bool is_neighbour(const struct box *digit, const struct box *other)
{
	const int shared = min_int(digit->bottom, other->bottom) - max_int(digit->top, other->top);

	return (other->left >= digit->right || other->right <= digit->left) &&
		   box_height(other) * 10 >= box_height(digit) * 6 && shared * 2 > box_height(other);
}

/* Is it written with the same pen? */
static bool is_as_deep(const struct part *part, const struct part *digit)
{
	return part->sum / (float)part->pixels > 0.6f * digit->sum / (float)digit->pixels;
}

static bool is_cut(const struct part *part)
{
	return part->touching[0] + part->touching[1] + part->touching[2] + part->touching[3] > 0;
}

static bool is_line(const struct part *part)
{
	return box_width(&part->box) > LINE * box_height(&part->box) ||
		   box_height(&part->box) > LINE * box_width(&part->box);
}

/* Is the part another piece of the digit: near, not much fainter, and either large (the bar of a 5)
 * or very near (a stroke that broke off)? Lines, and what the picture's edge cuts off, are likely
 * to be something else. */
static bool belongs(const struct part *part, const struct part *digit)
{
	const float side = (float)box_side(&digit->box), size = (float)box_side(&part->box);
	const float gap = box_gap(&part->box, &digit->box);

	if (part->merit <= 0.0f || part->marginal || !is_as_deep(part, digit))
		return false;
	if (is_line(part) && size > side)
		return false;
	if (is_neighbour(&digit->box, &part->box) || (is_cut(part) && !is_cut(digit)))
		return gap <= 0.06f * side;
	if (is_line(part))
		return size >= 0.1f * side && gap <= 0.12f * side;
	return (size >= 0.25f * side && gap <= 0.25f * side) ||
		   (size >= 0.1f * side && gap <= 0.12f * side);
}

static void join(struct part *digit, struct part *part)
{
	part->in_digit = true;
	box_include(&digit->box, part->box.left, part->box.top);
	box_include(&digit->box, part->box.right - 1, part->box.bottom - 1);
	digit->pixels += part->pixels;
	digit->sum += part->sum;
	digit->merit += part->merit;
	for (int i = 0; i < SIDES; i++)
		digit->touching[i] += part->touching[i];
}

/* The best part, and from it on whatever belongs to it. */
static struct part gather_digit(struct parts *parts)
{
	struct part *best = &parts->all[0];
	bool grown = true;

	for (int i = 1; i < parts->count; i++)
		if (parts->all[i].merit > best->merit)
			best = &parts->all[i];
	best->in_digit = true;
	struct part digit = *best;
	while (grown) {
		grown = false;
		for (int i = 0; i < parts->count; i++) {
			struct part *part = &parts->all[i];
			if (!part->in_digit && belongs(part, &digit)) {
				join(&digit, part);
				grown = true;
			}
		}
	}
	return digit;
}

static bool is_lump(const struct part *part)
{
	return part->widest * 2 > box_side(&part->box);
}

static bool is_crowded(const struct parts *parts, const struct part *digit)
{
	for (int i = 0; i < parts->count; i++) {
		const struct part *part = &parts->all[i];
		if (!part->in_digit && part->merit > 0.4f * digit->merit && !is_lump(part) &&
			is_as_deep(part, digit) && is_neighbour(&digit->box, &part->box) &&
			box_gap(&digit->box, &part->box) < 1.5f * (float)box_side(&digit->box))
			return true;
	}
	return false;
}

/* The part of the columns (or rows) of the box in which the part labelled so comes near the
 * given side, within a tenth of the box's longer side: it may be tilted. */
static float side_covered(const struct parts *parts, int width, int label, const struct box *box,
						  int side)
{
	const bool level = side % 2 == 1;
	const int length = level ? box_width(box) : box_height(box);
	const int across = level ? box_height(box) : box_width(box);
	const int band = box_side(box) / 10 < across ? box_side(box) / 10 : across - 1;
	int covered = 0;

	for (int along = 0; along < length; along++)
		for (int in = 0; in <= band; in++) {
			const int x = level       ? box->left + along
						  : side == 0 ? box->left + in
									  : box->right - 1 - in;
			const int y = !level      ? box->top + along
						  : side == 1 ? box->top + in
									  : box->bottom - 1 - in;
			if (parts->labels[y * width + x] == label) {
				covered++;
				break;
			}
		}
	return (float)covered / (float)length;
}

/* How many pixels well inside of the box are of parts, and, in *own, of this one? */
static int count_content(const struct parts *parts, int width, int label, const struct box *box,
						 int *own)
{
	const int margin_x = box_width(box) / 5, margin_y = box_height(box) / 5;
	int all = 0;

	*own = 0;
	for (int y = box->top + margin_y; y < box->bottom - margin_y; y++)
		for (int x = box->left + margin_x; x < box->right - margin_x; x++) {
			all += parts->labels[y * width + x] != 0;
			*own += parts->labels[y * width + x] == label;
		}
	return all;
}

/* Is it a rectangle, drawn along most of each side? A 0 has no corners. */
static bool is_rectangle(const struct parts *parts, int width, int index)
{
	const struct part *part = &parts->all[index];

	if (part->merit <= 0.0f || box_width(&part->box) <= 8 || box_height(&part->box) <= 8)
		return false;
	for (int side = 0; side < SIDES; side++)
		if (side_covered(parts, width, index + 1, &part->box, side) < 0.87f)
			return false;
	return true;
}

/* A box that is drawn around a digit is not the digit. Where they touch, or where the box is
 * filled, as a sheet on a desk is, somebody has to look inside. */
static void set_frames_aside(struct parts *parts, int width, struct ink *ink)
{
	for (int i = 0; i < parts->count; i++) {
		struct part *part = &parts->all[i];
		const int area = box_width(&part->box) * box_height(&part->box);
		const bool filled = part->pixels * 5 > area * 3;
		int own, content;

		if (!is_rectangle(parts, width, i))
			continue;
		content = count_content(parts, width, i + 1, &part->box, &own);
		if (own * 100 > area) {
			ink->framed = true;
			ink->frame = part->box;
			ink->filled = filled;
		} else if (content * 100 > area) {
			part->merit = 0.0f;
			ink->boxed = true;
		}
	}
}

/* Leave nothing but the digit. */
static void erase_others(const struct parts *parts, struct grey *depth)
{
	for (size_t i = 0; i < grey_count(depth); i++)
		if (parts->labels[i] != 0 && !parts->all[parts->labels[i] - 1].in_digit)
			depth->at[i] = 0.0f;
}

/* A depth that few of the digit's pixels exceed. */
static float deep_ink(const struct parts *parts, const struct grey *depth)
{
	enum { BINS = 256 };
	int bins[BINS] = {0}, pixels = 0, below = 0, bin = 0;

	for (size_t i = 0; i < grey_count(depth); i++)
		if (parts->labels[i] != 0 && parts->all[parts->labels[i] - 1].in_digit) {
			bins[(int)(fminf(depth->at[i], 0.999f) * BINS)]++;
			pixels++;
		}
	while (bin < BINS - 1 && (below += bins[bin]) * 100 < pixels * 85)
		bin++;
	return ((float)bin + 0.5f) / BINS;
}

/* The digit among what is deeper than the threshold; its merit is 0 if there is none. */
static int choose(struct ink *ink, float full, struct parts *parts, struct error *error)
{
	if (find_parts(&ink->depth, ink->threshold, parts, error))
		return -1;
	for (int i = 0; i < parts->count; i++)
		judge(&parts->all[i], &ink->depth, full);
	set_frames_aside(parts, ink->depth.width, ink);
	if (parts->count > 0) {
		const struct part digit = gather_digit(parts);
		ink->merit = digit.merit;
		ink->box = digit.box;
		ink->mass = digit.sum;
		ink->crowded = is_crowded(parts, &digit);
	}
	return 0;
}

/* All that may be ink; then, since it is known now how deep the digit's ink is, what is about as
 * deep: so goes the edge of a stain that a stroke runs into. */
static int choose_twice(struct ink *ink, struct error *error)
{
	const float full = ink->threshold;
	struct parts parts;

	ink->threshold = FAINT * full;
	if (choose(ink, full, &parts, error))
		return -1;
	const float least = DEEP * deep_ink(&parts, &ink->depth);
	if (least > ink->threshold) {
		parts_free(&parts);
		ink->threshold = least;
		if (choose(ink, full, &parts, error))
			return -1;
	}
	erase_others(&parts, &ink->depth);
	parts_free(&parts);
	return 0;
}

int ink_find(const struct grey *picture, int window, struct ink *out, struct error *error)
{
	float noise;

	*out = (struct ink){0};
	if (measure_depth(picture, window, &out->depth, &noise, error))
		return -1;
	out->threshold = edge_depth(&out->depth, noise);
	if (out->threshold > NOISE * noise + LEAST_EDGE / 2 && choose_twice(out, error)) {
		ink_free(out);
		return -1;
	}
	return 0;
}
