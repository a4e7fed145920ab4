/* Folders are read once and sorted: the system gives names in an order of its own, and not always
 * in the same. */
#define _XOPEN_SOURCE 700

#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

bool folder_is(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISDIR(status.st_mode);
}

static int no_memory(const char *path, struct error *error)
{
	return error_scarce(error, "%s: not enough memory for its names", path);
}

/* Append a copy of the name. *room is how many pointers fit. */
static int add(struct folder *folder, size_t *room, const char *name)
{
	if (folder->count == *room) {
		const size_t wanted = *room ? 2 * *room : 16;
		char **names = realloc(folder->names, wanted * sizeof *names);
		if (!names)
			return -1;
		folder->names = names;
		*room = wanted;
	}
	char *copy = malloc(strlen(name) + 1);
	if (!copy)
		return -1;
	folder->names[folder->count++] = strcpy(copy, name);
	return 0;
}

static int read_names(DIR *stream, const char *path, struct folder *out, struct error *error)
{
	size_t room = 0;

	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry)
			break;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (add(out, &room, entry->d_name))
			return no_memory(path, error);
	}
	return errno ? error_set(error, "%s: cannot read: %s", path, strerror(errno)) : 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_numbers(const void *a, const void *b)
{
	return text_compare(*(char *const *)a, *(char *const *)b);
}

int folder_list(const char *path, struct folder *out, struct error *error)
{
	DIR *stream = opendir(path);

	*out = (struct folder){0};
	if (!stream)
		return errno == ENOMEM ? no_memory(path, error)
							   : error_set(error, "%s: cannot open: %s", path, strerror(errno));
	const int status = read_names(stream, path, out, error);
	closedir(stream);
	if (status)
		folder_free(out);
	else if (out->count)
		qsort(out->names, out->count, sizeof *out->names, by_bytes);
	return status;
}

void folder_keep(struct folder *folder, size_t i, size_t *kept)
{
	char *name = folder->names[i];

	folder->names[i] = folder->names[*kept];
	folder->names[(*kept)++] = name;
}

void folder_trim(struct folder *folder, size_t count)
{
	while (folder->count > count)
		free(folder->names[--folder->count]);
}

void folder_sort(struct folder *folder)
{
	if (folder->count)
		qsort(folder->names, folder->count, sizeof *folder->names, by_numbers);
}

void folder_free(struct folder *folder)
{
	folder_trim(folder, 0);
	free(folder->names);
	*folder = (struct folder){0};
}
