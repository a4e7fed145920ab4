/* A small font for sheets: ASCII, ×, and Latin letters without accents, in cells of 5 × 9. */
#ifndef DRAW_FONT_H
#define DRAW_FONT_H

#include <stdbool.h>

#define FONT_WIDTH 5 /* capitals and figures are 7 pixels high; the last 2 rows hang below */
#define FONT_HEIGHT 9
#define FONT_ADVANCE 6 /* from one character to the next */

struct glyph {
	const char *rows[FONT_HEIGHT]; /* FONT_WIDTH characters each, '#' where there is ink */
};

/* Look up the glyph of the text's first character, '?' for one that the font lacks. Returns the
 * text behind that character; NULL at the end of the text. */
const char *font_next(const char *text, struct glyph *glyph);

/* The columns of pixels that the text takes, without the gap behind its last character. */
int font_width(const char *text);

#endif
