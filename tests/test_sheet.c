/* Sheets: where tiles and text stand, and what is in the files. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "base/file.h"
#include "draw/font.h"
#include "draw/sheet.h"
#include "formats/pnm.h"
#include "scratch.h"

static struct error error;
static const struct colour black = {0, 0, 0}, red = {255, 0, 0}, white = {255, 255, 255};

static bool is(const struct canvas *canvas, int x, int y, struct colour colour)
{
	return !memcmp(&canvas->pixels[y * canvas->width + x], &colour, sizeof colour);
}

/* ---- font ---- */

static void characters_are_found(void **state)
{
	static const char *const seven[] = {"#####", "....#", "...#.", "..#..",
										".#...", ".#...", ".#..."};
	static const char *const a[] = {".....", ".....", ".###.", "....#", ".####", "#...#", ".####"};
	struct glyph glyph;
	const char *rest = font_next("7a", &glyph);

	(void)state;
	for (int row = 0; row < 7; row++)
		assert_memory_equal(glyph.rows[row], seven[row], FONT_WIDTH);
	rest = font_next(rest, &glyph);
	for (int row = 0; row < 7; row++)
		assert_memory_equal(glyph.rows[row], a[row], FONT_WIDTH);
	assert_null(font_next(rest, &glyph));
}

static void every_character_is_another_one(void **state)
{
	(void)state;
	for (char first = ' '; first <= '~'; first++)
		for (char second = ' '; second < first; second++) {
			struct glyph a, b;
			bool differ = false;

			font_next((const char[]){first, '\0'}, &a);
			font_next((const char[]){second, '\0'}, &b);
			for (int row = 0; row < FONT_HEIGHT; row++)
				differ |= memcmp(a.rows[row], b.rows[row], FONT_WIDTH);
			if (!differ)
				fail_msg("'%c' looks like '%c'", first, second);
		}
}

static void letters_lose_their_accents(void **state)
{
	const char *accented = "ÀÉÎÕÜÝßçñöÿ", *plain = "AEIOUYscnoy";
	struct glyph with, without;

	(void)state;
	while (*plain) {
		accented = font_next(accented, &with);
		plain = font_next(plain, &without);
		assert_ptr_equal(with.rows[0], without.rows[0]);
	}
	assert_string_equal(accented, "");
}

static void other_characters_are_question_marks(void **state)
{
	struct glyph glyph, question, times;
	const char *const end = font_next("я!", &glyph);

	(void)state;
	font_next("?", &question);
	assert_string_equal(end, "!");
	assert_ptr_equal(glyph.rows[0], question.rows[0]);
	assert_string_equal(font_next("×5", &times), "5");
	assert_ptr_not_equal(times.rows[2], question.rows[2]);
	assert_int_equal(font_width("28×28"), 5 * 6 - 1);
	assert_int_equal(font_width("\n\x80"), 5); /* whatever that is, it is one */
	assert_int_equal(font_width(""), 0);
}

/* ---- canvas ---- */

static void what_lies_outside_is_left_out(void **state)
{
	struct canvas canvas;

	(void)state;
	assert_int_equal(canvas_open(&canvas, 10, 4, black, &error), 0);
	canvas_fill(&canvas, -5, -5, 7, 6, red);
	canvas_fill(&canvas, 9, 3, 100, 100, white);
	canvas_text(&canvas, 8, -3, 3, "#@", black);
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 10; x++)
			if (x < 8)
				assert_true(is(&canvas, x, y, x < 2 && y < 1 ? red : black));
	canvas_free(&canvas);
}

static void text_is_enlarged(void **state)
{
	struct canvas canvas;

	(void)state;
	assert_int_equal(canvas_open(&canvas, 40, 20, black, &error), 0);
	canvas_text(&canvas, 1, 1, 2, "-l", white); /* the dash: row 3, all 5 columns */
	for (int y = 0; y < 20; y++)
		for (int x = 0; x < 12; x++)
			assert_true(is(&canvas, x, y, y >= 7 && y < 9 && x >= 1 && x < 11 ? white : black));
	assert_true(is(&canvas, 13 + 2, 1, white)); /* l begins with ".##.." */
	assert_true(is(&canvas, 13, 1, black));
	canvas_free(&canvas);
}

