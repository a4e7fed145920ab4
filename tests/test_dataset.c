/* Finding, loading, splitting and gathering. What is asserted about MNIST was counted by other
 * means (zcat and Python); the packed labels below are gzip's own output. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "allocations.h"
#include "app/dataset.h"
#include "base/bytes.h"
#include "errors.h"
#include "formats/crc32.h"
#include "mnist.h"
#include "scratch.h"

/* 00 00 08 01, 3 labels: 1 2 3; made by gzip -9n */
static const uint8_t packed_labels[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xe0, 0x60, 0x64, 0x60,
	0x60, 0x60, 0x66, 0x64, 0x62, 0x06, 0x00, 0x8b, 0xe5, 0xbd, 0xa4, 0x0b, 0x00, 0x00, 0x00};

static char folder[64];
static struct error error;

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

static int load(struct dataset *dataset, const char *path, enum dataset_part part,
				struct error *why)
{
	return (int)dataset_load(dataset, &(struct dataset_options){.path = path}, part, NULL, why);
}

static void put(const char *name, const void *content, size_t size)
{
	char path[256];
	FILE *file = fopen(scratch_path(path, folder, name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Image i is filled with 50 × i. */
static void put_images(const char *name, uint8_t count)
{
	uint8_t file[16 + 4 * MNIST_PIXELS] = {0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28};

	assert_true(count <= 4);
	for (size_t i = 0; i < (size_t)count * MNIST_PIXELS; i++)
		file[16 + i] = (uint8_t)(50 * (i / MNIST_PIXELS));
	put(name, file, 16 + (size_t)count * MNIST_PIXELS);
}

/* Labels 9, 8, 7 … */
static void put_labels(const char *name, uint8_t count)
{
	uint8_t file[8 + 9] = {0, 0, 8, 1, 0, 0, 0, count};

	assert_true(count <= 9);
	for (uint8_t i = 0; i < count; i++)
		file[8 + i] = (uint8_t)(9 - i);
	put(name, file, 8u + count);
}

static void assert_mnist(enum dataset_part part, size_t count, uint64_t sum, const size_t *classes,
						 const char *first, const char *last)
{
	struct dataset dataset;
	uint64_t pixels = 0;
	size_t counted[MNIST_CLASSES] = {0};

	assert_int_equal(load(&dataset, DATA, part, &error), 0);
	assert_int_equal(dataset.count, count);
	assert_string_equal(dataset.place, DATA);
	for (size_t i = 0; i < count * MNIST_PIXELS; i++)
		pixels += dataset.images[i];
	assert_int_equal(pixels, sum);
	for (size_t i = 0; i < count; i++)
		counted[dataset.labels[i]]++;
	assert_memory_equal(counted, classes, sizeof counted);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(dataset.labels[i], first[i] - '0');
		assert_int_equal(dataset.labels[count - 5 + i], last[i] - '0');
	}
	dataset_free(&dataset);
	assert_null(dataset.images);
	dataset_free(&dataset);
}

static void mnist_is_what_it_is_known_to_be(void **state)
{
	static const size_t train[] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
	static const size_t test[] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};

	(void)state;
	assert_mnist(DATASET_TRAIN, 60000, 1567298545, train, "50419", "83568");
	assert_mnist(DATASET_TEST, 10000, 264923200, test, "72104", "23456");
}

/* Packed or not, with a dash or a dot, each file for itself. */
static void every_name_is_found(void **state)
{
	static const char *const images[] = {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",
										 "t10k-images.idx3-ubyte", "t10k-images.idx3-ubyte.gz"};
	static const char *const labels[] = {"t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz",
										 "t10k-labels.idx1-ubyte", "t10k-labels.idx1-ubyte.gz"};
	struct dataset dataset;
	char path[256];

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		put_images(images[i % 4], 3);
		put(labels[i / 4], packed_labels, sizeof packed_labels);
		assert_int_equal(load(&dataset, folder, DATASET_TEST, &error), 0);
		assert_int_equal(dataset.count, 3);
		assert_int_equal(dataset.images[2 * MNIST_PIXELS], 100);
		assert_int_equal(dataset.classes.all[dataset.labels[0]].label, 1);
		assert_int_equal(dataset.classes.all[dataset.labels[2]].label, 3);
		dataset_free(&dataset);
		unlink(scratch_path(path, folder, images[i % 4]));
		unlink(scratch_path(path, folder, labels[i / 4]));
	}
}

