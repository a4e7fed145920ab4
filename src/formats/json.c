/* JSON (RFC 8259) by recursive descent, no deeper than JSON_MAX_DEPTH. The values are counted
 * before they are read, so that one allocation holds all: values | keys of open objects |
 * strings. */
#include "formats/json.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* A key of an object that is being read, kept to find duplicates. */
struct seen {
	const char *key;
	size_t offset;
};

struct parser {
	const uint8_t *text;
	size_t size, offset;
	struct json *values; /* the next free one */
	struct seen *seen;   /* the next free one */
	char *strings;       /* the next free byte */
	struct error *error;
};

/* The length of the UTF-8 sequence at p, or 0 where there is none (Unicode, table 3-7). */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf; /* of the second byte: no overlong forms, no surrogates */
	size_t length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < length)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	}
	return length;
}

/* The next character, or -1 at the end. */
static int peek(const struct parser *p)
{
	return p->offset < p->size ? p->text[p->offset] : -1;
}

static void skip_space(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
		p->offset++;
}

static int expected(const struct parser *p, const char *what)
{
	int c = peek(p);

	if (c < 0)
		return error_set(p->error, "offset %zu: expected %s, found the end", p->offset, what);
	return error_set(p->error,
					 c > ' ' && c <= '~' ? "offset %zu: expected %s, found '%c'"
										 : "offset %zu: expected %s, found byte 0x%02x",
					 p->offset, what, c);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int skip_digits(struct parser *p)
{
	if (!is_digit(peek(p)))
		return expected(p, "a digit");
	while (is_digit(peek(p)))
		p->offset++;
	return 0;
}

static int parse_number(struct parser *p, struct json *value)
{
	const size_t start = p->offset;

	if (peek(p) == '-')
		p->offset++;
	if (peek(p) == '0')
		p->offset++;
	else if (skip_digits(p))
		return -1;
	if (peek(p) == '.') {
		p->offset++;
		if (skip_digits(p))
			return -1;
	}
	if (peek(p) == 'e' || peek(p) == 'E') {
		p->offset++;
		if (peek(p) == '+' || peek(p) == '-')
			p->offset++;
		if (skip_digits(p))
			return -1;
	}
	value->type = JSON_NUMBER;
	value->text = p->strings;
	value->length = p->offset - start;
	memcpy(p->strings, p->text + start, value->length);
	p->strings[value->length] = '\0';
	p->strings += value->length + 1;
	return 0;
}

/* Read four hexadecimal digits. */
static int parse_hex(struct parser *p, unsigned *code)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	*code = 0;
	for (int i = 0; i < 4; i++) {
		const char *digit = peek(p) > 0 ? strchr(digits, peek(p)) : NULL;
		if (!digit)
			return expected(p, "a hexadecimal digit");
		*code = *code << 4 | (unsigned)(digit - digits) % 16;
		p->offset++;
	}
	return 0;
}

static void put_utf8(struct parser *p, unsigned code)
{
	if (code < 0x80) {
		*p->strings++ = (char)code;
		return;
	}
	int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3; /* bytes of 6 bits each */
	static const unsigned marks[] = {0, 0xc0, 0xe0, 0xf0};
	*p->strings++ = (char)(marks[more] | code >> 6 * more);
	while (more-- > 0)
		*p->strings++ = (char)(0x80 | (code >> 6 * more & 0x3f));
}

/* Read the digits behind \u. A character beyond U+FFFF is written as two surrogates, U+1F600 as
 * \ud83d\ude00. */
