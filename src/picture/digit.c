/* Digits are looked for in the whole picture, then nearer where they are small or in a box, and put
 * into reading order. */
#include "picture/digit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "picture/look.h"
#include "picture/normalize.h"
#include "picture/order.h"

/* Lines that are removed, by their width as a fraction of the smaller side of the part. */
#define RULED 0.04 /* those of ruled paper */
#define BOXED 0.12 /* those of a box around a digit, seen from near */

/* A second look. Sizes of the digit are pixels of the plane. */
#define SMALL 64         /* a smaller digit is looked at from nearer, */
#define SURROUNDINGS 0.7 /* with so much of its longer side around it */

/* So much of a sheet's longer side is left out at each edge, to see it without the desk. */
#define SHEET 0.03f

#define CLEAR 0.25f /* with a threshold from here on an unsettled digit is believed, too */

void digits_free(struct digits *digits)
{
	free(digits->all);
	grey_free(&digits->way.ink);
	*digits = (struct digits){0};
}

/* Make room for `more` digits. */
static int digits_grow(struct digits *digits, int more, struct error *error)
{
	const size_t count = (size_t)(digits->count + more);
	struct digit *all = realloc(digits->all, (count + 1) * sizeof *all);

	if (!all)
		return error_scarce(error, "not enough memory for %zu digits", count);
	digits->all = all;
	return 0;
}

/* Look inside the frame, unless it is smaller than the digit, as the bar of a 5 is: on a sheet for
 * the other ink, in a box drawn with a pen for the same, where the box's sides are lines from edge
 * to edge. A digit that is found there replaces the look where its score is no lower. */
static int look_inside(const struct raster *picture, const struct digit_judge *judge,
					   struct look *look, struct error *error)
{
	const struct ink *ink = &look->finding->ink;
	const int inset = ink->filled ? (int)(SHEET * (float)box_side(&ink->frame)) : 0;
	const struct box inside = {ink->frame.left + inset, ink->frame.top + inset,
							   ink->frame.right - inset, ink->frame.bottom - inset};
	struct look nearer = {
		.part = look_box(look, &inside),
		.lines = ink->filled ? RULED : BOXED,
		.ask = look->light != ink->filled ? LIGHT : DARK,
	};

	if (box_shorter_side(&inside) <= 0 ||
		box_side(&ink->frame) < box_side(&look->finding->all[look->finding->best].box))
		return 0;
	if (look_at(picture, judge, &nearer, error))
		return -1;
	look_take(look, &nearer,
			  nearer.finding->count > 0 && nearer.finding->score >= look->finding->score);
	return 0;
}

/* *digit = a digit that the look has found. */
static void take_digit(const struct look *look, int index, struct digit *digit)
{
	const struct candidate *candidate = &look->finding->all[index];

	digit->box = look_box(look, &candidate->box);
	memcpy(digit->pixels, candidate->pixels, DIGIT_PIXELS);
}

/* Append all that the look has found. */
static int append_found(const struct look *look, struct digits *out, struct error *error)
{
	if (digits_grow(out, look->finding->count, error))
		return -1;
	for (int i = 0; i < look->finding->count; i++)
		take_digit(look, i, &out->all[out->count++]);
	return 0;
}

/* True where the pixel is in the box of one of the digits. */
static bool is_in_digit(const struct finding *finding, int x, int y)
{
	for (int i = 0; i < finding->count; i++) {
		const struct box *box = &finding->all[i].box;
		if (x >= box->left && x < box->right && y >= box->top && y < box->bottom)
			return true;
	}
	return false;
}

/* The look's ink moves into the digits' way, without what is paper or not in a digit's box. */
static void set_way(struct look *look, struct digits *digits)
{
	const struct grey *ink = &look->finding->ink.depth;
	const float threshold = look->finding->ink.threshold;

	for (int y = 0; y < ink->height; y++)
		for (int x = 0; x < ink->width; x++)
			if (grey_row(ink, y)[x] < threshold || !is_in_digit(look->finding, x, y))
				grey_row(ink, y)[x] = 0.0f;
	grey_free(&digits->way.ink);
	digits->way = (struct digit_way){look->part, look->finding->ink.depth};
	look->finding->ink.depth = (struct grey){0};
}

/* ---- from nearer ---- */

/* A line of digits, as it was found from afar. */
struct line {
	const struct digit *all;
	int count;
	double slope;
};

/* True where an edge of the look's part, which is none of the whole, cuts the box. */
static bool is_cut(const struct box *box, const struct box *part, const struct box *whole)
{
	return (box->left == part->left && part->left > whole->left) ||
		   (box->top == part->top && part->top > whole->top) ||
		   (box->right == part->right && part->right < whole->right) ||
		   (box->bottom == part->bottom && part->bottom < whole->bottom);
}

/* Append those digits that are in the line and whole. Of another line, the look may show pieces. */
static int append_line(const struct look *look, const struct box *whole, const struct line *line,
					   struct digits *out, struct error *error)
{
	struct box level = order_level(&line->all[0].box, line->slope);

