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

/* `rows` rows of output pixels from `first` on. */
static void direct_rows(const struct window *w, const struct plane *p, const float *x,
						const float *packed, const float *bias, int first, int rows, float *y)
{
	struct tile t = tile_plan((struct tile){
		.strips = w->size,
		.depth = p->strip,
		.a_row = w->stride * w->channels,
		.a_strip = p->row,
		.a_k = 1,
		.b = packed,
		.b_strip = (ptrdiff_t)p->strip * LANES,
		.b_k = LANES,
		.b_vector = (ptrdiff_t)p->filter * LANES,
		.start = bias,
		.start_row = 0,
		.c = y,
		.c_row = w->filters,
		.rows = w->out_w,
		.columns = w->filters,
	});

	for (int row = first; row < first + rows; row++, t.c += w->out_w * w->filters) {
		t.a = x + window_offset(w, p, row, 0);
		tile(&t);
	}
}

/* pool_fixed is tile_fixed for the pixels of `windows` pooling windows side by side, of which only
 * the largest are stored. */
#define POOL_VECTORS 2
#if LANES == 8
#define POOL_WINDOWS 1
#else
#define POOL_WINDOWS 2
#endif

ALWAYS_INLINE void pool_fixed(const int windows, const int vectors, const int depth,
							  const struct tile *t, ptrdiff_t below, bool relu, float *y,
							  uint8_t *place_of_max)
{
	vec sum[POOL_WINDOWS][POOL_VECTORS][4];
	const float *a_strip = t->a, *b = t->b;
	int strips = t->strips;

	/* Half of MNIST is background: there the outputs are the biases. */
	if (t->a_row == 1 && is_blank(depth + 1, 2 * windows + depth - 1, t->a, t->a_strip))
		strips = 0;
	UNROLL_FOR (int i = 0; i < windows; i++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			UNROLL_FOR (int q = 0; q < 4; q++)
				sum[i][v][q] = load(t->start + v * LANES);
	for (int strip = 0; strip < strips; strip++, a_strip += t->a_strip) {
		const float *a = a_strip;
		for (int k = 0; k < depth; k++, a++, b += LANES) {
			vec right[POOL_VECTORS];
			UNROLL_FOR (int v = 0; v < vectors; v++)
				right[v] = load(b + v * t->b_vector);
			UNROLL_FOR (int i = 0; i < windows; i++) {
				UNROLL_FOR (int q = 0; q < 4; q++) {
					vec left = splat(a[(2 * i + q % 2) * t->a_row + q / 2 * below]);
					UNROLL_FOR (int v = 0; v < vectors; v++)
						sum[i][v][q] = multiply_add(left, right[v], sum[i][v][q]);
				}
			}
		}
	}
	UNROLL_FOR (int i = 0; i < windows; i++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			store_largest(sum[i][v], relu, t->columns - v * LANES, y + i * t->c_row + v * LANES,
						  place_of_max + i * t->c_row + v * LANES);
}

ALWAYS_INLINE void pool_row_fixed(const int vectors, const int depth, const struct tile *t,
								  ptrdiff_t below, bool relu, float *y, uint8_t *place_of_max)
{
	struct tile one = *t;
	int j = 0;

	for (; j + POOL_WINDOWS <= t->rows; j += POOL_WINDOWS) {
		pool_fixed(POOL_WINDOWS, vectors, depth, &one, below, relu, y + j * t->c_row,
				   place_of_max + j * t->c_row);
		one.a += 2 * POOL_WINDOWS * t->a_row;
	}
	for (; j < t->rows; j++, one.a += 2 * t->a_row)
		pool_fixed(1, vectors, depth, &one, below, relu, y + j * t->c_row,
				   place_of_max + j * t->c_row);
}

/* Loops of a literal length are a fifth faster in a first layer, whose strips are short. */
ALWAYS_INLINE void pool_row_depth(const int vectors, const struct tile *t, ptrdiff_t below,
								  bool relu, float *y, uint8_t *place_of_max)
{
	if (t->depth == 3)
		pool_row_fixed(vectors, 3, t, below, relu, y, place_of_max);
	else if (t->depth == 5)
		pool_row_fixed(vectors, 5, t, below, relu, y, place_of_max);
	else
		pool_row_fixed(vectors, t->depth, t, below, relu, y, place_of_max);
}

/* A row of pooling windows, for up to POOL_VECTORS vectors of filters. */
static void pool_row(const struct tile *t, ptrdiff_t below, bool relu, float *y,
					 uint8_t *place_of_max)
{
	if (t->columns <= LANES)
		pool_row_depth(1, t, below, relu, y, place_of_max);
	else
		pool_row_depth(POOL_VECTORS, t, below, relu, y, place_of_max);
}

static void direct_pool(const struct window *w, const struct plane *p, const float *x,
						const float *packed, const float *bias, bool relu, float *y,
						uint8_t *place_of_max)
{
	for (int f = 0; f < w->filters; f += POOL_VECTORS * LANES) {
		struct tile t = {
			.strips = w->size,
			.depth = p->strip,
			.a_row = w->stride * w->channels,
			.a_strip = p->row,
			.b = packed + (ptrdiff_t)f * p->filter,
			.b_vector = (ptrdiff_t)p->filter * LANES,
			.start = bias + f,
			.c_row = w->filters,
			.rows = w->out_w / 2,
			.columns = w->filters - f,
		};
		for (int i = 0; i < w->out_h / 2; i++) {
			ptrdiff_t to = (ptrdiff_t)i * t.rows * w->filters + f;
			t.a = x + window_offset(w, p, 2 * i, 0);
			pool_row(&t, (ptrdiff_t)w->stride * p->row, relu, y + to, place_of_max + to);
		}
	}
}

#endif
