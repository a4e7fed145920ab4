/* A digit is looked for in the whole picture, dark on light and light on dark, and for pens of
 * several widths; then once more, nearer, where it is small or in a box. */
#include "picture/digit.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "picture/grey.h"
#include "picture/ink.h"
#include "picture/lines.h"
#include "picture/normalize.h"

#define LEAST_SIDE 128 /* pixels of a plane's smaller side, at least */
#define MOST_SIDE 360  /* a plane has at most so many pixels squared */
#define LEAST_PART 8   /* pixels of the picture: a part with a smaller side shows no digit */

/* Lines that are removed, by their width as a fraction of the smaller side of the part. */
#define RULED 0.04 /* those of ruled paper */
#define BOXED 0.12 /* those of a box around a digit, seen from near */

/* A second look. Sizes of the digit are pixels of the plane. */
#define SMALL 64         /* a smaller digit is looked at from nearer, */
#define TINY 30          /* one in a box only where it is this small */
#define SURROUNDINGS 0.7 /* with so much of its longer side around it */

/* The choice of the window. */
#define SAME_MASS 0.12f /* a digit is the same where its mass changes by less than this fraction */
#define UNSETTLED 0.03f /* the factor of its merit where the next window shows another */
/* A wider window replaces a narrower one whose merit it exceeds 1.18 times, or whose digit it shows
 * in the same place with 1.2 times the mass and 0.3 times the merit. */
#define CLEARLY 1.18f
#define FULLER 1.2f
#define FULLER_MERIT 0.3f

/* The choice of dark or light ink, from the evidence for dark ink: -1 to 1. */
#define SURE 0.9    /* evidence either way that makes the other ink not worth a look */
#define FLAT 0.5    /* evidence from which on the paper's grey is known */
#define DOUBT 4.0   /* at evidence 0.5 the other ink's merit counts a quarter: 4^(-2 × 0.5) */
#define CLEAR 0.25f /* with a threshold from here on an unsettled digit is believed, too */

/* The windows, one of which is to be wider than the pen, as fractions of the part's smaller side.
 * Those above 1 are cut to that side, and are for a 1 in a picture that is cut down to it. */
static const double windows[] = {0.05, 0.08, 0.13, 0.2, 0.33, 0.5, 0.7, 0.95, 1.4, 2.0, 3.0};
#define WINDOWS (sizeof windows / sizeof windows[0])

/* One look at a part of the picture. */
struct look {
	struct box part;
	double lines; /* lines up to this width are removed: a fraction of the part's smaller side */
	double scale; /* the plane's pixels for one of the picture's */
	/* The ink that is looked for, as evidence for dark ink. */
	enum { LIGHT = -1, EITHER = 0, DARK = 1 } ask;
	bool light; /* light ink was found */
	struct ink ink;
};

/* True where two windows show the digit in the same place. */
static bool is_there(const struct ink *a, const struct ink *b)
{
	const int off = box_side(&a->box) / 20 + 2;

	return a->merit > 0.0f && b->merit > 0.0f && abs(a->box.left - b->box.left) <= off &&
		   abs(a->box.top - b->box.top) <= off && abs(a->box.right - b->box.right) <= off &&
		   abs(a->box.bottom - b->box.bottom) <= off;
}

/* True where two windows show the same digit. */
static bool is_same(const struct ink *a, const struct ink *b)
{
	return is_there(a, b) && fabsf(a->mass - b->mass) < SAME_MASS * b->mass;
}

/* Replace *best where the ink is better: clearly likelier, or in the same place with much more
 * mass, which shows that the window before was too narrow for the pen. */
static void take_better(struct ink *best, struct ink *ink)
{
	const bool fuller = is_there(best, ink) && ink->mass > FULLER * best->mass &&
						ink->merit > FULLER_MERIT * best->merit;

	if (fuller || ink->merit > CLEARLY * best->merit) {
		ink_free(best);
		*best = *ink;
		*ink = (struct ink){0};
	}
}

/* *best = the ink in a plane that is dark on light, from which lines are removed. A digit stays the
 * same when the window gets wider, once it is wider than the pen; ink that comes from the paper's
 * unevenness grows with the window. (Likewise, Matas et al. 2002 choose regions that stay the same
 * when the threshold changes.) Among equals the narrowest window has the least shadow. */
