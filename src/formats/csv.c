/* One pass over the text, or two where the pixels are fractions: the first of these finds the
 * largest, which tells the scale. */
#include "formats/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "formats/square.h"

#define LONGEST 40 /* bytes of a field that are looked at, its end included */
#define NONE SIZE_MAX

struct layout {
	uint8_t separator;
	size_t columns, label, number; /* the columns of label and row number, or NONE */
	size_t pixels;                 /* their columns */
	bool fractions;                /* some pixels may be no whole numbers */
};

struct reader {
	const uint8_t *next, *end;
	size_t line, column; /* from 1; of the field read last */
};

static int fail(const struct reader *r, const char *text, const char *fact, struct error *error)
{
	return error_set(error, "line %zu, column %zu: \"%s\" is %s", r->line, r->column, text, fact);
}

static bool ends_line(const struct reader *r)
{
	return r->next == r->end || *r->next == '\n' || *r->next == '\r';
}

/* Go to the next line that is not blank. */
static void next_line(struct reader *r)
{
	while (r->next < r->end && (*r->next == ' ' || ends_line(r))) {
		r->line +=
			*r->next == '\n' || (*r->next == '\r' && (r->next + 1 == r->end || r->next[1] != '\n'));
		r->next++;
	}
	r->column = 0;
}

/* Go behind the separator in front of a field, which the first one of a line does not have. */
static bool next_field(struct reader *r, uint8_t separator)
{
	if (r->column++ == 0)
		return true;
	if (r->next == r->end || *r->next != separator)
		return false;
	r->next++;
	return true;
}

/* Read a field without the blanks and quotation marks around it, cut off where it is too long. */
static void read_text(struct reader *r, uint8_t separator, char text[LONGEST])
{
	const uint8_t *begin = r->next;

	while (!ends_line(r) && *r->next != separator)
		r->next++;
	const uint8_t *end = r->next;
	while (begin < end && (*begin == ' ' || *begin == '\t' || *begin == '"'))
		begin++;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '"'))
		end--;
	const size_t length = (size_t)(end - begin);
	const size_t kept = length < LONGEST ? length : LONGEST - 1;
	memcpy(text, begin, kept);
	text[kept] = '\0';
}

