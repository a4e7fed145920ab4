/* Digits in characters and on sheets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/picture.h"

static char *read_back(FILE *file, char *text, size_t capacity)
{
	size_t size;

	rewind(file);
	size = fread(text, 1, capacity - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

static void set(uint8_t *pixels, int y, int x, uint8_t grey)
{
	pixels[y * DATASET_SIDE + x] = grey;
}

static void darker_ink_gets_a_heavier_character(void **state)
{
	static const char ramp[] = " .:-=+*#%@";
	uint8_t pixels[DATASET_PIXELS] = {0};
	char text[1000];
	size_t last = 0;

	(void)state;
	for (int x = 0; x < 26; x++) {
		set(pixels, 0, x, (uint8_t)(x * 255 / 25));
		set(pixels, 1, x, (uint8_t)(x * 255 / 25));
	}
	set(pixels, 0, 27, 1);
	set(pixels, 1, 27, 1);
	FILE *file = tmpfile();
	assert_non_null(file);
	picture_draw(file, pixels);
	read_back(file, text, sizeof text);
	assert_int_equal(text[0], ' ');
	for (int x = 0; x < 26; x++) {
		const char *place = strchr(ramp, text[x]);
		assert_non_null(place);
		assert_true((size_t)(place - ramp) >= last);
		last = (size_t)(place - ramp);
	}
	assert_int_equal(last, strlen(ramp) - 1);
	assert_int_equal(text[27], '.'); /* the faintest ink still shows */
}

static void two_rows_make_a_line_and_blanks_are_trimmed(void **state)
{
	uint8_t pixels[DATASET_PIXELS] = {0};
	char text[1000], expected[1000] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	set(pixels, 0, 0, 255);
	set(pixels, 1, 0, 255);
	set(pixels, 27, 27, 255);
	set(pixels, 26, 27, 255);
	strcat(expected, "@\n");
	for (int line = 1; line < 13; line++)
		strcat(expected, "\n");
	strcat(expected, "                           @\n");
	picture_draw(file, pixels);
	assert_string_equal(read_back(file, text, sizeof text), expected);
}

static void as_many_side_by_side_as_fit(void **state)
{
	static uint8_t pixels[DATASET_PIXELS];
	const struct picture pictures[3] = {
		{pixels, 7, 12, 0}, {pixels, 0, 59999, 0}, {pixels, 3, 5, 41}};
	char text[4000], expected[4000] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	set(pixels, 2, 1, 255);
	set(pixels, 3, 1, 255);
	strcat(expected, "\n @                             @\n");
	for (int line = 2; line < PICTURE_LINES; line++)
		strcat(expected, "\n");
	strcat(expected, "7  #12                        0  #59999\n\n\n @\n");
	for (int line = 2; line < PICTURE_LINES; line++)
		strcat(expected, "\n");
	strcat(expected, "3  epoch 41\n");
	picture_draw_all(file, pictures, 3, 58); /* 28 + 2 + 28 */
	assert_string_equal(read_back(file, text, sizeof text), expected);
}

static void one_column_short_is_one_digit_fewer(void **state)
{
	static const uint8_t pixels[DATASET_PIXELS];
	const struct picture pictures[2] = {{pixels, 1, 1, 0}, {pixels, 2, 2, 0}};
	char text[4000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	picture_draw_all(file, pictures, 2, 57);
	read_back(file, text, sizeof text);
	assert_non_null(strstr(text, "1  #1\n"));
	assert_non_null(strstr(text, "2  #2\n"));
}

static void a_sheet_holds_digits_and_labels(void **state)
{
	/* The figures 2 and 7 as one would draw them on squared paper. */
	static const char *const two[] = {"###", "..#", "###", "#..", "###"};
	static const char *const seven[] = {"###", "..#", "..#", ".#.", ".#."};
	static uint8_t digits[2][DATASET_PIXELS];
	const struct picture pictures[2] = {{digits[0], 2, 0, 0}, {digits[1], 7, 1, 0}};
	uint8_t *sheet;
	int width, height;
	struct error error;

	(void)state;
	for (int i = 0; i < DATASET_PIXELS; i++)
		digits[0][i] = digits[1][i] = (uint8_t)(i % 251);
	assert_int_equal(picture_sheet(pictures, 2, 0, &sheet, &width, &height, &error), 0);
	assert_int_equal(width, 2 + 2 * 30);
	assert_int_equal(height, 2 + 28 + 1 + 5 + 2);
	for (int digit = 0; digit < 2; digit++) {
		const char *const *glyph = digit ? seven : two;
		const uint8_t *corner = sheet + 2 * width + 2 + digit * 30;
		for (int y = 0; y < 28; y++)
			assert_memory_equal(corner + y * width, digits[digit] + y * 28, 28);
		for (int y = 0; y < 5; y++)
			for (int x = 0; x < 3; x++) {
				uint8_t grey = corner[(29 + y) * width + 12 + x];
				assert_int_equal(grey == 255, glyph[y][x] == '#');
			}
	}
	assert_true(sheet[0] > 0 && sheet[0] < 255); /* neither paper nor ink */
	free(sheet);
}

static void a_sheet_is_about_square(void **state)
{
	static const uint8_t pixels[DATASET_PIXELS];
	static struct picture pictures[101];
	uint8_t *sheet;
	int width, height;
	struct error error;

	(void)state;
	for (size_t i = 0; i < 101; i++)
		pictures[i] = (struct picture){pixels, (int)(i % 10), i, 0};
	for (size_t count = 1; count <= 101; count += 25) {
		assert_int_equal(picture_sheet(pictures, count, 0, &sheet, &width, &height, &error), 0);
		assert_true(width <= 2 * height && height <= 2 * width);
		assert_true((size_t)((width - 2) / 30) * (size_t)((height - 2) / 36) >= count);
		free(sheet);
	}
}

static void a_sheet_has_the_columns_asked_for(void **state)
{
	static const uint8_t pixels[DATASET_PIXELS];
	static struct picture pictures[7];
	uint8_t *sheet;
	int width, height;
	struct error error;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		pictures[i].pixels = pixels;
	assert_int_equal(picture_sheet(pictures, 7, 6, &sheet, &width, &height, &error), 0);
	assert_int_equal(width, 2 + 6 * 30);
	assert_int_equal(height, 2 + 2 * 36);
	free(sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(darker_ink_gets_a_heavier_character),
		cmocka_unit_test(two_rows_make_a_line_and_blanks_are_trimmed),
		cmocka_unit_test(as_many_side_by_side_as_fit),
		cmocka_unit_test(one_column_short_is_one_digit_fewer),
		cmocka_unit_test(a_sheet_holds_digits_and_labels),
		cmocka_unit_test(a_sheet_is_about_square),
		cmocka_unit_test(a_sheet_has_the_columns_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
