/* Random changes of images: one map from each pixel of the result to the place in the image that it
 * comes from, x = M (x' - middle - shift) + middle + displacement. */
#include "app/augmenter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/math.h"

#define PI 3.14159265358979323846
#define VECTOR 16 /* floats that are smoothed at a time */

/* ---- elastic displacements ---- */

/* The points that an axis of so many pixels feels. */
static int points_along(int pixels, double distance)
{
	return (int)((pixels - 1) / distance) + AUGMENT_REACH;
}

int augment_check(const struct augment *amounts, const struct dataset *dataset, struct error *error)
{
	const int height = dataset->height, width = dataset->width;
	const int side = height > width ? height : width;

	if ((amounts->others > 0 || amounts->drawn > 0) && !replace_fits(dataset))
		return error_set(error, "others and drawn are for the ten digits in images of %d×%d pixels",
						 REPLACE_SIDE, REPLACE_SIDE);
	if (amounts->elastic > 0 && points_along(side, amounts->sigma) > AUGMENT_POINTS)
		return error_set(error, "sigma: %g is too fine for images of %d×%d pixels: at least %d",
						 amounts->sigma, height, width,
						 (side - 1) / (AUGMENT_POINTS + 1 - AUGMENT_REACH) + 1);
	return 0;
}

/* Point k of the noise lies at pixel (k - 2) × sigma. Behind the Gaussian this has the statistics
 * of noise drawn for each pixel: the two differ only in frequencies above 1 / sigma, which the
 * Gaussian weakens below 1e-8. One point stands for sigma² pixels, and so weighs sigma times as
 * much as one pixel would. The kernel is exp(-(x² + y²) / (2 sigma²)) / (2 pi sigma²), hence the
 * strength elastic / (2 pi sigma). */
void augmenter_prepare(struct augmenter *augmenter, const struct augment *amounts, int height,
					   int width)
{
	const double distance = amounts->sigma;
	const int side = height > width ? height : width;

	*augmenter = (struct augmenter){.amounts = *amounts, .height = height, .width = width};
	if (amounts->elastic == 0)
		return;
	augmenter->points_down = points_along(height, distance);
	augmenter->points_across = points_along(width, distance);
	augmenter->row = (width + VECTOR - 1) / VECTOR * VECTOR;
	const double strength = amounts->elastic / (2 * PI * distance);
	for (int i = 0; i < side; i++) {
		int first = (int)(i / distance);

		augmenter->first_point[i] = first;
		for (int k = 0; k < AUGMENT_REACH; k++) {
			double away = i / distance - (first + k - AUGMENT_REACH / 2 + 1);
			float weight = math_exp((float)(-away * away / 2));
			augmenter->down[i][k] = weight;
			if (i < width)
				augmenter->across[(first + k) * augmenter->row + i] =
					(float)(strength * (double)weight);
		}
	}
}

/* Draw numbers in -1 … 1, four from each draw; up to 3 more than `count` are written. */
static void draw_noise(struct rng rng, uint64_t draw, int count, float *noise)
{
	for (int i = 0; i < count; i += 4) {
		uint64_t bits = rng_bits(rng, draw++);

		for (int j = 0; j < 4; j++, bits >>= 16)
			noise[i + j] = ((float)(bits & 0xffff) - 32767.5f) / 32768.0f;
	}
}

/* A Gaussian in two dimensions is the product of one across and one down. The rows of the image are
 * made one after the other; each sees AUGMENT_REACH rows of points, smoothed across. */
struct smoother {
	const struct augmenter *augmenter;
	const float *noise;                     /* [points_down][points_across] */
	int done;                               /* rows of points that are smoothed */
	float rows[AUGMENT_REACH][AUGMENT_ROW]; /* row k of points is rows[k % AUGMENT_REACH] */
};

/* The sums of whole vectors stay in registers. */
static void smooth_across(struct smoother *smoother)
{
	const struct augmenter *augmenter = smoother->augmenter;
	const int points = augmenter->points_across;
	const float *noise = smoother->noise + smoother->done * points;
	float *row = smoother->rows[smoother->done++ % AUGMENT_REACH];

	for (int first = 0; first < augmenter->row; first += VECTOR) {
		const float *across = augmenter->across + first;
		float sum[VECTOR] = {0};

		for (int l = 0; l < points; l++, across += augmenter->row)
			for (int x = 0; x < VECTOR; x++)
				sum[x] += noise[l] * across[x];
		memcpy(row + first, sum, sizeof sum);
	}
}

