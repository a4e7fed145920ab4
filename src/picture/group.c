/* Each component gets a merit; the best, with those that belong to it, is a group, and so on with
 * those that are left. */
#include "picture/group.h"

#include <math.h>
#include <stdlib.h>

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
#define AS_HIGH 0.3f       /* one so high beside it, or above it, may be a digit of its own */

/* Groups. */
#define LEAST_MERIT 0.05f /* of the best one's: one with less is none */

/* A rectangle around the digit. */
#define COVERED 0.87f /* of each side of its box is drawn; a 0, which has no corners, has less */
#define LEAST_FRAME 8 /* pixels: its sides are longer */

/* Something else around it. */
#define RAYS 32
#define HIT 0.85f           /* of rays from the digit's middle meet it */
#define CONTENT_MERIT 0.03f /* the merit of what is inside, of its own, at least */
#define CONTENT 0.3f        /* the digit's side, of its own, at least */

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

/* True where `other` stands beside the digit, or above or below it, and is so high that it may be a
 * digit itself. */
static bool is_neighbour(const struct box *digit, const struct box *other)
{
	const float gap = SMALL_GAP * (float)box_side(digit);
	const bool apart = other->left >= digit->right || other->right <= digit->left ||
					   (float)(other->top - digit->bottom) > gap ||
					   (float)(digit->top - other->bottom) > gap;

	return apart && (float)box_height(other) >= AS_HIGH * (float)box_height(digit);
}

/* True where the component is as dark as the digit's pen makes it. */
static bool is_as_deep(const struct component *component, const struct group *digit)
{
	return component->sum / (float)component->pixels >
		   SAME_PEN * digit->mass / (float)digit->pixels;
}

static bool is_cut(const int touching[SIDES])
{
	return touching[LEFT] || touching[TOP] || touching[RIGHT] || touching[BOTTOM];
}

static bool is_line(const struct box *box)
{
	return box_width(box) > LINE * box_height(box) || box_height(box) > LINE * box_width(box);
}

/* True where the component is another piece of the digit: not much fainter, near, and large or very
 * near. Lines, neighbours and pieces that the picture's edge cuts are rather something else. */
static bool belongs(const struct component *component, const struct group *digit)
{
	const float side = (float)box_side(&digit->box), size = (float)box_side(&component->box);
	const float gap = (float)box_gap(&component->box, &digit->box);

	if (component->merit <= 0.0f || component->marginal || !is_as_deep(component, digit))
		return false;
	if (is_line(&component->box) && size > side)
		return false;
	if (is_neighbour(&digit->box, &component->box))
		return false;
	if (is_cut(component->touching) && !is_cut(digit->touching))
		return gap <= DOUBTFUL_GAP * side;
	return (size >= SMALL * side && gap <= SMALL_GAP * side) ||
		   (size >= LARGE * side && gap <= LARGE_GAP * side && !is_line(&component->box));
}

/* Make the component a piece of the last group. */
static void join(struct ink *ink, struct component *component)
{
	struct group *group = &ink->groups[ink->count - 1];

	component->group = ink->count;
	group->box = box_join(&group->box, &component->box);
	group->pixels += component->pixels;
	group->mass += component->sum;
	group->merit += component->merit;
	for (int i = 0; i < SIDES; i++)
		group->touching[i] += component->touching[i];
}

/* The best component that is in no group yet, and then, as the group grows, all that belong to
 * it. */
