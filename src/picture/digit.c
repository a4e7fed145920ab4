/* How a digit is found in a picture of any size: looked for dark on light and light on dark, and
 * for pens of several widths; then once more, nearer, where it is small or in a box. */
#include "picture/digit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "picture/grey.h"
#include "picture/ink.h"
#include "picture/lines.h"
#include "picture/normalize.h"

#define LEAST_SIDE 128 /* of the planes that are looked at */
#define MOST_SIDE 360
#define SMALL 64         /* a digit that is worth a nearer look */
#define TINY 30          /* too small to tell ink from what is between strokes */
#define SURROUNDINGS 0.7 /* what is kept around it for that, in parts of its size */
#define CLEARLY 1.18f    /* how much better a wider pen must fit */
#define UNSETTLED 0.03f  /* what a digit is worth that a wider window changes */
#define SURE 0.9         /* evidence for paper lighter than ink, or darker, that settles it */
#define FLAT 0.5         /* evidence that there is nothing but paper and ink */
#define DOUBT 4.0        /* how much less likely the other is at evidence 0.5 */
#define LEAST_PART 8     /* of a picture, in pixels, that is worth a look */
#define CLEAR 0.25f      /* a threshold from which on even what is not settled is believed */
#define RULED 0.04 /* lines of ruled paper and of boxes: how wide, in parts of the picture's side */
#define BOXED 0.12

/* Windows wider than the pen, in parts of the picture's smaller side. The last ones, as high and
 * not as wide, are for a 1 in a picture that is cut down to it. */
static const double pens[] = {0.05, 0.08, 0.13, 0.2, 0.33, 0.5, 0.7, 0.95, 1.4, 2.0, 3.0};

/* What is looked at, and what was found in it. */
struct look {
	struct box part; /* of the picture */
	double lines;    /* how wide lines to be removed may be, in parts of the smaller side */
	double scale;    /* the plane's pixels for one of the picture's */
	enum { EITHER, DARK, LIGHT } ask; /* which ink is looked for */
	bool light;                       /* which was found */
	struct ink ink;
};

static double smaller_side(const struct grey *plane)
{
	return plane->width < plane->height ? plane->width : plane->height;
}

/* Do two windows show the digit in the same place? */
static bool is_there(const struct ink *a, const struct ink *b)
{
	const int off = box_side(&a->box) / 20 + 2;

	return a->merit > 0.0f && b->merit > 0.0f && abs(a->box.left - b->box.left) <= off &&
		   abs(a->box.top - b->box.top) <= off && abs(a->box.right - b->box.right) <= off &&
		   abs(a->box.bottom - b->box.bottom) <= off;
}

/* Do they show the same digit? */
static bool is_same(const struct ink *a, const struct ink *b)
{
	return is_there(a, b) && fabsf(a->mass - b->mass) < 0.12f * b->mass;
}

/* Where it is in the same place, but has much more ink, the window was too narrow before. */
static void take_better(struct ink *best, struct ink *ink)
{
	const bool fuller =
		is_there(best, ink) && ink->mass > 1.2f * best->mass && ink->merit > 0.3f * best->merit;

	if (fuller || ink->merit > CLEARLY * best->merit) {
		ink_free(best);
		*best = *ink;
		*ink = (struct ink){0};
	}
}

/* Find the ink in a plane that is dark on light. A digit stays the same when the window gets wider,
 * once the window is wider than the pen; what is only the paper's unevenness grows with it. (So are
 * regions chosen that stay the same under other thresholds: Matas et al. 2002.) Of equals, the
 * narrowest window has taken the least of the shadows for ink. */
static int find_with_pens(struct grey *plane, double lines, struct ink *best, struct error *error)
{
	const double side = smaller_side(plane);
	struct ink ink = {0};
	int status = lines_remove(plane, (int)(lines * side) + 2, error);

	*best = (struct ink){0};
	for (size_t i = 0; !status && i < sizeof pens / sizeof pens[0]; i++) {
		const int window = (int)(pens[i] * side) + 2;
		struct ink wider;

		if (window > plane->width && window > plane->height)
			break;
		status = ink_find(plane, window, &wider, error);
		ink.settled = is_same(&ink, &wider);
		if (!ink.settled)
			ink.merit *= UNSETTLED;
		take_better(best, &ink);
		ink_free(&ink);
		ink = wider;
	}
	ink.merit *= UNSETTLED;
	take_better(best, &ink);
	ink_free(&ink);
	if (status)
		ink_free(best);
	return status;
}

/* From -1, surely light on dark, to 1, surely dark on light: half from the picture's edge, most of
 * which is paper, and half from wide areas in its middle. */
