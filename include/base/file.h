/* Whole files in and out of memory. Errors name the file. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

/* Read the file, or what is left of an open stream called `name`. More than `max_size` bytes are
 * an error; a directory is one, too. out is freed with buffer_free and is zeroed on error. */
int file_read(const char *path, size_t max_size, struct buffer *out, struct error *error);
int file_read_stream(FILE *stream, const char *name, size_t max_size, struct buffer *out,
					 struct error *error);

/* Open a new or emptied file for writing. A path that leads to standard output or error, as
 * /dev/stdout does, gives a stream that continues those. NULL with errno where it fails. */
FILE *file_create(const char *path);

/* Append to an open stream called `name`, to which nothing else is printed. Where that fails, as on
 * a full disk, a part that was written is taken away again, if the stream is a file. */
int file_append(FILE *stream, const char *name, const void *data, size_t size, struct error *error);

/* Replace the file as a whole: write a temporary file beside it, flush, fsync, rename, fsync the
 * folder. Whatever happens, `path` holds the old content or the new, never a part, and no
 * temporary file stays behind after an error. An existing file keeps its permissions; a symbolic
 * link stays one; /dev/stdout, a pipe or another special file is written to directly. SIGHUP,
 * SIGINT and SIGTERM are ignored meanwhile. */
int file_replace(const char *path, const void *data, size_t size, struct error *error);

/* Could file_replace write there? Tries it with a temporary file; says now what would be said
 * after hours of work. */
int file_check_replace(const char *path, struct error *error);

/* False where nothing has that name. What may not be looked at counts as there, so that opening it
 * tells why. */
bool file_exists(const char *path);

/* Do both names lead to the same regular file, or would they if it was created? */
bool file_is_same(const char *a, const char *b);

/* Does the path lead to what the stream is connected with? */
bool file_is_stream(const char *path, FILE *stream);

/* The full path of `relative` to the folder of the running program, to be freed; NULL where that
 * does not exist, or the system (any but Linux) does not tell where the program is. */
char *file_near_program(const char *relative);

#endif
