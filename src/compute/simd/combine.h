/* combine: y += sum over j of g[j] × row[j], sparse; the lanes run along the rows.
 *
 * Most of backpropagation is this: behind max-pooling and relu nine of ten gradients are zero, and
 * only the others become terms. */
#ifndef COMPUTE_SIMD_COMBINE_H
#define COMPUTE_SIMD_COMBINE_H

#include "base/memory.h"
#include "compute/simd/vec.h"

/* g times the row that begins at x[offset]. */
struct term {
	float g;
	int32_t offset;
};

/* Terms first … end - 1, whose sum is the row that begins at y[target]. */
struct list {
	int32_t first, end;
	ptrdiff_t target;
};

/* All lists of one array, for `rows` strips of `vectors` vectors; the last vector of each strip has
 * `tail` floats. */
struct combine {
	const struct list *lists;
	int list_count;
	const struct term *terms;
	const float *x;
	float *y;
	ptrdiff_t x_row, y_row; /* from one strip to the next */
	int tail;
	bool overwrite; /* y begins at 0 */
	bool overlap; /* lists may have parts of their targets in common: each begins at 0, and is then
					 * added to y */
};

/* The floats of vector v of a strip. */
ALWAYS_INLINE int combine_width(const struct combine *c, const int vectors, const int v)
{
	return v == vectors - 1 ? c->tail : LANES;
}

/* Sum s is that of vector s mod `vectors` in strip s / `vectors`. One loop goes over all of them:
 * of two nested ones, where there is a single strip, Clang 14 keeps the sums in memory. */
ALWAYS_INLINE void combine_fixed(const int rows, const int vectors, const struct combine *c)
{
	const struct combine job = *c; /* a copy, which no store can change */
	const int sums = rows * vectors;
	/* Sums that begin at 0 need not wait for those of the list before, which overlap them. */
	const bool from_zero = job.overwrite || job.overlap;

	for (int i = 0; i < job.list_count; i++) {
		const struct list *list = &job.lists[i];
		const struct term *term = job.terms + list->first, *end = job.terms + list->end;
		float *y[3];
		vec sum[COMBINE_VECTORS];
		if (term == end && !job.overwrite)
			continue;
		UNROLL_FOR (int r = 0; r < rows; r++)
			y[r] = job.y + list->target + r * job.y_row;
		UNROLL_FOR (int s = 0; s < sums; s++)
			sum[s] = from_zero ? (vec){0}
							   : load_first(y[s / vectors] + s % vectors * LANES,
											combine_width(&job, vectors, s % vectors));
		for (; term < end; term++) {
			vec g = splat(term->g);
			const float *x[3];
			UNROLL_FOR (int r = 0; r < rows; r++)
				x[r] = hold_row(job.x + term->offset + r * job.x_row);
			UNROLL_FOR (int s = 0; s < sums; s++)
				sum[s] = multiply_add(g, load(x[s / vectors] + s % vectors * LANES), sum[s]);
		}
		if (job.overlap)
			UNROLL_FOR (int s = 0; s < sums; s++)
				sum[s] += load_first(y[s / vectors] + s % vectors * LANES,
									 combine_width(&job, vectors, s % vectors));
		UNROLL_FOR (int s = 0; s < sums; s++)
			store_first(y[s / vectors] + s % vectors * LANES, sum[s],
						combine_width(&job, vectors, s % vectors));
	}
}

/* clang-format off */
#define COMBINE_12(X)                                                                              \
	X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9) X(1, 10) X(1, 11)      \
	X(1, 12) X(3, 1) X(3, 2) X(3, 3) X(3, 4)
#define COMBINE_24(X)                                                                              \
	COMBINE_12(X) X(1, 13) X(1, 14) X(1, 15) X(1, 16) X(1, 17) X(1, 18) X(1, 19) X(1, 20) X(1, 21) \
	X(1, 22) X(1, 23) X(1, 24) X(3, 5) X(3, 6) X(3, 7) X(3, 8)
#if COMBINE_VECTORS == 24
#define COMBINE_SHAPES COMBINE_24
#else
#define COMBINE_SHAPES COMBINE_12
#endif
/* clang-format on */

#define COMBINE(ROWS, VECTORS)                                                                     \
	static __attribute__((noinline)) void combine_##ROWS##_##VECTORS(const struct combine *c)      \
	{                                                                                              \
		combine_fixed(ROWS, VECTORS, c);                                                           \
	}
COMBINE_SHAPES(COMBINE)

#define ENTRY(ROWS, VECTORS) [(ROWS) == 3][VECTORS] = combine_##ROWS##_##VECTORS,
static void (*const combine_shapes[2][COMBINE_VECTORS + 1])(const struct combine *) = {
	COMBINE_SHAPES(ENTRY)};
#undef ENTRY

/* Rows are cut into blocks of a multiple of this many floats, with every instruction set. */
#define COMBINE_UNIT 16

/* Where targets overlap, as those of neighbouring pixels do, the order of a sum depends on the
 * blocks into which rows are cut. So the blocks are the same with every instruction set: at most 96
 * floats, which are twelve registers of eight lanes. The strips are taken from the last to the
 * first, so that a pixel first gets the sums of the pixels above it, as it does where all three
 * strips of a list are taken at once. That saves two of three looks at the list, but more rows are
 * in use at a time; it pays where rows are short. */
#define COMBINE_OVERLAP least(96, COMBINE_VECTORS *LANES)
#define COMBINE_OVERLAP_AT_ONCE 9 /* vectors of three strips */

/* Floats of a block where rows are long: of narrow blocks more stay in the first-level cache. */
#define COMBINE_NARROW 160

static bool combine_three_strips(const struct combine *job, int strips, int length)
{
	int vectors = divide_up(length, LANES);

	return strips == 3 && 3 * vectors <= (job->overlap ? COMBINE_OVERLAP_AT_ONCE : COMBINE_VECTORS);
}

/* For each list: y[target + strip y_row + i] += sum over its terms of
 * g × x[offset + strip x_row + i], for `strips` strips of i < length. */
static void combine(const struct combine *job, int strips, int length)
{
	struct combine block = *job;
	int rows = combine_three_strips(job, strips, length) ? 3 : 1;
	int most = job->overlap ? COMBINE_OVERLAP : COMBINE_VECTORS / rows * LANES;

	if (strips == 1)
		most = least(most, COMBINE_NARROW);
	int blocks = divide_up(length, most / COMBINE_UNIT * COMBINE_UNIT);

	for (int strip = strips - rows; strip >= 0; strip -= rows) {
		for (int done = 0, left = blocks, width; left; left--, done += width) {
			width = divide_up(divide_up(length - done, COMBINE_UNIT), left) * COMBINE_UNIT;
			width = least(width, length - done);
			int vectors = divide_up(width, LANES);
			block.x = job->x + strip * job->x_row + done;
			block.y = job->y + strip * job->y_row + done;
			block.tail = width - (vectors - 1) * LANES;
			combine_shapes[rows == 3][vectors](&block);
		}
	}
}

#endif
