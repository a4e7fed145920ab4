/* Convolution backward where most of dy is zero: dfilters[f] = sum over pixels p of dy[p][f] ×
 * window p, and the window p of dx += dy[p][f] × filter f. Each dy[p][f] that is not zero becomes a
 * term in the list of filter f and in that of pixel p, and combine adds up the rows. */
#ifndef COMPUTE_SIMD_SPARSE_H
#define COMPUTE_SIMD_SPARSE_H

#include "compute/simd/combine.h"
#include "compute/simd/plane.h"

/* The lists of one or two samples; a sample's pixels stand row by row. */
struct lists {
	struct list *pixels, *filters;
	struct term *pixel_terms, *filter_terms;
	int32_t used; /* of pixel_terms */
};

static struct lists lists_place(const struct window *w, int pixels, struct arena *arena)
{
	struct lists l = {0};
	size_t terms = (size_t)pixels * w->filters;

	l.pixels = arena_take(arena, (size_t)pixels, sizeof *l.pixels);
	l.filters = arena_take(arena, (size_t)w->filters, sizeof *l.filters);
	l.pixel_terms = arena_take(arena, terms, sizeof *l.pixel_terms);
	l.filter_terms = arena_take(arena, terms, sizeof *l.filter_terms);
	return l;
}

#define FILTERS_AT_ONCE 64

/* Bit i is set where gradient i is not zero; `count` ≤ FILTERS_AT_ONCE. */
ALWAYS_INLINE uint64_t nonzero_gradients(const float *dy, int count)
{
	uint64_t bits = 0;

	for (int f = 0; f < count; f += LANES)
		bits |= (uint64_t)nonzero_bits(load(dy + f)) << f;
	return count < FILTERS_AT_ONCE ? bits & (((uint64_t)1 << count) - 1) : bits;
}

/* The gradients of a pixel that are not zero become terms of its list and of their filters'. */
static void lists_add_pixel(struct lists *l, const struct window *w, const struct plane *p,
							const float *dy, int offset, struct list *pixel)
{
	struct list *filters = l->filters;
	struct term *pixel_terms = l->pixel_terms, *filter_terms = l->filter_terms;
	int filter = p->filter, used = l->used;

	for (int first = 0; first < w->filters; first += FILTERS_AT_ONCE) {
		uint64_t bits = nonzero_gradients(dy + first, least(w->filters - first, FILTERS_AT_ONCE));
		for (; bits; bits &= bits - 1) {
			int f = first + __builtin_ctzll(bits);
			pixel_terms[used++] = (struct term){dy[f], f * filter};
			filter_terms[filters[f].end++] = (struct term){dy[f], offset};
		}
	}
	*pixel = (struct list){l->used, used, offset};
	l->used = used;
}

/* The same for the four pixels of a pooling window; `offset` and `pixel` are the first one's. Each
 * gradient belongs to one of the four, or with PLACE_NONE to none. */
static void lists_add_window(struct lists *l, const struct window *w, const struct plane *p,
							 const float *dy, const uint8_t *place_of_max, int offset,
							 struct list *pixel)
{
	struct list *filters = l->filters;
	struct term *pixel_terms = l->pixel_terms, *filter_terms = l->filter_terms;
	int filter = p->filter, count[4] = {0}, end[4], offsets[4];

	for (int first = 0; first < w->filters; first += FILTERS_AT_ONCE) {
		uint64_t bits = nonzero_gradients(dy + first, least(w->filters - first, FILTERS_AT_ONCE));
		for (int q = 0; q < 4; q++)
			count[q] += __builtin_popcountll(bits & equal_bytes(place_of_max + first, q));
	}
	for (int q = 0; q < 4; q++) {
		end[q] = l->used;
		offsets[q] = offset + window_offset(w, p, q / 2, q % 2);
		pixel[q / 2 * w->out_w + q % 2] = (struct list){l->used, l->used + count[q], offsets[q]};
		l->used += count[q];
	}
	for (int first = 0; first < w->filters; first += FILTERS_AT_ONCE) {
		uint64_t bits = nonzero_gradients(dy + first, least(w->filters - first, FILTERS_AT_ONCE));
		bits &= ~equal_bytes(place_of_max + first, PLACE_NONE);
		for (; bits; bits &= bits - 1) {
			int f = first + __builtin_ctzll(bits), q = place_of_max[f];
			pixel_terms[end[q]++] = (struct term){dy[f], f * filter};
			filter_terms[filters[f].end++] = (struct term){dy[f], offsets[q]};
		}
	}
}

/* All pixels of a sample, or all its pooling windows. Its plane begins at x[origin], its lists at
 * `pixel`. */
static void lists_add_sample(struct lists *l, const struct window *w, const struct plane *p,
							 const float *dy, const uint8_t *place_of_max, int origin,
							 struct list *pixel)
{
	for (int y = 0; y < w->out_h; y += place_of_max ? 2 : 1) {
		for (int x = 0; x < w->out_w; dy += w->filters) {
			int offset = origin + window_offset(w, p, y, x);
			struct list *at = pixel + y * w->out_w + x;
			if (!place_of_max) {
				lists_add_pixel(l, w, p, dy, offset, at);
				x++;
				continue;
			}
			lists_add_window(l, w, p, dy, place_of_max, offset, at);
			place_of_max += w->filters;
			x += 2;
		}
	}
}

static void filters_sparse(const struct window *w, const struct plane *p, const struct lists *l,
						   const float *x, float *dfilters)
{
	/* clang-format off */
	combine(&(struct combine){.lists = l->filters, .list_count = w->filters,
							  .terms = l->filter_terms, .x = x, .x_row = p->row,
							  .y = dfilters, .y_row = p->strip}, w->size, p->strip);
	/* clang-format on */
}

static void input_sparse(const struct window *w, const struct plane *p, const struct lists *l,
						 int pixels, const float *filters, float *target)
{
	/* clang-format off */
	combine(&(struct combine){.lists = l->pixels, .list_count = pixels,
							  .terms = l->pixel_terms, .x = filters, .x_row = p->strip,
							  .y = target, .y_row = p->row, .overlap = true}, w->size, p->strip);
	/* clang-format on */
}

#endif
