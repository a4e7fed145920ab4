/* A paper is a plane of greys. What is drawn on it first covers pixels, by parts of one, and then
 * all that is covered gets the ink: strokes that cross are not darker there. */
#include "paper.h"
#include "mnist.h"

#include <math.h>
#include <string.h>

enum texture { SMOOTH, GRAIN, STATIC, GRADIENT, STRIPES, CHECKS, CLOUDS };

/* clang-format off */
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
/* clang-format on */

static float either_sign(struct sheet *sheet, float value)
{
	return dice_chance(&sheet->dice, 0.5f) ? value : -value;
}

static void map_point(const struct sheet *sheet, const float map[9], float *x, float *y)
{
	const float dx = *x - (float)sheet->plane.width / 2, dy = *y - (float)sheet->plane.height / 2;
	const float w = map[6] * dx + map[7] * dy + map[8];

	*x = (map[0] * dx + map[1] * dy + map[2]) / w + (float)sheet->plane.width / 2;
	*y = (map[3] * dx + map[4] * dy + map[5]) / w + (float)sheet->plane.height / 2;
}

static void choose_view(struct sheet *sheet, const struct taking *taking)
{
	const float turn = either_sign(sheet, dice_most(&sheet->dice, taking->turn)) * 3.14159f / 180;
	const float side = fmaxf((float)sheet->plane.width, (float)sheet->plane.height) / 2;
	const float g = either_sign(sheet, dice_most(&sheet->dice, taking->tilt)) / side;
	const float h = either_sign(sheet, dice_most(&sheet->dice, taking->tilt)) / side;
	const float c = cosf(turn), s = sinf(turn);
	const float map[9] = {c, -s, 0, s, c, 0, g, h, 1};
	/* The adjugate, which is the inverse but for a factor. */
	const float back[9] = {c, s, 0, -s, c, 0, -(g * c - h * s), -(g * s + h * c), 1};

	memcpy(sheet->to_picture, map, sizeof map);
	memcpy(sheet->to_paper, back, sizeof back);
}

/* Cover a straight piece of the pen's way on the paper. */
static void cover_piece(struct sheet *sheet, struct pen_point a, struct pen_point b)
{
	map_point(sheet, sheet->to_picture, &a.x, &a.y);
	map_point(sheet, sheet->to_picture, &b.x, &b.y);
	const float dx = b.x - a.x, dy = b.y - a.y, square = fmaxf(dx * dx + dy * dy, 1e-6f);
	const float most = fmaxf(a.radius, b.radius) + 1;
	const int left = (int)fmaxf(fminf(a.x, b.x) - most, 0);
	const int right = (int)fminf(fmaxf(a.x, b.x) + most, (float)sheet->plane.width - 1);
	const int top = (int)fmaxf(fminf(a.y, b.y) - most, 0);
	const int bottom = (int)fminf(fmaxf(a.y, b.y) + most, (float)sheet->plane.height - 1);

	for (int y = top; y <= bottom; y++)
		for (int x = left; x <= right; x++) {
			const float px = (float)x + 0.5f - a.x, py = (float)y + 0.5f - a.y;
			const float t = clamp((px * dx + py * dy) / square);
			const float radius = a.radius + t * (b.radius - a.radius);
			const float inside = radius - hypotf(px - t * dx, py - t * dy) + 0.5f;
			float *cover = &sheet->plane.spare[y * sheet->plane.width + x];

			*cover = fmaxf(*cover, fminf(clamp(inside), 2 * radius));
		}
}

/* In short pieces, whose boxes are small. */
void sheet_cover_line(struct sheet *sheet, float x0, float y0, float x1, float y1, float width)
{
	const int pieces = 1 + (int)(hypotf(x1 - x0, y1 - y0) / 40);
	const float dx = (x1 - x0) / (float)pieces, dy = (y1 - y0) / (float)pieces;

	for (int i = 0; i < pieces; i++) {
		const float x = x0 + (float)i * dx, y = y0 + (float)i * dy;
		cover_piece(sheet, (struct pen_point){x, y, width / 2, false},
					(struct pen_point){x + dx, y + dy, width / 2, true});
	}
}

void sheet_cover_shape(struct sheet *sheet, const struct placed *placed, float level)
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
		cover_piece(sheet, ends[0], ends[1]);
	}
	for (int i = 0; shape->image && i < sheet->plane.width * sheet->plane.height; i++) {
		float x = (float)(i % sheet->plane.width) + 0.5f,
			  y = (float)(i / sheet->plane.width) + 0.5f;

		map_point(sheet, sheet->to_paper, &x, &y);
		x = (x - placed->x) / scale * 20;
		y = (y - placed->y) / scale * 20;
		if (x < 0 || x > MNIST_SIDE || y < 0 || y > MNIST_SIDE)
			continue;
		/* The image goes from paper to ink within about 2.5 of its pixels. */
		const float ink = (image_between(shape->image, x, y) - level) * 2.5f * scale / 20 + 0.5f;
		sheet->plane.spare[i] = fmaxf(sheet->plane.spare[i], clamp(ink));
	}
}

