/* From a grey picture to a digit's ink. The depth of a pixel is how much darker than the paper it
 * is, as a fraction of the paper's grey: 0.4 for a pixel of 0.48 on paper of 0.8. Pixels deeper
 * than a threshold make connected components, each component gets a merit, and the best, with those
 * that belong to it, is the digit. */
#include "picture/ink.h"

#include <math.h>
#include <stdlib.h>

#include "picture/components.h"

/* Depth and noise. */
#define DIMMEST 0.3f     /* of the brightest paper's grey: paper in shadow is no darker */
#define DARKEST 0.01f    /* grey that a depth is divided by at least: pictures can be black */
#define SPREAD 0.75f     /* deviations between the 2nd and the 10th percentile of noise */
#define TO_LEVEL 0.9f    /* deviations from the 10th percentile up to depth 0 */
#define MOST_NOISE 0.03f /* depth: a larger deviation comes from what is in the picture */

/* The threshold. */
#define EDGE_NOISE 4.0f  /* an edge is a slope of so many deviations of noise */
#define LEAST_EDGE 0.02f /* and of this depth on top */
#define FAINT 0.7f       /* a pixel connected with ink is ink from 0.7 × the threshold on */
#define DEEP 0.42f       /* and if it is at least 0.42 × as deep as the digit's dark strokes */

/* Factors of a component's merit, each for something that speaks against a digit. */
#define FAR_OUT 0.5f    /* its middle is as far out as a side; nearer, in proportion */
#define LEVEL_LINE 0.1f /* it is a level line: no digit is */
#define TOUCHING 0.7f   /* it touches a side of the picture; for each of them */
#define ALONG 0.1f      /* more than ALONG_PART of its own side touches */
#define ALONG_PART 0.6f
#define MARGINAL 0.3f /* more than MARGINAL_PART of the picture's side is touched */
#define MARGINAL_PART 0.4f
#define FAT 4.0f /* 1 / (1 + (4 w/l)²) where a square of w pixels fits in, and its side is l */
#define LEAST_PIXELS 6 /* a component of fewer pixels is a speck, and has no merit */
#define LINE 6         /* a component longer than 6 × its width is a line */

/* Pieces of one digit. Sizes and gaps are fractions of the digit's longer side. */
#define SAME_PEN 0.6f      /* a piece's mean depth is at least 0.6 × the digit's */
#define LARGE 0.25f        /* a piece so large, as the bar of a 5, */
#define LARGE_GAP 0.25f    /* may stand so far away; */
#define SMALL 0.1f         /* one so large, as a stroke that broke off, */
#define SMALL_GAP 0.12f    /* so far; */
#define DOUBTFUL_GAP 0.06f /* and one that looks like something else, so far */

/* A second digit beside the first. */
#define RIVAL_MERIT 0.4f /* it has more than 0.4 × the first one's merit */
#define RIVAL_GAP 1.5f   /* and is nearer than 1.5 × the first one's longer side */

/* A rectangle around the digit. */
#define COVERED 0.87f /* of each side of its box is drawn; a 0, which has no corners, has less */
#define LEAST_FRAME 8 /* pixels: its sides are longer */

void ink_free(struct ink *ink)
{
	grey_free(&ink->depth);
	*ink = (struct ink){0};
}

/* *depth = the picture's depth, *noise = the deviation of the paper's noise in it.
 *
 * The paper's grey is the closing by a square wider than the pen, which fills up strokes and
 * follows shadows with all their edges. It lies at the paper's light side, so that all of the paper
 * has some depth. Noise is measured between the 2nd and the 10th percentile of that, which are
 * paper even in a picture full of ink: of a normal distribution they are 0.77 deviations apart. A
 * depth of 0 begins a little below the mean, 0.9 deviations above the 10th percentile, which is
 * 1.28 below it. */
