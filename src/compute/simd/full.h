/* Convolution backward from all of dy, by dense tiles. */
#ifndef COMPUTE_SIMD_FULL_H
#define COMPUTE_SIMD_FULL_H

#include "compute/simd/plane.h"
#include "compute/simd/tile.h"

/* One product of matrices, pixels × filters by filters × channels, for each row of pixels and each
 * place in the window: so no two pixels of a product add to the same target. */
static void input_dense(const struct window *w, const struct plane *p, const float *dy,
						const float *filters, float *target)
{
	/* clang-format off */
	struct tile t = tile_plan((struct tile){
		.strips = 1, .depth = w->filters,
		.a_row = w->filters, .a_k = 1,
		.b_k = p->filter, .b_vector = LANES,
		.c_row = w->stride * w->channels, .adds = true,
		.rows = w->out_w, .columns = w->channels});
	/* clang-format on */

	for (int y = 0; y < w->out_h; y++) {
		for (int k = 0; k < w->size * w->size; k++) {
			t.a = dy + (ptrdiff_t)y * w->out_w * w->filters;
			t.b = filters + (ptrdiff_t)k * w->channels;
			t.c = target + window_offset(w, p, y, 0) + k / w->size * p->row +
				  k % w->size * w->channels;
			tile(&t);
		}
	}
}

/* dfilters[f] += sum over pixels of dy[p][f] × window p. Rows of a tile are filters, columns the
 * floats of a window's row. */
static void filters_dense(const struct window *w, const struct plane *p, const float *x,
						  const float *dy, float *dfilters)
{
	/* clang-format off */
	struct tile t = tile_plan((struct tile){
		.strips = w->out_h, .depth = w->out_w,
		.a = dy, .a_row = 1, .a_strip = (ptrdiff_t)w->out_w * w->filters, .a_k = w->filters,
		.b = x, .b_strip = w->stride * p->row, .b_k = w->stride * w->channels, .b_vector = LANES,
		.c = dfilters, .c_row = p->filter, .adds = true,
		.rows = w->filters, .columns = p->strip});
	/* clang-format on */

	for (int row = 0; row < w->size; row++) {
		tile(&t);
		t.b += p->row;
		t.c += p->strip;
	}
}

#endif
