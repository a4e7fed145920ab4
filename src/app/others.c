/* The kinds of others. None may look like a digit: what is made of digits is left out where it
 * might, as a 6 upside down or two 0 one above the other. */
#include "app/others.h"

#include <math.h>
#include <string.h>

#include "app/glyph.h"
#include "compute/math.h"

#define PI 3.14159265358979323846f
#define SIDE REPLACE_SIDE
#define MIDDLE (PAGE_SIDE / 2.0f)

/* An image in the making. No two arguments of a call draw, since C leaves open which of them would
 * come first. */
struct maker {
	const struct replacer *replacer;
	struct draws *draws;
	struct page page;
	uint8_t *pixels;
};

static float between(struct maker *maker, float low, float high)
{
	return draws_between(maker->draws, low, high);
}

static int below(struct maker *maker, int count)
{
	return draws_below(maker->draws, count);
}

static bool chance(struct maker *maker, float probability)
{
	return between(maker, 0, 1) < probability;
}

/* ---- made of digits ---- */

/* A training image, if possible of one of the classes named, as "24578". */
static uint32_t find(struct maker *maker, const char *classes)
{
	const struct replacer *replacer = maker->replacer;
	uint32_t image;
	int tries = 32;

	do {
		const int place = below(maker, (int)replacer->count);
		image = replacer->indices ? replacer->indices[place] : (uint32_t)place;
	} while (!strchr(classes, '0' + replacer->dataset->labels[image]) && --tries);
	return image;
}

static void put(struct maker *maker, uint32_t image, struct point middle, struct matrix back)
{
	page_digit(&maker->page, dataset_image(maker->replacer->dataset, (size_t)image), middle, &back);
}

static void clear(struct maker *maker, float left, float top, float right, float bottom)
{
	const struct point corners[] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};

	page_fill(&maker->page, corners, 4, false);
}

/* Half of a digit, cut through its middle. */
static void half(struct maker *maker)
{
	const float cut = MIDDLE + between(maker, -5, 5), end = PAGE_SIDE;
	const struct matrix large = {0.38f, 0, 0, 0.38f};
	const bool upright = chance(maker, 0.5f);
	const uint32_t image = find(maker, upright ? "38" : "04");

	put(maker, image, (struct point){MIDDLE, MIDDLE}, large);
	if (upright) /* the left half stays */
		clear(maker, cut, 0, end, end);
	else /* the upper one */
		clear(maker, 0, cut, end, end);
}

/* Two digits on top of each other, well apart. */
static void join(struct maker *maker)
{
	const float angle = between(maker, -PI, PI), apart = between(maker, 8, 16);
	const struct matrix size = {0.5f, 0, 0, 0.5f};
	float sine, cosine;

	math_sin_cos(angle, &sine, &cosine);
	put(maker, find(maker, "234567890"),
		(struct point){MIDDLE + apart * cosine, MIDDLE + apart * sine}, size);
	put(maker, find(maker, "23456789"),
		(struct point){MIDDLE - apart * cosine, MIDDLE - apart * sine}, size);
}

/* Two or three digits side by side. */
static void row(struct maker *maker)
{
	const int count = 2 + below(maker, 2);
	const float pitch = between(maker, 17, 26);

	for (int i = 0; i < count; i++) {
		const float across = between(maker, 0.8f, 1.2f), down = between(maker, 0.7f, 1.1f);
		const float x = MIDDLE + ((float)i - (float)(count - 1) / 2) * pitch;

		const float y = MIDDLE + between(maker, -4, 4);

		put(maker, find(maker, i ? "0123456789" : "023456789"), (struct point){x, y},
			(struct matrix){across, 0, 0, down});
	}
}

/* Two digits, one above the other. */
static void column(struct maker *maker)
{
	for (int i = 0; i < 2; i++) {
		const float x = MIDDLE + between(maker, -4, 4), y = i ? MIDDLE + 17 : MIDDLE - 17;

		put(maker, find(maker, "23458"), (struct point){x, y}, (struct matrix){0.8f, 0, 0, 0.8f});
	}
}

