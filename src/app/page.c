/* Lines, polygons and digits on a page, and the page in MNIST's form. A pixel has ink if its middle
 * lies in what is drawn. */
#include "app/page.h"

#include <string.h>

#define INNER 20 /* the longer side of a digit, in pixels */

static int clamp(float at)
{
	return at < 0 ? 0 : at > PAGE_SIDE ? PAGE_SIDE : (int)at;
}

void page_line(struct page *page, struct point from, struct point to, float radius)
{
	const float dx = to.x - from.x, dy = to.y - from.y, length2 = dx * dx + dy * dy;
	const int left = clamp((dx < 0 ? to.x : from.x) - radius);
	const int right = clamp((dx < 0 ? from.x : to.x) + radius + 1);
	const int top = clamp((dy < 0 ? to.y : from.y) - radius);
	const int bottom = clamp((dy < 0 ? from.y : to.y) + radius + 1);

	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++) {
			float px = (float)x + 0.5f - from.x, py = (float)y + 0.5f - from.y;
			float along = length2 > 0 ? (px * dx + py * dy) / length2 : 0;

			along = along < 0 ? 0 : along > 1 ? 1 : along;
			px -= along * dx;
			py -= along * dy;
			if (px * px + py * py <= radius * radius)
				page->ink[y][x] = true;
		}
}

void page_fill(struct page *page, const struct point *corners, int count, bool ink)
{
	for (int y = 0; y < PAGE_SIDE; y++)
		for (int x = 0; x < PAGE_SIDE; x++) {
			const float px = (float)x + 0.5f, py = (float)y + 0.5f;
			bool inside = false;

			for (int i = 0, j = count - 1; i < count; j = i++) {
				const struct point a = corners[i], b = corners[j];
				if ((a.y > py) != (b.y > py) && px < a.x + (b.x - a.x) * ((py - a.y) / (b.y - a.y)))
					inside = !inside;
			}
			if (inside)
				page->ink[y][x] = ink;
		}
}

void page_digit(struct page *page, const uint8_t pixels[REPLACE_PIXELS], struct point middle,
				const struct matrix *back)
{
	for (int y = 0; y < PAGE_SIDE; y++)
		for (int x = 0; x < PAGE_SIDE; x++) {
			const float px = (float)x + 0.5f - middle.x, py = (float)y + 0.5f - middle.y;
			const float u = back->xx * px + back->xy * py + 14;
			const float v = back->yx * px + back->yy * py + 14;

			if (!(u >= 0 && v >= 0 && u < REPLACE_SIDE - 1 && v < REPLACE_SIDE - 1))
				continue;
			const uint8_t *p = pixels + (int)v * REPLACE_SIDE + (int)u;
			const float right = u - (float)(int)u, below = v - (float)(int)v;
			const float upper = (float)p[0] * (1 - right) + (float)p[1] * right;
			const float lower =
				(float)p[REPLACE_SIDE] * (1 - right) + (float)p[REPLACE_SIDE + 1] * right;
			if (upper * (1 - below) + lower * below > 127)
				page->ink[y][x] = true;
		}
}

struct extent {
	int left, top, right, bottom;
};

static struct extent extent_of(const struct page *page)
{
	struct extent extent = {PAGE_SIDE, PAGE_SIDE, 0, 0};

	for (int y = 0; y < PAGE_SIDE; y++)
		for (int x = 0; x < PAGE_SIDE; x++) {
			if (!page->ink[y][x])
				continue;
			extent.left = x < extent.left ? x : extent.left;
			extent.top = y < extent.top ? y : extent.top;
			extent.right = x + 1 > extent.right ? x + 1 : extent.right;
			extent.bottom = y + 1;
		}
	return extent;
}

/* shares[i]: how much of pixel i, which begins at i, lies between `from` and `to`. Returns the
 * first that has any; *end is the one behind the last. */
static int share(float from, float to, float shares[PAGE_SIDE], int *end)
{
	const int first = from > 0 ? (int)from : 0;

	*end = to > (float)(int)to ? (int)to + 1 : (int)to;
	*end = *end < PAGE_SIDE ? *end : PAGE_SIDE;
	for (int i = first; i < *end; i++) {
		const float a = (float)i > from ? (float)i : from,
					b = (float)i + 1 < to ? (float)i + 1 : to;
		shares[i] = b - a;
	}
	return first;
}

/* Each of the 20×20 pixels is the mean of a square of the page. Together they cover a square whose
 * side is the longer one of what is drawn, which lies in its middle. */
static void shrink(const struct page *page, const struct extent *extent, float small[INNER][INNER])
{
	const int width = extent->right - extent->left, height = extent->bottom - extent->top;
	const float side = (float)(width > height ? width : height), scale = side / INNER;
	const float left = (float)extent->left - (side - (float)width) / 2;
	const float top = (float)extent->top - (side - (float)height) / 2;
	float rows[PAGE_SIDE][INNER] = {{0}}, shares[PAGE_SIDE];
	int end;

	for (int u = 0; u < INNER; u++) {
		const float from = left + (float)u * scale;

		for (int x = share(from, from + scale, shares, &end); x < end; x++)
			for (int y = extent->top; y < extent->bottom; y++)
				rows[y][u] += page->ink[y][x] ? shares[x] : 0;
	}
	for (int v = 0; v < INNER; v++) {
		const float from = top + (float)v * scale;

		for (int y = share(from, from + scale, shares, &end); y < end; y++)
			for (int u = 0; u < INNER; u++)
				small[v][u] += rows[y][u] * shares[y];
	}
	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++)
			small[v][u] /= scale * scale;
}

/* The row or column at which the 20×20 begin, so that their centre of mass comes to lie inside
 * pixel 14, from 14.0 to 15.0, as src/picture/normalize.c has it. */
static int offset(float centre)
{
	const int most = REPLACE_SIDE - INNER, wanted = (int)(15 - centre);

	return wanted < 0 ? 0 : wanted > most ? most : wanted;
}

void page_form(const struct page *page, uint8_t pixels[REPLACE_PIXELS])
{
	const struct extent extent = extent_of(page);
	float small[INNER][INNER] = {{0}}, mass = 0, mx = 0, my = 0;

	memset(pixels, 0, REPLACE_PIXELS);
	if (extent.bottom == 0)
		return;
	shrink(page, &extent, small);
	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++) {
			mass += small[v][u];
			mx += small[v][u] * ((float)u + 0.5f);
			my += small[v][u] * ((float)v + 0.5f);
		}
	const int left = offset(mx / mass), top = offset(my / mass);
	for (int v = 0; v < INNER; v++)
		for (int u = 0; u < INNER; u++) {
			const float grey = small[v][u] < 1 ? small[v][u] : 1;
			pixels[(top + v) * REPLACE_SIDE + left + u] = (uint8_t)(255 * grey + 0.5f);
		}
}
