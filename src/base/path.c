/* The names of files: which exist, and which two are one. Nothing is opened here. */
#define _XOPEN_SOURCE 700

#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINKS 40 /* in a chain of symbolic links; Linux follows as many */

size_t path_folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash + 1 - path) : 0;
}

/* result = the first `length` bytes of `path`, and `name` behind them. */
static int append(char result[PATH_SIZE], const char *path, size_t length, const char *name)
{
	const size_t size = strlen(name) + 1;

	if (length >= PATH_SIZE || size > PATH_SIZE - length) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(result, path, length);
	memcpy(result + length, name, size);
	return 0;
}

int path_beside(char result[PATH_SIZE], const char *path, const char *name)
{
	return append(result, path, path_folder_length(path), name);
}

int path_join(char result[PATH_SIZE], const char *folder, const char *name)
{
	const size_t length = strlen(folder);
	const char *slash = !length || folder[length - 1] == '/' ? "" : "/";

	if (snprintf(result, PATH_SIZE, "%s%s%s", folder, slash, name) < PATH_SIZE)
		return 0;
	*result = '\0';
	errno = ENAMETOOLONG;
	return -1;
}

bool path_is_descriptor(const char *path)
{
	return !strncmp(path, "/proc/", 6) || !strncmp(path, "/dev/fd/", 8);
}

int path_follow(char end[PATH_SIZE], const char *path)
{
	char link[PATH_SIZE];

	if (append(end, path, 0, path))
		return -1;
	for (int i = 0; i < MAX_LINKS && !path_is_descriptor(end); i++) {
		const ssize_t length = readlink(end, link, sizeof link - 1);
		if (length < 0)
			break;
		link[length] = '\0';
		if (append(end, end, *link == '/' ? 0 : path_folder_length(end), link))
			return -1;
	}
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool path_leads_to(const char *path, int file)
{
	struct stat named, opened;

	return !stat(path, &named) && !fstat(file, &opened) && is_same(&named, &opened);
}

bool file_is_stream(const char *path, FILE *stream)
{
	return path_leads_to(path, fileno(stream));
}

bool file_exists(const char *path)
{
	struct stat status;

	return !stat(path, &status) || (errno != ENOENT && errno != ENOTDIR);
}

/* True where two names of files that do not exist are equal and in the same folder. */
static bool will_be_same(const char *a, const char *b)
{
	char folder_a[PATH_SIZE], folder_b[PATH_SIZE];
	struct stat status_a, status_b;

	return !strcmp(a + path_folder_length(a), b + path_folder_length(b)) &&
		   !path_beside(folder_a, a, ".") && !stat(folder_a, &status_a) &&
		   !path_beside(folder_b, b, ".") && !stat(folder_b, &status_b) &&
		   is_same(&status_a, &status_b);
}

bool file_is_same(const char *a, const char *b)
{
	char end_a[PATH_SIZE], end_b[PATH_SIZE];
	struct stat status_a, status_b;
	const bool has_a = !stat(a, &status_a), has_b = !stat(b, &status_b);

	if (has_a && has_b)
		return S_ISREG(status_a.st_mode) && is_same(&status_a, &status_b);
	return !has_a && !has_b && !path_follow(end_a, a) && !path_follow(end_b, b) &&
		   will_be_same(end_a, end_b);
}

char *file_near_program(const char *relative)
{
	char path[PATH_SIZE];
	char *program = realpath("/proc/self/exe", NULL);
	char *full = program && !path_beside(path, program, relative) ? realpath(path, NULL) : NULL;

	free(program);
	return full;
}
