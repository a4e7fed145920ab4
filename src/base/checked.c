/* size_t arithmetic that reports overflow. */
#include "base/checked.h"

#include <stdint.h>

bool checked_add(size_t a, size_t b, size_t *result)
{
	if (a > SIZE_MAX - b)
		return false;
	*result = a + b;
	return true;
}

bool checked_multiply(size_t a, size_t b, size_t *result)
{
	if (b && a > SIZE_MAX / b)
		return false;
	*result = a * b;
	return true;
}
