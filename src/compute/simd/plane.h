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
	int inside; /* where the image begins in its plane, behind the padding */
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
	p.inside = w->pad_top * p.row + w->pad_left * w->channels;
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

/* Copies the part of the image that is inside of the plane, between arrays with rows of so many
 * floats. */
static void plane_copy(const struct window *w, const struct plane *p, const float *from,
					   ptrdiff_t from_row, float *to, ptrdiff_t to_row)
{
	int rows = least(w->in_h, p->h - w->pad_top);
	size_t columns = (size_t)least(w->in_w, p->w - w->pad_left) * w->channels;

	for (int y = 0; y < rows; y++, from += from_row, to += to_row)
		memcpy(to, from, columns * sizeof *to);
}

static const float *plane_fill(const struct window *w, const struct plane *p, const float *x,
							   float *copy)
{
	if (!p->copied)
		return x;
	memset(copy, 0, (size_t)p->h * p->row * sizeof *copy);
	plane_copy(w, p, x, (ptrdiff_t)w->in_w * w->channels, copy + p->inside, p->row);
	return copy;
}

/* Copies to dx the middle of the plane, without the zeros around it. */
static void plane_take(const struct window *w, const struct plane *p, const float *plane, float *dx)
{
	memset(dx, 0, (size_t)w->in_h * w->in_w * w->channels * sizeof *dx);
	plane_copy(w, p, plane + p->inside, p->row, dx, (ptrdiff_t)w->in_w * w->channels);
}

#endif
