/* A folder for a test's files, created in the current one. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Create it. Returns its name, or NULL. */
static inline const char *scratch_open(char folder[64])
{
	strcpy(folder, "scratch.XXXXXX");
	return mkdtemp(folder);
}

/* `path` = the folder's file `name`. Returns path. */
static inline const char *scratch_path(char path[256], const char *folder, const char *name)
{
	snprintf(path, 256, "%s/%s", folder, name);
	return path;
}

/* Write a text file as plain C does. Returns false where that fails. */
static inline bool scratch_write(const char *path, const char *content)
{
	FILE *file = fopen(path, "wb");
	const bool written = file && fputs(content, file) >= 0;

	return file && !fclose(file) && written;
}

/* Write the folder's file `name`, as of "a/b/file" with the folders; NULL: nothing. */
static inline bool scratch_write_below(const char *folder, const char *name, const char *content)
{
	char path[256];

	if (!content)
		return true;
	scratch_path(path, folder, name);
	for (char *end = path + strlen(folder) + 1; (end = strchr(end, '/')); *end++ = '/') {
		*end = '\0';
		mkdir(path, 0700);
	}
	return scratch_write(path, content);
}

/* True where that is all that is in the file. */
static inline bool scratch_holds(const char *path, const char *content)
{
	char have[1024] = "";
	FILE *file = fopen(path, "rb");

	if (!file)
		return false;
	const size_t size = fread(have, 1, sizeof have - 1, file);
	fclose(file);
	if (size == strlen(content) && !strcmp(have, content))
		return true;
	fprintf(stderr, "%s: \"%s\" instead of \"%s\"\n", path, have, content);
	return false;
}

/* The number of files in it, hidden ones included; -1 where it cannot be read. */
static inline int scratch_count(const char *folder)
{
	DIR *stream = opendir(folder);
	int count = 0;

	if (!stream)
		return -1;
	for (struct dirent *entry; (entry = readdir(stream));)
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(stream);
	return count;
}

/* Remove the folder with all that is in it. Returns false where that fails. */
static inline bool scratch_close(const char *folder)
{
	DIR *stream = opendir(folder);
	char path[512];

	if (!stream)
		return false;
	for (struct dirent *entry; (entry = readdir(stream));)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
			if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path ||
				(unlink(path) && !scratch_close(path)))
				break;
		}
	closedir(stream);
	return !rmdir(folder);
}

#endif
