/* The plane is read with windows for several pens, dark on light and light on dark; what a judge
 * and geometry find likeliest is kept. */
#include "picture/look.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "picture/grey.h"
#include "picture/ink.h"
#include "picture/lines.h"

#ifndef LOOK_LEAST_SIDE     /* smaller is faster, for fuzzing */
#define LOOK_LEAST_SIDE 128 /* pixels of a plane's smaller side, at least */
#endif

/* The choice of the window. */
#define SAME_MASS 0.12f /* a digit is the same where its mass changes by less than this fraction */
#define SHRUNK 0.95f    /* a wider window shows the same digit with at least this of its mass */

/* The choice between looks. */
#define LIKELY 0.5f /* with a lower score another look is worth while */
#define EQUAL 0.01f /* scores that differ by less are equal: then more ink is better */
#define BETTER 0.2f /* lines are left where the score is higher by more with them */
#define SURE 0.9    /* evidence either way that makes the other ink not worth the time of a look */
#define FLAT 0.5    /* evidence from which on the paper's grey is known */
#define DOUBT 4.0   /* at evidence 0.5 the other ink's merit counts a quarter: 4^(-2 × 0.5) */

/* The windows, one of which is to be wider than the pen, as fractions of the part's smaller side.
 * Those above 1 are cut to that side, and are for a 1 in a picture that is cut down to it. */
static const double windows[] = {0.06, 0.12, 0.2, 0.35, 0.7, 1.2, 2.0};
#define WINDOWS (sizeof windows / sizeof windows[0])

static bool is_near(const struct box *a, const struct box *b)
{
	const int off = box_side(a) / 20 + 2;

	return abs(a->left - b->left) <= off && abs(a->top - b->top) <= off &&
		   abs(a->right - b->right) <= off && abs(a->bottom - b->bottom) <= off;
}

/* The group of a wider window's ink that is in the same place as the best one of `ink`; NULL where
 * there is none. */
static const struct component *find_again(const struct ink *ink, const struct ink *wider)
{
	for (int i = 0; ink->count > 0 && i < wider->count; i++)
		if (is_near(&ink->groups[0].box, &wider->groups[i].box))
			return &wider->groups[i];
	return NULL;
}

/* True where the wider window shows the same digit. */
static bool is_same(const struct ink *ink, const struct ink *wider)
{
	const struct component *again = find_again(ink, wider);

	return again && fabsf(ink->groups[0].mass - again->mass) < SAME_MASS * again->mass;
}

/* The merit of the best group. */
static float merit(const struct ink *ink)
{
	return ink->count == 0 ? 0.0f : ink->groups[0].merit * ink_trust(ink);
}

/* Replace *best where the ink is likelier. Then *full is of no use any more; it becomes the ink
 * where that is in the same place and no less. */
static void take_better(struct ink *best, struct ink *full, struct ink *ink)
{
	const struct component *again = find_again(best, ink);

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

static void delete_finding(struct finding *finding)
{
	if (finding)
		finding_free(finding);
	free(finding);
}

void look_free(struct look *look)
{
	delete_finding(look->finding);
	look->finding = NULL;
}

/* *finding = what the ink shows, which moves into it. It replaces one that shows no more digits and
 * whose score is not higher by more than EQUAL. */
static int take_finding(struct ink *ink, const struct digit_judge *judge, struct finding **finding,
						struct error *error)
{
	struct finding *other = malloc(sizeof *other);

	if (!other) {
		ink_free(ink);
		return error_scarce(error, "not enough memory for a finding");
	}
	if (finding_judge(ink, judge, other, error)) {
		free(other);
		return -1;
	}
	if (!*finding ||
		(other->count >= (*finding)->count && other->score >= (*finding)->score - EQUAL)) {
		struct finding *before = *finding;
		*finding = other;
		other = before;
	}
	delete_finding(other);
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
	int status = take_finding(&ink, judge, finding, error);
	if (!status && full.count > 0 && judge)
		status = take_finding(&full, judge, finding, error);
	else
		ink_free(&full);
	if (status)
		delete_finding(*finding);
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

void look_take(struct look *look, struct look *other, bool better)
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
		look_take(&other, &whole, whole.finding->score > other.finding->score + BETTER);
	}
	other.light = light;
	other.finding->merit *= weight;
	look_take(look, &other, !look->finding || other.finding->merit > look->finding->merit);
	return 0;
}

int look_at(const struct raster *picture, const struct digit_judge *judge, struct look *look,
			struct error *error)
{
	struct grey plane;
	double evidence = look->ask;

	look->finding = NULL;
	if (grey_from_picture(picture, &look->part, LOOK_LEAST_SIDE, LOOK_MOST_SIDE, &plane,
						  &look->scale, error))
		return -1;
	grey_smooth(&plane);
	if (look->ask == EITHER)
		evidence = estimate_paper(&plane);
	int status = look_for(&plane, evidence < 0.0, 1.0f, judge, look, error);
	if (!status && look->ask == EITHER && (fabs(evidence) < SURE || look->finding->score < LIKELY))
		status = look_for(&plane, evidence >= 0.0, (float)pow(DOUBT, -2.0 * fabs(evidence)), judge,
						  look, error);
	/* With so much evidence the paper's grey is known: a frame of that grey is a sheet, one of the
	 * other is drawn, and a drawn one that is filled is a bar, as a 1. */
	if (!status && fabs(evidence) > FLAT) {
		struct ink *ink = &look->finding->ink;
		const bool is_sheet = look->light == (evidence > 0.0);
		ink->framed = ink->framed && (is_sheet || !ink->filled);
		ink->filled = is_sheet;
	}
	grey_free(&plane);
	if (status)
		look_free(look);
	return status;
}

struct box look_box(const struct look *look, const struct box *box)
{
	return (struct box){
		int_max(look->part.left + (int)floor(box->left / look->scale), look->part.left),
		int_max(look->part.top + (int)floor(box->top / look->scale), look->part.top),
		int_min(look->part.left + (int)ceil(box->right / look->scale), look->part.right),
		int_min(look->part.top + (int)ceil(box->bottom / look->scale), look->part.bottom),
	};
}
