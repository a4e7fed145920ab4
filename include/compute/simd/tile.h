/* tile: C[m][n] += sum over k of A(m, k) × B[k][n], dense; the lanes run along n.
 *
 * All sums of a tile stay in registers while k runs. */
#ifndef COMPUTE_SIMD_TILE_H
#define COMPUTE_SIMD_TILE_H

#include "compute/simd/vec.h"

/* k counts `runs` runs of `depth` steps. A(m, run, step) = a[m a_row + run a_run + step a_step]. */
struct tile {
	int runs, depth;
	const float *a;
	ptrdiff_t a_row, a_run, a_step;
	const float *b; /* rows of vectors */
	ptrdiff_t b_run, b_step;
	const float *start; /* what the sums begin with: start[m start_row + n] */
	ptrdiff_t start_row;
	float *c;
	ptrdiff_t c_row;
	int columns; /* n, at most vectors × LANES */
};

ALWAYS_INLINE void tile_fixed(const int rows, const int vectors, const struct tile *t)
{
	vec sum[TILE_ROWS][4];
	const float *a_run = t->a, *b_run = t->b;

	UNROLL for (int m = 0; m < rows; m++)
		UNROLL for (int v = 0; v < vectors; v++)
			sum[m][v] = load(t->start + m * t->start_row + v * LANES);
	for (int run = 0; run < t->runs; run++, a_run += t->a_run, b_run += t->b_run) {
		const float *a = a_run, *b = b_run;
		for (int step = 0; step < t->depth; step++, a += t->a_step, b += t->b_step) {
			vec right[4];
			UNROLL for (int v = 0; v < vectors; v++)
				right[v] = load(b + v * LANES);
			UNROLL for (int m = 0; m < rows; m++) {
				vec left = splat(a[m * t->a_row]);
				UNROLL for (int v = 0; v < vectors; v++)
					sum[m][v] = multiply_add(left, right[v], sum[m][v]);
			}
		}
	}
	UNROLL for (int m = 0; m < rows; m++) {
		float *c = t->c + m * t->c_row;
		UNROLL for (int v = 0; v < vectors - 1; v++)
			store(c + v * LANES, sum[m][v]);
		store_part(c + (vectors - 1) * LANES, sum[m][vectors - 1],
				   t->columns - (vectors - 1) * LANES);
	}
}

/* The compiler needs literal bounds to keep the sums in registers. */
#define TILE(ROWS, VECTORS)                                                                        \
	static __attribute__((noinline)) void tile_##ROWS##_##VECTORS(const struct tile *t)            \
	{                                                                                              \
		tile_fixed(ROWS, VECTORS, t);                                                              \
	}
#define TILES_3(V) TILE(1, V) TILE(2, V) TILE(3, V)
#define TILES_6(V) TILES_3(V) TILE(4, V) TILE(5, V) TILE(6, V)
#define TILES_13(V)                                                                                \
	TILES_6(V) TILE(7, V) TILE(8, V) TILE(9, V) TILE(10, V) TILE(11, V) TILE(12, V) TILE(13, V)
#define NAMES_3(V) tile_1_##V, tile_2_##V, tile_3_##V
#define NAMES_6(V) NAMES_3(V), tile_4_##V, tile_5_##V, tile_6_##V
#define NAMES_13(V)                                                                                \
	NAMES_6(V), tile_7_##V, tile_8_##V, tile_9_##V, tile_10_##V, tile_11_##V, tile_12_##V, tile_13_##V

typedef void tile_function(const struct tile *t);

#if TILE_ROWS == 13
TILES_13(1) TILES_13(2) TILES_3(3) TILES_3(4)
static tile_function *const tiles[4][TILE_ROWS] = {{NAMES_13(1)}, {NAMES_13(2)}, {NAMES_3(3)}, {NAMES_3(4)}};
#elif TILE_VECTORS == 4
TILES_6(1) TILES_6(2) TILES_6(3) TILES_6(4)
static tile_function *const tiles[4][TILE_ROWS] = {{NAMES_6(1)}, {NAMES_6(2)}, {NAMES_6(3)}, {NAMES_6(4)}};
#else
TILES_6(1) TILES_6(2) TILES_3(3) TILES_3(4)
static tile_function *const tiles[4][TILE_ROWS] = {{NAMES_6(1)}, {NAMES_6(2)}, {NAMES_3(3)}, {NAMES_3(4)}};
#endif

static void tile(int rows, const struct tile *t)
{
	tiles[(t->columns - 1) / LANES][rows - 1](t);
}

/* Cut `rows` rows into nearly equal tiles, which wastes less than full ones and a small rest. */
static int tile_rows(int rows, int first)
{
	int count = divide_up(rows - first, TILE_ROWS);

	return divide_up(rows - first, count);
}

#endif
