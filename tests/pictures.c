/* Draws pictures of handwriting as people have them, and of things that are no digits, with the
 * right answers: what tests/pictures.sh scores the program on. Each is composed as a real one comes
 * about: a paper, what is printed on it, what is written, the light, the camera, the file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/dataset.h"
#include "base/draft.h"
#include "base/number.h"
#include "formats/pnm.h"
#include "mnist.h"
#include "paper.h"

enum writing { DIGIT, PAIR, PAIR_HALF, NUMBER, NUMBERS, LINES, SCRIBBLE, DISC, NOTHING };

/* clang-format off */
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
#define HALF 5000 /* images of the test set */

/* A picture in the making. */
struct scene {
	const struct kind *kind;
	const struct dataset *dataset;
	uint32_t first_image; /* the half of the data set from which digits are taken */
	struct sheet sheet;
	float pen; /* its width, in heights of a digit; 0 where digits are MNIST's */
	struct placed shapes[MOST_SHAPES];
	int count;
	char answer[ANSWER];
};

/* Add a digit of MNIST or a drawn one to what is written, with the lower left corner of its box
 * there, in heights. Returns its right edge. */
static float add_digit(struct scene *scene, const struct hand *hand, float x, float base,
					   float height)
{
	struct sheet *sheet = &scene->sheet;
	struct placed *placed = &scene->shapes[scene->count++];
	char text = (char)('0' + dice_below(&sheet->dice, 10));

	if (scene->kind->style) {
		text = '\0';
		shape_draw(&sheet->dice, hand, scene->kind->style, &text, &placed->shape);
	} else if (scene->kind->writing == SCRIBBLE) {
		text = '\0';
		shape_scribble(&sheet->dice, hand, &placed->shape);
	} else if (scene->pen == 0) {
		const uint32_t i = scene->first_image + (uint32_t)dice_below(&sheet->dice, HALF);

		text = (char)('0' + scene->dataset->labels[i]);
		shape_from_image(scene->dataset->images + i * MNIST_PIXELS, &placed->shape);
	} else
		shape_draw(&sheet->dice, hand, NULL, &text, &placed->shape);
	if (text)
		scene->answer[strlen(scene->answer)] = text;
	const struct shape *shape = &placed->shape;
	placed->height = height;
	placed->x = x - shape->left * height;
	placed->y = base - shape->bottom * height;
	sheet->content.left = fminf(sheet->content.left, x);
	sheet->content.right = fmaxf(sheet->content.right, x + (shape->right - shape->left) * height);
	sheet->content.top = fminf(sheet->content.top, placed->y + shape->top * height);
	sheet->content.bottom = fmaxf(sheet->content.bottom, base);
	return x + (shape->right - shape->left) * height;
}

/* Add so many digits in a row; returns the right edge. */
static float add_number(struct scene *scene, const struct hand *hand, int count, float x,
						float base)
{
	struct sheet *sheet = &scene->sheet;
	for (int i = 0; i < count; i++) {
		const float gap = i ? dice_between(&sheet->dice, 0.15f, 0.35f) : 0;
		x = add_digit(scene, hand, x + gap, base + dice_between(&sheet->dice, -0.04f, 0.04f),
					  dice_between(&sheet->dice, 0.92f, 1.08f));
	}
	return x;
}

/* Write, in heights of a digit. */
static void compose(struct scene *scene)
{
	const struct kind *kind = scene->kind;
	struct sheet *sheet = &scene->sheet;
	struct dice *dice = &sheet->dice;
	const bool drawn = kind->style || kind->writing == SCRIBBLE;
	const float pen = dice_range(&sheet->dice, pens[kind->pen].width);
	/* Half of the digits are from MNIST. */
	scene->pen = drawn || dice_chance(dice, 0.5f) ? pen : 0;
	const struct hand hand = {pen, dice_between(dice, -0.08f, 0.2f),
							  dice_between(dice, 0.85f, 1.1f), 0.012f};
	float x = 0;

	sheet->content = (struct extent){9, 9, 0, 0};
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
		sheet->content = (struct extent){0, 0, 0.7f, 1};
		break;
	}
	if (!scene->answer[0])
		strcpy(scene->answer, "none");
}

