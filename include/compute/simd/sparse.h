/* Convolution backward, where most of dy is zero: dfilters[f] = sum over pixels of dy[p][f] × window
 * p, and dx's window p += dy[p][f] × filter f. Each dy that is not zero is a term of filter f's list
 * and of pixel p's list, and combine adds up the rows. */
#ifndef COMPUTE_SIMD_SPARSE_H
#define COMPUTE_SIMD_SPARSE_H

#include "compute/simd/combine.h"
#include "compute/simd/plane.h"

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

/* A pixel's gradients by filters; of a pooling window's, only those of place q (ALL_PLACES: any) are
 * its own. Each that is not zero is a term of the pixel's list and of its filter's. `x_offset` is
 * where the sample's plane begins. */
#define ALL_PLACES (-1)
#define FILTERS_AT_ONCE 64

ALWAYS_INLINE void gather_pixel(struct lists *l, const struct window *w, const struct plane *p,
								struct list *pixel, const float *dy, const uint8_t *place_of_max,
								const int q, int x_offset)
{
	struct term *term = l->pixel_terms + pixel->first;

	for (int first = 0; first < w->filters; first += FILTERS_AT_ONCE) {
		int count = least(w->filters - first, FILTERS_AT_ONCE);
		uint64_t bits = 0;
		for (int f = 0; f < count; f += LANES) {
			vec g = load(dy + first + f);
			if (q != ALL_PLACES)
				g = (vec)((load_bytes(place_of_max + first + f) == q) & (ivec)g);
			bits |= (uint64_t)nonzero_bits(g) << f;
		}
		if (count < FILTERS_AT_ONCE)
			bits &= ((uint64_t)1 << count) - 1;
		for (; bits; bits &= bits - 1) {
			int f = first + __builtin_ctzll(bits);
			struct list *filter = &l->filters[f];
			*term++ = (struct term){dy[f], f * p->filter};
			l->filter_terms[filter->first + filter->count++] =
				(struct term){dy[f], x_offset + (int32_t)pixel->target};
		}
	}
	pixel->count = (int32_t)(term - l->pixel_terms) - pixel->first;
}

static void lists_gather(struct lists *l, const struct window *w, const struct plane *p,
						 const float *dy, int x_offset)
{
	int32_t used = 0;

	for (int i = 0; i < p->pixels; i++, dy += w->filters) {
		struct list *pixel = &l->pixels[i];
		*pixel = (struct list){used, 0, window_offset(w, p, i / w->out_w, i % w->out_w)};
		gather_pixel(l, w, p, pixel, dy, NULL, ALL_PLACES, x_offset);
		used += pixel->count;
	}
}

static void lists_gather_pooled(struct lists *l, const struct window *w, const struct plane *p,
								const float *dy, const uint8_t *place_of_max, int x_offset)
{
	int columns = w->out_w / 2;
	int32_t used = 0;

	for (int i = 0; i < p->pixels / 4; i++, dy += w->filters, place_of_max += w->filters) {
		for (int q = 0; q < 4; q++) {
			struct list *pixel = &l->pixels[4 * i + q];
			int offset = window_offset(w, p, i / columns * 2 + q / 2, i % columns * 2 + q % 2);
			*pixel = (struct list){used, 0, offset};
			gather_pixel(l, w, p, pixel, dy, place_of_max, q, x_offset);
			used += pixel->count;
		}
	}
}

static void input_sparse(const struct window *w, const struct plane *p, const struct lists *l,
						 const float *filters, float *target)
{
	combine(&(struct combine){.lists = l->pixels, .list_count = p->pixels, .terms = l->pixel_terms,
							  .x = filters, .x_row = p->run, .y = target, .y_row = p->row,
							  .overlap = true},
			w->size, p->run);
}

#endif
