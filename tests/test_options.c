/* Options from a table: values, limits, order, hints, help. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/augment.h"
#include "cli/options.h"

struct values {
	int count;
	size_t limit;
	uint64_t seed;
	float rate;
	double part;
	bool given[8]; /* of the first five */
	bool quiet;
	struct places {
		const char *file;
		enum { TEST, TRAIN, VAL } split;
		bool json;
		struct augment augment;
	} places;
};

#define AT(field) offsetof(struct values, field)
#define PLACE(field) offsetof(struct places, field)

static const char *split_word(int split)
{
	static const char *const words[] = {"test", "train", "val", NULL};

	return words[split];
}

static const struct field number_fields[] = {
	{"count", FIELD_INT, AT(count), "N", .least = 1, .most = 100,
	 .help = "how many there are, explained in so many words that they fill a second "
			 "line and more"},
	{"limit", FIELD_SIZE, AT(limit), "N", .most = 50, .optional = true, .help = "no more"},
	{"seed", FIELD_UINT64, AT(seed), "N", .help = "chance"},
	{"rate", FIELD_FLOAT, AT(rate), "R", .max = 1, .above_min = true, .below_max = true,
	 .help = "speed"},
	{"part", FIELD_DOUBLE, AT(part), "F", .max = 1, .help = "share"},
	{.name = NULL},
};

enum { RATE = 3 }; /* its row */

static const struct field place_fields[] = {
	{"file", FIELD_TEXT, PLACE(file), "FILE", .help = "where"},
	{"split", FIELD_CHOICE, PLACE(split), .word = split_word, .help = "which"},
	{"augment", FIELD_OTHER, PLACE(augment), "LIST", .codec = &augment_codec, .help = "changes"},
	{"for_machines", FIELD_FLAG, PLACE(json), .help = "in JSON"},
	{.name = NULL},
};

static const struct field common[] = {
	{"quiet", FIELD_FLAG, AT(quiet), .help = "hush"},
	{.name = NULL},
};

static const char *explain(const struct field *field, char text[OPTION_HELP])
{
	snprintf(text, OPTION_HELP, "%s%s", field->help, field->type == FIELD_FLAG ? " or such" : "");
	return text;
}

static const struct option_section table[] = {
	{.fields = number_fields, .given = AT(given)},
	{.fields = place_fields, .offset = AT(places), .title = "Places", .help = explain},
	{.fields = common},
	{.fields = NULL},
};

struct outcome {
	struct values values;
	struct error error;
	char *operands[16];
	int status, operand_count;
	bool help;
};

/* Parse the NULL-ended words. */
static struct outcome parse(const char *const *words)
{
	struct outcome o = {
		.values = {.count = 3, .rate = 0.001f, .places = {.file = "out", .split = TRAIN}}};
	int count = 0;

