/* A network's text: split into names and arguments, with positions; arguments as numbers. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "nn/spec.h"

static void test_splits(void **state)
{
	(void)state;
	struct spec spec;
	struct error error;

	assert_int_equal(spec_parse("  conv:32,3,same\trelu   maxpool:2", &spec, &error), 0);
	assert_int_equal(spec.layer_count, 3);
	assert_string_equal(spec.layers[0].name.text, "conv");
	assert_int_equal(spec.layers[0].name.position, 3);
	assert_int_equal(spec.layers[0].argument_count, 3);
	assert_string_equal(spec.layers[0].arguments[0].text, "32");
	assert_int_equal(spec.layers[0].arguments[0].position, 8);
	assert_string_equal(spec.layers[0].arguments[1].text, "3");
	assert_int_equal(spec.layers[0].arguments[1].position, 11);
	assert_string_equal(spec.layers[0].arguments[2].text, "same");
	assert_string_equal(spec.layers[1].name.text, "relu");
	assert_int_equal(spec.layers[1].name.position, 18);
	assert_int_equal(spec.layers[1].argument_count, 0);
	assert_string_equal(spec.layers[2].name.text, "maxpool");
	assert_int_equal(spec.layers[2].arguments[0].position, 33);
}

/* Names are not looked up, arguments not understood. */
static void test_splits_anything(void **state)
{
	(void)state;
	struct spec spec;
	struct error error;

	assert_int_equal(spec_parse("x:-1,e,a.b,0x", &spec, &error), 0);
	assert_int_equal(spec.layer_count, 1);
	assert_int_equal(spec.layers[0].argument_count, SPEC_MAX_ARGUMENTS);
	assert_string_equal(spec.layers[0].arguments[1].text, "e");
}

/* Every one is refused at its position. */
static void test_refuses(void **state)
{
	(void)state;
	const struct {
		const char *text, *start;
	} cases[] = {
		{"", "position 1"},
		{" \t ", "position 1"},
		{":3", "position 1"},
		{"relu :3", "position 6"},
		{"conv:", "position 6"},
		{"conv:,3", "position 6"},
		{"conv:3,", "position 8"},
		{"conv:3,,3", "position 8"},
		{"conv::3", "position 6"},
		{"conv:3:3", "position 7"},
		{"conv ,3", "position 6"},
		{"conv:1,2,3,4,5", "position "},
		{"relu aaaaaaaaaaaaaaaa", "position 6"},
		{"relu:1234567890123456", "position 6"},
		{"conv:é", "position 6"},
		{"relu \033[31m", "position 6"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct spec spec;
		struct error error = {.text = ""};
		if (!spec_parse(cases[i].text, &spec, &error))
			fail_msg("\"%s\" was accepted", cases[i].text);
		if (strncmp(error.text, cases[i].start, strlen(cases[i].start)))
			fail_msg("\"%s\": %s", cases[i].text, error.text);
	}
}

static void test_longest(void **state)
{
	(void)state;
	struct spec spec;
	struct error error;
	char text[SPEC_MAX_LAYERS * 5 + 10] = "";

	assert_int_equal(spec_parse("aaaaaaaaaaaaaaa:123456789012345", &spec, &error), 0);
	assert_int_equal(strlen(spec.layers[0].name.text), SPEC_MAX_WORD);
	assert_int_equal(strlen(spec.layers[0].arguments[0].text), SPEC_MAX_WORD);
	for (int i = 0; i < SPEC_MAX_LAYERS; i++)
		strcat(text, "relu ");
	assert_int_equal(spec_parse(text, &spec, &error), 0);
	assert_int_equal(spec.layer_count, SPEC_MAX_LAYERS);
	strcat(text, "relu");
	assert_int_equal(spec_parse(text, &spec, &error), -1);
	assert_non_null(strstr(error.text, "64"));
}

/* Argument 0 of the only layer of "name:argument". */
static int integer(const char *argument, int min, int max, int *value, struct error *error)
{
	char text[64];
	struct spec spec;

	snprintf(text, sizeof text, " name:%s", argument);
	assert_int_equal(spec_parse(text, &spec, error), 0);
	return spec_integer(&spec.layers[0], 0, "number of things", min, max, value, error);
}

static void test_integer(void **state)
{
	(void)state;
	struct error error;
	int value = 0;

	assert_int_equal(integer("7", 1, 10, &value, &error), 0);
	assert_int_equal(value, 7);
	assert_int_equal(integer("1", 1, 10, &value, &error), 0);
	assert_int_equal(integer("10", 1, 10, &value, &error), 0);
	assert_int_equal(value, 10);
	assert_int_equal(integer("007", 1, 10, &value, &error), 0);
	assert_int_equal(value, 7);
}

/* The message names the place, the layer, the argument, what was found and the limits. */
static void test_integer_refuses(void **state)
{
	(void)state;
	const char *const words[] = {
		"0", "11", "-1", "+1", "1.5", "1e1", "0x5", "5x", "x", "4294967297", "99999999999999",
		"-", "\""};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct error error = {.text = ""};
		int value = 77;
		if (!integer(words[i], 1, 10, &value, &error))
			fail_msg("%s was accepted as %d", words[i], value);
		assert_non_null(strstr(error.text, "position 7, name: "));
		assert_non_null(strstr(error.text, "number of things"));
		assert_non_null(strstr(error.text, words[i]));
	}
}

