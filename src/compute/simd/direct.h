/* Convolution forward, directly: tiles of pixels by filters. */
#ifndef COMPUTE_SIMD_DIRECT_H
#define COMPUTE_SIMD_DIRECT_H

#include "compute/simd/plane.h"
#include "compute/simd/tile.h"

/* Stores the largest of four vectors, lane by lane, and its place: 0 to 3, the first of equals, or
 * PLACE_NONE where a relu stops it. */
ALWAYS_INLINE void store_largest(const vec in[4], bool relu, int count, float *largest,
								 uint8_t *places)
{
	vec row0 = larger(in[1], in[0]), row1 = larger(in[3], in[2]);
	ivec place0 = where_larger(in[1], in[0], isplat(1), isplat(0));
	ivec place1 = where_larger(in[3], in[2], isplat(3), isplat(2));
	ivec place = where_larger(row1, row0, place1, place0);
	vec most = larger(row1, row0);

	if (relu) {
		place = where_larger(most, (vec){0}, place, isplat(PLACE_NONE));
		most = larger((vec){0}, most);
	}
	store_first(largest, most, count);
	store_bytes(places, place, count);
}

/* Filters by vectors, in the order k of the sum: [filters / LANES][k][LANES]. */
static void pack_filters(int filter, const float *filters, int first, int count, float *packed)
{
	for (int f = first; f < first + count; f++) {
		float *to = packed + (ptrdiff_t)(f / LANES) * filter * LANES + f % LANES;
		for (int k = 0; k < filter; k++)
			to[(ptrdiff_t)k * LANES] = filters[(ptrdiff_t)f * filter + k];
	}
}

static void direct_rows(const struct window *w, const struct plane *p, const float *x,
						const float *packed, const float *bias, float *y)
{
	/* clang-format off */
	struct tile t = tile_plan((struct tile){
		.strips = w->size, .depth = p->strip,
		.a_row = w->stride * w->channels, .a_strip = p->row, .a_k = 1,
		.b = packed, .b_strip = (ptrdiff_t)p->strip * LANES, .b_k = LANES,
		.b_vector = (ptrdiff_t)p->filter * LANES,
		.c = y, .c_row = w->filters, .bias = bias,
		.rows = w->out_w, .columns = w->filters});
	/* clang-format on */

	for (int row = 0; row < w->out_h; row++, t.c += w->out_w * w->filters) {
		t.a = x + window_offset(w, p, row, 0);
		tile(&t);
	}
}

#define POOL_VECTORS 2
#if LANES == 8
#define POOL_WINDOWS 1
#else
#define POOL_WINDOWS 2
#endif

/* A row of pooling windows: two rows of pixels, of which only the largest of each window are
 * stored. t.rows counts windows, and t.c is [window][filter]. */
struct pool {
	struct tile t;
	ptrdiff_t below; /* from a pixel's window in A to that of the pixel below */
	bool relu;
	uint8_t *places; /* like t.c */
};

/* tile_fixed for the pixels of `windows` pooling windows side by side; then on to the next. */
ALWAYS_INLINE void pool_fixed(const int windows, const int vectors, const int depth, struct pool *p)
{
	vec sum[POOL_WINDOWS][POOL_VECTORS][4];
	const struct tile *t = &p->t;
	const float *a_strip = t->a, *b = t->b;
	int strips = t->strips;

	/* Half of MNIST is background: there the outputs are the biases. */
	if (t->a_row == 1 && is_blank(depth + 1, 2 * windows + depth - 1, t->a, t->a_strip))
		strips = 0;
	UNROLL_FOR (int i = 0; i < windows; i++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			UNROLL_FOR (int q = 0; q < 4; q++)
				sum[i][v][q] = load(t->bias + v * LANES);
	for (int strip = 0; strip < strips; strip++, a_strip += t->a_strip) {
		const float *a = a_strip;
		for (int k = 0; k < depth; k++, a++, b += LANES) {
			vec right[POOL_VECTORS];
			UNROLL_FOR (int v = 0; v < vectors; v++)
				right[v] = load(b + v * t->b_vector);
			UNROLL_FOR (int i = 0; i < windows; i++) {
				UNROLL_FOR (int q = 0; q < 4; q++) {
					vec left = splat(a[(2 * i + q % 2) * t->a_row + q / 2 * p->below]);
					UNROLL_FOR (int v = 0; v < vectors; v++)
						sum[i][v][q] = multiply_add(left, right[v], sum[i][v][q]);
				}
			}
		}
	}
	UNROLL_FOR (int i = 0; i < windows; i++, p->t.c += t->c_row, p->places += t->c_row)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			store_largest(sum[i][v], p->relu, t->columns - v * LANES, t->c + v * LANES,
						  p->places + v * LANES);
	p->t.a += 2 * windows * t->a_row;
}

ALWAYS_INLINE void pool_row_fixed(const int vectors, const int depth, struct pool p)
{
	int left = p.t.rows;

	for (; left >= POOL_WINDOWS; left -= POOL_WINDOWS)
		pool_fixed(POOL_WINDOWS, vectors, depth, &p);
	for (; left > 0; left--)
		pool_fixed(1, vectors, depth, &p);
}

/* Loops of a literal length are a fifth faster in a first layer, whose strips are short. */
ALWAYS_INLINE void pool_row_depth(const int vectors, const struct pool *p)
{
	if (p->t.depth == 3)
		pool_row_fixed(vectors, 3, *p);
	else if (p->t.depth == 5)
		pool_row_fixed(vectors, 5, *p);
	else
		pool_row_fixed(vectors, p->t.depth, *p);
}

static void pool_row(const struct pool *p)
{
	if (p->t.columns <= LANES)
		pool_row_depth(1, p);
	else
		pool_row_depth(POOL_VECTORS, p);
}

static void direct_pool(const struct window *w, const struct plane *p, const float *x,
						const float *packed, const float *bias, bool relu, float *y,
						uint8_t *place_of_max)
{
	/* clang-format off */
	struct pool row = {.below = (ptrdiff_t)w->stride * p->row, .relu = relu, .t = {
		.strips = w->size, .depth = p->strip,
		.a_row = w->stride * w->channels, .a_strip = p->row,
		.b = packed, .b_vector = (ptrdiff_t)p->filter * LANES,
		.bias = bias, .c_row = w->filters,
		.rows = w->out_w / 2, .columns = w->filters}};
	/* clang-format on */

	for (int f = 0; f < w->filters; f += POOL_VECTORS * LANES) {
		for (int i = 0; i < w->out_h / 2; i++) {
			ptrdiff_t to = (ptrdiff_t)i * row.t.rows * w->filters + f;
			row.t.a = x + window_offset(w, p, 2 * i, 0);
			row.t.c = y + to;
			row.places = place_of_max + to;
			pool_row(&row);
		}
		row.t.b += POOL_VECTORS * row.t.b_vector;
		row.t.bias += POOL_VECTORS * LANES;
		row.t.columns -= POOL_VECTORS * LANES;
	}
}

#endif
