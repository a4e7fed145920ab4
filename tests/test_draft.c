/* Replacing files so that nothing is ever half written or written by two. */
#define _XOPEN_SOURCE 700

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

#include "base/draft.h"
#include "base/file.h"
#include "errors.h"
#include "faults.h"
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

static mode_t permissions(const char *name)
{
	struct stat status;

	assert_int_equal(stat(name, &status), 0);
	return status.st_mode & 0777;
}

/* ---- files as a whole ---- */

static void replaces_and_leaves_nothing_behind(void **state)
{
	(void)state;
	scratch_path(path, folder, "new");
	assert_int_equal(file_replace(path, "first", 5, &error), 0);
	assert_true(scratch_holds(path, "first"));
	assert_int_equal(file_replace(path, "2nd", 3, &error), 0);
	assert_true(scratch_holds(path, "2nd"));
	assert_int_equal(file_replace(path, NULL, 0, &error), 0);
	assert_true(scratch_holds(path, ""));
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
	assert_true(scratch_holds(path, "y"));
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
	assert_true(scratch_holds(target, "made"));
	assert_int_equal(file_replace(link, "changed", 7, &error), 0);
	assert_true(scratch_holds(target, "changed"));
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
	assert_error_has(&error, "no/where: its folder does not exist");
	assert_int_equal(file_replace(path, "x", 1, &error), -1);
	assert_error_has(&error, "no/where: its folder does not exist");
	scratch_path(path, folder, "plain");
	assert_true(scratch_write(path, "kept"));
	scratch_path(path, folder, "plain/x");
	assert_int_equal(file_check_replace(path, &error), -1);
	assert_error_has(&error, "Not a directory");
}

/* The file, with these permissions of its own and of its folder, is not replaced, and `words` say
 * why. Root may write anywhere, so root becomes somebody else first. */
static void assert_protected(mode_t mode, mode_t folder_mode, const char *words)
{
	int status;

	scratch_path(path, folder, "protected");
	assert_true(scratch_write(path, "kept"));
	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(chmod(folder, folder_mode), 0);
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		if (!geteuid() && setuid(65534))
			_exit(2);
		bool refused = file_check_replace(path, &error) && file_replace(path, "x", 1, &error) &&
					   strstr(error.text, words);
		_exit(refused ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(status, 0);
	assert_true(scratch_holds(path, "kept"));
}

static void protection_is_respected(void **state)
{
	(void)state;
	assert_protected(0444, 0777, "protected: cannot write: Permission denied");
}

/* In a folder that may not be written to, the old file may be, but not replaced. */
static void a_folder_is_protected(void **state)
{
	(void)state;
	assert_protected(0666, 0555,
					 "protected: cannot create a temporary file beside it: "
					 "Permission denied; the old file is untouched");
}

static void checking_changes_nothing(void **state)
{
	(void)state;
	scratch_path(path, folder, "absent");
	assert_int_equal(file_check_replace(path, &error), 0);
	assert_int_equal(scratch_count(folder), 0);
	assert_true(scratch_write(path, "kept"));
	assert_int_equal(file_check_replace(path, &error), 0);
	assert_true(scratch_holds(path, "kept"));
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
	assert_true(scratch_holds(path, "before between after"));
	assert_int_equal(scratch_count(folder), 1);
}

/* A limit on the size of files stands for a disk that gets full half way. */
static void half_written_is_not_written(void **state)
{
	static const char large[65536];
	const struct rlimit limit = {.rlim_cur = 10000, .rlim_max = 10000};

	(void)state;
	scratch_path(path, folder, "model");
	assert_true(scratch_write(path, "old"));
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
	assert_true(scratch_holds(path, "old"));
	assert_int_equal(scratch_count(folder), 1);
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

/* kill -9 at any moment leaves one of the contents, whole, and a draft that the next one removes.
 */
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
		assert_true(scratch_count(folder) <= 2);
	}
	assert_int_equal(file_check_replace(path, &error), 0);
	assert_int_equal(scratch_count(folder), 1);
}