static void the_files_must_agree(void **state)
{
	struct dataset dataset;
	char expected[256];

	(void)state;
	put_images("train-images-idx3-ubyte", 4);
	put("train-labels-idx1-ubyte.gz", packed_labels, sizeof packed_labels);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	snprintf(expected, sizeof expected, "%s/train-labels-idx1-ubyte.gz: 3 labels for 4 images",
			 folder);
	assert_string_equal(error.text, expected);
	assert_string_equal(dataset.place, "");
	assert_null(dataset.own_pixels);
}

static void errors_name_the_file(void **state)
{
	struct dataset dataset;
	uint8_t broken[sizeof packed_labels];

	(void)state;
	put_images("train-images-idx3-ubyte", 3);
	memcpy(broken, packed_labels, sizeof broken);
	broken[24] ^= 1; /* a byte of the CRC */
	put("train-labels-idx1-ubyte.gz", broken, sizeof broken);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_true(!strncmp(error.text, folder, strlen(folder)));
	assert_error_has(&error, "/train-labels-idx1-ubyte.gz: ");
	put("train-labels-idx1-ubyte", "no labels", 9); /* goes before the packed file */
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "/train-labels-idx1-ubyte: ");
	put("train-images-idx3-ubyte", "no images", 9);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "/train-images-idx3-ubyte: ");
	assert_null(dataset.labels);
}

static void missing_files_are_explained(void **state)
{
	struct dataset dataset;

	(void)state;
	assert_int_equal(load(&dataset, "no-such-folder", DATASET_TEST, &error), DATASET_MISSING);
	assert_error_has(&error, "there is no folder \"no-such-folder\"");
	assert_int_equal(load(&dataset, "", DATASET_TEST, &error), DATASET_MISSING);
	assert_error_has(&error, "there is no folder \"\"");

	assert_int_equal(load(&dataset, folder, DATASET_TEST, &error), DATASET_MISSING);
	assert_error_has(&error, "no test data in scratch.");
	assert_error_has(&error, "neither t10k-images-idx3-ubyte nor test.csv, by any of their names");

	put_images("t10k-images.idx3-ubyte", 1);
	assert_int_equal(load(&dataset, folder, DATASET_TEST, &error), DATASET_MISSING);
	assert_error_has(&error, ": t10k-labels-idx1-ubyte is missing, by any of its names; there is "
							 "only scratch.");
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_NO_PART);
	assert_error_has(&error, "no training data in scratch.");
	assert_error_has(&error, ", which has only the test part");
}

/* $MNIST_CNN_DATA before ./data, and --data before both. A wrong one is not passed over. */
static void places_have_an_order(void **state)
{
	struct dataset dataset;
	struct error why;
	char here[4096], data[128];

	(void)state;
	put_images("t10k-images-idx3-ubyte", 2);
	put_labels("t10k-labels-idx1-ubyte", 2);
	setenv("MNIST_CNN_DATA", folder, 1);
	assert_int_equal(load(&dataset, NULL, DATASET_TEST, &error), 0);
	assert_string_equal(dataset.place, folder);
	assert_int_equal(dataset.count, 2);
	assert_int_equal(dataset.classes.count, 2);
	assert_int_equal(dataset.classes.all[dataset.labels[1]].label, 8);
	dataset_free(&dataset);
	assert_int_equal(load(&dataset, DATA, DATASET_TEST, &error), 0);
	assert_int_equal(dataset.count, 10000);
	dataset_free(&dataset);

	/* The folder's link `data` is the folder itself. */
	setenv("MNIST_CNN_DATA", "no-such-folder", 1);
	assert_non_null(getcwd(here, sizeof here));
	snprintf(data, sizeof data, "%s/data", folder);
	assert_int_equal(symlink(".", data), 0);
	assert_int_equal(chdir(folder), 0);
	int typed_wrong = load(&dataset, NULL, DATASET_TEST, &why);
	setenv("MNIST_CNN_DATA", "", 1);
	int status = load(&dataset, NULL, DATASET_TEST, &error);
	assert_int_equal(chdir(here), 0);
	assert_int_equal(typed_wrong, DATASET_MISSING);
	assert_error_has(&why, "$MNIST_CNN_DATA: there is no folder \"no-such-folder\"");
	assert_int_equal(status, 0);
	assert_string_equal(dataset.place, "data");
	dataset_free(&dataset);
}