static void files_are_what_their_names_say(void **state)
{
	char folder[64], path[256];
	struct canvas canvas;
	struct buffer file;
	struct raster picture;

	(void)state;
	assert_non_null(scratch_open(folder));
	assert_int_equal(canvas_open(&canvas, 3, 2, red, &error), 0);
	canvas.pixels[1] = white;
	canvas.pixels[2] = (struct colour){0, 255, 0};
	canvas.pixels[3] = (struct colour){0, 0, 255};
	scratch_path(path, folder, "sheet.pgm");
	assert_false(canvas_has_colours(path));
	assert_int_equal(canvas_save(&canvas, path, &error), 0);
	assert_int_equal(file_read(path, 1000, &file, &error), 0);
	assert_int_equal(pnm_parse(file.data, file.size, &picture, &error), 0);
	assert_int_equal(picture.width * 10 + picture.height, 32);
	/* 255 × 0.2126, 0.7152, 0.0722 */
	const uint16_t luma[] = {54, 255, 182, 18, 54, 54};
	assert_memory_equal(picture.samples, luma, sizeof luma);
	raster_free(&picture);
	buffer_free(&file);

	scratch_path(path, folder, "sheet.png");
	assert_true(canvas_has_colours(path));
	assert_int_equal(canvas_save(&canvas, path, &error), 0);
	assert_int_equal(file_read(path, 1000, &file, &error), 0);
	assert_memory_equal(file.data, "\x89PNG", 4);
	assert_int_equal(file.data[25], 2); /* colours */
	buffer_free(&file);
	canvas_fill(&canvas, 0, 0, 3, 2, white);
	assert_int_equal(canvas_save(&canvas, path, &error), 0);
	assert_int_equal(file_read(path, 1000, &file, &error), 0);
	assert_int_equal(file.data[25], 0); /* grey alone */
	buffer_free(&file);
	canvas_free(&canvas);
	scratch_close(folder);
}

static void a_folder_that_is_not_there(void **state)
{
	struct canvas canvas;

	(void)state;
	assert_int_equal(canvas_open(&canvas, 1, 1, red, &error), 0);
	assert_int_equal(canvas_save(&canvas, "no/such/folder.png", &error), -1);
	assert_non_null(strstr(error.text, "no/such/folder.png: "));
	canvas_free(&canvas);
	assert_int_equal(canvas_open(&canvas, 65536, 65536, red, &error), -1);
	assert_string_equal(error.text,
						"a picture of 65536×65536 has more than 67108864 pixels, the limit");
}

/* ---- sheet ---- */

/* Tile t has the red t + 1, and the green and blue of the place in it. */
static struct colour cell(const void *context, size_t tile, int x, int y)
{
	assert_null(context);
	return (struct colour){(uint8_t)(tile + 1), (uint8_t)(100 + x), (uint8_t)(100 + y)};
}

static struct colour caption(const void *context, size_t tile, int line, char text[SHEET_CAPTION])
{
	(void)context, (void)tile;
	snprintf(text, SHEET_CAPTION, line == 0 ? "-" : "--");
	return white;
}

static bool is_cell(const struct canvas *canvas, int x, int y, size_t tile, int cell_x, int cell_y)
{
	return is(canvas, x, y, cell(NULL, tile, cell_x, cell_y));
}

#define MARGIN 14

