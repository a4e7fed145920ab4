/* IDX files of every type and shape, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "formats/idx.h"
#include "mutations.h"

/* Two images of 2×3; five labels. */
static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
								 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 5, 0, 9, 4, 1, 7};

static struct buffer copy_of(const void *data, size_t size)
{
	struct buffer file = {malloc(size + !size), size};

	assert_non_null(file.data);
	if (size)
		memcpy(file.data, data, size);
	return file;
}

/* Hand the file over in pieces of `piece` bytes, each in memory of its own. */
static int read_pieces(const void *data, size_t size, size_t piece, struct idx_images *out,
					   struct error *error)
{
	struct idx_reader reader = {.type = 0};
	int status = 0;

	for (size_t done = 0; !status && done < size; done += piece) {
		const size_t count = size - done < piece ? size - done : piece;
		struct buffer copy = copy_of((const uint8_t *)data + done, count);

		status = idx_take(&reader, copy.data, count, error);
		buffer_free(&copy);
	}
	*out = (struct idx_images){0};
	if (!status)
		status = idx_end(&reader, out, error);
	pixels_free(&reader.images.pixels);
	return status;
}

static int read_images(const struct buffer *file, struct idx_images *out, struct error *error)
{
	return read_pieces(file->data, file->size, file->size + 1, out, error);
}

/* In one piece and in small ones. */
static void refuse_images(const void *data, size_t size, const char *text)
{
	for (size_t piece = 1; piece <= size + 1; piece += size < 10 ? size + 1 : size / 10) {
		struct idx_images out;
		struct error error = {.text = ""};

		assert_int_equal(read_pieces(data, size, piece, &out, &error), -1);
		assert_null(out.pixels.data);
		assert_error_has(&error, text);
	}
}

static void refuse_labels(const void *data, size_t size, const char *text)
{
	struct buffer file = copy_of(data, size);
	struct idx_labels out;
	struct error error = {.text = ""};

	assert_int_equal(idx_read_labels(&file, &out, &error), -1);
	assert_null(out.values);
	assert_error_has(&error, text);
	buffer_free(&file);
}

static void reads_both(void **state)
{
	struct buffer file = copy_of(images, sizeof images);
	struct idx_images i;
	struct idx_labels l;
	struct error error;

	(void)state;
	assert_int_equal(read_images(&file, &i, &error), 0);
	assert_int_equal(i.count, 2);
	assert_int_equal(i.height, 2);
	assert_int_equal(i.width, 3);
	assert_memory_equal(i.pixels.data, images + 16, 12);
	pixels_free(&i.pixels);
	buffer_free(&file);
	file = copy_of(labels, sizeof labels);
	assert_int_equal(idx_read_labels(&file, &l, &error), 0);
	assert_int_equal(l.count, 5);
	for (int k = 0; k < 5; k++)
		assert_int_equal(l.values[k], labels[8 + k]);
	free(l.values);
	buffer_free(&file);
}

/* ---- other types ---- */

enum { U8 = 0x08, I8 = 0x09, I16 = 0x0b, I32 = 0x0c, F32 = 0x0d, F64 = 0x0e };

static size_t put_u32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
	return 4;
}

static size_t put_number(uint8_t *p, int type, double value)
{
	const float narrow = (float)value;
	uint32_t bits;
	uint64_t wide;

	switch (type) {
	case U8:
	case I8:
		*p = (uint8_t)(int)value;
		return 1;
	case I16:
		p[0] = (uint8_t)((int)value >> 8);
		p[1] = (uint8_t)(int)value;
		return 2;
	case I32:
		return put_u32(p, (uint32_t)(int32_t)value);
	case F32:
		memcpy(&bits, &narrow, sizeof bits);
		return put_u32(p, bits);
	default:
		memcpy(&wide, &value, sizeof wide);
		return put_u32(p, (uint32_t)(wide >> 32)) + put_u32(p + 4, (uint32_t)wide);
	}
}

/* A file of these numbers, in one, two, three or four dimensions, as many as are not 0. */
static struct buffer make(int type, const uint32_t dims[4], const double *numbers, size_t count)
{
	uint8_t data[512] = {0, 0, (uint8_t)type, 0};
	size_t size = 4;

	for (int i = 0; i < 4 && dims[i]; i++, data[3]++)
		size += put_u32(data + size, dims[i]);
	for (size_t i = 0; i < count; i++)
		size += put_number(data + size, type, numbers[i]);
	return copy_of(data, size);
}

static void expect_pixels(int type, const double *numbers, const uint8_t pixels[8])
{
	struct buffer file = make(type, (uint32_t[]){2, 2, 2, 0}, numbers, 8);
	struct idx_images out;
	struct error error;

	for (size_t piece = 1; piece <= file.size; piece++) {
		if (read_pieces(file.data, file.size, piece, &out, &error))
			fail_msg("type %02x: %s", type, error.text);
		assert_int_equal(out.count, 2);
		assert_int_equal(out.height, 2);
		assert_int_equal(out.pixels.count, 8);
		assert_memory_equal(out.pixels.data, pixels, 8);
		pixels_free(&out.pixels);
	}
	buffer_free(&file);
}