static void all_places_are_listed(void **state)
{
	struct dataset dataset;
	char here[4096];

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(chdir(folder), 0);
	int status = load(&dataset, NULL, DATASET_TRAIN, &error);
	assert_int_equal(chdir(here), 0);
	if (!status) { /* this machine has mnist-cnn's data installed */
		dataset_free(&dataset);
		skip();
	}
	assert_error_has(&error, "no training data in data, /");
	assert_error_has(&error, ": neither train-images-idx3-ubyte nor train.csv, by any");
}

/* ---- the content of files ---- */

/* Pack a file by gzip, as one stored block. Returns the new size. */
static size_t pack(uint8_t *packed, const uint8_t *data, uint16_t size)
{
	const uint16_t inverse = (uint16_t)~size;
	const uint8_t head[] = {0x1f,
							0x8b,
							8,
							0,
							0,
							0,
							0,
							0,
							0,
							3,
							1,
							(uint8_t)size,
							(uint8_t)(size >> 8),
							(uint8_t)inverse,
							(uint8_t)(inverse >> 8)};

	memcpy(packed, head, sizeof head);
	memcpy(packed + sizeof head, data, size);
	store_u32le(packed + sizeof head + size, crc32_of(data, size));
	store_u32le(packed + sizeof head + size + 4, size);
	return sizeof head + size + 8u;
}

static void files_may_be_packed_twice(void **state)
{
	uint8_t twice[100], thrice[150];
	struct dataset dataset;
	size_t size = pack(twice, packed_labels, sizeof packed_labels);

	(void)state;
	put_images("train-images-idx3-ubyte", 3);
	put("train-labels-idx1-ubyte.gz", twice, size);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), 0);
	assert_int_equal(dataset.classes.count, 3);
	dataset_free(&dataset);
	size = pack(thrice, twice, (uint16_t)size);
	put("train-labels-idx1-ubyte.gz", thrice, size);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "train-labels-idx1-ubyte.gz: packed more than 2 times by gzip");
}

/* What the images need and some more, also where it is packed. */
static void labels_have_a_bound(void **state)
{
	enum { MOST = 3 * (64 + MNIST_PIXELS) + (1 << 20) };
	uint8_t *file = calloc(1, MOST + 1), *packed = malloc(2 * MOST);
	struct dataset dataset;
	size_t size = 0;
	char path[256];

	(void)state;
	assert_true(file && packed);
	memcpy(file, (const uint8_t[]){0, 0, 8, 1, 0, 0, 0, 3}, 8);
	put_images("train-images-idx3-ubyte", 3);
	put("train-labels-idx1-ubyte", file, MOST);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "offset 11: bytes after the last of 3 labels");
	put("train-labels-idx1-ubyte", file, MOST + 1);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "train-labels-idx1-ubyte: larger than the 1051120 bytes allowed");
	assert_int_equal(unlink(scratch_path(path, folder, "train-labels-idx1-ubyte")), 0);
	for (size_t done = 0; done <= MOST; done += UINT16_MAX) /* in several members */
		size += pack(packed + size, file, UINT16_MAX);
	put("train-labels-idx1-ubyte.gz", packed, size);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "1051120 bytes");
	free(file);
	free(packed);
}

static void pixels_of_0_and_1_are_stretched(void **state)
{
	static const uint8_t bits[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0};
	static const uint8_t blank[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0};
	struct dataset dataset;

	(void)state;
	put("train-images", bits, sizeof bits);
	put_labels("train-labels", 2);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), 0);
	assert_true(dataset.stretched);
	assert_int_equal(dataset.height, 1);
	assert_int_equal(dataset.width, 2);
	assert_memory_equal(dataset.images, ((const uint8_t[]){0, 255, 0, 0}), 4);
	dataset_free(&dataset);
	put("train-images", blank, sizeof blank);
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), 0);
	assert_false(dataset.stretched);
	dataset_free(&dataset);
}

