/* Digits are looked for in the whole picture, then nearer where they are small or in a box, and put
 * into reading order. */
#include "picture/digit.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "picture/look.h"
#include "picture/normalize.h"

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

/* True where b stands in the same line as a. */
static bool is_beside(const struct box *a, const struct box *b)
{
	const int shared = int_min(a->bottom, b->bottom) - int_max(a->top, b->top);

	return 2 * shared > int_min(box_height(a), box_height(b));
}

static void swap_digits(struct digit *a, struct digit *b)
{
	const struct digit other = *a;

	*a = *b;
	*b = other;
}

/* Sort the digits from `first` on that are in the line of the topmost of them to the front, from
 * left to right. Returns the index behind them. */
static int sort_line(struct digits *digits, int first)
{
	struct digit *all = digits->all;
	int end = first + 1;

	for (int i = first + 1; i < digits->count; i++)
		if (all[i].box.top < all[first].box.top)
			swap_digits(&all[first], &all[i]);
	for (int i = end; i < digits->count; i++)
		for (int j = first; j < end; j++)
			if (is_beside(&all[i].box, &all[j].box)) {
				swap_digits(&all[i], &all[end++]);
				i = end - 1;
				break;
			}
	for (int i = first; i < end; i++)
		for (int j = i; j > first && all[j].box.left < all[j - 1].box.left; j--)
			swap_digits(&all[j], &all[j - 1]);
	return end;
}

/* A digit begins a number where it is the first of its line, or where the gap before it is wider
 * than the line's digits are high, and more than twice as wide as the line's narrowest gap. */
static void find_numbers(struct digit *line, int count)
{
	int narrowest = INT_MAX, height = 0;

	for (int i = 0; i < count; i++) {
		height = int_max(height, box_height(&line[i].box));
		if (i > 0)
			narrowest = int_min(narrowest, box_gap(&line[i - 1].box, &line[i].box));
	}
	for (int i = 0; i < count; i++) {
		const int gap = i > 0 ? box_gap(&line[i - 1].box, &line[i].box) : 0;
		line[i].begins = i == 0 || (gap > height && gap > 2 * narrowest);
	}
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

/* Append all that the look has found. */
static int append_found(const struct look *look, struct digits *out, struct error *error)
{
	const struct finding *finding = look->finding;

	if (digits_grow(out, finding->count, error))
		return -1;
	for (int i = 0; i < finding->count; i++) {
		struct digit *digit = &out->all[out->count++];
		digit->box = look_box(look, &finding->all[i].box);
		memcpy(digit->pixels, finding->all[i].pixels, DIGIT_PIXELS);
	}
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

static void sort_digits(struct digits *digits)
{
	for (int i = 0; i < digits->count;) {
		const int end = sort_line(digits, i);
		find_numbers(digits->all + i, end - i);
		i = end;
	}
}

/* Look at a line of digits with some paper around it, and append those of the line that are found
 * there. Lines up to the same width as before are removed, at most BOXED. Where the line is not
 * found again, it is appended as it is. */
static int look_nearer(const struct raster *picture, const struct digit_judge *judge,
					   const struct look *look, const struct digit *line, int count,
					   struct digits *out, struct error *error)
{
	const struct box *part = &look->part;
	struct box box = line->box;
	int side = 0;

	for (int i = 0; i < count; i++) {
		box = box_join(&box, &line[i].box);
		side = int_max(side, box_side(&line[i].box));
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
	int status = append_found(&nearer, out, error), kept = first;
	for (int i = first; i < out->count; i++)
		if (is_beside(&out->all[i].box, &box))
			out->all[kept++] = out->all[i];
	out->count = kept;
	if (kept > first)
		set_way(&nearer, out);
	look_free(&nearer);
	if (status || kept > first)
		return status;
	if (digits_grow(out, count, error))
		return -1;
	memcpy(out->all + first, line, (size_t)count * sizeof *line);
	out->count += count;
	return 0;
}

/* Look nearer at each line of what was found from afar. */
static int look_at_lines(const struct raster *picture, const struct digit_judge *judge,
						 const struct look *look, struct digits *out, struct error *error)
{
	struct digits afar = *out;
	int status = 0;

	*out = (struct digits){0};
	for (int i = 0, end; i < afar.count && !status; i = end) {
		end = i + 1;
		while (end < afar.count && is_beside(&afar.all[i].box, &afar.all[end].box))
			end++;
		status = look_nearer(picture, judge, look, afar.all + i, end - i, out, error);
	}
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
	if (!out->none && finding->count == MOST_GROUPS)
		return error_set(error, "more than %d digits; cut the picture into parts", MOST_GROUPS - 1);
	if (append_found(look, out, error))
		return -1;
	sort_digits(out);
	if (!out->none && look->scale < 1.0 && box_height(&finding->all[finding->best].box) < SMALL) {
		if (look_at_lines(picture, judge, look, out, error))
			return -1;
		sort_digits(out);
	}
	if (!out->way.ink.at || out->all[0].box.bottom < out->all[out->count - 1].box.top)
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
