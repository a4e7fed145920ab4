/* Every kernel as the plainest loops: these specify the results of all other tables.
 *
 * All of them come down to two operations on strips of consecutive numbers: a dot product forward,
 * y = bias + x · w, and backward "add g times", dw += g x and dx += g w. Behind max-pooling and
 * relu nine of ten gradients g are zero; these are passed over. */
#include "compute/kernels.h"

#include <string.h>

#include "compute/channelwise.h"
#include "compute/elementwise.h"

/* A sum of products in progress. With sixteen independent sums the compiler may use vector
 * registers; with one it may not, since floating-point addition is not associative. */
#define PARTIAL_SUMS 16

struct sum {
	float partial[PARTIAL_SUMS], rest;
};

static inline void dot_add(struct sum *sum, int count, const float *restrict a,
						   const float *restrict b)
{
	int i = 0;

	for (; i + PARTIAL_SUMS <= count; i += PARTIAL_SUMS)
		for (int lane = 0; lane < PARTIAL_SUMS; lane++)
			sum->partial[lane] += a[i + lane] * b[i + lane];
	for (; i < count; i++)
		sum->rest += a[i] * b[i];
}

static inline float total(const struct sum *sum)
{
	const float *partial = sum->partial;
	float four[4];

	for (int i = 0; i < 4; i++)
		four[i] = (partial[i] + partial[i + 4]) + (partial[i + 8] + partial[i + 12]);
	return ((four[0] + four[1]) + (four[2] + four[3])) + sum->rest;
}

