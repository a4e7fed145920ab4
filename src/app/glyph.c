/* From text to strokes, from strokes to the page. */
#include "app/glyph.h"

#include <string.h>

#include "compute/math.h"

#define PI 3.14159265358979323846f
#define MIDDLE (PAGE_SIDE / 2.0f)
#define PIECES 6 /* straight lines for a curve from one point to the next */

/* clang-format off */
const char *const glyph_digits[10][GLYPH_STYLES] = {
	{"50~81~95~88~59~18~05~11~50", "50~81~95~88~59~18~05~11~50 80-19"},
	{"25-60-69", "14-60-69", "05-60-69", "26-70-69", "15-70-69", "04-50-59", "34~50~60 60-69",
	 "14~40~60 60-69", "24-60-69 39-89", "34-60-69 29-99"},
	{"13~30~70~82~65~19 19-99", "12~40~72~65~28~29~46~58~99"},
	{"11~50~82~44 44~86~59~18", "10-80-44 44~76~79~48~18"},
	{"30-15-85 62-69", "20-25-85 70-79", "40-16-96 72-69", "21~25~46~85 80-79", "50-16-96 50-59"},
	{"22-24 24~54~86~79~48~18 30-80", "20-24 24~54~86~69~18 50-90", "80-20-14 14~54~86~69~28"},
	{"70~33~16~38~69~87~65~26", "60-17 17~39~79~96~65~17", "80~31~16~39~79~86~55~17"},
	{"10-80-39 24-74", "12-10-80-49 35-85", "10-80-49 25-85", "11~50~80 80-39 34-84",
	 "11-90-39 25-84", "10-80-39"},
	{"50~82~54~22~50 54~87~59~17~54", "82~40~22~55~87~59~27~54~82"},
	{"83~50~22~45~74~83 83-79", "84~60~22~35~75~84 84~77~59~29", "80~40~13~35~74~80 80-69"},
};

const char *const glyph_letters[GLYPH_LETTERS] = {
	/* A E F H K M N */
	"09-40-89 16-76", "80-10-19-89 14-64", "80-10-19 14-64", "10-19 80-89 15-85",
	"10-19 80-15-89", "09-10-46-80-99", "09-00-45-90-99", "19-10-79-70",
	/* P R T V W X Y */
	"10-19 10~60~83~55~15", "10-19 10~60~83~55~15 45-89", "00-90 50-59", "00-49-90",
	"00-29-52-79-90", "00~29~53~79~90", "00-89 90-09", "10~79 80~19", "00-45-90 45-49",
	/* a d e f h k m n r t w x */
	"12~50~73~79 74~36~17~49~77", "76~45~15~27~49~78 80-79", "15-85 85~72~32~15~38~69~88",
	"80~61~59 25-85", "10-19 16~44~74~79", "10-19 74-16-79", "03-09 05~24~44~49 45~64~84~89",
	"13-19 15~43~74~79", "23-29 26~43~73", "40~47~69~88 13-83", "03-29-54-79-93",
	"03~19~39~54 54~59~79~93", "14-79 74-19",
	/* the same once more, as round or slim */
	"13~40~71~75~98 75~34~17~39~76", "75~63~33~15~38~68~75 73~78~99",
	"76~44~16~49~77 80-79", "04-94 94~71~40~11~04~17~59~98", "15-84 84~61~31~15~38~68~87",
	"90~61~53~59 24-84", "30-37 37~49~78 03-73", "41-46 46~59~88 14-84", "50-59 13-93",
	/* with serifs: A E F H K M N R T W X Y, a d f h n r */
	"09-29 69-99 19-50-89 26-75", "82-80-10-19-89-87 14-54 53-55", "82-80-10-19 14-54 53-55 09-29",
	"00-20 70-90 09-29 79-99 10-19 80-89 15-85", "00-20 60-90 09-29 69-99 10-19 80-15-89",
	"00-10-46-80-90 09-29 79-99 10-19 80-89", "00-20 70-90 09-29 19-10-89-80",
	"00-10-19 10~60~83~55~15 45-79-99 09-29", "02-00-90-92 50-59 39-69",
	"00-20 70-90 10-39-53-69-80", "00-30 60-90 09-39 69-99 10-89 80-19",
	"00-30 60-90 10-45-80 45-49 29-69", "12~50~73~79 79-99 74~36~17~49~77",
	"60-80-89 76~44~16~49~77 79-99", "90~61~53~59 24-84 39-79", "00-20-29 25~54~75~79 09-39 69-99",
	"03-23-29 25~54~75~79 09-39 69-99", "03-23-29 25~54~84 09-39",
	/* Gamma, Pi, Psi, Phi, Zhe, I, Sha, Ya, Yu, De, Lambda */
	"19-10-80", "00-90 20-29 70-79", "50-59 00~15~50~85~90", "50-59 52~83~86~57~26~23~52",
	"50-59 10-55-80 19-55-89", "10-19-80-89", "00-09-99-90 50-59", "80-89 80~30~13~45~85 55-19",
	"00-09 04-34 60~93~96~69~46~43~60", "08-98 08-09 98-99 18-30-70-78", "09-40-89",
	/* rows of letters, and a letter with a dot or a roof */
	"00-09 30-39 04-34 60-69", "00-09 03~40~45~05 60-69-99", "09-20-49 06-36 50-95 90-55 75-79",
	"02-09 02-39-32 60-69 60-90 65-85", "12-49-72 20-40 50-70",
};

