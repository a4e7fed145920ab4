/* A digit is looked for in the whole picture, dark on light and light on dark, and for pens of
 * several widths; then once more, nearer, where it is small or in a box. */
#include "picture/digit.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "picture/finding.h"
#include "picture/grey.h"
#include "picture/ink.h"
#include "picture/lines.h"
#include "picture/normalize.h"

#define LEAST_SIDE 128 /* pixels of a plane's smaller side, at least */
#define MOST_SIDE 360  /* a plane has at most so many pixels squared */

/* Lines that are removed, by their width as a fraction of the smaller side of the part. */
#define RULED 0.04 /* those of ruled paper */
#define BOXED 0.12 /* those of a box around a digit, seen from near */

/* A second look. Sizes of the digit are pixels of the plane. */
#define SMALL 64         /* a smaller digit is looked at from nearer, */
#define SURROUNDINGS 0.7 /* with so much of its longer side around it */
#define LEGIBLE 24       /* a look at all digits is enough where they are so large in it */
#define SAME_HEIGHT 1.4  /* times as high, or as low, at most, it is believed to be the same */

/* A look into a frame. Sizes are fractions of its longer side. */
#define OUTLINE 0.02 /* so much more, to see a drawn frame as lines from edge to edge */
#define SHEET -0.03  /* so much less, to see a sheet without the desk */
#define CONTENT 0.2  /* a digit inside is larger */
#define INSIDE 0.3f  /* and its score is not lower by more */

/* The choice of the window. */
#define SAME_MASS 0.12f /* a digit is the same where its mass changes by less than this fraction */
#define UNSETTLED 0.03f /* the factor of its merit where the next window shows another */
#define SHRUNK 0.95f    /* a wider window shows the same digit with at least this of its mass */

/* The choice between findings by the score. */
#define EQUAL 0.01f /* scores that differ by less are equal: then more ink is better */
#define BETTER 0.2f /* a score that is higher by more belongs to the right digit */

/* The choice of dark or light ink, from the evidence for dark ink: -1 to 1. */
#define LIKELY 0.5f /* a score that makes the other ink worth a look */
#define SURE 0.9    /* evidence either way that makes the other ink not worth a look */
#define FLAT 0.5    /* evidence from which on the paper's grey is known */
#define DOUBT 4.0   /* at evidence 0.5 the other ink's merit counts a quarter: 4^(-2 × 0.5) */
#define CLEAR 0.25f /* with a threshold from here on an unsettled digit is believed, too */

/* The windows, one of which is to be wider than the pen, as fractions of the part's smaller side.
 * Those above 1 are cut to that side, and are for a 1 in a picture that is cut down to it. */
static const double windows[] = {0.06, 0.12, 0.2, 0.35, 0.7, 1.2, 2.0};
#define WINDOWS (sizeof windows / sizeof windows[0])

/* One look at a part of the picture. */
struct look {
	struct box part;
	double lines; /* lines up to this width are removed: a fraction of the part's smaller side */
	double scale; /* the plane's pixels for one of the picture's */
	/* The ink that is looked for, as evidence for dark ink. */
	enum { LIGHT = -1, EITHER = 0, DARK = 1 } ask;
	bool light;              /* light ink was found */
	struct finding *finding; /* owned */
};

static bool is_near(const struct box *a, const struct box *b)
{
	const int off = box_side(a) / 20 + 2;

	return abs(a->left - b->left) <= off && abs(a->top - b->top) <= off &&
		   abs(a->right - b->right) <= off && abs(a->bottom - b->bottom) <= off;
}

/* The group of a wider window's ink that is in the same place as the best one of `ink`; NULL where
 * there is none. */
static const struct group *find_again(const struct ink *ink, const struct ink *wider)
{
	for (int i = 0; ink->count > 0 && i < wider->count; i++)
		if (is_near(&ink->groups[0].box, &wider->groups[i].box))
			return &wider->groups[i];
	return NULL;
}

/* True where the wider window shows the same digit. */
static bool is_same(const struct ink *ink, const struct ink *wider)
{
	const struct group *again = find_again(ink, wider);

	return again && fabsf(ink->groups[0].mass - again->mass) < SAME_MASS * again->mass;
}

/* The merit of the best group. */
static float merit(const struct ink *ink)
{
	return ink->count == 0 ? 0.0f : ink->groups[0].merit * (ink->settled ? 1.0f : UNSETTLED);
}

/* Replace *best where the ink is likelier. Then *full is of no use any more; it becomes the ink
 * where that is in the same place and no less. */
