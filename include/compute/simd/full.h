/* Convolution backward from all of dy, by dense tiles. */
#ifndef COMPUTE_SIMD_FULL_H
#define COMPUTE_SIMD_FULL_H

#include "compute/simd/plane.h"
#include "compute/simd/tile.h"

/* For each place in the window, pixels × filters by filters × channels: no two pixels of a row of
 * windows then have the same target. */
static void input_dense(const struct window *w, const struct plane *p, const float *dy,
						const float *filters, float *target)
{
	struct tile t = tile_plan((struct tile){
		.runs = 1, .depth = w->filters, .a_row = w->filters, .a_step = 1,
		.b_step = p->filter, .b_vector = LANES,
		.start_row = w->stride * w->channels, .c_row = w->stride * w->channels,
		.rows = w->out_w, .columns = w->channels});

	for (int y = 0; y < w->out_h; y++) {
		for (int k = 0; k < w->size * w->size; k++) {
			t.a = dy + (ptrdiff_t)y * w->out_w * w->filters;
			t.b = filters + (ptrdiff_t)k * w->channels;
			t.start = t.c = target + window_offset(w, p, y, 0) + k / w->size * p->row +
							k % w->size * w->channels;
			tile(&t);
		}
	}
}

/* Each dfilters[f] += dy[.][f] × windows, by dense tiles: the sum goes over pixels. Rows are the
 * filters, columns the floats of a window's row. */
static void filters_dense(const struct window *w, const struct plane *p, const float *x,
						  const float *dy, float *dfilters)
{
	struct tile t = tile_plan((struct tile){
		.runs = w->out_h, .depth = w->out_w,
		.a = dy, .a_row = 1, .a_run = (ptrdiff_t)w->out_w * w->filters, .a_step = w->filters,
		.b = x, .b_run = w->stride * p->row, .b_step = w->stride * w->channels, .b_vector = LANES,
		.start = dfilters, .start_row = p->filter, .c = dfilters, .c_row = p->filter,
		.rows = w->filters, .columns = p->run});

	for (int row = 0; row < w->size; row++) {
		tile(&t);
		t.b += p->row;
		t.start = t.c += p->run;
	}
}

/* The same for few channels, where rows and columns change places; `sums` is [filter][filters]. */
static void filters_narrow(const struct window *w, const struct plane *p, const float *x,
						   const float *dy, float *sums)
{
	struct tile t = tile_plan((struct tile){
		.runs = w->out_h, .depth = w->out_w, .a = x, .a_row = 1,
		.a_run = w->stride * p->row, .a_step = w->stride * w->channels,
		.b = dy, .b_run = w->out_w * w->filters, .b_step = w->filters, .b_vector = LANES,
		.start = sums, .start_row = w->filters, .c = sums, .c_row = w->filters,
		.rows = p->run, .columns = w->filters});

	for (int row = 0; row < w->size; row++) {
		tile(&t);
		t.a += p->row;
		t.start = t.c += (ptrdiff_t)p->run * w->filters;
	}
}

/* filters_narrow for one channel, 3 × 3 or 5 × 5, from the gradients of pooling windows: a window's
 * gradient stands at one of four pixels, and each x is used by up to four of them. `rows` rows of
 * the filters at once, as there are registers for. */
#if LANES == 16
#define POOLED_ROWS_5 5
#define POOLED_VECTORS_3 2
#else
#define POOLED_ROWS_5 1
#define POOLED_VECTORS_3 1
#endif

ALWAYS_INLINE void filters_pooled_fixed(const int size, const int rows, const int vectors,
										const struct window *w, const float *x, int row,
										const float *dy, const uint8_t *place_of_max, float *sums,
										int count)
{
	vec sum[25][POOLED_VECTORS_3];

	UNROLL for (int k = 0; k < rows * size; k++)
		UNROLL for (int v = 0; v < vectors; v++)
			sum[k][v] = load(sums + k * w->filters + v * LANES);
	for (int i = 0; i < w->out_h / 2; i++) {
		const float *window = x + 2 * i * row;
		for (int j = 0; j < w->out_w / 2; j++) {
			const float *at = window + 2 * j;
			ptrdiff_t from = ((ptrdiff_t)i * (w->out_w / 2) + j) * w->filters;
			if (is_blank(rows + 1, size + 1, at, row))
				continue;
			vec g[4][POOLED_VECTORS_3];
			UNROLL for (int v = 0; v < vectors; v++) {
				ivec place = load_bytes(place_of_max + from + v * LANES);
				vec all = load(dy + from + v * LANES);
				UNROLL for (int q = 0; q < 4; q++)
					g[q][v] = (vec)((place == q) & (ivec)all);
			}
			UNROLL for (int r = 0; r < rows + 1; r++) {
				UNROLL for (int c = 0; c < size + 1; c++) {
					vec value = splat(at[r * row + c]);
					UNROLL for (int q = 0; q < 4; q++) {
						const int ky = r - q / 2, kx = c - q % 2, k = ky * size + kx;
						if (ky >= 0 && ky < rows && kx >= 0 && kx < size)
							UNROLL for (int v = 0; v < vectors; v++)
								sum[k][v] = multiply_add(value, g[q][v], sum[k][v]);
					}
				}
			}
		}
	}
	UNROLL for (int k = 0; k < rows * size; k++)
		UNROLL for (int v = 0; v < vectors; v++)
			store_part(sums + k * w->filters + v * LANES, sum[k][v], count - v * LANES);
}

static bool has_filters_pooled(const struct window *w)
{
	return w->channels == 1 && w->stride == 1 && (w->size == 3 || w->size == 5);
}

static void filters_pooled(const struct window *w, const struct plane *p, const float *x,
						   const float *dy, const uint8_t *place_of_max, float *sums)
{
	for (int f = 0, vectors = 1; f < w->filters; f += vectors * LANES) {
		int count = w->filters - f;
		if (w->size == 3) {
			vectors = count > LANES ? POOLED_VECTORS_3 : 1;
			if (vectors == POOLED_VECTORS_3)
				filters_pooled_fixed(3, 3, POOLED_VECTORS_3, w, x, p->row, dy + f,
									 place_of_max + f, sums + f, count);
			else
				filters_pooled_fixed(3, 3, 1, w, x, p->row, dy + f, place_of_max + f, sums + f,
									 count);
			continue;
		}
		for (int row = 0; row < 5; row += POOLED_ROWS_5)
			filters_pooled_fixed(5, POOLED_ROWS_5, 1, w, x + row * p->row, p->row, dy + f,
								 place_of_max + f, sums + (ptrdiff_t)row * 5 * w->filters + f,
								 count);
	}
}

/* dy of all pixels from that of pooling windows. */
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
