/* Folders of pictures, as people have them and as they should not be. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "allocations.h"
#include "app/dataset.h"
#include "errors.h"
#include "formats/png.h"
#include "formats/pnm.h"
#include "scratch.h"

#define SIDE 4
#define PIXELS (SIDE * SIDE)

static char folder[64];
static struct error error;
static struct dataset dataset;
static struct dataset_options options;

static int setup(void **state)
{
	(void)state;
	unsetenv("MNIST_CNN_DATA");
	options = (struct dataset_options){.path = folder};
	return scratch_open(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return scratch_close(folder) ? 0 : -1;
}

/* ---- files, in folders that are made for them ---- */

static void put(const char *name, const void *content, size_t size)
{
	char path[256];

	scratch_path(path, folder, name);
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
		 slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	if (path[strlen(path) - 1] == '/')
		return;
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void put_picture(const char *name, const uint8_t *pixels, int width, int height)
{
	struct buffer file;

	assert_int_equal(strstr(name, ".png") ? png_write(pixels, width, height, 1, &file, &error)
										  : pgm_write(pixels, width, height, &file, &error),
					 0);
	put(name, file.data, file.size);
	buffer_free(&file);
}

/* A picture of 4 × 4 pixels: value, value + 1 … */
static void put_small(const char *name, int value)
{
	uint8_t pixels[PIXELS];

	for (int i = 0; i < PIXELS; i++)
		pixels[i] = (uint8_t)(value + i);
	put_picture(name, pixels, SIDE, SIDE);
}

/* Dark bars, which are ones, on light paper. */
static void put_bars(const char *name, int side, int count)
{
	static uint8_t pixels[65 * 65];

	for (int i = 0; i < side * side; i++) {
		const int x = i % side, y = i / side;
		bool ink = false;
		for (int bar = 1; bar <= count; bar++)
			ink |= abs(x - side * bar / (count + 1)) < 3 && y > side / 5 && y < side - side / 5;
		pixels[i] = ink ? 20 : 230;
	}
	put_picture(name, pixels, side, side);
}

/* ---- loading ---- */

static enum dataset_fault load(enum dataset_part part)
{
	return dataset_load(&dataset, &options, part, NULL, &error);
}

static void loads(enum dataset_part part, size_t count, int height, int width)
{
	if (load(part))
		fail_msg("%s", error.text);
	assert_int_equal(dataset.count, count);
	assert_int_equal(dataset.height, height);
	assert_int_equal(dataset.width, width);
}

static void refuses(enum dataset_part part, enum dataset_fault fault, const char *why)
{
	assert_int_equal(load(part), fault);
	assert_error_has(&error, why);
	assert_null(dataset.own_pixels);
	assert_null(dataset.broken_names);
}

static void pictures_idx_and_csv_are_the_same(void **state)
{
	/* By classes, and then by the bytes of their names. */
	static const char *const names[] = {"3/10.png", "3/9.pgm", "7/a.PNG", "10/a.png", "10/b.pnm"};
	static const uint8_t labels[] = {3, 3, 7, 10, 10};
	uint8_t images[16 + 5 * PIXELS] = {0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
	uint8_t classes[8 + 5] = {0, 0, 8, 1, 0, 0, 0, 5};
	char csv[5 * (PIXELS + 1) * 4 + 1] = "", path[256];
	struct dataset pictures;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char name[64];
		snprintf(name, sizeof name, "pictures/%s", names[i]);
		put_small(name, 50 * i);
		classes[8 + i] = labels[i];
		sprintf(csv + strlen(csv), "%d", labels[i]);
		for (int j = 0; j < PIXELS; j++) {
			images[16 + i * PIXELS + j] = (uint8_t)(50 * i + j);
			sprintf(csv + strlen(csv), ",%d%s", 50 * i + j, j == PIXELS - 1 ? "\n" : "");
		}
	}
	put("idx/train-images", images, sizeof images);
	put("idx/train-labels", classes, sizeof classes);
	put_text("csv/train.csv", csv);
	options.path = scratch_path(path, folder, "pictures");
	loads(DATASET_TRAIN, 5, SIDE, SIDE);
	pictures = dataset;
	assert_int_equal(pictures.form, PICTURES_KEEP);
	assert_string_equal(pictures.place, path);
	assert_int_equal(pictures.classes.count, 3);
	for (int other = 0; other < 2; other++) {
		options.path = scratch_path(path, folder, other ? "idx" : "csv");
		loads(DATASET_TRAIN, 5, SIDE, SIDE);
		assert_memory_equal(dataset.images, pictures.images, 5 * PIXELS);
		for (int i = 0; i < 5; i++)
			assert_int_equal(dataset.classes.all[dataset.labels[i]].label,
							 pictures.classes.all[pictures.labels[i]].label);
		dataset_free(&dataset);
	}
	dataset_free(&pictures);
}

static void classes_have_the_folders_names(void **state)
{
	struct classes known;

	(void)state;
	put_small("Training/b10/x.png", 1);
	put_small("Training/b9/x.png", 2);
	put_small("Training/a/x.png", 3);
	put_small("testing/b10/x.png", 4);
	put("testing/a/", "", 0);
	loads(DATASET_TRAIN, 3, SIDE, SIDE);
	assert_int_equal(dataset_number_classes(&dataset, 10, &error), 0);
	assert_int_equal(dataset.classes.count, 3);
	assert_string_equal(dataset.classes.all[0].name, "a");
	assert_string_equal(dataset.classes.all[1].name, "b9");
	assert_string_equal(dataset.classes.all[2].name, "b10");
	assert_int_equal(dataset.labels[2], 2);
	assert_int_equal(dataset.images[2 * PIXELS], 1);
	known = dataset.classes;
	dataset.classes = (struct classes){0};
	dataset_free(&dataset);

	assert_int_equal(dataset_load(&dataset, &options, DATASET_TEST, &known, &error), 0);
	assert_int_equal(dataset.count, 1);
	assert_int_equal(dataset.classes.count, 3);
	assert_int_equal(dataset.labels[0], 2);
	dataset_free(&dataset);
	put_small("testing/c/x.png", 4);
	assert_int_equal(dataset_load(&dataset, &options, DATASET_TEST, &known, &error),
					 DATASET_BROKEN);
	assert_error_has(&error, "/testing: c is none of the 3 classes, a to b10");
	classes_free(&known);
}

static void other_files_do_not_count(void **state)
{
	(void)state;
	put_small("a/1.png", 1);
	put_small("b/1.png", 2);
	put_text("a/Thumbs.db", "x");
	put_text("b/label.txt", "x");
	put_text("b/png", "x");
	put_text("b/.DS_Store", "x");
	put_text("b/._1.png", "x");
	put_text("README.md", "x");
	put_text(".git/a.png", "x");
	put_text("__MACOSX/a/._1.png", "x");
	loads(DATASET_TRAIN, 2, SIDE, SIDE);
	assert_int_equal(dataset.others, 3);
	assert_int_equal(dataset.broken, 0);
	dataset_free(&dataset);
	refuses(DATASET_TEST, DATASET_NO_PART, ", which has no folder test");
}

static void forms(void **state)
{
	(void)state;
	put_bars("a/1.png", 64, 1);
	put_bars("b/1.pgm", 64, 1);
	loads(DATASET_TRAIN, 2, 64, 64);
	assert_int_equal(dataset.images[0], 230);
	dataset_free(&dataset);
	options.pictures = PICTURES_SCALE;
	loads(DATASET_TRAIN, 2, 28, 28);
	assert_int_equal(dataset.form, PICTURES_SCALE);
	assert_int_equal(dataset.images[0], 25); /* the negative of 230 */
	dataset_free(&dataset);
	options.pictures = PICTURES_DIGIT;
	loads(DATASET_TRAIN, 2, 28, 28);
	assert_int_equal(dataset.images[0], 0);
	assert_true(dataset.images[14 * 28 + 14] > 200);
	assert_int_equal(dataset.form, PICTURES_DIGIT);
	dataset_free(&dataset);

	options.pictures = PICTURES_KEEP;
	loads(DATASET_TRAIN, 2, 64, 64);
	assert_int_equal(dataset.form, PICTURES_KEEP);
	dataset_free(&dataset);
	put_bars("a/0.png", 63, 1);
	refuses(DATASET_TRAIN, DATASET_BROKEN,
			": pictures that are kept as they are must have one size, of at most 64×64");
	options.pictures = PICTURES_AUTO;
	loads(DATASET_TRAIN, 3, 28, 28);
	assert_int_equal(dataset.form, PICTURES_DIGIT);
	dataset_free(&dataset);
	put_bars("a/0.png", 65, 1);
	put_bars("a/1.png", 65, 1);
	put_bars("b/1.pgm", 65, 1);
	put_bars("b/2.pgm", 65, 2);
	put_bars("b/3.pgm", 65, 0);
	refuses(DATASET_TRAIN, DATASET_BROKEN_PICTURES, ": 2 of 5 pictures cannot be used: scratch.");
	assert_error_has(&error, "/b/2.pgm: 2 digits found, expected one, scratch.");
	assert_error_has(&error, "/b/3.pgm: no digit found");
	options.skip_broken = true;
	loads(DATASET_TRAIN, 3, 28, 28);
	assert_int_equal(dataset.broken, 2);
	assert_non_null(strstr(dataset.broken_names, "/b/2.pgm: 2 digits found, expected one\n"));
	dataset_free(&dataset);
}

static void broken_pictures_are_counted_and_named(void **state)
{
	char path[256];

	(void)state;
	put_small("a/1.png", 1);
	put_small("b/1.png", 1);
	put_text("a/0.png", "\x89PNG\r\n");
	put_text("a/2.gif", "GIF89a");
	put_text("b/3.jpg", "");
	assert_int_equal(symlink("nowhere", scratch_path(path, folder, "b/0.ppm")), 0);
	refuses(DATASET_TRAIN, DATASET_BROKEN_PICTURES, ": 4 of 6 pictures cannot be used: scratch.");
	assert_error_has(&error, "/a/0.png: ");
	assert_error_has(&error, "/a/2.gif: a GIF file, which is not read; ");
	assert_error_has(&error, "/b/0.ppm: cannot open: ");
	assert_error_has(&error, "/b/3.jpg: an empty file");
	put_text("b/4.png", "x");
	refuses(DATASET_TRAIN, DATASET_BROKEN_PICTURES, "/b/3.jpg: an empty file, …");
	options.skip_broken = true;
	loads(DATASET_TRAIN, 2, SIDE, SIDE);
	assert_int_equal(dataset.broken, 5);
	assert_non_null(strstr(dataset.broken_names, "/b/4.png: no picture in PNG"));
	assert_int_equal(dataset.broken_names[strlen(dataset.broken_names) - 1], '\n');
	dataset_free(&dataset);
	unlink(scratch_path(path, folder, "b/1.png"));
	refuses(DATASET_TRAIN, DATASET_BROKEN, "/b: a class without pictures");
}

static void wrong_layouts(void **state)
{
	char path[256], long_name[80];

	(void)state;
	refuses(DATASET_TRAIN, DATASET_MISSING, ", nor folders of pictures, one for each class");
	put("a/b/", "", 0);
	refuses(DATASET_TRAIN, DATASET_MISSING, ", nor folders of pictures, one for each class");
	put_small("x.png", 1);
	refuses(DATASET_TRAIN, DATASET_MISSING, "; there is x.png, a picture in no folder of a class");
	put_small("b/x.png", 1);
	refuses(DATASET_TRAIN, DATASET_BROKEN,
			"/x.png: a picture in no class's folder; expected are "
			"FOLDER/CLASS/PICTURE, or FOLDER/train/CLASS/PICTURE");
	unlink(scratch_path(path, folder, "x.png"));
	refuses(DATASET_TRAIN, DATASET_BROKEN, "/a/b: a folder in that of a class; expected are ");
	rmdir(scratch_path(path, folder, "a/b"));
	refuses(DATASET_TRAIN, DATASET_BROKEN, "/a: a class without pictures");
	put("a/b.png/", "", 0);
	refuses(DATASET_TRAIN, DATASET_BROKEN, "/a/b.png: a folder in that of a class; expected are ");
	rmdir(scratch_path(path, folder, "a/b.png"));
	rmdir(scratch_path(path, folder, "a"));
	refuses(DATASET_TRAIN, DATASET_BROKEN, ": one class only, b; a network tells two or more");
	put_text("train", "a file");
	refuses(DATASET_TEST, DATASET_NO_PART, "no test pictures in scratch.");
	unlink(scratch_path(path, folder, "train"));
	put("test/", "", 0);
	refuses(DATASET_TRAIN, DATASET_NO_PART, ", which has no folder train");
	refuses(DATASET_TEST, DATASET_BROKEN, "/test: no folder of a class; expected are ");
	put("test/a/", "", 0);
	refuses(DATASET_TEST, DATASET_BROKEN, "/test: no pictures");
	rmdir(scratch_path(path, folder, "test/a"));
	rmdir(scratch_path(path, folder, "test"));
	snprintf(long_name, sizeof long_name, "%064d/1.png", 1);
	put_small(long_name, 1);
	refuses(DATASET_TRAIN, DATASET_BROKEN,
			"a class's name of 64 bytes, possible are 1 to 63: \"000");
	options.path = scratch_path(path, folder, "b/x.png");
	refuses(DATASET_TRAIN, DATASET_BROKEN, "a single picture");
}

static void there_may_be_too_many_classes(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i <= CLASSES_MOST; i++) {
		snprintf(name, sizeof name, "%d/", i);
		put(name, "", 0);
	}
	put_small("0/1.png", 1);
	refuses(DATASET_TRAIN, DATASET_BROKEN, "1001 classes, of which 1000 are allowed");
}

