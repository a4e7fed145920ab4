/* Convolution, Winograd's way.
 *
 * F(2×2, 3×3) of Lavin & Gray 2016: a tile of 2 × 2 outputs sees 4 × 4 inputs d. With
 *   Bᵀ = |1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1|, G = |1 0 0; ½ ½ ½; ½ -½ ½; 0 0 1|,
 *   Aᵀ = |1 1 1 0; 0 1 -1 -1|
 * it is Aᵀ [(G g Gᵀ) · (Bᵀ d B)] A: 16 multiplications instead of 36. For each of the 16 places,
 * the sum over channels is a product of matrices: tiles × channels by channels × filters.
 *
 * Backward is the same transposed. The filters' gradient is Gᵀ [sum over tiles of
 * (A dy Aᵀ) · (Bᵀ d B)] G, filters × tiles by tiles × channels for each place; the input's is a
 * convolution of dy with the filters turned round (winograd_adjoint). */
#ifndef COMPUTE_SIMD_WINOGRAD_H
#define COMPUTE_SIMD_WINOGRAD_H

#include "compute/simd/direct.h"

#define PLACES 16
#define BLOCK (2 * LANES) /* filters at once: what the product leaves stays in the cache */

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

/* [filters / BLOCK][place][channel][BLOCK] */
static void winograd_filters(const struct window *w, const float *filters, float *prepared)
{
	ptrdiff_t place = (ptrdiff_t)w->channels * BLOCK;

	for (int f = 0; f < w->filters; f++) {
		float *to = prepared + f / BLOCK * PLACES * place + f % BLOCK;
		const float *filter = filters + (ptrdiff_t)f * 9 * w->channels;
		for (int c = 0; c < w->channels; c += LANES) {
			vec u[PLACES];
			transform_filter(filter + c, w->channels, u);
			for (int p = 0; p < PLACES; p++)
				for (int lane = 0; lane < LANES && c + lane < w->channels; lane++)
					to[p * place + (ptrdiff_t)(c + lane) * BLOCK] = u[p][lane];
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
	ptrdiff_t place = (ptrdiff_t)g->tiles * BLOCK;

	for (int tile = 0; tile < g->tiles; tile++, m += BLOCK) {
		int row = tile / g->tiles_x * 2, column = tile % g->tiles_x * 2;
		float *to = y + ((ptrdiff_t)row * w->out_w + column) * w->filters;
		for (int f = 0; f < columns; f += LANES) {
			vec out[4];
			winograd_tile(m + f, place, bias ? load(bias + f) : (vec){0}, out);
			for (int i = 0; i < 4; i++)
				if (row + i / 2 < w->out_h && column + i % 2 < w->out_w)
					store_part(to + ((ptrdiff_t)(i / 2) * w->out_w + i % 2) * w->filters + f,
							   out[i], columns - f);
		}
	}
}

/* The same, and each tile is a pooling window. */
static void winograd_pool(const struct window *w, const struct winograd *g, const float *m,
						  const float *bias, bool relu, int columns, float *y,
						  uint8_t *place_of_max)
{
	ptrdiff_t place = (ptrdiff_t)g->tiles * BLOCK;

	for (int tile = 0; tile < g->tiles; tile++, m += BLOCK) {
		for (int f = 0; f < columns; f += LANES) {
			vec out[4];
			winograd_tile(m + f, place, load(bias + f), out);
			store_largest(out, relu, columns - f, y + (ptrdiff_t)tile * w->filters + f,
						  place_of_max + (ptrdiff_t)tile * w->filters + f);
		}
	}
}

/* y is [pixel][filter], or [window][filter] with the places of the largest. */
static void winograd_forward(const struct window *w, const struct winograd *g, const float *x,
							 const float *prepared, const float *bias, bool relu, float *y,
							 uint8_t *place_of_max, float *v)
{
	ptrdiff_t place = (ptrdiff_t)w->channels * BLOCK; /* of a block of prepared filters */
	float *m = v + (ptrdiff_t)PLACES * g->tiles * g->stride;

	winograd_input(w, g, x, v);
	for (int f = 0; f < w->filters; f += BLOCK) {
		int columns = least(BLOCK, w->filters - f);
		struct tile t = tile_plan((struct tile){
			.runs = 1, .depth = w->channels, .a = v, .a_row = g->stride, .a_step = 1,
			.b = prepared + f / BLOCK * PLACES * place, .b_step = BLOCK, .b_vector = LANES,
			.c = m, .c_row = BLOCK, .rows = g->tiles, .columns = columns});
		for (int p = 0; p < PLACES; p++) {
			tile(&t);
			t.a += (ptrdiff_t)g->tiles * g->stride;
			t.b += place;
			t.c += (ptrdiff_t)g->tiles * BLOCK;
		}
		if (place_of_max)
			winograd_pool(w, g, m, bias + f, relu, columns, y + f, place_of_max + f);
		else
			winograd_output(w, g, m, bias ? bias + f : NULL, columns, y + f);
	}
}

static size_t winograd_scratch(const struct winograd *g)
{
	return (size_t)PLACES * g->tiles * (g->stride + BLOCK) * sizeof(float);
}

/* Bytes of the filters in winograd_filters' form. */
static size_t winograd_filters_size(const struct window *w)
{
	return (size_t)PLACES * w->channels * round_up((size_t)w->filters, BLOCK) * sizeof(float);
}

/* The whole of one sample; NULL for bias: none. */
static void winograd_call(const struct window *w, const float *x, const float *prepared,
						  const float *bias, bool relu, float *y, uint8_t *place_of_max,
						  void *scratch)
{
	struct winograd g = winograd_of(w);
	const float *image = plane_fill(w, &g.plane, x, scratch);

	winograd_forward(w, &g, image, prepared, bias, relu, y, place_of_max,
					 (float *)((char *)scratch + plane_size(&g.plane)));
}

static size_t winograd_call_size(const struct window *w)
{
	struct winograd g = winograd_of(w);

	return plane_size(&g.plane) + winograd_scratch(&g);
}

/* ---- backward ---- */

/* The convolution that turns dy into dx. */
static struct window winograd_adjoint(const struct window *w)
{
	return (struct window){
		.in_h = w->out_h, .in_w = w->out_w, .channels = w->filters,
		.out_h = w->in_h, .out_w = w->in_w, .filters = w->channels,
		.size = w->size, .stride = 1,
		.pad_top = w->size - 1 - w->pad_top, .pad_left = w->size - 1 - w->pad_left,
	};
}

/* Its filters: [channel][row][column][filter], rows and columns backwards. */
static void winograd_turn(const struct window *w, const float *filters, float *turned)
{
	int area = w->size * w->size;

	for (int f = 0; f < w->filters; f++)
		for (int k = 0; k < area; k++)
			for (int c = 0; c < w->channels; c++)
				turned[((ptrdiff_t)c * area + (area - 1 - k)) * w->filters + f] =
					filters[((ptrdiff_t)f * area + k) * w->channels + c];
}

/* A dy Aᵀ, to [place][tile][filters]; outputs beyond the last row and column count as 0. */
static void winograd_output_gradient(const struct window *w, const struct winograd *g,
									 const float *dy, int stride, float *d)
{
	ptrdiff_t place = (ptrdiff_t)g->tiles * stride;

	for (int tile = 0; tile < g->tiles; tile++, d += stride) {
		int row = tile / g->tiles_x * 2, column = tile % g->tiles_x * 2;
		const float *from = dy + ((ptrdiff_t)row * w->out_w + column) * w->filters;
		bool right = column + 1 < w->out_w, below = row + 1 < w->out_h;
		ptrdiff_t next = (ptrdiff_t)w->out_w * w->filters;
		for (int f = 0; f < w->filters; f += LANES) {
			vec q[2][2] = {{load(from + f)}}, t[4][2];
			if (right)
				q[0][1] = load(from + w->filters + f);
			if (below)
				q[1][0] = load(from + next + f);
			if (right && below)
				q[1][1] = load(from + next + w->filters + f);
			UNROLL for (int j = 0; j < 2; j++) {
				t[0][j] = q[0][j];
				t[1][j] = q[0][j] + q[1][j];
				t[2][j] = q[0][j] - q[1][j];
				t[3][j] = -q[1][j];
			}
			UNROLL for (int i = 0; i < 4; i++) {
				store(d + (i * 4) * place + f, t[i][0]);
				store(d + (i * 4 + 1) * place + f, t[i][0] + t[i][1]);
				store(d + (i * 4 + 2) * place + f, t[i][0] - t[i][1]);
				store(d + (i * 4 + 3) * place + f, -t[i][1]);
			}
		}
	}
}

/* dfilters += Gᵀ m G, with m [place][filter][channels], rows of `stride`. */
static void winograd_filter_gradient(const struct window *w, int stride, const float *m,
									 float *dfilters)
{
	ptrdiff_t place = (ptrdiff_t)w->filters * stride;

	for (int f = 0; f < w->filters; f++, m += stride, dfilters += 9 * w->channels) {
		for (int c = 0; c < w->channels; c += LANES) {
			vec t[3][4];
			UNROLL for (int j = 0; j < 4; j++) {
				vec m0 = load(m + j * place + c), m1 = load(m + (4 + j) * place + c);
				vec m2 = load(m + (8 + j) * place + c), m3 = load(m + (12 + j) * place + c);
				vec half = (m1 + m2) * 0.5f;
				t[0][j] = m0 + half;
				t[1][j] = (m1 - m2) * 0.5f;
				t[2][j] = half + m3;
			}
			UNROLL for (int i = 0; i < 3; i++) {
				float *to = dfilters + i * 3 * w->channels + c;
				vec half = (t[i][1] + t[i][2]) * 0.5f;
				vec g[3] = {t[i][0] + half, (t[i][1] - t[i][2]) * 0.5f, half + t[i][3]};
				UNROLL for (int j = 0; j < 3; j++)
					store_part(to + j * w->channels, load(to + j * w->channels) + g[j],
							   w->channels - c);
			}
		}
	}
}

/* Memory of one call of winograd_filters_gradient. */
struct winograd_gradient {
	int x_stride, dy_stride; /* floats of one tile's channels, of its filters */
	float *v, *d, *m;
	size_t size; /* bytes of it all */
};

static struct winograd_gradient winograd_gradient_place(const struct window *w,
														const struct winograd *g, void *scratch)
{
	struct winograd_gradient b = {.x_stride = g->stride,
								  .dy_stride = divide_up(w->filters, LANES) * LANES};

	b.v = scratch;
	b.d = b.v + (ptrdiff_t)PLACES * g->tiles * b.x_stride;
	b.m = b.d + (ptrdiff_t)PLACES * g->tiles * b.dy_stride;
	float *end = b.m + (ptrdiff_t)PLACES * w->filters * b.x_stride;
	b.size = (size_t)((char *)end - (char *)scratch);
	return b;
}

/* The products of one sample: m = theirs for the first one, and added to m for the others. */
static void winograd_gradient_products(const struct window *w, const struct winograd *g,
									   const struct winograd_gradient *b, bool first,
									   const float *x, const float *dy)
{
	struct tile t = tile_plan((struct tile){
		.runs = 1, .depth = g->tiles, .a = b->d, .a_row = 1, .a_step = b->dy_stride,
		.b = b->v, .b_step = b->x_stride, .b_vector = LANES, .c = b->m, .c_row = b->x_stride,
		.start_row = b->x_stride, .rows = w->filters, .columns = w->channels});

	winograd_input(w, g, x, b->v);
	winograd_output_gradient(w, g, dy, b->dy_stride, b->d);
	for (int p = 0; p < PLACES; p++) {
		t.start = first ? NULL : t.c;
		tile(&t);
		t.a += (ptrdiff_t)g->tiles * b->dy_stride;
		t.b += (ptrdiff_t)g->tiles * b->x_stride;
		t.c += (ptrdiff_t)w->filters * b->x_stride;
	}
}

#endif
