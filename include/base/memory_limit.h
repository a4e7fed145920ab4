/* The amount of memory that there is. */
#ifndef BASE_MEMORY_LIMIT_H
#define BASE_MEMORY_LIMIT_H

#include <stddef.h>

/* The bytes that this process may have: those of the machine, or fewer where its control groups, as
 * of a container, or a limit of its address space (ulimit -v) say so. SIZE_MAX where nobody
 * says. */
size_t memory_limit(void);

/* The same with another folder of control groups and another list of those of this process. */
size_t memory_limit_of(const char *folder, const char *list);

#endif
