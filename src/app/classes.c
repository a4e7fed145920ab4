/* Labels are whatever numbers the files have; behind this table, classes count from 0. */
#include "app/classes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define ENOUGH 5      /* images a label that occurs, so that no other one is missing by chance */
#define LABEL_TEXT 12 /* bytes, with a blank */
#define FIRST_PRINTED 0x21
#define LAST_PRINTED 0x7e

static int allocate(struct classes *out, struct error *error)
{
	*out = (struct classes){.all = calloc(CLASSES_MOST, sizeof *out->all)};
	return out->all ? 0 : error_scarce(error, "not enough memory for %d classes", CLASSES_MOST);
}

/* The index of the first class whose label is not below `label`. */
static int place_of(const struct classes *classes, int32_t label)
{
	int low = 0, high = classes->count;

	while (low < high) {
		const int middle = (low + high) / 2;
		if (classes->all[middle].label < label)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int classes_find(const struct classes *classes, int32_t label)
{
	const int place = place_of(classes, label);

	return place < classes->count && classes->all[place].label == label ? place : -1;
}

/* Add a class, unless there is one of that label. Returns it; NULL: there are too many. */
static struct class_label *add(struct classes *classes, int32_t label)
{
	const int place = place_of(classes, label);
	struct class_label *own = classes->all + place;

	if (place < classes->count && own->label == label)
		return own;
	if (classes->count == CLASSES_MOST)
		return NULL;
	memmove(own + 1, own, (size_t)(classes->count++ - place) * sizeof *own);
	own->label = label;
	snprintf(own->name, CLASS_NAME, "%" PRId32, label);
	return own;
}

int classes_of_labels(const int32_t *labels, size_t count, struct classes *out, struct error *error)
{
	if (allocate(out, error))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (add(out, labels[i]))
			continue;
		classes_free(out);
		return error_set(error, "labels of more than %d different values", CLASSES_MOST);
	}
	if (!out->count || (size_t)out->count * ENOUGH <= count)
		return 0;
	const int64_t least = out->all[0].label, largest = out->all[out->count - 1].label;
	if (largest - least < CLASSES_MOST)
		for (int64_t label = least; label <= largest; label++)
			add(out, (int32_t)label);
	return 0;
}

int classes_numbered(int count, struct classes *out, struct error *error)
{
	if (allocate(out, error))
		return -1;
	for (int label = 0; label < count; label++)
		add(out, label);
	return 0;
}

/* A name is printed to terminals, so it has no control characters, and written as JSON, so it is
 * UTF-8. */
static int set_name(struct class_label *class, const char *name, size_t size, struct error *error)
{
	const int shown = size < CLASS_NAME ? (int)size : CLASS_NAME;

	if (size == 0 || size >= CLASS_NAME)
		return error_set(error, "a class's name of %zu bytes, possible are 1 to %d: \"%.*s\"", size,
						 CLASS_NAME - 1, shown, name);
	memcpy(class->name, name, size);
	class->name[size] = '\0';
	for (size_t i = 0, length; i < size; i += length) {
		unsigned code;
		length = text_character((const uint8_t *)class->name + i, size - i, &code);
		if (!length || text_is_control(code))
			return error_set(error, "a class's name %s: \"%s\"",
							 length ? "with a control character" : "that is not UTF-8",
							 class->name);
	}
	return 0;
}

bool class_name_is_number(const char *name, int32_t *label)
{
	uint64_t value;

	if (number_whole(name, "", 0, INT32_MAX, &value))
		return false;
	*label = (int32_t)value;
	return true;
}

/* True where the classes' names are rising numbers, which become their labels. */
static bool take_numbers(struct classes *classes)
{
	int32_t last = -1;

	for (int i = 0; i < classes->count; last = classes->all[i++].label)
		if (!class_name_is_number(classes->all[i].name, &classes->all[i].label) ||
			classes->all[i].label == last)
			return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct class_label *first = a, *second = b;

	return text_compare(first->name, second->name);
}

int classes_named(const char *const *names, size_t count, struct classes *out, struct error *error)
{
	*out = (struct classes){0};
	if (count > CLASSES_MOST)
		return error_set(error, "%zu classes, of which %d are allowed", count, CLASSES_MOST);
	if (allocate(out, error))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (set_name(&out->all[out->count++], names[i], strlen(names[i]), error)) {
			classes_free(out);
			return -1;
		}
	qsort(out->all, count, sizeof *out->all, by_name);
	if (!take_numbers(out))
		for (int i = 0; i < out->count; i++)
			out->all[i].label = i;
	return 0;
}

int classes_find_name(const struct classes *classes, const char *name)
{
	int32_t label;

	for (int i = 0; i < classes->count; i++)
		if (!strcmp(classes->all[i].name, name))
			return i;
	return class_name_is_number(name, &label) ? classes_find(classes, label) : -1;
}

bool classes_are_numbered(const struct classes *classes)
{
	for (int i = 0; i < classes->count; i++) {
		char number[CLASS_NAME];

		snprintf(number, sizeof number, "%d", i);
		if (classes->all[i].label != i || strcmp(classes->all[i].name, number))
			return false;
	}
	return true;
}

/* Read the next number of a line, and blanks in front of it. False: there is none. */
static bool read_number(const char **next, const char *end, int32_t *value)
{
	const char *p = *next;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	const char *digits = p;
	for (*value = 0; p < end && text_is_digit(*p) && p < digits + 6; p++)
		*value = 10 * *value + (*p - '0');
	*next = p;
	return p > digits;
}

static int refuse_line(const char *text, const char *at, struct error *error)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return error_set(error, "line %d is not a label and codes of characters, as \"1 65\" is", line);
}

