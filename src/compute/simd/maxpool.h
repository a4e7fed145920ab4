/* Max-pooling on its own. */
#ifndef COMPUTE_SIMD_MAXPOOL_H
#define COMPUTE_SIMD_MAXPOOL_H

#include "compute/kernels.h"
#include "compute/simd/vec.h"

static void maxpool_forward(const struct window *w, int n, const float *x, float *y,
							uint16_t *argmax)
{
	for (int s = 0; s < n; s++, x += (ptrdiff_t)w->in_h * w->in_w * w->channels) {
		for (int p = 0; p < w->out_h * w->out_w; p++, y += w->channels, argmax += w->channels) {
			int first = p / w->out_w * w->stride * w->in_w + p % w->out_w * w->stride;
			for (int c = 0; c < w->channels; c += LANES) {
				const float *from = x + (ptrdiff_t)first * w->channels + c;
				vec best = load(from);
				ivec index = isplat(first);
				for (int row = 0; row < w->size; row++, from += w->in_w * w->channels) {
					for (int column = 0; column < w->size; column++) {
						vec v = load(from + column * w->channels);
						int at = first + row * w->in_w + column;
						index = where_larger(v, best, isplat(at), index);
						best = larger(v, best);
					}
				}
				store_part(y + c, best, w->channels - c);
				store_halves(argmax + c, index, w->channels - c);
			}
		}
	}
}

/* Each pixel of a window gets dy or 0; where windows overlap, added to what others gave it. */
static void maxpool_spread(const struct window *w, const uint16_t *argmax, const float *dy,
						   float *dx)
{
	bool overlap = w->stride < w->size;

	for (int p = 0; p < w->out_h * w->out_w; p++, dy += w->channels, argmax += w->channels) {
		int first = p / w->out_w * w->stride * w->in_w + p % w->out_w * w->stride;
		for (int c = 0; c < w->channels; c += LANES) {
			vec g = load(dy + c);
			ivec index = load_halves(argmax + c);
			for (int row = 0; row < w->size; row++) {
				int at = first + row * w->in_w;
				float *to = dx + (ptrdiff_t)at * w->channels + c;
				for (int end = at + w->size; at < end; at++, to += w->channels) {
					vec mine = (vec)((index == at) & (ivec)g);
					store_part(to, overlap ? load(to) + mine : mine, w->channels - c);
				}
			}
		}
	}
}

static void maxpool_backward(const struct window *w, int n, const uint16_t *argmax, const float *dy,
							 float *dx)
{
	size_t in = (size_t)w->in_h * w->in_w * w->channels;
	size_t out = (size_t)w->out_h * w->out_w * w->channels;
	bool exact =
		w->stride == w->size && w->out_h * w->stride == w->in_h && w->out_w * w->stride == w->in_w;

	if (!exact)
		memset(dx, 0, n * in * sizeof *dx);
	for (int s = 0; s < n; s++, dx += in, dy += out, argmax += out)
		maxpool_spread(w, argmax, dy, dx);
}

#endif
