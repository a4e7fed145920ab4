/* One layer on its own, planned from its text, with room for all that it touches. */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/layer.h"
#include "nn/spec.h"

struct probe {
	struct layer layer;
	struct pass pass;
	size_t in_count, out_count; /* of all samples */
	float *x, *y, *dx, *dy;     /* zeroed, but dx, which is NaN */
	void *cache;
};

/* "conv:4,3": layer number `index` of a network, on n samples of shape `in`. Its parameters are
 * 0, its pass is step 1 of training with seed 1. Returns -1 where the layer's plan does. */
int probe_plan(struct probe *probe, const char *text, int index, struct shape in, int n,
			   const struct kernels *kernels, struct error *error);

/* The same, but fails the test where the plan fails. Free with probe_close. */
void probe_open(struct probe *probe, const char *text, int index, struct shape in, int n,
				const struct kernels *kernels);
void probe_close(struct probe *probe);

void probe_forward(struct probe *probe);

/* dx as well, unless told not to. */
void probe_backward(struct probe *probe, bool want_dx);

/* Fill dx with NaN again, which whatever is meant to be overwritten must not show. */
void fill_nan(size_t count, float *values);

#endif
