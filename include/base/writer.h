/* Bytes and text that grow in memory. Once there was no memory all that follows is dropped, so
 * that only writer_take has to be asked whether all went well. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

/* Begins zeroed. */
struct writer {
	struct buffer bytes; /* so far */
	size_t capacity;
	bool failed;
};

void writer_bytes(struct writer *writer, const void *data, size_t size);
void writer_text(struct writer *writer, const char *text);

/* As printf. The text may have WRITER_LINE - 1 bytes, and is cut behind them. */
#define WRITER_LINE 512
void writer_print(struct writer *writer, const char *format, ...) ERROR_PRINTF;

/* A sink's function, with a writer as its context: where memory is lacking it says so at once. */
int writer_sink(void *writer, const uint8_t *data, size_t size, struct error *error);

/* *out = all that was written; free it with buffer_free. An error, with *out zeroed, where memory
 * was lacking. The writer is zeroed again. */
int writer_take(struct writer *writer, struct buffer *out, struct error *error);
void writer_free(struct writer *writer); /* accepts a zeroed one */

#endif
