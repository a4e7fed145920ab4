/* The fast kernels: one source, compiled once for each instruction set.
 *
 * Three loops do all of the multiplying.
 *   tile     C[m][n] += sum over k of A(m, k) × B[k][n]   dense; the lanes run along n
 *   combine  y += sum over j of g[j] × row[j]             sparse; the lanes run along the rows
 *   dots     Y[s][u] = sum over k of X[s][k] × W[u][k]    the lanes run along k
 * A convolution's forward pass is tiles, directly or in Winograd's form; all backward passes
 * combine rows, since only one gradient in ten is not zero behind max-pooling and relu.
 *
 * Every sum is one chain of multiply-adds in an order that does not depend on LANES, so that all
 * instruction sets with a fused multiply-add give the same bits. */
#include "compute/kernels.h"

#include <stdbool.h>
#include <stddef.h>

#include "compute/elementwise.h"
#include "compute/simd.h"

/* As many sums as registers can hold beside what is multiplied: TILE_ROWS × TILE_VECTORS for tile,
 * COMBINE_VECTORS for combine; DOT_UNITS × DOT_SAMPLES sums of 16 lanes each for dots. */
#if LANES == 16
#define TILE_ROWS 13
#define TILE_VECTORS 2
#define COMBINE_VECTORS 24
#define DOT_UNITS 4
#define DOT_SAMPLES 4
#elif LANES == 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define COMBINE_VECTORS 12
#define DOT_UNITS 3
#define DOT_SAMPLES 2
#elif defined(NEON)
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define COMBINE_VECTORS 24
#define DOT_UNITS 3
#define DOT_SAMPLES 2
#else
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define COMBINE_VECTORS 12
#define DOT_UNITS 1
#define DOT_SAMPLES 2
#endif
#define TILE_COLUMNS (TILE_VECTORS * LANES)

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#define ROLLED _Pragma("clang loop unroll(disable)")
#else
#define ROLLED _Pragma("GCC unroll 1")
#define UNROLL _Pragma("GCC unroll 32")
#endif

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int divide_up(int a, int b)
{
	return (a + b - 1) / b;
}

static size_t round_up(size_t size, size_t step)
{
	return (size + step - 1) / step * step;
}

/* ---- tile ---- */

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

/* ---- combine ---- */

/* g × the row at `offset` of some array; a list of such terms makes up the row at `target` of
 * another. */
struct term {
	float g;
	int32_t offset;
};

struct list {
	int32_t first, count; /* of its terms */
	ptrdiff_t target;
};

/* Block of `rows` runs of `vectors` vectors; the last vector of each has `tail` floats. */
struct combine {
	const struct list *lists;
	int list_count;
	const struct term *terms;
	const float *x;
	float *y;
	ptrdiff_t x_row, y_row; /* from one run to the next */
	int tail;
	bool overwrite; /* y begins at 0 */
};

ALWAYS_INLINE void combine_fixed(const int rows, const int vectors, const struct combine *c)
{
	for (int i = 0; i < c->list_count; i++) {
		const struct list *list = &c->lists[i];
		const struct term *term = c->terms + list->first, *end = term + list->count;
		float *y = c->y + list->target;
		vec sum[COMBINE_VECTORS];
		if (term == end && !c->overwrite)
			continue;
		UNROLL for (int r = 0; r < rows; r++)
			UNROLL for (int v = 0; v < vectors; v++)
				sum[r * vectors + v] = c->overwrite ? (vec){0} : load(y + r * c->y_row + v * LANES);
		for (; term < end; term++) {
			vec g = splat(term->g);
			const float *x = c->x + term->offset;
			UNROLL for (int r = 0; r < rows; r++)
				UNROLL for (int v = 0; v < vectors; v++)
					sum[r * vectors + v] = multiply_add(g, load(x + r * c->x_row + v * LANES),
														sum[r * vectors + v]);
		}
		UNROLL for (int r = 0; r < rows; r++) {
			UNROLL for (int v = 0; v < vectors - 1; v++)
				store(y + r * c->y_row + v * LANES, sum[r * vectors + v]);
			store_part(y + r * c->y_row + (vectors - 1) * LANES,
					   sum[r * vectors + vectors - 1], c->tail);
		}
	}
}

#define COMBINE(ROWS, VECTORS)                                                                     \
	static __attribute__((noinline)) void combine_##ROWS##_##VECTORS(const struct combine *c)      \
	{                                                                                              \
		combine_fixed(ROWS, VECTORS, c);                                                           \
	}
COMBINE(1, 1) COMBINE(1, 2) COMBINE(1, 3) COMBINE(1, 4) COMBINE(1, 5) COMBINE(1, 6)
COMBINE(1, 7) COMBINE(1, 8) COMBINE(1, 9) COMBINE(1, 10) COMBINE(1, 11) COMBINE(1, 12)
COMBINE(3, 1) COMBINE(3, 2) COMBINE(3, 3) COMBINE(3, 4)
#if COMBINE_VECTORS == 24
COMBINE(3, 5) COMBINE(3, 6) COMBINE(3, 7) COMBINE(3, 8)
#endif

typedef void combine_function(const struct combine *c);
static combine_function *const combine_1[12] = {
	combine_1_1, combine_1_2, combine_1_3, combine_1_4, combine_1_5, combine_1_6,
	combine_1_7, combine_1_8, combine_1_9, combine_1_10, combine_1_11, combine_1_12,
};
static combine_function *const combine_3[COMBINE_VECTORS / 3] = {
	combine_3_1, combine_3_2, combine_3_3, combine_3_4,
#if COMBINE_VECTORS == 24
	combine_3_5, combine_3_6, combine_3_7, combine_3_8,
#endif
};

