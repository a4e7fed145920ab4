/* JSON: RFC 8259's grammar, the limits, and speed that does not collapse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "formats/json.h"
#include "mutations.h"

static struct json *parse(const char *text)
{
	struct json *root;
	struct error error = {.text = ""};

	if (json_parse(text, strlen(text), &root, &error))
		fail_msg("%s: %s", text, error.text);
	return root;
}

static void refuse_bytes(const char *data, size_t size, const char *text)
{
	struct json *root;
	struct error error = {.text = ""};

	assert_int_equal(json_parse(data, size, &root, &error), -1);
	assert_null(root);
	if (!strstr(error.text, text))
		fail_msg("%s: \"%s\" does not say \"%s\"", data, error.text, text);
}

static void refuse(const char *data, const char *text)
{
	refuse_bytes(data, strlen(data), text);
}

static void structure(void **state)
{
	(void)state;
	struct json *root = parse(" {\"a\" : [1, 2.5e-3 ,\t[]], \"\":{\"b\":null},\r\n"
							  "\"c\":true,\"d\":false } ");

	assert_int_equal(root->type, JSON_OBJECT);
	assert_int_equal(root->length, 4);
	assert_null(root->key);
	const struct json *a = root->first;
	assert_string_equal(a->key, "a");
	assert_int_equal(a->type, JSON_ARRAY);
	assert_int_equal(a->length, 3);
	assert_string_equal(a->first->text, "1");
	assert_string_equal(a->first->next->text, "2.5e-3");
	assert_int_equal(a->first->next->next->type, JSON_ARRAY);
	assert_null(a->first->next->next->first);
	assert_null(a->first->next->next->next);
	assert_ptr_equal(json_member(root, "a"), a);
	assert_int_equal(json_member(json_member(root, ""), "b")->type, JSON_NULL);
	assert_int_equal(json_member(root, "c")->type, JSON_TRUE);
	assert_int_equal(json_member(root, "d")->type, JSON_FALSE);
	assert_null(json_member(root, "e"));
	assert_null(json_member(a, "a"));
	json_free(root);
	json_free(NULL);
}

static void strings(void **state)
{
	(void)state;
	struct json *root = parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"
							  "\\u20AC\\ud83D\\uDE00\x7f\u00e9\U0001f600\"");

	assert_int_equal(root->type, JSON_STRING);
	assert_string_equal(root->text, "\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001f600\x7f\u00e9\U0001f600");
	json_free(root);
	/* The first and the last character of two, three and four bytes. */
	root = parse("\"\\u0080\\u07ff\\u0800\\uffff\\ud800\\udc00\\udbff\\udfff\"");
	assert_string_equal(root->text, "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
									"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
	json_free(root);
	root = parse("\"a\\u0000b\"");
	assert_int_equal(root->length, 3);
	assert_memory_equal(root->text, "a\0b", 4);
	json_free(root);
}

static void numbers(void **state)
{
	(void)state;
	static const char *const good[] = {"0", "-0", "10", "-1.50", "1e5", "1E+05", "0.0e-0"};
	static const char *const bad[] = {"",    "-",    "01",  "+1", ".5",  "1.",  "1.e5",    "1e",
									  "1e+", "0x10", "1 2", "1,", "--1", "NaN", "Infinity"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct json *root = parse(good[i]);
		assert_int_equal(root->type, JSON_NUMBER);
		assert_string_equal(root->text, good[i]);
		json_free(root);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(bad[i], "expected");
}

static void sizes(void **state)
{
	(void)state;
	static const char *const bad[] = {"-1",    "-0",   "1.0", "1e3",
									  "\"1\"", "null", "[1]", "99999999999999999999999999"};
	char text[32];
	size_t size;

	snprintf(text, sizeof text, "%zu", SIZE_MAX);
	struct json *root = parse(text);
	assert_true(json_to_size(root, &size));
	assert_true(size == SIZE_MAX);
	json_free(root);
	text[strlen(text) - 1]++; /* SIZE_MAX ends with 5 */
	root = parse(text);
	assert_false(json_to_size(root, &size));
	json_free(root);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		root = parse(bad[i]);
		assert_false(json_to_size(root, &size));
		json_free(root);
	}
}

static void bad_structure(void **state)
{
	(void)state;

	refuse(" ", "offset 1: expected a value, found the end");
	refuse("tru", "offset 3: expected a value, found the end");
	refuse("nulL", "offset 3: expected a value, found 'L'");
	refuse("truee", "offset 4: expected the end, found 'e'");
	refuse("[1,]", "offset 3: expected a value, found ']'");
	refuse("[1 2]", "offset 3: expected ',' or ']', found '2'");
	refuse("[", "expected a value, found the end");
	refuse("[1", "expected ',' or ']', found the end");
	refuse("{\"a\":1,}", "offset 7: expected a key in quotes, found '}'");
	refuse("{a:1}", "offset 1: expected a key in quotes, found 'a'");
	refuse("{\"a\" 1}", "offset 5: expected ':', found '1'");
	refuse("{\"a\":1]", "offset 6: expected ',' or '}', found ']'");
	refuse("{} {}", "offset 3: expected the end");
	refuse("\xef\xbb\xbf{}", "offset 0: expected a value, found byte 0xef");
	refuse_bytes("{}\0", 3, "offset 2: expected the end, found byte 0x00");
	refuse("'a'", "expected a value");
	refuse("// c\n1", "expected a value");
}

