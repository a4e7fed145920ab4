/* Kernels that treat each channel alone. Their innermost loops run along channels, and compilers
 * make vectors of these; sums run over pixels, in an order that does not depend on that. So, as
 * with elementwise.h, all tables share these sources. */
#ifndef COMPUTE_CHANNELWISE_H
#define COMPUTE_CHANNELWISE_H

#include <string.h>

#include "compute/kernels.h"

/* y += x */
static inline void add_channels(int channels, const float *restrict x, float *restrict y)
{
	for (int c = 0; c < channels; c++)
		y[c] += x[c];
}

/* The first pixel of the window of output pixel p, as an offset in the image. */
static inline ptrdiff_t window_start(const struct window *w, int p)
{
	ptrdiff_t row = (ptrdiff_t)(p / w->out_w) * w->stride, column = p % w->out_w * w->stride;

	return (row * w->in_w + column) * w->channels;
}

static void avgpool_forward(const struct window *w, int n, const float *x, float *y)
{
	ptrdiff_t in = (ptrdiff_t)w->in_h * w->in_w * w->channels;
	float area = (float)(w->size * w->size);

	for (int s = 0; s < n; s++, x += in) {
		for (int p = 0; p < w->out_h * w->out_w; p++, y += w->channels) {
			const float *from = x + window_start(w, p);
			memset(y, 0, (size_t)w->channels * sizeof *y);
			for (int row = 0; row < w->size; row++, from += (ptrdiff_t)w->in_w * w->channels)
				for (int column = 0; column < w->size; column++)
					add_channels(w->channels, from + column * w->channels, y);
			for (int c = 0; c < w->channels; c++)
				y[c] /= area;
		}
	}
}

static inline void add_part(int channels, float area, const float *restrict dy, float *restrict dx)
{
	for (int c = 0; c < channels; c++)
		dx[c] += dy[c] / area;
}

static void avgpool_backward(const struct window *w, int n, const float *dy, float *dx)
{
	ptrdiff_t in = (ptrdiff_t)w->in_h * w->in_w * w->channels;
	float area = (float)(w->size * w->size);

	memset(dx, 0, (size_t)n * in * sizeof *dx);
	for (int s = 0; s < n; s++, dx += in) {
		for (int p = 0; p < w->out_h * w->out_w; p++, dy += w->channels) {
			float *to = dx + window_start(w, p);
			for (int row = 0; row < w->size; row++, to += (ptrdiff_t)w->in_w * w->channels)
				for (int column = 0; column < w->size; column++)
					add_part(w->channels, area, dy, to + column * w->channels);
		}
	}
}

static inline void normalize(int channels, const float *restrict x, const float *restrict mean,
							 const float *restrict scale, const float *restrict bias,
							 float *restrict y)
{
	for (int c = 0; c < channels; c++)
		y[c] = (x[c] - mean[c]) * scale[c] + bias[c];
}

static void batchnorm_forward(int channels, int pixels, const float *x, const float *mean,
							  const float *scale, const float *bias, float *y)
{
	for (int p = 0; p < pixels; p++, x += channels, y += channels)
		normalize(channels, x, mean, scale, bias, y);
}

static inline void normalize_back(int channels, const float *restrict x, const float *restrict mean,
								  const float *restrict dy, const float *restrict scale,
								  const float *restrict slope, const float *restrict offset,
								  float *restrict dx)
{
	for (int c = 0; c < channels; c++)
		dx[c] = dy[c] * scale[c] + (x[c] - mean[c]) * slope[c] + offset[c];
}

static void batchnorm_backward(int channels, int pixels, const float *x, const float *mean,
							   const float *dy, const float *scale, const float *slope,
							   const float *offset, float *dx)
{
	for (int p = 0; p < pixels; p++, x += channels, dy += channels, dx += channels)
		normalize_back(channels, x, mean, dy, scale, slope, offset, dx);
}

#endif