/* For each list: y[target + run y_row + i] += sum over its terms of
 * g × x[offset + run x_row + i], for `runs` runs of i < length. */
static void combine(const struct combine *job, int runs, int length)
{
	int vectors = divide_up(length, LANES);
	int rows = runs == 3 && vectors <= COMBINE_VECTORS / 3 ? 3 : 1;
	int blocks = divide_up(vectors, rows == 3 ? COMBINE_VECTORS / 3 : 12);
	struct combine block = *job;

	for (int run = 0; run < runs; run += rows) {
		for (int done = 0, left = blocks; left; left--) {
			int width = divide_up(vectors - done, left);
			block.x = job->x + run * job->x_row + done * LANES;
			block.y = job->y + run * job->y_row + done * LANES;
			block.tail = least(length - (done + width - 1) * LANES, LANES);
			(rows == 3 ? combine_3 : combine_1)[width - 1](&block);
			done += width;
		}
	}
}

/* ---- dots ---- */

#define DOT_LANES 16
#define DOT_VECTORS (DOT_LANES / LANES)

/* The sixteen partial sums of a dot product, added up in a fixed order. */
ALWAYS_INLINE float dot_total(const vec *sum)
{
	float lanes[DOT_LANES], four[4];

	memcpy(lanes, sum, sizeof lanes);
	for (int i = 0; i < 4; i++)
		four[i] = (lanes[i] + lanes[i + 4]) + (lanes[i + 8] + lanes[i + 12]);
	return (four[0] + four[1]) + (four[2] + four[3]);
}

ALWAYS_INLINE void dots_fixed(const int units, const int samples, int inputs, const float *x,
							  const float *weights, const float *bias, float *y, ptrdiff_t y_row)
{
	vec sum[DOT_UNITS][DOT_SAMPLES][DOT_VECTORS] = {0};
	int whole = inputs / DOT_LANES * DOT_LANES;

	for (int k = 0; k < whole; k += DOT_LANES) {
		UNROLL for (int v = 0; v < DOT_VECTORS; v++) {
			vec right[DOT_SAMPLES];
			UNROLL for (int s = 0; s < samples; s++)
				right[s] = load(x + (ptrdiff_t)s * inputs + k + v * LANES);
			UNROLL for (int u = 0; u < units; u++) {
				vec left = load(weights + (ptrdiff_t)u * inputs + k + v * LANES);
				UNROLL for (int s = 0; s < samples; s++)
					sum[u][s][v] = multiply_add(left, right[s], sum[u][s][v]);
			}
		}
	}
	UNROLL for (int u = 0; u < units; u++) {
		UNROLL for (int s = 0; s < samples; s++) {
			if (whole < inputs) {
				float left[DOT_LANES] = {0}, right[DOT_LANES] = {0};
				size_t rest = (size_t)(inputs - whole) * sizeof *left;
				memcpy(left, weights + (ptrdiff_t)u * inputs + whole, rest);
				memcpy(right, x + (ptrdiff_t)s * inputs + whole, rest);
				UNROLL for (int v = 0; v < DOT_VECTORS; v++)
					sum[u][s][v] = multiply_add(load(left + v * LANES), load(right + v * LANES),
												sum[u][s][v]);
			}
			y[s * y_row + u] = bias[u] + dot_total(sum[u][s]);
		}
	}
}

static __attribute__((noinline)) void dots_full(int inputs, const float *x, const float *weights,
												const float *bias, float *y, ptrdiff_t y_row)
{
	dots_fixed(DOT_UNITS, DOT_SAMPLES, inputs, x, weights, bias, y, y_row);
}

static __attribute__((noinline)) void dots_one(int inputs, const float *x, const float *weights,
											   const float *bias, float *y, ptrdiff_t y_row)
{
	dots_fixed(1, 1, inputs, x, weights, bias, y, y_row);
}

/* Blocks of units outside: their weights stay in the first-level cache while all samples pass. */
static void dense_forward(int inputs, int units, int n, const float *x, const float *weights,
						  const float *bias, float *y)
{
	for (int u = 0; u < units; u += DOT_UNITS) {
		for (int s = 0; s < n; s += DOT_SAMPLES) {
			int us = least(DOT_UNITS, units - u), ss = least(DOT_SAMPLES, n - s);
			if (us == DOT_UNITS && ss == DOT_SAMPLES) {
				dots_full(inputs, x + (ptrdiff_t)s * inputs, weights + (ptrdiff_t)u * inputs,
						  bias + u, y + (ptrdiff_t)s * units + u, units);
				continue;
			}
			for (int i = u; i < u + us; i++)
				for (int j = s; j < s + ss; j++)
					dots_one(inputs, x + (ptrdiff_t)j * inputs, weights + (ptrdiff_t)i * inputs,
							 bias + i, y + (ptrdiff_t)j * units + i, units);
		}
	}
}

static size_t dense_scratch_size(int units, int n)
{
	return ((size_t)units + n) * sizeof(struct list) +
		   ((size_t)units * n + 1) * sizeof(struct term); /* + 1: written to, then not counted */
}

