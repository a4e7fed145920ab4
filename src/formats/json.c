/* JSON (RFC 8259) by recursive descent. The values are counted before they are read, so that one
 * allocation holds all: values | pointers to sort | strings. */
#include "formats/json.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/number.h"
#include "base/text.h"

/* The characters that stand behind a backslash, and what they mean. */
static const char escape_names[] = "\"\\/bfnrt", escaped[] = "\"\\/\b\f\n\r\t";

struct parser {
	const uint8_t *text;
	size_t size, offset;
	struct json *values;        /* the next free one */
	char *strings;              /* the next free byte */
	const struct json **sorted; /* room for all members of an object */
	struct error *error;
};

/* The next character, or -1 at the end. */
static int peek(const struct parser *p)
{
	return p->offset < p->size ? p->text[p->offset] : -1;
}

/* Take the next character if it is one of these. */
static bool take(struct parser *p, const char *characters)
{
	const bool taken = peek(p) > 0 && strchr(characters, peek(p));

	p->offset += taken;
	return taken;
}

static void skip_space(struct parser *p)
{
	while (take(p, " \t\n\r"))
		;
}

static int expected(const struct parser *p, const char *what)
{
	int c = peek(p);

	if (c < 0)
		return error_set(p->error, "offset %zu: expected %s, found the end", p->offset, what);
	if (c > ' ' && c <= '~')
		return error_set(p->error, "offset %zu: expected %s, found '%c'", p->offset, what, c);
	return error_set(p->error, "offset %zu: expected %s, found byte 0x%02x", p->offset, what,
					 (unsigned)c);
}

static int skip_digits(struct parser *p)
{
	if (!isdigit(peek(p)))
		return expected(p, "a digit");
	while (isdigit(peek(p)))
		p->offset++;
	return 0;
}

static int parse_number(struct parser *p, struct json *value)
{
	const size_t start = p->offset;

	take(p, "-");
	if (!take(p, "0") && skip_digits(p))
		return -1;
	if (take(p, ".") && skip_digits(p))
		return -1;
	if (take(p, "eE")) {
		take(p, "+-");
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
	static const unsigned marks[] = {0, 0xc0, 0xe0, 0xf0};
	int more = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000); /* bytes of 6 bits each */

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
		if (code <= 0xdbff && take(p, "\\") && take(p, "u") && parse_hex(p, &low))
			return -1;
		if (low < 0xdc00 || low > 0xdfff)
			return error_set(p->error, "offset %zu: half of a surrogate pair", start);
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(p, code);
	return 0;
}

static int parse_escape(struct parser *p)
{
	p->offset++;
	if (take(p, "u"))
		return parse_unicode(p);
	const char *name = peek(p) > 0 ? strchr(escape_names, peek(p)) : NULL;
	if (!name)
		return expected(p, "an escape character");
	*p->strings++ = escaped[name - escape_names];
	p->offset++;
	return 0;
}

static int parse_string(struct parser *p, const char **text, size_t *length)
{
	*text = p->strings;
	p->offset++; /* the quote */
	while (!take(p, "\"")) {
		int c = peek(p);
		if (c < ' ')
			return expected(p, "a character or the closing quote of a string");
		if (c == '\\') {
			if (parse_escape(p))
				return -1;
			continue;
		}
		unsigned code;
		size_t bytes = text_character(p->text + p->offset, p->size - p->offset, &code);
		if (bytes == 0)
			return expected(p, "UTF-8");
		memcpy(p->strings, p->text + p->offset, bytes);
		p->strings += bytes;
		p->offset += bytes;
	}
	*length = (size_t)(p->strings - *text);
	*p->strings++ = '\0';
	return 0;
}

