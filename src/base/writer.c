/* A buffer whose room doubles, so that n bytes cost at most 2n bytes of copying. */
#include "base/writer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 4096

static bool has_room(struct writer *writer, size_t more)
{
	const size_t used = writer->bytes.size;
	size_t capacity = writer->capacity ? writer->capacity : LEAST_ROOM;

	if (writer->failed || more > SIZE_MAX / 4 - used)
		return !(writer->failed = true);
	while (capacity - used < more)
		capacity *= 2;
	if (capacity == writer->capacity)
		return true;
	uint8_t *data = realloc(writer->bytes.data, capacity);
	if (!data)
		return !(writer->failed = true);
	writer->bytes.data = data;
	writer->capacity = capacity;
	return true;
}

void writer_bytes(struct writer *writer, const void *data, size_t size)
{
	if (!size || !has_room(writer, size))
		return;
	memcpy(writer->bytes.data + writer->bytes.size, data, size);
	writer->bytes.size += size;
}

void writer_text(struct writer *writer, const char *text)
{
	writer_bytes(writer, text, strlen(text));
}

void writer_print(struct writer *writer, const char *format, ...)
{
	char line[WRITER_LINE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	writer_text(writer, line);
}

int writer_sink(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct writer *writer = context;

	writer_bytes(writer, data, size);
	return writer->failed
			   ? error_scarce(error, "not enough memory for %zu bytes", writer->bytes.size + size)
			   : 0;
}

int writer_take(struct writer *writer, struct buffer *out, struct error *error)
{
	const size_t size = writer->bytes.size;

	*out = (struct buffer){0};
	if (writer->failed) {
		writer_free(writer);
		return error_scarce(error, "not enough memory behind the first %zu bytes", size);
	}
	*out = writer->bytes;
	*writer = (struct writer){0};
	return 0;
}

void writer_free(struct writer *writer)
{
	buffer_free(&writer->bytes);
	*writer = (struct writer){0};
}
