/* Pictures and bars in characters. */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "draw/blocks.h"
#include "terminal.h"

enum { SIDE = 28, LINES = SIDE / 2, COUNT = 10 };

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
	pixels[y * SIDE + x] = grey;
}

static void draw(FILE *file, enum blocks_style style, const uint8_t *pixels)
{
	const struct blocks_picture picture = {.pixels = pixels, .width = SIDE, .height = SIDE};

	blocks_draw(file, style, &picture);
}

static void darker_ink_gets_a_heavier_character(void **state)
{
	static const char ramp[] = " .:-=+*#%@";
	uint8_t pixels[SIDE * SIDE] = {0};
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
	draw(file, BLOCKS_ASCII, pixels);
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
	uint8_t pixels[SIDE * SIDE] = {0};
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
	draw(file, BLOCKS_ASCII, pixels);
	assert_string_equal(read_back(file, text, sizeof text), expected);
}

static void as_many_side_by_side_as_fit(void **state)
{
	static uint8_t pixels[SIDE * SIDE];
	const struct blocks_picture pictures[3] = {{pixels, SIDE, SIDE, "7  #12"},
											   {pixels, SIDE, SIDE, "0  #59999"},
											   {pixels, SIDE, SIDE, "3  epoch 41"}};
	char text[4000], expected[4000] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	set(pixels, 2, 1, 255);
	set(pixels, 3, 1, 255);
	strcat(expected, "\n @                             @\n");
	for (int line = 2; line < LINES; line++)
		strcat(expected, "\n");
	strcat(expected, "7  #12                        0  #59999\n\n\n @\n");
	for (int line = 2; line < LINES; line++)
		strcat(expected, "\n");
	strcat(expected, "3  epoch 41\n");
	blocks_draw_all(file, BLOCKS_ASCII, pictures, 3, 58); /* 28 + 2 + 28 */
	assert_string_equal(read_back(file, text, sizeof text), expected);
}

static void one_column_short_is_one_digit_fewer(void **state)
{
	static const uint8_t pixels[SIDE * SIDE];
	const struct blocks_picture pictures[2] = {{pixels, SIDE, SIDE, "1  #1"},
											   {pixels, SIDE, SIDE, "2  #2"}};
	char text[4000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	blocks_draw_all(file, BLOCKS_ASCII, pictures, 2, 57);
	read_back(file, text, sizeof text);
	assert_non_null(strstr(text, "1  #1\n"));
	assert_non_null(strstr(text, "2  #2\n"));
}

static void half_blocks_are_the_nearest(void **state)
{
	static const struct {
		uint8_t upper, lower;
		const char *block;
	} cases[] = {{255, 0, "▀"}, {0, 255, "▄"},  {255, 255, "█"}, {190, 190, "▓"}, {120, 130, "▒"},
				 {60, 60, "░"}, {200, 20, "▀"}, {20, 20, " "},   {255, 250, "█"}};
	uint8_t pixels[SIDE * SIDE] = {0};
	char text[4000], expected[100] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++) {
		set(pixels, 0, i, cases[i].upper);
		set(pixels, 1, i, cases[i].lower);
		strcat(expected, cases[i].block);
	}
	strcat(expected, "\n\n");
	draw(file, BLOCKS_HALF, pixels);
	read_back(file, text, sizeof text);
	assert_memory_equal(text, expected, strlen(expected));
}

/* Above white on black, then the same; at the end black. A colour is named when it changes. */
static void colours_are_named_when_they_change(void **state)
{
	uint8_t pixels[SIDE * SIDE] = {0};
	char text[8000];
	char expected[200] = "\033[38;5;231;48;5;16m▀▀\033[38;5;244;48;5;232m▀\033[38;5;16;48;5;16m";
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	set(pixels, 0, 0, 255);
	set(pixels, 0, 1, 255);
	set(pixels, 0, 2, 128);
	set(pixels, 1, 2, 1);
	for (int x = 3; x < 28; x++)
		strcat(expected, "▀");
	strcat(expected, "\033[0m\n");
	draw(file, BLOCKS_COLOUR, pixels);
	read_back(file, text, sizeof text);
	assert_memory_equal(text, expected, strlen(expected));
}