static void tiles_stand_in_rows(void **state)
{
	const struct sheet_block block = {
		.count = 5, .width = 4, .height = 3, .scale = 10, .gap = 5, .columns = 2, .cell = cell};
	struct canvas canvas;

	(void)state;
	assert_int_equal(sheet_paint(&block, 1, &canvas, &error), 0);
	assert_int_equal(canvas.width, 2 * MARGIN + 2 * 40 + 5);
	assert_int_equal(canvas.height, 2 * MARGIN + 3 * 30 + 2 * 5);
	for (size_t tile = 0; tile < 5; tile++)
		for (int y = 0; y < 30; y++)
			for (int x = 0; x < 40; x++) {
				int left = MARGIN + (int)(tile % 2) * 45, top = MARGIN + (int)(tile / 2) * 35;
				assert_true(is_cell(&canvas, left + x, top + y, tile, x / 10, y / 10));
			}
	assert_true(is(&canvas, MARGIN + 42, MARGIN, canvas.pixels[0])); /* the gap is ground */
	canvas_free(&canvas);
}

static void text_stands_beneath_or_beside(void **state)
{
	struct sheet_block block = {.count = 1,
								.width = 40,
								.height = 20,
								.scale = 1,
								.cell = cell,
								.lines = 2,
								.characters = 2,
								.text_scale = 1,
								.caption = caption};
	struct canvas canvas;

	(void)state;
	assert_int_equal(sheet_paint(&block, 1, &canvas, &error), 0);
	assert_int_equal(canvas.width, 2 * MARGIN + 40);
	assert_int_equal(canvas.height, 2 * MARGIN + 20 + 2 + 2 * 10);
	/* Dashes of 5 and 11 columns in the middle, in the fourth row of their lines. */
	for (int x = 0; x < 40; x++) {
		bool first = x >= 17 && x < 22, second = x >= 14 && x < 25 && x != 19;
		assert_int_equal(is(&canvas, MARGIN + x, MARGIN + 20 + 2 + 3, white), first);
		assert_int_equal(is(&canvas, MARGIN + x, MARGIN + 20 + 2 + 10 + 3, white), second);
	}
	canvas_free(&canvas);

	block.beside = true;
	assert_int_equal(sheet_paint(&block, 1, &canvas, &error), 0);
	assert_int_equal(canvas.width, 2 * MARGIN + 40 + 6 + 2 * 6);
	assert_int_equal(canvas.height, 2 * MARGIN + 20);
	assert_true(is(&canvas, MARGIN + 46, MARGIN + 3, white));
	assert_true(is(&canvas, MARGIN + 46 + 10, MARGIN + 10 + 3, white));
	canvas_free(&canvas);
}

/* Up to a screen's size, it has a screen's shape; a larger one is as wide, and higher. */
static void a_sheet_is_for_screens(void **state)
{
	(void)state;
	for (size_t count = 10; count < 2000; count += count < 200 ? 13 : 650) {
		const struct sheet_block blocks[] = {
			{.title = "a title",
			 .count = count,
			 .width = 28,
			 .height = 28,
			 .scale = 2,
			 .gap = 3,
			 .cell = cell},
			{.count = count * 2, .width = 3, .height = 5, .scale = 4, .gap = 5, .cell = cell},
		};
		struct canvas canvas;

		assert_int_equal(sheet_paint(blocks, 2, &canvas, &error), 0);
		assert_true(canvas.width <= 1920);
		if (canvas.height > 1080) {
			assert_true(canvas.width > 1800);
		} else {
			assert_true(canvas.height <= canvas.width * 5 / 8);
			assert_true(canvas.height > canvas.width * 3 / 8);
		}
		canvas_free(&canvas);
	}
}

static void blocks_stand_below_each_other(void **state)
{
	const struct sheet_block blocks[] = {
		{.title = "-", .count = 1, .width = 1, .height = 1, .scale = 20, .cell = cell},
		{.title = "wider than the tile", .width = 1, .height = 1, .scale = 9, .cell = cell},
		{.count = 1, .width = 2, .height = 1, .scale = 20, .cell = cell},
	};
	struct canvas canvas;

	(void)state;
	assert_int_equal(sheet_paint(blocks, 3, &canvas, &error), 0);
	assert_int_equal(canvas.width, 2 * MARGIN + 3 * font_width("wider than the tile"));
	int top = MARGIN + 3 * FONT_HEIGHT + 8; /* the title */
	assert_true(is_cell(&canvas, MARGIN, top, 0, 0, 0));
	top += 20 + MARGIN + 3 * FONT_HEIGHT + 8 + MARGIN;
	assert_true(is_cell(&canvas, MARGIN + 39, top + 19, 0, 1, 0));
	assert_int_equal(canvas.height, top + 20 + MARGIN);
	canvas_free(&canvas);
}