static int estimate_paper(const struct grey *plane, double *evidence, struct error *error)
{
	const int window = (int)(smaller_side(plane) / 4.0) + 1;
	const float middle = (grey_quantile(plane, 0.002) + grey_quantile(plane, 0.998)) / 2.0f;
	struct grey closed, opened;
	double edge = 0.0, edge_count = 0.0, wide = 0.0, wide_count = 0.0;

	if (grey_closing(plane, window, window, &closed, error))
		return -1;
	for (size_t i = 0; i < grey_count(plane); i++)
		plane->at[i] = -plane->at[i];
	int status = grey_closing(plane, window, window, &opened, error);
	for (size_t i = 0; i < grey_count(plane); i++)
		plane->at[i] = -plane->at[i];
	if (status) {
		grey_free(&closed);
		return -1;
	}
	for (int y = 0; y < plane->height; y++)
		for (int x = 0; x < plane->width; x++) {
			const int i = y * plane->width + x;
			if (x == 0 || y == 0 || x == plane->width - 1 || y == plane->height - 1) {
				edge += plane->at[i] > middle ? 1.0 : -1.0;
				edge_count++;
			}
			if (x > plane->width / 4 && x < 3 * plane->width / 4 && y > plane->height / 4 &&
				y < 3 * plane->height / 4) {
				wide += (-opened.at[i] > middle) - (closed.at[i] < middle);
				wide_count++;
			}
		}
	*evidence = (edge / edge_count + wide / fmax(wide_count, 1.0)) / 2.0;
	grey_free(&closed);
	grey_free(&opened);
	return 0;
}

/* Look for dark on light, or light on dark, if that is better than what was found. */
static int look_for(const struct grey *plane, bool light, float weight, struct look *look,
					struct error *error)
{
	struct grey dark;
	struct ink ink;

	if (grey_new(plane->width, plane->height, &dark, error))
		return -1;
	for (size_t i = 0; i < grey_count(plane); i++)
		dark.at[i] = light ? 1.0f - plane->at[i] : plane->at[i];
	int status = find_with_pens(&dark, look->lines, &ink, error);
	grey_free(&dark);
	ink.merit *= weight;
	if (!status && ink.merit > look->ink.merit) {
		ink_free(&look->ink);
		look->ink = ink;
		look->light = light;
	} else {
		ink_free(&ink);
	}
	return status;
}

/* First for what is likelier; then for the other, unless all is clear. */
static int look_at(const struct pnm *picture, struct look *look, struct error *error)
{
	struct grey plane;
	double evidence = 0.0;

	look->ink = (struct ink){0};
	if (grey_from_picture(picture, &look->part, LEAST_SIDE, MOST_SIDE, &plane, &look->scale, error))
		return -1;
	grey_smooth(&plane);
	int status = estimate_paper(&plane, &evidence, error);
	if (look->ask != EITHER)
		evidence = look->ask == DARK ? 1.0 : -1.0;
	if (!status)
		status = look_for(&plane, evidence < 0.0, 1.0f, look, error);
	if (!status && look->ask == EITHER && (fabs(evidence) < SURE || look->ink.merit <= 0.0f))
		status = look_for(&plane, evidence >= 0.0, (float)pow(DOUBT, -2.0 * fabs(evidence)), look,
						  error);
	/* Where there is nothing but paper and ink, a filled rectangle is paper, or a fat digit. */
	if (fabs(evidence) > FLAT)
		look->ink.filled = look->light == (evidence > 0.0);
	grey_free(&plane);
	if (status)
		ink_free(&look->ink);
	return status;
}

/* A box of the plane, with a margin, in the picture. */
static struct box in_picture(const struct look *look, const struct box *box, double margin)
{
	const double more = margin * box_side(box);
	const struct box *part = &look->part;
	const struct box wanted = {
		part->left + (int)floor((box->left - more) / look->scale),
		part->top + (int)floor((box->top - more) / look->scale),
		part->left + (int)ceil((box->right + more) / look->scale),
		part->top + (int)ceil((box->bottom + more) / look->scale),
	};

	return (struct box){
		wanted.left > part->left ? wanted.left : part->left,
		wanted.top > part->top ? wanted.top : part->top,
		wanted.right < part->right ? wanted.right : part->right,
		wanted.bottom < part->bottom ? wanted.bottom : part->bottom,
	};
}

/* What a nearer look must find to be believed: the digit's size in the picture's pixels, and how
 * good it must be, in parts of what was found from afar. */
struct expected {
	double least, most, merit;
};

