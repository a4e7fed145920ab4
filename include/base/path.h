/* Paths, and where they lead. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_SIZE 4096 /* bytes with the NUL; Linux takes no longer paths, and neither do we */

/* The length of a path up to its last slash: 5 for "data/a.gz". */
size_t path_folder_length(const char *path);

/* result = `name` in the folder of `path`: for "data/a.gz" and "b", "data/b". Returns -1, with
 * errno, where that is too long. */
int path_beside(char result[PATH_SIZE], const char *path, const char *name);

/* result = `name` in a folder: "data/b" for "data" or "data/", and "b". Returns -1, with errno and
 * the path "", which is nobody's, where that is too long. */
int path_join(char result[PATH_SIZE], const char *folder, const char *name);

/* end = the path where a chain of symbolic links ends, even if nothing is there. Returns -1, with
 * errno, where that is too long. */
int path_follow(char end[PATH_SIZE], const char *path);

/* True for a path that stands for one of the process's own open files: /dev/stdout is a link to
 * /proc/self/fd/1. */
bool path_is_descriptor(const char *path);

/* True where the path leads to the open file. */
bool path_leads_to(const char *path, int file);

#endif