static void take_better(struct ink *best, struct ink *full, struct ink *ink)
{
	const struct group *again = find_again(best, ink);

	if (merit(ink) > merit(best)) {
		ink_free(best);
		ink_free(full);
		*best = *ink;
		*ink = (struct ink){0};
	} else if (again && again->mass > SHRUNK * best->groups[0].mass) {
		ink_free(full);
		*full = *ink;
		*ink = (struct ink){0};
	}
}

/* *best = the ink in a plane that is dark on light. A digit stays the same when the window gets
 * wider, once it is wider than the pen; ink that comes from the paper's unevenness grows with the
 * window. (Likewise, Matas et al. 2002 choose regions that stay the same when the threshold
 * changes.) Among equals the narrowest window has the least shadow. *full = that of the widest
 * window that shows the same with more mass: the narrower one may have holes where strokes meet. */
static int find_in_windows(const struct grey *plane, struct ink *best, struct ink *full,
						   struct error *error)
{
	const double side = int_min(plane->width, plane->height);
	struct ink ink = {0};
	int status = 0;
	bool more = true;

	*best = *full = (struct ink){0};
	for (size_t i = 0; !status && more; i++) {
		const int window = i < WINDOWS ? (int)(windows[i] * side) + 2 : INT_MAX;
		struct ink wider = {0};

		more = window <= int_max(plane->width, plane->height);
		if (more)
			status = ink_find(plane, window, &wider, error);
		ink.settled = is_same(&ink, &wider);
		take_better(best, full, &ink);
		ink_free(&ink);
		ink = wider;
	}
	if (status) {
		ink_free(best);
		ink_free(full);
	}
	return status;
}

/* From -1, the ink is surely light on dark, to 1, it is surely dark on light: most pixels are
 * paper, and most of the outermost ones. */
static double estimate_paper(const struct grey *plane)
{
	const float middle = (grey_quantile(plane, 0.002) + grey_quantile(plane, 0.998)) / 2.0f;
	const int w = plane->width, h = plane->height;
	int light = 0, edge = 0, edges = 0;

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			const int sign = grey_row(plane, y)[x] > middle ? 1 : -1;
			light += sign;
			if (x == 0 || y == 0 || x == w - 1 || y == h - 1) {
				edge += sign;
				edges++;
			}
		}
	return ((double)light / (w * h) + (double)edge / edges) / 2.0;
}

static void look_free(struct look *look)
{
	if (look->finding)
		finding_free(look->finding);
	free(look->finding);
	look->finding = NULL;
}

/* True where `a` shows all digits that `b` shows, to judge by their number and the best one. */
static bool is_alike(const struct finding *a, const struct finding *b)
{
	for (int i = 0; a->count >= b->count && b->count > 0 && i < a->count; i++)
		if (is_near(&a->all[i].box, &b->all[b->best].box))
			return true;
	return false;
}

/* *finding = what the ink shows, which moves into it. It replaces one with a much lower score, or
 * one that shows no more and whose score is higher by no more than `margin`. */
static int take_finding(struct ink *ink, float margin, const struct digit_judge *judge,
						struct finding **finding, struct error *error)
{
	struct finding *other = malloc(sizeof *other);

	if (!other) {
		ink_free(ink);
		return error_set(error, "not enough memory for a finding");
	}
	if (finding_judge(ink, judge, other, error)) {
		free(other);
		return -1;
	}
	if (!*finding || other->score > (*finding)->score + BETTER ||
		(is_alike(other, *finding) && other->score >= (*finding)->score - margin)) {
		struct finding *before = *finding;
		*finding = other;
		other = before;
	}
	if (other)
		finding_free(other);
	free(other);
	return 0;
}

/* Read a plane that is dark on light. */
static int read_plane(const struct grey *plane, const struct digit_judge *judge,
					  struct finding **finding, struct error *error)
{
	struct ink ink, full;

	*finding = NULL;
	if (find_in_windows(plane, &ink, &full, error))
		return -1;
	full.settled = ink.settled;
	int status = take_finding(&ink, 0.0f, judge, finding, error);
	if (!status && full.count > 0 && judge)
		status = take_finding(&full, EQUAL, judge, finding, error);
	else
		ink_free(&full);
	return status;
}

/* Read the plane's dark or its light ink, without lines up to `thickness` pixels; 0 leaves all. */
static int read_ink(const struct grey *plane, bool light, int thickness,
					const struct digit_judge *judge, struct finding **finding, struct error *error)
{
	struct grey dark;

	if (grey_new(plane->width, plane->height, &dark, error))
		return -1;
	for (size_t i = 0; i < grey_count(plane); i++)
		dark.at[i] = light ? 1.0f - plane->at[i] : plane->at[i];
	int status = thickness > 0 ? lines_remove(&dark, thickness, error) : 0;
	if (!status)
		status = read_plane(&dark, judge, finding, error);
	grey_free(&dark);
	return status;
}

