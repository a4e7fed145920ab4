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

/* Append to an open stream called `name`, to which nothing else is printed. Where that fails, as on
 * a full disk, a part that was written is taken away again, if the stream is a file. */
int file_append(FILE *stream, const char *name, const void *data, size_t size,
				struct error *error);

/* Replace the file as a whole: write a temporary file beside it, flush, fsync, rename, fsync the
 * folder. Whatever happens, `path` holds the old content or the new, never a part, and no
 * temporary file stays behind after an error. An existing file keeps its permissions; a symbolic
 * link stays one; /dev/stdout, a pipe or another special file is written to directly. */
int file_replace(const char *path, const void *data, size_t size, struct error *error);

/* Could file_replace write there? Tries it with a temporary file; says now what would be said
 * after hours of work. */
int file_check_replace(const char *path, struct error *error);

/* False where nothing has that name. What may not be looked at counts as there, so that opening it
 * tells why. */
bool file_exists(const char *path);

#endif
