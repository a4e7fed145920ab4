/* Draws pictures of handwriting as people have them, and of things that are no digits, with the
 * right answers: what tests/pictures.sh scores the program on. Each is composed as a real one comes
 * about: a paper, what is printed on it, what is written, the light, the camera, the file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/dataset.h"
#include "base/file.h"
#include "base/number.h"
#include "camera.h"
#include "formats/pnm.h"
#include "strokes.h"

enum writing { DIGIT, PAIR, PAIR_HALF, NUMBER, NUMBERS, LINES, SCRIBBLE, DISC, NOTHING };
enum marks { NO_MARKS, RULED, SQUARED, BOX, CROOKED, CIRCLE, CORNER, FRAME, DESK };
enum texture { SMOOTH, GRAIN, STATIC, GRADIENT, STRIPES, CHECKS, CLOUDS };

struct range {
	float least, most;
};

/* clang-format off */
enum paper_name {
	WHITE, GREY, CREAM, GRAINY, KRAFT, BOARD, LIGHT, DARK, SNOW, FADING, STRIPED, CHECKED, CLOUDY
};
static const struct paper {
	struct range grey; /* 0 is black, 1 white */
	enum texture texture;
} papers[] = {
	[WHITE] = {{0.9f, 0.97f}, SMOOTH},  [GREY] = {{0.65f, 0.8f}, SMOOTH},
	[CREAM] = {{0.82f, 0.9f}, SMOOTH},  [GRAINY] = {{0.75f, 0.92f}, GRAIN},
	[KRAFT] = {{0.48f, 0.6f}, GRAIN},   [BOARD] = {{0.12f, 0.3f}, GRAIN},
	[LIGHT] = {{1, 1}, SMOOTH},         [DARK] = {{0, 0}, SMOOTH},
	[SNOW] = {{0.3f, 0.7f}, STATIC},    [FADING] = {{0.3f, 0.8f}, GRADIENT},
	[STRIPED] = {{0.3f, 0.7f}, STRIPES}, [CHECKED] = {{0.3f, 0.7f}, CHECKS},
	[CLOUDY] = {{0.4f, 0.6f}, CLOUDS},
};

enum pen_name { NO_PEN, BALL, HAIR, PENCIL, FELT, MARKER, CHALK, FINGER, DIM, FAINT };
static const struct pen {
	struct range width; /* in heights of a digit */
	struct range depth; /* how far from the paper's grey towards black, or white on dark paper */
	float grain;        /* how uneven it is, 0 to 1 */
} pens[] = {
	[BALL] = {{0.035f, 0.06f}, {0.6f, 0.9f}, 0.1f},
	[HAIR] = {{0.01f, 0.02f}, {0.7f, 0.95f}, 0},
	[PENCIL] = {{0.035f, 0.06f}, {0.3f, 0.55f}, 0.5f},
	[FELT] = {{0.09f, 0.15f}, {0.8f, 0.97f}, 0},
	[MARKER] = {{0.15f, 0.19f}, {0.85f, 1}, 0},
	[CHALK] = {{0.06f, 0.1f}, {0.5f, 0.85f}, 0.5f},
	[FINGER] = {{0.07f, 0.13f}, {1, 1}, 0},
	[DIM] = {{0.09f, 0.14f}, {0.2f, 0.33f}, 0},
	[FAINT] = {{0.09f, 0.14f}, {0.15f, 0.3f}, 0.3f},
};

