/* The loops where all time is spent, as a table of functions.
 *
 * Letters used throughout: n samples, h height, w width, c channels. Activations are NHWC: the
 * channel is the fastest index. Weights are the output first, then the input in its own order:
 * convolution filters (filters, size, size, channels), dense weights (units, inputs). So a row of a
 * window and the filter's row that it meets are both one run of consecutive numbers.
 * Gradients take a d: dy is the loss's derivative by y. */
#ifndef COMPUTE_KERNELS_H
#define COMPUTE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"

/* A square window sliding over an image: a convolution, or a pooling (filters = channels).
 * Output pixel (y, x) sees the input rows y × stride - pad_top … + size - 1, and columns alike;
 * what lies outside of the image counts as 0 for a convolution and as absent for a pooling. */
struct window {
	int in_h, in_w, channels;
	int out_h, out_w, filters;
	int size, stride, pad_top, pad_left;
};

struct adam_rates {
	float step_size; /* learning rate × sqrt(1 - beta2^t) / (1 - beta1^t) */
	float beta1, beta2;
	float epsilon; /* × sqrt(1 - beta2^t): Kingma & Ba 2015, end of section 2 */
};

/* Every function is pure: its results depend on its arguments alone. Sizes are those of one
 * sample, n counts samples. "Adds" means that the result is added to what is there.
 *
 * Kernels read whole vectors: up to KERNELS_SLACK bytes behind the end of every input must be
 * readable; what stands there has no influence. Nothing is written behind the end. */
#define KERNELS_SLACK 64

/* A place_of_max that is none of the four: a relu lets no gradient pass. */
#define PLACE_NONE 4

/* Filters that are prepared at once, or a multiple: no two units share a vector. */
#define PREPARE_UNIT 32

struct kernels {
	const char *name;

	/* What the convolutions of one shape need: bytes for the prepared filters (`backward`: for
	 * conv_backward, too), and of scratch memory for one call with up to n samples. Both begin on
	 * 64-byte boundaries. */
	size_t (*conv_prepared_size)(const struct window *window, bool backward);
	size_t (*conv_scratch_size)(const struct window *window, int n);
	/* Bring `count` filters from `first` on, a multiple of PREPARE_UNIT, into the form that the others
	 * read; after each change of them. */
	void (*conv_prepare)(const struct window *window, bool backward, const float *filters,
						 int first, int count, void *prepared);

	/* y[p][f] = bias[f] + sum over the window of x × filters */
	void (*conv_forward)(const struct window *window, int n, const float *x, const float *filters,
						 const void *prepared, const float *bias, float *y, void *scratch);
	/* Adds to dfilters and dbias; overwrites dx, unless that is NULL. */
	void (*conv_backward)(const struct window *window, int n, const float *x, const float *filters,
						  const void *prepared, const float *dy, float *dfilters, float *dbias,
						  float *dx, void *scratch);

	/* NULL in a table that has no fast way for these two.
	 * A convolution and the max-pooling 2 × 2 behind it in one, where out_h and out_w are even: y is
	 * [out_h / 2][out_w / 2][filters], place_of_max says which of the four pixels it comes from (0
	 * to 3, row by row; ties go to the first), and dy is its gradient. With `relu` there is one
	 * behind them: y stays NaN, and the place is PLACE_NONE where y is not above 0. */
	void (*conv_pool_forward)(const struct window *window, int n, const float *x,
							  const float *filters, const void *prepared, const float *bias,
							  bool relu, float *y, uint8_t *place_of_max, void *scratch);
	void (*conv_pool_backward)(const struct window *window, int n, const float *x,
							   const float *filters, const float *dy, const uint8_t *place_of_max,
							   float *dfilters, float *dbias, float *dx, void *scratch);

	/* The largest of each window, and its index in the input image (y × in_w + x), which is where
	 * the gradient goes back to. Ties go to the first; NaN is not larger than anything. */
	void (*maxpool_forward)(const struct window *window, int n, const float *x, float *y,
							uint16_t *argmax);
	/* Overwrites dx. */
	void (*maxpool_backward)(const struct window *window, int n, const uint16_t *argmax,
							 const float *dy, float *dx);

	/* The mean of each window. Overwrites dx. */
	void (*avgpool_forward)(const struct window *window, int n, const float *x, float *y);
	void (*avgpool_backward)(const struct window *window, int n, const float *dy, float *dx);

