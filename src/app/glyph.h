/* Signs as a few strokes of a pen, written as text, and a hand that draws each a little
 * differently. */
#ifndef APP_GLYPH_H
#define APP_GLYPH_H

#include "app/page.h"
#include "base/rng.h"

/* A glyph is a list of strokes such as "25-60-69 39-99", a 1 with a flag and a foot. A point is two
 * figures, x from 0 to 9 to the right and y from 0 to 9 down; '-' leads straight to the next point,
 * '~' in a curve through all points of the stroke, which is smooth where it closes. */

/* Styles of each digit, above all those that MNIST's writers hardly used. Empty places are NULL,
 * behind the last one of a row. */
#define GLYPH_STYLES 10
extern const char *const glyph_digits[10][GLYPH_STYLES];

/* Letters and signs that look like no digit as long as they are upright. */
#define GLYPH_LETTERS 80
#define GLYPH_SIGNS 96
extern const char *const glyph_letters[GLYPH_LETTERS], *const glyph_signs[GLYPH_SIGNS];

struct hand {
	struct matrix matrix; /* from a glyph's units to the page's pixels */
	float radius;         /* of the pen, in pixels of the page */
	float wobble;         /* most by which a point is off, in units */
	struct rng rng;
	uint64_t draw; /* first of the GLYPH_DRAWS draws by which points are off */
};

#define GLYPH_DRAWS 200

/* A hand as people have it: slanted, turned by up to so many degrees, and up to so narrow: glyphs
 * are from `narrowest` to 1 times as wide as high. */
struct hand hand_draw(struct draws *draws, float narrowest, float degrees);

/* Draw a glyph in the middle of the page. */
void glyph_draw(struct page *page, const char *glyph, const struct hand *hand);

/* A curve through all points (Catmull & Rom 1974), or straight lines. */
#define GLYPH_POINTS 32 /* of a stroke, at most */
void glyph_stroke(struct page *page, const struct point *points, int count, bool curved,
				  float radius);

#endif