static const struct kind {
	const char *name;
	enum pen_name pen;
	enum paper_name paper;
	enum taking_name taking;
	enum marks marks;
	enum writing writing;
	const char *style;   /* what is drawn, of strokes.c; NULL: any digits, half of them MNIST's */
	struct range side;   /* the picture's longer side, in pixels; {0}: 100 to 500 */
	struct range margin; /* around what is written, in heights of a digit; {0}: 0.2 to 0.9 */
	bool square;         /* the picture */
	bool held_out;       /* in the held-out set alone */
} kinds[] = {
	{"plain", BALL, WHITE, .taking = SCAN},
	{"hairline", HAIR, WHITE, .taking = SCAN, .style = "digit"},
	{"pencil", PENCIL, WHITE, .taking = SCAN},
	{"felt", FELT, CREAM, .taking = SCAN},
	{"marker", MARKER, WHITE, .taking = SCAN, .style = "digit"},
	{"grainy", BALL, GRAINY, .taking = SCAN},
	{"chalk", CHALK, BOARD, .taking = PHOTO},
	{"canvas", FINGER, LIGHT, .square = true},
	{"canvas-dark", FINGER, DARK, .square = true},
	{"canvas-wide", FINGER, DARK, .margin = {0.1f, 2}},
	{"flagged-1", BALL, WHITE, .taking = SCAN, .style = "flagged"},
	{"open-4", BALL, WHITE, .taking = SCAN, .style = "open"},
	{"apart-4", BALL, WHITE, .taking = SCAN, .style = "apart"},
	{"bar-5", BALL, WHITE, .taking = SCAN, .style = "bar"},
	{"flat-6", FINGER, LIGHT, .style = "flat", .square = true},
	{"crossed-7", BALL, WHITE, .taking = SCAN, .style = "crossed"},
	{"tiny", FINGER, DARK, .side = {28, 28}, .margin = {0.08f, 0.4f}, .square = true},
	{"tiny-light", FINGER, LIGHT, .side = {28, 28}, .margin = {0.08f, 0.4f}, .square = true},
	{"tiny-dim", DIM, DARK, .side = {28, 28}, .margin = {0.08f, 0.4f}, .square = true},
	{"tiny-faint", FAINT, WHITE, .taking = SMALL, .side = {28, 28}, .margin = {0.08f, 0.4f},
		.square = true},
	{"small", FELT, WHITE, .taking = SCAN, .side = {48, 80}},
	{"large", BALL, WHITE, .taking = PHOTO, .side = {1500, 3000}},
	{"ruled", BALL, WHITE, .taking = PHOTO, .marks = RULED},
	{"squared", BALL, WHITE, .taking = PHOTO, .marks = SQUARED},
	{"box", BALL, WHITE, .marks = BOX, .margin = {0.4f, 1}},
	{"box-slanted", BALL, WHITE, .taking = SCAN, .marks = BOX, .margin = {0.4f, 1}},
	{"box-crooked", BALL, WHITE, .taking = PHOTO, .marks = CROOKED, .margin = {0.4f, 1}},
	{"circle", BALL, WHITE, .taking = SCAN, .marks = CIRCLE, .margin = {0.5f, 1}},
	{"corner", BALL, WHITE, .taking = SCAN, .marks = CORNER, .margin = {0.25f, 0.5f}},
	{"frame", FINGER, LIGHT, .marks = FRAME, .side = {50, 200}, .margin = {0.08f, 0.3f}},
	{"frame-dark", FINGER, DARK, .marks = FRAME, .side = {50, 200}, .margin = {0.08f, 0.3f}},
	{"desk", FELT, WHITE, .taking = PHOTO, .marks = DESK, .margin = {0.8f, 1.6f}},
	{"photo", BALL, WHITE, .taking = PHOTO, .side = {300, 1200}},
	{"soft-shadow", BALL, WHITE, .taking = SOFT_SHADOW},
	{"hard-shadow", BALL, WHITE, .taking = HARD_SHADOW},
	{"vignette", BALL, CREAM, .taking = VIGNETTE},
	{"slanted", BALL, WHITE, .taking = SLANTED},
	{"blurred", FELT, WHITE, .taking = BLURRED},
	{"noisy", FELT, GREY, .taking = NOISY},
	{"blocky", FELT, WHITE, .taking = BLOCKY},
	{"cut", FELT, WHITE, .side = {30, 300}, .margin = {-0.01f, 0.02f}},
	{"far", FELT, WHITE, .taking = PHOTO, .side = {400, 900}, .margin = {2, 5}},
	{"pair", BALL, WHITE, .taking = SCAN, .writing = PAIR},
	{"pair-half", FELT, WHITE, .taking = SCAN, .writing = PAIR_HALF},
	{"number", BALL, WHITE, .taking = PHOTO, .writing = NUMBER, .side = {250, 900}},
	{"number-canvas", FINGER, DARK, .writing = NUMBER, .side = {250, 900}},
	{"numbers", BALL, WHITE, .taking = SCAN, .writing = NUMBERS, .side = {300, 900}},
	{"lines", BALL, WHITE, .taking = SCAN, .writing = LINES, .side = {250, 900}},
	{"blank", NO_PEN, GRAINY, .taking = PHOTO, .writing = NOTHING},
	{"shade", NO_PEN, WHITE, .taking = HARD_SHADOW, .writing = NOTHING},
	{"snow", NO_PEN, SNOW, .writing = NOTHING},
	{"snow-tiny", NO_PEN, SNOW, .writing = NOTHING, .side = {28, 28}, .square = true},
	{"fading", NO_PEN, FADING, .writing = NOTHING, .side = {28, 300}},
	{"striped", NO_PEN, STRIPED, .writing = NOTHING},
	{"checked", NO_PEN, CHECKED, .writing = NOTHING},
	{"disc", FINGER, LIGHT, .writing = DISC},
	{"letter", FELT, WHITE, .taking = SCAN, .style = "letter"},
	{"face", BALL, WHITE, .taking = SCAN, .style = "face"},
	{"scribble", BALL, WHITE, .taking = SCAN, .writing = SCRIBBLE},
	{"empty-box", NO_PEN, WHITE, .taking = SCAN, .marks = BOX, .writing = NOTHING,
		.margin = {0.4f, 1}},
	{"empty-ruled", NO_PEN, WHITE, .taking = PHOTO, .marks = RULED, .writing = NOTHING},

	{"kraft", FELT, KRAFT, .taking = PHOTO, .held_out = true},
	{"pencil-ruled", PENCIL, WHITE, .taking = SCAN, .marks = RULED, .held_out = true},
	{"circle-photo", FELT, GREY, .taking = PHOTO, .marks = CIRCLE, .margin = {0.5f, 1},
		.held_out = true},
	{"desk-shadow", FELT, WHITE, .taking = HARD_SHADOW, .marks = DESK, .margin = {0.8f, 1.6f},
		.held_out = true},
	{"number-squared", BALL, WHITE, .taking = PHOTO, .marks = SQUARED, .writing = NUMBER,
		.side = {300, 900}, .held_out = true},
	{"lines-shadow", FELT, CREAM, .taking = SOFT_SHADOW, .writing = LINES, .side = {300, 900},
		.held_out = true},
	{"chalk-number", CHALK, BOARD, .taking = PHOTO, .writing = NUMBER, .side = {300, 900},
		.held_out = true},
	{"letter-more", BALL, WHITE, .taking = PHOTO, .style = "letter-more", .held_out = true},
	{"arrow", FELT, WHITE, .taking = SCAN, .style = "arrow", .held_out = true},
	{"star", FINGER, DARK, .style = "star", .held_out = true},
	{"house", BALL, WHITE, .taking = SCAN, .style = "house", .held_out = true},
	{"clouds", NO_PEN, CLOUDY, .writing = NOTHING, .held_out = true},
	{"empty-squared", NO_PEN, WHITE, .taking = PHOTO, .marks = SQUARED, .writing = NOTHING,
		.held_out = true},
};
/* clang-format on */

