/* Readers that only look whether what the exporters write holds together. */
#include "sound.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

#define DEEPEST 16

/* Where a string, whose quote is at `at`, ends; `size` where it does not end in its line. */
static size_t behind_string(const uint8_t *text, size_t at, size_t size)
{
	const uint8_t quote = text[at++];

	for (; at < size && text[at] != quote && text[at] >= ' '; at++)
		at += text[at] == '\\';
	return at < size && text[at] == quote ? at + 1 : size;
}

static size_t behind_comment(const uint8_t *text, size_t at, size_t size)
{
	for (at += 2; at + 1 < size; at++)
		if (text[at] == '*' && text[at + 1] == '/')
			return at + 2;
	return size;
}

/* True where each bracket has its partner. Strings and, in C, comments count as nothing. */
static bool is_balanced(const uint8_t *text, size_t size, bool is_c)
{
	static const char open[] = "([{", close[] = ")]}";
	char wanted[DEEPEST];
	int depth = 0;

	for (size_t at = 0; at < size;) {
		const uint8_t c = text[at];
		const char *opens = c ? strchr(open, c) : NULL;
		if (c == '\0')
			return false;
		if (c == '"' ||
			(is_c && (c == '\'' || (c == '/' && at + 1 < size && text[at + 1] == '*')))) {
			at = c == '/' ? behind_comment(text, at, size) : behind_string(text, at, size);
			if (at == size)
				return false;
			continue;
		}
		if (opens && depth == DEEPEST)
			return false;
		if (opens)
			wanted[depth++] = close[opens - open];
		else if (strchr(close, c) && (depth == 0 || wanted[--depth] != (char)c))
			return false;
		at++;
	}
	return depth == 0;
}

bool sound_c(const struct buffer *source)
{
	return source->size && source->data[source->size - 1] == '\n' &&
		   is_balanced(source->data, source->size, true);
}

/* src/export/page.html as a C array. */
extern const unsigned char page_template[];
extern const size_t page_template_size;

bool sound_page(const struct buffer *page)
{
	static const char place[] = "@MODEL@";
	size_t front = 0;

	while (memcmp(page_template + front, place, strlen(place)))
		front++;
	const size_t rear = page_template_size - front - strlen(place);
	if (page->size < front + rear || memcmp(page->data, page_template, front) ||
		memcmp(page->data + page->size - rear, page_template + page_template_size - rear, rear))
		return false;
	const uint8_t *json = page->data + front;
	const size_t size = page->size - front - rear;
	return size && *json == '{' && !memchr(json, '<', size) && is_balanced(json, size, false);
}

/* ---- ONNX ---- */

/* Of Protocol Buffers: a field with a number, or with bytes. */
struct field {
	uint64_t key, number;
	struct bytes bytes;
};

#define VARINT(field) (8 * (field))
#define BYTES(field) (8 * (field) + 2)
#define FLOAT(field) (8 * (field) + 5)

static bool read_varint(struct bytes *in, uint64_t *value)
{
	uint8_t byte = 0x80;

	*value = 0;
	for (int shift = 0; byte & 0x80; shift += 7) {
		if (shift > 63 || !bytes_u8(in, &byte))
			return false;
		*value |= (uint64_t)(byte & 0x7f) << shift;
	}
	return true;
}

/* Read the next field. False at the end of the message, where `in` is at its end, and before. */
static bool next_field(struct bytes *in, struct field *field)
{
	const size_t begin = in->offset;
	const uint8_t *bytes = NULL;
	bool whole = read_varint(in, &field->key);

	field->number = 0;
	if (whole && field->key % 8 == 0)
		whole = read_varint(in, &field->number);
	else if (whole && field->key % 8 == 5)
		whole = bytes_take(in, 4, &bytes);
	else if (whole && field->key % 8 == 2)
		whole = read_varint(in, &field->number) && field->number <= bytes_left(in) &&
				bytes_take(in, (size_t)field->number, &bytes);
	else
		whole = false;
	if (!whole) /* or the next call would go on in the middle of a field */
		in->offset = begin;
	field->bytes = (struct bytes){bytes, bytes ? (size_t)field->number : 0, 0};
	return whole;
}

