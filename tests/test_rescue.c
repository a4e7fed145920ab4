/* What was learned is written somewhere, whatever fails. */
#define _XOPEN_SOURCE 700

#include <errno.h>
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
#include <unistd.h>
#include <cmocka.h>

#include "cli/rescue.h"
#include "cli/stop.h"
#include "errors.h"
#include "faults.h"
#include "scratch.h"
#include "terminal.h"

static char folder[64], inner[256], path[256], other[256];
static struct error error;
static struct draft draft;
static uint8_t content[] = "weights";
static const struct buffer bytes = {content, sizeof content - 1};

/* A draft of the file "model" in a folder "inner". */
static int setup(void **state)
{
	(void)state;
	if (!scratch_open(folder))
		return -1;
	scratch_path(inner, folder, "inner");
	scratch_path(path, folder, "inner/model");
	scratch_path(other, folder, "other");
	setenv("TMPDIR", folder, 1);
	return mkdir(inner, 0700) || draft_open(&draft, path, &error);
}

static int teardown(void **state)
{
	(void)state;
	return scratch_close(folder) ? 0 : -1;
}

/* The folder is put away, so that nothing can be written there. */
static void lose_folder(void)
{
	assert_true(scratch_close(inner));
}

static FILE *answers_of(const char *text)
{
	FILE *answers = tmpfile();

	assert_non_null(answers);
	fputs(text, answers);
	rewind(answers);
	return answers;
}

static void writes_to_the_file(void **state)
{
	struct rescue rescue = {NULL, NULL, ""};

	(void)state;
	assert_int_equal(rescue_write(&rescue, &draft, &bytes, &error), 0);
	assert_string_equal(rescue.path, path);
	assert_true(scratch_holds(path, "weights"));
	assert_int_equal(scratch_count(inner), 1);
}

/* Each call of the system fails once: then the second try does it. */
static void one_failure_does_not_matter(void **state)
{
	struct rescue rescue = {NULL, NULL, ""};

	(void)state;
	if (!faults_watched())
		skip();
	for (int number = 1;; number++) {
		faults_fail_at(NULL, number, EIO);
		const int status = rescue_write(&rescue, &draft, &bytes, &error);
		const bool failed = faults_failed();
		faults_fail_at(NULL, 0, 0);
		assert_int_equal(status, 0);
		assert_true(scratch_holds(path, "weights"));
		assert_int_equal(scratch_count(inner), 1);
		if (!failed)
			break;
		unlink(path);
		assert_int_equal(draft_open(&draft, path, &error), 0);
	}
}

static void asks_until_it_is_written(void **state)
{
	struct rescue rescue = {tmpfile(), NULL, ""};
	char text[1000], asked[2000] = "";

	(void)state;
	lose_folder();
	snprintf(text, sizeof text, "\n%s/none/x\n%s\nnot read\n", folder, other);
	rescue.answers = answers_of(text);
	assert_int_equal(rescue_write(&rescue, &draft, &bytes, &error), 0);
	assert_string_equal(rescue.path, other);
	assert_true(scratch_holds(other, "weights"));
	rewind(rescue.questions);
	asked[fread(asked, 1, sizeof asked - 1, rescue.questions)] = '\0';
	const char *first = strstr(asked, "inner/model: its folder does not exist");
	assert_non_null(first);
	assert_non_null(strstr(first + 1, "inner/model: its folder does not exist"));
	assert_non_null(strstr(asked, "none/x: its folder does not exist"));
	assert_non_null(strstr(asked, "Enter tries again; or name another file: "));
	assert_non_null(fgets(text, sizeof text, rescue.answers));
	assert_string_equal(text, "not read\n");
	fclose(rescue.answers);
	fclose(rescue.questions);
}

/* The file in $TMPDIR is in a folder of its own. */
static void assert_saved_elsewhere(const struct rescue *rescue)
{
	char expected[PATH_SIZE + 100];

	snprintf(expected, sizeof expected, "; what was learned is in %s", rescue->path);
	assert_error_has(&error, "inner/model: its folder does not exist");
	assert_error_has(&error, expected);
	snprintf(expected, sizeof expected, "%s/mnist-cnn.", folder);
	assert_memory_equal(rescue->path, expected, strlen(expected));
	assert_string_equal(strrchr(rescue->path, '/'), "/model");
	assert_true(scratch_holds(rescue->path, "weights"));
}

static void without_anybody_it_goes_elsewhere(void **state)
{
	struct rescue rescue = {NULL, NULL, ""};

	(void)state;
	lose_folder();
	assert_int_equal(rescue_write(&rescue, &draft, &bytes, &error), -1);
	assert_saved_elsewhere(&rescue);
}

