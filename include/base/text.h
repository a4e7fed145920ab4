/* Text for people: characters of UTF-8, lines that are not too long, names that do no harm. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* True for a byte of UTF-8 that is not the first of its character. */
bool text_continues(char byte);

/* Characters of UTF-8, which are the columns that the text takes: 5 for "26×26". */
int text_columns(const char *text);

/* The bytes of the text's first characters, of as many as fit into so many columns: 4 for "26×26"
 * and 3 columns. */
int text_fit(const char *text, int columns);

/* True for 0 to 9. */
static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The bytes of the character of UTF-8 with which the `left` bytes at p begin, and its number; 0
 * where that is none, as an overlong form or a surrogate (Unicode, table 3-7), and p[0]. */
size_t text_character(const uint8_t *p, size_t left, unsigned *code);

/* True for the characters that a terminal obeys instead of showing them: the controls of ASCII and
 * Latin-1, and those by which a text runs from right to left, such as U+202E. */
bool text_is_control(unsigned code);

/* Overwrite all control characters with '?', one for each byte: a text that quotes a hostile file
 * must not get to control the terminal. A byte 0x80 to 0x9f that is no UTF-8 counts as one. */
void text_disarm(char *text);

/* Print a file's name in one line, as sha256sum does: \\, \n and \r for backslash, newline and
 * carriage return. On a terminal, other control characters are shown as '?'. */
void text_print_name(FILE *out, const char *name);

/* Compare as people sort: by bytes, but digits by the number that they make, so that "2" and "c2"
 * are in front of "10" and "c10". Below 0, 0 (for equal texts alone) or above 0. */
int text_compare(const char *a, const char *b);

/* Breaks lines between pieces, which are never cut. */
struct wrapper {
	FILE *out;
	int indent;              /* blanks in front of every line */
	int width;               /* columns that no line exceeds, unless by a single piece */
	const char *line_joiner; /* ends a line that another one follows, " \\" for a shell; or "" */
	int column;              /* reached on this line; the first piece may find up to `indent` */
};

/* Print one piece: behind a blank, or on a new line where it does not fit on this one. */
void wrapper_piece(struct wrapper *wrapper, const char *piece);

/* Print the words of a text, which single blanks separate, as pieces, and end the line. */
void wrapper_paragraph(struct wrapper *wrapper, const char *text);

#endif