void sheet_ink(struct sheet *sheet, float depth, float grain)
{
	const struct rng rng = rng_stream(rng_bits(sheet->dice.rng, sheet->dice.next++), 0, 0);
	const float size = fmaxf(sheet->digit * 0.015f, 1.0f);
	const float target = sheet->grey < 0.4f ? 1.0f : 0.0f;

	for (int i = 0; i < sheet->plane.width * sheet->plane.height; i++)
		if (sheet->plane.spare[i] > 0) {
			const float x = (float)(i % sheet->plane.width), y = (float)(i / sheet->plane.width);
			const float rough = 1 - grain * noise_at(rng, x / size, y / size);
			sheet->plane.at[i] +=
				(target - sheet->plane.at[i]) * depth * rough * sheet->plane.spare[i];
			sheet->plane.spare[i] = 0;
		}
}

static void make_paper(struct sheet *sheet, const struct paper *paper)
{
	const struct rng rng = rng_stream(rng_bits(sheet->dice.rng, sheet->dice.next++), 1, 0);
	const float side = fmaxf((float)sheet->plane.width, (float)sheet->plane.height);
	const float angle = dice_between(&sheet->dice, 0, 6.28f);
	const float wave = dice_most(&sheet->dice, 0.4f) * side;
	const float period = dice_most(&sheet->dice, 0.25f) * side;
	const float strength = dice_most(&sheet->dice, 0.6f);

	sheet->grey = dice_range(&sheet->dice, paper->grey);
	for (int y = 0; y < sheet->plane.height; y++)
		for (int x = 0; x < sheet->plane.width; x++) {
			const float fx = (float)x, fy = (float)y;
			const float along = fx * cosf(angle) + fy * sinf(angle);
			float more = 0;

			switch (paper->texture) {
			case SMOOTH:
				break;
			case GRAIN:
				more = 0.05f * (noise_at(rng, fx / 2, fy / 2) - 0.5f) +
					   0.08f * (noise_at(rng, fx / wave, fy / wave) - 0.5f);
				break;
			case STATIC:
				more = strength * (rng_uniform(rng, (uint64_t)(y * sheet->plane.width + x)) - 0.5f);
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
			sheet->plane.at[y * sheet->plane.width + x] = clamp(sheet->grey + more);
		}
}

void sheet_begin(struct sheet *sheet, const struct taking *taking, enum paper_name paper)
{
	choose_view(sheet, taking);
	make_paper(sheet, &papers[paper]);
}

/* Lines all over the paper, and beyond, since it may be turned. */
static void rule(struct sheet *sheet, bool squares)
{
	const float w = (float)sheet->plane.width, h = (float)sheet->plane.height;
	const float gap = sheet->digit * dice_between(&sheet->dice, squares ? 0.45f : 0.9f, 1.5f);
	const float width = fmaxf(sheet->digit * dice_between(&sheet->dice, 0.01f, 0.035f), 1.0f);

	for (float y = -h + dice_between(&sheet->dice, 0, gap); y < 2 * h; y += gap)
		sheet_cover_line(sheet, -w, y, 2 * w, y, width);
	for (float x = -w + dice_between(&sheet->dice, 0, gap); squares && x < 2 * w; x += gap)
		sheet_cover_line(sheet, x, -h, x, 2 * h, width);
	sheet_ink(sheet, dice_between(&sheet->dice, 0.12f, 0.45f), 0);
}

/* A box around what is written; a crooked one has its corners out of place. */
static void box(struct sheet *sheet, float crooked)
{
	const float gap = sheet->digit * dice_between(&sheet->dice, 0.15f, 0.35f);
	const float width = fmaxf(sheet->digit * dice_between(&sheet->dice, 0.015f, 0.06f), 1.0f);
	const float off = crooked * sheet->digit;
	float x[4] = {sheet->content.left - gap, sheet->content.right + gap, sheet->content.right + gap,
				  sheet->content.left - gap};
	float y[4] = {sheet->content.top - gap, sheet->content.top - gap, sheet->content.bottom + gap,
				  sheet->content.bottom + gap};

	for (int i = 0; i < 4; i++) {
		x[i] += dice_between(&sheet->dice, -off, off);
		y[i] += dice_between(&sheet->dice, -off, off);
	}
	for (int i = 0; i < 4; i++)
		sheet_cover_line(sheet, x[i], y[i], x[(i + 1) % 4], y[(i + 1) % 4], width);
	sheet_ink(sheet, dice_between(&sheet->dice, 0.5f, 0.95f), 0);
}

static void circle(struct sheet *sheet)
{
	const float w = sheet->content.right - sheet->content.left;
	const float h = sheet->content.bottom - sheet->content.top;
	const float cx = sheet->content.left + w / 2, cy = sheet->content.top + h / 2;
	const float gap = sheet->digit * dice_between(&sheet->dice, 0.15f, 0.3f);
	const float rx = w / 2 + gap + h * 0.1f, ry = h / 2 + gap;
	const float width = fmaxf(sheet->digit * dice_between(&sheet->dice, 0.02f, 0.06f), 1.0f);
	/* Drawn by hand it does not end where it began. */
	const float off = dice_between(&sheet->dice, -0.06f, 0.06f) * sheet->digit;

	for (int i = 0; i < 64; i++) {
		const float a = (float)i / 64 * 6.28f, b = (float)(i + 1) / 64 * 6.28f;
		const float ra = off * (float)i / 64, rb = off * (float)(i + 1) / 64;
		sheet_cover_line(sheet, cx + (rx + ra) * sinf(a), cy - (ry + ra) * cosf(a),
						 cx + (rx + rb) * sinf(b), cy - (ry + rb) * cosf(b), width);
	}
	sheet_ink(sheet, dice_between(&sheet->dice, 0.6f, 0.95f), 0);
}

/* The corner of a box beside what is written: its lines run out of the picture, both the longer way
 * or both the shorter. */
static void corner(struct sheet *sheet)
{
	const bool right = dice_chance(&sheet->dice, 0.5f), low = dice_chance(&sheet->dice, 0.5f);
	const bool far = dice_chance(&sheet->dice, 0.5f);
	const float w = (float)sheet->plane.width, h = (float)sheet->plane.height;
	const float dx = dice_between(&sheet->dice, 0.02f, 0.12f) * sheet->digit;
	const float dy = dice_between(&sheet->dice, 0.02f, 0.12f) * sheet->digit;
	const float x = right ? w - dx : dx, y = low ? h - dy : dy;
	const float width = fmaxf(sheet->digit * dice_between(&sheet->dice, 0.015f, 0.05f), 1.0f);

	sheet_cover_line(sheet, x, y, right != far ? 2 * w : -w, y, width);
	sheet_cover_line(sheet, x, y, x, low != far ? 2 * h : -h, width);
	sheet_ink(sheet, dice_between(&sheet->dice, 0.5f, 0.95f), 0);
}

/* All that is outside of a sheet is a dark desk. */
void sheet_put_on_desk(struct sheet *sheet)
{
	const float grey = dice_between(&sheet->dice, 0.08f, 0.3f), gap = sheet->digit * 0.5f;
	const struct rng rng = rng_stream(rng_bits(sheet->dice.rng, sheet->dice.next++), 2, 0);

	for (int i = 0; i < sheet->plane.width * sheet->plane.height; i++) {
		float x = (float)(i % sheet->plane.width) + 0.5f,
			  y = (float)(i / sheet->plane.width) + 0.5f;
		const float grain = noise_at(rng, x / 40, y / 4);

		map_point(sheet, sheet->to_paper, &x, &y);
		const float inside = fminf(fminf(x - sheet->content.left, sheet->content.right - x) + gap,
								   fminf(y - sheet->content.top, sheet->content.bottom - y) + gap);
		const float here = clamp(inside + 0.5f);
		sheet->plane.at[i] =
			sheet->plane.at[i] * here + (grey * (0.8f + 0.4f * grain)) * (1 - here);
	}
}

void sheet_mark(struct sheet *sheet, enum marks marks)
{
	switch (marks) {
	case RULED:
	case SQUARED:
		rule(sheet, marks == SQUARED);
		break;
	case BOX:
	case CROOKED:
		box(sheet, marks == CROOKED ? 0.08f : 0);
		break;
	case CIRCLE:
		circle(sheet);
		break;
	case CORNER:
		corner(sheet);
		break;
	default:
		break;
	}
}

/* An edge line of one or two pixels, as of a canvas with a border. */
void sheet_frame(struct sheet *sheet)
{
	const int width = 1 + dice_below(&sheet->dice, 2);
	const float depth = dice_most(&sheet->dice, 1.0f);

	for (int y = 0; y < sheet->plane.height; y++)
		for (int x = 0; x < sheet->plane.width; x++)
			if (x < width || y < width || x >= sheet->plane.width - width ||
				y >= sheet->plane.height - width)
				sheet->plane.at[y * sheet->plane.width + x] = fabsf(sheet->grey - depth);
}