static void too_large_a_sheet_is_refused(void **state)
{
	const struct sheet_block block = {
		.count = 1000000, .width = 28, .height = 28, .scale = 3, .cell = cell};
	struct canvas canvas;

	(void)state;
	assert_int_equal(sheet_paint(&block, 1, &canvas, &error), -1);
	assert_non_null(strstr(error.text, "the most are 67108864 in all"));
	assert_int_equal(sheet_save("sheet.png", &block, 1, &error), -1);
	assert_memory_equal(error.text, "sheet.png: the sheet would", 26);
}

static void want_of_memory_is_an_error(void **state)
{
	const struct sheet_block block = {
		.count = 1, .width = 2, .height = 2, .scale = 3, .cell = cell};
	char folder[64], path[256];

	(void)state;
	if (!allocations_watched())
		skip();
	assert_non_null(scratch_open(folder));
	scratch_path(path, folder, "sheet.png");
	for (int number = 1;; number++) {
		allocations_fail_at(number);
		int status = sheet_save(path, &block, 1, &error);
		allocations_fail_at(0);
		if (status == 0)
			break;
		assert_non_null(strstr(error.text, "sheet.png: "));
		assert_true(number < 50);
	}
	scratch_close(folder);
}

/* ---- colours ---- */

static bool equal(struct colour a, struct colour b)
{
	return !memcmp(&a, &b, sizeof a);
}

static int luma(struct colour c)
{
	return 2126 * c.red + 7152 * c.green + 722 * c.blue;
}

static void colours_go_from_dark_to_light(void **state)
{
	(void)state;
	assert_true(equal(colour_ink(0), black) && equal(colour_ink(1), white));
	assert_int_equal(colour_ink(0.5).green, 128);
	assert_true(equal(colour_signed(0, true), black));
	assert_true(equal(colour_signed(-1, false), black) && equal(colour_signed(1, false), white));
	assert_int_equal(colour_signed(0, false).red, 128);
	assert_true(colour_signed(-0.5, true).blue > colour_signed(-0.5, true).red);
	assert_true(colour_signed(0.5, true).blue < colour_signed(0.5, true).red);
	for (double value = 0; value < 1; value += 0.02) {
		assert_true(luma(colour_heat(value + 0.02)) > luma(colour_heat(value)));
		assert_true(luma(colour_signed(value + 0.02, true)) > luma(colour_signed(value, true)));
		assert_true(luma(colour_signed(-value - 0.02, true)) > luma(colour_signed(-value, true)));
	}
	assert_true(equal(colour_heat(7), colour_heat(1)) && equal(colour_heat(-7), black));
	assert_true(equal(colour_heat((double)NAN), black));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_found),
		cmocka_unit_test(every_character_is_another_one),
		cmocka_unit_test(letters_lose_their_accents),
		cmocka_unit_test(other_characters_are_question_marks),
		cmocka_unit_test(what_lies_outside_is_left_out),
		cmocka_unit_test(text_is_enlarged),
		cmocka_unit_test(files_are_what_their_names_say),
		cmocka_unit_test(a_folder_that_is_not_there),
		cmocka_unit_test(tiles_stand_in_rows),
		cmocka_unit_test(text_stands_beneath_or_beside),
		cmocka_unit_test(a_sheet_is_for_screens),
		cmocka_unit_test(blocks_stand_below_each_other),
		cmocka_unit_test(too_large_a_sheet_is_refused),
		cmocka_unit_test(want_of_memory_is_an_error),
		cmocka_unit_test(colours_go_from_dark_to_light),
	};
	return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
