/* A small page, black and white, on which images are drawn before they are brought to MNIST's
 * form. */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/replace.h"

#define PAGE_SIDE 80

/* Pixel (x, y) covers the square from x to x + 1 and from y to y + 1. */
struct page {
	bool ink[PAGE_SIDE][PAGE_SIDE];
};

struct point {
	float x, y;
};

/* A straight line by a round pen; a dot where both ends are the same. */
void page_line(struct page *page, struct point from, struct point to, float radius);

/* A polygon's inside gets ink, or loses it; where its outline crosses itself, the even-odd rule
 * decides. */
void page_fill(struct page *page, const struct point *corners, int count, bool ink);

/* A linear map of the plane: (x, y) goes to (xx × x + xy × y, yx × x + yy × y). */
struct matrix {
	float xx, xy;
	float yx, yy;
};

/* A digit's strokes: pixels brighter than 127, read bilinearly. Pixel 14 of the image, where
 * MNIST's centre of mass lies, comes to `middle`; `back` leads from the page to the image: with xx
 * = yy = 0.5 the digit is drawn twice as large. */
void page_digit(struct page *page, const uint8_t pixels[REPLACE_PIXELS], struct point middle,
				const struct matrix *back);

/* Bring what is drawn to MNIST's form: its longer side becomes 20 pixels, grey at the edges, and
 * its centre of mass comes to lie in pixel 14 of the 28×28. A blank page stays blank. */
void page_form(const struct page *page, uint8_t pixels[REPLACE_PIXELS]);

#endif
