/* Connected components are labelled by flood fill, and then measured. */
#include "picture/components.h"

#include <math.h>
#include <stdlib.h>

#define REACH 2 /* pixels, in which ink ends; shadows and stains fade */

void components_free(struct components *components)
{
	free(components->labels);
	free(components->all);
	*components = (struct components){0};
}

void component_add(struct component *component, const struct component *more)
{
	component->box = box_join(&component->box, &more->box);
	component->pixels += more->pixels;
	component->mass += more->mass;
	component->merit += more->merit;
}

/* Label all deep pixels that are connected with `start`. The stack holds those that are labelled,
 * but whose neighbours have not been looked at. */
static void flood(const struct grey *depth, float threshold, struct components *components,
				  int start, int label)
{
	int waiting = 1;

	components->stack[0] = start;
	components->labels[start] = label;
	while (waiting > 0) {
		const int at = components->stack[--waiting], x = at % depth->width, y = at / depth->width;

		for (int ny = y - 1; ny <= y + 1; ny++)
			for (int nx = x - 1; nx <= x + 1; nx++) {
				const int next = ny * depth->width + nx;
				if (nx < 0 || nx >= depth->width || ny < 0 || ny >= depth->height ||
					components->labels[next] != 0 || depth->at[next] < threshold)
					continue;
				components->labels[next] = label;
				components->stack[waiting++] = next;
			}
	}
}

/* The sum of the squares of the drops in depth from pixel (x, y) over REACH pixels to the four
 * sides, of those where the next pixel is in no component. */
static float drops(const struct grey *depth, const struct components *components, int x, int y)
{
	static const int dx[SIDES] = {-1, 0, 1, 0}, dy[SIDES] = {0, -1, 0, 1};
	const float here = depth->at[y * depth->width + x];
	float sum = 0.0f;

	for (int i = 0; i < SIDES; i++) {
		const int ox = x + dx[i], oy = y + dy[i], fx = x + REACH * dx[i], fy = y + REACH * dy[i];
		if (fx < 0 || fx >= depth->width || fy < 0 || fy >= depth->height ||
			components->labels[oy * depth->width + ox] != 0)
			continue;
		const float drop = fmaxf(here - depth->at[fy * depth->width + fx], 0.0f);
		sum += drop * drop;
	}
	return sum;
}

static void measure(const struct grey *depth, struct components *components)
{
	const int width = depth->width;

	for (int i = 0; i < components->count; i++)
		components->all[i] = (struct component){.box = {width, depth->height, 0, 0}};
	for (int y = 0; y < depth->height; y++)
		for (int x = 0; x < width; x++) {
			const int at = y * width + x;

			if (components->labels[at] == 0)
				continue;
			struct component *component = &components->all[components->labels[at] - 1];
			box_include(&component->box, x, y);
			component->pixels++;
			component->mass += depth->at[at];
			component->touching[LEFT] += x == 0;
			component->touching[TOP] += y == 0;
			component->touching[RIGHT] += x == width - 1;
			component->touching[BOTTOM] += y == depth->height - 1;
			component->outline += drops(depth, components, x, y);
		}
}

int components_find(const struct grey *depth, float threshold, struct components *out,
					struct error *error)
{
	const size_t count = grey_count(depth);

	*out = (struct components){.width = depth->width};
	out->labels = calloc(2 * count, sizeof *out->labels);
	if (out->labels) {
		out->stack = out->labels + count;
		for (size_t i = 0; i < count; i++)
			if (out->labels[i] == 0 && depth->at[i] >= threshold)
				flood(depth, threshold, out, (int)i, ++out->count);
		out->all = malloc(((size_t)out->count + 1) * sizeof *out->all);
	}
	if (!out->all) {
		components_free(out);
		return error_scarce(error, "not enough memory for a plane of %d×%d", depth->width,
							depth->height);
	}
	measure(depth, out);
	return 0;
}
