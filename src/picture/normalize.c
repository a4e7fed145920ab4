/* The way of MNIST's makers (LeCun, Cortes & Burges 1998), with what QMNIST found out about it
 * (Yadav & Bottou 2019): a black and white digit is scaled, with its shape kept, so that its longer
 * side has 20 pixels, which the scaling makes grey, and goes into 28×28 with the centre of its mass
 * at pixel 14. Before that the pen is brought to a width that occurs in MNIST. */
#include "picture/normalize.h"

#include <math.h>
#include <stdlib.h>

#define INNER 20      /* the longer side of a digit */
#define FINE 8        /* fine pixels, black and white, a side of one of the 20, at least */
#define MARGIN 4      /* on each side, for thickening, in pixels of the 20 */
#define THINNEST 2.0f /* the pen, in pixels of the 20 */
#define THICKEST 5.0f
#define MOST_THINNED 0.15f /* the part of a thick pen that may go */

/* Black and white at a size where a pixel of the 20 is `unit` pixels. */
struct fine {
	int side, unit;
	bool *ink;       /* [side][side] */
	float *distance; /* [side][side]: of ink from paper, or of paper from ink */
};

static int fine_new(int unit, struct fine *out, struct error *error)
{
	const int side = (INNER + 2 * MARGIN) * unit;
	const size_t count = (size_t)side * (size_t)side;

	*out = (struct fine){.side = side, .unit = unit};
	out->ink = calloc(count, sizeof *out->ink);
	out->distance = malloc(count * sizeof *out->distance);
	if (out->ink && out->distance)
		return 0;
	free(out->ink);
	free(out->distance);
	return error_set(error, "not enough memory for a digit of %d×%d", side, side);
}

static void fine_free(struct fine *fine)
{
	free(fine->ink);
	free(fine->distance);
}

/* The digit's box, its middle in the middle, its longer side as long as 20 pixels. */
static void draw(const struct ink *ink, struct fine *fine)
{
	const float scale = (float)box_side(&ink->box) / (float)(INNER * fine->unit);
	const float cx = (float)(ink->box.left + ink->box.right) / 2.0f;
	const float cy = (float)(ink->box.top + ink->box.bottom) / 2.0f;

	for (int y = 0; y < fine->side; y++)
		for (int x = 0; x < fine->side; x++) {
			const float px = cx + ((float)x + 0.5f - (float)fine->side / 2.0f) * scale;
			const float py = cy + ((float)y + 0.5f - (float)fine->side / 2.0f) * scale;
			fine->ink[y * fine->side + x] =
				px >= (float)ink->box.left && px < (float)ink->box.right &&
				py >= (float)ink->box.top && py < (float)ink->box.bottom &&
				grey_between(&ink->depth, px, py) >= ink->threshold;
		}
}

/* *to = the distance by way of a neighbour, if that is shorter. */
static void relax(float *to, const float *from, float step)
{
	if (*from + step < *to)
		*to = *from + step;
}

/* The distance of each pixel that is ink (or is not) to the nearest that is not (or is), by
 * two sweeps of steps to neighbours, whose lengths make the error least (Borgefors 1986). Beyond
 * the square is paper; it is never far away. */
static void measure_distance(struct fine *fine, bool of_ink)
{
	const float straight = 0.955f, diagonal = 1.369f;
	const int side = fine->side;
	const float far = (float)(2 * side);

	for (int i = 0; i < side * side; i++)
		fine->distance[i] = fine->ink[i] == of_ink ? far : 0.0f;
	for (int y = 1; y < side; y++)
		for (int x = 1; x < side - 1; x++) {
			float *d = fine->distance + y * side + x;
			relax(d, d - 1, straight);
			relax(d, d - side - 1, diagonal);
			relax(d, d - side, straight);
			relax(d, d - side + 1, diagonal);
		}
	for (int y = side - 2; y >= 0; y--)
		for (int x = side - 2; x > 0; x--) {
			float *d = fine->distance + y * side + x;
			relax(d, d + 1, straight);
			relax(d, d + side + 1, diagonal);
			relax(d, d + side, straight);
			relax(d, d + side - 1, diagonal);
		}
}

/* The mean width of strokes, in pixels of the 20. Across a stroke, the mean distance to its edge is
 * a quarter of its width; the nearest paper's middle is half a pixel farther. */
static float pen_width(struct fine *fine)
{
	double sum = 0.0;
	int count = 0;

	measure_distance(fine, true);
	for (int i = 0; i < fine->side * fine->side; i++)
		if (fine->ink[i]) {
			sum += (double)fine->distance[i] - 0.5;
			count++;
		}
	return count > 0 ? 4.0f * (float)(sum / count) / (float)fine->unit : 0.0f;
}

