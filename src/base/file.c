/* Whole files in and out of memory, by descriptors alone: bytes pass through read_some and
 * write_all. A crash at any moment of a replacement leaves the old content or the new. */
#define _XOPEN_SOURCE 700

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_READ ((size_t)65536) /* bytes, where the size is not known */
#define PIECE ((size_t)1 << 17)
#define MAX_TRANSFER ((size_t)1 << 30) /* bytes a call: some systems refuse 2 GiB */
#define MAX_LINKS 40                   /* in a chain of symbolic links; Linux follows as many */
#define MAX_PATH 8192          /* bytes of a folder's path and of a name or link behind it */
#define TEMPORARY_ATTEMPTS 100 /* at a name that nobody has yet */

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

static int write_all(int file, const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t written = write(file, next, size < MAX_TRANSFER ? size : MAX_TRANSFER);
		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			next += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

static int sync_to_disk(int file)
{
	int status;

	do
		status = fsync(file);
	while (status && errno == EINTR);
	return status && errno != EINVAL ? -1 : 0; /* EINVAL: this kind of file cannot be synced */
}

/* Close, and return the first thing that failed, `failed` or the closing, or NULL. errno is that
 * failure's. */
static const char *close_file(int file, const char *failed)
{
	int why = errno;

	if (close(file) && !failed)
		return "cannot close";
	errno = why;
	return failed;
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

bool file_exists(const char *path)
{
	struct stat status;

	return !stat(path, &status) || (errno != ENOENT && errno != ENOTDIR);
}

/* The length of a path up to its last slash: 5 for "data/a.gz". */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash + 1 - path) : 0;
}

/* `name` in the folder of `path`: for "data/a.gz" and "b", "data/b". Returns `result`. */
static const char *beside(char result[MAX_PATH], const char *path, const char *name)
{
	snprintf(result, MAX_PATH, "%.*s%s", (int)folder_length(path), path, name);
	return result;
}

/* True for a path that stands for one of the process's own open files: /dev/stdout is a link to
 * /proc/self/fd/1. */
static bool is_descriptor(const char *path)
{
	return !strncmp(path, "/proc/", 6) || !strncmp(path, "/dev/fd/", 8);
}

/* The path where a chain of symbolic links ends, even if nothing is there. Returns `end`. */
static const char *follow_links(char end[MAX_PATH], const char *path)
{
	char link[MAX_PATH / 2];

	snprintf(end, MAX_PATH, "%s", path);
	for (int i = 0; i < MAX_LINKS && !is_descriptor(end); i++) {
		const ssize_t length = readlink(end, link, sizeof link - 1);
		const size_t folder = length > 0 && *link == '/' ? 0 : folder_length(end);
		if (length < 0 || folder + (size_t)length >= MAX_PATH)
			break;
		link[length] = 0;
		strcpy(end + folder, link);
	}
	return end;
}

struct target {
	char path[MAX_PATH]; /* links followed */
	bool exists;
	bool special; /* a device, a pipe or an open file, which is written to and not replaced */
	mode_t permissions;
};

static int target_find(struct target *target, const char *path, struct error *error)
{
	struct stat status;

	if (!*path)
		return error_set(error, "the file to write has no name");
	target->exists = !stat(path, &status);
	if (!target->exists && errno != ENOENT)
		return fail(path, "cannot write", error);
	if (target->exists && S_ISDIR(status.st_mode))
		return error_set(error, "%s: cannot write: is a directory", path);
	/* rename() looks only at the folder's permissions, so a file's own are asked for here. */
	if (target->exists && access(path, W_OK))
		return fail(path, "cannot write", error);
	follow_links(target->path, path);
	target->special = target->exists && (!S_ISREG(status.st_mode) || is_descriptor(target->path));
	target->permissions = target->exists ? status.st_mode & 0777 : 0;
	return 0;
}