/* The names of values that there are by now. */
struct names {
	struct bytes all[512];
	int count;
};

static bool is_same(struct bytes a, struct bytes b)
{
	return a.size == b.size && !memcmp(a.data, b.data, a.size);
}

static bool has_name(const struct names *names, struct bytes name)
{
	for (int i = 0; i < names->count; i++)
		if (is_same(names->all[i], name))
			return true;
	return false;
}

/* No name comes twice. */
static bool add_name(struct names *names, struct bytes name)
{
	if (!name.size || has_name(names, name) || names->count == 512)
		return false;
	names->all[names->count++] = name;
	return true;
}

static bool check_tensor(struct bytes in, struct names *names)
{
	uint64_t count = 1;
	size_t size = 0;
	struct bytes name = {0};
	struct field field;

	while (next_field(&in, &field)) {
		if (field.key == VARINT(1))
			count *= field.number;
		else if (field.key == BYTES(8))
			name = field.bytes;
		else if (field.key == BYTES(9))
			size = field.bytes.size;
		else if (field.key != VARINT(2) || field.number != 1)
			return false;
	}
	return !bytes_left(&in) && count && size == 4 * count && add_name(names, name);
}

static bool check_attribute(struct bytes in)
{
	struct field field;
	bool has_name = false, has_value = false, has_type = false;

	while (next_field(&in, &field)) {
		has_name |= field.key == BYTES(1) && field.bytes.size;
		has_type |= field.key == VARINT(20);
		has_value |= field.key == FLOAT(2) || field.key == VARINT(3) || field.key == VARINT(8);
	}
	return !bytes_left(&in) && has_name && has_value && has_type;
}

static bool check_node(struct bytes in, struct names *names)
{
	struct bytes output = {0};
	struct field field;
	bool has_op = false, fine = true;

	while (fine && next_field(&in, &field)) {
		has_op |= field.key == BYTES(4) && field.bytes.size;
		if (field.key == BYTES(1))
			fine = has_name(names, field.bytes);
		else if (field.key == BYTES(2))
			output = field.bytes;
		else if (field.key == BYTES(5))
			fine = check_attribute(field.bytes);
		else
			fine = field.key == BYTES(3) || field.key == BYTES(4);
	}
	return fine && !bytes_left(&in) && has_op && add_name(names, output);
}

/* The first field of a value is its name. */
static bool take_name(struct bytes in, struct field *name)
{
	return next_field(&in, name) && name->key == BYTES(1);
}

/* Weights and the input are there before the first node; the outputs behind the last. */
static bool check_graph(struct bytes graph)
{
	struct names names = {.count = 0};
	struct field field, name;
	struct bytes in = graph;
	bool fine = true;

	while (fine && next_field(&in, &field))
		if (field.key == BYTES(5))
			fine = check_tensor(field.bytes, &names);
		else if (field.key == BYTES(11))
			fine = take_name(field.bytes, &name) && add_name(&names, name.bytes);
	fine = fine && !bytes_left(&in);
	for (in = graph; fine && next_field(&in, &field);)
		fine = field.key != BYTES(1) || check_node(field.bytes, &names);
	for (in = graph; fine && next_field(&in, &field);)
		if (field.key == BYTES(12))
			fine = take_name(field.bytes, &name) && has_name(&names, name.bytes);
	return fine;
}

bool sound_onnx(const struct buffer *model)
{
	struct bytes in = {model->data, model->size, 0};
	struct field field;
	bool fine = true, has_graph = false;

	while (fine && next_field(&in, &field))
		if (field.key == BYTES(7)) {
			fine = !has_graph && check_graph(field.bytes);
			has_graph = true;
		}
	return fine && has_graph && !bytes_left(&in);
}
