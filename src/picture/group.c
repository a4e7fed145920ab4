/* Each component gets a merit; the best, with those that belong to it, is a group, and so on with
 * those that are left. */
#include "picture/group.h"

#include <math.h>
#include <stdlib.h>

/* Factors of a component's merit, each for what speaks against a digit. */
#define LEVEL_LINE 0.1f /* it is a level line, */
#define LINE 6          /* more than so many times as wide as high */
#define ALONG 0.1f      /* more than ALONG_PART of its own side touches the picture's edge */
#define ALONG_PART 0.6f
#define MARGINAL 0.3f /* more than MARGINAL_PART of the picture's side is touched */
#define MARGINAL_PART 0.4f
#define LEAST_PIXELS 6 /* a component of fewer pixels is a speck, and has no merit */

/* Groups. */
#define PIECE_GAP 0.12f /* of the digit's longer side: its pieces are no farther apart */
#define AS_HIGH 0.3f    /* of the digit's height: one so high that stands beside it is no piece */
#define LEAST_MERIT 0.005f /* of the first group's best component: another has as much */

/* Something that goes around the digit. */
#define COVERED 0.95f     /* of each side shows it */
#define CONTENT_SIDE 0.3f /* of its height: the digit is as large */
#define SHEET_AREA 0.6f   /* of its box: with more ink of its own it is a sheet on a desk */

bool is_level_line(const struct box *box)
{
	return box_width(box) > LINE * box_height(box);
}

/* Give the component its merit: the length of its outline times the square of the drop in depth
 * there. Strokes have a long outline with deep drops. Along an edge of the picture lie ends of
 * shadows, and the desk beside the paper. */
static void judge(struct component *component, const struct grey *depth)
{
	if (component->pixels < LEAST_PIXELS)
		return;
	component->merit = component->outline;
	if (is_level_line(&component->box))
		component->merit *= LEVEL_LINE;
	for (int side = 0; side < SIDES; side++) {
		const bool upright = side == LEFT || side == RIGHT;
		const float touching = (float)component->touching[side];

		if (touching > ALONG_PART * (float)(upright ? box_height : box_width)(&component->box))
			component->merit *= ALONG;
		if (touching > MARGINAL_PART * (float)(upright ? depth->height : depth->width)) {
			component->merit *= MARGINAL;
			component->marginal = true;
		}
	}
}

/* ---- groups ---- */

/* True where the component is another piece of the digit: it is near, and neither beside nor above
 * nor below it so high that it may be a digit itself. */
static bool belongs(const struct component *component, const struct component *digit)
{
	const struct box *box = &component->box, *of = &digit->box;
	const float most = PIECE_GAP * (float)box_side(of);
	const bool beside = box->left >= of->right || box->right <= of->left;

	if (is_level_line(box) && box_width(box) > box_side(of))
		return false;
	return component->merit > 0.0f && !component->marginal && (float)box_gap(box, of) <= most &&
		   !(beside && (float)box_height(box) >= AS_HIGH * (float)box_height(of));
}

/* The best component that is in no group yet, and then, as the group grows, all that belong to
 * it. */
static bool gather(struct ink *ink)
{
	struct component *all = ink->components.all, *best = NULL;
	struct component *group = &ink->groups[ink->count];

	for (int i = 0; i < ink->components.count; i++)
		if (all[i].group == 0 && all[i].merit > (best ? best->merit : 0.0f))
			best = &all[i];
	if (!best || (ink->count > 0 && best->merit < LEAST_MERIT * ink->groups[0].merit))
		return false;
	*group = *best;
	best->group = ++ink->count;
	for (int i = 0; i < ink->components.count; i++)
		if (all[i].group == 0 && belongs(&all[i], group)) {
			all[i].group = ink->count;
			component_add(group, &all[i]);
			i = -1; /* as it grows, others may belong to it */
		}
	return true;
}

void ink_join(struct ink *ink, int a, int b, int last)
{
	for (int i = 0; i < ink->components.count; i++) {
		struct component *component = &ink->components.all[i];
		if (component->group == b + 1)
			component->group = a + 1;
		else if (component->group == last + 1)
			component->group = b + 1;
	}
	component_add(&ink->groups[a], &ink->groups[b]);
	ink->groups[b] = ink->groups[last];
}