static int measure_depth(const struct grey *picture, int window, struct grey *depth, float *noise,
						 struct error *error)
{
	if (grey_morph(picture, GREY_CLOSING, window, window, depth, error))
		return -1;
	const float dimmest = DIMMEST * grey_quantile(depth, 0.99);
	for (size_t i = 0; i < grey_count(depth); i++) {
		const float paper = depth->at[i];
		depth->at[i] = (paper - picture->at[i]) / fmaxf(fmaxf(paper, dimmest), DARKEST);
	}
	const float low = grey_quantile(depth, 0.02), upper = grey_quantile(depth, 0.1);
	*noise = fminf((upper - low) / SPREAD, MOST_NOISE);
	const float level = upper + TO_LEVEL * *noise;
	for (size_t i = 0; i < grey_count(depth); i++)
		depth->at[i] = fmaxf(depth->at[i] - level, 0.0f);
	return 0;
}

/* The mean depth of all pixels on edges, weighted with the squares of their slopes: half of the
 * ink's depth, even where ink is rare (Kittler, Illingworth & Föglein 1985); 0 without an edge. */
static float edge_depth(const struct grey *depth, float noise)
{
	const float least = EDGE_NOISE * noise + LEAST_EDGE;
	double sum = 0.0, weights = 0.0;

	for (int y = 1; y + 1 < depth->height; y++) {
		const float *row = grey_row(depth, y);
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

/* Give the component its merit: the length of its outline times the square of the drop in depth
 * there, times factors. A digit has a long outline with deep drops, thin strokes, and lies near the
 * middle, for somebody held the camera over it. Along an edge of the picture lie ends of shadows,
 * and the desk beside the paper; a lump may be a stain, or the paper itself. */
static void judge(struct component *component, const struct grey *depth, float threshold)
{
	const struct box *box = &component->box;
	const float cx = (float)(box->left + box->right) / (float)depth->width - 1.0f;
	const float cy = (float)(box->top + box->bottom) / (float)depth->height - 1.0f;
	const float off = fminf(hypotf(cx, cy), 1.0f); /* 0 in the middle, 1 at the sides */
	const float fat = FAT * (float)component->widest / (float)box_side(box);

	if (component->pixels < LEAST_PIXELS || component->deepest < threshold)
		return;
	component->merit = component->outline * (1.0f - (1.0f - FAR_OUT) * off);
	component->merit /= 1.0f + fat * fat;
	if (box_width(box) > LINE * box_height(box))
		component->merit *= LEVEL_LINE;
	for (int side = 0; side < SIDES; side++) {
		const bool upright = side == LEFT || side == RIGHT;
		const float touching = (float)component->touching[side];

		if (touching > 0.0f)
			component->merit *= TOUCHING;
		if (touching > ALONG_PART * (float)(upright ? box_height : box_width)(box))
			component->merit *= ALONG;
		if (touching > MARGINAL_PART * (float)(upright ? depth->height : depth->width)) {
			component->merit *= MARGINAL;
			component->marginal = true;
		}
	}
}

/* Pixels between two boxes; 0 where they touch or overlap. */
static float box_gap(const struct box *a, const struct box *b)
{
	const int x = int_max(0, int_max(a->left - b->right, b->left - a->right));
	const int y = int_max(0, int_max(a->top - b->bottom, b->top - a->bottom));

	return hypotf((float)x, (float)y);
}

/* True where `other` stands beside the digit, is at least 0.6 times as high, and has more than half
 * of its height beside it. */
static bool is_neighbour(const struct box *digit, const struct box *other)
{
	const int shared = int_min(digit->bottom, other->bottom) - int_max(digit->top, other->top);

	return (other->left >= digit->right || other->right <= digit->left) &&
		   box_height(other) * 10 >= box_height(digit) * 6 && shared * 2 > box_height(other);
}

/* True where the component is as dark as the digit's pen makes it. */
static bool is_as_deep(const struct component *component, const struct component *digit)
{
	return component->sum / (float)component->pixels > SAME_PEN * digit->sum / (float)digit->pixels;
}

/* True where the picture's edge may have cut off a part of it. */
static bool is_cut(const struct component *component)
{
	return component->touching[LEFT] || component->touching[TOP] || component->touching[RIGHT] ||
		   component->touching[BOTTOM];
}

static bool is_line(const struct component *component)
{
	return box_width(&component->box) > LINE * box_height(&component->box) ||
		   box_height(&component->box) > LINE * box_width(&component->box);
}

/* True where the component is another piece of the digit: not much fainter, near, and large or very
 * near. Lines, neighbours and pieces that the picture's edge cuts are rather something else. */
static bool belongs(const struct component *component, const struct component *digit)
{
	const float side = (float)box_side(&digit->box), size = (float)box_side(&component->box);
	const float gap = box_gap(&component->box, &digit->box);

	if (component->merit <= 0.0f || component->marginal || !is_as_deep(component, digit))
		return false;
	if (is_line(component) && size > side)
		return false;
	if (is_neighbour(&digit->box, &component->box) || (is_cut(component) && !is_cut(digit)))
		return gap <= DOUBTFUL_GAP * side;
	return (size >= SMALL * side && gap <= SMALL_GAP * side) ||
		   (size >= LARGE * side && gap <= LARGE_GAP * side && !is_line(component));
}

/* Make the component a piece of the digit. */
static void join(struct component *digit, struct component *component)
{
	component->in_digit = true;
	box_include(&digit->box, component->box.left, component->box.top);
	box_include(&digit->box, component->box.right - 1, component->box.bottom - 1);
	digit->pixels += component->pixels;
	digit->sum += component->sum;
	digit->merit += component->merit;
	for (int i = 0; i < SIDES; i++)
		digit->touching[i] += component->touching[i];
}

/* The best component, and then, as it grows, all that belong to it, as one component. */
static struct component gather_digit(struct components *components)
{
	struct component *best = &components->all[0];
	bool grown = true;

	for (int i = 1; i < components->count; i++)
		if (components->all[i].merit > best->merit)
			best = &components->all[i];
	best->in_digit = true;
	struct component digit = *best;
	while (grown) {
		grown = false;
		for (int i = 0; i < components->count; i++) {
			struct component *component = &components->all[i];
			if (!component->in_digit && belongs(component, &digit)) {
				join(&digit, component);
				grown = true;
			}
		}
	}
	return digit;
}

/* True where a square of more than half of its longer side fits in: a stain, not a stroke. */
static bool is_lump(const struct component *component)
{
	return component->widest * 2 > box_side(&component->box);
}

/* True where another digit stands beside the digit. */
static bool is_crowded(const struct components *components, const struct component *digit)
{
	for (int i = 0; i < components->count; i++) {
		const struct component *component = &components->all[i];
		if (!component->in_digit && component->merit > RIVAL_MERIT * digit->merit &&
			!is_lump(component) && is_as_deep(component, digit) &&
			is_neighbour(&digit->box, &component->box) &&
			box_gap(&digit->box, &component->box) < RIVAL_GAP * (float)box_side(&digit->box))
			return true;
	}
	return false;
}

/* The fraction of a side of the box along which the component with this label comes near the side,
 * within a tenth of the box's longer side: it may be tilted. */
static float side_covered(const struct components *components, int label, const struct box *box,
						  int side)
{
	const bool level = side == TOP || side == BOTTOM;
	const int length = level ? box_width(box) : box_height(box);
	const int across = level ? box_height(box) : box_width(box);
	const int band = int_min(box_side(box) / 10, across - 1);
	const int along = level ? 1 : components->width; /* the way to the next label */
	const int inwards = (level ? components->width : 1) * (side == TOP || side == LEFT ? 1 : -1);
	const int x = side == RIGHT ? box->right - 1 : box->left;
	const int y = side == BOTTOM ? box->bottom - 1 : box->top;
	const int *corner = components->labels + y * components->width + x;
	int covered = 0;

	for (int i = 0; i < length; i++) {
		int in = 0;
		while (in <= band && corner[i * along + in * inwards] != label)
			in++;
		covered += in <= band;
	}
	return (float)covered / (float)length;
}

/* The number of pixels that are in components and inside the box, farther than a fifth from each
 * side; *own = those of the component with this label. */
static int count_content(const struct components *components, int label, const struct box *box,
						 int *own)
{
	const int margin_x = box_width(box) / 5, margin_y = box_height(box) / 5;
	int all = 0;

	*own = 0;
	for (int y = box->top + margin_y; y < box->bottom - margin_y; y++)
		for (int x = box->left + margin_x; x < box->right - margin_x; x++) {
			const int here = components->labels[y * components->width + x];
			all += here != 0;
			*own += here == label;
		}
	return all;
}

/* True where the component is drawn along most of each side of its box. */
static bool is_rectangle(const struct components *components, int index)
{
	const struct component *component = &components->all[index];

	if (component->merit <= 0.0f || box_width(&component->box) <= LEAST_FRAME ||
		box_height(&component->box) <= LEAST_FRAME)
		return false;
	for (int side = 0; side < SIDES; side++)
		if (side_covered(components, index + 1, &component->box, side) < COVERED)
			return false;
	return true;
}

/* Tell the ink about rectangles that have something inside, on more than 1% of their area. Drawn
 * around a digit, one loses its merit: it is not the digit. Where its own component goes on inside,
 * it touches the digit, or is filled, as a sheet on a desk is; then the caller looks inside. */
static void set_frames_aside(struct components *components, struct ink *ink)
{
	for (int i = 0; i < components->count; i++) {
		struct component *component = &components->all[i];
		const int area = box_width(&component->box) * box_height(&component->box);
		int own;

		if (!is_rectangle(components, i))
			continue;
		const int content = count_content(components, i + 1, &component->box, &own);
		if (own * 100 > area) {
			ink->framed = true;
			ink->frame = component->box;
			ink->filled = component->pixels * 5 > area * 3;
		} else if (content * 100 > area) {
			component->merit = 0.0f;
			ink->boxed = true;
		}
	}
}

/* Set the depth of all other components to 0. */
static void erase_others(const struct components *components, struct grey *depth)
{
	for (size_t i = 0; i < grey_count(depth); i++)
		if (components->labels[i] != 0 && !components->all[components->labels[i] - 1].in_digit)
			depth->at[i] = 0.0f;
}

/* The depth of the digit's dark strokes: the 85th percentile of the depths of its pixels. */
static float deep_ink(const struct components *components, const struct grey *depth)
{
	enum { BINS = 256 };
	int bins[BINS] = {0}, pixels = 0, below = 0, bin = 0;

	for (size_t i = 0; i < grey_count(depth); i++)
		if (components->labels[i] != 0 && components->all[components->labels[i] - 1].in_digit) {
			bins[(int)(fminf(depth->at[i], 0.999f) * BINS)]++;
			pixels++;
		}
	while (bin < BINS - 1 && (below += bins[bin]) * 100 < pixels * 85)
		bin++;
	return ((float)bin + 0.5f) / BINS;
}

/* Find the digit among the components of pixels deeper than ink->threshold. Only those that
 * somewhere reach the depth `full` can be a part of it (Canny's hysteresis). ink->merit is 0 where
 * there is none. */
static int choose(struct ink *ink, float full, struct components *components, struct error *error)
{
	if (components_find(&ink->depth, ink->threshold, components, error))
		return -1;
	for (int i = 0; i < components->count; i++)
		judge(&components->all[i], &ink->depth, full);
	set_frames_aside(components, ink);
	if (components->count > 0) {
		const struct component digit = gather_digit(components);
		ink->merit = digit.merit;
		ink->box = digit.box;
		ink->mass = digit.sum;
		ink->crowded = is_crowded(components, &digit);
	}
	return 0;
}

/* Find the digit with a low threshold. With the depth of its dark strokes known, find it again
 * where that asks for a higher threshold: it parts a stroke from a stain that it runs into. */
static int choose_twice(struct ink *ink, struct error *error)
{
	const float full = ink->threshold;
	struct components components;

	ink->threshold = FAINT * full;
	if (choose(ink, full, &components, error))
		return -1;
	const float least = DEEP * deep_ink(&components, &ink->depth);
	if (least > ink->threshold) {
		components_free(&components);
		ink->threshold = least;
		if (choose(ink, full, &components, error))
			return -1;
	}
	erase_others(&components, &ink->depth);
	components_free(&components);
	return 0;
}

int ink_find(const struct grey *picture, int window, struct ink *out, struct error *error)
{
	float noise;

	*out = (struct ink){0};
	if (measure_depth(picture, window, &out->depth, &noise, error))
		return -1;
	out->threshold = edge_depth(&out->depth, noise);
	if (out->threshold > EDGE_NOISE * noise + LEAST_EDGE / 2 && choose_twice(out, error)) {
		ink_free(out);
		return -1;
	}
	return 0;
}