static int find_in_windows(struct grey *plane, double lines, struct ink *best, struct error *error)
{
	const double side = int_min(plane->width, plane->height);
	struct ink ink = {0};
	int status = lines_remove(plane, (int)(lines * side) + 2, error);
	bool more = true;

	*best = (struct ink){0};
	for (size_t i = 0; !status && more; i++) {
		const int window = i < WINDOWS ? (int)(windows[i] * side) + 2 : INT_MAX;
		struct ink wider = {0};

		more = window <= int_max(plane->width, plane->height);
		if (more)
			status = ink_find(plane, window, &wider, error);
		ink.settled = is_same(&ink, &wider);
		if (!ink.settled)
			ink.merit *= UNSETTLED;
		take_better(best, &ink);
		ink_free(&ink);
		ink = wider;
	}
	if (status)
		ink_free(best);
	return status;
}

/* The mean of two kinds of evidence. That of the outermost pixels, most of which are paper, is the
 * mean of 1 for each that is lighter than `middle` and -1 for the others. That of the middle half
 * is the mean of 1 for each pixel in a wide light area, which an opening leaves, and -1 for each in
 * a wide dark one, which a closing leaves. */
static double weigh(const struct grey *plane, const struct grey *opened, const struct grey *closed,
					float middle)
{
	const int w = plane->width, h = plane->height;
	int edge = 0, edges = 0, area = 0, areas = 0;

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			const int at = y * w + x;
			if (x == 0 || y == 0 || x == w - 1 || y == h - 1) {
				edge += plane->at[at] > middle ? 1 : -1;
				edges++;
			}
			if (x > w / 4 && x < 3 * w / 4 && y > h / 4 && y < 3 * h / 4) {
				area += (opened->at[at] > middle) - (closed->at[at] < middle);
				areas++;
			}
		}
	return ((double)edge / edges + (double)area / int_max(areas, 1)) / 2.0;
}

/* *evidence = from -1, the ink is surely light on dark, to 1, it is surely dark on light. */
static int estimate_paper(const struct grey *plane, double *evidence, struct error *error)
{
	const int window = int_min(plane->width, plane->height) / 4 + 1;
	const float middle = (grey_quantile(plane, 0.002) + grey_quantile(plane, 0.998)) / 2.0f;
	struct grey closed, opened = {0};
	int status = grey_morph(plane, GREY_CLOSING, window, window, &closed, error);

	if (!status)
		status = grey_morph(plane, GREY_OPENING, window, window, &opened, error);
	if (!status)
		*evidence = weigh(plane, &opened, &closed, middle);
	grey_free(&closed);
	grey_free(&opened);
	return status;
}

/* Look for dark or for light ink. It replaces the look's where its merit, times `weight`, is
 * greater. */
static int look_for(const struct grey *plane, bool light, float weight, struct look *look,
					struct error *error)
{
	struct grey dark;
	struct ink ink;

	if (grey_new(plane->width, plane->height, &dark, error))
		return -1;
	for (size_t i = 0; i < grey_count(plane); i++)
		dark.at[i] = light ? 1.0f - plane->at[i] : plane->at[i];
	int status = find_in_windows(&dark, look->lines, &ink, error);
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

/* Look at look->part, for the ink that look->ask says: for the likelier first, and then, unless the
 * case is clear, for the other. */
static int look_at(const struct raster *picture, struct look *look, struct error *error)
{
	struct grey plane;
	double evidence = look->ask;

	look->ink = (struct ink){0};
	if (grey_from_picture(picture, &look->part, LEAST_SIDE, MOST_SIDE, &plane, &look->scale, error))
		return -1;
	grey_smooth(&plane);
	int status = look->ask == EITHER ? estimate_paper(&plane, &evidence, error) : 0;
	if (!status)
		status = look_for(&plane, evidence < 0.0, 1.0f, look, error);
	if (!status && look->ask == EITHER && (fabs(evidence) < SURE || look->ink.merit <= 0.0f))
		status = look_for(&plane, evidence >= 0.0, (float)pow(DOUBT, -2.0 * fabs(evidence)), look,
						  error);
	/* With so much evidence the paper's grey is known: a frame of that grey is a sheet, one of the
	 * other is drawn. */
	if (fabs(evidence) > FLAT)
		look->ink.filled = look->light == (evidence > 0.0);
	grey_free(&plane);
	if (status)
		ink_free(&look->ink);
	return status;
}

/* A box of the plane, with a margin of `margin` × its longer side, in pixels of the picture. It is
 * cut to the part that was looked at. */
static struct box in_picture(const struct look *look, const struct box *box, double margin)
{
	const double more = margin * box_side(box);
	const struct box *part = &look->part;

