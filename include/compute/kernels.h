/* The loops where all time is spent, as a table of functions; kernels.def lists and specifies
 * them. */
#ifndef COMPUTE_KERNELS_H
#define COMPUTE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"

/* A square window sliding over an image: a convolution, or a pooling (filters = channels).
 * Output pixel (y, x) sees the input rows y × stride - pad_top … + size - 1, and columns alike;
 * pixels outside of the image count as 0 for a convolution and as absent for a pooling. */
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

/* Kernels read whole vectors: up to KERNELS_SLACK bytes behind the end of every input, and of what
 * is added to, must be readable; their values have no influence. Nothing is written behind the end.
 * Nor may another thread write there meanwhile, except behind an argument of batch normalization,
 * dense_forward or dense_backward_input: these read no more than is theirs of what changes. */
#define KERNELS_SLACK 64

/* A place_of_max that is none of the four pixels: a relu lets no gradient pass. */
#define PLACE_NONE 4

/* Filters are prepared in multiples of this many, so that no two calls write to one vector. */
#define PREPARE_UNIT 32

/* Every function is pure: its results depend on its arguments alone. */
struct kernels {
	const char *name;
#define KERNEL(result, function, ...) result (*function)(__VA_ARGS__);
#include "compute/kernels.def"
};

/* kernels_reference has the plainest loops, which specify all other tables (kernels_reference.c).
 * The others are the fast loops, once for each instruction set (kernels_simd.c): with a fused
 * multiply-add (avx2, avx512, neon) all results of finite numbers are the same to the bit. */
#define TABLE(table, ...) extern const struct kernels kernels_##table;
#include "compute/kernels.def"

/* The table of that name, or the fastest that runs here for "auto". NULL with a message where there
 * is none of that name, or where this processor cannot run it. */
const struct kernels *kernels_choose(const char *name, struct error *error);

/* The names that kernels_choose knows, "auto" first; NULL behind the last. */
const char *kernels_name(int index);

/* The tables that run here, from the fastest on; NULL behind the last. */
const struct kernels *kernels_available(size_t index);

#endif