static int parse_unicode(struct parser *p)
{
	const size_t start = p->offset - 2;
	unsigned code, low = 0;

	if (parse_hex(p, &code))
		return -1;
	if (code >= 0xd800 && code <= 0xdfff) {
		bool pair =
			code <= 0xdbff && p->size - p->offset >= 2 && !memcmp(p->text + p->offset, "\\u", 2);
		if (pair) {
			p->offset += 2;
			if (parse_hex(p, &low))
				return -1;
		}
		if (low < 0xdc00 || low > 0xdfff)
			return error_set(p->error, "offset %zu: half of a surrogate pair", start);
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(p, code);
	return 0;
}

static int parse_escape(struct parser *p)
{
	static const char names[] = "\"\\/bfnrt", characters[] = "\"\\/\b\f\n\r\t";

	p->offset++;
	int c = peek(p);
	if (c == 'u') {
		p->offset++;
		return parse_unicode(p);
	}
	const char *name = c > 0 ? strchr(names, c) : NULL;
	if (!name)
		return expected(p, "an escape character");
	*p->strings++ = characters[name - names];
	p->offset++;
	return 0;
}

static int parse_string(struct parser *p, const char **text, size_t *length)
{
	*text = p->strings;
	p->offset++; /* the quote */
	for (;;) {
		int c = peek(p);
		if (c == '"')
			break;
		if (c < ' ')
			return expected(p, "a character or the closing quote of a string");
		if (c == '\\') {
			if (parse_escape(p))
				return -1;
			continue;
		}
		size_t bytes = utf8_length(p->text + p->offset, p->size - p->offset);
		if (bytes == 0)
			return expected(p, "UTF-8");
		memcpy(p->strings, p->text + p->offset, bytes);
		p->strings += bytes;
		p->offset += bytes;
	}
	p->offset++;
	*length = (size_t)(p->strings - *text);
	*p->strings++ = '\0';
	return 0;
}

static int parse_word(struct parser *p, const char *word, enum json_type type, struct json *value)
{
	for (; *word; word++, p->offset++) {
		if (peek(p) != *word)
			return expected(p, "a value");
	}
	value->type = type;
	return 0;
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;
	int order = strcmp(left->key, right->key);

	if (order)
		return order;
	return left->offset < right->offset ? -1 : 1;
}

/* Sorting keeps this fast for an object with 50000 keys. */
static int check_duplicates(struct seen *seen, size_t count, struct error *error)
{
	qsort(seen, count, sizeof *seen, compare_seen);
	for (size_t i = 1; i < count; i++) {
		if (!strcmp(seen[i - 1].key, seen[i].key))
			return error_set(error, "offset %zu: the key \"%.100s\" again, first at offset %zu",
							 seen[i].offset, seen[i].key, seen[i - 1].offset);
	}
	return 0;
}

/* Read a member's key and colon. */
static int parse_key(struct parser *p, const char **key)
{
	size_t length;

	skip_space(p);
	if (peek(p) != '"')
		return expected(p, "a key in quotes");
	p->seen->offset = p->offset;
	if (parse_string(p, key, &length))
		return -1;
	if (strlen(*key) != length)
		return error_set(p->error, "offset %zu: a key with a NUL byte", p->seen->offset);
	p->seen->key = *key;
	p->seen++;
	skip_space(p);
	if (peek(p) != ':')
		return expected(p, "':'");
	p->offset++;
	return 0;
}

static struct json *parse_value(struct parser *p, int depth);

/* Read an array or object, from its first character to `close`. */
static int parse_children(struct parser *p, char close, int depth, struct json *parent)
{
	struct seen *const first_seen = p->seen;
	const struct json **link = &parent->first;

	if (depth > JSON_MAX_DEPTH)
		return error_set(p->error, "offset %zu: nested deeper than %d", p->offset, JSON_MAX_DEPTH);
	p->offset++;
	skip_space(p);
	while (peek(p) != close || parent->length > 0) {
		const char *key = NULL;
		if (close == '}' && parse_key(p, &key))
			return -1;
		struct json *child = parse_value(p, depth);
		if (!child)
			return -1;
		child->key = key;
		*link = child;
		link = &child->next;
		parent->length++;
		skip_space(p);
		if (peek(p) == close)
			break;
		if (peek(p) != ',')
			return expected(p, close == '}' ? "',' or '}'" : "',' or ']'");
		p->offset++;
	}
	p->offset++;
	size_t keys = (size_t)(p->seen - first_seen);
	p->seen = first_seen;
	return check_duplicates(first_seen, keys, p->error);
}

/* `depth` counts the arrays and objects that the value is in. Returns NULL on error. */
static struct json *parse_value(struct parser *p, int depth)
{
	struct json *value = p->values++;
	int status;

	*value = (struct json){0};
	skip_space(p);
	int c = peek(p);
	if (c == '{' || c == '[') {
		value->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		status = parse_children(p, c == '{' ? '}' : ']', depth + 1, value);
	} else if (c == '"') {
		value->type = JSON_STRING;
		status = parse_string(p, &value->text, &value->length);
	} else if (c == 't') {
		status = parse_word(p, "true", JSON_TRUE, value);
	} else if (c == 'f') {
		status = parse_word(p, "false", JSON_FALSE, value);
	} else if (c == 'n') {
		status = parse_word(p, "null", JSON_NULL, value);
	} else if (c == '-' || is_digit(c)) {
		status = parse_number(p, value);
	} else {
		status = expected(p, "a value");
	}
	return status ? NULL : value;
}

/* An upper bound of the number of values: each but the first stands behind a [ { or , outside of
 * strings. */
static size_t count_values(const uint8_t *text, size_t size)
{
	size_t count = 1;
	bool in_string = false;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string)
			i += text[i] == '\\';
		else
			count += text[i] == '[' || text[i] == '{' || text[i] == ',';
	}
	return count;
}