static void emnist_is_transposed_and_named(void **state)
{
	static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0,
									 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
	static const char mapping[] = "9 65 97\n10 66 98\n";
	struct dataset_options options = {.path = folder};
	struct dataset dataset;

	(void)state;
	put("emnist-x-train-images", images, sizeof images);
	put_labels("emnist-x-train-labels", 1);
	put("emnist-x-mapping.txt", mapping, strlen(mapping));
	assert_int_equal(dataset_load(&dataset, &options, DATASET_TRAIN, NULL, &error), 0);
	assert_true(dataset.transposed);
	assert_int_equal(dataset.height, 3);
	assert_int_equal(dataset.width, 2);
	assert_memory_equal(dataset.images, ((const uint8_t[]){1, 4, 2, 5, 3, 6}), 6);
	assert_int_equal(dataset.classes.count, 2);
	assert_string_equal(dataset.classes.all[dataset.labels[0]].name, "A");
	dataset_free(&dataset);
	put_labels("emnist-x-train-labels", 2);
	assert_int_equal(dataset_load(&dataset, &options, DATASET_TRAIN, NULL, &error), DATASET_BROKEN);
	put("emnist-x-mapping.txt", "A", 1);
	put_labels("emnist-x-train-labels", 1);
	assert_int_equal(dataset_load(&dataset, &options, DATASET_TRAIN, NULL, &error), DATASET_BROKEN);
	assert_error_has(&error, "emnist-x-mapping.txt: line 1 is not a label");

	put("train-images", images, sizeof images);
	put_labels("train-labels", 1);
	options.transpose = true;
	assert_int_equal(dataset_load(&dataset, &options, DATASET_TRAIN, NULL, &error), 0);
	assert_true(dataset.transposed);
	assert_int_equal(dataset.images[1], 4);
	dataset_free(&dataset);
}

static void labels_must_be_known(void **state)
{
	struct dataset dataset;
	struct classes classes;

	(void)state;
	put_images("t10k-images-idx3-ubyte", 3);
	put_labels("t10k-labels-idx1-ubyte", 3); /* 9, 8, 7 */
	assert_int_equal(classes_numbered(9, &classes, &error), 0);
	assert_int_equal(dataset_load(&dataset, &(struct dataset_options){.path = folder}, DATASET_TEST,
								  &classes, &error),
					 DATASET_BROKEN);
	assert_error_has(&error, ": label 0 is 9, which is none of the 9 classes, 0 to 8");
	classes_free(&classes);
	assert_int_equal(load(&dataset, folder, DATASET_TEST, &error), 0);
	assert_int_equal(dataset.classes.count, 3);
	assert_int_equal(dataset_number_classes(&dataset, 9, &error), 0);
	assert_int_equal(dataset.classes.count, 3);
	assert_int_equal(dataset_number_classes(&dataset, 10, &error), 0);
	assert_int_equal(dataset.classes.count, 10);
	assert_int_equal(dataset.labels[2], 7);
	dataset_free(&dataset);
}

static void rows_of_text(void **state)
{
	static const char train[] = "label,a,b,c,d\n3,0,1,2,3\n5,4,5,6,7\n", test[] = "0,1,2,3\n";
	struct dataset dataset;
	char path[256];

	(void)state;
	put("train.csv", train, strlen(train));
	put("test.csv", test, strlen(test));
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), 0);
	assert_int_equal(dataset.count, 2);
	assert_int_equal(dataset.height, 2);
	assert_int_equal(dataset.width, 2);
	assert_int_equal(dataset.classes.all[dataset.labels[1]].label, 5);
	assert_int_equal(dataset.images[7], 7);
	dataset_free(&dataset);
	assert_int_equal(load(&dataset, folder, DATASET_TEST, &error), 0);
	assert_null(dataset.labels);
	assert_int_equal(dataset_number_classes(&dataset, 10, &error), 0);
	dataset_free(&dataset);
	put("own.csv", "version https://git-lfs.github.com/spec/v1\n", 43);
	assert_int_equal(load(&dataset, scratch_path(path, folder, "own.csv"), DATASET_TRAIN, &error),
					 DATASET_BROKEN);
	assert_error_has(&error, "own.csv: a Git LFS pointer");
	put("own.csv", "\0\0\x08\x03", 4);
	assert_int_equal(load(&dataset, path, DATASET_TRAIN, &error), DATASET_BROKEN);
	assert_error_has(&error, "own.csv: an IDX file, whose name should be like train-images-idx3");
}

