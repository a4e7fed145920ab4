/* JSON (RFC 8259): a small reader for the headers of model files, and quoting for writers. */
#ifndef FORMATS_JSON_H
#define FORMATS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/writer.h"

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* A value. The children of an array or object are a list: `first`, first->next, … NULL. */
struct json {
	enum json_type type;
	const char *key;  /* of a member of an object, decoded; else NULL */
	const char *text; /* of a string, decoded; of a number, as written; NUL behind it */
	size_t length;    /* bytes of text, some of which may be NUL; children of an array or object */
	size_t offset;    /* of the key, or of an array's child, in the text that was parsed */
	const struct json *first, *next;
};

#define JSON_MAX_DEPTH 4

/* Parse a text that is one value, with white space around it or not. Refused, with the offset, are
 * all that RFC 8259 does not allow, deeper nesting than JSON_MAX_DEPTH, a key that its object has
 * already, a key with a NUL byte, invalid UTF-8 and lone surrogates. All values and strings are in
 * one allocation; free *root with json_free. */
int json_parse(const char *text, size_t size, struct json **root, struct error *error);
void json_free(struct json *root);

/* The member of an object, or NULL. */
const struct json *json_member(const struct json *object, const char *key);

/* *out = the number. False unless it is written in digits alone ("28", not "28.0" or "2.8e1") and
 * fits. */
bool json_to_size(const struct json *value, size_t *out);

/* Write a JSON string, with quotes and escapes, also for what text_is_control names. A byte that is
 * no UTF-8 becomes U+FFFD. */
void json_write_text(struct writer *out, const char *string);

/* Print a number with nine digits; null for those that JSON has no word for. */
void json_print_number(FILE *out, double number);

/* Print `text` as a JSON string; null where there is no memory for it. */
void json_print_text(FILE *out, const char *text);

#endif
