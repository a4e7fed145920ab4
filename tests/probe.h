/* One layer on its own, planned from its text, with room for all that it touches; and what a test
 * needs to run a whole network. */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include <stdbool.h>

#include "base/error.h"
#include "compute/engine.h"
#include "nn/executor.h"
#include "nn/op.h"
#include "nn/spec.h"

struct probe {
	struct layer layer;
	struct op op;
	struct pass pass;
	size_t in_count, out_count; /* of all samples */
	float *x, *y, *dx, *dy;     /* zeroed, but dx, which is NaN */
	void *cache;
	float *grads[LAYER_MAX_PARAMS]; /* also of what is not trained, zeroed */
	float *slots;
	size_t slot_size;
	void *memory; /* where prepared weights and scratch memory are */
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

/* dx as well, unless told not to. What is summed in slots is brought to `grads`;
 * what is not, is computed in two parts. */
void probe_backward(struct probe *probe, bool want_dx);

/* Fill dx with NaN again, which whatever is meant to be overwritten must not show. */
void fill_nan(size_t count, float *values);

/* An engine with this table and so many threads. Close with engine_close. */
void test_engine_open(struct engine *engine, const struct kernels *kernels, int threads);

/* Fails the test where it cannot be opened. */
struct executor *test_executor_open(const struct network *network, const struct engine *engine,
									int batch_size, enum executor_mode mode);

/* Images in memory, as the context of a network's batch: its `load` is images_load. */
struct images {
	const float *x;
	size_t size; /* floats of one */
};

void images_load(const void *images, int first, int n, float *room, float *x);

#endif
