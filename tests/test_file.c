/* Reading whole files, and which names lead to one. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "allocations.h"
#include "base/file.h"
#include "base/path.h"
#include "base/writer.h"
#include "errors.h"
#include "scratch.h"

static char folder[64];
static char path[256];
static struct error error;

static int setup(void **state)
{
	(void)state;
	return scratch_open(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return scratch_close(folder) ? 0 : -1;
}

static void reads_up_to_the_limit(void **state)
{
	struct buffer buffer;

	(void)state;
	scratch_path(path, folder, "five");
	scratch_write(path, "12345");
	assert_int_equal(file_read(path, 5, &buffer, &error), 0);
	assert_int_equal(buffer.size, 5);
	assert_memory_equal(buffer.data, "12345", 5);
	buffer_free(&buffer);
	assert_int_equal(file_read(path, SIZE_MAX, &buffer, &error), 0);
	assert_int_equal(buffer.size, 5);
	buffer_free(&buffer);
	assert_int_equal(file_read(path, 4, &buffer, &error), -1);
	assert_error_has(&error, "five: larger than the 4 bytes allowed");
	assert_null(buffer.data);
	scratch_write(path, "");
	assert_int_equal(file_read(path, 0, &buffer, &error), 0);
	assert_int_equal(buffer.size, 0);
	buffer_free(&buffer);
}

static void reading_names_what_is_wrong(void **state)
{
	struct buffer buffer;

	(void)state;
	assert_int_equal(file_read(folder, 100, &buffer, &error), -1);
	assert_error_has(&error, ": is a directory");
	assert_error_has(&error, folder);
	scratch_path(path, folder, "none");
	assert_int_equal(file_read(path, 100, &buffer, &error), -1);
	assert_error_has(&error, "/none: cannot open: No such file or directory");
	assert_false(file_exists(path));
	assert_true(file_exists(folder));
}

/* A pipe has no size; 300,000 bytes need several growths of the memory. */
static void reads_a_pipe(void **state)
{
	const size_t size = 300000;
	struct buffer buffer;

	(void)state;
	for (size_t limit = size - 1; limit <= size + 1; limit++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (!child) {
			close(ends[0]);
			signal(SIGPIPE, SIG_IGN);
			for (size_t i = 0; i < size; i++) {
				uint8_t byte = (uint8_t)(i * 7 >> 3);
				if (write(ends[1], &byte, 1) != 1)
					break;
			}
			_exit(0);
		}
		close(ends[1]);
		FILE *stream = fdopen(ends[0], "rb");
		int status = file_read_stream(stream, "-", limit, &buffer, &error);
		fclose(stream);
		waitpid(child, NULL, 0);
		if (limit < size) {
			assert_int_equal(status, -1);
			assert_string_equal(error.text, "-: larger than the 299999 bytes allowed");
			continue;
		}
		assert_int_equal(status, 0);
		assert_int_equal(buffer.size, size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(buffer.data[i], (uint8_t)(i * 7 >> 3));
		buffer_free(&buffer);
	}
}

/* What is left of it, not all. */
static void reads_the_rest_of_a_stream(void **state)
{
	struct buffer buffer;

	(void)state;
	scratch_path(path, folder, "rest");
	scratch_write(path, "head and tail");
	FILE *stream = fopen(path, "rb");
	assert_int_equal(fseek(stream, 9, SEEK_SET), 0);
	assert_int_equal(file_read_stream(stream, "rest", 4, &buffer, &error), 0);
	fclose(stream);
	assert_int_equal(buffer.size, 4);
	assert_memory_equal(buffer.data, "tail", 4);
	buffer_free(&buffer);
}

/* An endless file is given up at the limit. */
static void reading_is_bounded(void **state)
{
	struct buffer buffer;

	(void)state;
	assert_int_equal(file_read("/dev/zero", 1000000, &buffer, &error), -1);
	assert_string_equal(error.text, "/dev/zero: larger than the 1000000 bytes allowed");
}

/* The request for memory fails: an error, and no buffer. */
static void memory_may_run_out(void **state)
{
	struct buffer buffer;
	int status = -1;

	(void)state;
	if (!allocations_watched())
		skip();
	scratch_path(path, folder, "model");
	scratch_write(path, "old");
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = file_read(path, 100, &buffer, &error);
		int requests = allocations_count();
		allocations_fail_at(0);
		assert_true(status == (requests < number ? 0 : -1));
		assert_true((buffer.data == NULL) == (status != 0));
	}
	buffer_free(&buffer);
}

static void names_of_one_file(void **state)
{
	char other[256], link[256], there[256];

	(void)state;
	scratch_path(path, folder, "new");
	scratch_path(other, folder, "../");
	strcat(other, path);
	scratch_path(link, folder, "link");
	assert_int_equal(symlink("new", link), 0);
	scratch_path(there, folder, "there");
	for (int round = 0; round < 2; round++) {
		assert_true(file_is_same(path, path));
		assert_true(file_is_same(path, other));
		assert_true(file_is_same(link, path));
		assert_false(file_is_same(path, there));
		assert_false(file_is_same(folder, path));
		scratch_write(path, "now it exists");
	}
	scratch_write(there, "");
	assert_false(file_is_same(path, there));
	assert_false(file_is_same("/dev/null", "/dev/null"));
	assert_false(file_is_same("no/where", "no/where"));
}

/* ---- pieces ---- */

static int refuse_third(void *context, const uint8_t *data, size_t size, struct error *why)
{
	int *count = context;

	(void)data, (void)size;
	return ++*count < 3 ? 0 : error_set(why, "enough");
}

static void pieces_make_the_whole(void **state)
{
	struct writer content = {0};
	struct sink sink = {writer_sink, &content};
	int count = 0;
	FILE *file = fopen(scratch_path(path, folder, "long"), "wb");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fprintf(file, "%d\n", 10000 + i % 10000);
	fclose(file);
	assert_int_equal(file_read_pieces(path, 600000, sink, &error), 0);
	assert_int_equal(content.bytes.size, 600000);
	assert_memory_equal(content.bytes.data + 599994, "19999\n", 6);
	writer_free(&content);
	assert_int_equal(file_read_pieces(path, 599999, sink, &error), -1);
	assert_error_has(&error, "/long: larger than the 599999 bytes allowed");
	writer_free(&content);
	assert_int_equal(file_read_pieces(path, 600000, (struct sink){refuse_third, &count}, &error),
					 -1);
	assert_error_has(&error, "/long: enough");
	assert_int_equal(file_read_pieces(folder, 10, sink, &error), -1);
	assert_error_has(&error, ": is a directory");
	assert_int_equal(file_read_pieces("none", 10, sink, &error), -1);
	assert_string_equal(error.text, "none: cannot open: No such file or directory");
}

int main(void)
{
#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		FILE_TEST(reads_up_to_the_limit),      FILE_TEST(reading_names_what_is_wrong),
		FILE_TEST(pieces_make_the_whole),      FILE_TEST(reads_a_pipe),
		FILE_TEST(reads_the_rest_of_a_stream), FILE_TEST(reading_is_bounded),
		FILE_TEST(memory_may_run_out),         FILE_TEST(names_of_one_file),
	};
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
