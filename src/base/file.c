/* Whole files into memory, by descriptors alone: all bytes pass through read_some. */
#define _XOPEN_SOURCE 700

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_READ ((size_t)65536)     /* bytes, where the size is not known */
#define PIECE ((size_t)1 << 14)        /* bytes that are read at once, on the stack */
#define MAX_TRANSFER ((size_t)1 << 30) /* bytes a call: some systems refuse 2 GiB */

/* Set the error to "path: what: errno's text". Returns -1. */
static int fail(const char *path, const char *what, struct error *error)
{
	return error_set(error, "%s: %s: %s", path, what, strerror(errno));
}

/* Read at most `size` bytes. Returns how many, 0 at the end of the file alone, or -1. */
static ssize_t read_some(int file, void *data, size_t size)
{
	ssize_t count;

	do
		count = read(file, data, size < MAX_TRANSFER ? size : MAX_TRANSFER);
	while (count < 0 && errno == EINTR);
	return count;
}

static int resize(struct buffer *buffer, size_t capacity, const char *name, struct error *error)
{
	uint8_t *data = realloc(buffer->data, capacity);

	if (!data)
		return error_scarce(error, "%s: not enough memory for %zu bytes", name, capacity);
	buffer->data = data;
	return 0;
}

static int too_large(const char *name, size_t max_size, struct error *error)
{
	return error_set(error, "%s: larger than the %zu bytes allowed", name, max_size);
}

static int read_to_end(int file, const char *name, size_t max_size, struct buffer *out,
					   struct error *error)
{
	const size_t limit = max_size < SIZE_MAX ? max_size + 1 : max_size;
	struct stat status;
	size_t capacity = 0;

	if (fstat(file, &status))
		return fail(name, "cannot read", error);
	if (S_ISDIR(status.st_mode))
		return error_set(error, "%s: is a directory", name);
	/* The bytes ahead in a regular file; 0 where the file is another kind. */
	const off_t position = S_ISREG(status.st_mode) ? lseek(file, 0, SEEK_CUR) : status.st_size;
	const size_t ahead = position < status.st_size ? (size_t)(status.st_size - position) : 0;
	if (ahead > max_size)
		return too_large(name, max_size, error);
	/* There is room for one byte more than expected, so that the read behind the last byte can
	 * return 0, which tells the end. */
	size_t wanted = ahead ? ahead + 1 : FIRST_READ;
	for (;;) {
		if (out->size == capacity) {
			capacity = wanted < limit ? wanted : limit;
			if (resize(out, capacity, name, error))
				return -1;
			wanted = capacity < limit / 2 ? capacity * 2 : limit;
		}
		const ssize_t count = read_some(file, out->data + out->size, capacity - out->size);
		if (count < 0)
			return fail(name, "cannot read", error);
		if (count == 0)
			return resize(out, out->size ? out->size : 1, name, error);
		out->size += (size_t)count;
		if (out->size > max_size)
			return too_large(name, max_size, error);
	}
}

static int read_file(int file, const char *name, size_t max_size, struct buffer *out,
					 struct error *error)
{
	*out = (struct buffer){0};
	if (!read_to_end(file, name, max_size, out, error))
		return 0;
	buffer_free(out);
	return -1;
}

int file_read_stream(FILE *stream, const char *name, size_t max_size, struct buffer *out,
					 struct error *error)
{
	const off_t position = ftello(stream);

	/* The stream may have read ahead into its buffer. */
	if (position >= 0)
		lseek(fileno(stream), position, SEEK_SET);
	return read_file(fileno(stream), name, max_size, out, error);
}

int file_read(const char *path, size_t max_size, struct buffer *out, struct error *error)
{
	const int file = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	*out = (struct buffer){0};
	if (file < 0)
		return fail(path, "cannot open", error);
	const int status = read_file(file, path, max_size, out, error);
	close(file);
	return status;
}

static int read_pieces(int file, const char *path, size_t max_size, struct sink sink,
					   struct error *error)
{
	uint8_t piece[PIECE];
	size_t size = 0;
	struct stat status;

	if (!fstat(file, &status) && S_ISDIR(status.st_mode))
		return error_set(error, "%s: is a directory", path);
	for (;;) {
		const ssize_t count = read_some(file, piece, sizeof piece);
		if (count < 0)
			return fail(path, "cannot read", error);
		if (count == 0)
			return 0;
		size += (size_t)count;
		if (size > max_size)
			return too_large(path, max_size, error);
		if (sink.take(sink.context, piece, (size_t)count, error))
			return error_prefix(error, "%s", path);
	}
}

int file_read_pieces(const char *path, size_t max_size, struct sink sink, struct error *error)
{
	const int file = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (file < 0)
		return fail(path, "cannot open", error);
	const int status = read_pieces(file, path, max_size, sink, error);
	close(file);
	return status;
}
