/* Fields as the documentation of Protocol Buffers encodes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/protobuf.h"

static struct error error;

/* Fail unless the writer holds these bytes; free it. */
static void expect(struct writer *writer, size_t size, const char *bytes)
{
	struct buffer out;

	assert_int_equal(writer_take(writer, &out, &error), 0);
	assert_int_equal(out.size, size);
	assert_memory_equal(out.data, bytes, size);
	buffer_free(&out);
}

static void integers_are_varints(void **state)
{
	struct writer out = {0};

	(void)state;
	protobuf_integer(&out, 1, 150);
	expect(&out, 3, "\x08\x96\x01");
	protobuf_integer(&out, 16, 0);
	expect(&out, 3, "\x80\x01\x00");
	protobuf_integer(&out, 2, 127);
	expect(&out, 2, "\x10\x7f");
	protobuf_integer(&out, 2, -1);
	expect(&out, 11, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

static void floats_are_little_endian(void **state)
{
	const float values[] = {1.0f, -2.5f};
	struct writer out = {0};

	(void)state;
	protobuf_float(&out, 2, 1.0f);
	expect(&out, 5, "\x15\x00\x00\x80\x3f");
	protobuf_floats(&out, 9, values, 2);
	expect(&out, 10, "\x4a\x08\x00\x00\x80\x3f\x00\x00\x20\xc0");
}

static void a_text_has_its_length(void **state)
{
	struct writer out = {0};

	(void)state;
	protobuf_text(&out, 2, "testing");
	expect(&out, 9, "\x12\x07testing");
	protobuf_text(&out, 3, "");
	expect(&out, 2, "\x1a\x00");
}

static void messages_have_theirs_in_front(void **state)
{
	struct writer out = {0};

	(void)state;
	const size_t outer = protobuf_begin(&out, 3), inner = protobuf_begin(&out, 1);
	protobuf_integer(&out, 1, 150);
	protobuf_end(&out, inner);
	protobuf_end(&out, outer);
	expect(&out, 7, "\x1a\x05\x0a\x03\x08\x96\x01");
}

/* A length of 128 bytes or more takes two of its own. */
static void a_long_message_moves(void **state)
{
	char text[201] = "", bytes[206] = "\x1a\xcb\x01\x0a\xc8\x01";
	struct writer out = {0};

	(void)state;
	memset(text, 'x', 200);
	memset(bytes + 6, 'x', 200);
	const size_t begun = protobuf_begin(&out, 3);
	protobuf_text(&out, 1, text);
	protobuf_end(&out, begun);
	expect(&out, 206, bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_varints),  cmocka_unit_test(floats_are_little_endian),
		cmocka_unit_test(a_text_has_its_length), cmocka_unit_test(messages_have_theirs_in_front),
		cmocka_unit_test(a_long_message_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