#define KINDS ((int)(sizeof kinds / sizeof *kinds))
#define MOST_SHAPES 12
#define ANSWER 32

struct extent {
	float left, top, right, bottom;
};

/* A picture in the making. Places on the paper are in pixels of the picture as they would be
 * without turn and tilt. */
struct scene {
	const struct kind *kind;
	const struct dataset *dataset;
	uint32_t first_image; /* the half of the data set from which digits are taken */
	struct dice dice;
	struct plane plane; /* its spare: how much of a pixel is covered by what is being drawn */
	float to_picture[9], to_paper[9]; /* homographies, from the picture's middle */
	float digit;                      /* the height of a digit, in pixels */
	float paper, pen;                 /* the paper's grey; the pen's width, in heights */
	struct placed {
		struct shape shape;
		float x, y, height; /* first in heights of a digit, then in pixels */
	} shapes[MOST_SHAPES];
	int count;
	struct extent content; /* what is written, likewise */
	char answer[ANSWER];
};

static float draw_from(struct scene *scene, struct range range)
{
	return dice_between(&scene->dice, range.least, range.most);
}

static float either_sign(struct scene *scene, float value)
{
	return dice_chance(&scene->dice, 0.5f) ? value : -value;
}

static void map_point(const struct scene *scene, const float map[9], float *x, float *y)
{
	const float dx = *x - (float)scene->plane.width / 2, dy = *y - (float)scene->plane.height / 2;
	const float w = map[6] * dx + map[7] * dy + map[8];

	*x = (map[0] * dx + map[1] * dy + map[2]) / w + (float)scene->plane.width / 2;
	*y = (map[3] * dx + map[4] * dy + map[5]) / w + (float)scene->plane.height / 2;
}

static void choose_view(struct scene *scene)
{
	const struct taking *taking = &takings[scene->kind->taking];
	const float turn = either_sign(scene, dice_most(&scene->dice, taking->turn)) * 3.14159f / 180;
	const float side = (float)(scene->plane.width > scene->plane.height ? scene->plane.width
																		: scene->plane.height) /
					   2;
	const float g = either_sign(scene, dice_most(&scene->dice, taking->tilt)) / side;
	const float h = either_sign(scene, dice_most(&scene->dice, taking->tilt)) / side;
	const float c = cosf(turn), s = sinf(turn);
	const float map[9] = {c, -s, 0, s, c, 0, g, h, 1};
	/* The adjugate, which is the inverse but for a factor. */
	const float back[9] = {c, s, 0, -s, c, 0, -(g * c - h * s), -(g * s + h * c), 1};

	memcpy(scene->to_picture, map, sizeof map);
	memcpy(scene->to_paper, back, sizeof back);
}