/* The displacements of row y, behind those of the rows above it. */
static void smooth_down(struct smoother *smoother, int y, float field[AUGMENT_ROW])
{
	const struct augmenter *augmenter = smoother->augmenter;
	const int first = augmenter->first_point[y];
	const float *w = augmenter->down[y], *r[AUGMENT_REACH];

	while (smoother->done < first + AUGMENT_REACH)
		smooth_across(smoother);
	for (int k = 0; k < AUGMENT_REACH; k++)
		r[k] = smoother->rows[(first + k) % AUGMENT_REACH];
	for (int x = 0; x < augmenter->row; x++)
		field[x] = w[0] * r[0][x] + w[1] * r[1][x] + w[2] * r[2][x] + w[3] * r[3][x] +
				   w[4] * r[4][x] + w[5] * r[5][x];
}

/* ---- one image ---- */

enum { DRAW_RIGHT, DRAW_DOWN, DRAW_ROTATION, DRAW_WIDTH, DRAW_HEIGHT, DRAW_SHEAR, DRAW_NOISE };

/* x = xx × x' + xy × y' + x0 and y = yx × x' + yy × y' + y0. */
struct map {
	float xx, xy, x0;
	float yx, yy, y0;
};

/* Uniform in -1 … 1. */
static float draw_signed(struct rng rng, uint64_t draw)
{
	return 2 * rng_uniform(rng, draw) - 1;
}

/* The map from the result back to the image: the last change is undone first. */
static struct map draw_map(const struct augmenter *augmenter, struct rng rng, uint64_t draw)
{
	const struct augment *amounts = &augmenter->amounts;
	const float middle_x = (float)(augmenter->width - 1) / 2.0f;
	const float middle_y = (float)(augmenter->height - 1) / 2.0f;
	const float right = (float)amounts->shift * draw_signed(rng, draw + DRAW_RIGHT);
	const float down = (float)amounts->shift * draw_signed(rng, draw + DRAW_DOWN);
	const float degrees = (float)amounts->rotate * draw_signed(rng, draw + DRAW_ROTATION);
	const float width = 1 + (float)amounts->scale * draw_signed(rng, draw + DRAW_WIDTH);
	const float height = 1 + (float)amounts->scale * draw_signed(rng, draw + DRAW_HEIGHT);
	const float shear = (float)amounts->shear * draw_signed(rng, draw + DRAW_SHEAR);
	float sine, cosine;
	struct map map;

	math_sin_cos(degrees * (float)(PI / 180), &sine, &cosine);
	map.yx = -sine / height;
	map.yy = cosine / height;
	map.xx = (cosine + shear * sine) / width;
	map.xy = (sine - shear * cosine) / width;
	map.x0 = middle_x - map.xx * (middle_x + right) - map.xy * (middle_y + down);
	map.y0 = middle_y - map.yx * (middle_x + right) - map.yy * (middle_y + down);
	return map;
}

/* The image in a rim of zeros, which positions outside of it read: one pixel before the image and
 * two behind, since a reader also looks at the next pixel. Rows are rounded up to 16 bytes. */
#define RIM 1
#define PADDED(side) (RIM + (side) + 2)
#define PADDED_ROW(width) ((PADDED(width) + 15) / 16 * 16)

static void pad(const struct augmenter *augmenter, const uint8_t *pixels, uint8_t *padded)
{
	const size_t width = (size_t)augmenter->width, row = PADDED_ROW(width);

	memset(padded, 0, PADDED((size_t)augmenter->height) * row);
	padded += RIM * row + RIM;
	for (int y = 0; y < augmenter->height; y++, padded += row, pixels += width)
		memcpy(padded, pixels, width);
}

/* A position in the padded image in 256ths of a pixel, held within the rim. */
static int fixed_position(float at, float side)
{
	at += RIM;
	at = at > 0 ? at : 0;
	at = at < RIM + side ? at : RIM + side;
	return (int)(at * 256 + 0.5f);
}

static float read_between(const uint8_t *padded, int row, int at_x, int at_y)
{
	const uint8_t *p = padded + (at_y >> 8) * row + (at_x >> 8);
	int right = at_x & 255, below = at_y & 255;
	int upper = p[0] * (256 - right) + p[1] * right;
	int lower = p[row] * (256 - right) + p[row + 1] * right;

	return (float)(upper * (256 - below) + lower * below) / (255 * 65536.0f);
}

/* One row. dx and dy are the displacements in pixels. */
static void warp_row(const struct augmenter *augmenter, const struct map *map, int y,
					 const float *dx, const float *dy, const uint8_t *padded, float *x)
{
	const int width = augmenter->width, row = PADDED_ROW(width);
	const float right = (float)width, bottom = (float)augmenter->height;
	const float x0 = map->xy * (float)y + map->x0, y0 = map->yy * (float)y + map->y0;
	int at_x[AUGMENT_ROW], at_y[AUGMENT_ROW];

	for (int i = 0; i < width; i++) {
		at_x[i] = fixed_position(map->xx * (float)i + x0 + dx[i], right);
		at_y[i] = fixed_position(map->yx * (float)i + y0 + dy[i], bottom);
	}
	for (int i = 0; i < width; i++)
		x[i] = read_between(padded, row, at_x[i], at_y[i]);
}

