/* Sets of files under all the names that people give them. The files are empty: only their names
 * count here. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allocations.h"
#include "app/dataset_files.h"
#include "errors.h"
#include "scratch.h"

static char folder[64];
static struct error error;
static struct dataset_files files;

static int setup(void **state)
{
	(void)state;
	unsetenv("MNIST_CNN_DATA");
	return scratch_open(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return scratch_close(folder) ? 0 : -1;
}

/* Create empty files, which blanks separate, and the folders in which they are. */
static void put(const char *names)
{
	char list[512], path[256];

	snprintf(list, sizeof list, "%s", names);
	for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
		scratch_path(path, folder, name);
		for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
			 slash = strchr(slash + 1, '/')) {
			*slash = '\0';
			mkdir(path, 0777);
			*slash = '/';
		}
		FILE *file = fopen(path, "wb");
		assert_non_null(file);
		fclose(file);
	}
}

static enum dataset_fault find(const char *name, enum dataset_part part)
{
	char path[256];

	return dataset_find(&files, *name ? scratch_path(path, folder, name) : folder, part, &error);
}

static void is_in_folder(const char *path, const char *name)
{
	char expected[256];

	assert_string_equal(path, *name ? scratch_path(expected, folder, name) : "");
}

/* What the path `name` leads to. */
static void finds(const char *name, enum dataset_part part, const char *images, const char *labels)
{
	if (find(name, part))
		fail_msg("%s: %s", name, error.text);
	is_in_folder(files.images, images);
	is_in_folder(files.labels, labels);
}

static void refuses(const char *name, enum dataset_part part, enum dataset_fault fault,
					const char *why)
{
	assert_int_equal(find(name, part), fault);
	assert_error_has(&error, why);
}

