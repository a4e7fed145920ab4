/* Handwriting as strokes. A skeleton is a text: each point is four digits, XXYY, in hundredths of
 * the height. A smooth curve (Catmull & Rom 1974) goes through the points; '|' is a corner, where
 * the next curve begins with the pen down, and '/' lifts the pen. */
#include "strokes.h"
#include "mnist.h"

#include <math.h>
#include <string.h>

#define SAMPLES 10 /* points for each piece of a curve */

/* clang-format off */
static const struct glyph {
	char text;         /* '\0': no digit */
	const char *style; /* "digit": the usual ones; others are drawn for kinds of their own */
	const char *skeleton;
} glyphs[] = {
	{'0', "digit", "5503 3010 2240 2570 5097 7570 7840 6808 4802"},
	{'0', "digit", "4802 3318 3055 3785 5098 6382 6850 6215 4602"},
	{'0', "digit", "6008 4002 2025 1860 3592 5898 7880 8245 7015 5003"},
	{'1', "digit", "5202 4998"},
	{'1', "digit", "6002 4098"},
	{'1', "digit", "3820 5403|5498/3698 7398"},
	{'1', "flagged", "2538 5803|5798"},
	{'1', "flagged", "2145 4228 5804|5260 5098"},
	{'1', "flagged", "3030 5504|5598"},
	{'2', "digit", "2526 3408 5502 7414 7332 5560 2297|7996"},
	{'2', "digit", "2422 4204 6606 7228 5860 3288 2097 2288 3886 5895 8092"},
	{'2', "digit", "2815 5003 7218 6845 2097|4692 7897"},
	{'3', "digit", "2714 5002 7315 6938 4548|7055 7880 5098 2387"},
	{'3', "digit", "2504 7604|4642|7052 7882 5098 2488"},
	{'3', "digit", "2808 5803 7022 6040 4347 6550 7672 6092 4098 2290"},
	{'4', "digit", "6403 1868|8467/6440 6298"},
	{'4', "digit", "7098 6803|1866|8866"},
	{'4', "open", "3504 2355|8055/6825 6498"},
	{'4', "open", "3003 2250 3060 7552/7806 6898"},
	{'4', "apart", "3204 2254|6453/7505 7298"},
	{'4', "apart", "2805 2050 3058 6254/7412 7098"},
	{'5', "digit", "7404 3304|2847|5240 7658 7583 5097 2389"},
	{'5', "digit", "7805 3506|3042 5540 7455 7280 4898 2288"},
	{'5', "bar", "3405 2946|5040 7557 7585 5098 2288/4506 8004"},
	{'5', "bar", "3502 3025 2649|5047 7855 8380 7098 3799 1598 0790/4423 6022 7924"},
	{'5', "bar", "3008 2750|5543 7760 7288 4598 2290/4207 7810"},
	{'6', "digit", "6603 4016 2652 2985 5098 7482 7162 5153 3068"},
	{'6', "digit", "5802 3832 2870 4597 6888 7268 5558 3272"},
	{'6', "flat", "7203 4715 2655 3286 6497 8282 6664 3376"},
	{'6', "flat", "8302 4809 2228 1270 3093 6099 8899 9880 6060 1274"},
	{'6', "flat", "7502 5210 2840 2874 3692 7498 8184 6468 2880"},
	{'7', "digit", "2205 7905|6045 4598"},
	{'7', "digit", "2212 5007 7705 5845 4298"},
	{'7', "digit", "2222 2306|7806|5550 4698"},
	{'7', "crossed", "2205 7905|4598/3452 7448"},
	{'7', "crossed", "2018 2206|8006|6040 4898/3055 7650"},
	{'8', "digit", "7014 5002 3018 4543 7168 5098 2876 5046 6922 5803"},
	{'8', "digit", "5047 2828 5002 7226 5047 2475 5098 7675 5147"},
	{'8', "digit", "5003 3222 5042 6822 5203/5043 2672 5098 7570 5243"},
	{'9', "digit", "7226 5003 2824 4350 7030|6998"},
	{'9', "digit", "7222 5503 3022 4247 7026 7260 6088 3697"},
	{'9', "digit", "6808 4504 2828 4848 7018|7045 5498"},
	{'\0', "letter", "2204 7898/7804 2298"},                /* X */
	{'\0', "letter", "2503 2598/7503 2556 7898"},           /* K */
	{'\0', "letter", "2202 2298/7802 7898/2250 7850"},      /* H */
	{'\0', "letter", "1598 2003|5070|8003|8598"},           /* M */
	{'\0', "letter", "1003 3098|5030|7098|9003"},           /* W */
	{'\0', "letter", "7504 2504|2598|7598/2550 6850"},      /* E */
	{'\0', "letter", "7504 2504|2598/2550 6850"},           /* F */
	{'\0', "letter", "1898 5003|8298/3064 7064"},           /* A */
	{'\0', "letter", "2598 2504|6505 7525 6048 2752|7898"}, /* R */
	{'\0', "letter-more", "2298 2203|7898|7803"},           /* N */
	{'\0', "letter-more", "1550 1598/1565 3050 4560 4598/4565 6250 7860 7898"}, /* m */
	{'\0', "letter-more", "5003 5098/1505 8598/8505 1598"}, /* Ж */
	{'\0', "letter-more", "2598 2503|5003 8025 8075 5098|2598/1050 5050"}, /* Ð */
	{'\0', "face", "5002 1615 0250 1685 5098 8485 9850 8415 5002/3034 3240/"
		"6834 6640/2566 5082 7566"},
	{'\0', "face", "4803 1520 0555 2590 5598 8880 9545 8012 5003/3535 3036 3541/6535 6036 6541/"
		"5045 4660 5361/3076 5070 7078"},
	{'\0', "arrow", "0550 9550/7025 9550 7075"},
	{'\0', "arrow", "1090 9010/5512 9010 8845"},
	{'\0', "star", "5002 7695|0838|9238|2495|5002"},
	{'\0', "house", "1598 1545|5005|8545|8598|1598/4098 4065|6065|6098"},
};
/* clang-format on */