const char *const glyph_signs[GLYPH_SIGNS] = {
	/* plus, cross, asterisks, hash, grid, arrows, double arrow */
	"50-59 05-95", "10-89 90-09", "50-59 14-87 84-17", "50-59 05-95 12-88 82-18",
	"30-29 70-69 03-93 06-96", "00-90-99-09-00 30-39 60-69 03-93 06-96", "05-95 62-95-68",
	"05-95 63-95-67 33-05-37",
	/* chevrons, less or equal, more or equal, brackets, an arch, a mirrored E, T on its sides */
	"20-75-29", "70-15-79", "05-51-95", "80-13-86 18-89", "10-83-16 18-89", "90-00-09-99",
	"00-90-99-09", "09~11~50~91~99", "10-80-89-19 15-85", "50-59 09-99", "10-19 15-85",
	"80-89 15-85",
	/* boxes: empty, with a cross, a plus, a dot, a tick, a box; an envelope; a house */
	"00-90-99-09-00", "01-91-98-08-01", "00-90-99-09-00 00-99 90-09",
	"00-90-99-09-00 50-59 05-95", "00-90-99-09-00 44-55", "00-90-99-09-00 25-47-82",
	"00-90-99-09-00 33-63-66-36-33", "01-91-98-08-01 01-56-91", "04-50-94 14-19-89-84",
	"04-50-94 14-19-89-84 49-46-66-69",
	/* circles: with a cross, a plus, a dot, two, a line, a circle, a face */
	"50~81~95~88~59~18~05~11~50 18-81 11-88", "50~81~95~88~59~18~05~11~50 50-59 05-95",
	"50~81~95~88~59~18~05~11~50 54-55", "50~81~95~88~59~18~05~11~50 33-34 73-74",
	"50~81~95~88~59~18~05~11~50 05-95", "50~81~95~88~59~18~05~11~50 52~74~56~34~52",
	"50~81~95~88~59~18~05~11~50 33-33 63-63 26~47~66",
	"50~81~95~88~59~18~05~11~50 33-33 63-63 27~46~67",
	"50~81~95~88~59~18~05~11~50 33-33 73-73 36-66 54-55",
	"50~81~95~88~59~18~05~11~50 33-33 63-63 56~67~58~47~56",
	/* star, triangle, heart, diamond, sun, wave, zigzag */
	"50-79-03-93-29-50", "50-63-94-66-79-58-29-46-14-43-50", "50-99-09-50", "00-90-59-00",
	"52~30~04~59 52~80~94~59", "50-95-59-05-50 50-59",
	"53~75~57~35~53 50-51 58-59 05-15 85-95 12-23 82-73 18-27 88-77", "05~22~48~75~92",
	"05-22-37-52-67-82-97", "03-15-23-35-43-55-63-75-83",
	/* parallel lines, a lying arc, a bar and dots, corners, a ladder, a comb */
	"02-92 07-97", "01-91 05-95 09-99", "00-90 03-93 06-96 09-99", "10-19 50-59 90-99",
	"20-29 70-79", "02~45~92", "07~34~64~97", "05-95", "11-11 55-55 99-99", "15-15 55-55 95-95",
	"10-10 80-80", "03-30 69-96", "20-29 70-79 22-72 25-75 28-78",
	"09-99 09-04 39-34 69-64 99-94",
	/* stick man, face without a rim, cat, fish, flower, tree, cup, key, umbrella, glasses, flag */
	"50~61~52~41~50 52-56-29 56-89 24-54-84", "32-33 62-63 17~49~77",
	"32-33 62-63 18~46~78 54-55", "82-80-62-42-20-21 21~17~59~97~82 44-44 64-64 46-66",
	"05~33~73~96 05~37~77~96 94-97 93-98 24-24",
	"53~64~55~44~53 53~50~30~44 64~92~84~55 55~78~57~45 44~16~12~34 55-59",
	"50-94-73-97-17-43-14-50 57-59", "11-19-79-71-11 74~93~77",
	"22~43~25~04~22 43-94 84-87 94-97", "94-04 04~20~70~94 50-57 57~69~76",
	"14~34~37~17~14 64~84~87~67~64 35-65", "20-29 20-82-24",
	/* tick and cross, scissors, a knot, an eye, a bow */
	"15-39-81", "15-39-81 05-05", "00-77 70-07 87~98~89~78~87 17~28~19~08~17",
	"04-94 30-38 60-68 12-82", "05~42~95 05~48~95 54-55", "00-09-90-99-00 45-45",
};
/* clang-format on */

