/* A computer without memory is never the command line's fault: exit status 1 for every allocation
 * that fails, in every command. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allocations.h"
#include "cli/command.h"
#include "scratch.h"

enum { MOST_WORDS = 16, IMAGES = 12, PIXELS = 784 };

static char folder[64];

static void put(const char *name, const uint8_t *header, size_t header_size, size_t zero_count)
{
	static const uint8_t zeros[IMAGES * PIXELS];
	char path[256];
	FILE *file = fopen(scratch_path(path, folder, name), "wb");

	assert_non_null(file);
	fwrite(header, 1, header_size, file);
	fwrite(zeros, 1, zero_count, file);
	fclose(file);
}

/* The current folder becomes one with twelve images for training, and twelve for tests. */
static int open_folder(void **state)
{
	static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, 28, 0, 0, 0, 28};
	static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, IMAGES, 1};

	(void)state;
	if (!scratch_open(folder))
		return -1;
	put("train-images-idx3-ubyte", images, sizeof images, IMAGES * PIXELS);
	put("t10k-images-idx3-ubyte", images, sizeof images, IMAGES * PIXELS);
	put("train-labels-idx1-ubyte", labels, sizeof labels, IMAGES - 1);
	put("t10k-labels-idx1-ubyte", labels, sizeof labels, IMAGES - 1);
	return chdir(folder);
}

static int close_folder(void **state)
{
	(void)state;
	return chdir("..") || !scratch_close(folder) ? -1 : 0;
}

/* Run the program with its output thrown away. */
static int run(const char *const *words)
{
	char *argv[MOST_WORDS];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc]; /* only moved about */
	fflush(NULL);
	const int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	const int nowhere = open("/dev/null", O_WRONLY);
	assert_true(out >= 0 && err >= 0 && nowhere >= 0);
	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	const int status = command_main(argc, argv);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	close(nowhere);
	return status;
}

/* Some allocations can be done without. */
static void fail_each_allocation(const char *const *words)
{
	int failures = 0;

	if (!allocations_watched())
		skip();
	allocations_fail_at(0);
	assert_int_equal(run(words), STATUS_DONE);
	const int count = allocations_count();
	for (int number = 1; number <= count; number++) {
		allocations_fail_at(number);
		const int status = run(words);
		allocations_fail_at(0);
		if (status != STATUS_FAILED && status != STATUS_DONE)
			fail_msg("%s, allocation %d: exit status %d", words[0], number, status);
		failures += status == STATUS_FAILED;
	}
	assert_true(failures > count / 2);
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
	(void)state;
	FAIL("eval", "-q", "--data", ".", "--threads", "2", "--mistakes", "m.png", "--predictions",
		 "p.csv", "--confusion", "c.csv");
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
