/* Whole files in and out of memory. Errors name the file. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

/* Read the file, or the rest of an open stream, which errors call `name`; of a pipe nothing may
 * have been read through the stream before. More than `max_size` bytes are an error, and so is a
 * directory. Free *out with buffer_free; it is zeroed on error. */
int file_read(const char *path, size_t max_size, struct buffer *out, struct error *error);
int file_read_stream(FILE *stream, const char *name, size_t max_size, struct buffer *out,
					 struct error *error);

/* Read the file in pieces, which the sink takes. The sink's errors name the file, too. */
int file_read_pieces(const char *path, size_t max_size, struct sink sink, struct error *error);

/* Replace the file as a whole, by a draft (base/draft.h): whatever happens, `path` holds the old
 * content or the new, never a part, and no temporary file stays behind after an error. An existing
 * file keeps its permissions; a symbolic link stays one; /dev/stdout, a pipe or another special
 * file is written to directly. SIGHUP, SIGINT, SIGTERM and SIGXCPU wait until it is done. */
int file_replace(const char *path, const void *data, size_t size, struct error *error);

/* Check, before work is done, that file_replace could write there: open a draft and close it again.
 * Returns -1 with the error that file_replace would give. */
int file_check_replace(const char *path, struct error *error);

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
