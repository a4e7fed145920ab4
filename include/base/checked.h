/* Sums and products of sizes that come from outside: none wraps around unnoticed. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *result = a + b, or a * b. False, with *result untouched, where that does not fit. */
static inline bool checked_add(size_t a, size_t b, size_t *result)
{
	if (a > SIZE_MAX - b)
		return false;
	*result = a + b;
	return true;
}

static inline bool checked_multiply(size_t a, size_t b, size_t *result)
{
	if (b && a > SIZE_MAX / b)
		return false;
	*result = a * b;
	return true;
}

#endif
