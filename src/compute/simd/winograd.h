/* Convolution, Winograd's way.
 *
 * F(5×5, 3×3) of Lavin & Gray 2016: a tile of 5 × 5 outputs sees 7 × 7 inputs d, and is
 *   Aᵀ [(G g Gᵀ) · (Bᵀ d B)] A,
 * 49 multiplications instead of 225. For each of the 49 places, the sum over channels is a product
 * of matrices: tiles × channels by channels × filters. A, B and G are Toom and Cook's: each of
 * seven points gives a column of Aᵀ, a row of Bᵀ and one of G. The points ±1/4, ±7/8, ±7/4 and
 * infinity round less than other pairs of eighths: the error is four times that of the plain sum
 * (root mean square; of a tile's last output eight times). All numbers of A and B are exact, and a
 * pair shares its even and odd powers.
 *
 * Backward is the same transposed. The filters' gradient is Gᵀ [sum over tiles of (A dy Aᵀ) · (Bᵀ d
 * B)] G, filters × tiles by tiles × channels for each place; the input's is a convolution of dy
 * with the filters turned round (winograd_adjoint). */
#ifndef COMPUTE_SIMD_WINOGRAD_H
#define COMPUTE_SIMD_WINOGRAD_H

#include "base/memory.h"
#include "compute/simd/direct.h"

#define TILE_OUT 5
#define TILE_IN 7
#define PLACES (TILE_IN * TILE_IN)
#define TILES_AT_ONCE 16  /* of several samples: with fewer the filters are loaded more often */
#define BLOCK (2 * LANES) /* filters at once: so their products stay in the cache */

/* A point p and its opposite -p; q² and r² are the squares of the others. */
static const struct {
	float p, p2, p3, p4;
	float sum, product; /* q² + r², q² r² */
	float g0, g1, g2;   /* 1, p and p², each / (2p (p² - q²) (p² - r²)) */
} points[3] = {
	{1 / 4.0f, 1 / 16.0f, 1 / 64.0f, 1 / 256.0f, 245 / 64.0f, 2401 / 1024.0f, 128 / 135.0f,
	 32 / 135.0f, 8 / 135.0f},
	{7 / 8.0f, 49 / 64.0f, 343 / 512.0f, 2401 / 4096.0f, 25 / 8.0f, 49 / 256.0f, -16384 / 46305.0f,
	 -2048 / 6615.0f, -256 / 945.0f},
	{7 / 4.0f, 49 / 16.0f, 343 / 64.0f, 2401 / 256.0f, 53 / 64.0f, 49 / 1024.0f, 128 / 3087.0f,
	 32 / 441.0f, 8 / 63.0f},
};

/* The tiles of a convolution, and the scratch memory of a forward call or of the gradient. */
struct winograd {
	int tiles_y, tiles_x, tiles; /* of a sample */
	int samples;                 /* at once */
	struct plane plane;
	int x_stride, y_stride; /* floats of one place's channels, of its filters: whole vectors */
	size_t in, out;         /* floats of a sample of x, of y */
	float *copy;            /* of the plane */
	float *v;               /* [samples][tile][place][x_stride] */
	float *m;   /* [samples][tile][place][BLOCK], or the gradient's [filter][place][x_stride] */
	float *all; /* one sample's [pixel][BLOCK], before they are pooled */
	float *d;   /* [n][tile][place][y_stride] of dy */
};

/* Few channels, and tiles that lie mostly outside of the image, cost more than they save. */
static bool uses_winograd(const struct window *w)
{
	int tiles = divide_up(w->out_h, TILE_OUT) * divide_up(w->out_w, TILE_OUT);

	return w->size == 3 && w->stride == 1 && w->channels >= 8 && w->filters >= 8 &&
		   PLACES * tiles < 5 * w->out_h * w->out_w;
}

static struct winograd winograd_of(const struct window *w, int n)
{
	struct winograd g = {.tiles_y = divide_up(w->out_h, TILE_OUT),
						 .tiles_x = divide_up(w->out_w, TILE_OUT)};

	g.tiles = g.tiles_y * g.tiles_x;
	g.samples = least(n, divide_up(TILES_AT_ONCE, g.tiles));
	g.plane = plane_of(w, TILE_OUT * g.tiles_y, TILE_OUT * g.tiles_x);
	g.x_stride = divide_up(w->channels, LANES) * LANES;
	g.y_stride = divide_up(w->filters, LANES) * LANES;
	g.in = (size_t)w->in_h * w->in_w * w->channels;
	g.out = (size_t)w->out_h * w->out_w * w->filters;
	return g;
}

