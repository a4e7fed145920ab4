/* Kernels that treat each channel alone. Their innermost loops run along channels, and compilers
 * make vectors of these; sums run over pixels, in the same order whatever the vectors' width. So
 * all tables share these sources, as they do with elementwise.h. */
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

/* The first pixel of the window of output pixel p, as an index in the image. */
static inline int window_start(const struct window *w, int p)
{
	return p / w->out_w * w->stride * w->in_w + p % w->out_w * w->stride;
}

static void maxpool_backward(const struct window *w, int n, const uint16_t *argmax, const float *dy,
							 float *dx)
{
	size_t in = (size_t)w->in_h * w->in_w * w->channels;

	memset(dx, 0, n * in * sizeof *dx);
	for (int s = 0; s < n; s++, dx += in)
		for (int p = 0; p < w->out_h * w->out_w; p++)
			for (int c = 0; c < w->channels; c++)
				dx[*argmax++ * w->channels + c] += *dy++;
}

static void avgpool_forward(const struct window *w, int n, const float *x, float *y)
{
	ptrdiff_t in = (ptrdiff_t)w->in_h * w->in_w * w->channels;
	float area = (float)(w->size * w->size);

	for (int s = 0; s < n; s++, x += in) {
		for (int p = 0; p < w->out_h * w->out_w; p++, y += w->channels) {
			const float *from = x + (ptrdiff_t)window_start(w, p) * w->channels;
			memset(y, 0, (size_t)w->channels * sizeof *y);
			for (int row = 0; row < w->size; row++, from += (ptrdiff_t)w->in_w * w->channels)
				for (int column = 0; column < w->size; column++)
					add_channels(w->channels, from + column * w->channels, y);
			for (int c = 0; c < w->channels; c++)
				y[c] /= area;
		}
	}
}

static inline void add_share(int channels, float area, const float *restrict dy, float *restrict dx)
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
			float *to = dx + (ptrdiff_t)window_start(w, p) * w->channels;
			for (int row = 0; row < w->size; row++, to += (ptrdiff_t)w->in_w * w->channels)
				for (int column = 0; column < w->size; column++)
					add_share(w->channels, area, dy, to + column * w->channels);
		}
	}
}

static void batchnorm_forward(int channels, int pixels, const float *restrict x,
							  const float *restrict mean, const float *restrict scale,
							  const float *restrict bias, float *restrict y)
{
	for (int p = 0; p < pixels; p++, x += channels, y += channels)
		for (int c = 0; c < channels; c++)
			y[c] = (x[c] - mean[c]) * scale[c] + bias[c];
}

static void batchnorm_backward(int channels, int pixels, const float *restrict x,
							   const float *restrict mean, const float *restrict dy,
							   const float *restrict scale, const float *restrict slope,
							   const float *restrict offset, float *restrict dx)
{
	for (int p = 0; p < pixels; p++, x += channels, dy += channels, dx += channels)
		for (int c = 0; c < channels; c++)
			dx[c] = dy[c] * scale[c] + (x[c] - mean[c]) * slope[c] + offset[c];
}

#endif