static void without_an_answer_it_goes_elsewhere(void **state)
{
	char text[PATH_SIZE + 100];

	(void)state;
	lose_folder();
	memset(text, 'x', sizeof text - 2);
	strcpy(text + sizeof text - 2, "\n");
	for (int too_long = 0; too_long < 2; too_long++) {
		struct rescue rescue = {tmpfile(), answers_of(too_long ? text : "\n"), ""};

		assert_int_equal(rescue_write(&rescue, &draft, &bytes, &error), -1);
		assert_saved_elsewhere(&rescue);
		fclose(rescue.answers);
		fclose(rescue.questions);
		draft = (struct draft){.path = path, .file = -1};
	}
}

/* Nothing more can be done, but say so and leave no folder. */
static void all_may_fail(void **state)
{
	struct rescue rescue = {NULL, NULL, ""};

	(void)state;
	lose_folder();
	setenv("TMPDIR", "no/where", 1);
	assert_int_equal(rescue_write(&rescue, &draft, &bytes, &error), -1);
	assert_error_has(&error, "inner/model: its folder does not exist");
	assert_error_has(&error, "; what was learned is lost, too: no folder can be made in no/where");
	assert_int_equal(scratch_count(folder), 0);
}

/* With a limit on the size of files, that is found out in a folder already made. */
static void no_file_may_be_written_anywhere(void **state)
{
	const struct rlimit limit = {.rlim_cur = 3, .rlim_max = 3};
	int status;

	(void)state;
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		struct rescue rescue = {NULL, NULL, ""};

		signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &limit) || !rescue_write(&rescue, &draft, &bytes, &error) ||
			  !strstr(error.text, "inner/model: cannot write: File too large") ||
			  !strstr(error.text, "; what was learned is lost, too: ") ||
			  !strstr(error.text, "/model: cannot write: File too large"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(scratch_count(folder), 1);
	assert_int_equal(draft_close(&draft, &error), 0);
}

/* Ctrl-C at the question ends the program at once, although it is the first; its drafts go. */
static void ctrl_c_is_an_answer(void **state)
{
	int question[2], answer[2], status;
	char text[2000], spare[256];
	struct draft curves;

	(void)state;
	fflush(stdout);
	assert_true(!pipe(question) && !pipe(answer));
	const pid_t child = fork();
	if (!child) {
		struct rescue rescue = {fdopen(question[1], "w"), fdopen(answer[0], "r"), ""};

		close(answer[1]);
		stop_catch_signals(false, false);
		lose_folder();
		if (!draft_open(&curves, scratch_path(spare, folder, "curves"), &error))
			rescue_write(&rescue, &draft, &bytes, &error);
		_exit(0);
	}
	close(question[1]);
	assert_true(read(question[0], text, sizeof text) > 0);
	assert_int_equal(scratch_count(folder), 1);
	kill(child, SIGINT);
	close(answer[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	assert_int_equal(scratch_count(folder), 0);
	assert_int_equal(draft_close(&draft, &error), 0);
	close(question[0]);
	close(answer[0]);
}

/* Both ends must be a terminal. */
static void somebody_may_be_there(void **state)
{
	const int in = dup(STDIN_FILENO), err = dup(STDERR_FILENO);
	FILE *terminal;
	const int user = open_terminal(&terminal);

	(void)state;
	if (user < 0)
		skip();
	assert_true(in >= 0 && err >= 0);
	dup2(fileno(terminal), STDIN_FILENO);
	dup2(fileno(terminal), STDERR_FILENO);
	const struct rescue both = rescue_here();
	dup2(user, STDERR_FILENO);
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	const struct rescue none = rescue_here();
	dup2(in, STDIN_FILENO);
	dup2(err, STDERR_FILENO);
	assert_true(both.answers == stdin && both.questions == stderr);
	assert_true(!none.answers && !none.questions);
	fclose(terminal);
	close(user);
	assert_int_equal(draft_close(&draft, &error), 0);
}

int main(void)
{
#define RESCUE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		RESCUE_TEST(writes_to_the_file),
		RESCUE_TEST(one_failure_does_not_matter),
		RESCUE_TEST(asks_until_it_is_written),
		RESCUE_TEST(without_anybody_it_goes_elsewhere),
		RESCUE_TEST(without_an_answer_it_goes_elsewhere),
		RESCUE_TEST(ctrl_c_is_an_answer),
		RESCUE_TEST(all_may_fail),
		RESCUE_TEST(somebody_may_be_there),
		RESCUE_TEST(no_file_may_be_written_anywhere),
	};
	return cmocka_run_group_tests_name("rescue", tests, NULL, NULL);
}
