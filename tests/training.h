/* A network trained on the first images of MNIST's test set, step by step. */
#ifndef TESTS_TRAINING_H
#define TESTS_TRAINING_H

#include <stdint.h>

#include "nn/executor_parts.h"
#include "nn/optimizer.h"

enum { DIGITS = 64, PIXELS = 28 * 28 };

struct digits {
	uint8_t images[DIGITS][PIXELS];
	uint16_t labels[DIGITS];
};

struct digits *digits_read(void); /* free with free */

/* A batch's `load`; its context is a pointer to the first image. */
void digits_load(const void *image, int first, int n, float *room, float *x);

/* A network, its optimizer, and the steps that they took. */
struct training {
	struct engine engine;
	struct network network;
	struct executor *executor;
	struct optimizer optimizer; /* Adam */
	int n;
	uint64_t step;
};

/* The weights are zeros. Free with training_close. training_init draws them. */
void training_open(struct training *training, const char *spec, int batch_size,
				   const struct kernels *kernels, int threads);
void training_init(struct training *training, uint64_t seed);
void training_close(struct training *training);

/* Forward and backward on n digits from `first` on, and Adam unless the rate is 0. */
struct loss_sum training_step(struct training *training, const struct digits *digits, int first,
							  float learning_rate);

#endif