static void test_integer_is_missing(void **state)
{
	(void)state;
	struct error error;
	struct spec spec;
	int value;

	assert_int_equal(spec_parse("  name:1", &spec, &error), 0);
	assert_int_equal(spec_integer(&spec.layers[0], 1, "size", 1, 10, &value, &error), -1);
	assert_non_null(strstr(error.text, "position 3, name: "));
	assert_non_null(strstr(error.text, "size is missing"));
}

static void test_real(void **state)
{
	(void)state;
	const struct {
		const char *text;
		bool fine;
		double value;
	} cases[] = {
		{"0", true, 0},         {"0.5", true, 0.5},  {"0.25", true, 0.25}, {".5", true, 0.5},
		{"0.999", true, 0.999}, {"1", false, 0},     {"1.0", false, 0},    {"-0.1", false, 0},
		{"2", false, 0},        {"nan", false, 0},   {"inf", false, 0},    {"0.5x", false, 0},
		{"half", false, 0},     {"1e999", false, 0}, {"0..5", false, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		struct spec spec;
		struct error error = {.text = ""};
		double value = 77;
		snprintf(text, sizeof text, "name:%s", cases[i].text);
		assert_int_equal(spec_parse(text, &spec, &error), 0);
		int status = spec_real(&spec.layers[0], 0, "rate", 0, 1, &value, &error);
		if (status != (cases[i].fine ? 0 : -1))
			fail_msg("%s: %d %s", cases[i].text, status, error.text);
		if (cases[i].fine && value != cases[i].value)
			fail_msg("%s is read as %.17g", cases[i].text, value);
		if (!cases[i].fine) {
			assert_non_null(strstr(error.text, "position 6, name: "));
			assert_non_null(strstr(error.text, "rate"));
			assert_non_null(strstr(error.text, cases[i].text));
		}
	}
}

static void test_error(void **state)
{
	(void)state;
	struct spec spec;
	struct error error;

	assert_int_equal(spec_parse("relu conv:3,4", &spec, &error), 0);
	assert_int_equal(spec_error(&spec.layers[1], &error, "%d is %s", 4, "odd"), -1);
	assert_string_equal(error.text, "position 6, conv: 4 is odd");
	assert_int_equal(spec_at_most(&spec.layers[1], 2, &error), 0);
	assert_int_equal(spec_at_most(&spec.layers[1], 1, &error), -1);
	assert_non_null(strstr(error.text, "position 13, conv: "));
}

static void classes_are_settled(void **state)
{
	struct spec spec;
	struct error error;
	char text[SPEC_LAYER_TEXT];

	(void)state;
	assert_int_equal(spec_parse("flatten dense:classes softmax", &spec, &error), 0);
	spec_settle_classes(&spec, 1000);
	spec_layer_text(&spec.layers[1], text);
	assert_string_equal(text, "dense:1000");
	assert_true(spec_is_same("dense:classes  softmax", "dense:7 softmax", 7));
	assert_false(spec_is_same("dense:classes softmax", "dense:7 softmax", 8));
	assert_false(spec_is_same("dense:classless softmax", "dense:7 softmax", 7));
	assert_false(spec_is_same("relu", "relu softmax", 7));
	assert_false(spec_is_same("relu softmax", "relu", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_settled),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_splits_anything),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_integer),
		cmocka_unit_test(test_integer_refuses),
		cmocka_unit_test(test_integer_is_missing),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