struct hand hand_draw(struct draws *draws, float narrowest, float degrees)
{
	const float size = draws_between(draws, 5.2f, 6.0f); /* pixels for a unit */
	const float width = size * draws_between(draws, narrowest, 1);
	const float slant = draws_between(draws, -0.2f, 0.4f);
	const float angle = draws_between(draws, -degrees, degrees) * PI / 180;
	const float radius = draws_between(draws, 3, 7);
	const float wobble = draws_between(draws, 0.1f, 0.6f);
	struct hand hand = {.radius = radius, .wobble = wobble, .rng = draws->rng, .draw = draws->next};
	float sine, cosine;

	draws->next += GLYPH_DRAWS;
	math_sin_cos(angle, &sine, &cosine);
	hand.matrix.xx = cosine * width;
	hand.matrix.xy = -sine * size - cosine * size * slant;
	hand.matrix.yx = sine * width;
	hand.matrix.yy = cosine * size - sine * size * slant;
	return hand;
}

/* The same point of the grid is off by the same amount in all strokes, so that they still meet. */
static struct point place(const struct hand *hand, const char *figures)
{
	const int x = figures[0] - '0', y = figures[1] - '0';
	const uint64_t draw = hand->draw + (uint64_t)(10 * x + y) * 2;
	const float u = (float)x - 4.5f + hand->wobble * (2 * rng_uniform(hand->rng, draw) - 1);
	const float v = (float)y - 4.5f + hand->wobble * (2 * rng_uniform(hand->rng, draw + 1) - 1);

	return (struct point){MIDDLE + hand->matrix.xx * u + hand->matrix.xy * v,
						  MIDDLE + hand->matrix.yx * u + hand->matrix.yy * v};
}

/* The curve from b to c, which comes from a and goes on to d: at b it runs parallel to the line
 * from a to c. */
static float between(float a, float b, float c, float d, float t)
{
	return b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))) / 2;
}

void glyph_stroke(struct page *page, const struct point *points, int count, bool curved,
				  float radius)
{
	const int last = count - 1;
	const bool closed = points[0].x == points[last].x && points[0].y == points[last].y;

	if (count == 1)
		page_line(page, points[0], points[0], radius);
	for (int i = 0; i < last; i++) {
		const struct point b = points[i], c = points[i + 1];
		const struct point a = i > 0 ? points[i - 1] : closed ? points[last - 1] : b;
		const struct point d = i + 2 <= last ? points[i + 2] : closed ? points[1] : c;
		struct point from = b;

		for (int k = 1; k <= PIECES; k++) {
			const float t = (float)k / PIECES;
			struct point to = {between(a.x, b.x, c.x, d.x, t), between(a.y, b.y, c.y, d.y, t)};

			if (!curved) {
				to = c;
				k = PIECES;
			}
			page_line(page, from, to, radius);
			from = to;
		}
	}
}

void glyph_draw(struct page *page, const char *glyph, const struct hand *hand)
{
	while (*glyph) {
		struct point points[GLYPH_POINTS];
		bool curved = false;
		int count = 0;

		for (;; glyph++) {
			points[count++] = place(hand, glyph);
			glyph += 2;
			if (*glyph != '-' && *glyph != '~')
				break;
			curved = *glyph == '~';
		}
		glyph_stroke(page, points, count, curved, hand->radius);
		glyph += *glyph == ' ';
	}
}