/* Cover a straight piece of the pen's way on the paper. */
static void cover_piece(struct scene *scene, struct pen_point a, struct pen_point b)
{
	map_point(scene, scene->to_picture, &a.x, &a.y);
	map_point(scene, scene->to_picture, &b.x, &b.y);
	const float dx = b.x - a.x, dy = b.y - a.y, square = fmaxf(dx * dx + dy * dy, 1e-6f);
	const float most = fmaxf(a.radius, b.radius) + 1;
	const int left = (int)fmaxf(fminf(a.x, b.x) - most, 0);
	const int right = (int)fminf(fmaxf(a.x, b.x) + most, (float)scene->plane.width - 1);
	const int top = (int)fmaxf(fminf(a.y, b.y) - most, 0);
	const int bottom = (int)fminf(fmaxf(a.y, b.y) + most, (float)scene->plane.height - 1);

	for (int y = top; y <= bottom; y++)
		for (int x = left; x <= right; x++) {
			const float px = (float)x + 0.5f - a.x, py = (float)y + 0.5f - a.y;
			const float t = clamp((px * dx + py * dy) / square);
			const float radius = a.radius + t * (b.radius - a.radius);
			const float inside = radius - hypotf(px - t * dx, py - t * dy) + 0.5f;
			float *cover = &scene->plane.spare[y * scene->plane.width + x];

			*cover = fmaxf(*cover, fminf(clamp(inside), 2 * radius));
		}
}

/* In short pieces, whose boxes are small. */
static void cover_line(struct scene *scene, float x0, float y0, float x1, float y1, float width)
{
	const int pieces = 1 + (int)(hypotf(x1 - x0, y1 - y0) / 40);
	const float dx = (x1 - x0) / (float)pieces, dy = (y1 - y0) / (float)pieces;

	for (int i = 0; i < pieces; i++) {
		const float x = x0 + (float)i * dx, y = y0 + (float)i * dy;
		cover_piece(scene, (struct pen_point){x, y, width / 2, false},
					(struct pen_point){x + dx, y + dy, width / 2, true});
	}
}

static void cover_shape(struct scene *scene, const struct placed *placed, float level)
{
	const struct shape *shape = &placed->shape;
	const float scale = placed->height;

	for (int i = 0; i < shape->count; i++) {
		struct pen_point ends[2] = {shape->points[i > 0 ? i - 1 : 0], shape->points[i]};

		if (!ends[1].down)
			ends[0] = ends[1];
		for (int k = 0; k < 2; k++) {
			ends[k].x = placed->x + ends[k].x * scale;
			ends[k].y = placed->y + ends[k].y * scale;
			ends[k].radius = fmaxf(ends[k].radius * scale, 0.6f);
		}
		cover_piece(scene, ends[0], ends[1]);
	}
	for (int i = 0; shape->image && i < scene->plane.width * scene->plane.height; i++) {
		float x = (float)(i % scene->plane.width) + 0.5f,
			  y = (float)(i / scene->plane.width) + 0.5f;

		map_point(scene, scene->to_paper, &x, &y);
		x = (x - placed->x) / scale * 20;
		y = (y - placed->y) / scale * 20;
		if (x < 0 || x > DATASET_SIDE || y < 0 || y > DATASET_SIDE)
			continue;
		/* The image goes from paper to ink within about 2.5 of its pixels. */
		const float ink = (image_between(shape->image, x, y) - level) * 2.5f * scale / 20 + 0.5f;
		scene->plane.spare[i] = fmaxf(scene->plane.spare[i], clamp(ink));
	}
}

/* Ink of that depth on all that is covered; nothing is covered then. */
static void ink(struct scene *scene, float depth, float grain)
{
	const struct rng rng = rng_stream(rng_bits(scene->dice.rng, scene->dice.next++), 0, 0);
	const float size = fmaxf(scene->digit * 0.015f, 1.0f);
	const float target = scene->paper < 0.4f ? 1.0f : 0.0f;

	for (int i = 0; i < scene->plane.width * scene->plane.height; i++)
		if (scene->plane.spare[i] > 0) {
			const float x = (float)(i % scene->plane.width), y = (float)(i / scene->plane.width);
			const float rough = 1 - grain * noise_at(rng, x / size, y / size);
			scene->plane.at[i] +=
				(target - scene->plane.at[i]) * depth * rough * scene->plane.spare[i];
			scene->plane.spare[i] = 0;
		}
}