/* Create a file under a new name in the folder of `path`. Returns its descriptor, or -1. */
static int open_temporary(const char *path, char name[MAX_PATH])
{
	int file = -1;

	for (int attempt = 0; attempt < TEMPORARY_ATTEMPTS && file < 0; attempt++) {
		char base[64];
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(base, sizeof base, ".mnist-cnn-%ld-%ld.tmp", (long)getpid(), now.tv_nsec);
		file = open(beside(name, path, base), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (file < 0 && errno != EEXIST && errno != EINTR)
			break;
	}
	return file;
}

/* Returns a phrase for the error, "cannot write", or NULL if all went well. */
static const char *write_temporary(int file, const struct target *target, const void *data,
								   size_t size)
{
	if (target->exists && fchmod(file, target->permissions))
		return "cannot keep its permissions";
	if (write_all(file, data, size))
		return "cannot write";
	if (sync_to_disk(file))
		return "cannot flush to disk";
	return NULL;
}

/* Write the folder's new entry to disk: until then a crash of the machine could undo the rename. */
static const char *sync_folder(const struct target *target)
{
	char folder[MAX_PATH];
	int file = open(beside(folder, target->path, "."), O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return NULL; /* a folder that may not be read; the new file is whole */
	return close_file(file, sync_to_disk(file) ? "cannot flush its folder to disk" : NULL);
}

/* The signals that end the program by a key or a closed window. They are ignored while a temporary
 * file exists, so that it does not outlive the process. (Blocking them would have to be done in
 * every thread.) */
static const int deadly[] = {SIGHUP, SIGINT, SIGTERM};

#define DEADLY (sizeof deadly / sizeof *deadly)

/* Write a temporary file and rename it to the target, or only try: create one and remove it.
 * Returns a phrase for the error, or NULL. */
static const char *replace_by_rename(const struct target *target, const void *data, size_t size,
									 bool only_try)
{
	char temporary[MAX_PATH];
	int file = open_temporary(target->path, temporary);

	if (file < 0)
		return "cannot create a temporary file beside it";
	const char *failed =
		close_file(file, only_try ? NULL : write_temporary(file, target, data, size));
	if (!failed && !only_try && rename(temporary, target->path))
		failed = "cannot rename a temporary file to it";
	int why = errno;
	if (failed || only_try)
		unlink(temporary);
	errno = why;
	return failed;
}

static const char *replace_regular(const struct target *target, const void *data, size_t size,
								   bool only_try)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old[DEADLY];

	sigemptyset(&ignore.sa_mask);
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &ignore, &old[i]);
	const char *failed = replace_by_rename(target, data, size, only_try);
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &old[i], NULL);
	return failed || only_try ? failed : sync_folder(target);
}

int file_append(FILE *stream, const char *name, const void *data, size_t size, struct error *error)
{
	int file = fileno(stream);
	off_t end = lseek(file, 0, SEEK_CUR);

	if (!write_all(file, data, size))
		return 0;
	fail(name, "cannot write", error);
	if (end >= 0 && !ftruncate(file, end))
		lseek(file, end, SEEK_SET);
	return -1;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool file_is_stream(const char *path, FILE *stream)
{
	struct stat wanted, open_one;

	return !stat(path, &wanted) && !fstat(fileno(stream), &open_one) && is_same(&wanted, &open_one);
}

/* Open for writing. Of standard output and standard error the descriptor is copied: a file that was
 * opened a second time would have a second position, and each would write over the other. */
static int open_shared(const char *path, int flags)
{
	if (file_is_stream(path, stdout))
		return dup(STDOUT_FILENO);
	if (file_is_stream(path, stderr))
		return dup(STDERR_FILENO);
	return open(path, flags | O_WRONLY | O_NOCTTY | O_CLOEXEC, 0666);
}

FILE *file_create(const char *path, struct error *error)
{
	int file = open_shared(path, O_CREAT | O_TRUNC);
	FILE *stream = file < 0 ? NULL : fdopen(file, "wb");

	if (!stream)
		fail(path, "cannot open", error);
	if (!stream && file >= 0)
		close(file);
	return stream;
}

static const char *write_special(const struct target *target, const void *data, size_t size)
{
	fflush(stdout);
	int file = open_shared(target->path, O_APPEND);
	if (file < 0)
		return "cannot open";
	return close_file(file, write_all(file, data, size) ? "cannot write" : NULL);
}

static int replace(const char *path, const void *data, size_t size, bool only_try,
				   struct error *error)
{
	struct target target;
	const char *failed = NULL;

	if (target_find(&target, path, error))
		return -1;
	if (!target.special)
		failed = replace_regular(&target, data, size, only_try);
	else if (!only_try)
		failed = write_special(&target, data, size);
	return failed ? fail(path, failed, error) : 0;
}

int file_replace(const char *path, const void *data, size_t size, struct error *error)
{
	return replace(path, data, size, false, error);
}

int file_check_replace(const char *path, struct error *error)
{
	return replace(path, NULL, 0, true, error);
}

/* True where two names of files that do not exist are equal and in the same folder. */
static bool will_be_same(const char *a, const char *b)
{
	char folder[MAX_PATH];
	struct stat status_a, status_b;

	return !strcmp(a + folder_length(a), b + folder_length(b)) &&
		   !stat(beside(folder, a, "."), &status_a) && !stat(beside(folder, b, "."), &status_b) &&
		   is_same(&status_a, &status_b);
}

bool file_is_same(const char *a, const char *b)
{
	char end_a[MAX_PATH], end_b[MAX_PATH];
	struct stat status_a, status_b;
	bool has_a = !stat(a, &status_a), has_b = !stat(b, &status_b);

	if (has_a && has_b)
		return S_ISREG(status_a.st_mode) && is_same(&status_a, &status_b);
	return !has_a && !has_b && will_be_same(follow_links(end_a, a), follow_links(end_b, b));
}

char *file_near_program(const char *relative)
{
	char path[MAX_PATH];
	char *program = realpath("/proc/self/exe", NULL);
	char *full = program ? realpath(beside(path, program, relative), NULL) : NULL;

	free(program);
	return full;
}