/* ---- what goes around something ---- */

/* The pixels of the component in this part of the plane. */
static int count_pixels(const struct components *components, int index, int left, int top,
						int right, int bottom)
{
	int count = 0;

	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++)
			count += components->labels[y * components->width + x] == index + 1;
	return count;
}

/* True where, from nearly all of each side of `inner`, the way to the same side of the component's
 * box meets the component. */
static bool goes_around(const struct components *components, int index, const struct box *inner)
{
	const struct box *box = &components->all[index].box;
	const float width = (float)box_width(inner), height = (float)box_height(inner);
	int met[SIDES] = {0};

	if (inner->left <= box->left || inner->right >= box->right || inner->top <= box->top ||
		inner->bottom >= box->bottom)
		return false;
	for (int y = inner->top; y < inner->bottom; y++) {
		met[LEFT] += count_pixels(components, index, box->left, y, inner->left, y + 1) > 0;
		met[RIGHT] += count_pixels(components, index, inner->right, y, box->right, y + 1) > 0;
	}
	for (int x = inner->left; x < inner->right; x++) {
		met[TOP] += count_pixels(components, index, x, box->top, x + 1, inner->top) > 0;
		met[BOTTOM] += count_pixels(components, index, x, inner->bottom, x + 1, box->bottom) > 0;
	}
	return (float)met[LEFT] >= COVERED * height && (float)met[RIGHT] >= COVERED * height &&
		   (float)met[TOP] >= COVERED * width && (float)met[BOTTOM] >= COVERED * width;
}

/* The box without `part` of its longer side at each side; empty where that is too narrow. */
static struct box inner_box(const struct box *box, float part)
{
	const int margin = (int)(part * (float)box_side(box));

	return (struct box){box->left + margin, box->top + margin,
						int_max(box->left + margin, box->right - margin),
						int_max(box->top + margin, box->bottom - margin)};
}

/* Tell the ink about a rectangle that goes on inside: it touches the digit, or is a sheet on a
 * desk. Its sides may be tilted, by a tenth of its own; a 0, which has no corners, is not so near
 * to all of its box. */
static void find_frame(struct ink *ink)
{
	const struct components *components = &ink->components;

	for (int i = 0; i < components->count; i++) {
		const struct box *box = &components->all[i].box;
		const struct box near = inner_box(box, 0.1f), far = inner_box(box, 0.2f);
		const float area = (float)box_width(box) * (float)box_height(box);

		if (components->all[i].merit > 0.0f && box_shorter_side(&near) > 0 &&
			goes_around(components, i, &near) &&
			count_pixels(components, i, far.left, far.top, far.right, far.bottom) > 0) {
			ink->framed = true;
			ink->frame = *box;
			ink->filled = (float)components->all[i].pixels > SHEET_AREA * area;
		}
	}
}

/* True where the component goes around another that is not small. */
static bool is_ring(const struct components *components, int ring, int content)
{
	const struct component *all = components->all;
	const struct box *box = &all[content].box;

	return all[ring].merit > 0.0f && all[content].merit > 0.0f &&
		   (float)box_side(box) >= CONTENT_SIDE * (float)box_height(&all[ring].box) &&
		   goes_around(components, ring, box);
}

/* Take its merit from each component that goes around the best one, and from the best one where it
 * goes around another: then there is a new best one. */
static void set_rings_aside(struct components *components)
{
	struct component *all = components->all;
	bool again = components->count > 0;

	while (again) {
		int best = 0;

		for (int i = 1; i < components->count; i++)
			if (all[i].merit > all[best].merit)
				best = i;
		again = false;
		for (int i = 0; i < components->count; i++)
			if (is_ring(components, i, best))
				all[i].merit = 0.0f;
			else
				again = again || is_ring(components, best, i);
		if (again)
			all[best].merit = 0.0f;
	}
}

int group_components(struct ink *ink, struct error *error)
{
	struct components *components = &ink->components;

	ink->framed = false;
	if (components_find(&ink->depth, ink->threshold, components, error))
		return -1;
	for (int i = 0; i < components->count; i++)
		judge(&components->all[i], &ink->depth);
	find_frame(ink);
	set_rings_aside(components);
	ink->count = 0;
	while (ink->count < MOST_GROUPS && gather(ink))
		;
	return 0;
}
