/* Each call of the system and each allocation fails once, in every command: there is a message and
 * exit status 1, or the failure did not matter; no file is half written, and no draft is left. */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "app/checkpoint.h"
#include "base/draft.h"
#include "base/file.h"
#include "faults.h"
#include "program.h"

enum { MOST_OUTPUTS = 3 };

static char folder[64];

static int open_folder(void **state)
{
	(void)state;
	return program_open_folder(folder);
}

static int close_folder(void **state)
{
	(void)state;
	return program_close_folder(folder);
}

static struct buffer content(const char *name)
{
	struct buffer buffer;
	struct error error;

	if (file_read(name, SIZE_MAX, &buffer, &error))
		fail_msg("%s", error.text);
	return buffer;
}

/* A header and one row, or two: the second was not written where just that failed. The seconds in
 * them differ. */
static void assert_rows(const struct buffer *curves)
{
	int lines = 0, commas = 0;

	for (size_t i = 0; i < curves->size; i++) {
		lines += curves->data[i] == '\n';
		commas += curves->data[i] == ',';
	}
	assert_true(lines == 2 || lines == 3);
	assert_int_equal(commas, 8 * lines);
	assert_int_equal(curves->data[curves->size - 1], '\n');
}

/* The seconds in it differ. */
static void assert_checkpoint(const struct buffer *bytes)
{
	struct checkpoint checkpoint;
	struct error error;

	if (checkpoint_parse(bytes, &checkpoint, &error))
		fail_msg("%s", error.text);
	checkpoint_free(&checkpoint);
}

static void assert_whole(const char *name, const struct buffer *expected)
{
	struct buffer have = content(name);

	if (!strcmp(name, "curves.csv")) {
		assert_rows(&have);
	} else if (!strcmp(name, "c")) {
		assert_checkpoint(&have);
	} else {
		assert_int_equal(have.size, expected->size);
		assert_memory_equal(have.data, expected->data, have.size);
	}
	buffer_free(&have);
}

static void check_outputs(const char *const *outputs, const struct buffer *expected, int files)
{
	assert_int_equal(scratch_count("."), files);
	for (int i = 0; outputs[i]; i++)
		assert_whole(outputs[i], &expected[i]);
}

/* Returns false where there were fewer calls. */
static bool fails(const char *const *words, int number)
{
	struct program_run run = {.call = number};

	program_run(words, &run);
	if (run.status != STATUS_DONE && (run.status != STATUS_FAILED || !run.failed || !*run.said))
		fail_msg("%s, call %d, %s: exit status %d", words[0], number, run.failed, run.status);
	return run.failed;
}

/* The outputs are the same each time, so that a new one that is whole is like the old one. */
static void fail_each_call(const char *const *words, const char *const *outputs)
{
	struct buffer expected[MOST_OUTPUTS];
	struct program_run first = {0};

	if (!faults_watched())
		skip();
	program_run(words, &first);
	const int files = scratch_count(".");
	for (int i = 0; outputs[i]; i++)
		expected[i] = content(outputs[i]);
	for (int number = 1; fails(words, number); number++)
		check_outputs(outputs, expected, files);
	for (int number = 1; number <= first.allocations; number++) {
		struct program_run run = {.allocation = number};
		program_run(words, &run);
		check_outputs(outputs, expected, files);
	}
	for (int i = 0; outputs[i]; i++)
		buffer_free(&expected[i]);
}

static const char *const training[] = {
	"train",    "-q", "--data",       ".", "--network", "flatten dense:10 softmax",
	"--epochs", "2",  "--batch-size", "3", "--threads", "1",
	NULL,
};

/* Killed in front of any call, a training leaves the model whole, and the next one clears up. */
static void death_in_training(void **state)
{
	struct program_run run = {0};
	struct error error;
	int status;

	(void)state;
	if (!faults_watched())
		skip();
	program_run(training, &run);
	assert_int_equal(run.status, STATUS_DONE);
	struct buffer model = content("model.safetensors");
	const int files = scratch_count(".");
	for (int number = 1; number == 1 || status; number++) {
		fflush(stdout);
		const pid_t child = fork();
		if (!child) {
			run = (struct program_run){.call = number, .is_death = true};
			program_run(training, &run);
			_exit(run.status);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(!status || WTERMSIG(status) == SIGKILL);
		assert_whole("model.safetensors", &model);
		assert_whole("curves.csv", NULL);
		assert_int_equal(file_check_replace("model.safetensors", &error), 0);
		assert_int_equal(file_check_replace("curves.csv", &error), 0);
		assert_int_equal(scratch_count("."), files);
	}
	buffer_free(&model);
}

#define OUTPUTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FAIL(outputs, ...) fail_each_call((const char *const[]){__VA_ARGS__, NULL}, outputs)

static void of_train(void **state)
{
	(void)state;
	fail_each_call(training, OUTPUTS("model.safetensors", "curves.csv"));
	FAIL(OUTPUTS("model.safetensors", "curves.csv"), "train", "-q", "--data", ".", "--network",
		 "flatten dense:10 softmax", "--epochs", "2", "--threads", "2");
}

/* A checkpoint that cannot be saved is reported, and the model is trained all the same. */
static void of_a_checkpoint(void **state)
{
	(void)state;
	FAIL(OUTPUTS("model.safetensors", "curves.csv", "c"), "train", "-q", "--data", ".", "--network",
		 "flatten dense:10 softmax", "--epochs", "2", "--batch-size", "3", "--threads", "1",
		 "--checkpoint", "c", "--checkpoint-every", "epoch");
	FAIL(OUTPUTS("model.safetensors", "curves.csv", "c"), "train", "-q", "--resume", "c",
		 "--threads", "1");
}

static void of_eval(void **state)
{
	(void)state;
	FAIL(OUTPUTS("m.png", "p.csv", "c.csv"), "eval", "-q", "--against", "model.safetensors",
		 "--data", ".", "--threads", "1", "--mistakes", "m.png", "--predictions", "p.csv",
		 "--confusion", "c.csv");
}

static void of_predict(void **state)
{
	(void)state;
	FAIL(OUTPUTS("7.pgm", "way.png"), "predict", "-q", "--raw", "--save-digit", "7.pgm", "--steps",
		 "way.png", DATA "/samples/7.pgm");
}

static void of_inspect(void **state)
{
	(void)state;
	FAIL(OUTPUTS("s.png"), "inspect", "data", "--data", ".", "--count", "2", "--sheet", "s.png");
	FAIL(OUTPUTS("f.png"), "inspect", "model", "--filters", "f.png");
	FAIL(OUTPUTS("a.png", "o.png"), "inspect", "image", DATA "/samples/7.pgm", "--activations",
		 "a.png", "--occlusion", "o.png");
}

static void of_export(void **state)
{
	(void)state;
	FAIL(OUTPUTS("e.html"), "export", "-q", "e.html");
	FAIL(OUTPUTS("e.onnx"), "export", "-q", "e.onnx");
	FAIL(OUTPUTS("e.c", "e.h"), "export", "-q", "e.c");
	FAIL(OUTPUTS("e.c", "e.h"), "export", "-q", "--int8", "e.c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_train),        cmocka_unit_test(death_in_training),
		cmocka_unit_test(of_a_checkpoint), cmocka_unit_test(of_eval),
		cmocka_unit_test(of_predict),      cmocka_unit_test(of_inspect),
		cmocka_unit_test(of_export),
	};

	return cmocka_run_group_tests_name("faults", tests, open_folder, close_folder);
}
