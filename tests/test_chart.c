/* The learning curves in characters. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "draw/chart.h"

static char text[CHART_TEXT];

/* Line `index` without its end. */
static const char *line(int index)
{
	static char copy[1000];
	const char *begin = text;

	for (; index > 0; index--)
		begin = strchr(begin, '\n') + 1;
	size_t length = strcspn(begin, "\n");
	memcpy(copy, begin, length);
	copy[length] = '\0';
	return copy;
}

/* Columns on the terminal: characters of UTF-8, without what sets colours. */
static int columns_of(const char *line_text)
{
	int columns = 0;

	for (const char *c = line_text; *c; c++) {
		if (*c == '\033')
			c = strchr(c, 'm');
		else
			columns += (*c & 0xc0) != 0x80;
	}
	return columns;
}

/* Training falls in a straight line from 1 to 0.5 and gets from 0 to 0.5; four epochs. */
static struct chart straight(void)
{
	struct chart chart = {.epochs = 4};

	for (int i = 0; i < CHART_SLOTS; i++) {
		double part = (i + 1.0) / CHART_SLOTS;
		chart_add(chart.training, part, 1 - part / 2, part / 2, 64);
	}
	for (int epoch = 1; epoch <= 4; epoch++)
		chart_add(chart.validation, epoch / 4.0, 0.25, 0.75, 1);
	return chart;
}

static void slots_have_means(void **state)
{
	struct chart chart = {.epochs = 1};

	(void)state;
	chart_add(chart.training, 1e-9, 3, 0.5, 1);
	chart_add(chart.training, 1.0 / CHART_SLOTS, 1, 1, 3);
	chart_add(chart.training, 1.0 / CHART_SLOTS + 1e-9, 7, 0.1, 2);
	chart_add(chart.training, 1, 8, 0.2, 2);
	chart_add(chart.training, 1.5, 4, 0.4, 2); /* beyond the end: with the last */
	chart_add(chart.training, 0.5, 9, 0.9, 0); /* nothing */
	assert_true(chart.training[0].loss == 1.5 && chart.training[0].accuracy == 0.875);
	assert_true(chart.training[0].weight == 4);
	assert_true(chart.training[1].loss == 7);
	assert_true(chart.training[CHART_SLOTS - 1].loss == 6);
	assert_true(chart.training[CHART_SLOTS / 2 - 1].weight == 0);
}

static void lines_are_as_they_should_be(void **state)
{
	const struct chart chart = straight();

	(void)state;
	/* (60 - 1 - 2) / 2 = 28 columns for a panel, of which labels and axis take 8. The worst
	 * fifth of the training is cut off: accuracy below 0.1, loss above 0.9. */
	assert_int_equal(chart_draw(&chart, 60, BLOCKS_ASCII, text), CHART_LINES);
	assert_string_equal(line(0), "accuracy                      loss");
	assert_memory_equal(line(1), "  0.80 |", 8);
	assert_memory_equal(line(4), "  0.40 |", 8);
	assert_memory_equal(line(7), "  0.00 |", 8);
	assert_memory_equal(line(8), "       +--------------------  ", 30);
	assert_memory_equal(line(9), "       0            4 epochs  ", 30);
	assert_string_equal(line(9) + 30, "       0            4 epochs");
	assert_memory_equal(line(1) + 30, "  1.00 |", 8);
	assert_memory_equal(line(4) + 30, "  0.50 |", 8);
	assert_memory_equal(line(7) + 30, "  0.00 |", 8);
	/* Validation is at 0.25 of 1, after each quarter of the 20 columns. */
	int marked = 0;
	for (int row = 1; row <= 7; row++) {
		const char *plot = line(row) + 38;
		for (int mark = 0; strlen(line(row)) > 38 && mark < 4; mark++)
			if ((int)strlen(plot) > 4 + 5 * mark && plot[4 + 5 * mark] == 'o')
				marked += row;
	}
	assert_int_equal(marked, 4 * 6); /* (1 - 0.25) × 6 rows below the top: 4.5, rounded */
}

static void nothing_is_wider_than_the_terminal(void **state)
{
	static const enum blocks_style styles[] = {BLOCKS_ASCII, BLOCKS_HALF, BLOCKS_COLOUR};
	const struct chart chart = straight();

	(void)state;
	for (int width = 1; width < 300; width++)
		for (size_t style = 0; style < 3; style++) {
			int lines = chart_draw(&chart, width, styles[style], text), widest = 0;

			assert_int_equal(lines, width < CHART_LEAST_WIDTH ? 0 : CHART_LINES);
			for (int i = 0; i < lines; i++)
				widest = columns_of(line(i)) > widest ? columns_of(line(i)) : widest;
			assert_true(widest < width);
			assert_true(lines == 0 || widest >= (width < 130 ? width - 3 : 126));
		}
}

