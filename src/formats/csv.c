/* The text comes in pieces, and is read line by line. */
#include "formats/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define LONGEST_FIELD 40               /* bytes that are looked at, the end included */
#define LONGEST_LINE ((size_t)4 << 20) /* bytes: 60 a pixel of the largest images */
#define NONE SIZE_MAX

/* A line, which is read field by field. */
struct row {
	const uint8_t *next, *end;
	uint8_t separator;
	size_t line, column; /* from 1; of the field read last */
};

static int fail(const struct row *r, const char *text, const char *fact, struct error *error)
{
	return error_set(error, "line %zu, column %zu: \"%s\" is %s", r->line, r->column, text, fact);
}

/* Go behind the separator in front of a field, which the first one of a line does not have. */
static bool next_field(struct row *r)
{
	if (r->column++ == 0)
		return true;
	if (r->next == r->end || *r->next != r->separator)
		return false;
	r->next++;
	return true;
}

/* Read a field without the blanks and quotation marks around it, cut off where it is too long. */
static void read_text(struct row *r, char text[LONGEST_FIELD])
{
	const uint8_t *begin = r->next;

	while (r->next < r->end && *r->next != r->separator)
		r->next++;
	const uint8_t *end = r->next;
	while (begin < end && (*begin == ' ' || *begin == '\t' || *begin == '"'))
		begin++;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '"'))
		end--;
	const size_t length = (size_t)(end - begin);
	const size_t kept = length < LONGEST_FIELD ? length : LONGEST_FIELD - 1;
	memcpy(text, begin, kept);
	text[kept] = '\0';
}

/* Read a number of least … most. The usual one, of one to three digits, is read at once. */
static int read_number(struct row *r, double least, double most, double *value, struct error *error)
{
	const uint8_t *p = r->next;
	char text[LONGEST_FIELD], limits[LONGEST_FIELD];
	int digits = 0;

	while (p < r->end && p < r->next + 3 && *p >= '0' && *p <= '9')
		digits = 10 * digits + (*p++ - '0');
	if (p > r->next && digits <= most && (p == r->end || *p == r->separator)) {
		r->next = p;
		*value = digits;
		return 0;
	}
	read_text(r, text);
	switch (number_real(text, "+-.eE", least, most, value)) {
	case NUMBER_FINE:
		return 0;
	case NUMBER_OUTSIDE:
		snprintf(limits, sizeof limits, "not in %.0f … %.0f", least, most);
		return fail(r, text, limits, error);
	default:
		return fail(r, text, "not a number", error);
	}
}

/* ---- the first row ---- */