/* Thin lines would become a faint grey, and fat ones a blot, that MNIST does not know. */
static void adjust_pen(struct fine *fine)
{
	const float width = pen_width(fine);

	if (width < THINNEST) {
		const float more = (THINNEST - width) / 2.0f * (float)fine->unit;
		measure_distance(fine, false);
		for (int i = 0; i < fine->side * fine->side; i++)
			fine->ink[i] = fine->distance[i] <= more;
	} else if (width > THICKEST) {
		const float wanted = (width - THICKEST) / 2.0f, most = width * MOST_THINNED / 2.0f;
		const float less = fminf(wanted, most) * (float)fine->unit;
		for (int i = 0; i < fine->side * fine->side; i++)
			fine->ink[i] = fine->distance[i] > less;
	}
}

static struct box ink_box(const struct fine *fine)
{
	struct box box = {fine->side, fine->side, 0, 0};

	for (int y = 0; y < fine->side; y++)
		for (int x = 0; x < fine->side; x++) {
			if (!fine->ink[y * fine->side + x])
				continue;
			box.left = x < box.left ? x : box.left;
			box.top = y < box.top ? y : box.top;
			box.right = x >= box.right ? x + 1 : box.right;
			box.bottom = y + 1;
		}
	return box;
}

/* Each of the 20×20 gets the part of its square that is ink. The digit is in the middle of the
 * square that they cover. */
static void shrink(const struct fine *fine, float small[INNER][INNER])
{
	const struct box box = ink_box(fine);
	const int side = box_side(&box);
	const int left = box.left - (side - box_width(&box)) / 2;
	const int top = box.top - (side - box_height(&box)) / 2;

	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++) {
			const int x0 = left + u * side / INNER, x1 = left + (u + 1) * side / INNER;
			const int y0 = top + v * side / INNER, y1 = top + (v + 1) * side / INNER;
			int ink = 0;

			for (int y = y0; y < y1; y++)
				for (int x = x0; x < x1; x++)
					ink += x >= 0 && x < fine->side && y >= 0 && y < fine->side &&
						   fine->ink[y * fine->side + x];
			small[v][u] = (float)ink / (float)((x1 - x0) * (y1 - y0));
		}
}

/* Where the 20×20 begin so that the centre of mass, `centre` from their beginning, comes to
 * pixel 14: QMNIST's rule. The whole of them stays inside. */
static int offset(float centre)
{
	const int at = (int)(15.0f - centre);

	return at < 0 ? 0 : at > DIGIT_SIDE - INNER ? DIGIT_SIDE - INNER : at;
}

static void paste(float small[INNER][INNER], uint8_t pixels[DIGIT_PIXELS])
{
	float mass = 0.0f, mx = 0.0f, my = 0.0f, most = 0.0f;

	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++) {
			mass += small[v][u];
			mx += small[v][u] * ((float)u + 0.5f);
			my += small[v][u] * ((float)v + 0.5f);
			most = fmaxf(most, small[v][u]);
		}
	const int left = offset(mx / mass), top = offset(my / mass);
	for (int i = 0; i < DIGIT_PIXELS; i++)
		pixels[i] = 0;
	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++)
			pixels[(top + v) * DIGIT_SIDE + left + u] =
				(uint8_t)(255.0f * small[v][u] / most + 0.5f);
}

int digit_normalize(const struct ink *ink, uint8_t pixels[DIGIT_PIXELS], struct error *error)
{
	const int enough = (box_side(&ink->box) + INNER - 1) / INNER;
	float small[INNER][INNER];
	struct fine fine;

	if (fine_new(enough > FINE ? enough : FINE, &fine, error))
		return -1;
	draw(ink, &fine);
	adjust_pen(&fine);
	shrink(&fine, small);
	paste(small, pixels);
	fine_free(&fine);
	return 0;
}

bool digit_is_normal(const uint8_t pixels[DIGIT_PIXELS])
{
	struct box box = {DIGIT_SIDE, DIGIT_SIDE, 0, 0};
	float mass = 0.0f, mx = 0.0f, my = 0.0f;
	int most = 0;

	for (int y = 0; y < DIGIT_SIDE; y++)
		for (int x = 0; x < DIGIT_SIDE; x++) {
			const int value = pixels[y * DIGIT_SIDE + x];
			if (value == 0)
				continue;
			box.left = x < box.left ? x : box.left;
			box.top = y < box.top ? y : box.top;
			box.right = x >= box.right ? x + 1 : box.right;
			box.bottom = y + 1;
			mass += (float)value;
			mx += (float)(value * x);
			my += (float)(value * y);
			most = value > most ? value : most;
		}
	return most >= 200 && box_side(&box) >= INNER - 2 && box_side(&box) <= INNER &&
		   fabsf(mx / mass - 14.0f) < 0.75f && fabsf(my / mass - 14.0f) < 0.75f;
}