/* One set after another, each alone in the folder. */
static void every_way_to_name_a_pair(void **state)
{
	static const struct {
		const char *images, *labels;
		enum dataset_part part;
	} pairs[] = {
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", DATASET_TRAIN},
		{"train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz", DATASET_TRAIN},
		{"train_images_idx3_ubyte", "train_labels_idx1_ubyte", DATASET_TRAIN},
		{"train-images.gz", "train-labels", DATASET_TRAIN},
		{"t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte", DATASET_TEST},
		{"test-images-idx3-ubyte", "test-labels-idx1-ubyte", DATASET_TEST},
		{"emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte.gz",
		 DATASET_TEST},
		{"qmnist-train-images-idx3-ubyte.gz", "qmnist-train-labels-idx2-int.gz", DATASET_TRAIN},
		{"my.own_train-images-idx3-float", "my.own_train-labels-idx1-int", DATASET_TRAIN},
		{"MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte", DATASET_TRAIN},
		{"gzip/emnist-mnist-train-images-idx3-ubyte.gz",
		 "gzip/emnist-mnist-train-labels-idx1-ubyte.gz", DATASET_TRAIN},
		{"train-images-idx3-ubyte/train-images.idx3-ubyte",
		 "train-labels-idx1-ubyte/train-labels-idx1-ubyte", DATASET_TRAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		put(pairs[i].images);
		put(pairs[i].labels);
		finds("", pairs[i].part, pairs[i].images, pairs[i].labels);
		assert_int_equal(files.transposed, strstr(pairs[i].images, "emnist-") != NULL);
		assert_int_not_equal(find("", !pairs[i].part), 0);
		assert_true(scratch_close(folder));
		assert_int_equal(mkdir(folder, 0777), 0);
	}
}

static void other_names_are_none(void **state)
{
	static const char *const names[] = {
		"trains-images-idx3-ubyte",
		"train-image-idx3-ubyte",
		"mytrain-images-idx3-ubyte",
		"train-images.png",
		"train-images-idx3-ubyte.xz",
		"train.csv.zip",
		"train",
		"train.txt",
		"csv",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		put(names[i]);
	refuses("", DATASET_TRAIN, DATASET_MISSING, "no training data in ");
	assert_error_has(&error, "; there is train-images-idx3-ubyte.xz, an xz file; unpack it with");
}

/* Kaggle's archive has each file twice, once in a folder of its own name. */
static void a_file_is_before_a_folder(void **state)
{
	(void)state;
	put("train-images-idx3-ubyte/train-images-idx3-ubyte train-images.idx3-ubyte");
	put("train-labels-idx1-ubyte/train-labels-idx1-ubyte train-labels.idx1-ubyte");
	finds("", DATASET_TRAIN, "train-images.idx3-ubyte", "train-labels.idx1-ubyte");
}

static void csv_files(void **state)
{
	(void)state;
	put("mnist_train.csv mnist_test.csv.gz");
	finds("", DATASET_TRAIN, "mnist_train.csv", "");
	finds("", DATASET_TEST, "mnist_test.csv.gz", "");
	finds("mnist_train.csv", DATASET_TEST, "mnist_test.csv.gz", "");
	is_in_folder(files.place, "mnist");
	put("mnist_train-images-idx3-ubyte mnist_train-labels-idx1-ubyte");
	finds("", DATASET_TRAIN, "mnist_train-images-idx3-ubyte", "mnist_train-labels-idx1-ubyte");
	finds("mnist_train.csv", DATASET_TRAIN, "mnist_train.csv", "");
	put("digits.csv");
	finds("digits.csv", DATASET_TRAIN, "digits.csv", "");
	is_in_folder(files.place, "digits.csv");
	refuses("digits.csv", DATASET_TEST, DATASET_NO_PART,
			"digits.csv: a file of its own, without test images");
	put("mnist.npz");
	refuses("mnist.npz", DATASET_TEST, DATASET_NO_PART, "mnist.npz: a NumPy file; write it as CSV");
}

static void a_set_among_several(void **state)
{
	(void)state;
	put("emnist-letters-train-images-idx3-ubyte emnist-letters-train-labels-idx1-ubyte");
	put("emnist-digits-train-images-idx3-ubyte emnist-digits-train-labels-idx1-ubyte");
	put("emnist-letters-mapping.txt emnist-byclass-mapping.txt");
	refuses("", DATASET_TRAIN, DATASET_SEVERAL, " has several sets: scratch.");
	assert_error_has(&error, "/emnist-digits, scratch.");
	assert_error_has(&error, "/emnist-letters");
	finds("emnist-letters", DATASET_TRAIN, "emnist-letters-train-images-idx3-ubyte",
		  "emnist-letters-train-labels-idx1-ubyte");
	is_in_folder(files.mapping, "emnist-letters-mapping.txt");
	is_in_folder(files.place, "emnist-letters");
	finds("emnist-digits-", DATASET_TRAIN, "emnist-digits-train-images-idx3-ubyte",
		  "emnist-digits-train-labels-idx1-ubyte");
	is_in_folder(files.mapping, "");
	refuses("emnist-letters", DATASET_TEST, DATASET_NO_PART, "which has only the training part");
	refuses("emnist", DATASET_TRAIN, DATASET_MISSING,
			"/emnist\", and no set of that name: scratch.");

	/* A set without a prefix could not be named, so it is the one. */
	put("train.csv");
	finds("", DATASET_TRAIN, "train.csv", "");
	finds("emnist-letters", DATASET_TRAIN, "emnist-letters-train-images-idx3-ubyte",
		  "emnist-letters-train-labels-idx1-ubyte");
}

static void folders_among_several(void **state)
{
	(void)state;
	put("MNIST/raw/train-images-idx3-ubyte MNIST/raw/train-labels-idx1-ubyte");
	put("KMNIST/raw/train-images-idx3-ubyte KMNIST/raw/train-labels-idx1-ubyte");
	refuses("", DATASET_TRAIN, DATASET_SEVERAL, "/KMNIST/raw, scratch.");
	finds("KMNIST", DATASET_TRAIN, "KMNIST/raw/train-images-idx3-ubyte",
		  "KMNIST/raw/train-labels-idx1-ubyte");
}

static void halves_are_no_set(void **state)
{
	(void)state;
	put("a-train-images-idx3-ubyte b-train-labels-idx1-ubyte");
	refuses("a", DATASET_TRAIN, DATASET_MISSING,
			"a-train-labels-idx1-ubyte is missing, by any of its names; there is only scratch.");
	refuses("b", DATASET_TRAIN, DATASET_MISSING, "b-train-images-idx3-ubyte is missing");
	put("c-train-images-idx3-ubyte/other c-train-labels-idx1-ubyte");
	refuses("c", DATASET_TRAIN, DATASET_MISSING, "c-train-images-idx3-ubyte is missing");
}

/* A path is not cut off, which would name another folder. */
static void long_paths_are_refused(void **state)
{
	char path[PATH_SIZE + 100];
	size_t length = strlen(folder);

	(void)state;
	put("train-images-idx3-ubyte train-labels-idx1-ubyte");
	strcpy(path, folder);
	memset(path + length, '/', sizeof path - length);
	path[PATH_SIZE - 3 * 256] = '\0';
	assert_int_equal(dataset_find(&files, path, DATASET_TRAIN, &error), DATASET_FINE);
	for (length = PATH_SIZE - 3 * 256 + 1; length < sizeof path; length++) {
		path[length - 1] = '/';
		path[length] = '\0';
		assert_int_equal(dataset_find(&files, path, DATASET_TRAIN, &error), DATASET_BROKEN);
		assert_error_has(&error, "bytes; 3328 are possible");
	}
}

/* By whatever name. Other files in the folder, and new ones, may be written to. */
static void files_of_the_set_are_no_outputs(void **state)
{
	static const char *const sets[] = {"idx", "csv/a", "pictures"};
	static const char *const of_sets[] = {"idx/train-images-idx3-ubyte",
										  "idx/t10k-labels-idx1-ubyte",
										  "idx/mapping.txt",
										  "csv/a_test.csv",
										  "pictures/train/0/1.png",
										  "pictures/test/1/1.png",
										  "symbolic",
										  "hard"};
	static const char *const others[] = {"idx/other", "idx/new", "csv/b_test.csv", "other"};
	struct dataset_options options = {.path = NULL};
	char path[256], link[256], set[256];

	(void)state;
	put("idx/train-images-idx3-ubyte idx/train-labels-idx1-ubyte idx/t10k-images-idx3-ubyte");
	put("idx/t10k-labels-idx1-ubyte idx/mapping.txt idx/other other");
	put("csv/a_train.csv csv/a_test.csv csv/b_train.csv csv/b_test.csv");
	put("pictures/train/0/1.png pictures/train/1/1.png pictures/test/1/1.png");
	scratch_path(link, folder, "symbolic");
	assert_int_equal(symlink("pictures/test/1/1.png", link), 0);
	scratch_path(path, folder, "idx/train-images-idx3-ubyte");
	scratch_path(link, folder, "hard");
	assert_int_equal(linkat(AT_FDCWD, path, AT_FDCWD, link, 0), 0);
	for (size_t i = 0; i < sizeof of_sets / sizeof *of_sets; i++) {
		int count = 0;

		scratch_path(path, folder, of_sets[i]);
		for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
			options.path = scratch_path(set, folder, sets[s]);
			if (!dataset_check_output(&options, path, &error))
				continue;
			count++;
			assert_error_has(&error, of_sets[i]);
			assert_error_has(&error, ": a file of the data set");
		}
		assert_int_equal(count, 1);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
			options.path = scratch_path(set, folder, sets[s]);
			scratch_path(path, folder, others[i]);
			assert_int_equal(dataset_check_output(&options, path, &error), 0);
		}
}

static void an_output_is_not_checked_without_memory(void **state)
{
	struct dataset_options options = {.path = folder};
	char path[256];
	int number = 0;

	(void)state;
	if (!allocations_watched())
		skip();
	put("train/0/1.png train/1/1.png test/1/1.png other");
	scratch_path(path, folder, "other");
	for (;;) {
		allocations_fail_at(++number);
		const int status = dataset_check_output(&options, path, &error);
		const bool failed = number <= allocations_count();
		allocations_fail_at(0);
		assert_int_equal(status, failed ? -1 : 0);
		if (!failed)
			break;
		assert_true(error.is_scarcity);
	}
	assert_true(number > 5);
}

static void memory_may_run_out(void **state)
{
	int number = 0;

	(void)state;
	if (!allocations_watched())
		skip();
	put("MNIST/raw/train-images-idx3-ubyte MNIST/raw/train-labels-idx1-ubyte");
	for (;;) {
		allocations_fail_at(++number);
		const enum dataset_fault fault = find("", DATASET_TRAIN);
		const bool failed = number <= allocations_count();
		allocations_fail_at(0);
		assert_int_equal(fault != DATASET_FINE, failed);
		if (!failed)
			break;
		assert_true(error.is_scarcity);
	}
	assert_true(number > 5);
}

int main(void)
{
#define SCRATCH_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(every_way_to_name_a_pair),
		SCRATCH_TEST(other_names_are_none),
		SCRATCH_TEST(a_file_is_before_a_folder),
		SCRATCH_TEST(csv_files),
		SCRATCH_TEST(a_set_among_several),
		SCRATCH_TEST(folders_among_several),
		SCRATCH_TEST(halves_are_no_set),
		SCRATCH_TEST(memory_may_run_out),
		SCRATCH_TEST(long_paths_are_refused),
		SCRATCH_TEST(files_of_the_set_are_no_outputs),
		SCRATCH_TEST(an_output_is_not_checked_without_memory),
	};

	return cmocka_run_group_tests_name("dataset_files", tests, NULL, NULL);
}