/* dweights[u] = sum over samples of dy[s][u] x[s], for the units from `first` on. */
static void dense_backward_weights(int inputs, int units, int first, int count, int n,
								   const float *x, const float *dy, float *dweights, float *dbias,
								   void *scratch)
{
	struct list *lists = scratch;
	struct term *terms = (struct term *)(lists + count);
	int used = 0;

	for (int u = 0; u < count; u++) {
		float sum = 0;
		lists[u] = (struct list){used, 0, (ptrdiff_t)(first + u) * inputs};
		for (int s = 0; s < n; s++) {
			float g = dy[(ptrdiff_t)s * units + first + u];
			terms[used] = (struct term){g, s * inputs};
			used += g != 0;
			sum += g;
		}
		lists[u].count = used - lists[u].first;
		dbias[first + u] = sum;
	}
	combine(&(struct combine){.lists = lists, .list_count = count, .terms = terms, .x = x,
							  .y = dweights, .overwrite = true}, 1, inputs);
}

/* dx[s] = sum over units of dy[s][u] weights[u] */
static void dense_backward_input(int inputs, int units, int n, const float *weights,
								 const float *dy, float *dx, void *scratch)
{
	struct list *lists = scratch;
	struct term *terms = (struct term *)(lists + n);
	int used = 0;

	for (int s = 0; s < n; s++) {
		lists[s] = (struct list){used, 0, (ptrdiff_t)s * inputs};
		for (int u = 0; u < units; u++) {
			float g = *dy++;
			terms[used] = (struct term){g, u * inputs};
			used += g != 0;
		}
		lists[s].count = used - lists[s].first;
	}
	combine(&(struct combine){.lists = lists, .list_count = n, .terms = terms, .x = weights,
							  .y = dx, .overwrite = true}, 1, inputs);
}

/* ---- convolution: the geometry ---- */

/* The image that the loops see: a window never leaves it. Where the window would, the image is
 * copied into zeros first. */
struct plane {
	int h, w;
	bool copied;
	int row;   /* floats in a row of pixels */
	int run;   /* floats in a row of a window, and of a filter */
	int filter; /* floats in a filter */
	int pixels; /* of the output */
};

static struct plane plane_of(const struct window *w, int out_h, int out_w)
{
	struct plane p = {.h = (out_h - 1) * w->stride + w->size, .w = (out_w - 1) * w->stride + w->size};

	p.copied = w->pad_top || w->pad_left || p.h > w->in_h || p.w > w->in_w;
	if (!p.copied) {
		p.h = w->in_h;
		p.w = w->in_w;
	}
	p.row = p.w * w->channels;
	p.run = w->size * w->channels;
	p.filter = w->size * p.run;
	p.pixels = w->out_h * w->out_w;
	return p;
}

static size_t plane_size(const struct plane *p)
{
	return p->copied ? round_up((size_t)p->h * p->row * sizeof(float), 64) + KERNELS_SLACK : 0;
}

/* Where the window of output pixel (y, x) begins. */
static int window_offset(const struct window *w, const struct plane *p, int y, int x)
{
	return y * w->stride * p->row + x * w->stride * w->channels;
}

/* The part of the image that is inside of the plane: its rows, and the floats in a row. */
static int plane_rows(const struct window *w, const struct plane *p)
{
	return least(w->in_h, p->h - w->pad_top);
}

static size_t plane_columns(const struct window *w, const struct plane *p)
{
	return (size_t)least(w->in_w, p->w - w->pad_left) * w->channels;
}

static const float *plane_fill(const struct window *w, const struct plane *p, const float *x,
							   float *copy)
{
	if (!p->copied)
		return x;
	memset(copy, 0, (size_t)p->h * p->row * sizeof *copy);
	for (int y = 0; y < plane_rows(w, p); y++)
		memcpy(copy + (ptrdiff_t)(y + w->pad_top) * p->row + w->pad_left * w->channels,
			   x + (ptrdiff_t)y * w->in_w * w->channels, plane_columns(w, p) * sizeof *x);
	return copy;
}

/* ---- the largest of a window of 2 × 2 ---- */

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

/* ---- convolution forward ---- */

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

/* ---- convolution forward, Winograd's way ----
 *
 * F(2×2, 3×3) of Lavin & Gray 2016: a tile of 2 × 2 outputs sees 4 × 4 inputs d. With
 *   Bᵀ = |1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1|, G = |1 0 0; ½ ½ ½; ½ -½ ½; 0 0 1|,
 *   Aᵀ = |1 1 1 0; 0 1 -1 -1|
 * it is Aᵀ [(G g Gᵀ) · (Bᵀ d B)] A: 16 multiplications instead of 36. For each of the 16 places,
 * the sum over channels is a product of matrices: tiles × channels by channels × filters. */

#define PLACES 16

struct winograd {
	int tiles_y, tiles_x, tiles;
	struct plane plane;
	int stride; /* floats of one tile's channels, whole vectors */
};

static bool uses_winograd(const struct window *w)
{
	/* With fewer channels the transformations cost more than they save. */
	return w->size == 3 && w->stride == 1 && w->channels >= 8 && w->filters >= 8;
}

static struct winograd winograd_of(const struct window *w)
{
	struct winograd g = {.tiles_y = divide_up(w->out_h, 2), .tiles_x = divide_up(w->out_w, 2)};

	g.tiles = g.tiles_y * g.tiles_x;
	g.plane = plane_of(w, 2 * g.tiles_y, 2 * g.tiles_x);
	g.stride = divide_up(w->channels, LANES) * LANES;
	return g;
}