	/* Batch normalization, for any number of pixels of all samples, [pixels][channels]; all other
	 * arrays have a number for each channel. All of them overwrite their results.
	 * moments: the mean, and the sum of squared deviations from it. */
	void (*batchnorm_moments)(int channels, int pixels, const float *x, float *mean,
							  float *squares);
	/* y = (x - mean) scale + bias */
	void (*batchnorm_forward)(int channels, int pixels, const float *x, const float *mean,
							  const float *scale, const float *bias, float *y);
	/* sum of dy, and of dy (x - mean) */
	void (*batchnorm_sums)(int channels, int pixels, const float *x, const float *mean,
						   const float *dy, float *sum, float *product);
	/* dx = dy scale + (x - mean) slope + offset */
	void (*batchnorm_backward)(int channels, int pixels, const float *x, const float *mean,
							   const float *dy, const float *scale, const float *slope,
							   const float *offset, float *dx);

	/* y = bias + weights x */
	void (*dense_forward)(int inputs, int units, int n, const float *x, const float *weights,
						  const float *bias, float *y);
	/* Bytes of scratch memory for one call of the next two, with up to n samples. */
	size_t (*dense_scratch_size)(int units, int n);
	/* Overwrites dweights and dbias for `count` units from `first` on; dy has all units. */
	void (*dense_backward_weights)(int inputs, int units, int first, int count, int n,
								   const float *x, const float *dy, float *dweights, float *dbias,
								   void *scratch);
	/* Overwrites dx. */
	void (*dense_backward_input)(int inputs, int units, int n, const float *weights,
								 const float *dy, float *dx, void *scratch);

	/* y = max(x, 0), NaN stays NaN; dx = dy where y > 0, else 0. x and y, dy and dx may be one
	 * buffer. */
	void (*relu_forward)(size_t count, const float *x, float *y);
	void (*relu_backward)(size_t count, const float *y, const float *dy, float *dx);

	/* y = tanh(x) and y = 1 / (1 + exp(-x)), to within 3 units in the last place; dx = dy (1 - y²) and
	 * dx = dy y (1 - y). NaN stays NaN; buffers may be shared as relu's. */
	void (*tanh_forward)(size_t count, const float *x, float *y);
	void (*tanh_backward)(size_t count, const float *y, const float *dy, float *dx);
	void (*sigmoid_forward)(size_t count, const float *x, float *y);
	void (*sigmoid_backward)(size_t count, const float *y, const float *dy, float *dx);

	/* y[i] = 0 or x[i] / (1 - rate), scaled while training so that inference needs nothing
	 * (Srivastava et al. 2014). Element e = first + i is dropped where the 16 bits number e mod 4,
	 * lowest first, of draw e / 4 are below rate × 65536, rounded down; the scale uses that same
	 * rounded rate. Its own backward: apply it to dy. May work in place. */
	void (*dropout)(size_t count, struct rng rng, uint64_t first, float rate, const float *x,
					float *y);

	/* One step of Adam (Kingma & Ba 2015) for `count` parameters and their two moments. */
	void (*adam)(size_t count, const struct adam_rates *rates, const float *grad, float *value,
				 float *m, float *v);
	/* One step of gradient descent with momentum (Polyak 1964), in PyTorch's form:
	 * velocity = momentum × velocity + grad; value -= learning_rate × velocity. */
	void (*sgd)(size_t count, float learning_rate, float momentum, const float *grad, float *value,
				float *velocity);
	/* value -= share × value */
	void (*decay)(size_t count, float share, float *value);
};

/* The plainest loops: they specify all other tables. */
extern const struct kernels kernels_reference;

/* The fast loops, one table for each instruction set (kernels_simd.c). With those that have a fused
 * multiply-add (avx2, avx512, neon), all results of finite numbers are the same to the bit. */
extern const struct kernels kernels_portable, kernels_avx2, kernels_avx512, kernels_neon;

/* A table by name, or "auto" for the fastest that runs here. NULL, with a message, where there is
 * none of that name or this processor cannot run it. */
const struct kernels *kernels_choose(const char *name, struct error *error);

/* Those that run here, from the fastest on; NULL behind the last. */
const struct kernels *kernels_available(size_t index);

#endif
