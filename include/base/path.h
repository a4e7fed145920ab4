/* Paths, and where they lead. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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

/* False where nothing has that name. A file that the system does not let us look at counts as
 * existing, so that the attempt to open it tells the reason. */
bool file_exists(const char *path);

/* True where both names lead to the same regular file, or would if one of them was created. */
bool file_is_same(const char *a, const char *b);

/* True where the path leads to the file, pipe or device that the stream is connected with. */
bool file_is_stream(const char *path, FILE *stream);

/* The full path of a name that is relative to the running program's folder: for "../share" and a
 * program in /usr/bin it is "/usr/share". To be freed; NULL where nothing has that name, or the
 * system (any but Linux) does not tell where the program is. */
char *file_near_program(const char *relative);

#endif