/* Ctrl-C, pressed often, ends the process in the end, but leaves no temporary file. */
static void a_signal_leaves_nothing_behind(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct timespec pause = {.tv_nsec = 300000};

	(void)state;
	scratch_path(path, folder, "survivor");
	assert_true(scratch_write(path, "old"));
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

static volatile sig_atomic_t answered;

static void answer(int number)
{
	(void)number;
	answered = 1;
}

/* A handler gets a signal that comes while a file is replaced; a lost one would never end this. */
static void a_signal_is_not_lost(void **state)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	(void)state;
	scratch_path(path, folder, "survivor");
	for (int round = 0; round < 10; round++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (!child) {
			signal(SIGTERM, answer);
			alarm(60);
			while (!answered)
				if (file_replace(path, "new", 3, &error))
					_exit(1);
			_exit(0);
		}
		do {
			nanosleep(&pause, NULL);
		} while (!file_exists(path));
		kill(child, SIGTERM);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(scratch_count(folder), 1);
		unlink(path);
	}
}

/* A draft of /dev/stdout does not begin anew what was printed before it. */
static void a_draft_continues_standard_output(void **state)
{
	(void)state;
	scratch_path(path, folder, "output");
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		struct draft draft;

		if (!freopen(path, "wb", stdout))
			_exit(1);
		printf("before ");
		int status = draft_open(&draft, "/dev/stdout", &error) ||
					 draft_append(&draft, "between ", 8, &error) || printf("and ") < 0 ||
					 draft_append(&draft, "among ", 6, &error) || draft_publish(&draft, &error) ||
					 draft_close(&draft, &error);
		printf("after");
		fflush(stdout);
		_exit(status || !file_is_stream(path, stdout) || file_is_stream("/dev/null", stdout));
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(scratch_holds(path, "before between and among after"));
}

/* ---- drafts ---- */

#define DRAFT "%s/.model.mnist-cnn.tmp"

/* The path of the draft of "model" is `temporary`. */
static void name_model(char temporary[256])
{
	scratch_path(path, folder, "model");
	snprintf(temporary, 256, DRAFT, folder);
}

static bool exists(const char *name)
{
	struct stat status;

	return !lstat(name, &status);
}