static bool is_one_of(const char *name, const char *const *names)
{
	char lower[LONGEST_FIELD];
	size_t i = 0;

	for (; name[i]; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[i] = '\0';
	for (; *names; names++)
		if (!strcmp(lower, *names))
			return true;
	return false;
}

static uint8_t find_separator(const uint8_t *line, const uint8_t *end)
{
	static const char separators[] = ",;\t";
	size_t counts[sizeof separators] = {0};
	size_t best = 0;

	for (; line < end; line++)
		for (size_t i = 0; separators[i]; i++)
			counts[i] += *line == (uint8_t)separators[i];
	for (size_t i = 1; separators[i]; i++)
		best = counts[i] > counts[best] ? i : best;
	return (uint8_t)separators[best];
}

/* Where the header names no label, it is the first column unless all make a square. */
static int place_label(struct csv_reader *reader, struct error *error)
{
	reader->pixels = reader->columns - (reader->number != NONE) - (reader->label != NONE);
	if (reader->label == NONE && !square_side(reader->pixels)) {
		reader->label = reader->number == NONE ? 0 : 1;
		reader->pixels--;
	}
	reader->images.side = square_side(reader->pixels);
	if (reader->images.side)
		return 0;
	return error_set(error,
					 "line %zu: %zu columns; those of pixels must make a square of at most %d×%d, "
					 "as 784 do, and the label may stand in front of them",
					 reader->line, reader->columns, IMAGE_MOST_SIDE, IMAGE_MOST_SIDE);
}

/* Find out what the columns are. *is_header tells whether the row has names, not numbers. */
static int read_first_row(struct csv_reader *reader, struct row row, bool *is_header,
						  struct error *error)
{
	static const char *const labels[] = {"label", "labels", "class", "target", "digit", "y", NULL};
	static const char *const numbers[] = {"", "id", "index", "imageid", NULL};
	bool counts = true;

	*is_header = false;
	reader->first_line = reader->line;
	reader->label = reader->number = NONE;
	while (next_field(&row)) {
		char text[LONGEST_FIELD];
		double value = -1;

		read_text(&row, text);
		const char *name = text + strspn(text, "# "); /* NumPy's headers begin with "# " */
		*is_header |= number_real(text, "+-.eE", -HUGE_VAL, HUGE_VAL, &value) == NUMBER_MALFORMED;
		counts &= value == (double)reader->columns;
		if (reader->label == NONE && is_one_of(name, labels))
			reader->label = reader->columns;
		else if (reader->columns == 0 && is_one_of(name, numbers))
			reader->number = 0;
		reader->columns++;
	}
	*is_header |= counts && reader->columns > 256; /* 0, 1, 2 … are too large for pixels */
	return place_label(reader, error);
}

/* ---- the rows ---- */

static int add_label(struct csv_reader *reader, struct row *row, struct error *error)
{
	struct csv_images *images = &reader->images;
	double value;

	if (read_number(row, INT32_MIN, INT32_MAX, &value, error))
		return error_append(error, "; labels are whole numbers");
	if (value != floor(value))
		return error_set(error, "line %zu, column %zu: the label %g is not whole", row->line,
						 row->column, value);
	if (images->count == reader->labels_capacity) {
		const size_t capacity = images->count ? 2 * images->count : 1024;
		int32_t *labels = realloc(images->labels, capacity * sizeof *labels);
		if (!labels)
			return error_scarce(error, "not enough memory for %zu labels", capacity);
		images->labels = labels;
		reader->labels_capacity = capacity;
	}
	images->labels[images->count] = (int32_t)value;
	return 0;
}

static int read_row(struct csv_reader *reader, struct row row, struct error *error)
{
	char ignored[LONGEST_FIELD];
	double value;

	if (pixels_reserve(&reader->images.pixels, reader->pixels, error))
		return -1;
	for (size_t column = 0; column < reader->columns; column++) {
		if (!next_field(&row))
			return error_set(error, "line %zu: %zu columns, but line %zu has %zu", row.line, column,
							 reader->first_line, reader->columns);
		if (column == reader->label) {
			if (add_label(reader, &row, error))
				return -1;
		} else if (column == reader->number) {
			read_text(&row, ignored);
		} else {
			if (read_number(&row, 0, 255, &value, error))
				return -1;
			pixels_add(&reader->images.pixels, value);
		}
	}
	if (row.next < row.end)
		return error_set(error, "line %zu: more than the %zu columns of line %zu", row.line,
						 reader->columns, reader->first_line);
	reader->images.count++;
	return 0;
}

static int read_line(struct csv_reader *reader, const uint8_t *line, size_t size,
					 struct error *error)
{
	bool is_header = false;

	if (++reader->line == 1 && size >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) { /* UTF-8's mark */
		line += 3;
		size -= 3;
	}
	while (size && (line[size - 1] == ' ' || line[size - 1] == '\r'))
		size--;
	if (size == 0)
		return 0;
	if (reader->columns == 0)
		reader->separator = find_separator(line, line + size);
	const struct row row = {line, line + size, reader->separator, reader->line, 0};
	if (reader->columns == 0 && read_first_row(reader, row, &is_header, error))
		return -1;
	return is_header ? 0 : read_row(reader, row, error);
}

int csv_take(void *context, const uint8_t *data, size_t size, struct error *error)
{
	struct csv_reader *reader = context;
	struct buffer *rest = &reader->rest.bytes;

	if (!reader->line_end) /* old Macs end a line by \r alone */
		reader->line_end = memchr(data, '\r', size) && !memchr(data, '\n', size) ? '\r' : '\n';
	while (size) {
		const uint8_t *end = memchr(data, reader->line_end, size);
		const size_t length = end ? (size_t)(end - data) : size;

		if ((rest->size || !end) && writer_sink(&reader->rest, data, length, error))
			return -1;
		if (rest->size > LONGEST_LINE)
			return error_set(error, "line %zu has more than %zu bytes", reader->line + 1,
							 LONGEST_LINE);
		if (!end)
			return 0;
		if (read_line(reader, rest->size ? rest->data : data, rest->size ? rest->size : length,
					  error))
			return -1;
		rest->size = 0;
		data += length + 1;
		size -= length + 1;
	}
	return 0;
}

int csv_end(struct csv_reader *reader, struct csv_images *out, struct error *error)
{
	const struct buffer *rest = &reader->rest.bytes;

	*out = (struct csv_images){0};
	if (rest->size && read_line(reader, rest->data, rest->size, error))
		return -1;
	if (reader->images.count == 0)
		return error_set(error, "no row of numbers");
	pixels_shrink(&reader->images.pixels);
	*out = reader->images;
	reader->images = (struct csv_images){0};
	return 0;
}

void csv_images_free(struct csv_images *images)
{
	pixels_free(&images->pixels);
	free(images->labels);
	*images = (struct csv_images){0};
}

void csv_reader_free(struct csv_reader *reader)
{
	csv_images_free(&reader->images);
	writer_free(&reader->rest);
	*reader = (struct csv_reader){0};
}
