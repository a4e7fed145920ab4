/* Max-pooling: lanes run along channels. */
#ifndef COMPUTE_SIMD_MAXPOOL_H
#define COMPUTE_SIMD_MAXPOOL_H

#include "compute/kernels.h"
#include "compute/simd/vec.h"

/* One window, which begins with pixel `first`. Ties go to the first pixel. */
ALWAYS_INLINE void maxpool_window(const struct window *w, int first, const float *x, float *y,
								  uint16_t *argmax)
{
	for (int c = 0; c < w->channels; c += LANES) {
		int width = least(LANES, w->channels - c);
		vec largest = load_first(x + (ptrdiff_t)first * w->channels + c, width);
		ivec place = isplat(first);
		int32_t places[LANES];
		for (int row = 0; row < w->size; row++) {
			for (int column = 0; column < w->size; column++) {
				int pixel = first + row * w->in_w + column;
				vec value = load_first(x + (ptrdiff_t)pixel * w->channels + c, width);
				place = where_larger(value, largest, isplat(pixel), place);
				largest = larger(value, largest);
			}
		}
		store_first(y + c, largest, width);
		memcpy(places, &place, sizeof places);
		for (int i = 0; i < width; i++)
			argmax[c + i] = (uint16_t)places[i];
	}
}

static void maxpool_forward(const struct window *w, int n, const float *x, float *y,
							uint16_t *argmax)
{
	for (int s = 0; s < n; s++, x += (ptrdiff_t)w->in_h * w->in_w * w->channels)
		for (int p = 0; p < w->out_h * w->out_w; p++, y += w->channels, argmax += w->channels)
			maxpool_window(w, window_start(w, p), x, y, argmax);
}

#endif