/* Choose the picture's size, and bring what is written from heights to pixels. */
static int choose_size(struct scene *scene, struct error *error)
{
	struct sheet *sheet = &scene->sheet;
	const struct kind *kind = scene->kind;
	const struct range side = kind->side.most > 0 ? kind->side : (struct range){100, 500};
	const struct range margin = kind->margin.most > 0 ? kind->margin : (struct range){0.2f, 0.9f};
	struct extent *content = &sheet->content;
	float left = dice_range(&sheet->dice, margin), top = dice_range(&sheet->dice, margin);
	float width = left + content->right - content->left + dice_range(&sheet->dice, margin);
	float height = top + content->bottom - content->top + dice_range(&sheet->dice, margin);

	if (kind->square) {
		const float more = width - height, part = dice_between(&sheet->dice, 0.3f, 0.7f);
		top += fmaxf(more, 0) * part;
		left += fmaxf(-more, 0) * part;
		width = height = fmaxf(width, height);
	}
	sheet->digit = dice_range(&sheet->dice, side) / fmaxf(width, height);
	sheet->plane.width = (int)(width * sheet->digit + 0.5f);
	sheet->plane.height = (int)(height * sheet->digit + 0.5f);
	const float dx = left - content->left, dy = top - content->top;
	for (int i = 0; i < scene->count; i++) {
		struct placed *placed = &scene->shapes[i];
		placed->x = (placed->x + dx) * sheet->digit;
		placed->y = (placed->y + dy) * sheet->digit;
		placed->height *= sheet->digit;
	}
	*content = (struct extent){
		(content->left + dx) * sheet->digit, (content->top + dy) * sheet->digit,
		(content->right + dx) * sheet->digit, (content->bottom + dy) * sheet->digit};
	sheet->plane.at = calloc((size_t)sheet->plane.width * (size_t)sheet->plane.height * 2,
							 sizeof *sheet->plane.at);
	if (!sheet->plane.at)
		return error_set(error, "not enough memory for %d×%d", sheet->plane.width,
						 sheet->plane.height);
	sheet->plane.spare = sheet->plane.at + sheet->plane.width * sheet->plane.height;
	return 0;
}

static void write_ink(struct scene *scene)
{
	struct sheet *sheet = &scene->sheet;
	const struct pen *pen = &pens[scene->kind->pen];
	const float level = dice_between(&sheet->dice, 0.35f, 0.5f); /* the less, the thicker */

	if (scene->kind->pen == NO_PEN)
		return;
	if (scene->kind->writing == DISC) {
		const float radius = sheet->digit * dice_between(&sheet->dice, 0.3f, 0.5f);
		const float x = (float)sheet->plane.width / 2, y = (float)sheet->plane.height / 2;
		sheet_cover_line(sheet, x, y, x, y, 2 * radius);
	}
	for (int i = 0; i < scene->count; i++)
		sheet_cover_shape(sheet, &scene->shapes[i], level);
	sheet_ink(sheet, dice_range(&sheet->dice, pen->depth), pen->grain);
}

static int save(const struct scene *scene, const char *folder, int number, struct error *error)
{
	const struct sheet *sheet = &scene->sheet;
	const int count = sheet->plane.width * sheet->plane.height;
	uint8_t *pixels = malloc((size_t)count);
	struct buffer file = {0};
	char path[4096];

	if (!pixels)
		return error_set(error, "not enough memory for %d×%d", sheet->plane.width,
						 sheet->plane.height);
	for (int i = 0; i < count; i++)
		pixels[i] = (uint8_t)(sheet->plane.at[i] * 255 + 0.5f);
	snprintf(path, sizeof path, "%s/%s_%d.pgm", folder, scene->kind->name, number);
	int status = pgm_write(pixels, sheet->plane.width, sheet->plane.height, &file, error);
	FILE *stream = status ? NULL : fopen(path, "wb"); /* file_replace would wait for the disk */
	const bool written = stream && fwrite(file.data, 1, file.size, stream) == file.size;
	if (!status && (!stream || fclose(stream) || !written))
		status = error_set(error, "%s: cannot write", path);
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
	struct sheet *sheet = &scene->sheet;
	for (const char *at = kind->name; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	scene->kind = kind;
	scene->dataset = dataset;
	scene->first_image = held_out ? HALF : 0;
	sheet->dice.rng = rng_stream(seed + ((uint64_t)held_out << 32), hash, (uint64_t)number);
	compose(scene);
	int status = choose_size(scene, error);
	if (!status) {
		const struct taking *taking = &takings[kind->taking];
		const float pen = sheet->digit * (scene->pen > 0 ? scene->pen : 0.1f);

		sheet_begin(sheet, taking, kind->paper);
		sheet_mark(sheet, kind->marks);
		write_ink(scene);
		if (kind->marks == DESK)
			sheet_put_on_desk(sheet);
		camera_take(taking, &sheet->dice, &sheet->plane, pen);
		if (kind->marks == FRAME)
			sheet_frame(sheet);
		status = save(scene, folder, number, error);
	}
	free(sheet->plane.at);
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
		"Draws COUNT pictures of each kind (of all), and prints FILE, KIND and ANSWER of each, "
		"with\n"
		"tabs. The final figure is taken with --held-out: other pictures, other digits and more\n"
		"kinds. --list names the kinds.\n";
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
	if (dataset_load(&dataset, &(struct dataset_options){.path = DATA}, DATASET_TEST, NULL, &error))
		status = -1;
	else if (dataset.count < 2 * HALF)
		status = error_set(&error, "fewer than %d test images", 2 * HALF);
	for (int i = 0; i < KINDS && !status; i++)
		for (int n = 0; n < (int)count && !status; n++)
			if (is_asked_for(&kinds[i], held_out, operands + 3))
				status = make(&kinds[i], &dataset, seed, held_out, n, operands[0], &error);
	dataset_free(&dataset);
	if (status)
		fprintf(stderr, "pictures: %s\n", error.text);
	return status ? 1 : 0;
}