struct noted {
	int calls;
	size_t last;
};

static void note(void *context, size_t pictures)
{
	struct noted *noted = context;

	noted->calls++;
	assert_true(pictures > noted->last);
	noted->last = pictures;
}

/* More than a batch of workers takes at a time; each class has three batches. */
static void workers_change_nothing(void **state)
{
	struct noted noted = {0};
	struct dataset alone;
	char name[32];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "%d/%03d.png", i % 2, i);
		put_small(name, i % 200);
		if (i % 50 == 7)
			put_text(name, "broken");
	}
	options.skip_broken = true;
	options.progress = note;
	options.context = &noted;
	loads(DATASET_TRAIN, 294, SIDE, SIDE);
	alone = dataset;
	assert_int_equal(noted.calls, 6);
	assert_int_equal(noted.last, 300);
	options.workers = workers_open(3, &error);
	assert_non_null(options.workers);
	noted = (struct noted){0};
	loads(DATASET_TRAIN, 294, SIDE, SIDE);
	workers_close(options.workers);
	assert_memory_equal(dataset.images, alone.images, 294 * PIXELS);
	assert_memory_equal(dataset.labels, alone.labels, 294 * sizeof *dataset.labels);
	assert_string_equal(dataset.broken_names, alone.broken_names);
	assert_int_equal(dataset.broken, 6);
	dataset_free(&dataset);
	dataset_free(&alone);
}

