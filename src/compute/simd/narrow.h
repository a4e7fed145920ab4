/* The filters' gradient where there are few channels: lanes run along filters. */
#ifndef COMPUTE_SIMD_NARROW_H
#define COMPUTE_SIMD_NARROW_H

#include "compute/simd/plane.h"
#include "compute/simd/tile.h"

/* Adds to the filters' gradient by tiles with a window's floats for rows and filters for columns:
 * `sums` is [floats of a filter][filters]. */
static void filters_narrow(const struct window *w, const struct plane *p, const float *x,
						   const float *dy, float *sums)
{
	/* clang-format off */
	struct tile t = tile_plan((struct tile){
		.strips = w->out_h, .depth = w->out_w,
		.a = x, .a_row = 1, .a_strip = w->stride * p->row, .a_k = w->stride * w->channels,
		.b = dy, .b_strip = w->out_w * w->filters, .b_k = w->filters, .b_vector = LANES,
		.c = sums, .c_row = w->filters, .adds = true,
		.rows = p->strip, .columns = w->filters});
	/* clang-format on */

	for (int row = 0; row < w->size; row++) {
		tile(&t);
		t.a += p->row;
		t.c += (ptrdiff_t)p->strip * w->filters;
	}
}

/* filters_narrow for one channel, 3 × 3 or 5 × 5, from the gradients of pooling windows: the
 * gradient of a window belongs to one of its four pixels. With sixteen lanes, each filter picks its
 * pixel's x out of the patch that the window sees; otherwise all four are multiplied, three of them
 * by 0. */
#if LANES == 16
#define POOLED_VECTORS 2

ALWAYS_INLINE void filters_pooled_fixed(const int size, const int vectors, const struct window *w,
										const float *x, int row, const float *dy,
										const uint8_t *place_of_max, float *sums, int count)
{
	vec sum[25][POOLED_VECTORS];

	UNROLL_FOR (int k = 0; k < size * size; k++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			sum[k][v] = load(sums + k * w->filters + v * LANES);
	for (int i = 0; i < w->out_h / 2; i++) {
		for (int j = 0; j < w->out_w / 2; j++, dy += w->filters, place_of_max += w->filters) {
			const float *at = x + 2 * i * row + 2 * j;
			if (is_blank(size + 1, size + 1, at, row))
				continue;
			vec g[POOLED_VECTORS];
			ivec first[POOLED_VECTORS];
			UNROLL_FOR (int v = 0; v < vectors; v++) {
				ivec place = load_bytes(place_of_max + v * LANES);
				g[v] = (vec)((place < PLACE_NONE) & (ivec)load(dy + v * LANES));
				first[v] = place + (place >> 1) * 6; /* a row of the patch has 8 */
			}
			UNROLL_FOR (int ky = 0; ky < size; ky++) {
				vec patch = load_2_rows(at + ky * row, row);
				UNROLL_FOR (int kx = 0; kx < size; kx++) {
					UNROLL_FOR (int v = 0; v < vectors; v++)
						sum[ky * size + kx][v] =
							multiply_add(pick(patch, first[v] + kx), g[v], sum[ky * size + kx][v]);
				}
			}
		}
	}
	UNROLL_FOR (int k = 0; k < size * size; k++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			store_first(sums + k * w->filters + v * LANES, sum[k][v], count - v * LANES);
}

static int filters_pooled_some(const struct window *w, const struct plane *p, const float *x,
							   const float *dy, const uint8_t *place_of_max, float *sums, int count)
{
	int vectors = w->size == 3 && count > LANES ? POOLED_VECTORS : 1;

	if (w->size == 5)
		filters_pooled_fixed(5, 1, w, x, p->row, dy, place_of_max, sums, count);
	else if (vectors == 1)
		filters_pooled_fixed(3, 1, w, x, p->row, dy, place_of_max, sums, count);
	else
		filters_pooled_fixed(3, POOLED_VECTORS, w, x, p->row, dy, place_of_max, sums, count);
	return vectors * LANES;
}
#else
/* For `rows` rows of the filters: a filter of 5 × 5 has more sums than there are registers. */
ALWAYS_INLINE void filters_pooled_fixed(const int size, const int rows, const struct window *w,
										const float *x, int row, const float *dy,
										const uint8_t *place_of_max, float *sums, int count)
{
	vec sum[9];

	UNROLL_FOR (int k = 0; k < rows * size; k++)
		sum[k] = load(sums + k * w->filters);
	for (int i = 0; i < w->out_h / 2; i++) {
		for (int j = 0; j < w->out_w / 2; j++, dy += w->filters, place_of_max += w->filters) {
			const float *at = x + 2 * i * row + 2 * j;
			if (is_blank(rows + 1, size + 1, at, row))
				continue;
			ivec place = load_bytes(place_of_max), all = (ivec)load(dy);
			vec g[4];
			UNROLL_FOR (int q = 0; q < 4; q++)
				g[q] = (vec)((place == q) & all);
			UNROLL_FOR (int r = 0; r < rows + 1; r++) {
				UNROLL_FOR (int c = 0; c < size + 1; c++) {
					vec value = splat(at[r * row + c]);
					UNROLL_FOR (int q = 0; q < 4; q++) {
						const int ky = r - q / 2, kx = c - q % 2, k = ky * size + kx;
						if (ky >= 0 && ky < rows && kx >= 0 && kx < size)
							sum[k] = multiply_add(value, g[q], sum[k]);
					}
				}
			}
		}
	}
	UNROLL_FOR (int k = 0; k < rows * size; k++)
		store_first(sums + k * w->filters, sum[k], count);
}

static int filters_pooled_some(const struct window *w, const struct plane *p, const float *x,
							   const float *dy, const uint8_t *place_of_max, float *sums, int count)
{
	if (w->size == 3)
		filters_pooled_fixed(3, 3, w, x, p->row, dy, place_of_max, sums, count);
	else
		for (int ky = 0; ky < 5; ky++)
			filters_pooled_fixed(5, 1, w, x + ky * p->row, p->row, dy, place_of_max,
								 sums + (ptrdiff_t)ky * 5 * w->filters, count);
	return LANES;
}
#endif

static bool has_filters_pooled(const struct window *w)
{
	return w->channels == 1 && w->stride == 1 && (w->size == 3 || w->size == 5);
}

static void filters_pooled(const struct window *w, const struct plane *p, const float *x,
						   const float *dy, const uint8_t *place_of_max, float *sums)
{
	for (int f = 0; f < w->filters;)
		f += filters_pooled_some(w, p, x, dy + f, place_of_max + f, sums + f, w->filters - f);
}

/* The gradients of all pixels, from those of pooling windows and their places. */
static void spread(const struct window *w, const float *dy, const uint8_t *place_of_max, float *all)
{
	int columns = w->out_w / 2;

	for (int i = 0; i < w->out_h / 2 * columns; i++, dy += w->filters, place_of_max += w->filters) {
		float *to = all + ((ptrdiff_t)(i / columns * 2) * w->out_w + i % columns * 2) * w->filters;
		for (int q = 0; q < 4; q++)
			for (int f = 0; f < w->filters; f++)
				to[((ptrdiff_t)(q / 2) * w->out_w + q % 2) * w->filters + f] =
					place_of_max[f] == q ? dy[f] : 0;
	}
}

#endif