	for (; words[count]; count++)
		o.operands[count] = (char *)words[count]; /* only moved about */
	o.status =
		options_parse(table, count, o.operands, &o.values, &o.operand_count, &o.help, &o.error);
	return o;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(struct outcome o, const char *message)
{
	assert_int_equal(o.status, -1);
	assert_string_equal(o.error.text, message);
}

static void every_type_in_both_forms(void **state)
{
	struct outcome o =
		PARSE("--count", "7", "--limit=50", "--seed", "18446744073709551615", "--rate=1e-2",
			  "--part", ".5", "--file=a=b", "--split", "val", "--for-machines", "-q");

	(void)state;
	assert_int_equal(o.status, 0);
	assert_int_equal(o.values.count, 7);
	assert_int_equal(o.values.limit, 50);
	assert_true(o.values.seed == UINT64_MAX);
	assert_true(o.values.rate == 0.01f);
	assert_true(o.values.part == 0.5);
	assert_string_equal(o.values.places.file, "a=b");
	assert_int_equal(o.values.places.split, 2);
	assert_true(o.values.places.json && o.values.quiet && !o.help);
	assert_int_equal(o.operand_count, 0);
}

static void operands_keep_their_order(void **state)
{
	struct outcome o =
		PARSE("one", "--count", "1", "-", "--for-machines", "two", "--", "--for-machines", "-q");
	const char *const expected[] = {"one", "-", "two", "--for-machines", "-q"};

	(void)state;
	assert_int_equal(o.status, 0);
	assert_int_equal(o.operand_count, 5);
	for (int i = 0; i < 5; i++)
		assert_string_equal(o.operands[i], expected[i]);
	assert_false(o.values.quiet);
}

static void last_one_wins(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--count=1", "--count", "9").values.count, 9);
}

/* Even where it is what it would have been. */
static void it_is_known_what_was_given(void **state)
{
	(void)state;
	const struct values part = PARSE("--part", "0.5").values,
						rate = PARSE("--rate", "0.001").values;

	assert_false(part.given[RATE]);
	assert_true(rate.given[RATE]);
	assert_false(rate.given[RATE + 1]);
	assert_false(options_given(table, &part, "rate"));
	assert_true(options_given(table, &rate, "rate"));
	assert_false(options_given(table, &rate, "part"));
}

static void values_may_look_odd(void **state)
{
	(void)state;
	assert_string_equal(PARSE("--file", "-").values.places.file, "-");
	assert_string_equal(PARSE("--file", "-q").values.places.file, "-q");
	assert_string_equal(PARSE("--file=--for-machines").values.places.file, "--for-machines");
	assert_int_equal(PARSE("--count", "+007").values.count, 7);
	assert_true(PARSE("--part=-0").values.part == 0 && !signbit(PARSE("--part=-0").values.part));
}

static void numbers_are_strict(void **state)
{
	(void)state;
	assert_refused(PARSE("--count", "abc"), "--count: \"abc\" is not a whole number");
	assert_refused(PARSE("--count", "3.0"), "--count: \"3.0\" is not a whole number");
	assert_refused(PARSE("--count", " 3"), "--count: \" 3\" is not a whole number");
	assert_refused(PARSE("--count", "-"), "--count: \"-\" is not a whole number");
	assert_refused(PARSE("--count", "0x3"), "--count: \"0x3\" is not a whole number");
	assert_refused(PARSE("--count", "0"), "--count: 0 is not in 1 … 100");
	assert_refused(PARSE("--count", "-5"), "--count: -5 is not in 1 … 100");
	assert_refused(PARSE("--count=101"), "--count: 101 is not in 1 … 100");
	assert_refused(PARSE("--count=4294967297"), "--count: 4294967297 is not in 1 … 100");
	assert_refused(PARSE("--seed", "18446744073709551616"),
				   "--seed: 18446744073709551616 is not in 0 … 18446744073709551615");
	assert_refused(PARSE("--seed", "-1"), "--seed: -1 is not in 0 … 18446744073709551615");
	assert_refused(PARSE("--part", "1,5"), "--part: \"1,5\" is not a number");
	assert_refused(PARSE("--part", "nan"), "--part: \"nan\" is not a number");
	assert_refused(PARSE("--part", "0x.8"), "--part: \"0x.8\" is not a number");
	assert_refused(PARSE("--part", "."), "--part: \".\" is not a number");
	assert_refused(PARSE("--part", "1e"), "--part: \"1e\" is not a number");
	assert_refused(PARSE("--part", "1.5"), "--part: 1.5 is not in 0 … 1");
	assert_refused(PARSE("--part", "1e999"), "--part: 1e999 is not in 0 … 1");
	assert_refused(PARSE("--part=-0.1"), "--part: -0.1 is not in 0 … 1");
	assert_refused(PARSE("--rate", "0"), "--rate: 0 is not above 0");
	assert_refused(PARSE("--rate", "1"), "--rate: 1 is not below 1");
}

/* Nearer to the bound than a float can be. */
static void augmentation_is_a_list(void **state)
{
	const struct augment augment = PARSE("--augment", "shift:3,until:0.5").values.places.augment;

	(void)state;
	assert_true(augment.shift == 3 && augment.rotate == 0 && augment.until == 0.5);
	assert_true(PARSE("--augment=shift", "--augment=none").values.places.augment.shift == 0);
	assert_refused(PARSE("--augment", "shift:11"), "--augment: shift: 11 is not in 0 … 10");
	assert_refused(PARSE("--augment="), "--augment: the value is empty");
}

static void rounding_cannot_reach_a_bound(void **state)
{
	(void)state;
	assert_refused(PARSE("--rate", "1e-50"), "--rate: 1e-50 is not above 0");
	assert_refused(PARSE("--rate", "0.9999999999"), "--rate: 0.9999999999 is not below 1");
}

static void values_must_be_there(void **state)
{
	(void)state;
	assert_refused(PARSE("--file"), "--file needs a value: --file FILE");
	assert_refused(PARSE("--file", "--for-machines"), "--file needs a value: --file FILE");
	assert_refused(PARSE("--file", ""), "--file: the value is empty");
	assert_refused(PARSE("--file="), "--file: the value is empty");
	assert_refused(PARSE("--for-machines=yes"), "--for-machines takes no value");
	assert_refused(PARSE("--help=me"), "--help takes no value");
	assert_refused(PARSE("--split", "tes"), "--split: \"tes\" is not one of test|train|val");
	assert_refused(PARSE("--split", "test|train"),
				   "--split: \"test|train\" is not one of test|train|val");
}

static void unknown_options_get_hints(void **state)
{
	(void)state;
	assert_refused(PARSE("--cuont", "3"), "unknown option --cuont; did you mean --count?");
	assert_refused(PARSE("--cou=3"), "unknown option --cou; did you mean --count?");
	assert_refused(PARSE("-count", "3"), "unknown option -count; did you mean --count?");
	assert_refused(PARSE("--hlep"), "unknown option --hlep; did you mean --help?");
	assert_refused(PARSE("--elephant"), "unknown option --elephant");
	assert_refused(PARSE("-x"), "unknown option -x");
	assert_refused(PARSE("-qh"), "unknown option -qh");
	assert_refused(PARSE("--for_machines"),
				   "unknown option --for_machines; did you mean --for-machines?");
}

static void help_ends_the_parsing(void **state)
{
	struct outcome o = PARSE("--for-machines", "-h", "--nonsense");

	(void)state;
	assert_int_equal(o.status, 0);
	assert_true(o.help);
	assert_true(PARSE("x", "--help").help);
	assert_false(PARSE("--", "--help").help);
}

static void help_is_made_from_the_table(void **state)
{
	static const char expected[] =
		"Options:\n"
		"      --count N           how many there are, explained in so many words that\n"
		"                          they fill a second line and more (default 3)\n"
		"      --limit N           no more\n"
		"      --seed N            chance (default 0)\n"
		"      --rate R            speed (default 0.001)\n"
		"      --part F            share (default 0)\n"
		"\n"
		"Places:\n"
		"      --file FILE         where (default out)\n"
		"      --split test|train|val\n"
		"                          which (default train)\n"
		"      --augment LIST      changes (default rotate:3)\n"
		"      --for-machines      in JSON or such\n"
		"  -q, --quiet             hush\n"
		"  -h, --help              print this help\n";
	const struct values defaults = {
		.count = 3,
		.rate = 0.001f,
		.places = {.file = "out", .split = TRAIN, .augment = {.rotate = 3, .until = 1}}};
	char text[2 * sizeof expected];
	FILE *file = tmpfile();
	size_t size;

	(void)state;
	assert_non_null(file);
	options_help(file, table, &defaults);
	rewind(file);
	size = fread(text, 1, sizeof text - 1, file);
	text[size] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_in_both_forms),
		cmocka_unit_test(operands_keep_their_order),
		cmocka_unit_test(last_one_wins),
		cmocka_unit_test(it_is_known_what_was_given),
		cmocka_unit_test(values_may_look_odd),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(augmentation_is_a_list),
		cmocka_unit_test(rounding_cannot_reach_a_bound),
		cmocka_unit_test(values_must_be_there),
		cmocka_unit_test(unknown_options_get_hints),
		cmocka_unit_test(help_ends_the_parsing),
		cmocka_unit_test(help_is_made_from_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