/* G g Gᵀ for vectors of channels. */
ALWAYS_INLINE void transform_filter(const float *filter, int channels, vec u[PLACES])
{
	vec t[4][3];

	UNROLL for (int j = 0; j < 3; j++) {
		vec a = load(filter + j * channels), b = load(filter + (3 + j) * channels);
		vec c = load(filter + (6 + j) * channels), sum = a + c;
		t[0][j] = a;
		t[1][j] = (sum + b) * 0.5f;
		t[2][j] = (sum - b) * 0.5f;
		t[3][j] = c;
	}
	UNROLL for (int i = 0; i < 4; i++) {
		vec sum = t[i][0] + t[i][2];
		u[i * 4] = t[i][0];
		u[i * 4 + 1] = (sum + t[i][1]) * 0.5f;
		u[i * 4 + 2] = (sum - t[i][1]) * 0.5f;
		u[i * 4 + 3] = t[i][2];
	}
}

/* [block][place][channel][TILE_COLUMNS] */
static void winograd_filters(const struct window *w, const float *filters, float *prepared)
{
	ptrdiff_t place = (ptrdiff_t)w->channels * TILE_COLUMNS;

	for (int f = 0; f < w->filters; f++) {
		float *to = prepared + f / TILE_COLUMNS * PLACES * place + f % TILE_COLUMNS;
		const float *filter = filters + (ptrdiff_t)f * 9 * w->channels;
		for (int c = 0; c < w->channels; c += LANES) {
			vec u[PLACES];
			transform_filter(filter + c, w->channels, u);
			for (int p = 0; p < PLACES; p++)
				for (int lane = 0; lane < LANES && c + lane < w->channels; lane++)
					to[p * place + (ptrdiff_t)(c + lane) * TILE_COLUMNS] = u[p][lane];
		}
	}
}

/* Bᵀ d B, to [place][tile][channels] */
static void winograd_input(const struct window *w, const struct winograd *g, const float *x,
						   float *v)
{
	ptrdiff_t place = (ptrdiff_t)g->tiles * g->stride;

	for (int tile = 0; tile < g->tiles; tile++, v += g->stride) {
		int y = tile / g->tiles_x * 2, column = tile % g->tiles_x * 2;
		const float *d = x + (ptrdiff_t)y * g->plane.row + column * w->channels;
		for (int c = 0; c < w->channels; c += LANES) {
			vec t[4][4];
			UNROLL for (int j = 0; j < 4; j++) {
				const float *from = d + j * w->channels + c;
				vec d0 = load(from), d1 = load(from + g->plane.row);
				vec d2 = load(from + 2 * g->plane.row), d3 = load(from + 3 * g->plane.row);
				t[0][j] = d0 - d2;
				t[1][j] = d1 + d2;
				t[2][j] = d2 - d1;
				t[3][j] = d1 - d3;
			}
			UNROLL for (int i = 0; i < 4; i++) {
				store(v + (i * 4) * place + c, t[i][0] - t[i][2]);
				store(v + (i * 4 + 1) * place + c, t[i][1] + t[i][2]);
				store(v + (i * 4 + 2) * place + c, t[i][2] - t[i][1]);
				store(v + (i * 4 + 3) * place + c, t[i][1] - t[i][3]);
			}
		}
	}
}

/* Aᵀ m A for one vector of filters, plus bias: the four outputs of a tile, row by row. */
ALWAYS_INLINE void winograd_tile(const float *m, ptrdiff_t place, vec bias, vec out[4])
{
	vec s[2][4];

	UNROLL for (int j = 0; j < 4; j++) {
		vec m0 = load(m + j * place), m1 = load(m + (4 + j) * place);
		vec m2 = load(m + (8 + j) * place), m3 = load(m + (12 + j) * place);
		s[0][j] = m0 + (m1 + m2);
		s[1][j] = (m1 - m2) - m3;
	}
	UNROLL for (int i = 0; i < 2; i++) {
		out[2 * i] = s[i][0] + (s[i][1] + s[i][2]) + bias;
		out[2 * i + 1] = (s[i][1] - s[i][2]) - s[i][3] + bias;
	}
}

static void winograd_output(const struct window *w, const struct winograd *g, const float *m,
							const float *bias, int columns, float *y)
{
	ptrdiff_t place = (ptrdiff_t)g->tiles * TILE_COLUMNS;

	for (int tile = 0; tile < g->tiles; tile++, m += TILE_COLUMNS) {
		int row = tile / g->tiles_x * 2, column = tile % g->tiles_x * 2;
		float *to = y + ((ptrdiff_t)row * w->out_w + column) * w->filters;
		for (int f = 0; f < columns; f += LANES) {
			vec out[4];
			winograd_tile(m + f, place, load(bias + f), out);
			for (int i = 0; i < 4; i++)
				if (row + i / 2 < w->out_h && column + i % 2 < w->out_w)
					store_part(to + ((ptrdiff_t)(i / 2) * w->out_w + i % 2) * w->filters + f, out[i],
							   columns - f);
		}
	}
}

