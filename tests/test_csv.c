/* Images as text, in the dialects that are met with, and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "formats/csv.h"
#include "mutations.h"

static struct error error;

/* Hand the file over in pieces of `piece` bytes, each in memory of its own. */
static int read_pieces(const void *data, size_t size, size_t piece, struct csv_images *out)
{
	struct csv_reader reader = {.line = 0};
	int status = 0;

	for (size_t done = 0; !status && done < size; done += piece) {
		const size_t count = size - done < piece ? size - done : piece;
		uint8_t *copy = malloc(count);

		assert_non_null(copy);
		memcpy(copy, (const uint8_t *)data + done, count);
		status = csv_take(&reader, copy, count, &error);
		free(copy);
	}
	*out = (struct csv_images){0};
	if (!status)
		status = csv_end(&reader, out, &error);
	csv_reader_free(&reader);
	return status;
}

static int read_text(const char *text, struct csv_images *out)
{
	return read_pieces(text, strlen(text), strlen(text) + 1, out);
}

/* The text gives these images of 2×2, by their pixels' digits, and labels, NULL for none; in one
 * piece and in small ones. */
static void reads(const char *text, const char *pixels, const int32_t *labels)
{
	for (size_t piece = 1; piece <= strlen(text); piece += piece < 9 ? 1 : strlen(text) - 9) {
		struct csv_images images;

		if (strchr(text, '\r') && !strchr(text, '\n') && piece < strlen(text))
			continue; /* the first piece tells how lines end */
		if (read_pieces(text, strlen(text), piece, &images))
			fail_msg("%s: %s", text, error.text);
		assert_int_equal(images.side, 2);
		assert_int_equal(images.count, strlen(pixels) / 4);
		assert_int_equal(images.pixels.count, images.count * 4);
		for (size_t i = 0; pixels[i]; i++)
			assert_int_equal(images.pixels.data[i], pixels[i] - '0');
		assert_true((images.labels == NULL) == (labels == NULL));
		if (labels)
			assert_memory_equal(images.labels, labels, images.count * sizeof *labels);
		csv_images_free(&images);
	}
}

static void refuses(const char *text, const char *why)
{
	struct csv_images images;

	assert_int_equal(read_text(text, &images), -1);
	assert_null(images.labels);
	assert_error_has(&error, why);
}

static void every_dialect(void **state)
{
	static const int32_t labels[] = {7, 26};

	(void)state;
	reads("7,0,1,2,3\n26,4,5,6,7\n", "01234567", labels);
	reads("7,0,1,2,3\r\n26,4,5,6,7", "01234567", labels);
	reads("7,0,1,2,3\r26,4,5,6,7\r", "01234567", labels);
	reads("\xef\xbb\xbf\n7;0;1;2;3\n\n\n26;4;5;6;7\n \n\n", "01234567", labels);
	reads("7\t0\t1\t2\t3\n26\t4\t5\t6\t7\n", "01234567", labels);
	reads(" 7 , 0 ,1, 2,3 \n26,  4,5,6,7", "01234567", labels);
	reads("label,pixel0,pixel1,pixel2,pixel3\n7,0,1,2,3\n26,4,5,6,7\n", "01234567", labels);
	reads("a,b,c,d,e\n7,0,1,2,3\n26,4,5,6,7\n", "01234567", labels);
	reads("1x1,1x2,2x1,2x2,Class\n0,1,2,3,7\n4,5,6,7,26\n", "01234567", labels);
	reads("# y,1,2,3,4\n7,0,1,2,3\n26,4,5,6,7\n", "01234567", labels);
	reads("\"\",\"label\",\"a\",\"b\",\"c\",\"d\"\n\"1\",7,0,1,2,3\n\"2\",\"26\",4,5,6,7",
		  "01234567", labels);
	reads(",0,1,2,3,4\nrow 1,7,0,1,2,3\nrow 2,26,4,5,6,7", "01234567", labels);
	reads("7.0,0,1,2e0,+3\n2.6e1,4,5,6,007\n", "01234567", labels);
}

static void images_without_labels(void **state)
{
	(void)state;
	reads("0,1,2,3\n4,5,6,7\n", "01234567", NULL);
	reads("pixel0,pixel1,pixel2,pixel3\n0,1,2,3\n4,5,6,7", "01234567", NULL);
	reads("id,pixel0,pixel1,pixel2,pixel3\n17,0,1,2,3\n18,4,5,6,7", "01234567", NULL);
}

static void counted_columns(int side)
{
	char text[5000] = "0";
	size_t length = 1;
	struct csv_images images;

	for (int i = 1; i <= side * side; i++)
		length += (size_t)sprintf(text + length, ",%d", i);
	length += (size_t)sprintf(text + length, "\n300");
	for (int i = 1; i <= side * side; i++)
		length += (size_t)sprintf(text + length, ",9");
	assert_int_equal(read_text(text, &images), 0);
	assert_int_equal(images.count, 1);
	assert_int_equal(images.side, side);
	assert_int_equal(images.labels[0], 300);
	csv_images_free(&images);
}