/* Every one or, where that takes long, one of `step`. */
static void fail_allocations(int step)
{
	for (int number = 1;; number += step) {
		allocations_fail_at(number);
		const enum dataset_fault fault = load(DATASET_TRAIN);
		const bool failed = number <= allocations_count();
		allocations_fail_at(0);
		if (fault && !error.is_scarcity)
			fail_msg("allocation %d: %s", number, error.text);
		assert_true(fault || dataset.count == 3); /* to give room back may fail */
		dataset_free(&dataset);
		if (!failed)
			break;
	}
}

static void memory_may_run_out(void **state)
{
	(void)state;
	if (!allocations_watched())
		skip();
	put_small("a/1.png", 1);
	put_small("a/2.png", 1);
	put_small("b/1.png", 2);
	put_text("b/2.png", "broken");
	options.skip_broken = true;
	fail_allocations(1);
	put_bars("a/2.png", 40, 1);
	options.pictures = PICTURES_SCALE;
	fail_allocations(1);
	put_bars("a/1.png", 41, 1);
	put_bars("b/1.png", 42, 1);
	options.pictures = PICTURES_AUTO;
	fail_allocations(9);
}

int main(void)
{
#define SCRATCH_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(pictures_idx_and_csv_are_the_same),
		SCRATCH_TEST(classes_have_the_folders_names),
		SCRATCH_TEST(other_files_do_not_count),
		SCRATCH_TEST(forms),
		SCRATCH_TEST(broken_pictures_are_counted_and_named),
		SCRATCH_TEST(wrong_layouts),
		SCRATCH_TEST(there_may_be_too_many_classes),
		SCRATCH_TEST(workers_change_nothing),
		SCRATCH_TEST(memory_may_run_out),
	};

	return cmocka_run_group_tests_name("pictures_load", tests, NULL, NULL);
}
