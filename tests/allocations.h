/* Count the requests for memory of the code under test, and let one of them fail. The linker puts
 * functions in front of the C library's (--wrap); where it cannot, allocations_watched is false. */
#ifndef TESTS_ALLOCATIONS_H
#define TESTS_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

bool allocations_watched(void);

/* Requests since the last call of allocations_fail_at. */
int allocations_count(void);

/* The bytes of the largest of them. */
size_t allocations_largest(void);

/* Start counting, and let request number `number` (from 1) return NULL; 0 lets all succeed. */
void allocations_fail_at(int number);

#endif