/* A quarter turn to either side. */
static void turned(struct maker *maker)
{
	const float to = chance(maker, 0.5f) ? 0.5f : -0.5f;

	put(maker, find(maker, "35"), (struct point){MIDDLE, MIDDLE}, (struct matrix){0, to, -to, 0});
}

static void mirrored(struct maker *maker)
{
	put(maker, find(maker, "3"), (struct point){MIDDLE, MIDDLE},
		(struct matrix){-0.5f, 0, 0, 0.5f});
}

/* A digit with a circle or a box around it. */
static void framed(struct maker *maker)
{
	static const char *const frames[] = {"50~81~95~88~59~18~05~11~50", "00-90-99-09-00"};
	const float size = between(maker, 0.6f, 1);
	struct hand hand = hand_draw(maker->draws, 0.8f, 8);

	hand.radius /= 2;
	glyph_draw(&maker->page, frames[below(maker, 2)], &hand);
	put(maker, find(maker, "0123456789"), (struct point){MIDDLE, MIDDLE},
		(struct matrix){size, 0, 0, size});
}

/* A digit with strokes across, as it is when it is struck out. */
static void struck(struct maker *maker)
{
	const float radius = between(maker, 2, 6);

	put(maker, find(maker, "2356890"), (struct point){MIDDLE, MIDDLE},
		(struct matrix){0.5f, 0, 0, 0.5f});
	for (int i = 0; i < 2; i++) {
		const float rise = between(maker, -25, 25), y = MIDDLE + between(maker, -14, 14);
		page_line(&maker->page, (struct point){8, y + (i ? rise : -rise)},
				  (struct point){PAGE_SIDE - 8, y - rise}, radius);
	}
}

/* ---- drawn with a pen ---- */

/* One of the glyphs, `size` times as large as usual. */
static void glyph(struct maker *maker, const char *const *glyphs, int most, float narrowest,
				  float size)
{
	int count = 0;

	while (count < most && glyphs[count])
		count++;
	const char *chosen = glyphs[below(maker, count)];
	struct hand hand = hand_draw(maker->draws, narrowest, 12);
	hand.radius *= size;
	hand.matrix.xx *= size;
	hand.matrix.xy *= size;
	hand.matrix.yx *= size;
	hand.matrix.yy *= size;
	glyph_draw(&maker->page, chosen, &hand);
}

static void letter(struct maker *maker)
{
	glyph(maker, glyph_letters, GLYPH_LETTERS, 0.5f, 1);
}

static void sign(struct maker *maker)
{
	glyph(maker, glyph_signs, GLYPH_SIGNS, 0.8f, 1);
}

static struct point anywhere(struct maker *maker)
{
	const float x = between(maker, 8, PAGE_SIDE - 8);

	return (struct point){x, between(maker, 8, PAGE_SIDE - 8)};
}

/* One long stroke to and fro. */
static void scribble(struct maker *maker)
{
	const int count = 9 + below(maker, 14);
	const float radius = between(maker, 2, 7);
	const bool curved = chance(maker, 0.6f);
	struct point points[GLYPH_POINTS];

	for (int i = 0; i < count; i++)
		points[i] = anywhere(maker);
	glyph_stroke(&maker->page, points, count, curved, radius);
}

/* Strokes that have nothing to do with each other, as in a script that one cannot read. */
static void strokes(struct maker *maker)
{
	const float radius = between(maker, 2.5f, 7);

	for (int i = 4 + below(maker, 5); i > 0; i--) {
		struct point points[3];

		for (int k = 0; k < 3; k++)
			points[k] = anywhere(maker);
		if (chance(maker, 0.4f)) /* as most strokes of letters: level or upright */
			points[1].y = points[0].y;
		else if (chance(maker, 0.5f))
			points[1].x = points[0].x;
		glyph_stroke(&maker->page, points, chance(maker, 0.7f) ? 2 : 3, true, radius);
	}
}