float dice_between(struct dice *dice, float least, float most)
{
	return least + (most - least) * rng_uniform(dice->rng, dice->next++);
}

float dice_most(struct dice *dice, float most)
{
	return dice_between(dice, most / 2, most);
}

float dice_range(struct dice *dice, struct range range)
{
	return dice_between(dice, range.least, range.most);
}

int dice_below(struct dice *dice, int count)
{
	return (int)(rng_bits(dice->rng, dice->next++) % (uint64_t)count);
}

bool dice_chance(struct dice *dice, float probability)
{
	return dice_between(dice, 0.0f, 1.0f) < probability;
}

static void shape_add(struct shape *shape, float x, float y, float radius, bool down)
{
	if (shape->count < SHAPE_POINTS)
		shape->points[shape->count++] = (struct pen_point){x, y, radius, down};
}

/* A curve through the points. Where the pen is quick its line is thinner. */
static void add_curve(struct shape *shape, const struct hand *hand, float (*points)[2], int count,
					  bool down)
{
	for (int i = 0; i + 1 < count; i++) {
		const float *p[4] = {points[i > 0 ? i - 1 : 0], points[i], points[i + 1],
							 points[i + 2 < count ? i + 2 : i + 1]};

		for (int k = i > 0; k <= SAMPLES; k++) {
			const float t = (float)k / SAMPLES;
			const float w[4] = {((2 - t) * t - 1) * t / 2, ((3 * t - 5) * t * t + 2) / 2,
								((4 - 3 * t) * t + 1) * t / 2, (t - 1) * t * t / 2};
			float at[2] = {0, 0};

			for (int j = 0; j < 4; j++)
				for (int axis = 0; axis < 2; axis++)
					at[axis] += w[j] * p[j][axis];
			const float speed = hypotf(p[2][0] - p[1][0], p[2][1] - p[1][1]);
			const float radius = hand->pen / 2 * (1.12f - fminf(speed, 0.6f) * 0.4f);
			shape_add(shape, at[0], at[1], radius, down || i + k > 0);
		}
	}
}

