/* Two networks that answered the same images: is one of them better, or may it be chance? */
#ifndef APP_COMPARE_H
#define APP_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "app/evaluate.h"

/* The images by who reads them rightly. Only those that one of the two reads alone say which is the
 * better. */
struct comparison {
	size_t both, first, second, neither; /* first: the first network alone */
	double difference, low, high; /* of the accuracies, first minus second; its 95% interval */
	/* That networks as good as each other differ by so much or more; at least DBL_MIN. */
	double chance;
};

/* True where both answered the same images, in the same order, with the same labels. */
bool compare_same_images(const struct prediction *first, const struct prediction *second,
						 size_t count);

/* Compare the answers to `count` images, whose labels are known. */
struct comparison compare(const struct prediction *first, const struct prediction *second,
						  size_t count);

/* Set the figures of the difference from the four counts. The interval is Newcombe's for paired
 * proportions (1998, method 10), which stays in -1 … 1; `chance` is the p-value of McNemar's exact
 * test on both sides: for 104 and 26 images, twice the share of the outcomes of 130 tosses of a
 * coin that have at most 26 heads. */
void compare_counts(struct comparison *comparison);

#endif
