/* Random changes of images: one map from each pixel of the result to the place in the image that it
 * comes from, x = M (x' - middle - shift) + middle + displacement. */
#include "app/warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/math.h"

#define PI 3.14159265358979323846
#define SIDE DATASET_SIDE
#define MIDDLE ((SIDE - 1) / 2.0f)

/* ---- elastic displacements ---- */

/* Point k of the noise lies at pixel (k - 2) × sigma. Behind the Gaussian this has the statistics
 * of noise drawn for each pixel: the two differ only in frequencies above 1 / sigma, which the
 * Gaussian weakens below 1e-8. One point stands for sigma² pixels, and so weighs sigma times as
 * much as one pixel would. The kernel is exp(-(x² + y²) / (2 sigma²)) / (2 pi sigma²), hence the
 * strength elastic / (2 pi sigma). */
void augmenter_prepare(struct augmenter *augmenter, const struct augment *amounts)
{
	const double distance = amounts->sigma;

	*augmenter = (struct augmenter){.amounts = *amounts};
	if (amounts->elastic == 0)
		return;
	const double strength = amounts->elastic / (2 * PI * distance);
	for (int i = 0; i < SIDE; i++) {
		int first = (int)(i / distance);

		augmenter->first_point[i] = first;
		for (int k = 0; k < AUGMENT_REACH; k++) {
			double away = i / distance - (first + k - AUGMENT_REACH / 2 + 1);
			float weight = math_exp((float)(-away * away / 2));
			augmenter->down[i][k] = weight;
			augmenter->across[first + k][i] = (float)(strength * (double)weight);
		}
	}
	augmenter->points = augmenter->first_point[SIDE - 1] + AUGMENT_REACH;
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

/* A Gaussian in two dimensions is the product of one across and one down. */
static void smooth(const struct augmenter *augmenter, const float *noise,
				   float field[SIDE][AUGMENT_ROW])
{
	const int points = augmenter->points;
	float rows[AUGMENT_POINTS][AUGMENT_ROW];

	for (int k = 0; k < points; k++) {
		float sum[AUGMENT_ROW] = {0};

		for (int l = 0; l < points; l++, noise++)
			for (int x = 0; x < AUGMENT_ROW; x++)
				sum[x] += *noise * augmenter->across[l][x];
		memcpy(rows[k], sum, sizeof sum);
	}
	for (int y = 0; y < SIDE; y++) {
		const float *w = augmenter->down[y];
		float(*r)[AUGMENT_ROW] = rows + augmenter->first_point[y];

		for (int x = 0; x < AUGMENT_ROW; x++)
			field[y][x] = w[0] * r[0][x] + w[1] * r[1][x] + w[2] * r[2][x] + w[3] * r[3][x] +
						  w[4] * r[4][x] + w[5] * r[5][x];
	}
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
static struct map draw_map(const struct augment *amounts, struct rng rng, uint64_t draw)
{
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
	map.x0 = MIDDLE - map.xx * (MIDDLE + right) - map.xy * (MIDDLE + down);
	map.y0 = MIDDLE - map.yx * (MIDDLE + right) - map.yy * (MIDDLE + down);
	return map;
}

/* The image in a rim of zeros, which positions outside of it read: one pixel before the image and
 * two behind, since a reader also looks at the next pixel. Rows are rounded up to 16 bytes. */
#define RIM 1
#define PADDED_ROW ((RIM + SIDE + 2 + 15) / 16 * 16)
#define PADDED_SIZE ((RIM + SIDE + 2) * PADDED_ROW)

static void pad(const uint8_t *pixels, uint8_t padded[PADDED_SIZE])
{
	memset(padded, 0, PADDED_SIZE);
	for (int y = 0; y < SIDE; y++)
		memcpy(padded + (y + RIM) * PADDED_ROW + RIM, pixels + y * SIDE, SIDE);
}

/* A position in the padded image in 256ths of a pixel, held within the rim. */
static int fixed_position(float at)
{
	at += RIM;
	at = at > 0 ? at : 0;
	at = at < RIM + SIDE ? at : RIM + SIDE;
	return (int)(at * 256 + 0.5f);
}

static float read_between(const uint8_t *padded, int at_x, int at_y)
{
	const uint8_t *p = padded + (at_y >> 8) * PADDED_ROW + (at_x >> 8);
	int right = at_x & 255, below = at_y & 255;
	int upper = p[0] * (256 - right) + p[1] * right;
	int lower = p[PADDED_ROW] * (256 - right) + p[PADDED_ROW + 1] * right;

	return (float)(upper * (256 - below) + lower * below) / (255 * 65536.0f);
}

/* dx and dy are the displacements in pixels. */
static void warp(const struct map *map, const float dx[SIDE][AUGMENT_ROW],
				 const float dy[SIDE][AUGMENT_ROW], const uint8_t *pixels, float *x)
{
	uint8_t padded[PADDED_SIZE];

	pad(pixels, padded);
	for (int row = 0; row < SIDE; row++, x += SIDE) {
		const float x0 = map->xy * (float)row + map->x0, y0 = map->yy * (float)row + map->y0;
		int at_x[SIDE], at_y[SIDE];

		for (int i = 0; i < SIDE; i++) {
			at_x[i] = fixed_position(map->xx * (float)i + x0 + dx[row][i]);
			at_y[i] = fixed_position(map->yx * (float)i + y0 + dy[row][i]);
		}
		for (int i = 0; i < SIDE; i++)
			x[i] = read_between(padded, at_x[i], at_y[i]);
	}
}

/* A whole number in -most … most, all equally likely. */
static int draw_whole(struct rng rng, uint64_t draw, int most)
{
	return (int)(rng_uniform(rng, draw) * (float)(2 * most + 1)) - most;
}

static void shift(int right, int down, const uint8_t *pixels, float *x)
{
	const int width = SIDE - abs(right), height = SIDE - abs(down);

	memset(x, 0, DATASET_PIXELS * sizeof *x);
	x += (down > 0 ? down * SIDE : 0) + (right > 0 ? right : 0);
	pixels += (down < 0 ? -down * SIDE : 0) + (right < 0 ? -right : 0);
	for (int row = 0; row < height; row++, x += SIDE, pixels += SIDE)
		for (int i = 0; i < width; i++)
			x[i] = (float)pixels[i] / 255.0f;
}

static bool only_shifts(const struct augment *amounts)
{
	return amounts->rotate == 0 && amounts->scale == 0 && amounts->shear == 0 &&
		   amounts->elastic == 0;
}

void augment_image(const struct augmenter *augmenter, struct rng rng, size_t image,
				   const uint8_t *pixels, float *x)
{
	const struct augment *amounts = &augmenter->amounts;
	const uint64_t draw = (uint64_t)image * AUGMENT_DRAWS;
	const int count = augmenter->points * augmenter->points;
	float noise[2 * AUGMENT_POINTS * AUGMENT_POINTS + 3];
	float dx[SIDE][AUGMENT_ROW] = {0}, dy[SIDE][AUGMENT_ROW] = {0};

	if (only_shifts(amounts)) {
		shift(draw_whole(rng, draw + DRAW_RIGHT, (int)amounts->shift),
			  draw_whole(rng, draw + DRAW_DOWN, (int)amounts->shift), pixels, x);
		return;
	}
	const struct map map = draw_map(amounts, rng, draw);
	if (count) {
		draw_noise(rng, draw + DRAW_NOISE, 2 * count, noise);
		smooth(augmenter, noise, dx);
		smooth(augmenter, noise + count, dy);
	}
	warp(&map, dx, dy, pixels, x);
}

void augmented_load(const void *context, int first, int n, float *x)
{
	const struct augmented *augmented = context;
	const struct dataset *dataset = augmented->selection.dataset;
	const uint32_t *indices = augmented->selection.indices + first;

	if (!augmented->augmenter && !augmented->replacer) {
		selection_load(&augmented->selection, first, n, x);
		return;
	}
	for (int i = 0; i < n; i++, x += DATASET_PIXELS) {
		const uint8_t *pixels = dataset->images + (size_t)indices[i] * DATASET_PIXELS;
		uint8_t room[DATASET_PIXELS];

		if (augmented->replacer)
			pixels = replace_pixels(augmented->replacer, indices[i], room);
		if (augmented->augmenter)
			augment_image(augmented->augmenter, augmented->rng, indices[i], pixels, x);
		else
			shift(0, 0, pixels, x);
	}
}

void augmented_labels(const struct augmented *augmented, int n, uint16_t *labels)
{
	const uint32_t *indices = augmented->selection.indices;

	dataset_labels(augmented->selection.dataset, indices, n, labels);
	for (int i = 0; i < n && augmented->replacer; i++)
		labels[i] = replace_label(augmented->replacer, indices[i]);
}
