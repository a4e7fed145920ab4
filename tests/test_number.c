/* Numbers as text: what is read, what is refused and why, and that printed ones are read back. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"
#include "base/rng.h"

enum { UNTOUCHED = 77 };

static void whole_numbers(void **state)
{
	static const struct {
		const char *text, *signs;
		uint64_t most, value;
		enum number_fault fault;
	} cases[] = {
		{"7", "", 10, 7, NUMBER_FINE},
		{"007", "", 10, 7, NUMBER_FINE},
		{"0", "", 10, 0, NUMBER_FINE},
		{"10", "", 10, 10, NUMBER_FINE},
		{"11", "", 10, UNTOUCHED, NUMBER_OUTSIDE},
		{"18446744073709551615", "", UINT64_MAX, UINT64_MAX, NUMBER_FINE},
		{"18446744073709551616", "", UINT64_MAX, UNTOUCHED, NUMBER_OUTSIDE},
		{"99999999999999999999999", "", UINT64_MAX, UNTOUCHED, NUMBER_OUTSIDE},
		{"+7", "+-", 10, 7, NUMBER_FINE},
		{"-0", "+-", 10, 0, NUMBER_FINE},
		{"-7", "+-", 10, UNTOUCHED, NUMBER_OUTSIDE},
		{"-7", "-", 10, UNTOUCHED, NUMBER_OUTSIDE},
		{"-7", "", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"+7", "-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"-", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"+-7", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{" 7", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"7 ", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"0x7", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"7.0", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
		{"1e1", "+-", 10, UNTOUCHED, NUMBER_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t value = UNTOUCHED;
		enum number_fault fault =
			number_whole(cases[i].text, cases[i].signs, 0, cases[i].most, &value);
		if (fault != cases[i].fault || value != cases[i].value)
			fail_msg("\"%s\": %d", cases[i].text, fault);
	}
	uint64_t value;
	assert_int_equal(number_whole("2", "", 3, 9, &value), NUMBER_OUTSIDE);
	assert_int_equal(number_whole("3", "", 3, 9, &value), NUMBER_FINE);
}

static void real_numbers(void **state)
{
	static const struct {
		const char *text, *marks;
		double value;
		enum number_fault fault;
	} cases[] = {
		{"0.5", "-.", 0.5, NUMBER_FINE},
		{".5", "-.", 0.5, NUMBER_FINE},
		{"2.", "-.", 2, NUMBER_FINE},
		{"3", "", 3, NUMBER_FINE},
		{"-1.5", "-.", -1.5, NUMBER_FINE},
		{"+1.5e-1", "+-.eE", 0.15, NUMBER_FINE},
		{"2E0", "+-.eE", 2, NUMBER_FINE},
		{"-5", "-.", UNTOUCHED, NUMBER_OUTSIDE},
		{"5.001", "-.", UNTOUCHED, NUMBER_OUTSIDE},
		{"1e999", "+-.eE", UNTOUCHED, NUMBER_OUTSIDE},
		{"1e-1", "-.", UNTOUCHED, NUMBER_MALFORMED},
		{"+1", "-.", UNTOUCHED, NUMBER_MALFORMED},
		{"1.5", "", UNTOUCHED, NUMBER_MALFORMED},
		{"", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{".", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"1e", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"1-1", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"0..5", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{" 1", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"1,5", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"0x.8", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"nan", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
		{"inf", "+-.eE", UNTOUCHED, NUMBER_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double value = UNTOUCHED;
		enum number_fault fault = number_real(cases[i].text, cases[i].marks, -4, 5, &value);
		if (fault != cases[i].fault || value != cases[i].value)
			fail_msg("\"%s\": %d, %g", cases[i].text, fault, value);
	}
}

static void bounds_of_reals(void **state)
{
	double value = UNTOUCHED;

	(void)state;
	assert_int_equal(number_real("1e999", "e", 0, HUGE_VAL, &value), NUMBER_OUTSIDE);
	assert_true(value == UNTOUCHED);
	assert_int_equal(number_real("-0", "-", 0, 1, &value), NUMBER_FINE);
	assert_true(value == 0 && !signbit(value));
	assert_int_equal(number_real("1", "", 0, 1, &value), NUMBER_FINE);
	assert_true(value == 1);
}

static void numbers_are_printed(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},           {64, "64"},         {300000000, "300000000"},
		{-3, "-3"},         {0.1, "0.1"},       {12.5, "12.5"},
		{0.00001, "1e-05"}, {1e9, "1e+09"},     {-1e300, "-1e+300"},
		{0.999, "0.999"},   {100.25, "100.25"}, {0.1 + 0.2, "0.30000000000000004"},
	};
	char text[NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(number_text(cases[i].value, false, text), cases[i].text);
	assert_string_equal(number_text((double)0.1f, true, text), "0.1");
	assert_string_equal(number_text((double)0.1f, false, text), "0.10000000149011612");
	assert_string_equal(number_text(16777216, true, text), "16777216");
}

static double random_double(struct rng rng, uint64_t draw)
{
	const uint64_t bits = rng_bits(rng, draw);
	double value;

	memcpy(&value, &bits, sizeof value);
	return isfinite(value) ? value : DBL_MIN;
}

static void printed_numbers_are_read_back(void **state)
{
	const struct rng rng = rng_stream(1, RNG_INIT, 0);

	(void)state;
	for (uint64_t draw = 0; draw < 20000; draw++) {
		const double value = random_double(rng, draw);
		const float small = (float)ldexp(rng_uniform(rng, draw), (int)(draw % 60) - 30);
		char text[NUMBER_TEXT];
		double back;

		number_text(value, false, text);
		assert_int_equal(number_real(text, "+-.e", -DBL_MAX, DBL_MAX, &back), NUMBER_FINE);
		if (back != value)
			fail_msg("%s is %a, not %a", text, back, value);
		number_text((double)small, true, text);
		assert_true(strlen(text) <= 16);
		assert_int_equal(number_real(text, "+-.e", -DBL_MAX, DBL_MAX, &back), NUMBER_FINE);
		if ((float)back != small)
			fail_msg("%s is %a, not %a", text, back, (double)small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(real_numbers),
		cmocka_unit_test(bounds_of_reals),
		cmocka_unit_test(numbers_are_printed),
		cmocka_unit_test(printed_numbers_are_read_back),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