/* Read a number of least … most. The usual one, of one to three digits, is read at once. */
static int read_number(struct reader *r, uint8_t separator, double least, double most,
					   double *value, struct error *error)
{
	const uint8_t *p = r->next;
	char text[LONGEST], limits[LONGEST];
	int digits = 0;

	while (p < r->end && p < r->next + 3 && *p >= '0' && *p <= '9')
		digits = 10 * digits + (*p++ - '0');
	if (p > r->next && digits <= most &&
		(p == r->end || *p == separator || *p == '\n' || *p == '\r')) {
		r->next = p;
		*value = digits;
		return 0;
	}
	read_text(r, separator, text);
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
	char lower[LONGEST];
	size_t i = 0;

	for (; name[i]; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[i] = '\0';
	for (; *names; names++)
		if (!strcmp(lower, *names))
			return true;
	return false;
}

static uint8_t find_separator(const struct reader *start)
{
	static const char separators[] = ",;\t";
	size_t counts[sizeof separators] = {0};
	size_t best = 0;

	for (struct reader r = *start; !ends_line(&r); r.next++)
		for (size_t i = 0; separators[i]; i++)
			counts[i] += *r.next == (uint8_t)separators[i];
	for (size_t i = 1; separators[i]; i++)
		best = counts[i] > counts[best] ? i : best;
	return (uint8_t)separators[best];
}

/* Where the header names no label, it is the first column unless all make a square. */
static int place_label(struct layout *layout, struct error *error)
{
	layout->pixels = layout->columns - (layout->number != NONE) - (layout->label != NONE);
	if (layout->label == NONE && !square_side(layout->pixels)) {
		layout->label = layout->number == NONE ? 0 : 1;
		layout->pixels--;
	}
	if (layout->pixels && square_side(layout->pixels))
		return 0;
	return error_set(error,
					 "line 1: %zu columns; those of pixels must make a square of at most %d×%d, "
					 "as 784 do, and the label may stand in front of them",
					 layout->columns, MOST_SIDE, MOST_SIDE);
}

/* Find out what the columns are. The reader is left at the first row of numbers. */
static int read_layout(struct reader *r, struct layout *out, struct error *error)
{
	static const char *const labels[] = {"label", "labels", "class", "target", "digit", "y", NULL};
	static const char *const numbers[] = {"", "id", "index", "imageid", NULL};
	const struct reader first = *r;
	bool is_header = false, counts = true;

	*out = (struct layout){find_separator(r), 0, NONE, NONE, 0, false};
	while (next_field(r, out->separator)) {
		char text[LONGEST];
		double value = -1;

		read_text(r, out->separator, text);
		const char *name = text + strspn(text, "# "); /* NumPy's headers begin with "# " */
		is_header |= number_real(text, "+-.eE", -HUGE_VAL, HUGE_VAL, &value) == NUMBER_MALFORMED;
		counts &= value == (double)out->columns;
		if (out->label == NONE && is_one_of(name, labels))
			out->label = out->columns;
		else if (out->columns == 0 && is_one_of(name, numbers))
			out->number = 0;
		out->columns++;
	}
	if (is_header || (counts && out->columns > 256)) /* 0, 1, 2 … are too large for pixels */
		next_line(r);
	else
		*r = first;
	const size_t left = (size_t)(r->end - r->next);
	if (!left)
		return error_set(error, "no row of numbers");
	out->fractions =
		memchr(r->next, '.', left) || memchr(r->next, 'e', left) || memchr(r->next, 'E', left);
	return place_label(out, error);
}

/* ---- the rows ---- */

/* Read one row. Pixels times `scale` go to `pixels`, unless that is NULL. *largest follows them. */
static int read_row(struct reader *r, const struct layout *layout, double scale, uint8_t *pixels,
					int32_t *label, double *largest, struct error *error)
{
	double value;
	char ignored[LONGEST];

	for (size_t column = 0; column < layout->columns; column++) {
		if (!next_field(r, layout->separator))
			return error_set(error, "line %zu: %zu columns, but line 1 has %zu", r->line, column,
							 layout->columns);
		if (column == layout->label) {
			if (read_number(r, layout->separator, INT32_MIN, INT32_MAX, &value, error))
				return -1;
			if (value != floor(value))
				return error_set(error, "line %zu, column %zu: the label %g is not whole", r->line,
								 r->column, value);
			*label = (int32_t)value;
		} else if (column == layout->number) {
			read_text(r, layout->separator, ignored);
		} else {
			if (read_number(r, layout->separator, 0, 255, &value, error))
				return -1;
			*largest = value > *largest ? value : *largest;
			if (pixels)
				*pixels++ = (uint8_t)(value * scale + 0.5);
		}
	}
	if (!ends_line(r))
		return error_set(error, "line %zu: more than the %zu columns of line 1", r->line,
						 layout->columns);
	next_line(r);
	return 0;
}

/* Pixels and separators are at least two bytes each, so the pixels can be written over the text
 * that was read. */
static int read_rows(struct reader r, const struct layout *layout, uint8_t *pixels,
					 struct csv_images *out, struct error *error)
{
	double scale = 1, largest = 0;
	int32_t label = 0;

	if (layout->fractions) {
		for (struct reader first = r; first.next < first.end;)
			if (read_row(&first, layout, 0, NULL, &label, &largest, error))
				return -1;
		scale = largest <= 1 ? 255 : 1;
	}
	while (r.next < r.end) {
		if (read_row(&r, layout, scale, pixels + out->count * layout->pixels, &label, &largest,
					 error))
			return -1;
		if (out->labels)
			out->labels[out->count] = label;
		out->count++;
	}
	return 0;
}

int csv_read_images(struct buffer *file, struct csv_images *out, struct error *error)
{
	struct reader r = {file->data, file->data + file->size, 1, 0};
	struct layout layout;

	*out = (struct csv_images){0};
	if (file->size >= 3 && !memcmp(file->data, "\xef\xbb\xbf", 3)) /* UTF-8's mark */
		r.next += 3;
	next_line(&r);
	if (read_layout(&r, &layout, error))
		return -1;
	/* A row of two columns has at least three bytes. */
	const size_t most = (size_t)(r.end - r.next) / (2 * layout.columns - 1) + 1;
	if (layout.label != NONE && !(out->labels = malloc(most * sizeof *out->labels)))
		return error_scarce(error, "not enough memory for %zu labels", most);
	if (read_rows(r, &layout, file->data, out, error)) {
		free(out->labels);
		*out = (struct csv_images){0};
		return -1;
	}
	out->side = square_side(layout.pixels);
	out->pixels = file->data;
	buffer_shrink(file, out->count * layout.pixels);
	return 0;
}