/* Each request for memory fails once: an error, and nothing is kept; or it can be done without. */
static void memory_may_run_out(void **state)
{
	struct dataset dataset;
	struct split split;
	int requests, number = 0, refused = 0;

	(void)state;
	if (!allocations_watched())
		skip();
	put_images("train-images-idx3-ubyte", 3);
	put("train-labels-idx1-ubyte.gz", packed_labels, sizeof packed_labels);
	do {
		allocations_fail_at(++number);
		int status = load(&dataset, folder, DATASET_TRAIN, &error);
		requests = allocations_count();
		allocations_fail_at(0);
		assert_true((dataset.images == NULL) == (status != 0));
		refused += status != 0;
		dataset_free(&dataset);
	} while (requests >= number);
	assert_true(refused >= 6); /* two files, the unpacked labels, names, labels, classes */
	assert_int_equal(load(&dataset, folder, DATASET_TRAIN, &error), 0);
	dataset_free(&dataset);
	allocations_fail_at(1);
	assert_int_equal(split_make(&split, 10, 0, 0.2, 1, &error), -1);
	allocations_fail_at(0);
	assert_string_equal(error.text, "not enough memory to split 10 images");
}

/* Numbers of eight bytes, and text, are larger than the pixels that they become: they are read
 * piece by piece, and nothing but these pixels grows with the file. */
static void larger_files_need_no_more_memory(void **state)
{
	const size_t count = 1000, pixels = count * MNIST_PIXELS;
	const uint8_t images[] = {0, 0, 14, 3, 0, 0, 3, 0xe8, 0, 0, 0, 28, 0, 0, 0, 28};
	const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 3, 0xe8}, half[] = {0x3f, 0xe0, 0, 0, 0, 0, 0, 0};
	uint8_t *doubles = malloc(sizeof images + 8 * pixels);
	uint8_t *few = calloc(1, sizeof labels + count);
	char *rows = malloc(count * (2 + 4 * MNIST_PIXELS)), *row = rows;
	struct dataset dataset;

	(void)state;
	if (!allocations_watched())
		skip();
	assert_true(doubles && few && rows);
	memcpy(doubles, images, sizeof images);
	for (size_t i = 0; i < pixels; i++)
		memcpy(doubles + sizeof images + 8 * i, half, sizeof half);
	memcpy(few, labels, sizeof labels);
	put("train-images", doubles, sizeof images + 8 * pixels);
	put("train-labels", few, sizeof labels + count);
	for (size_t i = 0; i < count; i++) {
		*row++ = '0';
		for (size_t pixel = 0; pixel < MNIST_PIXELS; pixel++)
			row += sprintf(row, ",128");
		*row++ = '\n';
	}
	put("rows.csv", rows, (size_t)(row - rows));
	for (int csv = 0; csv < 2; csv++) {
		char path[256];
		allocations_fail_at(0);
		assert_int_equal(load(&dataset, csv ? scratch_path(path, folder, "rows.csv") : folder,
							  DATASET_TRAIN, &error),
						 0);
		assert_int_equal(dataset.count, count);
		assert_int_equal(dataset.images[pixels - 1], 128);
		assert_true(allocations_largest() < 2 * pixels);
		dataset_free(&dataset);
	}
	free(doubles);
	free(few);
	free(rows);
}

/* Every image of the first `count` of the shuffle is on one side, once. */
static void assert_partition(const struct split *split, size_t images, size_t train, size_t val)
{
	uint8_t *seen = calloc(images, 1);

	assert_int_equal(split->train_count, train);
	assert_int_equal(split->val_count, val);
	for (size_t i = 0; i < train + val; i++) {
		uint32_t index = i < train ? split->train[i] : split->val[i - train];
		assert_true(index < images);
		assert_int_equal(seen[index]++, 0);
	}
	free(seen);
}

static void a_split_is_a_partition(void **state)
{
	static const struct {
		size_t images, limit;
		double fraction;
		size_t train, val;
	} cases[] = {
		{60000, 0, 0.2, 48000, 12000}, {10, 0, 0, 10, 0},   {10, 0, 0.25, 7, 3},
		{1000, 100, 0.1, 90, 10},      {10, 99, 0.5, 5, 5}, {1, 0, 0.4, 1, 0},
		{10, 10, 0.94, 1, 9},          {7, 1, 0, 1, 0},
	};
	struct split split;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			split_make(&split, cases[i].images, cases[i].limit, cases[i].fraction, 1, &error), 0);
		assert_partition(&split, cases[i].images, cases[i].train, cases[i].val);
		split_free(&split);
		assert_null(split.train);
	}
}