/* ---- one row or column ---- */

/* G g */
ALWAYS_INLINE void times_g(const vec g[3], vec u[TILE_IN])
{
	UNROLL_FOR (int i = 0; i < 3; i++) {
		vec even = multiply_add(g[2], splat(points[i].g2), g[0] * points[i].g0);
		vec odd = g[1] * points[i].g1;
		u[2 * i] = odd + even;
		u[2 * i + 1] = odd - even;
	}
	u[6] = g[2];
}

/* Bᵀ d */
ALWAYS_INLINE void times_bt(const vec d[TILE_IN], vec v[TILE_IN])
{
	UNROLL_FOR (int i = 0; i < 3; i++) {
		vec minus_sum = splat(-points[i].sum), product = splat(points[i].product);
		vec even = multiply_add(d[0], product, multiply_add(d[2], minus_sum, d[4]));
		vec odd = multiply_add(d[1], product, multiply_add(d[3], minus_sum, d[5]));
		v[2 * i] = multiply_add(even, splat(points[i].p), odd);
		v[2 * i + 1] = multiply_add(even, splat(-points[i].p), odd);
	}
	/* The polynomial whose roots are all six points. */
	v[6] = multiply_add(d[4], splat(-249 / 64.0f), d[6]);
	v[6] = multiply_add(d[2], splat(1323 / 512.0f), v[6]);
	v[6] = multiply_add(d[0], splat(-2401 / 16384.0f), v[6]);
}

/* Aᵀ m */
ALWAYS_INLINE void times_at(const vec m[TILE_IN], vec y[TILE_OUT])
{
	vec sum[3], difference[3];

	UNROLL_FOR (int i = 0; i < 3; i++) {
		sum[i] = m[2 * i] + m[2 * i + 1];
		difference[i] = m[2 * i] - m[2 * i + 1];
	}
	y[0] = sum[0] + sum[1] + sum[2];
	y[1] = difference[0] * points[0].p;
	y[2] = sum[0] * points[0].p2;
	y[3] = difference[0] * points[0].p3;
	y[4] = multiply_add(sum[0], splat(points[0].p4), m[6]);
	UNROLL_FOR (int i = 1; i < 3; i++) {
		y[1] = multiply_add(difference[i], splat(points[i].p), y[1]);
		y[2] = multiply_add(sum[i], splat(points[i].p2), y[2]);
		y[3] = multiply_add(difference[i], splat(points[i].p3), y[3]);
		y[4] = multiply_add(sum[i], splat(points[i].p4), y[4]);
	}
}

/* A dy */
ALWAYS_INLINE void times_a(const vec dy[TILE_OUT], vec m[TILE_IN])
{
	UNROLL_FOR (int i = 0; i < 3; i++) {
		vec p = splat(points[i].p), p2 = splat(points[i].p2);
		vec even = multiply_add(multiply_add(dy[4], p2, dy[2]), p2, dy[0]);
		vec odd = multiply_add(dy[3], p2, dy[1]);
		m[2 * i] = multiply_add(odd, p, even);
		m[2 * i + 1] = multiply_add(odd, -p, even);
	}
	m[6] = dy[4];
}

/* Gᵀ m */
ALWAYS_INLINE void times_gt(const vec m[TILE_IN], vec g[3])
{
	g[0] = g[1] = (vec){0};
	g[2] = m[6];
	UNROLL_FOR (int i = 0; i < 3; i++) {
		vec odd = m[2 * i] + m[2 * i + 1], even = m[2 * i] - m[2 * i + 1];
		g[0] = multiply_add(even, splat(points[i].g0), g[0]);
		g[1] = multiply_add(odd, splat(points[i].g1), g[1]);
		g[2] = multiply_add(even, splat(points[i].g2), g[2]);
	}
}

/* ---- forward ---- */

/* Element (filter, k, channel) of filters that lie in any order. */
struct filter_strides {
	ptrdiff_t filter, k, channel;
};

/* The floats from one place to the next in prepared filters. They are a cache line more than
 * needed: places that are a power of two apart would push each other out of the cache. */
static ptrdiff_t filters_place(const struct window *w)
{
	return (ptrdiff_t)w->channels * BLOCK + 16;
}

