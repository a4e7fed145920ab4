/* Columns of UTF-8, control characters, names of files, and lines that are broken at blanks. */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "base/text.h"
#include "terminal.h"

static void characters_are_counted(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("26×26"), 5);
	assert_int_equal(text_columns("Übung … 😀"), 9);
	assert_false(text_continues('a'));
	assert_false(text_continues('\xc3'));
	assert_true(text_continues('\x97'));
}

static void controls_are_disarmed(void **state)
{
	static const struct {
		const char *text, *harmless;
	} cases[] = {
		{"", ""},
		{"Übung …", "Übung …"},
		{"a\nb\x1b[1m\x7f", "a?b?[1m?"},
		{"\xc2\x9b"
		 "31m",
		 "??31m"},
		{"ends in \xc2", "ends in \xc2"},
		{"\x9b"
		 "31m",
		 "?31m"},
		{"txt.\u202egnp.7", "txt.???gnp.7"},
		{"\u061c \u200e\u200f \u2028\u202a \u2066\u2069", "?? ?????? ?????? ??????"},
		{"\u061b \u200d\u2010 \u2027\u202f \u2065\u206a",
		 "\u061b \u200d\u2010 \u2027\u202f \u2065\u206a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[40];

		strcpy(text, cases[i].text);
		text_disarm(text);
		assert_string_equal(text, cases[i].harmless);
	}
	assert_true(text_is_control(0x9b));
	assert_false(text_is_control(0xa0));
	assert_true(text_is_control('\t'));
	assert_false(text_is_control(0x1202e));
}

static void names_are_escaped(void **state)
{
	static const struct {
		const char *name, *in_file, *on_terminal;
	} cases[] = {
		{"samples/7.pgm", "samples/7.pgm", "samples/7.pgm"},
		{"a\nb\\c\rd", "a\\nb\\\\c\\rd", "a\\nb\\\\c\\rd"},
		{"\033[31mred\x7f", "\033[31mred\x7f", "?[31mred?"},
		{"\xc2\x9b"
		 "31m",
		 "\xc2\x9b"
		 "31m",
		 "?31m"},
		{"\x9b"
		 "31m",
		 "\x9b"
		 "31m",
		 "?31m"},
		{"txt.\u202egnp.7", "txt.\u202egnp.7", "txt.?gnp.7"},
		{"Übung …", "Übung …", "Übung …"},
		{"ends in \xc2", "ends in \xc2", "ends in \xc2"},
	};
	FILE *file = tmpfile(), *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	assert_non_null(file);
	if (user < 0)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[100] = "";

		rewind(file);
		text_print_name(file, cases[i].name);
		fputc('\0', file);
		rewind(file);
		assert_true(fread(text, 1, sizeof text, file) > 0);
		assert_string_equal(text, cases[i].in_file);
		text_print_name(terminal, cases[i].name);
		assert_arrives(user, terminal, cases[i].on_terminal);
	}
	fclose(file);
	fclose(terminal);
	close(user);
}

static void assert_printed(FILE *file, const char *expected)
{
	char text[200] = "";

	rewind(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	assert_string_equal(text, expected);
	fclose(file);
}

static void characters_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		unsigned code;
	} cases[] = {{"a", 1, 'a'},
				 {"×", 2, 0xd7},
				 {"→7", 3, 0x2192},
				 {"🙂", 4, 0x1f642},
				 {"\xe2\x86", 0, 0xe2},
				 {"\xc0\xaf", 0, 0xc0},
				 {"\xed\xa0\x80", 0, 0xed},
				 {"\x80", 0, 0x80},
				 {"\xe4rger", 0, 0xe4},
				 {"\xc3(", 0, 0xc3}};
	unsigned code;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const uint8_t *text = (const uint8_t *)cases[i].text;
		assert_int_equal(text_character(text, strlen(cases[i].text), &code), cases[i].length);
		assert_int_equal(code, cases[i].code);
	}
	assert_int_equal(text_fit("26×26", 3), 4);
	assert_int_equal(text_fit("26×26", 2), 2);
	assert_int_equal(text_fit("26×26", 9), 6);
	assert_int_equal(text_fit("", 9), 0);
	assert_int_equal(text_fit("a", 0), 0);
}

static void words_are_wrapped(void **state)
{
	struct wrapper wrapper = {.out = tmpfile(), .indent = 2, .width = 10, .line_joiner = ""};

	(void)state;
	assert_non_null(wrapper.out);
	wrapper_paragraph(&wrapper, "one two three, and 3×3×3 4 uninterrupted");
	wrapper_paragraph(&wrapper, "next");
	assert_printed(wrapper.out, "  one two\n  three,\n  and\n  3×3×3 4\n  uninterrupted\n  next\n");
}

/* A heading stands in front of the first line; a joiner has to fit, too. */
static void pieces_are_not_cut(void **state)
{
	struct wrapper wrapper = {
		.out = tmpfile(), .indent = 6, .width = 16, .line_joiner = " \\", .column = 3};

	(void)state;
	assert_non_null(wrapper.out);
	fputs("run", wrapper.out);
	wrapper_piece(&wrapper, "-a 'b c'");
	wrapper_piece(&wrapper, "-d e");
	wrapper_piece(&wrapper, "-f");
	wrapper_piece(&wrapper, "-g");
	assert_printed(wrapper.out, "run   -a 'b c' \\\n      -d e -f \\\n      -g");
}

/* Each in front of the next. */
static void numbers_are_sorted_by_value(void **state)
{
	/* clang-format off */
	static const char *const sorted[] = {
		"", "0", "01", "1", "1a", "2", "9", "10", "A", "B02", "B2", "B10", "Ba", "a", "a1", "a1b",
		"a2", "b", "b1.9", "b1.10", "b99999999999999999998", "b99999999999999999999", "\xc3\xa4",
	};
	/* clang-format on */
	const int count = sizeof sorted / sizeof *sorted;

	(void)state;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++) {
			const int order = text_compare(sorted[i], sorted[j]);
			if ((order > 0) - (order < 0) != (i > j) - (i < j))
				fail_msg("%s and %s: %d", sorted[i], sorted[j], order);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_counted),    cmocka_unit_test(controls_are_disarmed),
		cmocka_unit_test(names_are_escaped),         cmocka_unit_test(words_are_wrapped),
		cmocka_unit_test(pieces_are_not_cut),        cmocka_unit_test(numbers_are_sorted_by_value),
		cmocka_unit_test(characters_are_told_apart),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