/* Look at a part of the picture; what is found there replaces what was, if it is as expected. */
static int look_nearer(const struct pnm *picture, struct look *look, struct look nearer,
					   const struct expected *expected, struct error *error)
{
	if (box_width(&nearer.part) < LEAST_PART || box_height(&nearer.part) < LEAST_PART)
		return 0;
	if (look_at(picture, &nearer, error))
		return -1;
	const double side = box_side(&nearer.ink.box) / nearer.scale;
	/* Outlines are longer where the scale is larger. */
	const double merit = nearer.ink.merit / nearer.scale * look->scale;
	if (merit > expected->merit * look->ink.merit && side >= expected->least &&
		side <= expected->most) {
		ink_free(&look->ink);
		*look = nearer;
	} else {
		ink_free(&nearer.ink);
	}
	return 0;
}

/* On a sheet, for the other ink; in a box drawn with a pen, for the same. */
static int look_inside(const struct pnm *picture, struct look *look, struct error *error)
{
	const bool filled = look->ink.filled;
	const double side = box_side(&look->ink.frame) / look->scale;
	const struct expected expected = {side / 10.0, side, filled ? 0.05 : 0.01};
	const struct look nearer = {
		.part = in_picture(look, &look->ink.frame, filled ? -0.03 : 0.02),
		.lines = filled ? RULED : BOXED,
		.ask = look->light != filled ? LIGHT : DARK,
	};

	return look_nearer(picture, look, nearer, &expected, error);
}

static int smaller(const struct box *part)
{
	return box_width(part) < box_height(part) ? box_width(part) : box_height(part);
}

/* At the digit and some paper around it, where lines are no wider than they were. */
static int look_around(const struct pnm *picture, struct look *look, struct error *error)
{
	const double side = box_side(&look->ink.box) / look->scale;
	const struct expected expected = {0.7 * side, 1.4 * side, 0.08};
	struct look nearer = {
		.part = in_picture(look, &look->ink.box, SURROUNDINGS),
		.ask = box_side(&look->ink.box) < TINY ? EITHER
			   : look->light                   ? LIGHT
											   : DARK,
	};

	nearer.lines = fmin(BOXED, look->lines * smaller(&look->part) / smaller(&nearer.part));
	return look_nearer(picture, look, nearer, &expected, error);
}

static int find_digit(const struct pnm *picture, struct look *look, struct error *error)
{
	*look = (struct look){.part = {0, 0, picture->width, picture->height}, .lines = RULED};
	int status = look_at(picture, look, error);

	if (!status && look->ink.framed)
		status = look_inside(picture, look, error);
	const int enough = look->ink.boxed ? TINY : SMALL;
	if (!status && look->ink.merit > 0.0f && look->scale < 1.0 && box_side(&look->ink.box) < enough)
		status = look_around(picture, look, error);
	if (status)
		ink_free(&look->ink);
	return status;
}

static uint8_t pixel_at(const struct pnm *picture, int i)
{
	const uint32_t maxval = (uint32_t)picture->maxval;

	return (uint8_t)((picture->samples[i] * UINT32_C(255) + maxval / 2) / maxval);
}

int digit_from_raw(const struct pnm *picture, uint8_t pixels[DIGIT_PIXELS], struct error *error)
{
	if (picture->width != DIGIT_SIDE || picture->height != DIGIT_SIDE)
		return error_set(error, "%d×%d pixels, expected %d×%d", picture->width, picture->height,
						 DIGIT_SIDE, DIGIT_SIDE);
	for (int i = 0; i < DIGIT_PIXELS; i++)
		pixels[i] = pixel_at(picture, i);
	return 0;
}

void digit_steps_free(struct digit_steps *steps)
{
	grey_free(&steps->ink);
	*steps = (struct digit_steps){0};
}

int digit_from_picture(const struct pnm *picture, uint8_t pixels[DIGIT_PIXELS],
					   struct digit_steps *steps, struct error *error)
{
	struct look look;
	int status;

	if (steps)
		*steps = (struct digit_steps){0};
	if (picture->width == DIGIT_SIDE && picture->height == DIGIT_SIDE) {
		digit_from_raw(picture, pixels, error);
		if (digit_is_normal(pixels))
			return 0;
	}
	if (find_digit(picture, &look, error))
		return -1;
	if (look.ink.merit <= 0.0f || (!look.ink.settled && look.ink.threshold < CLEAR))
		status = error_set(error, "no digit found");
	else if (look.ink.crowded)
		status = error_set(error, "more than one digit found; cut the picture down to one");
	else
		status = digit_normalize(&look.ink, pixels, error);
	if (!status && steps) {
		*steps = (struct digit_steps){look.part, look.ink.depth};
		look.ink.depth = (struct grey){0};
	}
	ink_free(&look.ink);
	return status;
}
