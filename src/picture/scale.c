/* Means are exact: areas are counted in whole parts of pixels. */
#include "picture/scale.h"

#include <stdbool.h>
#include <string.h>

#include "picture/grey.h"

/* True where the mean of the outermost pixels is above the middle grey. */
static bool is_border_light(const struct raster *picture)
{
	const size_t width = (size_t)picture->width, height = (size_t)picture->height;
	uint64_t sum = 0, count = 0;

	for (size_t y = 0; y < height; y++) {
		const bool whole = y == 0 || y == height - 1;
		for (size_t x = 0; x < width; x += whole || width == 1 ? 1 : width - 1, count++)
			sum += picture->samples[y * width + x];
	}
	return 2 * sum > count * (uint64_t)picture->maxval;
}

/* The samples of a row that lie between from / parts and to / parts, each times the parts of it
 * that do. */
static uint64_t sum_row(const uint16_t *row, uint64_t from, uint64_t to, uint64_t parts)
{
	uint64_t sum = 0;

	for (uint64_t x = from / parts; x * parts < to; x++) {
		const uint64_t begin = x * parts > from ? x * parts : from;
		const uint64_t end = (x + 1) * parts < to ? (x + 1) * parts : to;
		sum += row[x] * (end - begin);
	}
	return sum;
}

/* A pixel of a picture that is scaled to width × height: it covers a rectangle of the picture's
 * width × height parts, when each of the picture's pixels has width × height of them. With up to
 * 2²⁶ pixels and 16 bits a sample the sum stays below 2⁵⁰. */
static uint8_t mean(const struct raster *picture, uint64_t x, uint64_t y, uint64_t width,
					uint64_t height, bool negative)
{
	const uint64_t across = (uint64_t)picture->width, down = (uint64_t)picture->height;
	const uint64_t whole = across * down * (uint64_t)picture->maxval;
	const uint64_t top = y * down, bottom = top + down;
	uint64_t sum = 0;

	for (uint64_t row = top / height; row * height < bottom; row++) {
		const uint64_t begin = row * height > top ? row * height : top;
		const uint64_t end = (row + 1) * height < bottom ? (row + 1) * height : bottom;
		sum += (end - begin) *
			   sum_row(picture->samples + row * across, x * across, (x + 1) * across, width);
	}
	return (uint8_t)((255 * (negative ? whole - sum : sum) + whole / 2) / whole);
}

void picture_scale(const struct raster *picture, int height, int width, uint8_t *pixels)
{
	const int64_t across = picture->width, down = picture->height;
	const bool is_wide = across * height > down * width;
	const int64_t whole = is_wide ? across : down, room = is_wide ? width : height;
	const int w = int_max((int)((across * room + whole / 2) / whole), 1);
	const int h = int_max((int)((down * room + whole / 2) / whole), 1);
	const int left = (width - w) / 2, top = (height - h) / 2;
	const bool negative = is_border_light(picture);

	memset(pixels, 0, (size_t)height * (size_t)width);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			pixels[(top + y) * width + left + x] =
				mean(picture, (uint64_t)x, (uint64_t)y, (uint64_t)w, (uint64_t)h, negative);
}