/* Exchange the look's finding for one that is better. The other is freed. */
static void take_better_look(struct look *look, struct look *other, bool better)
{
	if (better) {
		const struct look before = *look;
		*look = *other;
		*other = before;
	}
	look_free(other);
}

/* Look for dark or for light ink. It replaces the look's where its merit, times `weight`, is
 * greater. Where nothing looks like a digit, the lines may have been one's strokes, or a side of a
 * box around it: then once more with all of them. */
static int look_for(const struct grey *plane, bool light, float weight,
					const struct digit_judge *judge, struct look *look, struct error *error)
{
	const int thickness = (int)(look->lines * (double)int_min(plane->width, plane->height)) + 2;
	struct look other = *look, whole = *look;

	if (read_ink(plane, light, thickness, judge, &other.finding, error))
		return -1;
	if (judge && other.finding->score < LIKELY) {
		if (read_ink(plane, light, 0, judge, &whole.finding, error)) {
			look_free(&other);
			return -1;
		}
		take_better_look(&other, &whole, whole.finding->score > other.finding->score + BETTER);
	}
	other.light = light;
	other.finding->merit *= weight;
	take_better_look(look, &other, !look->finding || other.finding->merit > look->finding->merit);
	return 0;
}

/* Look at look->part, for the ink that look->ask says: for the likelier first, and then, unless the
 * case is clear, for the other. */
static int look_at(const struct raster *picture, const struct digit_judge *judge, struct look *look,
				   struct error *error)
{
	struct grey plane;
	double evidence = look->ask;

	look->finding = NULL;
	if (grey_from_picture(picture, &look->part, LEAST_SIDE, MOST_SIDE, &plane, &look->scale, error))
		return -1;
	grey_smooth(&plane);
	if (look->ask == EITHER)
		evidence = estimate_paper(&plane);
	int status = look_for(&plane, evidence < 0.0, 1.0f, judge, look, error);
	if (!status && look->ask == EITHER && (fabs(evidence) < SURE || look->finding->score < LIKELY))
		status = look_for(&plane, evidence >= 0.0, (float)pow(DOUBT, -2.0 * fabs(evidence)), judge,
						  look, error);
	/* With so much evidence the paper's grey is known: a frame of that grey is a sheet, one of the
	 * other is drawn. */
	if (!status && fabs(evidence) > FLAT)
		look->finding->ink.filled = look->light == (evidence > 0.0);
	grey_free(&plane);
	if (status)
		look_free(look);
	return status;
}

/* A box of the plane, in pixels of the picture. */
static struct box in_picture(const struct look *look, const struct box *box)
{
	return (struct box){
		int_max(look->part.left + (int)floor(box->left / look->scale), look->part.left),
		int_max(look->part.top + (int)floor(box->top / look->scale), look->part.top),
		int_min(look->part.left + (int)ceil(box->right / look->scale), look->part.right),
		int_min(look->part.top + (int)ceil(box->bottom / look->scale), look->part.bottom),
	};
}

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
	struct digit *all = realloc(digits->all, count * sizeof *all);

	if (!all)
		return error_set(error, "not enough memory for %zu digits", count);
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
 * the other ink, in a box drawn with a pen for the same. A digit that is found there replaces the
 * look where it is not small, and its score not lower by more than INSIDE. */
static int look_inside(const struct raster *picture, const struct digit_judge *judge,
					   struct look *look, struct error *error)
{
	const struct ink *ink = &look->finding->ink;
	const int margin = (int)(box_side(&ink->frame) * (ink->filled ? SHEET : OUTLINE));
	const struct box frame = {ink->frame.left - margin, ink->frame.top - margin,
							  ink->frame.right + margin, ink->frame.bottom + margin};
	const struct box inside = in_picture(look, &frame);
	struct look nearer = {
		.part = inside,
		.lines = ink->filled ? RULED : BOXED,
		.ask = look->light != ink->filled ? LIGHT : DARK,
	};

	if (box_shorter_side(&inside) <= 0 ||
		box_side(&ink->frame) < box_side(&look->finding->all[look->finding->best].box))
		return 0;
	if (look_at(picture, judge, &nearer, error))
		return -1;
	if (nearer.finding->count > 0 && nearer.finding->score >= look->finding->score - INSIDE &&
		box_side(&nearer.finding->box) > CONTENT * nearer.scale * box_side(&inside)) {
		struct look before = *look;
		*look = nearer;
		nearer = before;
	}
	look_free(&nearer);
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
		digit->box = in_picture(look, &finding->all[i].box);
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

/* The box of a line of digits; *side = the longest side of one of them. */
static struct box line_box(const struct digit *line, int count, int *side)
{
	struct box box = line->box;

