/* tile: C[m][n] = start + sum over k of A(m, k) × B(k, n), dense; the lanes run along n.
 *
 * C is cut into tiles whose sums all stay in registers while k runs. */
#ifndef COMPUTE_SIMD_TILE_H
#define COMPUTE_SIMD_TILE_H

#include "compute/simd/vec.h"

/* The sum goes over `strips` strips of `depth` products each: in a convolution a strip is one row
 * of the window, with all its channels. A(m, strip, k) = a[m a_row + strip a_strip + k a_k]; vector
 * v of B's row (strip, k) is at b + strip b_strip + k b_k + v b_vector. */
struct tile {
	int strips, depth;
	const float *a;
	ptrdiff_t a_row, a_strip, a_k;
	const float *b;
	ptrdiff_t b_strip, b_k, b_vector;
	float *c; /* c[m c_row + n] */
	ptrdiff_t c_row;
	bool adds; /* start is what c holds; otherwise start[n] is bias[n], or 0 where NULL */
	const float *bias;
	int rows, columns;   /* m and n: only so many are written */
	int height, vectors; /* of the tiles: tile_plan */
};

#define TILE_MOST_VECTORS 4
#define TILE_MOST_ROWS 13

ALWAYS_INLINE void tile_fixed(const int rows, const int vectors, const struct tile *t)
{
	vec sum[TILE_MOST_ROWS][TILE_MOST_VECTORS];
	const float *a_strip = t->a, *b_strip = t->b, *start = t->adds ? t->c : t->bias;
	ptrdiff_t start_row = t->adds ? t->c_row : 0;

	UNROLL_FOR (int m = 0; m < rows; m++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			sum[m][v] = (vec){0};
	for (int strip = 0; strip < t->strips; strip++, a_strip += t->a_strip, b_strip += t->b_strip) {
		const float *a = a_strip, *b = b_strip;
		for (int k = 0; k < t->depth; k++, a += t->a_k, b += t->b_k) {
			vec right[TILE_MOST_VECTORS];
			UNROLL_FOR (int v = 0; v < vectors; v++)
				right[v] = load(b + v * t->b_vector);
			UNROLL_FOR (int m = 0; m < rows; m++) {
				vec left = splat(a[m * t->a_row]);
				UNROLL_FOR (int v = 0; v < vectors; v++)
					sum[m][v] = multiply_add(left, right[v], sum[m][v]);
			}
		}
	}
	if (start)
		UNROLL_FOR (int m = 0; m < rows; m++)
			UNROLL_FOR (int v = 0; v < vectors; v++)
				sum[m][v] += load(start + m * start_row + v * LANES);
	UNROLL_FOR (int m = 0; m < rows; m++) {
		float *c = t->c + m * t->c_row;
		UNROLL_FOR (int v = 0; v < vectors - 1; v++)
			store(c + v * LANES, sum[m][v]);
		store_first(c + (vectors - 1) * LANES, sum[m][vectors - 1],
					t->columns - (vectors - 1) * LANES);
	}
}

/* The compiler needs literal bounds to keep the sums in registers: a function for each shape. */
/* clang-format off */
#define TILES_3(X, V) X(1, V) X(2, V) X(3, V)
#define TILES_6(X, V) TILES_3(X, V) X(4, V) X(5, V) X(6, V)
#define TILES_8(X, V) TILES_6(X, V) X(7, V) X(8, V)
#define TILES_12(X, V) TILES_8(X, V) X(9, V) X(10, V) X(11, V) X(12, V)
#if TILE_SUMS >= 24
#define TILE_SHAPES(X) TILES_12(X, 1) X(13, 1) TILES_12(X, 2) X(13, 2) TILES_8(X, 3) TILES_6(X, 4)
#else
#define TILE_SHAPES(X) TILES_12(X, 1) TILES_6(X, 2) TILES_3(X, 3) X(4, 3) TILES_3(X, 4)
#endif
/* clang-format on */

#define TILE(ROWS, VECTORS)                                                                        \
	static __attribute__((noinline)) void tile_##ROWS##_##VECTORS(const struct tile *t)            \
	{                                                                                              \
		tile_fixed(ROWS, VECTORS, t);                                                              \
	}
TILE_SHAPES(TILE)

#define ENTRY(ROWS, VECTORS) [VECTORS][ROWS] = tile_##ROWS##_##VECTORS,
static void (*const tile_shapes[TILE_MOST_VECTORS + 1][TILE_MOST_ROWS + 1])(const struct tile *) = {
	TILE_SHAPES(ENTRY)};
#undef ENTRY

/* Chooses the height and the width of the tiles. Each k of a tile takes as long as its
 * multiply-adds or its loads, but no less than the eight multiply-adds that are under way at a
 * time. */
static struct tile tile_plan(struct tile t)
{
	int best = 0, wide = divide_up(t.columns, LANES);

	for (int v = 1; v <= TILE_MOST_VECTORS; v++) {
		/* Nearly equal tiles waste less than full ones and a small rest. */
		int down = divide_up(t.rows, least(TILE_SUMS / v, TILE_MOST_ROWS));
		int height = divide_up(t.rows, down), adds = greatest(height * v, 8);
		int cost = divide_up(wide, v) * divide_up(t.rows, height) * greatest(adds, height + v);
		if (v == 1 || cost <= best) {
			best = cost;
			t.vectors = v;
			t.height = height;
		}
	}
	return t;
}

/* All of C, in tiles as tile_plan chose them. */
static void tile(const struct tile *t)
{
	struct tile one = *t;

	for (int n = 0; n < t->columns; n += t->vectors * LANES) {
		int vectors = least(divide_up(one.columns, LANES), t->vectors);
		one.a = t->a;
		one.bias = t->bias ? t->bias + n : NULL;
		one.c = t->c + n;
		for (int left = t->rows; left; left -= one.rows) {
			one.rows = least(t->height, left);
			tile_shapes[vectors][one.rows](&one);
			one.a += one.rows * t->a_row;
			one.c += one.rows * t->c_row;
		}
		one.b += t->vectors * t->b_vector;
		one.columns -= t->vectors * LANES;
	}
}

#endif
