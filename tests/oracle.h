/* An oracle for the tests of rooms compute and nn: reference values read from fixtures, every
 * layer's formula written once more, in double precision and in another way, and comparisons whose
 * messages name the place of a difference. Nothing here calls the code that it judges. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compute/kernels.h"
#include "nn/shape.h"

/* Every table of kernels that runs here, NULL behind the last: each test of a kernel goes over all
 * of them. Besides the program's own there are the fast loops once more, with vectors of widths
 * that this processor lacks. */
const struct kernels *oracle_table(size_t index);
/* With a fused multiply-add: such tables give the same bits. */
bool oracle_is_fused(const struct kernels *kernels);

/* Memory for `count` numbers, zeroed; never NULL. KERNELS_SLACK bytes behind them are readable;
 * they are NaN. Free with free. */
float *floats(size_t count);
double *doubles(size_t count);

double *widen(size_t count, const float *values);
float *narrow(size_t count, const double *values);

/* Random multiples of 1/1024 in [-1, 1); and a random order of as many different numbers around
 * 0, 1/8 apart. Both depend on the seed alone. */
float *random_floats(uint64_t seed, size_t count);
float *distinct_floats(uint64_t seed, size_t count);

/* A file of tests/fixtures: lines of a name and its numbers, read in order. Whatever is not as
 * asked for fails the test. */
struct fixture {
	const char *file;
	char *text, *at;
};

void fixture_open(struct fixture *fixture, const char *file);
void fixture_close(struct fixture *fixture);
bool fixture_has(struct fixture *fixture, const char *name); /* is that the next line's name? */
double *fixture_doubles(struct fixture *fixture, const char *name, size_t count);
float *fixture_floats(struct fixture *fixture, const char *name, size_t count);
void fixture_integers(struct fixture *fixture, const char *name, size_t count, int *values);

/* Fail unless every |actual - expected| is within tolerance × the largest |expected|; `what` and
 * the worst difference go into the message. NaN is never close. */
void check_close(const char *what, size_t count, const float *actual, const double *expected,
				 double tolerance);

/* Fail unless all are equal, bit by bit. */
void check_equal(const char *what, size_t count, const float *actual, const float *expected);

/* Fail unless `gradient` is the derivative of loss(context) by `values`, which loss reads: central
 * differences of some sixty values (all, if there are no more), and one along a random
 * direction, which all values take part in. */
void check_gradient(const char *what, size_t count, const float *gradient, double *values,
					double (*loss)(const void *context), const void *context, double step,
					double tolerance);

/* The same for the gradient that each table found, gradients[table], NULL behind the last: the
 * differences are what takes time. */
#define ORACLE_TABLES 8 /* at most */
void check_gradients(const char *what, size_t count, float *const *gradients, double *values,
					 double (*loss)(const void *context), const void *context, double step,
					 double tolerance);

/* The sum of a × b. */
double dot(size_t count, const double *a, const double *b);

/* The window of a convolution, with the padding of TensorFlow and Keras; or of a pooling, with
 * filters = channels. */
struct window oracle_window(struct shape in, int filters, int size, int stride, bool same);

/* Layouts as in compute/kernels.h. */
void oracle_conv(const struct window *window, int n, const double *x, const double *filters,
				 const double *bias, double *y);
void oracle_maxpool(const struct window *window, int n, const double *x, double *y);
void oracle_avgpool(const struct window *window, int n, const double *x, double *y);
void oracle_dense(int inputs, int units, int n, const double *x, const double *weights,
				  const double *bias, double *y);
/* Of `pixels` × `channels` numbers. In training mean and var are those of x, and the arguments get
 * them; else they are given. */
void oracle_batchnorm(int channels, int pixels, bool training, const double *x,
					  const double *weight, const double *bias, double *mean, double *var,
					  double *y);
void oracle_softmax(int classes, const double *logits, double *probabilities);

/* The mean of -log p(label). */
double oracle_cross_entropy(int n, int classes, const double *logits, const uint16_t *labels);

/* A whole network. The parameters are in memory's order, two for each conv or dense, four for each
 * batchnorm. A dropout multiplies by its mask, [n][size], and does nothing where there is none. */
struct oracle_network {
	const char *spec; /* as network_build takes it; correct, and words parted by one blank */
	struct shape input;
	int n;
	bool training; /* a batchnorm looks at the batch, else at its running means */
	const double *x;
	double *params[32];
	const double *masks[16]; /* by layer */
	const uint16_t *labels;
};

/* Returns the logits, [n][classes]. Free with free. */
double *oracle_logits(const struct oracle_network *network, int *classes);

/* For check_gradient: the mean cross-entropy of a struct oracle_network. */
double oracle_network_loss(const void *network);

#endif