	*side = 0;
	for (int i = 0; i < count; i++) {
		box = box_join(&box, &line[i].box);
		*side = int_max(*side, box_side(&line[i].box));
	}
	return box;
}

/* Remove the digits from `first` on that are not in the line, and all of them where they are others
 * than were seen from afar, to judge by their height. */
static void keep_line(struct digits *digits, int first, const struct box *line)
{
	int kept = first, side;

	for (int i = first; i < digits->count; i++)
		if (is_beside(&digits->all[i].box, line))
			digits->all[kept++] = digits->all[i];
	if (kept > first) {
		const struct box box = line_box(digits->all + first, kept - first, &side);
		const double ratio = (double)box_height(&box) / box_height(line);
		if (ratio < 1.0 / SAME_HEIGHT || ratio > SAME_HEIGHT)
			kept = first;
	}
	digits->count = kept;
}

/* Look at a line of digits with some paper around it, and append what is found there. Lines up to
 * the same width as before are removed, at most BOXED. Where the line is not found again, it is
 * appended as it is. */
static int look_nearer(const struct raster *picture, const struct digit_judge *judge,
					   const struct look *look, const struct digit *line, int count,
					   struct digits *out, struct error *error)
{
	const int first = out->count;
	int side;
	const struct box box = line_box(line, count, &side), *part = &look->part;
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
	int status = append_found(&nearer, out, error);
	if (!status)
		keep_line(out, first, &box);
	if (out->count > first)
		set_way(&nearer, out);
	look_free(&nearer);
	if (status || out->count > first)
		return status;
	if (digits_grow(out, count, error))
		return -1;
	memcpy(out->all + first, line, (size_t)count * sizeof *line);
	out->count += count;
	return 0;
}

/* Look nearer at what was found from afar: at all of it where that is near enough, or else at each
 * line. */
static int look_at_lines(const struct raster *picture, const struct digit_judge *judge,
						 const struct look *look, struct digits *out, struct error *error)
{
	struct digits afar = *out;
	int side, status = 0;
	const struct box all = line_box(afar.all, afar.count, &side);
	const double area = (double)box_width(&all) * (double)box_height(&all);
	const bool together = side * MOST_SIDE / sqrt(area) > LEGIBLE;

	*out = (struct digits){0};
	for (int i = 0, end; i < afar.count && !status; i = end) {
		for (end = i + 1; end < afar.count; end++)
			if (!together && !is_beside(&afar.all[i].box, &afar.all[end].box))
				break;
		status = look_nearer(picture, judge, look, afar.all + i, end - i, out, error);
	}
	digits_free(&afar);
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

static int take_whole(const struct raster *picture, const uint8_t pixels[DIGIT_PIXELS],
					  struct digits *out, struct error *error)
{
	*out = (struct digits){.all = malloc(sizeof *out->all), .count = 1};
	if (!out->all)
		return error_set(error, "not enough memory for a digit");
	*out->all = (struct digit){.box = {0, 0, picture->width, picture->height}, .begins = true};
	memcpy(out->all->pixels, pixels, DIGIT_PIXELS);
	return 0;
}

int digits_find(const struct raster *picture, const struct digit_judge *judge, struct digits *out,
				struct error *error)
{
	struct look look = {.part = {0, 0, picture->width, picture->height}, .lines = RULED};
	uint8_t pixels[DIGIT_PIXELS];

	*out = (struct digits){0};
	if (!digit_from_raw(picture, pixels, error) && digit_is_normal(pixels))
		return take_whole(picture, pixels, out, error);
	if (look_at(picture, judge, &look, error))
		return -1;
	if (look.finding->ink.framed && look_inside(picture, judge, &look, error)) {
		look_free(&look);
		return -1;
	}
	const struct finding *finding = look.finding;
	int status;
	if (finding->merit <= 0.0f || (!finding->ink.settled && finding->ink.threshold < CLEAR))
		status = error_set(error, "no digit found");
	else if (finding->count == MOST_JUDGED)
		status =
			error_set(error, "more than %d digits; cut the picture into parts", MOST_JUDGED - 1);
	else
		status = append_found(&look, out, error);
	if (!status) {
		sort_digits(out);
		if (look.scale < 1.0 && box_height(&finding->all[finding->best].box) < SMALL)
			status = look_at_lines(picture, judge, &look, out, error);
		sort_digits(out);
		if (!out->way.ink.at || out->all[0].box.bottom < out->all[out->count - 1].box.top)
			set_way(&look, out);
	}
	look_free(&look);
	if (status)
		digits_free(out);
	return status;
}