static void make_paper(struct scene *scene)
{
	const struct rng rng = rng_stream(rng_bits(scene->dice.rng, scene->dice.next++), 1, 0);
	const float side = fmaxf((float)scene->plane.width, (float)scene->plane.height);
	const float angle = dice_between(&scene->dice, 0, 6.28f),
				wave = dice_most(&scene->dice, 0.4f) * side;
	const float period = dice_most(&scene->dice, 0.25f) * side,
				strength = dice_most(&scene->dice, 0.6f);

	scene->paper = draw_from(scene, papers[scene->kind->paper].grey);
	for (int y = 0; y < scene->plane.height; y++)
		for (int x = 0; x < scene->plane.width; x++) {
			const float fx = (float)x, fy = (float)y;
			const float along = fx * cosf(angle) + fy * sinf(angle);
			float more = 0;

			switch (papers[scene->kind->paper].texture) {
			case SMOOTH:
				break;
			case GRAIN:
				more = 0.05f * (noise_at(rng, fx / 2, fy / 2) - 0.5f) +
					   0.08f * (noise_at(rng, fx / wave, fy / wave) - 0.5f);
				break;
			case STATIC:
				more = strength * (rng_uniform(rng, (uint64_t)(y * scene->plane.width + x)) - 0.5f);
				break;
			case GRADIENT:
				more = strength * along / side / 2;
				break;
			case STRIPES:
				more = strength / 2 * sinf(along * 6.28f / period);
				break;
			case CHECKS:
				more = strength / 2 * (((int)(fx / period) + (int)(fy / period)) % 2 ? 1 : -1);
				break;
			case CLOUDS:
				more = strength * (noise_at(rng, fx / period, fy / period) - 0.5f);
				break;
			}
			scene->plane.at[y * scene->plane.width + x] = clamp(scene->paper + more);
		}
}

/* Lines all over the paper, and beyond, since it may be turned. */
static void rule(struct scene *scene, bool squares)
{
	const float w = (float)scene->plane.width, h = (float)scene->plane.height;
	const float gap = scene->digit * dice_between(&scene->dice, squares ? 0.45f : 0.9f, 1.5f);
	const float width = fmaxf(scene->digit * dice_between(&scene->dice, 0.01f, 0.035f), 1.0f);

	for (float y = -h + dice_between(&scene->dice, 0, gap); y < 2 * h; y += gap)
		cover_line(scene, -w, y, 2 * w, y, width);
	for (float x = -w + dice_between(&scene->dice, 0, gap); squares && x < 2 * w; x += gap)
		cover_line(scene, x, -h, x, 2 * h, width);
	ink(scene, dice_between(&scene->dice, 0.12f, 0.45f), 0);
}

/* A box around what is written; a crooked one has its corners out of place. */
static void box(struct scene *scene, float crooked)
{
	const float gap = scene->digit * dice_between(&scene->dice, 0.15f, 0.35f);
	const float width = fmaxf(scene->digit * dice_between(&scene->dice, 0.015f, 0.06f), 1.0f);
	const float off = crooked * scene->digit;
	float x[4] = {scene->content.left - gap, scene->content.right + gap, scene->content.right + gap,
				  scene->content.left - gap};
	float y[4] = {scene->content.top - gap, scene->content.top - gap, scene->content.bottom + gap,
				  scene->content.bottom + gap};

	for (int i = 0; i < 4; i++) {
		x[i] += dice_between(&scene->dice, -off, off);
		y[i] += dice_between(&scene->dice, -off, off);
	}
	for (int i = 0; i < 4; i++)
		cover_line(scene, x[i], y[i], x[(i + 1) % 4], y[(i + 1) % 4], width);
	ink(scene, dice_between(&scene->dice, 0.5f, 0.95f), 0);
}

static void circle(struct scene *scene)
{
	const float w = scene->content.right - scene->content.left;
	const float h = scene->content.bottom - scene->content.top;
	const float cx = scene->content.left + w / 2, cy = scene->content.top + h / 2;
	const float gap = scene->digit * dice_between(&scene->dice, 0.15f, 0.3f);
	const float rx = w / 2 + gap + h * 0.1f, ry = h / 2 + gap;
	const float width = fmaxf(scene->digit * dice_between(&scene->dice, 0.02f, 0.06f), 1.0f);
	/* Drawn by hand it does not end where it began. */
	const float off = dice_between(&scene->dice, -0.06f, 0.06f) * scene->digit;

	for (int i = 0; i < 64; i++) {
		const float a = (float)i / 64 * 6.28f, b = (float)(i + 1) / 64 * 6.28f;
		const float ra = off * (float)i / 64, rb = off * (float)(i + 1) / 64;
		cover_line(scene, cx + (rx + ra) * sinf(a), cy - (ry + ra) * cosf(a),
				   cx + (rx + rb) * sinf(b), cy - (ry + rb) * cosf(b), width);
	}
	ink(scene, dice_between(&scene->dice, 0.6f, 0.95f), 0);
}