/* The same, and each tile is a pooling window. */
static void winograd_pool(const struct window *w, const struct winograd *g, const float *m,
						  const float *bias, int columns, float *y, uint8_t *place_of_max)
{
	ptrdiff_t place = (ptrdiff_t)g->tiles * TILE_COLUMNS;

	for (int tile = 0; tile < g->tiles; tile++, m += TILE_COLUMNS) {
		for (int f = 0; f < columns; f += LANES) {
			vec out[4];
			winograd_tile(m + f, place, load(bias + f), out);
			store_largest(out, columns - f, y + (ptrdiff_t)tile * w->filters + f,
						  place_of_max + (ptrdiff_t)tile * w->filters + f);
		}
	}
}

/* y is [pixel][filter], or [window][filter] with the places of the largest. */
static void winograd_forward(const struct window *w, const struct winograd *g, const float *x,
							 const float *prepared, const float *bias, float *y,
							 uint8_t *place_of_max, float *v)
{
	static const float zeros[TILE_COLUMNS];
	float *m = v + (ptrdiff_t)PLACES * g->tiles * g->stride;

	winograd_input(w, g, x, v);
	for (int f = 0; f < w->filters; f += TILE_COLUMNS) {
		int columns = least(TILE_COLUMNS, w->filters - f);
		for (int p = 0; p < PLACES; p++, prepared += (ptrdiff_t)w->channels * TILE_COLUMNS) {
			const float *a = v + (ptrdiff_t)p * g->tiles * g->stride;
			float *c = m + (ptrdiff_t)p * g->tiles * TILE_COLUMNS;
			for (int first = 0, count; first < g->tiles; first += count) {
				count = tile_rows(g->tiles, first);
				tile(count, &(struct tile){
					.runs = 1, .depth = w->channels,
					.a = a + (ptrdiff_t)first * g->stride, .a_row = g->stride, .a_step = 1,
					.b = prepared, .b_step = TILE_COLUMNS, .start = zeros,
					.c = c + (ptrdiff_t)first * TILE_COLUMNS, .c_row = TILE_COLUMNS,
					.columns = columns});
			}
		}
		if (place_of_max)
			winograd_pool(w, g, m, bias + f, columns, y + f, place_of_max + f);
		else
			winograd_output(w, g, m, bias + f, columns, y + f);
	}
}

static size_t winograd_scratch(const struct winograd *g)
{
	return (size_t)PLACES * g->tiles * (g->stride + TILE_COLUMNS) * sizeof(float);
}

/* ---- convolution forward: either way ---- */

static size_t conv_prepared_size(const struct window *w)
{
	size_t columns = (size_t)divide_up(w->filters, TILE_COLUMNS) * TILE_COLUMNS;
	size_t depth = uses_winograd(w) ? PLACES : (size_t)w->size * w->size;

	return columns * depth * w->channels * sizeof(float);
}

static void conv_prepare(const struct window *w, const float *filters, void *prepared)
{
	if (uses_winograd(w))
		winograd_filters(w, filters, prepared);
	else
		pack_filters(w, w->size * w->size * w->channels, filters, prepared);
}

static void forward(const struct window *w, int n, const float *x, const void *prepared,
					const float *bias, float *y, uint8_t *place_of_max, void *scratch)
{
	size_t in = (size_t)w->in_h * w->in_w * w->channels;
	size_t out = (size_t)w->out_h * w->out_w * w->filters / (place_of_max ? 4 : 1);
	struct winograd g = winograd_of(w);
	struct plane p = uses_winograd(w) ? g.plane : plane_of(w, w->out_h, w->out_w);

	for (int s = 0; s < n; s++, x += in, y += out) {
		const float *image = plane_fill(w, &p, x, scratch);
		if (uses_winograd(w))
			winograd_forward(w, &g, image, prepared, bias, y, place_of_max,
							 (float *)((char *)scratch + plane_size(&p)));
		else if (place_of_max)
			direct_pool(w, &p, image, prepared, bias, y, place_of_max);
		else
			direct_forward(w, &p, image, prepared, bias, y);
		if (place_of_max)
			place_of_max += out;
	}
}

static void conv_forward(const struct window *w, int n, const float *x, const float *filters,
						 const void *prepared, const float *bias, float *y, void *scratch)
{
	(void)filters;
	forward(w, n, x, prepared, bias, y, NULL, scratch);
}

static void conv_pool_forward(const struct window *w, int n, const float *x, const float *filters,
							  const void *prepared, const float *bias, float *y,
							  uint8_t *place_of_max, void *scratch)
{
	(void)filters;
	forward(w, n, x, prepared, bias, y, place_of_max, scratch);
}

/* ---- convolution backward ----
 *
 * dfilters[f] = sum over pixels of dy[p][f] × window p, and dx's window p += dy[p][f] × filter f:
 * each dy that is not zero is a term of filter f's list and of pixel p's list. Few channels make
 * short rows, which waste vectors; there dfilters comes from dense tiles. */

#define BACKWARD_GROUP 2 /* samples at once: more of them miss the cache, fewer load dfilters more often */
#define FEW_CHANNELS 4

struct lists {
	struct list *pixels, *filters;
	struct term *pixel_terms, *filter_terms;
};

static struct lists lists_place(const struct window *w, int pixels, void *scratch)
{
	struct lists l = {.pixels = scratch};
	size_t terms = (size_t)pixels * w->filters;

	l.filters = l.pixels + pixels;
	l.pixel_terms = (struct term *)(l.filters + w->filters);
	l.filter_terms = l.pixel_terms + terms;
	return l;
}