	if (digits_grow(out, look->finding->count, error))
		return -1;
	for (int i = 1; i < line->count; i++) {
		const struct box box = order_level(&line->all[i].box, line->slope);
		level = box_join(&level, &box);
	}
	for (int i = 0; i < look->finding->count; i++) {
		struct digit *digit = &out->all[out->count];
		take_digit(look, i, digit);
		const struct box box = order_level(&digit->box, line->slope);
		out->count += order_is_beside(&box, &level) && !is_cut(&digit->box, &look->part, whole);
	}
	return 0;
}

/* Look at a line of digits with some paper around it, and append those of the line that are found
 * there. Lines up to the same width as before are removed, at most BOXED. Where the line is not
 * found again, or is crowded by ink that from afar was digits, it is appended as it is. */
static int look_nearer(const struct raster *picture, const struct digit_judge *judge,
					   const struct look *look, const struct line *line, struct digits *out,
					   struct error *error)
{
	const struct box *part = &look->part;
	struct box box = line->all[0].box;
	int side = 0;

	for (int i = 0; i < line->count; i++) {
		box = box_join(&box, &line->all[i].box);
		side = int_max(side, box_side(&line->all[i].box));
	}
	const int margin = (int)(SURROUNDINGS * side);
	struct look nearer = {
		.part = {int_max(box.left - margin, part->left), int_max(box.top - margin, part->top),
				 int_min(box.right + margin, part->right),
				 int_min(box.bottom + margin, part->bottom)},
		.ask = look->light ? LIGHT : DARK,
	};
	nearer.lines =
		fmin(BOXED, look->lines * box_shorter_side(part) / box_shorter_side(&nearer.part));
	if (look_at(picture, judge, &nearer, error))
		return -1;
	const int first = out->count;
	const int status = nearer.finding->crowded ? 0 : append_line(&nearer, part, line, out, error);
	const bool found = out->count > first;
	if (found)
		set_way(&nearer, out);
	look_free(&nearer);
	if (status || found)
		return status;
	if (digits_grow(out, line->count, error))
		return -1;
	memcpy(out->all + first, line->all, (size_t)line->count * sizeof *line->all);
	out->count += line->count;
	return 0;
}

/* Look nearer at each line of what was found from afar. No way shows several. */
static int look_at_lines(const struct raster *picture, const struct digit_judge *judge,
						 const struct look *look, struct digits *out, struct error *error)
{
	struct digits afar = *out;
	const double slope = order_slope(&afar);
	int status = 0, lines = 0;

	*out = (struct digits){0};
	for (int i = 0, end; i < afar.count && !status; i = end, lines++) {
		end = order_line(&afar, i, slope);
		const struct line line = {afar.all + i, end - i, slope};
		status = look_nearer(picture, judge, look, &line, out, error);
	}
	if (lines > 1)
		grey_free(&out->way.ink);
	digits_free(&afar);
	return status;
}

/* Take the pixels of a picture, light on dark, that is in MNIST's form already. */
static bool take_in_form(const struct raster *picture, uint8_t pixels[DIGIT_PIXELS])
{
	if (picture->width != DIGIT_SIDE || picture->height != DIGIT_SIDE)
		return false;
	raster_to_bytes(picture, pixels);
	return digit_is_normal(pixels);
}

static int take_whole(const struct raster *picture, const uint8_t pixels[DIGIT_PIXELS],
					  struct digits *out, struct error *error)
{
	if (digits_grow(out, 1, error))
		return -1;
	out->all[out->count++] =
		(struct digit){.box = {0, 0, picture->width, picture->height}, .begins = true};
	memcpy(out->all->pixels, pixels, DIGIT_PIXELS);
	return 0;
}

/* Take what the look has found, and look nearer where digits are small. */
static int take_found(const struct raster *picture, const struct digit_judge *judge,
					  struct look *look, struct digits *out, struct error *error)
{
	const struct finding *finding = look->finding;

	out->none = finding->merit <= 0.0f || (!finding->ink.settled && finding->ink.threshold < CLEAR);
	out->crowded = finding->crowded;
	if (!out->none && finding->count == MOST_GROUPS)
		return error_set(error, "more than %d digits; cut the picture into parts", MOST_GROUPS - 1);
	if (append_found(look, out, error))
		return -1;
	if (!out->none && look->scale < 1.0 && box_height(&finding->all[finding->best].box) < SMALL &&
		look_at_lines(picture, judge, look, out, error))
		return -1;
	order_digits(out);
	if (!out->way.ink.at)
		set_way(look, out);
	return 0;
}

int digits_find(const struct raster *picture, const struct digit_judge *judge, struct digits *out,
				struct error *error)
{
	struct look look = {.part = {0, 0, picture->width, picture->height}, .lines = RULED};
	uint8_t pixels[DIGIT_PIXELS];

	*out = (struct digits){0};
	if (take_in_form(picture, pixels))
		return take_whole(picture, pixels, out, error);
	if (look_at(picture, judge, &look, error))
		return -1;
	const bool failed = (look.finding->ink.framed && look_inside(picture, judge, &look, error)) ||
						take_found(picture, judge, &look, out, error);
	look_free(&look);
	if (failed)
		digits_free(out);
	return failed ? -1 : 0;
}