/* Points on a circle, joined in order or by jumps: polygons, stars; or spokes from its middle. */
static void star(struct maker *maker)
{
	const int corners = 3 + below(maker, 7), jump = corners > 4 ? 1 + below(maker, 2) : 1;
	const float begin = between(maker, -PI, PI), radius = between(maker, 2, 7);
	const float flat = between(maker, 0.7f, 1), inner = between(maker, 0.3f, 0.8f);
	const bool spokes = chance(maker, 0.35f), filled = chance(maker, 0.4f);
	struct point points[2 * 9 + 1];

	for (int i = 0; i < 2 * corners; i++) {
		const int place = filled ? i : 2 * (i * jump % corners);
		const float size = 30 * (filled && i % 2 ? inner : 1);
		float sine, cosine, angle = begin + PI * (float)place / (float)corners;

		math_sin_cos(angle > PI ? angle - 2 * PI : angle, &sine, &cosine);
		points[i] = (struct point){MIDDLE + size * cosine, MIDDLE + size * flat * sine};
		if (spokes && i < corners)
			page_line(&maker->page, (struct point){MIDDLE, MIDDLE}, points[i], radius);
	}
	if (filled)
		page_fill(&maker->page, points, 2 * corners, true);
	else if (!spokes || chance(maker, 0.5f))
		glyph_stroke(&maker->page, points, corners + 1, false, radius);
}

/* ---- filled ---- */

/* Both sides of clothes, cups, trees, faces: a symmetric outline, often with holes. */
static void silhouette(struct maker *maker)
{
	enum { LEVELS = 7 };
	const float height = between(maker, 20, 34), slant = between(maker, -0.2f, 0.2f);
	const bool smooth = chance(maker, 0.5f);
	float width = between(maker, 8, 32);
	struct point corners[2 * LEVELS];

	for (int i = 0; i < LEVELS; i++) {
		const float y = height * (2 * (float)i / (LEVELS - 1) - 1);

		corners[i] = (struct point){MIDDLE + slant * y + width, MIDDLE + y};
		corners[2 * LEVELS - 1 - i] = (struct point){MIDDLE + slant * y - width, MIDDLE + y};
		width = smooth ? width + between(maker, -9, 9) : between(maker, 8, 34);
		width = width < 8 ? 8 : width > 34 ? 34 : width;
	}
	page_fill(&maker->page, corners, 2 * LEVELS, true);
	for (int i = below(maker, 4); i > 0; i--) {
		const float x = between(maker, -16, 16), y = between(maker, -24, 24);
		const float w = between(maker, 2, 8), h = between(maker, 2, 8);
		clear(maker, MIDDLE + x - w, MIDDLE + y - h, MIDDLE + x + w, MIDDLE + y + h);
	}
}

/* Discs and bars, apart or grown together. */
static void blob(struct maker *maker)
{
	const float radius = between(maker, 6, 16);

	for (int i = 1 + below(maker, 6); i > 0; i--) {
		const struct point from = anywhere(maker);
		const float reach = between(maker, 0, 20);

		page_line(&maker->page, from, (struct point){from.x + reach, from.y}, radius);
	}
}

