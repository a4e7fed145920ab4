/* JSON (RFC 8259): a small reader for the headers of model files, and quoting for writers. */
#ifndef FORMATS_JSON_H
#define FORMATS_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* A value. The children of an array or object follow each other through `next`. */
struct json {
	enum json_type type;
	const char *key;  /* of a member of an object, else NULL; decoded, ends with NUL */
	const char *text; /* of a string: decoded; of a number: as written */
	size_t length;    /* of text, which may hold NUL bytes; of an array or object: its children */
	const struct json *first, *next;
};

#define JSON_MAX_DEPTH 4

/* Parse text that holds exactly one value, white space around it allowed. Refused with the offset:
 * anything that RFC 8259 does not allow, deeper nesting than JSON_MAX_DEPTH, a duplicate key, a
 * key with a NUL byte, invalid UTF-8, lone surrogates. Everything lives in one allocation; free
 * *root with json_free. */
int json_parse(const char *text, size_t size, struct json **root, struct error *error);
void json_free(struct json *root);

/* The member of an object, or NULL. */
const struct json *json_member(const struct json *object, const char *key);

/* A number without sign, fraction or exponent that fits. */
bool json_to_size(const struct json *value, size_t *out);

/* Write `text` as a JSON string with its quotes, as snprintf does: at most `capacity` bytes with
 * the NUL, and the length that was needed is returned. Bytes that are not UTF-8 become U+FFFD. */
size_t json_quote(char *out, size_t capacity, const char *text);

#endif