int json_parse(const char *text, size_t size, struct json **root, struct error *error)
{
	struct parser p = {.text = (const uint8_t *)text, .size = size, .error = error};
	const size_t values = count_values(p.text, size);
	size_t room, total;

	*root = NULL;
	/* `size` + 1 bytes hold all decoded strings and numbers with their NULs. A string takes no more
	 * than it took with its quotes; a number takes a byte more, but each has a separator behind it,
	 * or the end of the text. */
	if (checked_multiply(values, sizeof *p.values + sizeof *p.seen, &room) &&
		checked_add(room, size, &total) && checked_add(total, 1, &total))
		p.values = malloc(total);
	if (!p.values)
		return error_set(error, "not enough memory for %zu JSON values", values);
	struct json *first = p.values;
	p.seen = (struct seen *)(first + values);
	p.strings = (char *)(p.seen + values);
	int status = parse_value(&p, 0) ? 0 : -1;
	skip_space(&p);
	if (!status && p.offset < size)
		status = expected(&p, "the end");
	assert(p.values <= first + values);
	if (status) {
		free(first);
		return -1;
	}
	*root = first;
	return 0;
}

void json_free(struct json *root)
{
	free(root);
}

const struct json *json_member(const struct json *object, const char *key)
{
	if (object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->first; member; member = member->next) {
		if (!strcmp(member->key, key))
			return member;
	}
	return NULL;
}

bool json_to_size(const struct json *value, size_t *out)
{
	size_t number = 0;

	if (value->type != JSON_NUMBER)
		return false;
	for (const char *p = value->text; *p; p++) {
		if (!is_digit(*p) || !checked_multiply(number, 10, &number) ||
			!checked_add(number, (size_t)(*p - '0'), &number))
			return false;
	}
	*out = number;
	return true;
}

/* Text that is measured as a whole, and written as far as there is room. */
struct output {
	char *data;
	size_t capacity, length;
};

static void put(struct output *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (out->length + 1 < out->capacity)
			out->data[out->length] = text[i];
		out->length++;
	}
}

static void put_control(struct output *out, uint8_t c)
{
	static const char controls[] = "\b\f\n\r\t", names[] = "bfnrt";
	char escape[8];

	const char *control = strchr(controls, c);
	if (control)
		snprintf(escape, sizeof escape, "\\%c", names[control - controls]);
	else
		snprintf(escape, sizeof escape, "\\u%04x", c);
	put(out, escape, strlen(escape));
}

size_t json_quote(char *out, size_t capacity, const char *text)
{
	struct output quoted = {out, capacity, 0};
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text);

	put(&quoted, "\"", 1);
	while (left > 0) {
		size_t length = utf8_length(p, left);
		if (length == 0)
			put(&quoted, "\xef\xbf\xbd", 3); /* U+FFFD */
		else if (*p < ' ')
			put_control(&quoted, *p);
		else if (*p == '"' || *p == '\\')
			put(&quoted, *p == '"' ? "\\\"" : "\\\\", 2);
		else
			put(&quoted, (const char *)p, length);
		length += length == 0;
		p += length;
		left -= length;
	}
	put(&quoted, "\"", 1);
	if (capacity > 0)
		out[quoted.length < capacity ? quoted.length : capacity - 1] = '\0';
	return quoted.length;
}

void json_print_text(FILE *out, const char *text)
{
	size_t size = json_quote(NULL, 0, text) + 1;
	char *quoted = malloc(size);

	if (!quoted) {
		fputs("null", out);
		return;
	}
	json_quote(quoted, size, text);
	fputs(quoted, out);
	free(quoted);
}