/* The corner of a box beside what is written: its lines run out of the picture, both the longer way
 * or both the shorter. */
static void corner(struct scene *scene)
{
	const bool right = dice_chance(&scene->dice, 0.5f), low = dice_chance(&scene->dice, 0.5f);
	const bool far = dice_chance(&scene->dice, 0.5f);
	const float w = (float)scene->plane.width, h = (float)scene->plane.height;
	const float dx = dice_between(&scene->dice, 0.02f, 0.12f) * scene->digit;
	const float dy = dice_between(&scene->dice, 0.02f, 0.12f) * scene->digit;
	const float x = right ? w - dx : dx, y = low ? h - dy : dy;
	const float width = fmaxf(scene->digit * dice_between(&scene->dice, 0.015f, 0.05f), 1.0f);

	cover_line(scene, x, y, right != far ? 2 * w : -w, y, width);
	cover_line(scene, x, y, x, low != far ? 2 * h : -h, width);
	ink(scene, dice_between(&scene->dice, 0.5f, 0.95f), 0);
}

/* All that is outside of a sheet is a dark desk. */
static void desk(struct scene *scene)
{
	const float grey = dice_between(&scene->dice, 0.08f, 0.3f), gap = scene->digit * 0.5f;
	const struct rng rng = rng_stream(rng_bits(scene->dice.rng, scene->dice.next++), 2, 0);

	for (int i = 0; i < scene->plane.width * scene->plane.height; i++) {
		float x = (float)(i % scene->plane.width) + 0.5f,
			  y = (float)(i / scene->plane.width) + 0.5f;
		const float grain = noise_at(rng, x / 40, y / 4);

		map_point(scene, scene->to_paper, &x, &y);
		const float inside = fminf(fminf(x - scene->content.left, scene->content.right - x) + gap,
								   fminf(y - scene->content.top, scene->content.bottom - y) + gap);
		const float sheet = clamp(inside + 0.5f);
		scene->plane.at[i] =
			scene->plane.at[i] * sheet + (grey * (0.8f + 0.4f * grain)) * (1 - sheet);
	}
}

static void make_marks(struct scene *scene)
{
	switch (scene->kind->marks) {
	case RULED:
	case SQUARED:
		rule(scene, scene->kind->marks == SQUARED);
		break;
	case BOX:
	case CROOKED:
		box(scene, scene->kind->marks == CROOKED ? 0.08f : 0);
		break;
	case CIRCLE:
		circle(scene);
		break;
	case CORNER:
		corner(scene);
		break;
	default:
		break;
	}
}

/* An edge line of one or two pixels, as of a canvas with a border. */
static void frame(struct scene *scene)
{
	const int width = 1 + dice_below(&scene->dice, 2);
	const float depth = dice_most(&scene->dice, 1.0f);

	for (int y = 0; y < scene->plane.height; y++)
		for (int x = 0; x < scene->plane.width; x++)
			if (x < width || y < width || x >= scene->plane.width - width ||
				y >= scene->plane.height - width)
				scene->plane.at[y * scene->plane.width + x] = fabsf(scene->paper - depth);
}

/* Add a digit of MNIST or a drawn one to what is written, with the lower left corner of its box
 * there, in heights. Returns its right edge. */
static float add_digit(struct scene *scene, const struct hand *hand, float x, float base,
					   float height)
{
	struct placed *placed = &scene->shapes[scene->count++];
	char text = (char)('0' + dice_below(&scene->dice, 10));

	if (scene->kind->style) {
		text = '\0';
		shape_draw(&scene->dice, hand, scene->kind->style, &text, &placed->shape);
	} else if (scene->kind->writing == SCRIBBLE) {
		text = '\0';
		shape_scribble(&scene->dice, hand, &placed->shape);
	} else if (scene->pen == 0) {
		const uint32_t i = scene->first_image + (uint32_t)dice_below(&scene->dice, 5000);

		text = (char)('0' + scene->dataset->labels[i]);
		shape_from_image(scene->dataset->images + i * DATASET_PIXELS, &placed->shape);
	} else
		shape_draw(&scene->dice, hand, NULL, &text, &placed->shape);
	if (text)
		scene->answer[strlen(scene->answer)] = text;
	const struct shape *shape = &placed->shape;
	placed->height = height;
	placed->x = x - shape->left * height;
	placed->y = base - shape->bottom * height;
	scene->content.left = fminf(scene->content.left, x);
	scene->content.right = fmaxf(scene->content.right, x + (shape->right - shape->left) * height);
	scene->content.top = fminf(scene->content.top, placed->y + shape->top * height);
	scene->content.bottom = fmaxf(scene->content.bottom, base);
	return x + (shape->right - shape->left) * height;
}