/* G g Gᵀ of so many filters and channels, to [filters / BLOCK][place][channel][BLOCK]. */
static void winograd_filters(const struct window *w, const float *filters,
							 struct filter_strides strides, int filter_count, int channels,
							 float *prepared)
{
	ptrdiff_t place = filters_place(w);

	for (int f = 0; f < filter_count; f += LANES) {
		float *block = prepared + f / BLOCK * PLACES * place + f % BLOCK;
		int lanes = least(LANES, filter_count - f);
		for (int c = 0; c < channels; c++) {
			float *to = block + c * BLOCK;
			const float *from = filters + f * strides.filter + c * strides.channel;
			vec g[3][3] = {{{0}}}, t[TILE_IN][3];
			for (int k = 0; k < 9; k++)
				for (int lane = 0; lane < lanes; lane++)
					g[k % 3][k / 3][lane] = from[lane * strides.filter + k * strides.k];
			UNROLL_FOR (int j = 0; j < 3; j++) {
				vec u[TILE_IN];
				times_g(g[j], u);
				UNROLL_FOR (int i = 0; i < TILE_IN; i++)
					t[i][j] = u[i];
			}
			UNROLL_FOR (int i = 0; i < TILE_IN; i++) {
				vec u[TILE_IN];
				times_g(t[i], u);
				UNROLL_FOR (int j = 0; j < TILE_IN; j++)
					store(to + (i * TILE_IN + j) * place, u[j]);
			}
		}
	}
}

/* Bᵀ d B of one sample, to [tile][place][channels] */
static void winograd_input(const struct window *w, const struct winograd *g, const float *x,
						   float *v)
{
	for (int tile = 0; tile < g->tiles; tile++, v += PLACES * g->x_stride) {
		int row = tile / g->tiles_x * TILE_OUT, column = tile % g->tiles_x * TILE_OUT;
		const float *from = x + (ptrdiff_t)row * g->plane.row + column * w->channels;
		for (int c = 0; c < w->channels; c += LANES) {
			vec t[TILE_IN][TILE_IN];
			UNROLL_FOR (int j = 0; j < TILE_IN; j++) {
				vec d[TILE_IN], u[TILE_IN];
				UNROLL_FOR (int i = 0; i < TILE_IN; i++)
					d[i] = load(from + i * g->plane.row + j * w->channels + c);
				times_bt(d, u);
				UNROLL_FOR (int i = 0; i < TILE_IN; i++)
					t[i][j] = u[i];
			}
			UNROLL_FOR (int i = 0; i < TILE_IN; i++) {
				vec u[TILE_IN];
				times_bt(t[i], u);
				UNROLL_FOR (int j = 0; j < TILE_IN; j++)
					store(v + (i * TILE_IN + j) * g->x_stride + c, u[j]);
			}
		}
	}
}

/* Aᵀ m A of one sample, plus bias; y has pixels of y_pixel floats. */
static void winograd_output(const struct window *w, const struct winograd *g, const float *m,
							const float *bias, int columns, ptrdiff_t y_pixel, float *y)
{
	for (int tile = 0; tile < g->tiles; tile++, m += PLACES * BLOCK) {
		int row = tile / g->tiles_x * TILE_OUT, column = tile % g->tiles_x * TILE_OUT;
		int rows = least(TILE_OUT, w->out_h - row), across = least(TILE_OUT, w->out_w - column);
		for (int f = 0; f < columns; f += LANES) {
			float *to = y + ((ptrdiff_t)row * w->out_w + column) * y_pixel + f;
			vec t[TILE_OUT][TILE_IN], start = bias ? load(bias + f) : (vec){0};
			UNROLL_FOR (int j = 0; j < TILE_IN; j++) {
				vec in[TILE_IN], out[TILE_OUT];
				UNROLL_FOR (int i = 0; i < TILE_IN; i++)
					in[i] = load(m + (i * TILE_IN + j) * BLOCK + f);
				times_at(in, out);
				UNROLL_FOR (int i = 0; i < TILE_OUT; i++)
					t[i][j] = out[i];
			}
			for (int i = 0; i < rows; i++, to += w->out_w * y_pixel) {
				vec out[TILE_OUT];
				times_at(t[i], out);
				UNROLL_FOR (int j = 0; j < TILE_OUT; j++)
					if (j < across)
						store_first(to + j * y_pixel, out[j] + start, columns - f);
			}
		}
	}
}