static void an_old_file_stays_until_the_draft_is_whole(void **state)
{
	char temporary[256];
	struct draft draft;

	(void)state;
	name_model(temporary);
	assert_true(scratch_write(path, "old"));
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(draft_append(&draft, "ne", 2, &error), 0);
	assert_true(exists(temporary));
	assert_true(scratch_holds(path, "old"));
	assert_int_equal(draft_append(&draft, "w", 1, &error), 0);
	assert_int_equal(draft_publish(&draft, &error), 0);
	assert_false(exists(temporary));
	assert_true(scratch_holds(path, "new"));
	assert_int_equal(draft_append(&draft, "er", 2, &error), 0);
	assert_true(scratch_holds(path, "newer"));
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(draft_append(&draft, "lost", 4, &error), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_true(scratch_holds(path, "newer"));
	assert_int_equal(scratch_count(folder), 1);
}

/* A child that has a draft of the file at `path`, and lives as long as we hold `to`. */
struct writer {
	pid_t process;
	int to, from;
};

static void write_half(int from, int to)
{
	struct draft draft;
	char byte;

	if (draft_open(&draft, path, &error) || draft_append(&draft, "half", 4, &error) ||
		write(to, "", 1) != 1 || read(from, &byte, 1) != 1 || draft_publish(&draft, &error) ||
		write(to, "", 1) != 1 || read(from, &byte, 1) != 1)
		_exit(1); /* as by kill -9: nothing is closed or removed */
	_exit(0);
}

static void await(const struct writer *writer)
{
	char byte;

	assert_int_equal(read(writer->from, &byte, 1), 1);
}

/* Replace the file over and over, once it has been told to. */
static void write_often(int from, int to)
{
	struct draft draft = {0};
	char byte;

	if (draft_renew(&draft, path, "first", 5, &error) || write(to, "", 1) != 1 ||
		read(from, &byte, 1) != 1)
		_exit(1);
	for (int i = 0; i < 300; i++)
		while (draft_renew(&draft, path, "next", 4, &error)) /* the other one came in between */
			;
	_exit(write(to, "", 1) != 1 || read(from, &byte, 1) != 1);
}

static struct writer start_writer(void (*write_file)(int from, int to))
{
	int to[2], from[2];

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	fflush(stdout);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(to[1]);
		close(from[0]);
		write_file(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	const struct writer writer = {child, to[1], from[0]};
	await(&writer);
	return writer;
}

static void end_writer(const struct writer *writer)
{
	close(writer->to);
	close(writer->from);
	assert_int_equal(waitpid(writer->process, NULL, 0), writer->process);
}

static void assert_refused(pid_t process)
{
	struct draft draft;
	char expected[300];

	snprintf(expected, sizeof expected, "%s: process %ld is writing it", path, (long)process);
	assert_int_equal(draft_open(&draft, path, &error), -1);
	assert_string_equal(error.text, expected);
	assert_int_equal(file_check_replace(path, &error), -1);
	assert_string_equal(error.text, expected);
	assert_int_equal(file_replace(path, "mine", 4, &error), -1);
	assert_string_equal(error.text, expected);
}

/* Also while the other goes on appending to what it has published. */
static void a_second_process_is_refused(void **state)
{
	char temporary[256];

	(void)state;
	name_model(temporary);
	for (int old = 0; old < 2; old++) {
		const struct writer writer = start_writer(write_half);
		assert_refused(writer.process);
		assert_true(exists(temporary));
		assert_int_equal(write(writer.to, "", 1), 1);
		await(&writer);
		assert_false(exists(temporary));
		assert_refused(writer.process);
		assert_true(scratch_holds(path, "half"));
		end_writer(&writer);
		assert_int_equal(file_replace(path, "old", 3, &error), 0);
		assert_true(scratch_holds(path, "old"));
		assert_int_equal(scratch_count(folder), 1);
	}
}

/* A renewed draft leaves no moment for another process, and the file is whole. */
static void a_renewed_draft_is_held(void **state)
{
	char temporary[256];

	(void)state;
	name_model(temporary);
	const struct writer writer = start_writer(write_often);
	assert_refused(writer.process);
	assert_true(scratch_holds(path, "first"));
	assert_int_equal(write(writer.to, "", 1), 1);
	for (int i = 0; i < 300; i++)
		assert_refused(writer.process);
	await(&writer);
	assert_true(scratch_holds(path, "next"));
	end_writer(&writer);
	assert_int_equal(file_replace(path, "old", 3, &error), 0);
	assert_int_equal(scratch_count(folder), 1);
}

/* A call that fails in a save, and the saves before it. */
static struct {
	const char *call;
	int saved;
} vain;

static void write_in_vain(int from, int to)
{
	struct draft draft = {0};
	char byte;

	for (int i = 0; i < vain.saved; i++)
		if (draft_renew(&draft, path, "saved", 5, &error))
			_exit(1);
	faults_fail_at(vain.call, 1, EIO);
	const int status = draft_renew(&draft, path, "lost", 4, &error);
	faults_fail_at(NULL, 0, 0);
	if (!status || write(to, "", 1) != 1 || read(from, &byte, 1) != 1 ||
		draft_renew(&draft, path, "next", 4, &error))
		_exit(1);
	_exit(write(to, "", 1) != 1 || read(from, &byte, 1) != 1);
}

/* Nor does a save that fails leave such a moment, the first one or another. */
static void a_draft_that_failed_is_held(void **state)
{
	static const char *const calls[] = {"write", "fsync", "rename"};
	char temporary[256];

	(void)state;
	name_model(temporary);
	if (!faults_watched())
		skip();
	for (size_t i = 0; i < 2 * sizeof calls / sizeof *calls; i++) {
		vain.call = calls[i / 2];
		vain.saved = i % 2;
		const struct writer writer = start_writer(write_in_vain);
		assert_refused(writer.process);
		assert_true(vain.saved ? scratch_holds(path, "saved") : !exists(path));
		assert_int_equal(write(writer.to, "", 1), 1);
		await(&writer);
		assert_true(scratch_holds(path, "next"));
		end_writer(&writer);
		assert_int_equal(unlink(path), 0);
	}
}

/* Where a save fails, the old file stays, and the next save is another attempt. */
static void a_draft_that_failed_is_renewed(void **state)
{
	char temporary[256];
	struct draft draft = {0};

	(void)state;
	name_model(temporary);
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(unlink(temporary), 0);
	assert_int_equal(draft_renew(&draft, path, "lost", 4, &error), -1);
	assert_false(exists(path));
	assert_int_equal(draft_renew(&draft, path, "first", 5, &error), 0);
	assert_int_equal(mkdir(temporary, 0700), 0);
	faults_fail_at(NULL, 0, 0);
	assert_int_equal(draft_renew(&draft, path, "second", 6, &error), -1);
	assert_in_range(faults_count(), 0, 10); /* nobody waits for a folder to go */
	assert_error_has(&error, "the draft of another run is in the way");
	assert_true(scratch_holds(path, "first"));
	assert_int_equal(rmdir(temporary), 0);
	assert_int_equal(draft_renew(&draft, path, "third", 5, &error), 0);
	assert_true(scratch_holds(path, "third"));
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_int_equal(scratch_count(folder), 1);
	draft = (struct draft){0};
	assert_int_equal(draft_renew(&draft, "/dev/full", "x", 1, &error), -1);
	assert_int_equal(draft_renew(&draft, "/dev/null", "x", 1, &error), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
}

static void a_dead_draft_is_removed(void **state)
{
	char temporary[256];

	(void)state;
	name_model(temporary);
	assert_true(scratch_write(path, "old"));
	const struct writer writer = start_writer(write_half);
	end_writer(&writer);
	assert_true(scratch_holds(temporary, "half"));
	assert_int_equal(file_check_replace(path, &error), 0);
	assert_false(exists(temporary));
	assert_true(scratch_holds(path, "old"));
}

/* Whoever may write in the folder may put a link or a folder there. */
static void what_is_in_the_drafts_way_is_left_alone(void **state)
{
	char temporary[256], other[256];

	(void)state;
	name_model(temporary);
	scratch_path(other, folder, "other");
	assert_true(scratch_write(other, "kept"));
	assert_int_equal(symlink("other", temporary), 0);
	assert_int_equal(file_replace(path, "new", 3, &error), -1);
	assert_error_has(&error, "/model: the draft of another run is in the way, ");
	assert_error_has(&error, "/.model.mnist-cnn.tmp: ");
	assert_true(scratch_holds(other, "kept"));
	assert_false(exists(path));
	assert_int_equal(unlink(temporary), 0);
	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(file_check_replace(path, &error), -1);
	assert_error_has(&error, "/model: the draft of another run is in the way, ");
}

/* On file systems without locks a draft is safe, and a dead one is not told from a living one. */
static void locks_may_be_impossible(void **state)
{
	char temporary[256];
	struct draft draft;

	(void)state;
	if (!faults_watched())
		skip();
	name_model(temporary);
	faults_fail_at("fcntl", 1, ENOLCK);
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(draft_append(&draft, "new", 3, &error), 0);
	assert_int_equal(draft_publish(&draft, &error), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_true(scratch_holds(path, "new"));
	assert_true(scratch_write(temporary, "whose?"));
	faults_fail_at("fcntl", 1, ENOLCK);
	assert_int_equal(draft_open(&draft, path, &error), -1);
	faults_fail_at(NULL, 0, 0);
	assert_error_has(&error, "/model: the draft of another run is in the way, ");
	assert_error_has(&error, "No locks available");
	assert_true(scratch_holds(temporary, "whose?"));
}

/* Somebody cleans up; then another process begins a draft of the same name. */
static void a_draft_that_was_removed_replaces_nothing(void **state)
{
	char temporary[256];
	struct draft draft;

	(void)state;
	name_model(temporary);
	assert_true(scratch_write(path, "old"));
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(unlink(temporary), 0);
	assert_int_equal(draft_publish(&draft, &error), -1);
	assert_error_has(&error, "/model: cannot rename a temporary file to it: No such file");
	assert_error_has(&error, "; the old file is untouched");
	assert_true(scratch_write(temporary, "another's"));
	assert_int_equal(draft_publish(&draft, &error), -1);
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_true(scratch_holds(temporary, "another's"));
	assert_true(scratch_holds(path, "old"));
}

/* Nobody may read the new content who may not read the old one, at no time. */
static void a_draft_has_the_rights_of_its_file(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0604, 0666};
	char temporary[256];
	struct draft draft;

	(void)state;
	name_model(temporary);
	assert_true(scratch_write(path, "old"));
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(draft_open(&draft, path, &error), 0);
		assert_int_equal(permissions(temporary), modes[i]);
		assert_int_equal(draft_publish(&draft, &error), 0);
		assert_int_equal(permissions(path), modes[i]);
		assert_int_equal(draft_close(&draft, &error), 0);
	}
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(chmod(path, 0600), 0); /* meanwhile */
	assert_int_equal(draft_publish(&draft, &error), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_int_equal(permissions(path), 0600);
}

/* Only root can give files away. */
static void the_owner_is_kept(void **state)
{
	struct stat status;

	(void)state;
	if (geteuid())
		skip();
	scratch_path(path, folder, "model");
	assert_true(scratch_write(path, "old"));
	assert_int_equal(chown(path, 65534, 65533), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(file_replace(path, "new", 3, &error), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, 65534);
	assert_int_equal(status.st_gid, 65533);
	assert_int_equal(status.st_mode & 0777, 0640);
}

/* Otherwise our group would get the rights of another: here root's file of group 65533 is replaced
 * by somebody who may write to it. */
static void a_group_that_cannot_be_kept_has_no_rights_of_its_own(void **state)
{
	int status;

	(void)state;
	if (geteuid())
		skip();
	scratch_path(path, folder, "model");
	assert_true(scratch_write(path, "old"));
	assert_int_equal(chown(path, 0, 65533), 0);
	assert_int_equal(chmod(path, 0666 - 0004), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	fflush(stdout);
	pid_t child = fork();
	if (!child)
		_exit(setgid(65534) || setuid(65534) || file_replace(path, "new", 3, &error));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(scratch_holds(path, "new"));
	assert_int_equal(permissions(path), 0622);
}

static void room_is_reserved(void **state)
{
	char temporary[256];
	struct draft draft;
	struct stat status;

	(void)state;
	name_model(temporary);
	assert_int_equal(draft_open(&draft, path, &error), 0);
	assert_int_equal(draft_reserve(&draft, 100000, &error), 0);
	assert_int_equal(stat(temporary, &status), 0);
	if (status.st_size) /* the system can do it */
		assert_true(status.st_blocks * 512 >= 100000);
	assert_int_equal(draft_append(&draft, "short", 5, &error), 0);
	assert_int_equal(draft_publish(&draft, &error), 0);
	assert_true(scratch_holds(path, "short"));
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_int_equal(draft_open(&draft, "/dev/null", &error), 0);
	assert_int_equal(draft_reserve(&draft, 100000, &error), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
}

static void a_lack_of_room_is_told_before_the_work(void **state)
{
	static const struct {
		int error;
		const char *words;
	} failures[] = {
		{ENOSPC, "/model: there is no room for it: No space left on device"},
		{EDQUOT, "/model: there is no room for it: Disk quota exceeded"},
		{EFBIG, "/model: there is no room for it: File too large"},
		{EOPNOTSUPP, NULL},
		{EINVAL, NULL},
		{EINTR, NULL},
	};
	struct draft draft;

	(void)state;
	if (!faults_watched())
		skip();
	scratch_path(path, folder, "model");
	assert_int_equal(draft_open(&draft, path, &error), 0);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		faults_fail_at("posix_fallocate", 1, failures[i].error);
		const int status = draft_reserve(&draft, 100000, &error);
		const bool asked = faults_failed(); /* not every system can be */
		faults_fail_at(NULL, 0, 0);
		assert_int_equal(status, asked && failures[i].words ? -1 : 0);
		if (status)
			assert_error_has(&error, failures[i].words);
	}
	assert_int_equal(draft_close(&draft, &error), 0);
	assert_int_equal(scratch_count(folder), 0);
}

/* Each call of the system fails once. Then there is an error and no draft; the old content is there
 * unless only the closing or the folder's flushing failed, which come last. */
static void any_call_may_fail(void **state)
{
	char expected[300];

	(void)state;
	if (!faults_watched())
		skip();
	scratch_path(path, folder, "model");
	int status = -1;
	for (int number = 1; status || faults_failed(); number++) {
		assert_true(scratch_write(path, "old"));
		faults_fail_at(NULL, number, EIO);
		status = file_replace(path, "new", 3, &error);
		const char *failed = faults_failed();
		faults_fail_at(NULL, 0, 0);
		const bool late = status && !strstr(error.text, "; the old file is untouched");
		assert_true(scratch_holds(path, status && !late ? "old" : "new"));
		assert_int_equal(scratch_count(folder), 1);
		snprintf(expected, sizeof expected, "%s: ", path);
		if (status)
			assert_error_has(&error, expected);
		if (late)
			assert_true(strstr(error.text, "cannot close: Input/output error") ||
						strstr(error.text, "cannot flush its folder to disk: Input/output error"));
		if (!failed)
			break;
	}
	assert_int_equal(status, 0);
}

/* The message says which call it was. */
static void each_failure_has_its_words(void **state)
{
	static const struct {
		const char *call;
		int number;
		const char *words;
	} failures[] = {
		{"open", 1, "cannot create a temporary file beside it: Input/output error; the old file"},
		{"fchmod", 1, "cannot keep its permissions: Input/output error; the old file is untouched"},
		{"write", 1, "cannot write: Input/output error; the old file is untouched"},
		{"fchmod", 2, "cannot keep its permissions: Input/output error; the old file is untouched"},
		{"ftruncate", 1, "cannot write: Input/output error; the old file is untouched"},
		{"fsync", 1, "cannot flush to disk: Input/output error; the old file is untouched"},
		{"rename", 1, "cannot rename a temporary file to it: Input/output error; the old file is"},
		{"fsync", 2, "cannot flush its folder to disk: Input/output error"},
		{"close", 3, "cannot close: Input/output error"},
	};

	(void)state;
	if (!faults_watched())
		skip();
	scratch_path(path, folder, "model");
	assert_true(scratch_write(path, "old"));
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		faults_fail_at(failures[i].call, failures[i].number, EIO);
		const int status = file_replace(path, "new", 3, &error);
		faults_fail_at(NULL, 0, 0);
		assert_int_equal(status, -1);
		assert_error_has(&error, failures[i].words);
		assert_int_equal(!strstr(error.text, "untouched"), i > 6);
		assert_true(scratch_holds(path, i > 6 ? "new" : "old"));
	}
}

/* Killed in front of each call, the process leaves one of the contents, whole. Its draft is never
 * more readable than the file, and the next one removes it. */
static void death_may_come_at_any_call(void **state)
{
	char temporary[256];
	int status = 0;

	(void)state;
	if (!faults_watched())
		skip();
	name_model(temporary);
	fflush(stdout);
	for (int number = 1; number == 1 || status; number++) {
		assert_true(scratch_write(path, "old"));
		assert_int_equal(chmod(path, 0600), 0);
		const pid_t child = fork();
		if (!child) {
			faults_fail_at(NULL, number, FAULT_DEATH);
			_exit(file_replace(path, "new", 3, &error));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(!status || WTERMSIG(status) == SIGKILL);
		/* The first call creates the draft, and the renaming ends it. */
		assert_true(scratch_holds(path, number == 1 || exists(temporary) ? "old" : "new"));
		if (exists(temporary))
			assert_int_equal(permissions(temporary) & 0077, 0);
		assert_int_equal(file_check_replace(path, &error), 0);
		assert_int_equal(scratch_count(folder), 1);
	}
}

/* A handler of signals removes what lives as long as a training. */
static void a_handler_removes_all_drafts(void **state)
{
	struct draft drafts[3], special;
	char other[2][256];

	(void)state;
	scratch_path(path, folder, "model");
	scratch_path(other[0], folder, "curves");
	scratch_path(other[1], folder, "published");
	assert_int_equal(draft_open(&special, "/dev/null", &error), 0);
	assert_int_equal(draft_open(&drafts[0], path, &error), 0);
	assert_int_equal(draft_open(&drafts[1], other[0], &error), 0);
	assert_int_equal(draft_open(&drafts[2], other[1], &error), 0);
	assert_int_equal(draft_publish(&drafts[2], &error), 0);
	assert_int_equal(scratch_count(folder), 3);
	drafts_remove();
	assert_int_equal(scratch_count(folder), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(draft_close(&drafts[i], &error), 0);
	assert_int_equal(draft_close(&special, &error), 0);
	assert_int_equal(scratch_count(folder), 1);
}

/* 255 bytes are as long as names can be. */
static void names_may_be_long(void **state)
{
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	char long_path[400];
	snprintf(long_path, sizeof long_path, "%s/%s", folder, name);
	assert_int_equal(file_replace(long_path, "long", 4, &error), 0);
	assert_true(scratch_holds(long_path, "long"));
	assert_int_equal(scratch_count(folder), 1);
}

/* They differ at the end alone, as the names of one training's files do. */
static void long_names_do_not_share_a_draft(void **state)
{
	char names[2][300];
	struct draft drafts[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(names[i], sizeof names[i], "%s/%0200d%s", folder, 7, i ? ".csv" : ".safetensors");
		assert_int_equal(draft_open(&drafts[i], names[i], &error), 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(draft_append(&drafts[i], "x", 1, &error), 0);
		assert_int_equal(draft_publish(&drafts[i], &error), 0);
		assert_int_equal(draft_close(&drafts[i], &error), 0);
		assert_true(scratch_holds(names[i], "x"));
	}
	assert_int_equal(scratch_count(folder), 2);
}

/* Nothing is cut, so that nothing is written to another name. */
static void paths_are_taken_whole_or_refused(void **state)
{
	char long_path[PATH_SIZE + 2];

	(void)state;
	for (size_t length = PATH_SIZE - 30; length <= PATH_SIZE + 1; length++) {
		size_t used = (size_t)sprintf(long_path, "%s", folder);

		while (used < length - 1)
			long_path[used++] = '/';
		strcpy(long_path + used, "m");
		assert_int_equal(strlen(long_path), length);
		const int status = file_replace(long_path, "new", 3, &error);
		scratch_path(path, folder, "m");
		assert_int_equal(exists(path), status == 0);
		unlink(path);
		assert_int_equal(scratch_count(folder), 0);
		if (status)
			assert_error_has(&error, strerror(ENAMETOOLONG));
	}
}

int main(void)
{
#define DRAFT_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		DRAFT_TEST(replaces_and_leaves_nothing_behind),
		DRAFT_TEST(permissions_are_kept),
		DRAFT_TEST(links_stay_links),
		DRAFT_TEST(a_link_to_itself_is_refused),
		DRAFT_TEST(replacing_names_what_is_wrong),
		DRAFT_TEST(protection_is_respected),
		DRAFT_TEST(a_folder_is_protected),
		DRAFT_TEST(checking_changes_nothing),
		DRAFT_TEST(a_full_disk_is_an_error),
		DRAFT_TEST(a_fifo_is_written_to),
		DRAFT_TEST(standard_output_continues),
		DRAFT_TEST(half_written_is_not_written),
		DRAFT_TEST(survives_being_killed),
		DRAFT_TEST(a_signal_leaves_nothing_behind),
		DRAFT_TEST(a_signal_is_not_lost),
		DRAFT_TEST(a_draft_continues_standard_output),
		DRAFT_TEST(an_old_file_stays_until_the_draft_is_whole),
		DRAFT_TEST(a_second_process_is_refused),
		DRAFT_TEST(a_renewed_draft_is_held),
		DRAFT_TEST(a_draft_that_failed_is_held),
		DRAFT_TEST(a_draft_that_failed_is_renewed),
		DRAFT_TEST(a_dead_draft_is_removed),
		DRAFT_TEST(what_is_in_the_drafts_way_is_left_alone),
		DRAFT_TEST(locks_may_be_impossible),
		DRAFT_TEST(a_draft_that_was_removed_replaces_nothing),
		DRAFT_TEST(a_draft_has_the_rights_of_its_file),
		DRAFT_TEST(the_owner_is_kept),
		DRAFT_TEST(a_group_that_cannot_be_kept_has_no_rights_of_its_own),
		DRAFT_TEST(room_is_reserved),
		DRAFT_TEST(a_lack_of_room_is_told_before_the_work),
		DRAFT_TEST(any_call_may_fail),
		DRAFT_TEST(each_failure_has_its_words),
		DRAFT_TEST(death_may_come_at_any_call),
		DRAFT_TEST(a_handler_removes_all_drafts),
		DRAFT_TEST(names_may_be_long),
		DRAFT_TEST(long_names_do_not_share_a_draft),
		DRAFT_TEST(paths_are_taken_whole_or_refused),
	};
	return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