/* Add so many digits in a row; returns the right edge. */
static float add_number(struct scene *scene, const struct hand *hand, int count, float x,
						float base)
{
	for (int i = 0; i < count; i++) {
		const float gap = i ? dice_between(&scene->dice, 0.15f, 0.35f) : 0;
		x = add_digit(scene, hand, x + gap, base + dice_between(&scene->dice, -0.04f, 0.04f),
					  dice_between(&scene->dice, 0.92f, 1.08f));
	}
	return x;
}

/* Write, in heights of a digit. */
static void compose(struct scene *scene)
{
	const struct kind *kind = scene->kind;
	struct dice *dice = &scene->dice;
	const bool drawn = kind->style || kind->writing == SCRIBBLE;
	const float pen = draw_from(scene, pens[kind->pen].width);
	/* Half of the digits are from MNIST. */
	scene->pen = drawn || dice_chance(dice, 0.5f) ? pen : 0;
	const struct hand hand = {pen, dice_between(dice, -0.08f, 0.2f),
							  dice_between(dice, 0.85f, 1.1f), 0.012f};
	float x = 0;

	scene->content = (struct extent){9, 9, 0, 0};
	switch (kind->writing) {
	case DIGIT:
	case SCRIBBLE:
		add_digit(scene, &hand, 0, 1, 1);
		break;
	case PAIR:
		add_number(scene, &hand, 2, 0, 1);
		break;
	case PAIR_HALF: {
		const float height = dice_chance(dice, 0.5f) ? 0.5f : 1;
		x = add_digit(scene, &hand, 0, 1, height);
		add_digit(scene, &hand, x + dice_between(dice, 0.2f, 0.5f), 1, 1.5f - height);
		break;
	}
	case NUMBER:
		add_number(scene, &hand, 3 + dice_below(dice, 4), 0, 1);
		break;
	case NUMBERS:
		x = add_number(scene, &hand, 2 + dice_below(dice, 2), 0, 1);
		strcat(scene->answer, " ");
		add_number(scene, &hand, 2 + dice_below(dice, 2), x + dice_between(dice, 1.6f, 2.5f), 1);
		break;
	case LINES:
		for (int line = 0, lines = 2 + dice_below(dice, 2); line < lines; line++) {
			strcat(scene->answer, line ? " " : "");
			add_number(scene, &hand, 1 + dice_below(dice, 3), dice_between(dice, 0, 0.3f),
					   1 + 1.6f * (float)line);
		}
		break;
	case DISC:
	case NOTHING:
		scene->content = (struct extent){0, 0, 0.7f, 1};
		break;
	}
	if (!scene->answer[0])
		strcpy(scene->answer, "none");
}

/* Choose the picture's size, and bring what is written from heights to pixels. */
static int choose_size(struct scene *scene, struct error *error)
{
	const struct kind *kind = scene->kind;
	const struct range side = kind->side.most > 0 ? kind->side : (struct range){100, 500};
	const struct range margin = kind->margin.most > 0 ? kind->margin : (struct range){0.2f, 0.9f};
	struct extent *content = &scene->content;
	float left = draw_from(scene, margin), top = draw_from(scene, margin);
	float width = left + content->right - content->left + draw_from(scene, margin);
	float height = top + content->bottom - content->top + draw_from(scene, margin);

	if (kind->square) {
		const float more = width - height, part = dice_between(&scene->dice, 0.3f, 0.7f);
		top += fmaxf(more, 0) * part;
		left += fmaxf(-more, 0) * part;
		width = height = fmaxf(width, height);
	}
	scene->digit = draw_from(scene, side) / fmaxf(width, height);
	scene->plane.width = (int)(width * scene->digit + 0.5f);
	scene->plane.height = (int)(height * scene->digit + 0.5f);
	const float dx = left - content->left, dy = top - content->top;
	for (int i = 0; i < scene->count; i++) {
		struct placed *placed = &scene->shapes[i];
		placed->x = (placed->x + dx) * scene->digit;
		placed->y = (placed->y + dy) * scene->digit;
		placed->height *= scene->digit;
	}
	*content = (struct extent){
		(content->left + dx) * scene->digit, (content->top + dy) * scene->digit,
		(content->right + dx) * scene->digit, (content->bottom + dy) * scene->digit};
	scene->plane.at = calloc((size_t)scene->plane.width * (size_t)scene->plane.height * 2,
							 sizeof *scene->plane.at);
	if (!scene->plane.at)
		return error_set(error, "not enough memory for %d×%d", scene->plane.width,
						 scene->plane.height);
	scene->plane.spare = scene->plane.at + scene->plane.width * scene->plane.height;
	return 0;
}

