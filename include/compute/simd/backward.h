/* Convolution backward.
 *
* dfilters[f] = sum over pixels of dy[p][f] × window p, and dx's window p += dy[p][f] × filter f:
 * each dy that is not zero is a term of filter f's list and of pixel p's list. Few channels make
 * short rows, which waste vectors; there dfilters comes from dense tiles. */
#ifndef COMPUTE_SIMD_BACKWARD_H
#define COMPUTE_SIMD_BACKWARD_H

#include "compute/simd/combine.h"
#include "compute/simd/plane.h"
#include "compute/simd/tile.h"

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

/* Each dfilters[f] += dy[.][f] × windows, by dense tiles: rows are the floats of a window's row,
 * columns the filters, and the sum goes over pixels. `sums` is [filter][filters]. */
static void filters_dense(const struct window *w, const struct plane *p, const float *x,
						  const float *dy, float *sums)
{
	struct tile t = tile_plan((struct tile){
		.runs = w->out_h, .depth = w->out_w, .a = x, .a_row = 1,
		.a_run = w->stride * p->row, .a_step = w->stride * w->channels,
		.b = dy, .b_run = w->out_w * w->filters, .b_step = w->filters, .b_vector = LANES,
		.start = sums, .start_row = w->filters, .c = sums, .c_row = w->filters,
		.rows = p->run, .columns = w->filters});

	for (int row = 0; row < w->size; row++) {
		tile(&t);
		t.a += p->row;
		t.c += (ptrdiff_t)p->run * w->filters;
		t.start = t.c;
	}
}

/* filters_dense for one channel, 3 × 3 or 5 × 5, from the gradients of pooling windows: a window's
 * gradient stands at one of four pixels, and each x is used by up to four of them. `rows` rows of
 * the filters at once. */
ALWAYS_INLINE void filters_pooled_fixed(const int size, const int rows, const struct window *w,
										const float *x, int row, const float *dy,
										const uint8_t *place_of_max, float *sums, int count)
{
	vec sum[9];

	UNROLL for (int k = 0; k < rows * size; k++)
		sum[k] = load(sums + k * w->filters);
	for (int i = 0; i < w->out_h / 2; i++) {
		const float *window = x + 2 * i * row;
		for (int j = 0; j < w->out_w / 2; j++, window += 2, dy += w->filters, place_of_max += w->filters) {
			if (is_blank(rows + 1, size + 1, window, row))
				continue;
			ivec place = load_bytes(place_of_max);
			vec all = load(dy), g[4];
			UNROLL for (int q = 0; q < 4; q++)
				g[q] = (vec)((place == q) & (ivec)all);
			UNROLL for (int r = 0; r < rows + 1; r++) {
				UNROLL for (int c = 0; c < size + 1; c++) {
					vec value = splat(window[r * row + c]);
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

static bool has_filters_pooled(const struct window *w)
{
	return w->channels == 1 && w->stride == 1 && (w->size == 3 || w->size == 5);
}

static void filters_pooled(const struct window *w, const struct plane *p, const float *x,
						   const float *dy, const uint8_t *place_of_max, float *sums)
{
	for (int f = 0; f < w->filters; f += LANES) {
		int count = w->filters - f;
		if (w->size == 3) {
			filters_pooled_fixed(3, 3, w, x, p->row, dy + f, place_of_max + f, sums + f, count);
			continue;
		}
		for (int row = 0; row < 5; row++)
			filters_pooled_fixed(5, 1, w, x + row * p->row, p->row, dy + f, place_of_max + f,
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
							  .x = filters, .x_row = p->run, .y = target, .y_row = p->row,
							  .overlap = true},
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
			if (few && places && has_filters_pooled(w)) {
				filters_pooled(w, p, images + s * image, g, places, b.sums);
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

#endif
