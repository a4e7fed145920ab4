/* Planes that are drawn as text, to be compared by eye: '.' is 0, '#' is 1, and a digit so many
 * tenths. Include after cmocka.h. */
#ifndef TESTS_DRAWN_H
#define TESTS_DRAWN_H

#include <stdio.h>
#include <string.h>

#include "picture/digit.h"
#include "picture/grey.h"

#define ROWS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The plane in which each character is a square of `scale` × `scale` pixels; to be freed. */
static inline struct grey drawn(const char *const *rows, int scale)
{
	const int width = (int)strlen(rows[0]);
	struct error error;
	struct grey plane;
	int height = 0;

	while (rows[height])
		height++;
	assert_int_equal(grey_new(width * scale, height * scale, &plane, &error), 0);
	for (int y = 0; y < plane.height; y++)
		for (int x = 0; x < plane.width; x++) {
			const char c = rows[y / scale][x / scale];
			grey_row(&plane, y)[x] = c == '#' ? 1.0f : c == '.' ? 0.0f : (float)(c - '0') / 10.0f;
		}
	return plane;
}

/* Fail, with the plane as text, unless it is the one drawn, to the nearest tenth. */
static inline void assert_drawn(const struct grey *plane, const char *const *rows)
{
	bool same = true;

	for (int y = 0; y < plane->height; y++)
		for (int x = 0; same && x < plane->width; x++) {
			const int tenths = (int)(grey_row(plane, y)[x] * 10.0f + 0.5f);
			same = rows[y] && (int)strlen(rows[y]) == plane->width &&
				   rows[y][x] == (tenths <= 0    ? '.'
								  : tenths >= 10 ? '#'
												 : (char)('0' + tenths));
		}
	if (same && !rows[plane->height])
		return;
	for (int y = 0; y < plane->height; y++, putchar('\n'))
		for (int x = 0; x < plane->width; x++) {
			const int tenths = (int)(grey_row(plane, y)[x] * 10.0f + 0.5f);
			putchar(tenths <= 0 ? '.' : tenths >= 10 ? '#' : '0' + tenths);
		}
	fail_msg("the plane above is not the one expected, which begins with %s", rows[0]);
}

/* The columns that the strokes of a digit in MNIST's form take. */
static inline int width_of(const uint8_t pixels[DIGIT_PIXELS])
{
	struct box box = {DIGIT_SIDE, DIGIT_SIDE, 0, 0};

	for (int i = 0; i < DIGIT_PIXELS; i++)
		if (pixels[i] > 127)
			box_include(&box, i % DIGIT_SIDE, i / DIGIT_SIDE);
	return box_width(&box);
}

#endif