/* The largest of each pooling window of one sample, whose pixels are at `all`. */
static void winograd_pool(const struct window *w, const float *all, bool relu, int columns,
						  float *y, uint8_t *place_of_max)
{
	ptrdiff_t below = (ptrdiff_t)w->out_w * BLOCK;

	for (int row = 0; row < w->out_h; row += 2, all += below) {
		for (int column = 0; column < w->out_w; column += 2, all += 2 * BLOCK) {
			for (int f = 0; f < columns; f += LANES) {
				vec in[4] = {load(all + f), load(all + BLOCK + f), load(all + below + f),
							 load(all + below + BLOCK + f)};
				store_largest(in, relu, columns - f, y + f, place_of_max + f);
			}
			y += w->filters;
			place_of_max += w->filters;
		}
	}
}

static struct winograd winograd_place(const struct window *w, int n, struct arena *arena)
{
	struct winograd g = winograd_of(w, n);
	size_t places = (size_t)g.samples * g.tiles * PLACES;

	g.copy = arena_take(arena, plane_size(&g.plane), 1);
	g.v = arena_take(arena, places * g.x_stride, sizeof(float));
	g.m = arena_take(arena, places * BLOCK, sizeof(float));
	g.all = arena_take(arena, (size_t)w->out_h * w->out_w * BLOCK, sizeof(float));
	return g;
}

/* n ≤ g->samples of them. y is [pixel][filter], or [window][filter] with the places of the
 * largest. */
static void winograd_some(const struct window *w, const struct winograd *g, int n, const float *x,
						  const float *prepared, const float *bias, bool relu, float *y,
						  uint8_t *place_of_max)
{
	ptrdiff_t places = (ptrdiff_t)g->tiles * PLACES; /* of a sample */
	size_t out = place_of_max ? g->out / 4 : g->out;

	for (int s = 0; s < n; s++)
		winograd_input(w, g, plane_fill(w, &g->plane, x + s * g->in, g->copy),
					   g->v + s * places * g->x_stride);
	for (int f = 0; f < w->filters; f += BLOCK) {
		int columns = least(BLOCK, w->filters - f);
		const float *start = bias ? bias + f : NULL;
		/* clang-format off */
		struct tile t = tile_plan((struct tile){
			.strips = 1, .depth = w->channels,
			.a = g->v, .a_row = PLACES * g->x_stride, .a_k = 1,
			.b = prepared + f / BLOCK * PLACES * filters_place(w), .b_k = BLOCK, .b_vector = LANES,
			.c = g->m, .c_row = PLACES * BLOCK,
			.rows = n * g->tiles, .columns = columns});
		/* clang-format on */
		for (int p = 0; p < PLACES; p++) {
			tile(&t);
			t.a += g->x_stride;
			t.b += filters_place(w);
			t.c += BLOCK;
		}
		for (int s = 0; s < n; s++) {
			const float *m = g->m + s * places * BLOCK;
			float *to = y + s * out + f;
			winograd_output(w, g, m, start, columns, place_of_max ? BLOCK : w->filters,
							place_of_max ? g->all : to);
			if (place_of_max)
				winograd_pool(w, g->all, relu, columns, to, place_of_max + s * out + f);
		}
	}
}

/* `bias` may be NULL. The scratch memory is taken from the arena. */
static void winograd_forward(const struct window *w, int n, const float *x, const float *prepared,
							 const float *bias, bool relu, float *y, uint8_t *place_of_max,
							 struct arena *arena)
{
	struct winograd g = winograd_place(w, n, arena);
	size_t out = place_of_max ? g.out / 4 : g.out;

	for (int first = 0; first < n; first += g.samples)
		winograd_some(w, &g, least(g.samples, n - first), x + first * g.in, prepared, bias, relu,
					  y + first * out, place_of_max ? place_of_max + first * out : NULL);
}

/* Bytes of the filters in winograd_filters' form. */
static size_t winograd_filters_size(const struct window *w)
{
	return PLACES * filters_place(w) * divide_up(w->filters, BLOCK) * sizeof(float);
}

/* ---- backward ---- */

/* The convolution that turns dy into dx; its filters are those of w, rows and columns backwards. */
static struct window winograd_adjoint(const struct window *w)
{
	/* clang-format off */
	return (struct window){
		.in_h = w->out_h, .in_w = w->out_w, .channels = w->filters,
		.out_h = w->in_h, .out_w = w->in_w, .filters = w->channels,
		.size = w->size, .stride = 1,
		.pad_top = w->size - 1 - w->pad_top, .pad_left = w->size - 1 - w->pad_left};
	/* clang-format on */
}

/* A dy Aᵀ of one sample, to [tile][place][filters]; outputs beyond the last row and column count
 * as 0. */
