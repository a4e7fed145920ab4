/* combine: y += sum over j of g[j] × row[j], sparse; the lanes run along the rows.
 *
 * All of backpropagation is this: behind max-pooling and relu nine of ten gradients are zero, and
 * only the others are terms. */
#ifndef COMPUTE_SIMD_COMBINE_H
#define COMPUTE_SIMD_COMBINE_H

#include "compute/simd/vec.h"

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

#endif