/* A sign in white on a filled box or disc. */
static void badge(struct maker *maker)
{
	const struct point middle = {MIDDLE, MIDDLE};
	struct page base = {{{false}}};

	if (chance(maker, 0.6f)) {
		page_line(&base, middle, middle, between(maker, 32, 40));
	} else {
		const float w = between(maker, 30, 38), h = between(maker, 28, 38);
		const struct point corners[] = {{MIDDLE - w, MIDDLE - h},
										{MIDDLE + w, MIDDLE - h},
										{MIDDLE + w, MIDDLE + h},
										{MIDDLE - w, MIDDLE + h}};
		page_fill(&base, corners, 4, true);
	}
	if (chance(maker, 0.3f))
		glyph(maker, glyph_letters, GLYPH_LETTERS, 0.5f, between(maker, 0.5f, 0.9f));
	else
		glyph(maker, glyph_signs, GLYPH_SIGNS, 0.8f, between(maker, 0.4f, 0.9f));
	for (int y = 0; y < PAGE_SIDE; y++)
		for (int x = 0; x < PAGE_SIDE; x++)
			maker->page.ink[y][x] = base.ink[y][x] && !maker->page.ink[y][x];
}

/* A polygon of any shape. */
static void shard(struct maker *maker)
{
	const int count = 4 + below(maker, 6);
	struct point corners[9];

	for (int i = 0; i < count; i++) {
		const float size = between(maker, 14, 36);
		float sine, cosine;

		math_sin_cos(2 * PI * ((float)i / (float)count - 0.5f), &sine, &cosine);
		corners[i] = (struct point){MIDDLE + size * cosine, MIDDLE + size * sine};
	}
	page_fill(&maker->page, corners, count, true);
}

/* ---- textures ---- */

/* Values between 0 and 1 on a grid of cells × cells, as steps or with ramps between them. */
static void noise(struct maker *maker, int cells, bool ramps, float field[SIDE][SIDE])
{
	float grid[SIDE + 1][SIDE + 1];

	for (int y = 0; y <= cells; y++)
		for (int x = 0; x <= cells; x++)
			grid[y][x] = between(maker, 0, 1);
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			const float u = (float)(x * cells) / SIDE, v = (float)(y * cells) / SIDE;
			const int i = (int)u, j = (int)v;
			const float right = ramps ? u - (float)i : 0, below_it = ramps ? v - (float)j : 0;
			const float upper = grid[j][i] * (1 - right) + grid[j][i + 1] * right;
			const float lower = grid[j + 1][i] * (1 - right) + grid[j + 1][i + 1] * right;
			field[y][x] = upper * (1 - below_it) + lower * below_it;
		}
}

/* Gradients, stripes, checks and rings of any direction. */
static void pattern(struct maker *maker, float field[SIDE][SIDE])
{
	const float period = between(maker, 3, 14), phase = between(maker, 0, 1);
	const int kind = below(maker, 4);
	float sine, cosine;

	math_sin_cos(between(maker, -PI, PI), &sine, &cosine);
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			const float px = (float)x - 13.5f, py = (float)y - 13.5f;
			const float u = (px * cosine + py * sine) / period + phase;
			const float v = (py * cosine - px * sine) / period + phase;
			const float away = sqrtf(px * px + py * py);

			if (kind == 0)
				field[y][x] = 0.5f + (px * cosine + py * sine) / 36;
			else if (kind == 1)
				field[y][x] = u - floorf(u);
			else if (kind == 2)
				field[y][x] = (u - floorf(u) < 0.5f) != (v - floorf(v) < 0.5f) ? 0.9f : 0.1f;
			else
				field[y][x] = period > 9 ? 1 - away / 20 : away / period - floorf(away / period);
		}
}

/* Noise or a pattern in grey or black and white, all over the image or in a box or ellipse. */
static void texture(struct maker *maker)
{
	static const int cells[] = {2, 3, 4, 5, 7, 10, 14, 20, 28};
	const bool black_white = chance(maker, 0.5f), ramps = chance(maker, 0.5f);
	const float least = between(maker, 0.3f, 0.8f), bright = between(maker, 0.3f, 1.3f);
	const float width = between(maker, 6, 16), height = between(maker, 8, 16);
	const bool ellipse = chance(maker, 0.3f);
	float field[SIDE][SIDE];

	if (chance(maker, 0.5f))
		pattern(maker, field);
	else
		noise(maker, cells[below(maker, (int)(sizeof cells / sizeof *cells))], ramps, field);
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			const float u = ((float)x - 13.5f) / width, v = ((float)y - 13.5f) / height;
			const bool outside = ellipse ? u * u + v * v > 1 : u < -1 || u > 1 || v < -1 || v > 1;
			float grey = outside ? 0 : black_white ? (field[y][x] > least ? 1 : 0) : field[y][x];

			grey *= bright;
			maker->pixels[y * SIDE + x] = (uint8_t)(255 * (grey < 0 ? 0 : grey > 1 ? 1 : grey));
		}
}

