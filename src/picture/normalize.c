/* MNIST's makers (LeCun, Cortes & Burges 1998; details by Yadav & Bottou 2019, QMNIST) scaled a
 * black and white digit, keeping its shape, so that its longer side had 20 pixels, which the
 * scaling made grey, and put it into 28×28 with its centre of mass at pixel 14. Here the same is
 * done, after the pen was brought to a width that occurs in MNIST. "Pixels of the 20" are those of
 * the scaled digit, before it goes into 28×28. */
#include "picture/normalize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INNER 20     /* the longer side of a digit, in pixels */
#ifndef LEAST_UNIT   /* smaller is faster, for fuzzing */
#define LEAST_UNIT 8 /* fine pixels for the side of one of the 20: 65 levels of grey */
#endif
#define MOST_UNIT 32  /* and no more, however long the digit */
#define MARGIN 4      /* pixels of the 20, on each side: a thicker pen needs room */
#define THINNEST 2.0f /* pixels of the 20: MNIST's pens are seldom thinner */

/* The form of MNIST, as digit_is_normal takes it. */
#define NORMAL_WHITE 200 /* of 255: the brightest pixel is at least so bright */
#define NORMAL_OFF 0.75f /* pixels from pixel 14 to the centre of mass, at most */

/* The digit in fine pixels, black and white, of which unit × unit make one pixel of the 20. */
struct fine {
	int side, unit;
	float *distance; /* [side][side], in fine pixels: of ink from paper, or of paper from ink */
	bool *ink;       /* [side][side], in the same block of memory */
	bool *drawn;     /* [side][side], likewise: the ink before the pen was adjusted */
};

/* Draw the digit with the middle of the plane in the middle and its longer side 20 × unit fine
 * pixels long. */
static void draw(const struct grey *depth, float threshold, struct fine *fine)
{
	const float scale =
		(float)(int_max(depth->width, depth->height) - 2) / (float)(INNER * fine->unit);
	const float cx = (float)depth->width / 2.0f, cy = (float)depth->height / 2.0f;

	for (int y = 0; y < fine->side; y++)
		for (int x = 0; x < fine->side; x++) {
			const float px = cx + ((float)x + 0.5f - (float)fine->side / 2.0f) * scale;
			const float py = cy + ((float)y + 0.5f - (float)fine->side / 2.0f) * scale;
			fine->ink[y * fine->side + x] = px >= 1.0f && px < (float)(depth->width - 1) &&
											py >= 1.0f && py < (float)(depth->height - 1) &&
											grey_between(depth, px, py) >= threshold;
		}
}

/* *to = the distance by way of a neighbour that is `apart` from here, if that is shorter. */
static void relax(float *to, const float *from, float apart)
{
	if (*from + apart < *to)
		*to = *from + apart;
}

/* Go through the pixels from `first`, onwards in memory where `ahead` is 1 and back where it is -1.
 * Each but the outermost takes its distance by way of the four neighbours that come before it. */
static void sweep(float *first, int side, int ahead)
{
	const float straight = 0.955f, diagonal = 1.369f;

	for (int y = 1; y < side; y++)
		for (int x = 1; x < side - 1; x++) {
			float *d = first + ahead * (y * side + x);
			relax(d, d - ahead, straight);
			relax(d, d - ahead * (side + 1), diagonal);
			relax(d, d - ahead * side, straight);
			relax(d, d - ahead * (side - 1), diagonal);
		}
}

/* The distance of each pixel of ink from the nearest paper or, unless `of_ink`, of each pixel of
 * paper from the nearest ink, in two sweeps: down and to the right, then back. It is a chamfer
 * distance, a sum of distances between neighbours, whose values make its error least (Borgefors
 * 1986). The square's outermost pixels, which are paper, are not looked at. */
static void measure_distance(struct fine *fine, bool of_ink)
{
	const int side = fine->side;
	const float far = (float)(2 * side);

	for (int i = 0; i < side * side; i++)
		fine->distance[i] = fine->ink[i] == of_ink ? far : 0.0f;
	sweep(fine->distance, side, 1);
	sweep(fine->distance + side * side - 1, side, -1);
}

