/* Light falls on the picture, then comes the camera, then the file. */
#include "camera.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct taking takings[] = {
	[SCREEN] = {.turn = 0},
	[SCAN] = {.turn = 3, .noise = 0.008f, .contrast = 0.15f},
	[PHOTO] = {4, 0.06f, 0.2f, 0, 0, 0.2f, 0.2f, 0.02f, 25, 0.3f},
	[SMALL] = {.turn = 3, .light = 0.15f, .noise = 0.01f, .contrast = 0.15f},
	[SOFT_SHADOW] = {4, 0.05f, 0.1f, 0.45f, 4, 0.1f, 0.2f, 0.015f, 20, 0.2f},
	[HARD_SHADOW] = {4, 0.05f, 0.1f, 0.5f, 60, 0.1f, 0.2f, 0.015f, 20, 0.2f},
	[VIGNETTE] = {3, 0.03f, 0.1f, 0, 0, 0.7f, 0.2f, 0.015f, 15, 0.2f},
	[SLANTED] = {14, 0.12f, 0.1f, 0, 0, 0.1f, 0.2f, 0.015f, 15, 0.2f},
	[BLURRED] = {2, 0.02f, 0.1f, 0, 0, 0.1f, 0.7f, 0.01f, 15, 0.2f},
	[NOISY] = {2, 0.02f, 0.1f, 0, 0, 0.1f, 0.2f, 0.07f, 15, 0.2f},
	[BLOCKY] = {2, 0, 0.1f, 0, 0, 0.1f, 0.2f, 0.01f, 110, 0.2f},
};
/* clang-format on */

float noise_at(struct rng rng, float x, float y)
{
	const float left = floorf(x), top = floorf(y), u = x - left, v = y - top;
	const float wu = u * u * (3 - 2 * u), wv = v * v * (3 - 2 * v);
	float corner[4];

	for (int i = 0; i < 4; i++) {
		const uint64_t column = (uint32_t)((int)left + i % 2), row = (uint32_t)((int)top + i / 2);
		corner[i] = rng_uniform(rng, row << 32 | column);
	}
	return (corner[0] * (1 - wu) + corner[1] * wu) * (1 - wv) +
		   (corner[2] * (1 - wu) + corner[3] * wu) * wv;
}

static void light(const struct taking *taking, struct dice *dice, struct plane *plane)
{
	const float side = fmaxf((float)plane->width, (float)plane->height);
	const float angle = dice_between(dice, 0, 6.28f), other = dice_between(dice, 0, 6.28f);
	const float fall = dice_most(dice, taking->light), vignette = dice_most(dice, taking->vignette);
	const float shadow = dice_most(dice, taking->shadow), where = dice_between(dice, -0.2f, 0.2f);

	for (int y = 0; y < plane->height; y++)
		for (int x = 0; x < plane->width; x++) {
			const float u = ((float)x - (float)plane->width / 2) / side;
			const float v = ((float)y - (float)plane->height / 2) / side;
			const float edge = u * cosf(other) + v * sinf(other) - where;
			const float dark = shadow / (1 + expf(-4 * edge * taking->hardness));
			plane->at[y * plane->width + x] *=
				(1 - fall * (0.5f + u * cosf(angle) + v * sinf(angle))) * (1 - dark) *
				(1 - vignette * (u * u + v * v));
		}
}

/* One round across and one down, by way of `spare`. */
static void blur(struct plane *plane, float deviation)
{
	const int w = plane->width, h = plane->height, reach = (int)ceilf(3 * deviation);
	float weights[64], sum = 0;

	if (deviation < 0.1f || reach >= 64)
		return;
	for (int i = 0; i <= reach; i++) {
		weights[i] = expf(-(float)(i * i) / (2 * deviation * deviation));
		sum += i ? 2 * weights[i] : weights[i];
	}
	for (int turn = 0; turn < 2; turn++) {
		const float *from = turn ? plane->spare : plane->at;
		float *to = turn ? plane->at : plane->spare;

		for (int y = 0; y < h; y++)
			for (int x = 0; x < w; x++) {
				float total = 0;

				for (int i = -reach; i <= reach; i++) {
					const int at = turn ? y + i : x + i, last = (turn ? h : w) - 1;
					const int inside = at < 0 ? 0 : at > last ? last : at;
					total += weights[abs(i)] * from[turn ? inside * w + x : y * w + inside];
				}
				to[y * w + x] = total / sum;
			}
	}
}

/* The sensor's noise, and black and white nearer to each other. */
static void expose(const struct taking *taking, struct dice *dice, struct plane *plane)
{
	const struct rng rng = rng_stream(rng_bits(dice->rng, dice->next++), 3, 0);
	const float contrast = 1 - dice_most(dice, taking->contrast);
	const float black = (1 - contrast) * dice_between(dice, 0, 1);
	const float noise = dice_most(dice, taking->noise) * 3.46f;

	for (int i = 0; i < plane->width * plane->height; i++) {
		/* Four uniform numbers make nearly a normal one; each has the deviation 1 / √12. */
		const uint64_t n = 4 * (uint64_t)i;
		const float sum = rng_uniform(rng, n) + rng_uniform(rng, n + 1) + rng_uniform(rng, n + 2) +
						  rng_uniform(rng, n + 3) - 2;
		plane->at[i] = clamp(black + contrast * plane->at[i] + noise * sum / 2);
	}
}

/* Each row becomes a column, transformed: out[k][y] = Σ in[y][x] basis[k][x], or basis[x][k] for
 * the way back. Twice is a transform in both directions. */
static void transform(float basis[8][8], bool back, float block[8][8])
{
	float in[8][8];

	memcpy(in, block, sizeof in);
	for (int y = 0; y < 8; y++)
		for (int k = 0; k < 8; k++) {
			block[k][y] = 0;
			for (int x = 0; x < 8; x++)
				block[k][y] += in[y][x] * (back ? basis[x][k] : basis[k][x]);
		}
}

/* The loss of JPEG: the cosine transform of blocks of 8 × 8, rounded to steps that grow with the
 * frequency up to `coarsest` grey levels, and back. */
static void compress(struct plane *plane, float coarsest)
{
	float basis[8][8], block[8][8];

	for (int k = 0; k < 8; k++)
		for (int i = 0; i < 8; i++)
			basis[k][i] = (k ? 0.5f : 0.35355f) * cosf(3.14159f / 8 * (float)k * ((float)i + 0.5f));
	for (int top = 0; coarsest > 0 && top + 8 <= plane->height; top += 8)
		for (int left = 0; left + 8 <= plane->width; left += 8) {
			float *at = plane->at + top * plane->width + left;

			for (int y = 0; y < 8; y++)
				memcpy(block[y], at + y * plane->width, sizeof block[y]);
			transform(basis, false, block);
			transform(basis, false, block);
			for (int i = 0; i < 64; i++) {
				const float step = coarsest * (float)(2 + i / 8 + i % 8) / 16 / 255;
				block[i / 8][i % 8] = roundf(block[i / 8][i % 8] / step) * step;
			}
			transform(basis, true, block);
			transform(basis, true, block);
			for (int i = 0; i < 64; i++)
				at[i / 8 * plane->width + i % 8] = clamp(block[i / 8][i % 8]);
		}
}

void camera_take(const struct taking *taking, struct dice *dice, struct plane *plane, float pen)
{
	light(taking, dice, plane);
	blur(plane, fminf(dice_most(dice, taking->blur) * pen, 20));
	expose(taking, dice, plane);
	compress(plane, dice_most(dice, taking->jpeg));
}
