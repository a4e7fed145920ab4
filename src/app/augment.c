/* Random changes of images: a list of names and amounts, and one map from each pixel of the result
 * to where in the image it comes from, x = M (x' - middle - shift) + middle + displacement. */
#include "app/augment.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "compute/math.h"

#define PI 3.14159265358979323846
#define SIDE DATASET_SIDE
#define MIDDLE ((SIDE - 1) / 2.0f)

/* ---- lists ---- */

/* What a list can name, its amount where none is given, and the limits. */
struct item {
	const char *name;
	size_t offset;
	double standard, min, max;
	const char *grammar, *help;
};

/* Those before AMOUNTS do something. */
enum { SHIFT, ROTATE, SCALE, SHEAR, ELASTIC, AMOUNTS, SIGMA = AMOUNTS, UNTIL, ITEMS };

/* clang-format off */
static const struct item items[ITEMS] = {
	[SHIFT] = {"shift", offsetof(struct augment, shift), 2, 0, 10,
			   "shift:PIXELS", "left, right, up and down"},
	[ROTATE] = {"rotate", offsetof(struct augment, rotate), 12, 0, 180,
				"rotate:DEGREES", "about the middle"},
	[SCALE] = {"scale", offsetof(struct augment, scale), 0.12, 0, 0.5,
			   "scale:FRACTION", "width and height, each by itself"},
	[SHEAR] = {"shear", offsetof(struct augment, shear), 0.2, 0, 1,
			   "shear:FRACTION", "columns to the side for each row"},
	[ELASTIC] = {"elastic", offsetof(struct augment, elastic), 30, 0, 200,
				 "elastic:PIXELS", "noise of up to that at each pixel, smoothed"},
	[SIGMA] = {"sigma", offsetof(struct augment, sigma), 4, AUGMENT_LEAST_SIGMA, 20,
			   "sigma:PIXELS", "deviation of the Gaussian that smooths it"},
	[UNTIL] = {"until", offsetof(struct augment, until), 0.9, 0, 1,
			   "until:FRACTION", "only in this first part of the training"},
};
/* clang-format on */

#define LONGEST_ITEM 40

static double *amount_of(struct augment *augment, int i)
{
	return (double *)((char *)augment + items[i].offset);
}

static double amount(const struct augment *augment, int i)
{
	return *(const double *)((const char *)augment + items[i].offset);
}

void augment_explain(FILE *out)
{
	fprintf(out, "  %-16s the images as they are\n", "none");
	for (const struct item *item = items; item < items + ITEMS; item++)
		fprintf(out, "  %-16s %s (%g; %g to %g)\n", item->grammar, item->help, item->standard,
				item->min, item->max);
}

static int unknown(const char *name, struct error *error)
{
	const char *names[ITEMS + 2] = {"none"};

	for (int i = 0; i < ITEMS; i++)
		names[i + 1] = items[i].name;
	const char *nearest = nearest_word(name, names);
	if (!*name)
		return error_set(error, "a name is missing");
	if (nearest)
		return error_set(error, "there is no \"%s\"; did you mean %s?", name, nearest);
	return error_set(error,
					 "there is no \"%s\"; there are none, shift, rotate, scale, shear, "
					 "elastic, sigma and until",
					 name);
}

static int read_amount(struct augment *augment, int i, const char *text, struct error *error)
{
	const struct item *item = &items[i];
	char *end;
	double number = strtod(text, &end);

	/* strtod would also take blanks, hexadecimal, "inf" and "nan". */
	if (end == text || *end || text[strspn(text, "0123456789.eE+-")])
		return error_set(error, "%s: \"%s\" is not a number", item->name, text);
	if (!(number >= item->min && number <= item->max))
		return error_set(error, "%s: %s is not in %g … %g", item->name, text, item->min, item->max);
	if (i == SHIFT && number != floor(number))
		return error_set(error, "%s: %s is not a whole number", item->name, text);
	*amount_of(augment, i) = number == 0 ? 0 : number; /* not -0 */
	return 0;
}

/* name or name:number; the text is taken apart. */
static int read_item(struct augment *augment, bool seen[ITEMS], char *text, struct error *error)
{
	char *colon = strchr(text, ':');
	int i = 0;

	if (colon)
		*colon = '\0';
	while (i < ITEMS && strcmp(text, items[i].name))
		i++;
	if (!strcmp(text, "none"))
		return error_set(error, "none stands alone");
	if (i == ITEMS)
		return unknown(text, error);
	if (seen[i])
		return error_set(error, "%s comes twice", text);
	seen[i] = true;
	*amount_of(augment, i) = items[i].standard;
	return colon ? read_amount(augment, i, colon + 1, error) : 0;
}

static int read_list(struct augment *augment, bool seen[ITEMS], const char *list,
					 struct error *error)
{
	for (;; list++) {
		char text[LONGEST_ITEM + 1];
		size_t length = strcspn(list, ",");

		if (length > LONGEST_ITEM)
			return error_set(error, "\"%.*s…\" is too long", LONGEST_ITEM, list);
		memcpy(text, list, length);
		text[length] = '\0';
		if (read_item(augment, seen, text, error))
			return -1;
		list += length;
		if (!*list)
			return 0;
	}
}