static void bad_strings(void **state)
{
	(void)state;
	static const char *const not_utf8[] = {
		"\x80",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
		"\xc3",
		"\xe2\x82",
		"\xe2\x28\xa1",
		"\xf0\x9f\x98",
		"\xc3\x28",
	};

	for (size_t i = 0; i < sizeof not_utf8 / sizeof not_utf8[0]; i++) {
		char text[16];
		snprintf(text, sizeof text, "\"%s\"", not_utf8[i]);
		refuse(text, "offset 1: expected UTF-8");
		text[strlen(text) - 1] = '\0';
		refuse(text, "offset 1: expected UTF-8");
	}
	refuse("\"a", "offset 2: expected a character or the closing quote");
	refuse("\"a\nb\"", "offset 2: expected a character");
	refuse("\"\\x\"", "offset 2: expected an escape character, found 'x'");
	refuse("\"\\", "expected an escape character, found the end");
	refuse("\"\\u12g4\"", "offset 5: expected a hexadecimal digit, found 'g'");
	refuse("\"\\u12", "expected a hexadecimal digit, found the end");
	refuse("\"\\ud800\"", "offset 1: half of a surrogate pair");
	refuse("\"\\ud800\\u0041\"", "offset 1: half of a surrogate pair");
	refuse("\"\\ud800\\ud800\"", "half of a surrogate pair");
	refuse("\"\\udc00\\ud800\"", "half of a surrogate pair");
	refuse("\"\\ud800\\n\"", "half of a surrogate pair");
}

static void depth(void **state)
{
	(void)state;

	json_free(parse("[{\"a\":[{\"b\":1}]}]"));
	json_free(parse("[[[[]]],[[[1]]]]"));
	refuse("[[[[[]]]]]", "offset 4: nested deeper than 4");
	refuse("{\"a\":[[{\"b\":{}}]]}", "offset 12: nested deeper than 4");
	char text[5000];
	memset(text, '[', sizeof text);
	refuse_bytes(text, sizeof text, "nested deeper than 4");
}

static void keys(void **state)
{
	(void)state;

	refuse("{\"a\":1,\"b\":2,\"a\":3}", "offset 13: the key \"a\" again, first at offset 1");
	refuse("{\"b\":{\"x\":1,\"\\u0078\":2}}", "offset 12: the key \"x\" again, first at offset 6");
	refuse("{\"\":1,\"\":2}", "again");
	refuse("{\"a\\u0000b\":1}", "offset 1: a key with a NUL byte");
	/* The same key in different objects is fine. */
	json_free(parse("{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"b\":{\"a\":1}}"));
}

/* 50000 keys are read in no time, and a duplicate among them is found. */
static void many_keys(void **state)
{
	(void)state;
	const size_t capacity = 1 << 20;
	char *text = malloc(capacity);
	size_t used = 0;
	struct json *root;
	struct error error;

	assert_non_null(text);
	for (int i = 0; i < 50000; i++)
		used +=
			(size_t)snprintf(text + used, capacity - used, "%s\"key %d\":%d", i ? "," : "{", i, i);
	text[used] = '}';
	assert_int_equal(json_parse(text, used + 1, &root, &error), 0);
	assert_int_equal(root->length, 50000);
	json_free(root);
	used += (size_t)snprintf(text + used, capacity - used, ",\"key 7\":0}");
	assert_int_equal(json_parse(text, used, &root, &error), -1);
	assert_error_has(&error, "the key \"key 7\" again");
	free(text);
}

static void quoting(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"", "\"\""},
		{"a/\"\\b", "\"a/\\\"\\\\b\""},
		{"\b\f\n\r\t\1\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\""},
		{"\xc2\x9b\u202e\u2066", "\"\\u009b\\u202e\\u2066\""},
		{"\u00e9\u20ac\U0001f600", "\"\u00e9\u20ac\U0001f600\""},
		{"\xff"
		 "a\xe2\x82",
		 "\"\ufffd"
		 "a\ufffd\ufffd\""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct writer writer = {0};
		struct buffer text;
		struct error error;
		json_write_text(&writer, cases[i][0]);
		assert_int_equal(writer_take(&writer, &text, &error), 0);
		assert_int_equal(text.size, strlen(cases[i][1]));
		assert_memory_equal(text.data, cases[i][1], text.size);
		buffer_free(&text);
	}
}

static void text_without_memory_is_null(void **state)
{
	(void)state;
	char printed[16];

	if (!allocations_watched())
		skip();
	FILE *out = tmpfile();
	assert_non_null(out);
	allocations_fail_at(1);
	json_print_text(out, "a");
	allocations_fail_at(0);
	json_print_text(out, "b");
	rewind(out);
	assert_non_null(fgets(printed, sizeof printed, out));
	assert_string_equal(printed, "null\"b\"");
	fclose(out);
}

static void try_parse(const uint8_t *data, size_t size, void *context)
{
	struct json *root;
	struct error error;

	(void)context;
	if (!json_parse((const char *)data, size, &root, &error))
		json_free(root);
}

static void mutations(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1,-2.5e+3,\"\\u00e9\\ud83d\\ude00\xc3\xa9\\n\"],"
							   "\"b\":{\"c\":null,\"d\":true},\"e\":[[0]]}";

	mutate((const uint8_t *)text, sizeof text - 1, MUTATE_ALL,
		   (struct mutation_target){try_parse, NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure),     cmocka_unit_test(strings),
		cmocka_unit_test(numbers),       cmocka_unit_test(sizes),
		cmocka_unit_test(bad_structure), cmocka_unit_test(bad_strings),
		cmocka_unit_test(depth),         cmocka_unit_test(keys),
		cmocka_unit_test(many_keys),     cmocka_unit_test(quoting),
		cmocka_unit_test(mutations),     cmocka_unit_test(text_without_memory_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