/* y += a x */
static void add_times(int count, float a, const float *restrict x, float *restrict y)
{
	for (int i = 0; i < count; i++)
		y[i] += a * x[i];
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static size_t image_size(const struct window *w)
{
	return (size_t)w->in_h * w->in_w * w->channels;
}

/* The part of a window that lies inside the image: `rows` strips of `count` floats. The first one
 * begins at x[first_x] and meets filter[first_filter]; the next is x_row and filter_row further. */
struct clip {
	int rows, count;
	ptrdiff_t first_x, x_row, first_filter, filter_row;
};

/* The window of output pixel p. */
static struct clip clip_window(const struct window *w, int p)
{
	int y = p / w->out_w * w->stride - w->pad_top, x = p % w->out_w * w->stride - w->pad_left;
	int row = most(0, -y), column = most(0, -x);
	struct clip clip = {.rows = least(w->size, w->in_h - y) - row,
						.count = (least(w->size, w->in_w - x) - column) * w->channels,
						.x_row = w->in_w * w->channels,
						.filter_row = w->size * w->channels};

	clip.first_x = (y + row) * clip.x_row + (x + column) * w->channels;
	clip.first_filter = row * clip.filter_row + column * w->channels;
	return clip;
}

static size_t conv_prepared_size(const struct window *w, bool backward)
{
	(void)w, (void)backward;
	return 0;
}

static size_t conv_scratch_size(const struct window *w, int n)
{
	(void)w, (void)n;
	return 0;
}

static void conv_prepare(const struct window *w, bool backward, const float *filters, int first,
						 int count, void *prepared)
{
	(void)w, (void)backward, (void)filters, (void)first, (void)count, (void)prepared;
}

static void conv_forward(const struct window *w, int n, const float *x, const float *filters,
						 const void *prepared, const float *bias, float *y, void *scratch)
{
	int filter_size = w->size * w->size * w->channels;

	(void)prepared, (void)scratch;
	for (int s = 0; s < n; s++, x += image_size(w)) {
		for (int p = 0; p < w->out_h * w->out_w; p++) {
			struct clip clip = clip_window(w, p);
			for (int f = 0; f < w->filters; f++) {
				const float *strip = x + clip.first_x;
				const float *weights = filters + (ptrdiff_t)f * filter_size + clip.first_filter;
				struct sum sum = {0};
				for (int row = 0; row < clip.rows; row++)
					dot_add(&sum, clip.count, strip + row * clip.x_row,
							weights + row * clip.filter_row);
				*y++ = bias[f] + total(&sum);
			}
		}
	}
}

static void conv_backward(const struct window *w, int n, const float *x, const float *filters,
						  const void *prepared, const float *dy, float *dfilters, float *dbias,
						  float *dx, void *scratch)
{
	int filter_size = w->size * w->size * w->channels;

	(void)prepared, (void)scratch;
	if (dx)
		memset(dx, 0, n * image_size(w) * sizeof *dx);
	for (int i = 0; i < n * w->out_h * w->out_w; i++, dy += w->filters) {
		struct clip clip = clip_window(w, i % (w->out_h * w->out_w));
		size_t at = i / (w->out_h * w->out_w) * image_size(w) + clip.first_x;
		for (int f = 0; f < w->filters; f++) {
			ptrdiff_t weight = (ptrdiff_t)f * filter_size + clip.first_filter;
			if (dy[f] == 0)
				continue;
			dbias[f] += dy[f];
			for (int row = 0; row < clip.rows; row++) {
				size_t strip = at + row * clip.x_row;
				add_times(clip.count, dy[f], x + strip, dfilters + weight + row * clip.filter_row);
				if (dx)
					add_times(clip.count, dy[f], filters + weight + row * clip.filter_row,
							  dx + strip);
			}
		}
	}
}

/* Strict >: ties go to the first pixel, so that gradients are deterministic. */
static void maxpool_forward(const struct window *w, int n, const float *x, float *y,
							uint16_t *argmax)
{
	for (int s = 0; s < n; s++, x += image_size(w)) {
		for (int i = 0; i < w->out_h * w->out_w * w->channels; i++) {
			int first = window_start(w, i / w->channels), c = i % w->channels, place = first;
			for (int k = 1; k < w->size * w->size; k++) {
				int pixel = first + k / w->size * w->in_w + k % w->size;
				if (x[pixel * w->channels + c] > x[place * w->channels + c])
					place = pixel;
			}
			*y++ = x[place * w->channels + c];
			*argmax++ = (uint16_t)place;
		}
	}
}

/* The mean of the deviations from a first mean makes up for that one's rounding. */
static void batchnorm_moments(int channels, int pixels, const float *x, float *mean, float *squares)
{
	float count = (float)pixels;

	for (int c = 0; c < channels; c++) {
		float sum = 0, rest = 0, square = 0;
		for (int p = 0; p < pixels; p++)
			sum += x[p * channels + c];
		for (int p = 0; p < pixels; p++) {
			float d = x[p * channels + c] - sum / count;
			rest += d;
			square += d * d;
		}
		mean[c] = sum / count + rest / count;
		squares[c] = square;
	}
}

static void batchnorm_sums(int channels, int pixels, const float *x, const float *mean,
						   const float *dy, float *sum, float *product)
{
	memset(sum, 0, (size_t)channels * sizeof *sum);
	memset(product, 0, (size_t)channels * sizeof *product);
	for (int p = 0; p < pixels; p++, x += channels, dy += channels) {
		for (int c = 0; c < channels; c++) {
			sum[c] += dy[c];
			product[c] += dy[c] * (x[c] - mean[c]);
		}
	}
}

/* A dense layer is a convolution of one pixel. */
static void dense_forward(int inputs, int units, int n, const float *x, const float *weights,
						  const float *bias, float *y)
{
	const struct window pixel = {1, 1, inputs, 1, 1, units, .size = 1, .stride = 1};

	conv_forward(&pixel, n, x, weights, NULL, bias, y, NULL);
}

static size_t dense_scratch_size(int units, int n)
{
	(void)units, (void)n;
	return 0;
}

static void dense_backward_weights(int inputs, int units, int first, int count, int n,
								   const float *x, const float *dy, float *dweights, float *dbias,
								   void *scratch)
{
	(void)scratch;
	for (int u = first; u < first + count; u++) {
		float *dweight = dweights + (size_t)u * inputs;
		dbias[u] = 0;
		memset(dweight, 0, (size_t)inputs * sizeof *dweight);
		for (int s = 0; s < n; s++) {
			float g = dy[(size_t)s * units + u];
			if (g == 0)
				continue;
			dbias[u] += g;
			add_times(inputs, g, x + (size_t)s * inputs, dweight);
		}
	}
}

static void dense_backward_input(int inputs, int units, int n, const float *weights,
								 const float *dy, float *dx, void *scratch)
{
	(void)scratch;
	memset(dx, 0, (size_t)n * inputs * sizeof *dx);
	for (int s = 0; s < n; s++)
		for (int u = 0; u < units; u++)
			if (dy[(size_t)s * units + u] != 0)
				add_times(inputs, dy[(size_t)s * units + u], weights + (size_t)u * inputs,
						  dx + (size_t)s * inputs);
}

const struct kernels kernels_reference = {
	.name = "reference",
#define KERNEL(result, function, ...) .function = function,
#define KERNEL_OPTIONAL(...)
#include "compute/kernels.def"
};
