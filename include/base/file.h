/* Whole files into memory. Errors name the file. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

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

#endif
