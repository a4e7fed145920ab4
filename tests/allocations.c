/* malloc and its kin, counted. */
#include "allocations.h"

#include <stdatomic.h>
#include <stddef.h>

/* Several threads may allocate. */
static atomic_int count;
static int failing;
static atomic_size_t largest;

int allocations_count(void)
{
	return count;
}

size_t allocations_largest(void)
{
	return largest;
}

void allocations_fail_at(int number)
{
	count = 0;
	largest = 0;
	failing = number;
}

#ifdef WRAP_ALLOCATIONS

void *__real_malloc(size_t size);
void *__real_calloc(size_t items, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t items, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

bool allocations_watched(void)
{
	return true;
}

static bool is_refused(size_t size)
{
	size_t before = largest;

	while (size > before && !atomic_compare_exchange_weak(&largest, &before, size))
		;
	return atomic_fetch_add(&count, 1) + 1 == failing;
}

void *__wrap_malloc(size_t size)
{
	return is_refused(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t items, size_t size)
{
	return is_refused(items * size) ? NULL : __real_calloc(items, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return is_refused(size) ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return is_refused(size) ? NULL : __real_aligned_alloc(alignment, size);
}

#else

bool allocations_watched(void)
{
	return false;
}

#endif