/* Add the class of each line. Whatever stands behind its last number, as in "1 65 x", is read as
 * the next label, and refused as none. */
static int take_mapping(struct classes *classes, const char *text, const char *end,
						struct error *error)
{
	int32_t label, code, another;

	for (const char *next = text; next < end;) {
		if (!read_number(&next, end, &label) || !read_number(&next, end, &code) ||
			code < FIRST_PRINTED || code > LAST_PRINTED)
			return refuse_line(text, next, error);
		while (read_number(&next, end, &another))
			;
		struct class_label *own = add(classes, label);
		if (!own)
			return error_set(error, "more than %d classes", CLASSES_MOST);
		snprintf(own->name, CLASS_NAME, "%c", (char)code);
		while (next < end && (*next == '\r' || *next == '\n'))
			next++;
	}
	return classes->count ? 0 : error_set(error, "no classes");
}

int classes_read_mapping(const char *text, size_t size, struct classes *out, struct error *error)
{
	if (allocate(out, error))
		return -1;
	if (!take_mapping(out, text, text + size, error))
		return 0;
	classes_free(out);
	return -1;
}

/* ---- names ---- */

/* Give each class the next name of a list. */
static int take_names(struct classes *classes, const char *list, char separator,
					  struct error *error)
{
	const char separators[] = {separator, '\0'};

	for (int i = 0; i < classes->count; i++) {
		const size_t size = strcspn(list, separators);

		if (set_name(&classes->all[i], list, size, error))
			return -1;
		list += size;
		if (!*list != (i == classes->count - 1))
			return error_set(error, "%s names than the %d classes", *list ? "more" : "fewer",
							 classes->count);
		list += *list != '\0';
	}
	return 0;
}

int classes_count_names(const char *list)
{
	int count = 1;

	for (; *list; list++)
		count += *list == ',';
	return count;
}

int classes_name(struct classes *classes, const char *list, struct error *error)
{
	if (take_names(classes, list, ',', error))
		return -1;
	for (int i = 0; i < classes->count; i++)
		for (int before = 0; before < i; before++)
			if (!strcmp(classes->all[before].name, classes->all[i].name))
				return error_set(error, "two classes are called %s", classes->all[i].name);
	return 0;
}

int classes_write(const struct classes *classes, char **labels, char **names, struct error *error)
{
	const size_t count = (size_t)classes->count;
	char *label = *labels = calloc(count, LABEL_TEXT), *name = *names = calloc(count, CLASS_NAME);

	if (!label || !name) {
		free(label);
		free(name);
		*labels = *names = NULL;
		return error_scarce(error, "not enough memory for the names of %d classes", classes->count);
	}
	for (int i = 0; i < classes->count; i++) {
		label += sprintf(label, "%s%" PRId32, i ? " " : "", classes->all[i].label);
		name += sprintf(name, "%s%s", i ? "\n" : "", classes->all[i].name);
	}
	return 0;
}

/* Labels rise, so that they can be searched. */
static int take_labels(struct classes *classes, const char *text, struct error *error)
{
	for (const char *next = text;; next++) {
		char *end;
		const bool begins = *next == '-' || text_is_digit(*next);
		const long long label = begins ? strtoll(next, &end, 10) : 0;

		if (!begins || label < INT32_MIN || label > INT32_MAX || (*end && *end != ' ') ||
			(classes->count && label <= classes->all[classes->count - 1].label) ||
			classes->count == CLASSES_MOST)
			return error_set(error, "the labels of the classes are not up to %d rising numbers",
							 CLASSES_MOST);
		classes->all[classes->count++].label = (int32_t)label;
		next = end;
		if (!*next)
			return 0;
	}
}

int classes_read(const char *labels, const char *names, struct classes *out, struct error *error)
{
	if (allocate(out, error))
		return -1;
	if (!take_labels(out, labels, error) && !take_names(out, names, '\n', error))
		return 0;
	classes_free(out);
	return -1;
}

int classes_width(const struct classes *classes, int most)
{
	int width = 0;

	for (int i = 0; i < classes->count; i++) {
		const int columns = text_columns(classes->all[i].name);
		width = columns > width ? columns : width;
	}
	return width < most ? width : most;
}

int classes_copy(const struct classes *classes, struct classes *out, struct error *error)
{
	if (allocate(out, error))
		return -1;
	out->count = classes->count;
	memcpy(out->all, classes->all, (size_t)classes->count * sizeof *out->all);
	return 0;
}

void classes_free(struct classes *classes)
{
	free(classes->all);
	*classes = (struct classes){0};
}