int augment_parse(const char *list, struct augment *augment, struct error *error)
{
	struct augment read = {.sigma = items[SIGMA].standard, .until = 1};
	bool seen[ITEMS] = {false};

	if (strcmp(list, "none") && read_list(&read, seen, list, error))
		return -1;
	if (seen[SIGMA] && !seen[ELASTIC])
		return error_set(error, "sigma: there is no elastic in the list");
	if (seen[UNTIL] && !memchr(seen, true, AMOUNTS))
		return error_set(error, "until: there is nothing else in the list");
	if (read.elastic == 0)
		read.sigma = 0;
	*augment = augment_is_none(&read) ? (struct augment){0} : read;
	return 0;
}

/* As short as reads back as the same number, without an exponent where it has few digits. Returns
 * the length. */
static int print_number(char text[LONGEST_ITEM], double number)
{
	int length = 0;

	for (int digits = FLT_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
		length = snprintf(text, LONGEST_ITEM, "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	return length;
}

const char *augment_text(const struct augment *augment, char text[AUGMENT_TEXT])
{
	char *end = text;

	if (augment_is_none(augment))
		return strcpy(text, "none");
	for (int i = 0; i < ITEMS; i++) {
		double number = amount(augment, i);

		if (number == (i == UNTIL ? 1 : 0))
			continue;
		end += sprintf(end, "%s%s:", end > text ? "," : "", items[i].name);
		end += print_number(end, number);
	}
	return text;
}

bool augment_is_none(const struct augment *augment)
{
	bool idle = true;

	for (int i = 0; i < AMOUNTS; i++)
		idle = idle && amount(augment, i) == 0;
	return idle || augment->until == 0;
}

/* ---- elastic displacements ---- */

/* Point k of the noise lies at pixel (k - 2) × sigma. Through the Gaussian, that has the statistics
 * of noise on each pixel: they differ in frequencies from 1 / sigma on, which it weakens below 1e-8.
 * One point for sigma² pixels weighs sigma times as much as one of them, and the kernel is
 * exp(-(x² + y²) / (2 sigma²)) / (2 pi sigma²), so the strength is elastic / (2 pi sigma). */
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

/* Numbers in -1 … 1, four for each draw: up to 3 more than `count` are written. */
static void draw_noise(struct rng rng, uint64_t draw, int count, float *noise)
{
	for (int i = 0; i < count; i += 4) {
		uint64_t bits = rng_bits(rng, draw++);

		for (int j = 0; j < 4; j++, bits >>= 16)
			noise[i + j] = ((float)(bits & 0xffff) - 32767.5f) / 32768.0f;
	}
}

/* The Gaussian is the product of one across and one down. */
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

/* x = xx × x' + xy × y' + x0, and y alike. */
struct map {
	float xx, xy, x0;
	float yx, yy, y0;
};

/* Uniform in -1 … 1. */
static float draw_signed(struct rng rng, uint64_t draw)
{
	return 2 * rng_uniform(rng, draw) - 1;
}

/* The way back: what is undone first was done last. */
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

/* The image in a rim of zeros, from which positions outside read: one pixel before it, two behind
 * since reading looks at the next pixel, too. */
#define RIM 1
#define PADDED_ROW 32
#define PADDED_SIZE ((RIM + SIDE + 2) * PADDED_ROW)

static void pad(const uint8_t *pixels, uint8_t padded[PADDED_SIZE])
{
	memset(padded, 0, PADDED_SIZE);
	for (int y = 0; y < SIDE; y++)
		memcpy(padded + (y + RIM) * PADDED_ROW + RIM, pixels + y * SIDE, SIDE);
}

/* 256ths of a pixel of the padded image, not beyond the rim. */
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

/* dx and dy are displacements. */
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

/* -most … most, as likely each. */
static int draw_whole(struct rng rng, uint64_t draw, int most)
{
	return (int)(rng_uniform(rng, draw) * (float)(2 * most + 1)) - most;
}

static void shift(int right, int down, const uint8_t *pixels, float *x)
{
	const int width = SIDE - abs(right), height = SIDE - abs(down);

	for (int i = 0; i < DATASET_PIXELS; i++)
		x[i] = 0;
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

struct rng augment_rng(uint64_t seed, uint64_t epoch)
{
	return rng_stream(seed, RNG_AUGMENT, epoch);
}

void augmented_load(const void *context, int first, int n, float *x)
{
	const struct augmented *augmented = context;
	const struct dataset *dataset = augmented->selection.dataset;
	const uint32_t *indices = augmented->selection.indices + first;

	if (!augmented->augmenter) {
		selection_load(&augmented->selection, first, n, x);
		return;
	}
	for (int i = 0; i < n; i++)
		augment_image(augmented->augmenter, augmented->rng, indices[i],
					  dataset->images + (size_t)indices[i] * DATASET_PIXELS,
					  x + (size_t)i * DATASET_PIXELS);
}
