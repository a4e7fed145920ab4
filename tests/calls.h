/* Calls of kernels between fences. Each function below is the kernel of the same name, called with
 * copies of its arguments: behind an input stand KERNELS_SLACK bytes that are no numbers, around an
 * output stand bytes that must not change, what is to be overwritten is NaN before, and scratch
 * memory is as large as the kernel asks for and full of NaN. The test fails where an input or a
 * fence was written to. */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include "compute/kernels.h"

void call_conv_forward(const struct kernels *kernels, const struct window *window, int n,
					   const float *x, const float *filters, const float *bias, float *y);
void call_conv_backward(const struct kernels *kernels, const struct window *window, int n,
						const float *x, const float *filters, const float *dy, float *dfilters,
						float *dbias, float *dx);
void call_conv_pool_forward(const struct kernels *kernels, const struct window *window, int n,
							const float *x, const float *filters, const float *bias, bool relu,
							float *y, uint8_t *place_of_max);
void call_conv_pool_backward(const struct kernels *kernels, const struct window *window, int n,
							 const float *x, const float *filters, const float *dy,
							 const uint8_t *place_of_max, float *dfilters, float *dbias, float *dx);
void call_maxpool_forward(const struct kernels *kernels, const struct window *window, int n,
						  const float *x, float *y, uint16_t *argmax);
void call_maxpool_backward(const struct kernels *kernels, const struct window *window, int n,
						   const uint16_t *argmax, const float *dy, float *dx);
void call_avgpool_forward(const struct kernels *kernels, const struct window *window, int n,
						  const float *x, float *y);
void call_avgpool_backward(const struct kernels *kernels, const struct window *window, int n,
						   const float *dy, float *dx);
void call_batchnorm_moments(const struct kernels *kernels, int channels, int pixels, const float *x,
							float *mean, float *squares);
void call_batchnorm_forward(const struct kernels *kernels, int channels, int pixels, const float *x,
							const float *mean, const float *scale, const float *bias, float *y);
void call_batchnorm_sums(const struct kernels *kernels, int channels, int pixels, const float *x,
						 const float *mean, const float *dy, float *sum, float *product);
void call_batchnorm_backward(const struct kernels *kernels, int channels, int pixels,
							 const float *x, const float *mean, const float *dy, const float *scale,
							 const float *slope, const float *offset, float *dx);
void call_dense_forward(const struct kernels *kernels, int inputs, int units, int n, const float *x,
						const float *weights, const float *bias, float *y);
/* dweights and dbias are of all units; of the others nothing may change. */
void call_dense_backward_weights(const struct kernels *kernels, int inputs, int units, int first,
								 int count, int n, const float *x, const float *dy, float *dweights,
								 float *dbias);
void call_dense_backward_input(const struct kernels *kernels, int inputs, int units, int n,
							   const float *weights, const float *dy, float *dx);

#endif