static void each_style_has_its_characters(void **state)
{
	const struct chart chart = straight();

	(void)state;
	chart_draw(&chart, 80, BLOCKS_ASCII, text);
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_non_null(strstr(text, ". training  o validation"));
	chart_draw(&chart, 80, BLOCKS_HALF, text);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "└──"));
	assert_non_null(strstr(text, "●"));
	assert_non_null(strstr(text, "⠒ training  ● validation"));
	chart_draw(&chart, 80, BLOCKS_COLOUR, text);
	assert_non_null(
		strstr(text, "\033[38;5;39m⠒ training\033[0m  \033[38;5;208m● validation\033[0m"));
	for (int i = 0; i < CHART_LINES; i++) { /* no line ends in a colour */
		const char *last = strrchr(line(i), '\033');
		assert_true(!last || !strncmp(last, "\033[0m", 4));
	}
}

static void validation_has_marks_whatever_the_colours(void **state)
{
	struct chart chart = {.epochs = 100};

	(void)state;
	for (int epoch = 1; epoch <= 100; epoch++) {
		chart_add(chart.training, epoch / 100.0, 1, 0.5, 1);
		chart_add(chart.validation, epoch / 100.0, 2, 0.4, 1);
	}
	for (int style = 0; style <= BLOCKS_COLOUR; style++) {
		int marks = 0;

		chart_draw(&chart, 120, (enum blocks_style)style, text);
		for (const char *c = text; *c; c++)
			marks += style == BLOCKS_ASCII ? *c == 'o' : !strncmp(c, "●", strlen("●"));
		assert_true(marks > 2 * 8);
		if (style == BLOCKS_COLOUR)
			assert_true(marks <= 2 * 12 + 1); /* and one in the legend */
	}
}

static void the_last_value_is_on_the_chart(void **state)
{
	struct chart chart = {.epochs = 100};

	(void)state;
	/* A validation loss that falls to 0.1 and then bursts: 8, though that is its worst. */
	for (int epoch = 1; epoch <= 100; epoch++)
		chart_add(chart.validation, epoch / 100.0, epoch < 100 ? 0.1 : 8, 0.9, 1);
	chart_draw(&chart, 80, BLOCKS_ASCII, text);
	assert_non_null(strstr(line(1), "   8.0 |"));
	/* One that begins at 8 and stays at 0.1 is drawn for the 0.1. */
	memset(chart.validation, 0, sizeof chart.validation);
	for (int epoch = 1; epoch <= 100; epoch++)
		chart_add(chart.validation, epoch / 100.0, epoch > 10 ? 0.1 : 8, 0.9, 1);
	chart_draw(&chart, 80, BLOCKS_ASCII, text);
	assert_non_null(strstr(line(1), " 0.100 |"));
}

static void nothing_measured_is_no_chart(void **state)
{
	struct chart chart = {.epochs = 3};

	(void)state;
	assert_int_equal(chart_draw(&chart, 80, BLOCKS_COLOUR, text), 0);
	assert_string_equal(text, "");
	chart_add(chart.training, 0.001, 0, 1, 1); /* one value, at the edge of both axes */
	assert_int_equal(chart_draw(&chart, 80, BLOCKS_ASCII, text), CHART_LINES);
	assert_non_null(strstr(line(1), "1.0000 |."));
	assert_non_null(strstr(line(7), "0.0000 |."));
}

static void an_early_end_is_the_end(void **state)
{
	struct chart chart = {.epochs = 10};

	(void)state;
	for (int i = 0; i < CHART_SLOTS / 4; i++)
		chart_add(chart.training, (i + 1.0) / CHART_SLOTS, i, 0.5, 2);
	chart_end(&chart, 0.25);
	assert_true(chart.epochs == 2.5);
	for (int i = 0; i < CHART_SLOTS / 4; i++) {
		assert_true(chart.training[4 * i + 3].loss == i && chart.training[4 * i + 3].weight == 2);
		assert_true(chart.training[4 * i + 2].weight == 0);
	}
	chart_draw(&chart, 80, BLOCKS_ASCII, text);
	assert_non_null(strstr(line(9), " 2.5 epochs"));
	chart_end(&chart, 1);
	chart_end(&chart, 0);
	assert_true(chart.epochs == 2.5 && chart.training[3].weight == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_have_means),
		cmocka_unit_test(lines_are_as_they_should_be),
		cmocka_unit_test(nothing_is_wider_than_the_terminal),
		cmocka_unit_test(each_style_has_its_characters),
		cmocka_unit_test(validation_has_marks_whatever_the_colours),
		cmocka_unit_test(the_last_value_is_on_the_chart),
		cmocka_unit_test(nothing_measured_is_no_chart),
		cmocka_unit_test(an_early_end_is_the_end),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
