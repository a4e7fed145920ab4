/* The first test digits as a data set: what setup reads, and teardown frees. */
#ifndef TESTS_DIGIT_SET_H
#define TESTS_DIGIT_SET_H

#include <stdlib.h>

#include "app/dataset.h"
#include "mnist.h"
#include "training.h"

static struct digits *digits;
static struct dataset dataset;

static int setup(void **state)
{
	(void)state;
	digits = digits_read();
	dataset = (struct dataset){.count = DIGITS,
							   .height = MNIST_SIDE,
							   .width = MNIST_SIDE,
							   .images = digits->images[0],
							   .labels = digits->labels};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(digits);
	return 0;
}

#endif