static size_t lists_size(const struct window *w, int pixels)
{
	return ((size_t)pixels + w->filters) * sizeof(struct list) +
		   2 * (size_t)pixels * w->filters * sizeof(struct term);
}

/* One gradient of one sample: a term of its pixel's list and of its filter's. `x_offset` is where
 * the sample's plane begins. */
ALWAYS_INLINE void lists_add(struct lists *l, const struct plane *p, struct list *pixel, int filter,
							 float g, int x_offset)
{
	struct list *list = &l->filters[filter];

	l->pixel_terms[pixel->first + pixel->count++] = (struct term){g, filter * p->filter};
	l->filter_terms[list->first + list->count++] =
		(struct term){g, x_offset + (int32_t)pixel->target};
}

ALWAYS_INLINE unsigned nonzero_filters(const struct window *w, const float *dy, int f)
{
	unsigned bits = nonzero_bits(load(dy + f));

	return w->filters - f < LANES ? bits & ((1u << (w->filters - f)) - 1) : bits;
}

static void lists_gather(struct lists *l, const struct window *w, const struct plane *p,
						 const float *dy, int x_offset)
{
	for (int i = 0; i < p->pixels; i++, dy += w->filters) {
		struct list *pixel = &l->pixels[i];
		*pixel = (struct list){i * w->filters, 0, window_offset(w, p, i / w->out_w, i % w->out_w)};
		for (int f = 0; f < w->filters; f += LANES)
			for (unsigned bits = nonzero_filters(w, dy, f); bits; bits &= bits - 1) {
				int filter = f + __builtin_ctz(bits);
				lists_add(l, p, pixel, filter, dy[filter], x_offset);
			}
	}
}

/* The same from the gradients of pooling windows: each belongs to one of four pixels. */
static void lists_gather_pooled(struct lists *l, const struct window *w, const struct plane *p,
								const float *dy, const uint8_t *place_of_max, int x_offset)
{
	int columns = w->out_w / 2;

	for (int i = 0; i < p->pixels / 4; i++, dy += w->filters, place_of_max += w->filters) {
		struct list *pixels = &l->pixels[4 * i];
		for (int q = 0; q < 4; q++)
			pixels[q] = (struct list){(4 * i + q) * w->filters, 0,
									  window_offset(w, p, i / columns * 2 + q / 2,
													i % columns * 2 + q % 2)};
		for (int f = 0; f < w->filters; f += LANES)
			for (unsigned bits = nonzero_filters(w, dy, f); bits; bits &= bits - 1) {
				int filter = f + __builtin_ctz(bits);
				lists_add(l, p, &pixels[place_of_max[filter]], filter, dy[filter], x_offset);
			}
	}
}

/* Each dfilters[f] += dy[.][f] × windows, by dense tiles: rows are the floats of a window's row,
 * columns the filters, and the sum goes over pixels. `sums` is [filter][filters]. */
static void filters_dense(const struct window *w, const struct plane *p, const float *x,
						  const float *dy, float *sums)
{
	int columns = p->run <= 3 ? 4 * LANES : TILE_COLUMNS;

	for (int row = 0; row < w->size; row++) {
		for (int k = 0, count; k < p->run; k += count) {
			count = tile_rows(p->run, k);
			float *c = sums + (ptrdiff_t)(row * p->run + k) * w->filters;
			for (int f = 0; f < w->filters; f += columns)
				tile(count, &(struct tile){
					.runs = w->out_h, .depth = w->out_w,
					.a = x + (ptrdiff_t)row * p->row + k, .a_row = 1,
					.a_run = w->stride * p->row, .a_step = w->stride * w->channels,
					.b = dy + f, .b_run = w->out_w * w->filters, .b_step = w->filters,
					.start = c + f, .start_row = w->filters, .c = c + f, .c_row = w->filters,
					.columns = least(columns, w->filters - f)});
		}
	}
}

/* filters_dense for one channel, 3 × 3 or 5 × 5, from the gradients of pooling windows: a window's
 * gradient stands at one of four pixels, and each x is used by up to four of them. `rows` rows of
 * the filters at once. */
ALWAYS_INLINE void filters_pooled_fixed(const int size, const int rows, const struct window *w,
										const float *x, const float *dy,
										const uint8_t *place_of_max, float *sums, int count)
{
	vec sum[9];

	UNROLL for (int k = 0; k < rows * size; k++)
		sum[k] = load(sums + k * w->filters);
	for (int i = 0; i < w->out_h / 2; i++) {
		const float *window = x + 2 * i * w->in_w;
		for (int j = 0; j < w->out_w / 2; j++, window += 2, dy += w->filters, place_of_max += w->filters) {
			ivec place = load_bytes(place_of_max);
			vec all = load(dy), g[4];
			UNROLL for (int q = 0; q < 4; q++)
				g[q] = (vec)((place == q) & (ivec)all);
			UNROLL for (int r = 0; r < rows + 1; r++) {
				UNROLL for (int c = 0; c < size + 1; c++) {
					vec value = splat(window[r * w->in_w + c]);
					UNROLL for (int q = 0; q < 4; q++) {
						const int ky = r - q / 2, kx = c - q % 2;
						if (ky >= 0 && ky < rows && kx >= 0 && kx < size)
							sum[ky * size + kx] = multiply_add(value, g[q], sum[ky * size + kx]);
					}
				}
			}
		}
	}
	UNROLL for (int k = 0; k < rows * size; k++)
		store_part(sums + k * w->filters, sum[k], count);
}

