/* Convolution forward, directly: tiles of pixels by filters. */
#ifndef COMPUTE_SIMD_DIRECT_H
#define COMPUTE_SIMD_DIRECT_H

#include "compute/simd/plane.h"
#include "compute/simd/tile.h"

/* Store the largest of four vectors, and its place (0 to 3, the first of equals). */
ALWAYS_INLINE void store_largest(const vec in[4], int count, float *largest, uint8_t *places)
{
	ivec right0 = in[1] > in[0], right1 = in[3] > in[2];
	vec row0 = choose(right0, in[1], in[0]), row1 = choose(right1, in[3], in[2]);
	ivec lower = row1 > row0;
	/* A comparison is -1 where it is true. */
	ivec place = (ivec)choose(lower, (vec)(2 - right1), (vec)-right0);

	store_part(largest, choose(lower, row1, row0), count);
	store_bytes(places, place, count);
}

/* Filters by blocks of TILE_COLUMNS, in the order k of the sum: [block][k][TILE_COLUMNS], zeros
 * where there are no more filters. */
static void pack_filters(const struct window *w, int filter, const float *filters, float *packed)
{
	for (int f = 0; f < w->filters; f++) {
		float *to = packed + (ptrdiff_t)(f / TILE_COLUMNS) * filter * TILE_COLUMNS + f % TILE_COLUMNS;
		for (int k = 0; k < filter; k++)
			to[(ptrdiff_t)k * TILE_COLUMNS] = filters[(ptrdiff_t)f * filter + k];
	}
}

static void direct_forward(const struct window *w, const struct plane *p, const float *x,
						   const float *packed, const float *bias, float *y)
{
	for (int f = 0; f < w->filters; f += TILE_COLUMNS, packed += (ptrdiff_t)p->filter * TILE_COLUMNS) {
		struct tile t = {
			.runs = w->size, .depth = p->run,
			.a_row = w->stride * w->channels, .a_run = p->row, .a_step = 1,
			.b = packed, .b_run = (ptrdiff_t)p->run * TILE_COLUMNS, .b_step = TILE_COLUMNS,
			.start = bias + f, .start_row = 0,
			.c_row = w->filters, .columns = least(TILE_COLUMNS, w->filters - f),
		};
		for (int row = 0; row < w->out_h; row++) {
			for (int column = 0, count; column < w->out_w; column += count) {
				count = tile_rows(w->out_w, column);
				t.a = x + window_offset(w, p, row, column);
				t.c = y + (ptrdiff_t)(row * w->out_w + column) * w->filters + f;
				tile(count, &t);
			}
		}
	}
}

/* Like tile_fixed, over the pixels of `windows` pooling windows side by side, whose largest are
 * stored. */
#if LANES == 16
#define POOL_WINDOWS 2
#else
#define POOL_WINDOWS 1
#endif

ALWAYS_INLINE void pool_tile(const int windows, const int runs, const int depth,
							 const struct tile *t, ptrdiff_t below, float *y,
							 uint8_t *place_of_max, int filters)
{
	vec sum[POOL_WINDOWS][TILE_VECTORS][4];
	const float *a_run = t->a, *b = t->b;

	UNROLL for (int i = 0; i < windows; i++)
		UNROLL for (int v = 0; v < TILE_VECTORS; v++)
			UNROLL for (int q = 0; q < 4; q++)
				sum[i][v][q] = load(t->start + v * LANES);
	ROLLED for (int run = 0; run < runs; run++, a_run += t->a_run) {
		const float *a = a_run;
		for (int step = 0; step < depth; step++, a++, b += TILE_COLUMNS) {
			vec right[TILE_VECTORS];
			UNROLL for (int v = 0; v < TILE_VECTORS; v++)
				right[v] = load(b + v * LANES);
			UNROLL for (int i = 0; i < windows; i++) {
				UNROLL for (int q = 0; q < 4; q++) {
					vec left = splat(a[(2 * i + q % 2) * t->a_row + q / 2 * below]);
					UNROLL for (int v = 0; v < TILE_VECTORS; v++)
						sum[i][v][q] = multiply_add(left, right[v], sum[i][v][q]);
				}
			}
		}
	}
	UNROLL for (int i = 0; i < windows; i++)
		UNROLL for (int v = 0; v < TILE_VECTORS; v++)
			if (v * LANES < t->columns)
				store_largest(sum[i][v], t->columns - v * LANES,
							  y + (ptrdiff_t)i * filters + v * LANES,
							  place_of_max + (ptrdiff_t)i * filters + v * LANES);
}

ALWAYS_INLINE void pool_row(const int runs, const int depth, struct tile *t, ptrdiff_t below,
							int columns, float *y, uint8_t *place_of_max, int filters)
{
	int j = 0;

	for (; j + POOL_WINDOWS <= columns; j += POOL_WINDOWS) {
		pool_tile(POOL_WINDOWS, runs, depth, t, below, y, place_of_max, filters);
		t->a += 2 * POOL_WINDOWS * t->a_row;
		y += POOL_WINDOWS * filters;
		place_of_max += POOL_WINDOWS * filters;
	}
	for (; j < columns; j++) {
		pool_tile(1, runs, depth, t, below, y, place_of_max, filters);
		t->a += 2 * t->a_row;
		y += filters;
		place_of_max += filters;
	}
}

static void direct_pool(const struct window *w, const struct plane *p, const float *x,
						const float *packed, const float *bias, float *y, uint8_t *place_of_max)
{
	ptrdiff_t below = (ptrdiff_t)w->stride * p->row;

	for (int f = 0; f < w->filters; f += TILE_COLUMNS, packed += (ptrdiff_t)p->filter * TILE_COLUMNS) {
		for (int i = 0; i < w->out_h / 2; i++) {
			struct tile t = {
				.a = x + window_offset(w, p, 2 * i, 0), .a_row = w->stride * w->channels,
				.a_run = p->row, .b = packed, .start = bias + f,
				.columns = least(TILE_COLUMNS, w->filters - f),
			};
			ptrdiff_t to = (ptrdiff_t)i * (w->out_w / 2) * w->filters + f;
			if (p->run == 3)
				pool_row(3, 3, &t, below, w->out_w / 2, y + to, place_of_max + to, w->filters);
			else if (p->run == 5)
				pool_row(5, 5, &t, below, w->out_w / 2, y + to, place_of_max + to, w->filters);
			else
				pool_row(w->size, p->run, &t, below, w->out_w / 2, y + to, place_of_max + to,
						 w->filters);
		}
	}
}

#endif