/* pandas writes 0, 1, 2 … where nobody gave names. Smaller images could be so. */
static void columns_may_be_counted(void **state)
{
	(void)state;
	counted_columns(16);
	counted_columns(17);
	reads("0,1,2,3\n", "0123", NULL);
}

/* Fractions are of 0 … 1 unless one pixel says otherwise. */
static void fractions_have_a_scale(void **state)
{
	static const char half[] = "-1,0,0.5,1,0.1\n", full[] = "-1,0,0.5,1,0.1\n2,0,0,0,2.4\n";
	static const uint8_t half_pixels[] = {0, 128, 255, 26},
						 full_pixels[] = {0, 1, 1, 0, 0, 0, 0, 2};
	struct csv_images images;

	(void)state;
	assert_int_equal(read_text(half, &images), 0);
	assert_int_equal(images.count, 1);
	assert_int_equal(images.labels[0], -1);
	assert_memory_equal(images.pixels.data, half_pixels, sizeof half_pixels);
	csv_images_free(&images);
	assert_int_equal(read_text(full, &images), 0);
	assert_int_equal(images.count, 2);
	assert_memory_equal(images.pixels.data, full_pixels, sizeof full_pixels);
	csv_images_free(&images);
	reads("0,0,1,1,0\n1,1,0,0,0\n", "01101000", (const int32_t[]){0, 1});
}

static void faults_have_a_place(void **state)
{
	(void)state;
	refuses("", "no row of numbers");
	refuses("\n\n", "no row of numbers");
	refuses("label,a,b,c,d\n", "no row of numbers");
	refuses("1,2,3,4,5,6,7\n", "line 1: 7 columns; those of pixels must make a square");
	refuses("label,b,c,d\n1,2,3,4\n", "line 1: 4 columns");
	refuses("7,0,1,2,3\n\n26,4,5,6\n", "line 3: 4 columns, but line 1 has 5");
	refuses("7,0,1,2,3\n26,4,5,6,7,8\n", "line 2: more than the 5 columns of line 1");
	refuses("7,0,1,2,3\n26,4,256,6,7\n", "line 2, column 3: \"256\" is not in 0 … 255");
	refuses("7,0,1,2,3\n26,4,-1,6,7\n", "line 2, column 3: \"-1\" is not in 0 … 255");
	refuses("7,0,1,2,3\n26,4,,6,7\n", "line 2, column 3: \"\" is not a number");
	refuses("7,0,1,2,3\n26,4,nan,6,7\n", "line 2, column 3: \"nan\" is not a number");
	refuses("7,0,1,2,3\n26,4,0x1,6,7\n", "line 2, column 3: \"0x1\" is not a number");
	refuses("a,b,c,d,e\r\ncat,0,1,2,3\n",
			"line 2, column 1: \"cat\" is not a number; labels are whole numbers");
	refuses("7,0,1,2,3\n2.5,0,1,2,3\n", "line 2, column 1: the label 2.5 is not whole");
	refuses("7,0,1,2,3\n3e9,0,1,2,3\n", "line 2, column 1: \"3e9\" is not in -2147483648 … 214748");
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct csv_images images;

	(void)context;
	if (read_pieces(data, size, size, &images))
		return;
	assert_int_equal(images.pixels.count, images.count * (size_t)(images.side * images.side));
	csv_images_free(&images);
}

static void mutations(void **state)
{
	static const char text[] = "\xef\xbb\xbflabel,a,b,c,d\r\n7,0,1,2,3\n26,\"4\",255,6,.7\n";

	(void)state;
	mutate((const uint8_t *)text, sizeof text - 1, MUTATE_ALL, (struct mutation_target){parse, 0});
}

static void memory_may_run_out(void **state)
{
	static const char text[] = "7,0,1,2,3\n8,1";
	int number = 0, status;
	struct csv_reader reader;

	(void)state;
	if (!allocations_watched())
		skip();
	do {
		reader = (struct csv_reader){.line = 0};
		allocations_fail_at(++number);
		status = csv_take(&reader, (const uint8_t *)text, strlen(text), &error);
		allocations_fail_at(0);
		csv_reader_free(&reader);
	} while (status);
	assert_int_equal(number, 4); /* pixels, labels, the rest of the text */
}

static void lines_are_not_endless(void **state)
{
	static uint8_t nulls[1 << 20];
	struct csv_reader reader = {.line = 0};
	int status = 0;

	(void)state;
	for (int i = 0; i < 5 && !status; i++)
		status = csv_take(&reader, nulls, sizeof nulls, &error);
	assert_int_equal(status, -1);
	assert_string_equal(error.text, "line 1 has more than 4194304 bytes");
	csv_reader_free(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialect),          cmocka_unit_test(images_without_labels),
		cmocka_unit_test(columns_may_be_counted), cmocka_unit_test(fractions_have_a_scale),
		cmocka_unit_test(faults_have_a_place),    cmocka_unit_test(mutations),
		cmocka_unit_test(memory_may_run_out),     cmocka_unit_test(lines_are_not_endless),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
