/* IDX files, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "errors.h"
#include "formats/idx.h"
#include "mutations.h"

/* Two images of 2×3; five labels. */
static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
								 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 5, 0, 9, 4, 1, 7};

static void refuse_images(const void *data, size_t size, const char *text)
{
	struct idx_images out;
	struct error error = {.text = ""};

	assert_int_equal(idx_parse_images(data, size, 2, 3, &out, &error), -1);
	assert_null(out.pixels);
	assert_error_has(&error, text);
}

static void refuse_labels(const void *data, size_t size, const char *text)
{
	struct idx_labels out;
	struct error error = {.text = ""};

	assert_int_equal(idx_parse_labels(data, size, 10, &out, &error), -1);
	assert_null(out.labels);
	assert_error_has(&error, text);
}

static void reads_both(void **state)
{
	(void)state;
	struct idx_images i;
	struct idx_labels l;
	struct error error;

	assert_int_equal(idx_parse_images(images, sizeof images, 2, 3, &i, &error), 0);
	assert_int_equal(i.count, 2);
	assert_int_equal(i.height, 2);
	assert_int_equal(i.width, 3);
	assert_ptr_equal(i.pixels, images + 16);
	assert_int_equal(idx_parse_labels(labels, sizeof labels, 10, &l, &error), 0);
	assert_int_equal(l.count, 5);
	assert_ptr_equal(l.labels, labels + 8);
}

/* What a file with another magic is. */
static void wrong_magic(void **state)
{
	(void)state;

	refuse_images(labels, sizeof labels,
				  "offset 0: expected 00 00 08 03, found 00 00 08 01: "
				  "labels, where images are expected");
	refuse_labels(images, sizeof images, "images, where labels are expected");
	refuse_images("\x1f\x8b\x08\x08", 4, "a gzip file");
	refuse_images("PK\3\4", 4, "a zip archive");
	refuse_labels("<!DOCTYPE html>", 15, "a web page");
	refuse_labels("\0\0\x0d\2....", 8, "an IDX file of 32-bit floats in 2 dimensions");
	refuse_images("\0\0\x08\4....", 8, "an IDX file of unsigned bytes in 4 dimensions");
	refuse_images("\0\0\x0a\3....", 8, "not an IDX file");
	refuse_images("\0\0\x0f\3....", 8, "not an IDX file");
	refuse_images("\0\1\x08\3....", 8, "not an IDX file");
	refuse_images("\1\0\x08\3....", 8, "not an IDX file");
	refuse_images("", 0, "0 bytes, an IDX file of images has at least 17");
	refuse_labels("\0\0\x08", 3, "3 bytes, an IDX file of labels has at least 9");
}

static void wrong_sizes(void **state)
{
	(void)state;
	uint8_t data[sizeof images + 1] = {0};

	memcpy(data, images, sizeof images);
	refuse_images(data, sizeof data, "offset 28: 1 bytes after the last of 2 images");
	refuse_images(data, sizeof images - 1,
				  "offset 16: 2 images of 6 bytes, but the file ends after 1");
	refuse_images(data, 15, "offset 15: the file ends inside its header of 16 bytes");
	memset(data + 4, 255, 4);
	refuse_images(data, sizeof images, "4294967295 images of 6 bytes, but the file ends after 2");
	memset(data + 4, 0, 4);
	refuse_images(data, sizeof images, "offset 4: dimension 0 is 0");
	memcpy(data, images, sizeof images);
	data[15] = 4;
	refuse_images(data, sizeof images, "offset 8: images of 2×4, expected 2×3");
	data[15] = 0;
	refuse_images(data, sizeof images, "offset 12: dimension 2 is 0");
	memcpy(data, images, sizeof images);
	data[8] = 0x80;
	refuse_images(data, sizeof images, "images of 2147483650×3, expected 2×3");
	refuse_labels(labels, sizeof labels - 1, "5 labels of 1 bytes, but the file ends after 4");
	refuse_labels("\0\0\x08\1\0\0\0\0", 8, "offset 4: dimension 0 is 0");
}

static void label_too_large(void **state)
{
	(void)state;
	uint8_t data[sizeof labels];

	memcpy(data, labels, sizeof labels);
	data[11] = 10;
	refuse_labels(data, sizeof data, "offset 11: label 3 is 10, the largest is 9");
	data[8] = 255;
	refuse_labels(data, sizeof data, "offset 8: label 0 is 255, the largest is 9");
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct idx_images i;
	struct idx_labels l;
	struct error error;

	(void)context;
	if (!idx_parse_images(data, size, 2, 3, &i, &error)) {
		assert_int_equal(i.count, 2); /* nothing but 2 fits */
		assert_ptr_equal(i.pixels + 12, data + size);
	}
	if (!idx_parse_labels(data, size, 10, &l, &error)) {
		assert_int_equal(l.count, 5);
		for (size_t k = 0; k < l.count; k++)
			assert_in_range(l.labels[k], 0, 9);
	}
}

static void mutations(void **state)
{
	(void)state;
	const struct mutation_target target = {parse, NULL};

	mutate(images, sizeof images, MUTATE_ALL, target);
	mutate(labels, sizeof labels, MUTATE_ALL, target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both),  cmocka_unit_test(wrong_magic),
		cmocka_unit_test(wrong_sizes), cmocka_unit_test(label_too_large),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