/* The mean width of strokes, in pixels of the 20. Across a stroke of width w the distance from its
 * edge goes from 0 to w/2 and back: w/4 on average. It was measured to the middle of the nearest
 * pixel of paper, half a pixel beyond the edge. */
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

/* Thicken a thin pen, which would become a faint grey: that does not occur in MNIST. Gaps and holes
 * that a thicker pen would close, which are those that a closing fills, stay as they are. */
static void adjust_pen(struct fine *fine)
{
	const int count = fine->side * fine->side;
	const float more = (THINNEST - pen_width(fine)) / 2.0f * (float)fine->unit;

	if (more <= 0.0f)
		return;
	memcpy(fine->drawn, fine->ink, (size_t)count * sizeof *fine->ink);
	measure_distance(fine, false);
	for (int i = 0; i < count; i++)
		fine->ink[i] = fine->distance[i] <= more;
	measure_distance(fine, true);
	for (int i = 0; i < count; i++)
		fine->ink[i] = fine->drawn[i] || (fine->ink[i] && fine->distance[i] <= more + 1.0f);
}

static struct box ink_box(const struct fine *fine)
{
	struct box box = {fine->side, fine->side, 0, 0};

	for (int y = 0; y < fine->side; y++)
		for (int x = 0; x < fine->side; x++)
			if (fine->ink[y * fine->side + x])
				box_include(&box, x, y);
	return box;
}

/* Each of the 20×20 pixels gets the fraction of its square that is ink, from 0 to 1. Together they
 * cover a square as large as the digit's longer side, with the digit in its middle. */
static void shrink(const struct fine *fine, float small[INNER][INNER])
{
	const struct box box = ink_box(fine);
	const int side = int_max(box_side(&box), INNER); /* a speck, or nothing, is smaller */
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

/* The column (or row) of the 28×28 at which the 20×20 begin, so that their centre of mass comes to
 * lie inside pixel 14, from 14.0 to 15.0: a centre of 9.3 begins at 5. They stay inside the 28×28.
 * The rule is QMNIST's. */
static int offset(float centre)
{
	return int_max(0, int_min((int)(15.0f - centre), DIGIT_SIDE - INNER));
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
	memset(pixels, 0, DIGIT_PIXELS);
	if (mass <= 0.0f)
		return;
	const int left = offset(mx / mass), top = offset(my / mass);
	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++)
			pixels[(top + v) * DIGIT_SIDE + left + u] =
				(uint8_t)(255.0f * small[v][u] / most + 0.5f);
}

int digit_normalize(const struct grey *depth, float threshold, uint8_t pixels[DIGIT_PIXELS],
					struct error *error)
{
	const int longer = int_max(depth->width, depth->height) - 2;
	/* At least one fine pixel for each of the plane. */
	const int unit = int_min(int_max((longer + INNER - 1) / INNER, LEAST_UNIT), MOST_UNIT);
	const int side = (INNER + 2 * MARGIN) * unit;
	const size_t count = (size_t)side * (size_t)side;
	struct fine fine = {.side = side, .unit = unit};
	float small[INNER][INNER];

	fine.distance = malloc(count * (sizeof *fine.distance + 2 * sizeof *fine.ink));
	if (!fine.distance)
		return error_scarce(error, "not enough memory for a digit of %d×%d", side, side);
	fine.ink = (bool *)(fine.distance + count);
	fine.drawn = fine.ink + count;
	draw(depth, threshold, &fine);
	adjust_pen(&fine);
	shrink(&fine, small);
	paste(small, pixels);
	free(fine.distance);
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
			if (value > 0)
				box_include(&box, x, y);
			mass += (float)value;
			mx += (float)(value * x);
			my += (float)(value * y);
			most = int_max(most, value);
		}
	return most >= NORMAL_WHITE && box_side(&box) >= INNER - 2 && box_side(&box) <= INNER &&
		   fabsf(mx / mass - 14.0f) < NORMAL_OFF && fabsf(my / mass - 14.0f) < NORMAL_OFF;
}
