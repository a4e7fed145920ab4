/* Reading whole files, and replacing them so that nothing is ever half written. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "allocations.h"
#include "base/file.h"
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

/* The file as plain C sees it. */
static void assert_content(const char *name, const char *expected)
{
	char have[256] = "";
	FILE *file = fopen(name, "rb");

	assert_non_null(file);
	size_t size = fread(have, 1, sizeof have - 1, file);
	fclose(file);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(have, expected);
}

static void put(const char *name, const char *content)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fputs(content, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
}

static mode_t permissions(const char *name)
{
	struct stat status;

	assert_int_equal(stat(name, &status), 0);
	return status.st_mode & 0777;
}

static void reads_up_to_the_limit(void **state)
{
	struct buffer buffer;

	(void)state;
	scratch_path(path, folder, "five");
	put(path, "12345");
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
	put(path, "");
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
	put(path, "head and tail");
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

static void replaces_and_leaves_nothing_behind(void **state)
{
	(void)state;
	scratch_path(path, folder, "new");
	assert_int_equal(file_replace(path, "first", 5, &error), 0);
	assert_content(path, "first");
	assert_int_equal(file_replace(path, "2nd", 3, &error), 0);
	assert_content(path, "2nd");
	assert_int_equal(file_replace(path, NULL, 0, &error), 0);
	assert_content(path, "");
	assert_int_equal(scratch_count(folder), 1);
}

static void permissions_are_kept(void **state)
{
	(void)state;
	mode_t mask = umask(027);
	scratch_path(path, folder, "mode");
	assert_int_equal(file_replace(path, "x", 1, &error), 0);
	umask(mask);
	assert_int_equal(permissions(path), 0640);
	assert_int_equal(chmod(path, 0606), 0);
	assert_int_equal(file_replace(path, "y", 1, &error), 0);
	assert_int_equal(permissions(path), 0606);
	assert_content(path, "y");
}

/* A relative link, a link to that link, and a link to nothing yet. */
static void links_stay_links(void **state)
{
	char link[256], outer[256], target[256];
	struct stat status;

	(void)state;
	scratch_path(target, folder, "target");
	scratch_path(link, folder, "link");
	scratch_path(outer, folder, "outer");
	assert_int_equal(symlink("target", link), 0);
	assert_int_equal(symlink("link", outer), 0);
	assert_int_equal(file_replace(outer, "made", 4, &error), 0);
	assert_content(target, "made");
	assert_int_equal(file_replace(link, "changed", 7, &error), 0);
	assert_content(target, "changed");
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(lstat(outer, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(scratch_count(folder), 3);
}

static void a_link_to_itself_is_refused(void **state)
{
	(void)state;
	scratch_path(path, folder, "circle");
	assert_int_equal(symlink("circle", path), 0);
	assert_int_equal(file_replace(path, "x", 1, &error), -1);
	assert_error_has(&error, "circle: cannot write: ");
}

static void replacing_names_what_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(file_replace("", "x", 1, &error), -1);
	assert_string_equal(error.text, "the file to write has no name");
	assert_int_equal(file_check_replace("", &error), -1);
	assert_int_equal(file_replace(folder, "x", 1, &error), -1);
	assert_error_has(&error, ": cannot write: is a directory");
	scratch_path(path, folder, "no/where");
	assert_int_equal(file_check_replace(path, &error), -1);
	assert_error_has(&error, "no/where: cannot create a temporary file beside it: No such file");
	assert_int_equal(file_replace(path, "x", 1, &error), -1);
	assert_error_has(&error, "no/where: cannot create a temporary file beside it: No such file");
	scratch_path(path, folder, "plain");
	put(path, "kept");
	scratch_path(path, folder, "plain/x");
	assert_int_equal(file_check_replace(path, &error), -1);
	assert_error_has(&error, "Not a directory");
}

/* Root may write anywhere, so root becomes somebody else first. */
static void protection_is_respected(void **state)
{
	int status;

	(void)state;
	scratch_path(path, folder, "protected");
	put(path, "kept");
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		if (!geteuid() && setuid(65534))
			_exit(2);
		bool refused = file_check_replace(path, &error) && file_replace(path, "x", 1, &error) &&
					   strstr(error.text, "protected: cannot write: Permission denied");
		_exit(refused ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(path, "kept");
}

static void checking_changes_nothing(void **state)
{
	(void)state;
	scratch_path(path, folder, "absent");
	assert_int_equal(file_check_replace(path, &error), 0);
	assert_int_equal(scratch_count(folder), 0);
	put(path, "kept");
	assert_int_equal(file_check_replace(path, &error), 0);
	assert_content(path, "kept");
	assert_int_equal(scratch_count(folder), 1);
	assert_int_equal(file_check_replace("/dev/full", &error), 0);
	assert_int_equal(file_check_replace("/dev/stdout", &error), 0);
}

static void a_full_disk_is_an_error(void **state)
{
	struct stat status;

	(void)state;
	if (stat("/dev/full", &status))
		skip();
	assert_int_equal(file_replace("/dev/full", "x", 1, &error), -1);
	assert_string_equal(error.text, "/dev/full: cannot write: No space left on device");
	assert_int_equal(stat("/dev/full", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

static void a_fifo_is_written_to(void **state)
{
	char have[16] = "";
	struct stat status;

	(void)state;
	scratch_path(path, folder, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	int reader = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(file_replace(path, "through", 7, &error), 0);
	assert_int_equal(read(reader, have, sizeof have), 7);
	assert_string_equal(have, "through");
	close(reader);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
}

/* With standard output in a file, /dev/stdout continues it where the program is. */
static void standard_output_continues(void **state)
{
	(void)state;
	scratch_path(path, folder, "output");
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		if (!freopen(path, "wb", stdout))
			_exit(1);
		printf("before ");
		int status = file_replace("/dev/stdout", "between ", 8, &error);
		printf("after");
		fflush(stdout);
		_exit(status ? 1 : 0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(path, "before between after");
	assert_int_equal(scratch_count(folder), 1);
}

/* A limit on the size of files stands for a disk that gets full half way. */
static void half_written_is_not_written(void **state)
{
	static const char large[65536];
	const struct rlimit limit = {.rlim_cur = 10000, .rlim_max = 10000};

	(void)state;
	scratch_path(path, folder, "model");
	put(path, "old");
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit))
			_exit(2);
		int status = file_replace(path, large, sizeof large, &error);
		_exit(status && strstr(error.text, "model: cannot write: File too large") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(path, "old");
	assert_int_equal(scratch_count(folder), 1);
}

/* Each request for memory fails once: an error, the old content, and nothing left behind. */
static void memory_may_run_out(void **state)
{
	struct buffer buffer;
	int status = -1;

	(void)state;
	if (!allocations_watched())
		skip();
	scratch_path(path, folder, "model");
	put(path, "old");
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = file_read(path, 100, &buffer, &error);
		int requests = allocations_count();
		allocations_fail_at(0);
		assert_true(status == (requests < number ? 0 : -1));
		assert_true((buffer.data == NULL) == (status != 0));
	}
	buffer_free(&buffer);
	status = -1;
	for (int number = 1; status; number++) {
		assert_content(path, "old");
		allocations_fail_at(number);
		status = file_check_replace(path, &error) || file_replace(path, "new", 3, &error) ? -1 : 0;
		int requests = allocations_count();
		allocations_fail_at(0);
		assert_true(status == (requests < number ? 0 : -1));
		assert_int_equal(scratch_count(folder), 1);
		if (status && strstr(error.text, "its folder"))
			put(path, "old"); /* renamed already */
	}
	assert_content(path, "new");
}

#define CONTENT_SIZE 200000

/* Replace the file over and over by 200,000 times 'a', 'b', … */
static void replace_forever(const char *name)
{
	static char content[CONTENT_SIZE];

	for (int i = 0;; i = (i + 1) % 26) {
		memset(content, 'a' + i, sizeof content);
		if (file_replace(name, content, sizeof content, &error))
			_exit(1);
	}
}

/* kill -9 at any moment leaves one of the contents, whole. */
static void survives_being_killed(void **state)
{
	struct buffer buffer;

	(void)state;
	scratch_path(path, folder, "survivor");
	char *first = calloc(1, CONTENT_SIZE);
	assert_int_equal(file_replace(path, first, CONTENT_SIZE, &error), 0);
	free(first);
	srand(1);
	for (int round = 0; round < 100; round++) {
		const struct timespec pause = {.tv_nsec = 1000L * (rand() % 8000)};
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (!child)
			replace_forever(path);
		nanosleep(&pause, NULL);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(file_read(path, SIZE_MAX, &buffer, &error), 0);
		assert_int_equal(buffer.size, CONTENT_SIZE);
		for (size_t i = 1; i < buffer.size; i++)
			if (buffer.data[i] != buffer.data[0])
				fail_msg("byte %zu of round %d is from another content", i, round);
		buffer_free(&buffer);
	}
}

/* Ctrl-C, pressed often, ends the process in the end, but leaves no temporary file. */
static void a_signal_leaves_nothing_behind(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct timespec pause = {.tv_nsec = 300000};

	(void)state;
	scratch_path(path, folder, "survivor");
	put(path, "old");
	for (int round = 0; round < 10; round++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (!child) {
			for (int i = 0; i < 3; i++)
				signal(signals[i], SIG_DFL);
			replace_forever(path);
		}
		while (!waitpid(child, &status, WNOHANG)) {
			nanosleep(&pause, NULL);
			kill(child, signals[round % 3]);
		}
		assert_true(WIFSIGNALED(status));
		assert_int_equal(scratch_count(folder), 1);
	}
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
		put(path, "now it exists");
	}
	put(there, "");
	assert_false(file_is_same(path, there));
	assert_false(file_is_same("/dev/null", "/dev/null"));
	assert_false(file_is_same("no/where", "no/where"));
}

/* A stream for /dev/stdout does not begin anew what was printed before it. */
static void a_stream_continues_standard_output(void **state)
{
	(void)state;
	scratch_path(path, folder, "output");
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		if (!freopen(path, "wb", stdout))
			_exit(1);
		printf("before ");
		fflush(stdout);
		FILE *stream = file_create("/dev/stdout", &error);
		int status = !stream || file_append(stream, "", "between ", 8, &error) || fclose(stream);
		printf("after");
		fflush(stdout);
		_exit(status || !file_is_stream(path, stdout) || file_is_stream("/dev/null", stdout));
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_content(path, "before between after");
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
	struct growing content = {.capacity = 0};
	struct sink sink = {growing_take, &content};
	int count = 0;
	FILE *file = fopen(scratch_path(path, folder, "long"), "wb");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fprintf(file, "%d\n", 10000 + i % 10000);
	fclose(file);
	assert_int_equal(file_read_pieces(path, 600000, sink, &error), 0);
	assert_int_equal(content.buffer.size, 600000);
	assert_memory_equal(content.buffer.data + 599994, "19999\n", 6);
	buffer_free(&content.buffer);
	content.capacity = 0;
	assert_int_equal(file_read_pieces(path, 599999, sink, &error), -1);
	assert_error_has(&error, "/long: larger than the 599999 bytes allowed");
	buffer_free(&content.buffer);
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
		FILE_TEST(reads_up_to_the_limit),
		FILE_TEST(reading_names_what_is_wrong),
		FILE_TEST(pieces_make_the_whole),
		FILE_TEST(reads_a_pipe),
		FILE_TEST(reads_the_rest_of_a_stream),
		FILE_TEST(reading_is_bounded),
		FILE_TEST(replaces_and_leaves_nothing_behind),
		FILE_TEST(permissions_are_kept),
		FILE_TEST(links_stay_links),
		FILE_TEST(a_link_to_itself_is_refused),
		FILE_TEST(replacing_names_what_is_wrong),
		FILE_TEST(protection_is_respected),
		FILE_TEST(checking_changes_nothing),
		FILE_TEST(a_full_disk_is_an_error),
		FILE_TEST(a_fifo_is_written_to),
		FILE_TEST(standard_output_continues),
		FILE_TEST(half_written_is_not_written),
		FILE_TEST(memory_may_run_out),
		FILE_TEST(survives_being_killed),
		FILE_TEST(a_signal_leaves_nothing_behind),
		FILE_TEST(names_of_one_file),
		FILE_TEST(a_stream_continues_standard_output),
	};
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