static void winograd_output_gradient(const struct window *w, const struct winograd *g,
									 const float *dy, float *d)
{
	for (int tile = 0; tile < g->tiles; tile++, d += PLACES * g->y_stride) {
		int row = tile / g->tiles_x * TILE_OUT, column = tile % g->tiles_x * TILE_OUT;
		int rows = w->out_h - row, across = w->out_w - column;
		const float *from = dy + ((ptrdiff_t)row * w->out_w + column) * w->filters;
		for (int f = 0; f < w->filters; f += LANES) {
			vec t[TILE_IN][TILE_OUT];
			UNROLL_FOR (int j = 0; j < TILE_OUT; j++) {
				vec q[TILE_OUT], u[TILE_IN];
				UNROLL_FOR (int i = 0; i < TILE_OUT; i++)
					q[i] = i < rows && j < across
							   ? load(from + ((ptrdiff_t)i * w->out_w + j) * w->filters + f)
							   : (vec){0};
				times_a(q, u);
				UNROLL_FOR (int i = 0; i < TILE_IN; i++)
					t[i][j] = u[i];
			}
			UNROLL_FOR (int i = 0; i < TILE_IN; i++) {
				vec u[TILE_IN];
				times_a(t[i], u);
				UNROLL_FOR (int j = 0; j < TILE_IN; j++)
					store(d + (i * TILE_IN + j) * g->y_stride + f, u[j]);
			}
		}
	}
}

/* dfilters += Gᵀ m G, with m [filter][place][channels] */
static void winograd_add_filters(const struct window *w, const struct winograd *g, const float *m,
								 float *dfilters)
{
	for (int f = 0; f < w->filters; f++, m += PLACES * g->x_stride, dfilters += 9 * w->channels) {
		for (int c = 0; c < w->channels; c += LANES) {
			vec t[3][TILE_IN];
			UNROLL_FOR (int j = 0; j < TILE_IN; j++) {
				vec in[TILE_IN], out[3];
				UNROLL_FOR (int i = 0; i < TILE_IN; i++)
					in[i] = load(m + (i * TILE_IN + j) * g->x_stride + c);
				times_gt(in, out);
				UNROLL_FOR (int i = 0; i < 3; i++)
					t[i][j] = out[i];
			}
			UNROLL_FOR (int i = 0; i < 3; i++) {
				float *to = dfilters + i * 3 * w->channels + c;
				vec out[3];
				times_gt(t[i], out);
				UNROLL_FOR (int j = 0; j < 3; j++)
					store_first(to + j * w->channels, load(to + j * w->channels) + out[j],
								w->channels - c);
			}
		}
	}
}

/* Memory of winograd_filters_gradient, for all n samples at once. */
static struct winograd winograd_place_gradient(const struct window *w, int n, struct arena *arena)
{
	struct winograd g = winograd_of(w, n);
	size_t places = (size_t)n * g.tiles * PLACES;

	g.copy = arena_take(arena, plane_size(&g.plane), 1);
	g.v = arena_take(arena, places * g.x_stride, sizeof(float));
	g.d = arena_take(arena, places * g.y_stride, sizeof(float));
	g.m = arena_take(arena, (size_t)w->filters * PLACES * g.x_stride, sizeof(float));
	return g;
}

/* Adds the gradient of n samples to dfilters. */
static void winograd_filters_gradient(const struct window *w, int n, const float *x,
									  const float *dy, float *dfilters, struct arena *arena)
{
	const struct winograd g = winograd_place_gradient(w, n, arena);
	ptrdiff_t places = (ptrdiff_t)g.tiles * PLACES; /* of a sample */
	/* clang-format off */
	struct tile t = tile_plan((struct tile){
		.strips = 1, .depth = n * g.tiles,
		.a = g.d, .a_row = 1, .a_k = PLACES * g.y_stride,
		.b = g.v, .b_k = PLACES * g.x_stride, .b_vector = LANES,
		.c = g.m, .c_row = PLACES * g.x_stride,
		.rows = w->filters, .columns = w->channels});
	/* clang-format on */

	for (int s = 0; s < n; s++) {
		winograd_input(w, &g, plane_fill(w, &g.plane, x + s * g.in, g.copy),
					   g.v + s * places * g.x_stride);
		winograd_output_gradient(w, &g, dy + s * g.out, g.d + s * places * g.y_stride);
	}
	for (int p = 0; p < PLACES; p++) {
		tile(&t);
		t.a += g.y_stride;
		t.b += g.x_stride;
		t.c += g.x_stride;
	}
	winograd_add_filters(w, &g, g.m, dfilters);
}

#endif