static bool has_filters_pooled(const struct window *w, const struct plane *p)
{
	return w->channels == 1 && w->stride == 1 && !p->copied && (w->size == 3 || w->size == 5);
}

static void filters_pooled(const struct window *w, const float *x, const float *dy,
						   const uint8_t *place_of_max, float *sums)
{
	for (int f = 0; f < w->filters; f += LANES) {
		int count = w->filters - f;
		if (w->size == 3) {
			filters_pooled_fixed(3, 3, w, x, dy + f, place_of_max + f, sums + f, count);
			continue;
		}
		for (int row = 0; row < 5; row++)
			filters_pooled_fixed(5, 1, w, x + row * w->in_w, dy + f, place_of_max + f,
								 sums + (ptrdiff_t)row * 5 * w->filters + f, count);
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

static void add_transposed(const struct window *w, int filter, const float *sums, float *dfilters)
{
	for (int f = 0; f < w->filters; f++)
		for (int k = 0; k < filter; k++)
			dfilters[(ptrdiff_t)f * filter + k] += sums[(ptrdiff_t)k * w->filters + f];
}

static void add_bias_gradient(const struct window *w, int count, const float *dy, float *dbias)
{
	for (int f = 0; f < w->filters; f += LANES) {
		vec sum = load(dbias + f);
		for (int i = 0; i < count; i++)
			sum += load(dy + (ptrdiff_t)i * w->filters + f);
		store_part(dbias + f, sum, w->filters - f);
	}
}

static void input_gradient(const struct window *w, const struct plane *p, const struct lists *l,
						   const float *filters, float *dx, float *dplane)
{
	float *target = p->copied ? dplane : dx;

	memset(target, 0, (size_t)p->h * p->row * sizeof *target);
	combine(&(struct combine){.lists = l->pixels, .list_count = p->pixels, .terms = l->pixel_terms,
							  .x = filters, .x_row = p->run, .y = target, .y_row = p->row},
			w->size, p->run);
	if (!p->copied)
		return;
	memset(dx, 0, (size_t)w->in_h * w->in_w * w->channels * sizeof *dx);
	for (int y = 0; y < plane_rows(w, p); y++)
		memcpy(dx + (ptrdiff_t)y * w->in_w * w->channels,
			   dplane + (ptrdiff_t)(y + w->pad_top) * p->row + w->pad_left * w->channels,
			   plane_columns(w, p) * sizeof *dx);
}

/* Memory of one backward call. */
struct backward {
	struct plane plane;
	int group;       /* samples at once */
	size_t image;    /* floats of a copied plane, or 0 */
	float *planes;   /* group copies of x */
	float *dplane;   /* the gradient of one */
	float *sums;     /* [filter][filters] */
	float *all;      /* dy of all pixels */
	struct lists lists;
	size_t size;     /* bytes of it all */
};

static struct backward backward_place(const struct window *w, int n, void *scratch)
{
	struct backward b = {.plane = plane_of(w, w->out_h, w->out_w), .group = least(n, BACKWARD_GROUP)};
	bool few = w->channels < FEW_CHANNELS;
	size_t sums = few ? (size_t)b.plane.filter * w->filters : 0;
	size_t all = few ? (size_t)b.plane.pixels * w->filters : 0;

	b.image = plane_size(&b.plane) / sizeof(float);
	b.planes = scratch;
	b.dplane = b.planes + b.group * b.image;
	b.sums = b.dplane + b.image;
	b.all = b.sums + round_up(sums + LANES, 16);
	void *lists = b.all + round_up(all + LANES, 16);
	b.lists = lists_place(w, b.plane.pixels * b.group, lists);
	b.size = (size_t)((char *)lists - (char *)scratch) + lists_size(w, b.plane.pixels * b.group);
	return b;
}

static size_t conv_scratch_size(const struct window *w, int n)
{
	static char origin[64]; /* only distances from it matter */
	struct winograd g = winograd_of(w);
	struct plane p = plane_of(w, w->out_h, w->out_w);
	size_t backward = backward_place(w, n, origin).size;
	size_t forward = uses_winograd(w) ? plane_size(&g.plane) + winograd_scratch(&g) : plane_size(&p);

	return (backward > forward ? backward : forward) + KERNELS_SLACK;
}

/* dy is [pixel][filter], or [window][filter] with the places of the largest. */
static void backward(const struct window *w, int n, const float *x, const float *filters,
					 const float *dy, const uint8_t *place_of_max, float *dfilters, float *dbias,
					 float *dx, void *scratch)
{
	struct backward b = backward_place(w, n, scratch);
	const struct plane *p = &b.plane;
	size_t in = (size_t)w->in_h * w->in_w * w->channels;
	int gradients = place_of_max ? p->pixels / 4 : p->pixels;
	size_t out = (size_t)gradients * w->filters;
	bool few = w->channels < FEW_CHANNELS;
	size_t image = p->copied ? b.image : in;

	if (few)
		memset(b.sums, 0, (size_t)p->filter * w->filters * sizeof *b.sums);
	for (int first = 0; first < n; first += b.group) {
		int count = least(b.group, n - first);
		const float *images = p->copied ? b.planes : x + first * in;
		for (int f = 0; f < w->filters; f++)
			b.lists.filters[f] =
				(struct list){f * p->pixels * b.group, 0, (ptrdiff_t)f * p->filter};
		for (int s = 0; s < count; s++) {
			const float *g = dy + (first + s) * out;
			const uint8_t *places = place_of_max ? place_of_max + (first + s) * out : NULL;
			plane_fill(w, p, x + (first + s) * in, b.planes + s * b.image);
			add_bias_gradient(w, gradients, g, dbias);
			if (few && places && has_filters_pooled(w, p)) {
				filters_pooled(w, images + s * image, g, places, b.sums);
			} else if (few) {
				if (places)
					spread(w, g, places, b.all);
				filters_dense(w, p, images + s * image, places ? b.all : g, b.sums);
			}
			if (few && !dx)
				continue;
			if (places)
				lists_gather_pooled(&b.lists, w, p, g, places, (int)(s * image));
			else
				lists_gather(&b.lists, w, p, g, (int)(s * image));
			if (dx)
				input_gradient(w, p, &b.lists, filters, dx + (first + s) * in, b.dplane);
		}
		if (!few)
			combine(&(struct combine){.lists = b.lists.filters, .list_count = w->filters,
									  .terms = b.lists.filter_terms, .x = images, .x_row = p->row,
									  .y = dfilters, .y_row = p->run},
					w->size, p->run);
	}
	if (few)
		add_transposed(w, p->filter, b.sums, dfilters);
}

static void conv_backward(const struct window *w, int n, const float *x, const float *filters,
						  const float *dy, float *dfilters, float *dbias, float *dx, void *scratch)
{
	backward(w, n, x, filters, dy, NULL, dfilters, dbias, dx, scratch);
}

static void conv_pool_backward(const struct window *w, int n, const float *x, const float *filters,
							   const float *dy, const uint8_t *place_of_max, float *dfilters,
							   float *dbias, float *dx, void *scratch)
{
	backward(w, n, x, filters, dy, place_of_max, dfilters, dbias, dx, scratch);
}

/* ---- max-pooling ---- */

static void maxpool_forward(const struct window *w, int n, const float *x, float *y,
							uint16_t *argmax)
{
	for (int s = 0; s < n; s++, x += (ptrdiff_t)w->in_h * w->in_w * w->channels) {
		for (int p = 0; p < w->out_h * w->out_w; p++, y += w->channels, argmax += w->channels) {
			int first = p / w->out_w * w->stride * w->in_w + p % w->out_w * w->stride;
			for (int c = 0; c < w->channels; c += LANES) {
				const float *from = x + (ptrdiff_t)first * w->channels + c;
				vec best = load(from);
				ivec index = first - (ivec){0};
				for (int row = 0; row < w->size; row++, from += w->in_w * w->channels) {
					for (int column = 0; column < w->size; column++) {
						vec v = load(from + column * w->channels);
						ivec larger = v > best;
						best = choose(larger, v, best);
						index = (ivec)choose(larger, (vec)(first + row * w->in_w + column - (ivec){0}), (vec)index);
					}
				}
				store_part(y + c, best, w->channels - c);
				store_halves(argmax + c, index, w->channels - c);
			}
		}
	}
}

/* Windows that do not overlap: each pixel of one gets dy or 0. */
static void maxpool_spread(const struct window *w, const uint16_t *argmax, const float *dy, float *dx)
{
	for (int p = 0; p < w->out_h * w->out_w; p++, dy += w->channels, argmax += w->channels) {
		int first = p / w->out_w * w->stride * w->in_w + p % w->out_w * w->stride;
		for (int c = 0; c < w->channels; c += LANES) {
			vec g = load(dy + c);
			ivec index = load_halves(argmax + c);
			for (int k = 0; k < w->size * w->size; k++) {
				int at = first + k / w->size * w->in_w + k % w->size;
				store_part(dx + (ptrdiff_t)at * w->channels + c,
						   choose(index == at, g, (vec){0}), w->channels - c);
			}
		}
	}
}

static void maxpool_backward(const struct window *w, int n, const uint16_t *argmax,
							 const float *dy, float *dx)
{
	size_t in = (size_t)w->in_h * w->in_w * w->channels;
	size_t out = (size_t)w->out_h * w->out_w * w->channels;
	bool whole = w->out_h * w->stride == w->in_h && w->out_w * w->stride == w->in_w;

	if (w->stride != w->size || !whole)
		memset(dx, 0, n * in * sizeof *dx);
	for (int s = 0; s < n; s++, dx += in, dy += out, argmax += out) {
		if (w->stride >= w->size)
			maxpool_spread(w, argmax, dy, dx);
		else
			for (size_t i = 0; i < out; i++)
				dx[argmax[i] * w->channels + i % w->channels] += dy[i];
	}
}

const struct kernels KERNELS_TABLE = {
	.name = KERNELS_NAME,
	.conv_prepared_size = conv_prepared_size,
	.conv_scratch_size = conv_scratch_size,
	.conv_prepare = conv_prepare,
	.conv_forward = conv_forward,
	.conv_backward = conv_backward,
	.conv_pool_forward = conv_pool_forward,
	.conv_pool_backward = conv_pool_backward,
	.maxpool_forward = maxpool_forward,
	.maxpool_backward = maxpool_backward,
	.dense_scratch_size = dense_scratch_size,
	.dense_forward = dense_forward,
	.dense_backward_weights = dense_backward_weights,
	.dense_backward_input = dense_backward_input,
	.relu_forward = relu_forward,
	.relu_backward = relu_backward,
	.dropout = dropout,
	.adam = adam,
};
