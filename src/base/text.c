/* UTF-8 gives every character one byte that does not begin with the bits 10, and these are
 * counted. */
#include "base/text.h"

#include <string.h>

#include "base/terminal.h"

bool text_continues(char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The first `length` bytes are looked at. */
static int columns_of(const char *text, size_t length)
{
	int columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += !text_continues(text[i]);
	return columns;
}

int text_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

int text_fit(const char *text, int columns)
{
	const char *end = text;

	for (; *end && columns > 0; columns--)
		do
			end++;
		while (text_continues(*end));
	return (int)(end - text);
}

size_t text_character(const uint8_t *p, size_t left)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length */
	const size_t length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc0 || p[0] > 0xf4 || left < length)
		return 0;
	unsigned code = p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	const bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

size_t text_control(const char *text)
{
	const unsigned char first = (unsigned char)text[0];
	const unsigned char second = first ? (unsigned char)text[1] : 0;

	if (first == 0xc2 && second >= 0x80 && second <= 0x9f) /* U+0080 … U+009F */
		return 2;
	return first && (first < ' ' || first == 0x7f);
}

void text_disarm(char *text)
{
	for (; *text; text++)
		memset(text, '?', text_control(text));
}

void text_print_name(FILE *out, const char *name)
{
	static const char escaped[] = "\\\n\r", letters[] = "\\nr";
	const bool on_terminal = terminal_is(out);

	for (const char *c = name; *c; c++) {
		const char *special = strchr(escaped, *c);
		const size_t control = text_control(c);

		if (special) {
			fprintf(out, "\\%c", letters[special - escaped]);
		} else if (control && on_terminal) {
			fputc('?', out);
			c += control - 1;
		} else {
			fputc(*c, out);
		}
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Compare the numbers with which both texts begin, and set *length_a and *length_b to their digits.
 * A number of more digits, but for zeros in front, is larger. */
static int compare_numbers(const char *a, const char *b, size_t *length_a, size_t *length_b)
{
	const size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");

	*length_a = strspn(a, "0123456789");
	*length_b = strspn(b, "0123456789");
	const size_t size_a = *length_a - zeros_a, size_b = *length_b - zeros_b;
	return size_a == size_b ? memcmp(a + zeros_a, b + zeros_b, size_a) : size_a < size_b ? -1 : 1;
}

int text_compare(const char *a, const char *b)
{
	const char *p = a, *q = b;
	size_t length_p = 1, length_q = 1;

	for (; *p && *q; p += length_p, q += length_q) {
		const bool numbers = is_digit(*p) && is_digit(*q);
		if (!numbers)
			length_p = length_q = 1;
		const int order = numbers ? compare_numbers(p, q, &length_p, &length_q)
								  : (unsigned char)*p - (unsigned char)*q;
		if (order)
			return order;
	}
	return *p || *q ? (*p ? 1 : -1) : strcmp(a, b);
}

static void print_piece(struct wrapper *wrapper, const char *piece, size_t length)
{
	const int columns = columns_of(piece, length) + text_columns(wrapper->line_joiner);

	if (wrapper->column > wrapper->indent && wrapper->column + 1 + columns > wrapper->width) {
		fprintf(wrapper->out, "%s\n", wrapper->line_joiner);
		wrapper->column = 0;
	}
	if (wrapper->column > wrapper->indent) {
		fputc(' ', wrapper->out);
		wrapper->column++;
	} else {
		fprintf(wrapper->out, "%*s", wrapper->indent - wrapper->column, "");
		wrapper->column = wrapper->indent;
	}
	fwrite(piece, 1, length, wrapper->out);
	wrapper->column += columns_of(piece, length);
}

void wrapper_piece(struct wrapper *wrapper, const char *piece)
{
	print_piece(wrapper, piece, strlen(piece));
}

void wrapper_paragraph(struct wrapper *wrapper, const char *text)
{
	while (*text) {
		const size_t length = strcspn(text, " ");

		print_piece(wrapper, text, length);
		text += length + (text[length] == ' ');
	}
	fputc('\n', wrapper->out);
	wrapper->column = 0;
}