/* Nearly nothing: grey all over, and a few specks. */
static void blank(struct maker *maker)
{
	const float paper = chance(maker, 0.5f) ? 0 : between(maker, 0, 255);

	memset(maker->pixels, (int)paper, REPLACE_PIXELS);
	for (int i = below(maker, 8); i > 0; i--) {
		const int size = 1 + below(maker, 3), x = below(maker, SIDE - 3),
				  y = below(maker, SIDE - 3);
		const int grey = 60 + below(maker, 196);

		for (int j = 0; j < size; j++)
			memset(maker->pixels + (y + j) * SIDE + x, grey, (size_t)size);
	}
}

/* The grey of a photograph for what is drawn in white. */
static void shade(struct maker *maker)
{
	const float dark = between(maker, 0, 0.9f), bright = between(maker, 0.6f, 1.2f);
	const int cells = 2 + below(maker, 9);
	float field[SIDE][SIDE];

	noise(maker, cells, chance(maker, 0.7f), field);
	for (int i = 0; i < REPLACE_PIXELS; i++) {
		const float grey = bright * (dark + (1 - dark) * field[i / SIDE][i % SIDE]);
		const float shaded = (float)maker->pixels[i] * (grey < 1 ? grey : 1);
		maker->pixels[i] = (uint8_t)shaded;
	}
}

/* ---- all of them ---- */

static const struct kind {
	void (*make)(struct maker *maker);
	float weight;  /* the kind is chosen so often, in proportion */
	bool is_drawn; /* on the page, which is then brought to MNIST's form */
	float shaded;  /* the share that becomes grey */
} kinds[OTHER_KINDS] = {
	{half, 3, true, 0},           {join, 6, true, 0},     {row, 9, true, 0},
	{column, 3, true, 0},         {turned, 3, true, 0},   {mirrored, 2, true, 0},
	{framed, 8, true, 0},         {struck, 3, true, 0},   {letter, 48, true, 0.05f},
	{sign, 26, true, 0.05f},      {scribble, 6, true, 0}, {strokes, 10, true, 0},
	{star, 8, true, 0.1f},        {badge, 7, true, 0},    {blob, 5, true, 0.3f},
	{silhouette, 12, true, 0.6f}, {shard, 5, true, 0.4f}, {texture, 14, false, 0},
	{blank, 1, false, 0},
};

void other_make_kind(int kind, const struct replacer *replacer, struct draws *draws,
					 uint8_t pixels[REPLACE_PIXELS])
{
	struct maker maker = {.replacer = replacer, .draws = draws, .pixels = pixels};

	kinds[kind].make(&maker);
	if (kinds[kind].is_drawn)
		page_form(&maker.page, pixels);
	if (chance(&maker, kinds[kind].shaded))
		shade(&maker);
}

void other_make(const struct replacer *replacer, struct draws *draws,
				uint8_t pixels[REPLACE_PIXELS])
{
	float all = 0;
	int kind = 0;

	for (int i = 0; i < OTHER_KINDS; i++)
		all += kinds[i].weight;
	float place = draws_between(draws, 0, all);
	while (kind < OTHER_KINDS - 1 && place >= kinds[kind].weight)
		place -= kinds[kind++].weight;
	other_make_kind(kind, replacer, draws, pixels);
}
