/* Values of a struct by their rows: read strictly, printed so that they read back. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/field.h"

enum colour { RED, GREEN, BLUE };

struct values {
	int count;
	size_t size;
	uint64_t large;
	float rate;
	double part;
	const char *text;
	enum colour colour;
	bool flag;
};

static const char *colour_name(int colour)
{
	static const char *const names[] = {"red", "green", "blue", NULL};

	return names[colour];
}

#define AT(member) offsetof(struct values, member)

enum { COUNT, SIZE, LARGE, RATE, PART, TEXT, COLOUR, FLAG };

static const struct field fields[] = {
	{"count", FIELD_INT, AT(count), "N", .standard = 3},
	{"size", FIELD_SIZE, AT(size), "N", .least = 2, .most = 9, .standard = 5},
	{"large", FIELD_UINT64, AT(large), "N", .standard = 1e10},
	{"rate", FIELD_FLOAT, AT(rate), "R", .max = 1, .above_min = true, .standard = 0.1},
	{"part", FIELD_DOUBLE, AT(part), "F", .max = 1e300, .standard = 0.25},
	{"text", FIELD_TEXT, AT(text), .argument = "WORDS"},
	{"colour", FIELD_CHOICE, AT(colour), .word = colour_name},
	{.name = "flag", FIELD_FLAG, AT(flag)},
	{.name = NULL},
};

static struct error error;

static void what_is_printed_reads_back(void **state)
{
	static const struct {
		int row;
		const char *text;
	} cases[] = {
		{COUNT, "0"},
		{COUNT, "2147483647"},
		{SIZE, "9"},
		{LARGE, "0"},
		{LARGE, "18446744073709551615"},
		{RATE, "0.1"},
		{RATE, "1e-05"},
		{PART, "0.30000000000000004"},
		{PART, "300000000"},
		{TEXT, "some text"},
		{COLOUR, "red"},
		{COLOUR, "blue"},
		{FLAG, "yes"},
		{FLAG, "no"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct values values = {.colour = GREEN, .flag = i % 2};
		char text[FIELD_TEXT_SIZE];

		assert_int_equal(field_parse(&fields[cases[i].row], cases[i].text, &values, &error), 0);
		assert_string_equal(field_print(&fields[cases[i].row], &values, text), cases[i].text);
	}
}

static void other_text_is_refused(void **state)
{
	static const struct {
		int row;
		const char *text, *message;
	} cases[] = {
		{COUNT, "2147483648", "2147483648 is not in 0 … 2147483647"},
		{COUNT, "", "\"\" is not a whole number"},
		{SIZE, "1", "1 is not in 2 … 9"},
		{LARGE, "18446744073709551616", "18446744073709551616 is not in 0 … 18446744073709551615"},
		{RATE, "0", "0 is not above 0"},
		{RATE, "x", "\"x\" is not a number"},
		{PART, "-1", "-1 is not in 0 … 1e+300"},
		{FLAG, "1", "\"1\" is neither yes nor no"},
	};
	struct values values = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(field_parse(&fields[cases[i].row], cases[i].text, &values, &error), -1);
		assert_string_equal(error.text, cases[i].message);
	}
	assert_int_equal(values.count, 0);
}

static void words_are_whole(void **state)
{
	static const char *const others[] = {"", "gree", "greens", "red|green", "ed", "red|", "RED"};
	struct values values = {.colour = GREEN};
	char text[FIELD_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_int_equal(field_parse(&fields[COLOUR], others[i], &values, &error), -1);
		assert_non_null(strstr(error.text, "\" is not one of red|green|blue"));
		assert_int_equal(values.colour, GREEN);
	}
	assert_string_equal(field_words(&fields[COLOUR], text), "red|green|blue");
	assert_int_equal(field_parse(&fields[COLOUR], "red", &values, &error), 0);
	assert_int_equal(values.colour, RED);
	assert_int_equal(field_parse(&fields[COLOUR], "blue", &values, &error), 0);
	assert_int_equal(values.colour, BLUE);
}

static void numbers_have_a_standard(void **state)
{
	struct values values = {.text = "kept", .colour = BLUE};

	(void)state;
	field_reset(fields, &values);
	assert_true(values.count == 3 && values.size == 5 && values.large == 10000000000u);
	assert_true(values.rate == 0.1f && values.part == 0.25);
	assert_true(!strcmp(values.text, "kept") && values.colour == BLUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(other_text_is_refused),
		cmocka_unit_test(words_are_whole),
		cmocka_unit_test(numbers_have_a_standard),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