static void images_of_every_type(void **state)
{
	static const int types[] = {U8, I8, I16, I32, F32, F64};
	static const double small[] = {0, 1, 2, 3, 4, 5, 6, 127}, large[] = {0, 1, 2, 3, 4, 5, 6, 255};
	static const double fractions[] = {0, 1, 0.5, 0.25, 0.1, 0.002, 0.0019, 0.999};
	static const double rounded[] = {0, 1, 0.5, 1.5, 254.6, 255, 0.49, 7};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		expect_pixels(types[i], small, (const uint8_t[]){0, 1, 2, 3, 4, 5, 6, 127});
	for (size_t i = 2; i < 6; i++)
		expect_pixels(types[i], large, (const uint8_t[]){0, 1, 2, 3, 4, 5, 6, 255});
	for (size_t i = 4; i < 6; i++) {
		expect_pixels(types[i], fractions, (const uint8_t[]){0, 255, 128, 64, 26, 1, 0, 255});
		expect_pixels(types[i], rounded, (const uint8_t[]){0, 1, 1, 2, 255, 255, 0, 7});
	}
}

static void refuse_pixel(int type, double value, const char *text)
{
	double numbers[8] = {0};

	numbers[6] = value;
	struct buffer file = make(type, (uint32_t[]){2, 2, 2, 0}, numbers, 8);
	refuse_images(file.data, file.size, text);
	buffer_free(&file);
}

static void pixels_have_limits(void **state)
{
	(void)state;
	refuse_pixel(I8, -1, "image 1, pixel 2: -1, where pixels are 0 … 1 or 0 … 255");
	refuse_pixel(I16, 256, "image 1, pixel 2: 256, where");
	refuse_pixel(I32, -70000, "image 1, pixel 2: -70000, where");
	refuse_pixel(F32, 255.5, "image 1, pixel 2: 255.5, where");
	refuse_pixel(F32, (double)NAN, "image 1, pixel 2: not a number");
	refuse_pixel(F64, -0.25, "image 1, pixel 2: -0.25, where");
	refuse_pixel(F64, HUGE_VAL, "image 1, pixel 2: ");
}

static void expect_shape(const uint32_t dims[4], int height, int width)
{
	static const double zeros[24];
	struct buffer file = make(U8, dims, zeros, 24);
	struct idx_images out;
	struct error error;

	assert_int_equal(read_images(&file, &out, &error), 0);
	assert_int_equal(out.height, height);
	assert_int_equal(out.width, width);
	pixels_free(&out.pixels);
	buffer_free(&file);
}

static void refuse_shape(const uint32_t dims[4], const char *text)
{
	static const double zeros[24];
	struct buffer file = make(U8, dims, zeros, 24);

	refuse_images(file.data, file.size, text);
	buffer_free(&file);
}

static void shapes(void **state)
{
	uint8_t wide[16 + 257] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1};

	(void)state;
	expect_shape((uint32_t[]){2, 3, 4, 0}, 3, 4);
	expect_shape((uint32_t[]){2, 1, 3, 4}, 3, 4);
	expect_shape((uint32_t[]){2, 3, 4, 1}, 3, 4);
	expect_shape((uint32_t[]){6, 4, 0, 0}, 2, 2);
	expect_shape((uint32_t[]){1, 1, 1, 24}, 1, 24);
	refuse_shape((uint32_t[]){4, 6, 0, 0},
				 "images of 6 pixels in one dimension, which make no square");
	refuse_shape((uint32_t[]){2, 2, 2, 3}, "images of 2×2×3 numbers; only grey ones are read");
	refuse_images(wide, sizeof wide, "offset 8: images of 1×257 pixels, the most is 256×256");
}

static void expect_labels(int type, const uint32_t dims[4], const double *numbers, size_t count,
						  const int32_t *values)
{
	struct buffer file = make(type, dims, numbers, count);
	struct idx_labels out;
	struct error error;

	assert_int_equal(idx_read_labels(&file, &out, &error), 0);
	assert_int_equal(out.count, dims[0]);
	assert_memory_equal(out.values, values, dims[0] * sizeof *values);
	free(out.values);
	buffer_free(&file);
}

static void labels_of_every_type(void **state)
{
	static const int types[] = {U8, I8, I16, I32, F32, F64};
	static const double small[] = {26, 1, 13}, large[] = {-1, 300, 70000};
	static const double qmnist[] = {8, 0, 1, 2, 3, 4, 5, 6, 5, 1, 1, 1, 1, 1, 1, 1};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		expect_labels(types[i], (uint32_t[]){3, 0, 0, 0}, small, 3, (const int32_t[]){26, 1, 13});
		expect_labels(types[i], (uint32_t[]){3, 1, 0, 0}, small, 3, (const int32_t[]){26, 1, 13});
		expect_labels(types[i], (uint32_t[]){2, 8, 0, 0}, qmnist, 16, (const int32_t[]){8, 5});
	}
	for (size_t i = 3; i < 6; i++)
		expect_labels(types[i], (uint32_t[]){3, 0, 0, 0}, large, 3,
					  (const int32_t[]){-1, 300, 70000});
}

