/* The names in a folder. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct folder {
	char **names; /* in the order of their bytes, without "." and ".."; owned */
	size_t count;
};

/* List what lies in a folder. Free *out with folder_free; it is zeroed on error. */
int folder_list(const char *path, struct folder *out, struct error *error);
void folder_free(struct folder *folder); /* accepts a zeroed one */

/* Choose among the names: move name i behind the first *kept, which stay in their order; then
 * forget all but the first `count`; sort as people do (text_compare). */
void folder_keep(struct folder *folder, size_t i, size_t *kept);
void folder_trim(struct folder *folder, size_t count);
void folder_sort(struct folder *folder);

/* True where the path leads to a folder. */
bool folder_is(const char *path);

#endif