static void a_split_follows_its_seed(void **state)
{
	struct split a, b, other, part;

	(void)state;
	assert_int_equal(split_make(&a, 1000, 0, 0.2, 1, &error), 0);
	assert_int_equal(split_make(&b, 1000, 0, 0.2, 1, &error), 0);
	assert_int_equal(split_make(&other, 1000, 0, 0.2, 2, &error), 0);
	assert_int_equal(split_make(&part, 1000, 100, 0, 1, &error), 0);
	assert_memory_equal(a.train, b.train, 1000 * sizeof *a.train);
	assert_memory_not_equal(a.train, other.train, 800 * sizeof *a.train);
	assert_memory_equal(a.train, part.train, 100 * sizeof *a.train);
	split_free(&a);
	split_free(&b);
	split_free(&other);
	split_free(&part);
}

static void impossible_splits_are_refused(void **state)
{
	struct split split;

	(void)state;
	assert_int_equal(split_make(&split, 10, 0, 1, 1, &error), -1);
	assert_string_equal(error.text, "a validation split of 1: from 0 to below 1 is possible");
	assert_int_equal(split_make(&split, 10, 0, -0.1, 1, &error), -1);
	assert_int_equal(split_make(&split, 10, 0, (double)NAN, 1, &error), -1);
	assert_int_equal(split_make(&split, 10, 0, 0.96, 1, &error), -1);
	assert_string_equal(error.text,
						"a validation split of 0.96 leaves none of 10 images to train on");
	assert_int_equal(split_make(&split, 100, 1, 0.5, 1, &error), -1);
	assert_int_equal(split_make(&split, (size_t)UINT32_MAX + 1, 0, 0.5, 1, &error), -1);
	assert_null(split.train);
}

static int compare_indices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void every_epoch_shuffles_anew(void **state)
{
	struct split split;
	uint32_t first[80], again[80], second[80];

	(void)state;
	assert_int_equal(split_make(&split, 100, 0, 0.2, 1, &error), 0);
	split_shuffle(&split, 1, 1, first);
	split_shuffle(&split, 1, 2, second);
	split_shuffle(&split, 1, 1, again);
	assert_memory_equal(first, again, sizeof first);
	assert_memory_not_equal(first, second, sizeof first);
	assert_memory_not_equal(first, split.train, sizeof first);
	split_shuffle(&split, 2, 1, again);
	assert_memory_not_equal(first, again, sizeof first);
	qsort(first, 80, sizeof *first, compare_indices);
	qsort(second, 80, sizeof *second, compare_indices);
	qsort(split.train, 80, sizeof *split.train, compare_indices);
	assert_memory_equal(first, split.train, sizeof first);
	assert_memory_equal(second, split.train, sizeof first);
	split_free(&split);
}

static void bytes_become_fractions(void **state)
{
	uint8_t images[3 * MNIST_PIXELS] = {0};
	const uint16_t stored[] = {4, 5, 6};
	const struct dataset dataset = {
		.count = 3, .height = MNIST_SIDE, .width = MNIST_SIDE, .images = images, .labels = stored};
	const uint32_t indices[] = {2, 0};
	const struct selection selection = {&dataset, indices};
	float x[2 * MNIST_PIXELS];
	uint16_t labels[2];

	(void)state;
	for (int i = 0; i < 256; i++)
		images[2 * MNIST_PIXELS + i] = (uint8_t)i;
	images[MNIST_PIXELS - 1] = 51;
	selection_load(&selection, 0, 2, NULL, x);
	dataset_labels(&dataset, indices, 2, labels);
	for (int i = 0; i < 256; i++)
		assert_true(x[i] == (float)((double)i / 255));
	assert_true(x[256] == 0);
	assert_true(x[2 * MNIST_PIXELS - 1] == 0.2f);
	assert_int_equal(labels[0], 6);
	assert_int_equal(labels[1], 4);

	float part[2 * MNIST_PIXELS];
	selection_load(&selection, 0, 2, NULL, part);
	assert_memory_equal(part, x, sizeof x);
	selection_load(&selection, 1, 1, NULL, part);
	assert_memory_equal(part, x + MNIST_PIXELS, sizeof x / 2);
}