static void refuse_label(int type, double value, const char *text)
{
	struct buffer file = make(type, (uint32_t[]){2, 0, 0, 0}, (const double[]){1, value}, 2);

	refuse_labels(file.data, file.size, text);
	buffer_free(&file);
}

static void labels_are_whole(void **state)
{
	(void)state;
	refuse_label(F32, 0.5, "label 1 is 0.5, not a whole number of 32 bits");
	refuse_label(F64, 4e9, "label 1 is 4e+09, not a whole");
	refuse_label(F64, (double)NAN, "label 1 is not finite");
	struct buffer hot = make(U8, (uint32_t[]){2, 3, 0, 0}, (const double[6]){0}, 6);
	refuse_labels(hot.data, hot.size, "offset 8: 3 numbers a label; there may be 1, or the 8 of");
	buffer_free(&hot);
}

/* ---- wrong files ---- */

/* Files that are something else. */
static void wrong_files(void **state)
{
	(void)state;

	refuse_images(labels, sizeof labels, "labels, where images are expected");
	refuse_labels(images, sizeof images, "images, where labels are expected");
	refuse_images("\0\0\x0a\3....", 8,
				  "not an IDX file of images: it begins with 00 00 0a 03, not with 00 00, a type "
				  "and 1 to 4 dimensions");
	refuse_images("\0\0\x0f\3....", 8, "not an IDX file");
	refuse_images("\0\1\x08\3....", 8, "not an IDX file");
	refuse_images("\1\0\x08\3....", 8, "not an IDX file");
	refuse_images("\0\0\x08\0....", 8, "not an IDX file");
	refuse_images("\0\0\x08\5....", 8, "not an IDX file");
	refuse_images("", 0, "0 bytes, where an IDX file of images is expected");
	refuse_labels("\0\0\x08", 3, "3 bytes, where an IDX file of labels is expected");
}

static void wrong_sizes(void **state)
{
	(void)state;
	uint8_t data[sizeof images + 1] = {0};

	memcpy(data, images, sizeof images);
	refuse_images(data, sizeof data, "offset 28: bytes after the last of 2 images");
	refuse_images(data, sizeof images - 1, "2 images of 2×3 pixels, but the file ends after 1");
	refuse_images(data, 15, "offset 15: the file ends inside its header of 16 bytes");
	memset(data + 4, 255, 4);
	refuse_images(data, sizeof images,
				  "4294967295 images of 2×3 pixels, but the file ends after 2");
	memset(data + 4, 0, 4);
	refuse_images(data, sizeof images, "offset 4: dimension 0 is 0");
	memcpy(data, images, sizeof images);
	data[15] = 0;
	refuse_images(data, sizeof images, "offset 12: dimension 2 is 0");
	memcpy(data, images, sizeof images);
	data[8] = 0x80;
	refuse_images(data, sizeof images,
				  "offset 8: images of 2147483650×3 pixels, the most is 256×256");
	memset(data + 4, 255, 12);
	refuse_images(data, sizeof images, "images of 4294967295×4294967295 pixels, the most");
	refuse_labels(labels, sizeof labels - 1, "5 labels of 1 bytes, but the file ends after 4");
	refuse_labels("\0\0\x08\1\0\0\0\0", 8, "offset 4: dimension 0 is 0");
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct buffer file = copy_of(data, size);
	struct idx_images i;
	struct idx_labels l;
	struct error error;

	(void)context;
	if (!idx_read_labels(&file, &l, &error)) {
		assert_true(l.count <= size);
		free(l.values);
	}
	if (!read_images(&file, &i, &error)) {
		assert_int_equal(i.pixels.count, i.count * (size_t)i.height * (size_t)i.width);
		pixels_free(&i.pixels);
	}
	buffer_free(&file);
}

static void mutations(void **state)
{
	static const double numbers[] = {0, 1, 0.5, 0.25};
	const struct mutation_target target = {parse, NULL};
	struct buffer floats = make(F32, (uint32_t[]){1, 2, 2, 0}, numbers, 4);

	(void)state;
	mutate(images, sizeof images, MUTATE_ALL, target);
	mutate(labels, sizeof labels, MUTATE_ALL, target);
	mutate(floats.data, floats.size, MUTATE_ALL, target);
	buffer_free(&floats);
}

static void memory_may_run_out(void **state)
{
	struct buffer file = copy_of(labels, sizeof labels);
	struct idx_labels out;
	struct error error;

	(void)state;
	if (!allocations_watched())
		skip();
	allocations_fail_at(1);
	assert_int_equal(idx_read_labels(&file, &out, &error), -1);
	allocations_fail_at(0);
	assert_string_equal(error.text, "not enough memory for 5 labels");
	assert_null(out.values);
	buffer_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both),
		cmocka_unit_test(images_of_every_type),
		cmocka_unit_test(pixels_have_limits),
		cmocka_unit_test(shapes),
		cmocka_unit_test(labels_of_every_type),
		cmocka_unit_test(labels_are_whole),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(wrong_sizes),
		cmocka_unit_test(mutations),
		cmocka_unit_test(memory_may_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