static void write_ink(struct scene *scene)
{
	const struct pen *pen = &pens[scene->kind->pen];
	const float level = dice_between(&scene->dice, 0.35f, 0.5f); /* the less, the thicker */

	if (scene->kind->pen == NO_PEN)
		return;
	if (scene->kind->writing == DISC) {
		const float radius = scene->digit * dice_between(&scene->dice, 0.3f, 0.5f);
		const struct pen_point middle = {(float)scene->plane.width / 2,
										 (float)scene->plane.height / 2, radius, false};
		cover_piece(scene, middle, middle);
	}
	for (int i = 0; i < scene->count; i++)
		cover_shape(scene, &scene->shapes[i], level);
	ink(scene, draw_from(scene, pen->depth), pen->grain);
}

static int save(const struct scene *scene, const char *folder, int number, struct error *error)
{
	const int count = scene->plane.width * scene->plane.height;
	uint8_t *pixels = malloc((size_t)count);
	struct buffer file = {0};
	char path[4096];

	if (!pixels)
		return error_set(error, "not enough memory for %d×%d", scene->plane.width,
						 scene->plane.height);
	for (int i = 0; i < count; i++)
		pixels[i] = (uint8_t)(scene->plane.at[i] * 255 + 0.5f);
	snprintf(path, sizeof path, "%s/%s_%d.pgm", folder, scene->kind->name, number);
	int status = pgm_write(pixels, scene->plane.width, scene->plane.height, &file, error) ||
				 file_replace(path, file.data, file.size, error);
	free(pixels);
	buffer_free(&file);
	if (!status)
		printf("%s_%d.pgm\t%s\t%s\n", scene->kind->name, number, scene->kind->name, scene->answer);
	return status ? -1 : 0;
}

/* The picture is a function of its kind's name, the seed and its number. */
static int make(const struct kind *kind, const struct dataset *dataset, uint64_t seed,
				bool held_out, int number, const char *folder, struct error *error)
{
	struct scene *scene = calloc(1, sizeof *scene);
	uint32_t hash = 2166136261u; /* FNV-1a */

	if (!scene)
		return error_set(error, "not enough memory");
	for (const char *at = kind->name; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	scene->kind = kind;
	scene->dataset = dataset;
	scene->first_image = held_out ? 5000 : 0;
	scene->dice.rng = rng_stream(seed + ((uint64_t)held_out << 32), hash, (uint64_t)number);
	compose(scene);
	int status = choose_size(scene, error);
	if (!status) {
		const struct taking *taking = &takings[kind->taking];
		const float pen = scene->digit * (scene->pen > 0 ? scene->pen : 0.1f);

		choose_view(scene);
		make_paper(scene);
		make_marks(scene);
		write_ink(scene);
		if (kind->marks == DESK)
			desk(scene);
		camera_take(taking, &scene->dice, &scene->plane, pen);
		if (kind->marks == FRAME)
			frame(scene);
		status = save(scene, folder, number, error);
	}
	free(scene->plane.at);
	free(scene);
	return status;
}

static bool is_asked_for(const struct kind *kind, bool held_out, char **names)
{
	if (!*names)
		return held_out || !kind->held_out;
	while (*names && strcmp(*names, kind->name))
		names++;
	return *names;
}

int main(int argc, char **argv)
{
	static const char usage[] =
		"usage: pictures [--held-out] FOLDER SEED COUNT [KIND ...] | --list\n"
		"Draws COUNT pictures of each kind (of all) and prints FILE, KIND and ANSWER, with tabs. "
		"The\n"
		"final figure is taken with --held-out: other pictures, other digits and more kinds.\n";
	const bool held_out = argc > 1 && !strcmp(argv[1], "--held-out");
	char **operands = argv + 1 + held_out;
	struct dataset dataset = {0};
	struct error error;
	uint64_t seed, count;
	int status = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (int i = 0; i < KINDS; i++)
			printf("%s%s\n", kinds[i].name, kinds[i].held_out ? "\theld out" : "");
		return 0;
	}
	if (argc < 4 + held_out || number_whole(operands[1], "", 0, UINT32_MAX, &seed) ||
		number_whole(operands[2], "", 1, 100000, &count))
		return fputs(usage, stderr), 2;
	if (dataset_load(&dataset, DATA, DATASET_TEST, &error) || dataset.count < 10000)
		status = -1;
	for (int i = 0; i < KINDS && !status; i++)
		for (int n = 0; n < (int)count && !status; n++)
			if (is_asked_for(&kinds[i], held_out, operands + 3))
				status = make(&kinds[i], &dataset, seed, held_out, n, operands[0], &error);
	dataset_free(&dataset);
	if (status)
		fprintf(stderr, "pictures: %s\n", error.text);
	return status ? 1 : 0;
}