/* Slant and breadth, as the hand has them, and then the box. */
static void finish(struct shape *shape, const struct hand *hand)
{
	shape->left = shape->top = 9.0f;
	shape->right = shape->bottom = -9.0f;
	for (int i = 0; i < shape->count; i++) {
		struct pen_point *p = &shape->points[i];

		p->x = p->x * hand->aspect + (0.5f - p->y) * hand->slant;
		shape->left = fminf(shape->left, p->x - p->radius);
		shape->right = fmaxf(shape->right, p->x + p->radius);
		shape->top = fminf(shape->top, p->y - p->radius);
		shape->bottom = fmaxf(shape->bottom, p->y + p->radius);
	}
}

void shape_draw(struct dice *dice, const struct hand *hand, const char *style, char *text,
				struct shape *out)
{
	const int glyph_count = (int)(sizeof glyphs / sizeof *glyphs);
	const struct glyph *glyph = NULL;
	float points[40][2];
	int count = 0, seen = 0;
	bool down = false;

	/* The n-th that fits takes the place of the one before with a chance of 1 in n. */
	for (int i = 0; i < glyph_count; i++)
		if (style ? !strcmp(glyphs[i].style, style) : glyphs[i].text == *text) {
			if (dice_below(dice, ++seen) == 0)
				glyph = &glyphs[i];
		}
	*out = (struct shape){.count = 0};
	*text = glyph->text;
	for (const char *at = glyph->skeleton;; at++)
		if (*at == '|' || *at == '/' || *at == '\0') {
			add_curve(out, hand, points, count, down);
			if (*at == '\0')
				break;
			down = *at == '|';
			memcpy(points[0], points[count - 1], sizeof *points);
			count = down;
		} else if (*at != ' ') {
			for (int axis = 0; axis < 2; axis++, at += 2)
				points[count][axis] = (float)((at[0] - '0') * 10 + at[1] - '0') / 100.0f +
									  dice_between(dice, -hand->shake, hand->shake);
			count++;
			at--;
		}
	finish(out, hand);
}

void shape_scribble(struct dice *dice, const struct hand *hand, struct shape *out)
{
	float points[16][2];

	*out = (struct shape){.count = 0};
	for (int i = 0; i < 16; i++)
		for (int axis = 0; axis < 2; axis++)
			points[i][axis] = dice_between(dice, 0.0f, 1.0f);
	add_curve(out, hand, points, 16, false);
	finish(out, hand);
}

float image_between(const uint8_t image[MNIST_PIXELS], float x, float y)
{
	const int left = (int)floorf(x - 0.5f), top = (int)floorf(y - 0.5f);
	const float part[2] = {x - 0.5f - (float)left, y - 0.5f - (float)top};
	float w[2][4], sum = 0.0f;

	for (int axis = 0; axis < 2; axis++) {
		const float t = part[axis], u = 1 - t;
		w[axis][0] = u * u * u / 6;
		w[axis][1] = (3 * t * t * t - 6 * t * t + 4) / 6;
		w[axis][2] = (3 * u * u * u - 6 * u * u + 4) / 6;
		w[axis][3] = t * t * t / 6;
	}
	for (int j = 0; j < 4; j++)
		for (int i = 0; i < 4; i++) {
			const int column = left - 1 + i, row = top - 1 + j;
			if (column >= 0 && column < MNIST_SIDE && row >= 0 && row < MNIST_SIDE)
				sum += w[0][i] * w[1][j] * (float)image[row * MNIST_SIDE + column];
		}
	return sum / 255.0f;
}

void shape_from_image(const uint8_t image[MNIST_PIXELS], struct shape *out)
{
	*out = (struct shape){.image = image, .left = 9.0f, .top = 9.0f, .right = 0.0f, .bottom = 0.0f};
	for (int y = 0; y < MNIST_SIDE; y++)
		for (int x = 0; x < MNIST_SIDE; x++)
			if (image[y * MNIST_SIDE + x] > 100) {
				out->left = fminf(out->left, (float)x / 20.0f);
				out->right = fmaxf(out->right, (float)(x + 1) / 20.0f);
				out->top = fminf(out->top, (float)y / 20.0f);
				out->bottom = fmaxf(out->bottom, (float)(y + 1) / 20.0f);
			}
}