/* A picture takes 28 columns, however many bytes that are. */
static void fields_are_counted_in_columns(void **state)
{
	static uint8_t pixels[SIDE * SIDE];
	const struct blocks_picture pictures[2] = {{pixels, SIDE, SIDE, "7  #12"},
											   {pixels, SIDE, SIDE, "0  #3"}};
	char text[20000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	memset(pixels, 255, sizeof pixels);
	blocks_draw_all(file, BLOCKS_HALF, pictures, 2, 80);
	read_back(file, text, sizeof text);
	assert_memory_equal(text + 28 * strlen("█"), "  █", strlen("  █"));
	assert_non_null(strstr(text, "\n7  #12                        0  #3\n"));
	file = tmpfile();
	assert_non_null(file);
	blocks_draw_all(file, BLOCKS_COLOUR, pictures, 2, 80);
	read_back(file, text, sizeof text);
	assert_non_null(strstr(text, "▀\033[0m  \033[38;5;231;48;5;231m▀"));
	assert_non_null(strstr(text, "\n7  #12                        0  #3\n"));
}

static void make_bars(const double parts[COUNT], struct blocks_bar bars[COUNT])
{
	static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

	for (int i = 0; i < COUNT; i++)
		bars[i] = (struct blocks_bar){names[i], parts[i]};
}

static void bars_are_as_long_as_probable(void **state)
{
	struct blocks_bar bars[COUNT];
	char text[2000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	make_bars((const double[COUNT]){0.5, 0.25, 0.125, 0.0625, [9] = 0.0625}, bars);
	blocks_bars(file, BLOCKS_ASCII, bars, COUNT, 80); /* of 40 columns */
	read_back(file, text, sizeof text);
	assert_non_null(strstr(text, "0   50.00%  ####################\n1   25.00%  ##########\n"));
	assert_non_null(strstr(text, "3    6.25%  ###\n4    0.00%\n5    0.00%\n")); /* 2.5, rounded */
	file = tmpfile();
	assert_non_null(file);
	blocks_bars(file, BLOCKS_HALF, bars, COUNT, 33); /* 12 left, and one stays free: of 20 */
	read_back(file, text, sizeof text);
	assert_non_null(strstr(text, "0   50.00%  ██████████\n1   25.00%  █████\n2   12.50%  ██▌\n"));
	assert_non_null(strstr(text, "3    6.25%  █▎\n4    0.00%\n"));
	for (int width = 1; width < 14; width++) {
		file = tmpfile();
		assert_non_null(file);
		blocks_bars(file, BLOCKS_HALF, bars, COUNT, width);
		read_back(file, text, sizeof text);
		assert_memory_equal(text, "0   50.00%", 10);
	}
}

/* The bars stand in the middle of the picture's 14 lines, two columns to its right. */
static void bars_stand_beside(void **state)
{
	struct blocks_bar bars[COUNT];
	uint8_t pixels[SIDE * SIDE] = {0};
	const struct blocks_picture picture = {.pixels = pixels, .width = SIDE, .height = SIDE};
	char text[4000];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	pixels[4 * SIDE + 3] = pixels[5 * SIDE + 3] = 255;
	make_bars((const double[COUNT]){0.5, [9] = 0.5}, bars);
	blocks_draw_with_bars(file, BLOCKS_ASCII, &picture, bars, COUNT, 63);
	read_back(file, text, sizeof text);
	assert_memory_equal(text, "\n\n   @                          0   50.00%  ##########\n", 55);
	assert_non_null(strstr(text, "\n                              9   50.00%  ##########\n\n\n"));
}

/* More bars than the picture has lines go on below it; names are brought to one width. */
static void bars_may_be_more_than_lines(void **state)
{
	const uint8_t pixels[2] = {255, 255};
	const struct blocks_bar bars[] = {{"owl", 1}, {"é", 0}, {"ox", 0}};
	char text[200];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	blocks_draw_with_bars(file, BLOCKS_ASCII, &(struct blocks_picture){pixels, 1, 2, ""}, bars, 3,
						  30);
	read_back(file, text, sizeof text);
	assert_string_equal(text, "@  owl  100.00%  ############\n   é      0.00%\n   ox     0.00%\n");
}

/* The last line of an odd height has nothing below. */
static void sizes_are_the_callers(void **state)
{
	const uint8_t pixels[3 * 2] = {255, 0, 0, 0, 255, 255};
	const struct blocks_picture pictures[2] = {{pixels, 2, 3, "a"}, {pixels, 2, 3, "wide"}};
	char text[200];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(blocks_fit(2, 6), 2);
	assert_int_equal(blocks_fit(2, 5), 1);
	blocks_draw_all(file, BLOCKS_HALF, pictures, 2, 10); /* as wide as the captions */
	assert_string_equal(read_back(file, text, sizeof text), "▀     ▀\n▀▀    ▀▀\na     wide\n");
}

/* A file gets ASCII, whatever the locale. */
static void a_file_gets_ascii(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	assert_int_equal(blocks_style(file, false), BLOCKS_ASCII);
	fclose(file);
}

static void a_terminal_gets_what_it_can_show(void **state)
{
	FILE *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	if (user < 0)
		skip();
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_int_equal(blocks_style(terminal, false), BLOCKS_COLOUR);
	assert_int_equal(blocks_style(terminal, true), BLOCKS_HALF);
	setenv("NO_COLOR", "1", 1);
	assert_int_equal(blocks_style(terminal, false), BLOCKS_HALF);
	unsetenv("NO_COLOR");
	setenv("LC_ALL", "C", 1);
	assert_int_equal(blocks_style(terminal, false), BLOCKS_ASCII);
	fclose(terminal);
	close(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(darker_ink_gets_a_heavier_character),
		cmocka_unit_test(two_rows_make_a_line_and_blanks_are_trimmed),
		cmocka_unit_test(as_many_side_by_side_as_fit),
		cmocka_unit_test(one_column_short_is_one_digit_fewer),
		cmocka_unit_test(half_blocks_are_the_nearest),
		cmocka_unit_test(sizes_are_the_callers),
		cmocka_unit_test(colours_are_named_when_they_change),
		cmocka_unit_test(fields_are_counted_in_columns),
		cmocka_unit_test(bars_are_as_long_as_probable),
		cmocka_unit_test(bars_stand_beside),
		cmocka_unit_test(bars_may_be_more_than_lines),
		cmocka_unit_test(a_file_gets_ascii),
		cmocka_unit_test(a_terminal_gets_what_it_can_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
