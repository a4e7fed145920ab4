/* Values of structs by the rows of tables. An enum is read and written as the unsigned int that GCC
 * and Clang make of one without negative constants. */
#include "base/field.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

enum sample { SAMPLE };
_Static_assert(sizeof(enum sample) == sizeof(unsigned), "a choice would not fit into its enum");

static uint64_t most_of(const struct field *field)
{
	if (field->most)
		return field->most;
	return field->type == FIELD_INT ? INT_MAX : field->type == FIELD_SIZE ? SIZE_MAX : UINT64_MAX;
}

static void set_whole(const struct field *field, uint64_t number, void *value)
{
	if (field->type == FIELD_INT)
		*(int *)value = (int)number;
	else if (field->type == FIELD_SIZE)
		*(size_t *)value = (size_t)number;
	else
		*(uint64_t *)value = number;
}

static int parse_whole(const struct field *field, const char *text, void *value,
					   struct error *error)
{
	const uint64_t least = field->least, most = most_of(field);
	uint64_t number;
	const enum number_fault fault = number_whole(text, "+-", least, most, &number);

	if (fault == NUMBER_MALFORMED)
		return error_set(error, "\"%s\" is not a whole number", text);
	if (fault == NUMBER_OUTSIDE)
		return error_set(error, "%s is not in %" PRIu64 " … %" PRIu64, text, least, most);
	set_whole(field, number, value);
	return 0;
}

static int parse_real(const struct field *field, const char *text, void *value, struct error *error)
{
	double number;
	const enum number_fault fault = number_real(text, "+-.eE", field->min, field->max, &number);

	if (fault == NUMBER_MALFORMED)
		return error_set(error, "\"%s\" is not a number", text);
	if (fault == NUMBER_OUTSIDE)
		return error_set(error, "%s is not in %g … %g", text, field->min, field->max);
	if (field->type == FIELD_FLOAT)
		number = (double)(float)number; /* which may round onto a bound */
	if (field->above_min && number <= field->min)
		return error_set(error, "%s is not above %g", text, field->min);
	if (field->below_max && number >= field->max)
		return error_set(error, "%s is not below %g", text, field->max);
	if (field->type == FIELD_FLOAT)
		*(float *)value = (float)number;
	else
		*(double *)value = number;
	return 0;
}

static int parse_choice(const struct field *field, const char *text, unsigned *value,
						struct error *error)
{
	char words[FIELD_TEXT_SIZE];

	for (int i = 0; field->word(i); i++) {
		if (!strcmp(field->word(i), text)) {
			*value = (unsigned)i;
			return 0;
		}
	}
	return error_set(error, "\"%s\" is not one of %s", text, field_words(field, words));
}

static int parse_flag(const char *text, bool *value, struct error *error)
{
	if (strcmp(text, "yes") && strcmp(text, "no"))
		return error_set(error, "\"%s\" is neither yes nor no", text);
	*value = !strcmp(text, "yes");
	return 0;
}

int field_parse(const struct field *field, const char *text, void *values, struct error *error)
{
	void *value = (char *)values + field->offset;

	switch (field->type) {
	case FIELD_INT:
	case FIELD_SIZE:
	case FIELD_UINT64:
		return parse_whole(field, text, value, error);
	case FIELD_FLOAT:
	case FIELD_DOUBLE:
		return parse_real(field, text, value, error);
	case FIELD_CHOICE:
		return parse_choice(field, text, value, error);
	case FIELD_OTHER:
		return field->codec->parse(text, value, error);
	case FIELD_TEXT:
		*(const char **)value = field->stream && !strcmp(text, "-") ? field->stream : text;
		return 0;
	case FIELD_FLAG:
		return parse_flag(text, value, error);
	}
	return 0;
}

const char *field_print(const struct field *field, const void *values, char text[FIELD_TEXT_SIZE])
{
	const void *value = (const char *)values + field->offset;

	switch (field->type) {
	case FIELD_INT:
		snprintf(text, FIELD_TEXT_SIZE, "%d", *(const int *)value);
		return text;
	case FIELD_SIZE:
		snprintf(text, FIELD_TEXT_SIZE, "%zu", *(const size_t *)value);
		return text;
	case FIELD_UINT64:
		snprintf(text, FIELD_TEXT_SIZE, "%" PRIu64, *(const uint64_t *)value);
		return text;
	case FIELD_FLOAT:
		return number_text((double)*(const float *)value, true, text);
	case FIELD_DOUBLE:
		return number_text(*(const double *)value, false, text);
	case FIELD_CHOICE:
		return field->word(*(const int *)value);
	case FIELD_OTHER:
		return field->codec->print(value, text);
	case FIELD_TEXT:
		return *(const char *const *)value;
	case FIELD_FLAG:
		return *(const bool *)value ? "yes" : "no";
	}
	return NULL;
}

void field_reset(const struct field *fields, void *values)
{
	for (const struct field *field = fields; field->name; field++) {
		void *value = (char *)values + field->offset;

		if (field->type == FIELD_FLOAT)
			*(float *)value = (float)field->standard;
		else if (field->type == FIELD_DOUBLE)
			*(double *)value = field->standard;
		else if (field->type == FIELD_INT || field->type == FIELD_SIZE ||
				 field->type == FIELD_UINT64)
			set_whole(field, (uint64_t)field->standard, value);
	}
}

const char *field_words(const struct field *field, char text[FIELD_TEXT_SIZE])
{
	int used = 0;

	for (int i = 0; field->word(i); i++)
		used += snprintf(text + used, (size_t)(FIELD_TEXT_SIZE - used), i ? "|%s" : "%s",
						 field->word(i));
	return text;
}
