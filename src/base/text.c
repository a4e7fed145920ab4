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

size_t text_character(const uint8_t *p, size_t left, unsigned *code)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length */
	const size_t length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	*code = p[0];
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc0 || p[0] > 0xf4 || left < length)
		return 0;
	unsigned bits = p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (p[i] & 0x3fu);
	}
	const bool surrogate = bits >= 0xd800 && bits <= 0xdfff;
	if (bits < least[length] || bits > 0x10ffff || surrogate)
		return 0;
	*code = bits;
	return length;
}

/* In order: C0, DEL with C1, the Arabic letter mark, the marks of direction, the separators of
 * lines and paragraphs with embeddings and overrides, isolates. */
bool text_is_control(unsigned code)
{
	return code < ' ' || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
		   code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
		   (code >= 0x2066 && code <= 0x2069);
}

/* The bytes of the text's first character. *hidden is true where a terminal must not see them:
 * those of a control character, and a lone byte that has its number. */
static size_t character_size(const char *text, bool *hidden)
{
	unsigned code;
	const size_t length = text_character((const uint8_t *)text, 4, &code); /* the NUL ends it */

	*hidden = text_is_control(code);
	return length ? length : 1;
}

void text_disarm(char *text)
{
	bool hidden;

	for (size_t length; *text; text += length) {
		length = character_size(text, &hidden);
		if (hidden)
			memset(text, '?', length);
	}
}

void text_print_name(FILE *out, const char *name)
{
	static const char escaped[] = "\\\n\r", letters[] = "\\nr";
	const bool on_terminal = terminal_is(out);

	bool hidden;

	for (size_t length; *name; name += length) {
		const char *special = strchr(escaped, *name);

		length = character_size(name, &hidden);
		if (special)
			fprintf(out, "\\%c", letters[special - escaped]);
		else if (hidden && on_terminal)
			fputc('?', out);
		else
			fwrite(name, 1, length, out);
	}
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
		const bool numbers = text_is_digit(*p) && text_is_digit(*q);
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