static int parse_word(struct parser *p, struct json *value)
{
	static const char *const words[] = {"null", "false", "true"}; /* by type */
	int type = JSON_NULL;

	while (type < JSON_TRUE && peek(p) != *words[type])
		type++;
	for (const char *c = words[type]; *c; c++, p->offset++)
		if (peek(p) != *c)
			return expected(p, "a value");
	value->type = (enum json_type)type;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct json *left = *(const struct json *const *)a;
	const struct json *right = *(const struct json *const *)b;
	const int order = strcmp(left->key, right->key);

	return order ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

/* Sorting keeps this fast for an object with 50000 keys. */
static int check_duplicates(const struct parser *p, const struct json *object)
{
	const struct json **sorted = p->sorted;

	for (const struct json *member = object->first; member; member = member->next)
		*sorted++ = member;
	sorted = p->sorted;
	qsort(sorted, object->length, sizeof *sorted, compare_keys);
	for (size_t i = 1; i < object->length; i++) {
		if (!strcmp(sorted[i - 1]->key, sorted[i]->key))
			return error_set(p->error, "offset %zu: the key \"%.100s\" again, first at offset %zu",
							 sorted[i]->offset, sorted[i]->key, sorted[i - 1]->offset);
	}
	return 0;
}

/* Read a member's key and colon. */
static int parse_key(struct parser *p, const char **key)
{
	const size_t start = p->offset;
	size_t length;

	if (peek(p) != '"')
		return expected(p, "a key in quotes");
	if (parse_string(p, key, &length))
		return -1;
	if (strlen(*key) != length)
		return error_set(p->error, "offset %zu: a key with a NUL byte", start);
	skip_space(p);
	return take(p, ":") ? 0 : expected(p, "':'");
}

static struct json *parse_value(struct parser *p, int depth);

/* Read the array or object `parent`, whose type is set. */
static int parse_children(struct parser *p, int depth, struct json *parent)
{
	const bool is_object = parent->type == JSON_OBJECT;
	const char *close = is_object ? "}" : "]";
	const struct json **link = &parent->first;

	if (depth > JSON_MAX_DEPTH)
		return error_set(p->error, "offset %zu: nested deeper than %d", p->offset, JSON_MAX_DEPTH);
	p->offset++;
	skip_space(p);
	bool more = !take(p, close);
	while (more) {
		const char *key = NULL;
		skip_space(p);
		const size_t offset = p->offset;
		if (is_object && parse_key(p, &key))
			return -1;
		struct json *child = parse_value(p, depth);
		if (!child)
			return -1;
		child->key = key;
		child->offset = offset;
		*link = child;
		link = &child->next;
		parent->length++;
		skip_space(p);
		more = take(p, ",");
		if (!more && !take(p, close))
			return expected(p, is_object ? "',' or '}'" : "',' or ']'");
	}
	return is_object ? check_duplicates(p, parent) : 0;
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
		status = parse_children(p, depth + 1, value);
	} else if (c == '"') {
		value->type = JSON_STRING;
		status = parse_string(p, &value->text, &value->length);
	} else if (c == '-' || isdigit(c)) {
		status = parse_number(p, value);
	} else {
		status = parse_word(p, value);
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
	if (checked_multiply(values, sizeof *p.values + sizeof *p.sorted, &room) &&
		checked_add(room, size, &total) && checked_add(total, 1, &total))
		p.values = malloc(total);
	if (!p.values)
		return error_scarce(error, "not enough memory for %zu JSON values", values);
	struct json *first = p.values;
	p.sorted = (const struct json **)(first + values);
	p.strings = (char *)(p.sorted + values);
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
	uint64_t number;

	if (value->type != JSON_NUMBER || number_whole(value->text, "", 0, SIZE_MAX, &number))
		return false;
	*out = (size_t)number;
	return true;
}

void json_write_text(struct writer *out, const char *string)
{
	const uint8_t *p = (const uint8_t *)string;
	size_t left = strlen(string), length;

	writer_text(out, "\"");
	for (; left > 0; left -= length, p += length) {
		const char *escape = *p == '/' ? NULL : strchr(escaped, *p);
		unsigned code;
		length = text_character(p, left, &code);
		if (length == 0)
			writer_text(out, "\xef\xbf\xbd"); /* U+FFFD */
		else if (escape)
			writer_print(out, "\\%c", escape_names[escape - escaped]);
		else if (text_is_control(code))
			writer_print(out, "\\u%04x", code);
		else
			writer_bytes(out, p, length);
		length += length == 0;
	}
	writer_text(out, "\"");
}

void json_print_text(FILE *out, const char *text)
{
	struct writer quoted = {0};

	json_write_text(&quoted, text);
	if (quoted.failed)
		fputs("null", out);
	else
		fwrite(quoted.bytes.data, 1, quoted.bytes.size, out);
	writer_free(&quoted);
}

void json_print_number(FILE *out, double number)
{
	if (isfinite(number))
		fprintf(out, "%.9g", number);
	else
		fputs("null", out);
}