static void warp(const struct augmenter *augmenter, struct rng rng, uint64_t draw,
				 const uint8_t *pixels, float *room, float *x)
{
	const struct map map = draw_map(augmenter, rng, draw);
	const int count = augmenter->points_down * augmenter->points_across;
	/* The room is enough: points are at least 2 pixels apart, so that the noise has at most
	 * 2 × (h / 2 + 6) × (w / 2 + 6) + 3 floats; the image has at most (h + 3) × (w + 18) bytes. */
	float *noise = room;
	uint8_t *padded = (uint8_t *)(room + 2 * count + 3);
	float dx[AUGMENT_ROW] = {0}, dy[AUGMENT_ROW] = {0};
	struct smoother across, down;

	across.augmenter = down.augmenter = augmenter;
	across.done = down.done = 0;
	across.noise = noise;
	down.noise = noise + count;
	pad(augmenter, pixels, padded);
	draw_noise(rng, draw + DRAW_NOISE, 2 * count, noise);
	for (int y = 0; y < augmenter->height; y++, x += augmenter->width) {
		if (count) {
			smooth_down(&across, y, dx);
			smooth_down(&down, y, dy);
		}
		warp_row(augmenter, &map, y, dx, dy, padded, x);
	}
}

/* A whole number in -most … most, all equally likely. */
static int draw_whole(struct rng rng, uint64_t draw, int most)
{
	return (int)(rng_uniform(rng, draw) * (float)(2 * most + 1)) - most;
}

static void shift(const struct augmenter *augmenter, int right, int down, const uint8_t *pixels,
				  float *x)
{
	const int side = augmenter->width;
	const int width = side - abs(right), height = augmenter->height - abs(down);

	memset(x, 0, (size_t)side * (size_t)augmenter->height * sizeof *x);
	if (width <= 0 || height <= 0)
		return;
	x += (down > 0 ? down * side : 0) + (right > 0 ? right : 0);
	pixels += (down < 0 ? -down * side : 0) + (right < 0 ? -right : 0);
	for (int row = 0; row < height; row++, x += side, pixels += side)
		for (int i = 0; i < width; i++)
			x[i] = (float)pixels[i] / 255.0f;
}

static bool only_shifts(const struct augment *amounts)
{
	return amounts->rotate == 0 && amounts->scale == 0 && amounts->shear == 0 &&
		   amounts->elastic == 0;
}

void augment_image(const struct augmenter *augmenter, struct rng rng, size_t image,
				   const uint8_t *pixels, float *room, float *x)
{
	const struct augment *amounts = &augmenter->amounts;
	const uint64_t draw = (uint64_t)image * AUGMENT_DRAWS;

	if (only_shifts(amounts))
		shift(augmenter, draw_whole(rng, draw + DRAW_RIGHT, (int)amounts->shift),
			  draw_whole(rng, draw + DRAW_DOWN, (int)amounts->shift), pixels, x);
	else
		warp(augmenter, rng, draw, pixels, room, x);
}

void augmented_load(const void *context, int first, int n, float *room, float *x)
{
	const struct augmented *augmented = context;
	const struct dataset *dataset = augmented->selection.dataset;
	const uint32_t *indices = augmented->selection.indices + first;

	if (!augmented->augmenter && !augmented->replacer) {
		selection_load(&augmented->selection, first, n, room, x);
		return;
	}
	const size_t size = dataset_image_size(dataset);
	for (int i = 0; i < n; i++, x += size) {
		const uint8_t *pixels = dataset_image(dataset, indices[i]);
		uint8_t replaced[REPLACE_PIXELS];

		if (augmented->replacer)
			pixels = replace_pixels(augmented->replacer, indices[i], replaced);
		if (augmented->augmenter)
			augment_image(augmented->augmenter, augmented->rng, indices[i], pixels, room, x);
		else
			for (size_t p = 0; p < size; p++)
				x[p] = (float)pixels[p] / 255.0f;
	}
}

void augmented_labels(const struct augmented *augmented, int n, uint16_t *labels)
{
	const uint32_t *indices = augmented->selection.indices;

	dataset_labels(augmented->selection.dataset, indices, n, labels);
	for (int i = 0; i < n && augmented->replacer; i++)
		labels[i] = replace_label(augmented->replacer, indices[i]);
}
