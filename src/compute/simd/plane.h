/* The geometry of a convolution: where its windows begin, and the zeros around its image. */
#ifndef COMPUTE_SIMD_PLANE_H
#define COMPUTE_SIMD_PLANE_H

#include "compute/kernels.h"
#include "compute/simd/vec.h"

/* The image as the loops see it: no window leaves it. An image of 5 × 5 that is padded by 1 is
 * copied into the middle of 7 × 7 zeros; without padding the plane is the image itself. */
struct plane {
	int h, w;
	bool copied;
	int row;    /* floats in a row of pixels */
	int strip;  /* floats in a row of a window, and of a filter */
	int filter; /* floats in a filter */
	int pixels; /* of the output */
};

static struct plane plane_of(const struct window *w, int out_h, int out_w)
{
	struct plane p = {.h = (out_h - 1) * w->stride + w->size,
					  .w = (out_w - 1) * w->stride + w->size};

	p.copied = w->pad_top || w->pad_left || p.h > w->in_h || p.w > w->in_w;
	if (!p.copied) {
		p.h = w->in_h;
		p.w = w->in_w;
	}
	p.row = p.w * w->channels;
	p.strip = w->size * w->channels;
	p.filter = w->size * p.strip;
	p.pixels = w->out_h * w->out_w;
	return p;
}

static size_t plane_size(const struct plane *p)
{
	return p->copied ? round_up((size_t)p->h * p->row * sizeof(float), 64) + KERNELS_SLACK : 0;
}

/* Where the window of output pixel (y, x) begins. */
static int window_offset(const struct window *w, const struct plane *p, int y, int x)
{
	return y * w->stride * p->row + x * w->stride * w->channels;
}

/* The part of the image that is inside of the plane: its rows, and the floats in a row. */
static int plane_rows(const struct window *w, const struct plane *p)
{
	return least(w->in_h, p->h - w->pad_top);
}

static size_t plane_columns(const struct window *w, const struct plane *p)
{
	return (size_t)least(w->in_w, p->w - w->pad_left) * w->channels;
}

static const float *plane_fill(const struct window *w, const struct plane *p, const float *x,
							   float *copy)
{
	if (!p->copied)
		return x;
	memset(copy, 0, (size_t)p->h * p->row * sizeof *copy);
	for (int y = 0; y < plane_rows(w, p); y++)
		memcpy(copy + (ptrdiff_t)(y + w->pad_top) * p->row + w->pad_left * w->channels,
			   x + (ptrdiff_t)y * w->in_w * w->channels, plane_columns(w, p) * sizeof *x);
	return copy;
}

#endif