static bool gather(struct ink *ink)
{
	struct component *all = ink->components.all, *best = NULL;
	bool grown = true;

	for (int i = 0; i < ink->components.count; i++)
		if (all[i].group == 0 && all[i].merit > (best ? best->merit : 0.0f))
			best = &all[i];
	if (!best || (ink->count > 0 && best->merit < LEAST_MERIT * ink->groups[0].merit))
		return false;
	ink->groups[ink->count++] = (struct group){.box = best->box};
	join(ink, best);
	while (grown) {
		grown = false;
		for (int i = 0; i < ink->components.count; i++)
			if (all[i].group == 0 && belongs(&all[i], &ink->groups[ink->count - 1])) {
				join(ink, &all[i]);
				grown = true;
			}
	}
	return true;
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

/* The pixels of the component with this label that are inside its box, farther than a fifth from
 * each side. */
static int count_content(const struct components *components, int label, const struct box *box)
{
	const int margin_x = box_width(box) / 5, margin_y = box_height(box) / 5;
	int own = 0;

	for (int y = box->top + margin_y; y < box->bottom - margin_y; y++)
		for (int x = box->left + margin_x; x < box->right - margin_x; x++)
			own += components->labels[y * components->width + x] == label;
	return own;
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

/* Tell the ink about a rectangle that goes on inside, on more than 1% of its area: it touches the
 * digit, or is filled, as a sheet on a desk is. */
static void find_frame(struct ink *ink)
{
	for (int i = 0; i < ink->components.count; i++) {
		const struct component *component = &ink->components.all[i];
		const int area = box_width(&component->box) * box_height(&component->box);

		if (is_rectangle(&ink->components, i) &&
			count_content(&ink->components, i + 1, &component->box) * 100 > area) {
			ink->framed = true;
			ink->frame = component->box;
			ink->filled = component->pixels * 5 > area * 3;
		}
	}
}

/* True where the component goes around another that is not small: most rays from the other's middle
 * meet it. */
static bool goes_around(const struct components *components, int index, const struct box *other)
{
	const struct component *component = &components->all[index];
	const struct box *box = &component->box;
	const int height = box_height(box);
	const float cx = (float)(other->left + other->right) / 2.0f;
	const float cy = (float)(other->top + other->bottom) / 2.0f;
	int hit = 0;

	if (other->left <= box->left || other->right >= box->right || other->top <= box->top ||
		other->bottom >= box->bottom || (float)box_side(other) < CONTENT * (float)height)
		return false;
	for (int i = 0; i < RAYS; i++) {
		const float dx = cosf(6.2831853f * (float)i / RAYS),
					dy = sinf(6.2831853f * (float)i / RAYS);
		float x = cx, y = cy;
		bool met = false;
		while (!met && x >= (float)box->left && x < (float)box->right && y >= (float)box->top &&
			   y < (float)box->bottom) {
			met = components->labels[(int)y * components->width + (int)x] == index + 1;
			x += dx;
			y += dy;
		}
		hit += met;
	}
	return (float)hit >= HIT * RAYS;
}

/* Take its merit from each component that goes around the best one. */
static void set_rings_aside(struct ink *ink)
{
	struct component *all = ink->components.all;
	int best = 0;

	for (int i = 1; i < ink->components.count; i++)
		if (all[i].merit > all[best].merit)
			best = i;
	for (int i = 0; i < ink->components.count; i++)
		if (all[i].merit > 0.0f && i != best && goes_around(&ink->components, i, &all[best].box))
			all[i].merit = 0.0f;
}

/* Gather groups of the components that have merit. */
static void gather_all(struct ink *ink)
{
	ink->count = 0;
	while (ink->count < MOST_GROUPS && gather(ink))
		;
}

int group_components(struct ink *ink, float full, struct error *error)
{
	struct components *components = &ink->components;

	ink->framed = false;
	if (components_find(&ink->depth, ink->threshold, components, error))
		return -1;
	for (int i = 0; i < components->count; i++)
		judge(&components->all[i], &ink->depth, full);
	find_frame(ink);
	set_rings_aside(ink);
	gather_all(ink);
	return 0;
}

/* True where the component goes around another that is large and dark enough for a digit. */
static bool is_ring(const struct components *components, int index)
{
	for (int i = 0; i < components->count; i++)
		if (i != index && components->all[i].merit > CONTENT_MERIT * components->all[index].merit &&
			goes_around(components, index, &components->all[i].box))
			return true;
	return false;
}

bool ink_look_inside(struct ink *ink)
{
	struct components *components = &ink->components;
	bool found = false;

	for (int i = 0; i < components->count; i++)
		if (components->all[i].group == 1 && is_ring(components, i)) {
			components->all[i].merit = 0.0f;
			found = true;
		}
	for (int i = 0; found && i < components->count; i++)
		components->all[i].group = 0;
	if (found) {
		set_rings_aside(ink);
		gather_all(ink);
	}
	return found;
}

void ink_join(struct ink *ink, int a, int b, int last)
{
	struct group *to = &ink->groups[a];
	const struct group from = ink->groups[b];

	for (int i = 0; i < ink->components.count; i++) {
		struct component *component = &ink->components.all[i];
		if (component->group == b + 1)
			component->group = a + 1;
		else if (component->group == last + 1)
			component->group = b + 1;
	}
	to->box = box_join(&to->box, &from.box);
	to->merit += from.merit;
	to->mass += from.mass;
	to->pixels += from.pixels;
	for (int i = 0; i < SIDES; i++)
		to->touching[i] += from.touching[i];
	ink->groups[b] = ink->groups[last];
}
