/* A computer without memory is never the fault of the command line or a file: exit status 1 and an
 * error that says so, for every allocation that fails, in every command. */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allocations.h"
#include "program.h"

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

/* Some allocations can be done without. */
static void fail_each_allocation(const char *const *words)
{
	struct program_run first = {0}, run;
	int failures = 0;

	if (!allocations_watched())
		skip();
	program_run(words, &first);
	assert_int_equal(first.status, STATUS_DONE);
	for (int number = 1; number <= first.allocations; number++) {
		run = (struct program_run){.allocation = number};
		program_run(words, &run);
		if (run.status != STATUS_DONE &&
			(run.status != STATUS_FAILED || !strstr(run.said, "not enough memory")))
			fail_msg("%s, allocation %d: exit status %d, %s", words[0], number, run.status,
					 run.said);
		failures += run.status == STATUS_FAILED;
	}
	assert_true(failures > first.allocations / 2);
}

#define FAIL(...) fail_each_allocation((const char *const[]){__VA_ARGS__, NULL})

static void of_train(void **state)
{
	(void)state;
	FAIL("train", "-q", "--data", ".", "--network",
		 "conv:2,3 relu maxpool:2 flatten dense:10 softmax", "--epochs", "2", "--batch-size", "3",
		 "--threads", "2", "--patience", "1");
}

static void of_eval(void **state)
{
	struct program_run run = {0};

	(void)state;
	FAIL("eval", "-q", "--data", ".", "--threads", "2", "--mistakes", "m.png", "--predictions",
		 "p.csv", "--confusion", "c.csv");
	program_run((const char *const[]){"train", "-q", "--data", ".", "--model", "few.safetensors",
									  "--epochs", "1", "--network", "flatten dense:10 softmax",
									  NULL},
				&run);
	assert_int_equal(run.status, STATUS_DONE);
	FAIL("eval", "-q", "--data", ".", "--model", "few.safetensors", "--split", "val");
}

static void of_predict(void **state)
{
	(void)state;
	FAIL("predict", "-q", "--raw", "--save-digit", "7.pgm", "--steps", "way.png", "--json",
		 DATA "/samples/7.pgm");
}

static void of_inspect_data(void **state)
{
	(void)state;
	FAIL("inspect", "data", "--data", ".", "--count", "2", "--augment", "shift,elastic");
	FAIL("inspect", "data", "--data", ".", "--count", "2", "--sheet", "s.png");
}

static void of_inspect_model(void **state)
{
	(void)state;
	FAIL("inspect", "model", "--filters", "f.png");
}

static void of_inspect_image(void **state)
{
	(void)state;
	FAIL("inspect", "image", DATA "/samples/7.pgm", "--activations", "a.png", "--occlusion",
		 "o.png");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_train),         cmocka_unit_test(of_eval),
		cmocka_unit_test(of_predict),       cmocka_unit_test(of_inspect_data),
		cmocka_unit_test(of_inspect_model), cmocka_unit_test(of_inspect_image),
	};

	return cmocka_run_group_tests_name("status", tests, open_folder, close_folder);
}
