/* The whole program in a test: a folder with data for it, and its commands. */
#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "allocations.h"
#include "cli/command.h"
#include "faults.h"
#include "scratch.h"

enum { PROGRAM_WORDS = 16, PROGRAM_IMAGES = 12, PROGRAM_PIXELS = 784, PROGRAM_SECONDS = 300 };

static inline void program_data(const char *folder, const char *name, const uint8_t *header,
								size_t header_size, size_t zero_count)
{
	static const uint8_t zeros[PROGRAM_IMAGES * PROGRAM_PIXELS];
	char path[256];
	FILE *file = fopen(scratch_path(path, folder, name), "wb");

	assert_non_null(file);
	fwrite(header, 1, header_size, file);
	fwrite(zeros, 1, zero_count, file);
	fclose(file);
}

/* The current folder becomes one with twelve images for training, and twelve for tests. */
static inline int program_open_folder(char folder[64])
{
	static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, PROGRAM_IMAGES, 0, 0, 0, 28, 0, 0, 0, 28};
	static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, PROGRAM_IMAGES, 1};

	if (!scratch_open(folder))
		return -1;
	program_data(folder, "train-images-idx3-ubyte", images, sizeof images,
				 PROGRAM_IMAGES * PROGRAM_PIXELS);
	program_data(folder, "t10k-images-idx3-ubyte", images, sizeof images,
				 PROGRAM_IMAGES * PROGRAM_PIXELS);
	program_data(folder, "train-labels-idx1-ubyte", labels, sizeof labels, PROGRAM_IMAGES - 1);
	program_data(folder, "t10k-labels-idx1-ubyte", labels, sizeof labels, PROGRAM_IMAGES - 1);
	return chdir(folder);
}

static inline int program_close_folder(const char *folder)
{
	return chdir("..") || !scratch_close(folder) ? -1 : 0;
}

/* One run of the program: the allocation and the call of the system, from 1, that fail in it, 0 for
 * none; and what came of it. */
struct program_run {
	int allocation, call;
	bool is_death; /* the call does not fail, but the process is killed */
	int status;
	char said[256];     /* the first of standard error */
	int allocations;    /* counted */
	const char *failed; /* the call that failed; NULL: there were fewer */
};

/* The descriptor that the next file gets: a higher one than before if a file was left open. */
static inline int program_next_descriptor(void)
{
	const int file = open("/dev/null", O_RDONLY);

	close(file);
	return file;
}

/* Run the program with its output thrown away. The test fails where it leaves a file open. */
static inline void program_run(const char *const *words, struct program_run *run)
{
	char *argv[PROGRAM_WORDS];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc]; /* only moved about */
	fflush(NULL);
	const int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	const int nowhere = open("/dev/null", O_WRONLY);
	FILE *messages = tmpfile();
	assert_true(out >= 0 && err >= 0 && nowhere >= 0 && messages);
	dup2(nowhere, STDOUT_FILENO);
	dup2(fileno(messages), STDERR_FILENO);
	const int descriptor = program_next_descriptor();
	alarm(PROGRAM_SECONDS); /* the end of a program that hangs */
	allocations_fail_at(run->allocation);
	faults_fail_at(NULL, run->call, run->is_death ? FAULT_DEATH : EIO);
	run->status = command_main(argc, argv);
	fflush(NULL);
	run->allocations = allocations_count();
	run->failed = faults_failed();
	allocations_fail_at(0);
	faults_fail_at(NULL, 0, 0);
	alarm(0);
	const bool left_open = program_next_descriptor() != descriptor;
	rewind(messages);
	run->said[fread(run->said, 1, sizeof run->said - 1, messages)] = '\0';
	fclose(messages);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	close(nowhere);
	if (left_open)
		fail_msg("%s leaves a file open", words[0]);
}

#endif
