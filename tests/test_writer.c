/* Bytes and text that grow in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "allocations.h"
#include "base/writer.h"
#include "errors.h"

static struct error error;

static void what_is_written_stands_in_a_row(void **state)
{
	struct writer writer = {0};
	struct buffer out;

	(void)state;
	writer_text(&writer, "one ");
	writer_bytes(&writer, "\0two", 4);
	writer_bytes(&writer, NULL, 0);
	writer_print(&writer, " %d", 3);
	assert_int_equal(writer_take(&writer, &out, &error), 0);
	assert_int_equal(out.size, 10);
	assert_memory_equal(out.data, "one \0two 3", 10);
	buffer_free(&out);
}

static void it_grows(void **state)
{
	struct writer writer = {0};
	struct buffer out;

	(void)state;
	for (int i = 0; i < 20000; i++)
		writer_print(&writer, "%06d\n", i);
	assert_int_equal(writer_take(&writer, &out, &error), 0);
	assert_int_equal(out.size, 140000);
	assert_memory_equal(out.data, "000000\n000001\n", 14);
	assert_memory_equal(out.data + 139993, "019999\n", 7);
	buffer_free(&out);
}

static void a_sink_writes(void **state)
{
	static const uint8_t data[] = "1234567";
	struct writer writer = {0};

	(void)state;
	assert_int_equal(writer_sink(&writer, NULL, 0, &error), 0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(writer_sink(&writer, data, 1 + (size_t)i % 7, &error), 0);
	assert_int_equal(writer.bytes.size, 39994);
	for (int i = 0, at = 0; i < 10000; at += 1 + i++ % 7)
		assert_memory_equal(writer.bytes.data + at, data, 1 + (size_t)i % 7);
	writer_free(&writer);
}

static void a_long_line_is_cut(void **state)
{
	char text[2 * WRITER_LINE + 1];
	struct writer writer = {0};
	struct buffer out;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	writer_print(&writer, "%s", text);
	assert_int_equal(writer_take(&writer, &out, &error), 0);
	assert_int_equal(out.size, WRITER_LINE - 1);
	buffer_free(&out);
}

static void nothing_is_an_empty_buffer(void **state)
{
	struct writer writer = {0};
	struct buffer out;

	(void)state;
	assert_int_equal(writer_take(&writer, &out, &error), 0);
	assert_int_equal(out.size, 0);
	buffer_free(&out);
}

static void lacking_memory_is_told_at_the_end(void **state)
{
	(void)state;
	if (!allocations_watched())
		skip();
	for (int number = 1; number <= 2; number++) {
		struct writer writer = {0};
		struct buffer out;

		allocations_fail_at(number);
		for (int i = 0; i < 5000; i++)
			writer_text(&writer, "x");
		allocations_fail_at(0);
		writer_text(&writer, "more");
		assert_int_equal(writer_take(&writer, &out, &error), -1);
		assert_error_has(&error, "not enough memory");
		assert_true(error.is_scarcity);
		assert_null(out.data);
		assert_null(writer.bytes.data);
	}
}

static void a_sink_tells_at_once(void **state)
{
	struct writer writer = {0};

	(void)state;
	if (!allocations_watched())
		skip();
	writer_text(&writer, "12");
	allocations_fail_at(1);
	assert_int_equal(writer_sink(&writer, (const uint8_t[5000]){0}, 5000, &error), -1);
	allocations_fail_at(0);
	assert_string_equal(error.text, "not enough memory for 5002 bytes");
	assert_true(error.is_scarcity);
	assert_int_equal(writer_sink(&writer, NULL, 0, &error), -1);
	writer_free(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_stands_in_a_row),
		cmocka_unit_test(it_grows),
		cmocka_unit_test(a_sink_writes),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(nothing_is_an_empty_buffer),
		cmocka_unit_test(lacking_memory_is_told_at_the_end),
		cmocka_unit_test(a_sink_tells_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
