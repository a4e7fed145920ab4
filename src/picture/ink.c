/* From a grey picture to ink. The depth of a pixel is how much darker than the paper it is, as a
 * fraction of the paper's grey: 0.4 for a pixel of 0.48 on paper of 0.8. Pixels deeper than a
 * threshold make connected components, and these make groups, each of which may be a digit. */
#include "picture/ink.h"

#include <math.h>
#include <stdlib.h>

#include "picture/group.h"

#define DIMMEST 0.3f     /* of the brightest paper's grey: paper in shadow is no darker */
#define DARKEST 0.01f    /* grey that a depth is divided by at least, where all is black */
#define SPREAD 0.75f     /* deviations between the 2nd and the 10th percentile of noise */
#define TO_LEVEL 0.9f    /* deviations from the 10th percentile up to depth 0 */
#define EDGE_NOISE 4.0f  /* an edge is a slope of so many deviations of noise */
#define LEAST_EDGE 0.02f /* and of this depth on top */
#define FAINT 0.7f       /* of half the ink's depth: a pixel of this depth is ink, */
#define DEEP 0.42f       /* if that is also 0.42 × the depth of the digit's dark strokes */
#define MARGIN 0.3f      /* around a digit, of its longer side: its surroundings */
#define AS_DARK 0.3f     /* of the way from ink to paper: greys that are as dark as ink */

void ink_free(struct ink *ink)
{
	grey_free(&ink->depth);
	grey_free(&ink->paper);
	components_free(&ink->components);
	*ink = (struct ink){0};
}

/* Measure the paper's grey and the depth; *noise = the deviation of the paper's noise in it.
 *
 * The paper's grey is the closing by a square wider than the pen, which fills up strokes and
 * follows shadows with all their edges. It lies at the paper's light side, so that all of the paper
 * has some depth. Noise is measured between the 2nd and the 10th percentile of that, which are
 * paper even in a picture full of ink: of a normal distribution they are 0.77 deviations apart. A
 * depth of 0 begins a little below the mean, 0.9 deviations above the 10th percentile, which is
 * 1.28 below it. */
static int measure_depth(const struct grey *picture, int window, struct ink *ink, float *noise,
						 struct error *error)
{
	struct grey *depth = &ink->depth;

	if (grey_close(picture, window, window, &ink->paper, error) ||
		grey_new(picture->width, picture->height, depth, error))
		return -1;
	const float dimmest = DIMMEST * grey_quantile(&ink->paper, 0.99);
	for (size_t i = 0; i < grey_count(depth); i++) {
		const float paper = ink->paper.at[i];
		depth->at[i] = (paper - picture->at[i]) / fmaxf(fmaxf(paper, dimmest), DARKEST);
	}
	const float low = grey_quantile(depth, 0.02), upper = grey_quantile(depth, 0.1);
	*noise = (upper - low) / SPREAD;
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

/* The depth of the dark strokes of the likeliest digit: the 85th percentile of the depths of its
 * pixels. */
static float deep_ink(const struct ink *ink)
{
	enum { BINS = 256 };
	int bins[BINS] = {0}, pixels = 0, below = 0, bin = 0;

	for (size_t i = 0; i < grey_count(&ink->depth); i++)
		if (ink_group_at(ink, i) == 1) {
			bins[(int)(fminf(ink->depth.at[i], 0.999f) * (float)BINS)]++;
			pixels++;
		}
	while (bin < BINS - 1 && (below += bins[bin]) * 100 < pixels * 85)
		bin++;
	return ((float)bin + 0.5f) / (float)BINS;
}

int ink_find(const struct grey *picture, int window, struct ink *out, struct error *error)
{
	float noise;

	*out = (struct ink){0};
	if (measure_depth(picture, window, out, &noise, error)) {
		ink_free(out);
		return -1;
	}
	const float full = edge_depth(&out->depth, noise);
	if (full <= EDGE_NOISE * noise + LEAST_EDGE / 2)
		return 0;
	/* With the depth of the dark strokes known, look again where that asks for a higher threshold:
	 * it parts a stroke from a stain that it runs into. */
	out->threshold = FAINT * full;
	int status = group_components(out, error);
	const float least = !status && out->count > 0 ? DEEP * deep_ink(out) : 0.0f;
	if (least > out->threshold) {
		components_free(&out->components);
		out->threshold = least;
		status = group_components(out, error);
	}
	if (status)
		ink_free(out);
	return status;
}

int ink_crop(const struct ink *ink, int a, int b, struct grey *out, struct box *box,
			 struct error *error)
{
	*box = box_join(&ink->groups[a].box, &ink->groups[b].box);
	if (grey_new(box_width(box) + 2, box_height(box) + 2, out, error))
		return -1;
	for (int y = 0; y < out->height; y++)
		for (int x = 0; x < out->width; x++) {
			const int px = box->left + x - 1, py = box->top + y - 1;
			if (px < 0 || px >= ink->depth.width || py < 0 || py >= ink->depth.height)
				continue;
			const int at = py * ink->depth.width + px;
			const int label = ink->components.labels[at], group = ink_group_at(ink, (size_t)at);
			if (label == 0 || group == a + 1 || group == b + 1)
				grey_row(out, y)[x] = ink->depth.at[at];
		}
	return 0;
}

float ink_darkness_around(const struct ink *ink, int a, int b)
{
	const float *depth = ink->depth.at, *paper = ink->paper.at;
	const int width = ink->depth.width;
	const struct box box = box_join(&ink->groups[a].box, &ink->groups[b].box);
	const int margin = (int)(MARGIN * (float)box_side(&box)) + 1;
	const int right = int_min(box.right + margin, width);
	const int bottom = int_min(box.bottom + margin, ink->depth.height);
	double sum = 0.0;
	int pixels = 0, around = 0, dark = 0;

	for (int y = box.top; y < box.bottom; y++)
		for (int x = box.left; x < box.right; x++) {
			const int at = y * width + x, group = ink_group_at(ink, (size_t)at);
			if (group == a + 1 || group == b + 1) {
				sum += (double)(paper[at] * (1.0f - (1.0f - AS_DARK) * depth[at]));
				pixels++;
			}
		}
	for (int y = int_max(box.top - margin, 0); y < bottom; y++)
		for (int x = int_max(box.left - margin, 0); x < right; x++) {
			const int at = y * width + x;
			if (ink->components.labels[at] == 0) {
				around++;
				dark += (double)(paper[at] * (1.0f - depth[at])) * pixels < sum;
			}
		}
	return (float)dark / (float)int_max(around, 1);
}