	return (struct box){
		part->left + int_max((int)floor((box->left - more) / look->scale), 0),
		part->top + int_max((int)floor((box->top - more) / look->scale), 0),
		int_min(part->left + (int)ceil((box->right + more) / look->scale), part->right),
		int_min(part->top + (int)ceil((box->bottom + more) / look->scale), part->bottom),
	};
}

/* The digit that a nearer look must find to be believed. */
struct expected {
	double least, most; /* its longer side, in pixels of the picture */
	double merit;       /* its merit, as a fraction of the first look's, is greater than this */
};

/* Take the look `nearer`. It replaces `look` where it finds a digit that is as expected. */
static int look_nearer(const struct raster *picture, struct look *look, struct look nearer,
					   const struct expected *expected, struct error *error)
{
	if (box_shorter_side(&nearer.part) < LEAST_PART)
		return 0;
	if (look_at(picture, &nearer, error))
		return -1;
	const double side = box_side(&nearer.ink.box) / nearer.scale;
	/* Outlines have more pixels where the scale is larger. */
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

/* Look inside the frame: on a sheet for the other ink, in a box drawn with a pen for the same. */
static int look_inside(const struct raster *picture, struct look *look, struct error *error)
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

/* Look at the digit with some paper around it. Lines up to the same width as before are removed, at
 * most BOXED. */
static int look_around(const struct raster *picture, struct look *look, struct error *error)
{
	const double side = box_side(&look->ink.box) / look->scale;
	const struct expected expected = {0.7 * side, 1.4 * side, 0.08};
	struct look nearer = {
		.part = in_picture(look, &look->ink.box, SURROUNDINGS),
		.ask = box_side(&look->ink.box) < TINY ? EITHER
			   : look->light                   ? LIGHT
											   : DARK,
	};

	nearer.lines =
		fmin(BOXED, look->lines * box_shorter_side(&look->part) / box_shorter_side(&nearer.part));
	return look_nearer(picture, look, nearer, &expected, error);
}

static int find_digit(const struct raster *picture, struct look *look, struct error *error)
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

int digit_from_raw(const struct raster *picture, uint8_t pixels[DIGIT_PIXELS], struct error *error)
{
	if (picture->width != DIGIT_SIDE || picture->height != DIGIT_SIDE)
		return error_set(error, "%d×%d pixels, expected %d×%d", picture->width, picture->height,
						 DIGIT_SIDE, DIGIT_SIDE);
	const uint32_t maxval = (uint32_t)picture->maxval;
	for (int i = 0; i < DIGIT_PIXELS; i++)
		pixels[i] = (uint8_t)((picture->samples[i] * UINT32_C(255) + maxval / 2) / maxval);
	return 0;
}

void digits_free(struct digits *digits)
{
	free(digits->all);
	grey_free(&digits->way.ink);
	*digits = (struct digits){0};
}

int digits_find(const struct raster *picture, const struct digit_judge *judge, struct digits *out,
				struct error *error)
{
	struct look look;
	int status;

	(void)judge;
	*out = (struct digits){.all = malloc(sizeof *out->all), .count = 1};
	if (!out->all)
		return error_set(error, "not enough memory for a digit");
	*out->all = (struct digit){.box = {0, 0, picture->width, picture->height}, .begins = true};
	uint8_t *pixels = out->all->pixels;
	if (!digit_from_raw(picture, pixels, error) && digit_is_normal(pixels))
		return 0;
	if (find_digit(picture, &look, error)) {
		digits_free(out);
		return -1;
	}
	if (look.ink.merit <= 0.0f || (!look.ink.settled && look.ink.threshold < CLEAR))
		status = error_set(error, "no digit found");
	else if (look.ink.crowded)
		status = error_set(error, "more than one digit found; cut the picture down to one");
	else
		status = digit_normalize(&look.ink, pixels, error);
	if (!status) {
		out->all->box = in_picture(&look, &look.ink.box, 0.0);
		out->way = (struct digit_way){look.part, look.ink.depth};
		look.ink.depth = (struct grey){0};
	} else {
		digits_free(out);
	}
	ink_free(&look.ink);
	return status;
}