/* 50 images of class 0, 200 of class 1, one of class 2; of 251, 50 validate. */
static void few_images_are_stratified(void **state)
{
	enum { COUNT = 251 };
	uint16_t stored[COUNT];
	struct class_label labels[3] = {{0, "0"}, {1, "1"}, {2, "2"}};
	struct dataset dataset = {.count = COUNT, .labels = stored, .classes = {labels, 3}};
	struct split split, plain;
	size_t counts[CLASSES_MOST];

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		stored[i] = i == COUNT - 1 ? 2 : i % 5 > 0;
	dataset_count_classes(&dataset, counts);
	assert_int_equal(counts[0], 50);
	assert_int_equal(counts[2], 1);
	for (uint64_t seed = 1; seed < 30; seed++) {
		bool seen[COUNT] = {false};
		size_t zeros = 0;

		assert_int_equal(split_dataset(&split, &dataset, 0, 0.2, seed, &error), 0);
		assert_true(split.stratified);
		assert_int_equal(split.train_count, 201);
		assert_int_equal(split.val_count, 50);
		for (size_t i = 0; i < COUNT; i++) {
			assert_false(seen[split.train[i]]);
			seen[split.train[i]] = true;
		}
		for (size_t i = 0; i < split.val_count; i++)
			zeros += stored[split.val[i]] == 0;
		assert_true(zeros >= 9 && zeros <= 10);
		split_free(&split);
	}
	/* With a limit, the images are those of a plain split; without validation it is one. */
	assert_int_equal(split_dataset(&split, &dataset, 100, 0.5, 1, &error), 0);
	assert_int_equal(split_make(&plain, COUNT, 100, 0.5, 1, &error), 0);
	uint64_t sums[2] = {0, 0};
	for (size_t i = 0; i < 100; i++) {
		sums[0] += split.train[i];
		sums[1] += plain.train[i];
	}
	assert_true(sums[0] == sums[1]);
	split_free(&split);
	split_free(&plain);
	assert_int_equal(split_dataset(&split, &dataset, 0, 0, 1, &error), 0);
	assert_false(split.stratified);
	split_free(&split);
	/* With a hundred images of each class it is the plain one. */
	for (size_t i = 0; i < COUNT; i++)
		stored[i] = (uint16_t)(i % 2);
	dataset.classes.count = 2;
	assert_int_equal(split_dataset(&split, &dataset, 0, 0.2, 1, &error), 0);
	assert_int_equal(split_make(&plain, COUNT, 0, 0.2, 1, &error), 0);
	assert_false(split.stratified);
	assert_memory_equal(split.train, plain.train, COUNT * sizeof *plain.train);
	split_free(&split);
	split_free(&plain);
}

int main(void)
{
#define SCRATCH_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mnist_is_what_it_is_known_to_be),
		SCRATCH_TEST(every_name_is_found),
		SCRATCH_TEST(the_files_must_agree),
		SCRATCH_TEST(errors_name_the_file),
		SCRATCH_TEST(missing_files_are_explained),
		SCRATCH_TEST(places_have_an_order),
		SCRATCH_TEST(all_places_are_listed),
		SCRATCH_TEST(files_may_be_packed_twice),
		SCRATCH_TEST(labels_have_a_bound),
		SCRATCH_TEST(pixels_of_0_and_1_are_stretched),
		SCRATCH_TEST(emnist_is_transposed_and_named),
		SCRATCH_TEST(labels_must_be_known),
		SCRATCH_TEST(rows_of_text),
		SCRATCH_TEST(memory_may_run_out),
		SCRATCH_TEST(larger_files_need_no_more_memory),
		cmocka_unit_test(a_split_is_a_partition),
		cmocka_unit_test(a_split_follows_its_seed),
		cmocka_unit_test(impossible_splits_are_refused),
		cmocka_unit_test(every_epoch_shuffles_anew),
		cmocka_unit_test(bytes_become_fractions),
		cmocka_unit_test(few_images_are_stratified),
	};
	return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
