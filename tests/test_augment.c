/* Augmentation: lists, and images against calculations of the test's own in double precision. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/augment.h"
#include "app/augmenter.h"
#include "mnist.h"
#include "training.h"

enum { SIDE = MNIST_SIDE };

#define PI 3.14159265358979323846
#define EVERYTHING "shift:2,rotate:12,scale:0.12,shear:0.2,elastic:30,sigma:4"

static struct augment parse(const char *list)
{
	struct augment augment;
	struct error error;

	if (augment_parse(list, &augment, &error))
		fail_msg("%s: %s", list, error.text);
	return augment;
}

static struct augmenter prepare(const char *list)
{
	const struct augment augment = parse(list);
	struct augmenter augmenter;

	augmenter_prepare(&augmenter, &augment, SIDE, SIDE);
	return augmenter;
}

/* ---- lists ---- */

static void test_lists(void **state)
{
	const struct augment all = parse(EVERYTHING ",until:0.9");
	const struct augment standard = parse("until,sigma,elastic,shear,scale,rotate,shift");
	const struct augment one = parse("elastic:8");

	(void)state;
	assert_true(all.shift == 2 && all.rotate == 12 && all.scale == 0.12 && all.shear == 0.2);
	assert_true(all.elastic == 30 && all.sigma == 4 && all.until == 0.9);
	assert_memory_equal(&all, &standard, sizeof all);
	assert_true(one.elastic == 8 && one.sigma == 4 && one.until == 1);
	assert_true(one.shift == 0 && one.rotate == 0 && one.scale == 0 && one.shear == 0);
	assert_true(parse("shift").sigma == 0);
	assert_true(parse("rotate:1.2e1").rotate == 12);
	assert_false(augment_is_none(&one));
	assert_true(augment_warps(&one));
	assert_true(one.others == 0 && one.drawn == 0);
}

/* They stay to the end, and so without any change, too. */
static void test_replacements(void **state)
{
	const struct augment alone = parse("others:0.3"), drawn = parse("drawn"),
						 late = parse("shift,until:0,others");

	(void)state;
	assert_true(alone.others == 0.3 && alone.drawn == 0 && alone.until == 1);
	assert_true(drawn.others == 0 && drawn.drawn == 0.05);
	assert_true(late.others == 0.2 && late.shift == 0 && late.until == 1);
	assert_false(augment_is_none(&alone) || augment_is_none(&drawn) || augment_is_none(&late));
	assert_false(augment_warps(&alone) || augment_warps(&drawn) || augment_warps(&late));
}

static void test_nothing(void **state)
{
	static const char *const lists[] = {"none",     "shift:0",         "rotate:0,until:0.5",
										"shear:-0", "shift:2,until:0", "elastic:0,sigma:3"};
	const struct augment nothing = {0};

	(void)state;
	assert_true(augment_is_none(&nothing));
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct augment augment = parse(lists[i]);
		assert_memory_equal(&augment, &nothing, sizeof nothing);
	}
}

static void test_limits(void **state)
{
	const struct augment most =
		parse("shift:10,rotate:180,scale:0.5,shear:1,elastic:200,sigma:20,until:1");

	(void)state;
	assert_true(most.shift == 10 && most.rotate == 180 && most.scale == 0.5 && most.shear == 1);
	assert_true(most.elastic == 200 && most.sigma == 20 && most.until == 1);
	assert_true(parse("elastic,sigma:2").sigma == 2);
}

static void test_bad_lists(void **state)
{
	static const struct {
		const char *list, *why;
	} cases[] = {
		{"rotat:3", "there is no \"rotat\"; did you mean rotate?"},
		{"shift,scael:1", "there is no \"scael\"; did you mean scale?"},
		{"non", "there is no \"non\"; did you mean none?"},
		{"blur", "there is no \"blur\"; there are none, shift, rotate, scale, shear, elastic, "
				 "sigma, until, others and drawn"},
		{"", "a name is missing"},
		{":3", "a name is missing"},
		{"shift,", "a name is missing"},
		{"shift,,shear", "a name is missing"},
		{"none,shift", "none stands alone"},
		{"shift,none", "none stands alone"},
		{"none:1", "none stands alone"},
		{"shift:1,shift:2", "shift comes twice"},
		{"shift:40", "shift: 40 is not in 0 … 10"},
		{"shift:-1", "shift: -1 is not in 0 … 10"},
		{"shift:1.5", "shift: 1.5 is not a whole number"},
		{"rotate:400", "rotate: 400 is not in 0 … 180"},
		{"scale:0.51", "scale: 0.51 is not in 0 … 0.5"},
		{"shear:1e400", "shear: 1e400 is not in 0 … 1"},
		{"elastic:201", "elastic: 201 is not in 0 … 200"},
		{"elastic,sigma:1.9", "sigma: 1.9 is not in 2 … 20"},
		{"shear,until:1.1", "until: 1.1 is not in 0 … 1"},
		{"rotate:nan", "rotate: \"nan\" is not a number"},
		{"rotate:inf", "rotate: \"inf\" is not a number"},
		{"rotate:0x10", "rotate: \"0x10\" is not a number"},
		{"rotate: 3", "rotate: \" 3\" is not a number"},
		{"rotate:", "rotate: \"\" is not a number"},
		{"rotate:3:4", "rotate: \"3:4\" is not a number"},
		{"rotate:3-", "rotate: \"3-\" is not a number"},
		{"shift,sigma:3", "sigma: there is no elastic in the list"},
		{"until:0.5", "until: there is nothing else in the list"},
		{"others,until:0.5", "until: there is nothing that ends in the list"},
		{"until,drawn", "until: there is nothing that ends in the list"},
		{"others:0.51", "others: 0.51 is not in 0 … 0.5"},
		{"drawn:-0.1", "drawn: -0.1 is not in 0 … 0.5"},
		{"other", "there is no \"other\"; did you mean others?"},
		{"rotate:0.00000000000000000000000000000000001",
		 "\"rotate:0.0000000000000000000000000000000…\" is too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct augment augment;
		struct error error = {.text = ""};
		assert_int_equal(augment_parse(cases[i].list, &augment, &error), -1);
		assert_string_equal(error.text, cases[i].why);
	}
}

static void test_texts(void **state)
{
	static const char *const cases[][2] = {
		{"none", "none"},
		{"shift:0", "none"},
		{"elastic", "elastic:30,sigma:4"},
		{"until:0.75,shift:+3,rotate:0", "shift:3,until:0.75"},
		{"scale:0.10000000000000001,until:1", "scale:0.1"},
		{"shear:0.30000000000000004", "shear:0.30000000000000004"},
		{"rotate:179.99999999999997,scale:0.49999999999999994,shear:0.99999999999999989",
		 "rotate:179.99999999999997,scale:0.49999999999999994,shear:0.9999999999999999"},
		{EVERYTHING, EVERYTHING},
		{"drawn,others", "others:0.2,drawn:0.05"},
		{"others:0.1,until:0.9,shift", "shift:2,until:0.9,others:0.1"},
		{"others:0,drawn:0", "none"},
		{"scale:0,until:0,others", "others:0.2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct augment augment = parse(cases[i][0]);
		char text[AUGMENT_TEXT];
		assert_string_equal(augment_text(&augment, text), cases[i][1]);
		const struct augment again = parse(text);
		assert_memory_equal(&again, &augment, sizeof augment);
	}
}

/* The longest numbers that the limits allow fit the text. */
static void test_longest_text(void **state)
{
	const double tiny = 2.2250738585072014e-308;
	const struct augment augment = {.shift = 10,
									.rotate = tiny,
									.scale = tiny,
									.shear = tiny,
									.elastic = tiny,
									.sigma = 3.0000000000000004,
									.until = tiny,
									.others = tiny,
									.drawn = tiny};
	char text[AUGMENT_TEXT + 1];

	(void)state;
	text[AUGMENT_TEXT] = 'x';
	assert_true(strlen(augment_text(&augment, text)) < AUGMENT_TEXT);
	assert_int_equal(text[AUGMENT_TEXT], 'x');
}

/* ---- images ---- */

/* Augment between fences; the result may not be outside of 0 … 1. */
static void augment(const struct augmenter *augmenter, uint64_t seed, size_t image,
					const uint8_t *pixels, float *x)
{
	float fenced[PIXELS + 64], room[MNIST_ROOM];

	for (int i = 0; i < PIXELS + 64; i++)
		fenced[i] = i < 32 || i >= 32 + PIXELS ? -7 : NAN;
	augment_image(augmenter, rng_stream(seed, RNG_AUGMENT, 1), image, pixels, room, fenced + 32);
	for (int i = 0; i < 32; i++)
		assert_true(fenced[i] == -7 && fenced[32 + PIXELS + i] == -7);
	for (int i = 0; i < PIXELS; i++)
		assert_true(fenced[32 + i] >= 0 && fenced[32 + i] <= 1);
	memcpy(x, fenced + 32, PIXELS * sizeof *x);
}

static void test_nothing_changes(void **state)
{
	/* Amounts too small to be seen take the long way. */
	static const char *const lists[] = {"none", "rotate:1e-9", "shear:1e-9,scale:1e-9",
										"elastic:1e-9", "shift:0,rotate:1e-9,elastic:1e-9"};
	uint8_t pixels[PIXELS];
	float x[PIXELS];

	(void)state;
	for (int i = 0; i < PIXELS; i++)
		pixels[i] = (uint8_t)(i * 37);
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
		const struct augmenter augmenter = prepare(lists[l]);
		augment(&augmenter, 1, l, pixels, x);
		for (int i = 0; i < PIXELS; i++)
			assert_true(x[i] == (float)pixels[i] / 255);
	}
}

static double pixel_at(const uint8_t *pixels, int row, int column)
{
	return row < 0 || row >= SIDE || column < 0 || column >= SIDE ? 0 : pixels[row * SIDE + column];
}

/* The image moved by whole pixels. */
static bool is_moved(const float *x, const uint8_t *pixels, int right, int down)
{
	for (int row = 0; row < SIDE; row++)
		for (int column = 0; column < SIDE; column++) {
			double moved = pixel_at(pixels, row - down, column - right);
			if (x[row * SIDE + column] != (float)moved / 255)
				return false;
		}
	return true;
}

static void test_shifts_are_exact(void **state)
{
	const struct augmenter augmenter = prepare("shift:3");
	uint8_t pixels[PIXELS];
	int counts[7][7] = {{0}};
	float x[PIXELS];

	(void)state;
	for (int i = 0; i < PIXELS; i++)
		pixels[i] = (uint8_t)(i * 101 % 251);
	for (size_t image = 0; image < 4900; image++) {
		int found = 0;
		augment(&augmenter, 1, image, pixels, x);
		for (int right = -3; right <= 3; right++)
			for (int down = -3; down <= 3; down++)
				if (is_moved(x, pixels, right, down)) {
					counts[right + 3][down + 3]++;
					found++;
				}
		assert_int_equal(found, 1);
	}
	for (int i = 0; i < 49; i++) /* 100 expected, deviation 10 */
		assert_true(counts[i / 7][i % 7] > 55 && counts[i / 7][i % 7] < 145);
}

static double signed_draw(struct rng rng, size_t image, int number)
{
	return 2.0 * (double)rng_uniform(rng, image * AUGMENT_DRAWS + (uint64_t)number) - 1;
}

/* Where a point of the image goes, relative to the middle: scaled, sheared, turned, shifted. */
struct forward {
	double xx, xy, yx, yy, right, down;
};

static struct forward forward_map(const struct augment *a, struct rng rng, size_t image)
{
	const double angle = a->rotate * PI / 180 * signed_draw(rng, image, 2);
	const double width = 1 + a->scale * signed_draw(rng, image, 3);
	const double height = 1 + a->scale * signed_draw(rng, image, 4);
	const double shear = a->shear * signed_draw(rng, image, 5);
	const double stretched[2][2] = {{width, shear * height}, {0, height}};
	const double c = cos(angle), s = sin(angle);

	return (struct forward){
		.xx = c * stretched[0][0] - s * stretched[1][0],
		.xy = c * stretched[0][1] - s * stretched[1][1],
		.yx = s * stretched[0][0] + c * stretched[1][0],
		.yy = s * stretched[0][1] + c * stretched[1][1],
		.right = a->shift * signed_draw(rng, image, 0),
		.down = a->shift * signed_draw(rng, image, 1),
	};
}

static double bilinear(const uint8_t *pixels, double x, double y)
{
	const int column = (int)floor(x), row = (int)floor(y);
	const double right = x - column, below = y - row;
	double sum = (1 - below) * (1 - right) * pixel_at(pixels, row, column);

	sum += (1 - below) * right * pixel_at(pixels, row, column + 1);
	sum += below * (1 - right) * pixel_at(pixels, row + 1, column);
	sum += below * right * pixel_at(pixels, row + 1, column + 1);
	return sum / 255;
}

/* Positions are rounded to 1/256 pixel, so values are off by at most the steepest slope / 256. */
static void check_map(const char *list, uint64_t seed, size_t image, const uint8_t *pixels)
{
	const struct augmenter augmenter = prepare(list);
	const struct forward f =
		forward_map(&augmenter.amounts, rng_stream(seed, RNG_AUGMENT, 1), image);
	const double determinant = f.xx * f.yy - f.xy * f.yx;
	float found[PIXELS];

	augment(&augmenter, seed, image, pixels, found);
	for (int row = 0; row < SIDE; row++)
		for (int column = 0; column < SIDE; column++) {
			double x = column - 13.5 - f.right, y = row - 13.5 - f.down;
			double from_x = (f.yy * x - f.xy * y) / determinant + 13.5;
			double from_y = (f.xx * y - f.yx * x) / determinant + 13.5;
			double expected = bilinear(pixels, from_x, from_y);
			if (!(fabs(expected - (double)found[row * SIDE + column]) <= 1.0 / 256))
				fail_msg("%s, image %zu, row %d, column %d: %g, should be %g", list, image, row,
						 column, (double)found[row * SIDE + column], expected);
		}
}

static void test_maps(void **state)
{
	static const char *const lists[] = {
		"rotate:12",
		"rotate:180",
		"scale:0.12",
		"scale:0.5",
		"shear:0.2",
		"shear:1",
		"shift:2,rotate:1e-9",
		"shift:10,rotate:180,scale:0.5,shear:1",
		"shift:2,rotate:12,scale:0.12,shear:0.2",
	};
	struct digits *digits = digits_read();

	(void)state;
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (size_t image = 0; image < DIGITS; image++)
			check_map(lists[l], image % 3, image, digits->images[image]);
	free(digits);
}

/* An image whose pixels say how far down or right they are tells where each was read. */
static void read_positions(const struct augmenter *augmenter, size_t image, double x[PIXELS],
						   double y[PIXELS])
{
	uint8_t across[PIXELS], down[PIXELS];
	float found_x[PIXELS], found_y[PIXELS];

	for (int i = 0; i < PIXELS; i++) {
		across[i] = (uint8_t)(9 * (i % SIDE));
		down[i] = (uint8_t)(9 * (i / SIDE));
	}
	augment(augmenter, 1, image, across, found_x);
	augment(augmenter, 1, image, down, found_y);
	for (int i = 0; i < PIXELS; i++) {
		x[i] = (double)found_x[i] * 255 / 9;
		y[i] = (double)found_y[i] * 255 / 9;
	}
}

/* Turning keeps lengths and right angles, and goes as far to the one side as to the other. */
static void test_angles(void **state)
{
	const struct augmenter augmenter = prepare("rotate:30");
	double x[PIXELS], y[PIXELS], most = 0, sum = 0;

	(void)state;
	for (size_t image = 0; image < 1000; image++) {
		read_positions(&augmenter, image, x, y);
		const int a = 10 * SIDE + 10, b = 10 * SIDE + 17, c = 17 * SIDE + 10;
		double angle = atan2(y[a] - y[b], x[b] - x[a]) * 180 / PI;
		double other = atan2(x[c] - x[a], y[c] - y[a]) * 180 / PI;
		double length = hypot(x[b] - x[a], y[b] - y[a]);
		assert_true(fabs(angle - other) < 0.1 && fabs(length - 7) < 0.01);
		most = fmax(most, fabs(angle));
		sum += angle;
	}
	assert_true(most < 30.1 && most > 29.5);
	assert_true(fabs(sum / 1000) < 2); /* the mean's deviation is 0.55 */
}

enum { FIELDS = 1500, FROM = 9, PLACES = 10 };

/* Displacements of the pixels in the middle, from where no edge is seen. */
struct displacements {
	double x[PLACES][PLACES], y[PLACES][PLACES];
};

static struct displacements *draw_fields(const char *list)
{
	const struct augmenter augmenter = prepare(list);
	struct displacements *fields = malloc(FIELDS * sizeof *fields);
	double x[PIXELS], y[PIXELS];

	assert_non_null(fields);
	for (size_t f = 0; f < FIELDS; f++) {
		read_positions(&augmenter, f, x, y);
		for (int i = 0; i < PLACES; i++)
			for (int j = 0; j < PLACES; j++) {
				fields[f].x[i][j] = x[(FROM + i) * SIDE + FROM + j] - (FROM + j);
				fields[f].y[i][j] = y[(FROM + i) * SIDE + FROM + j] - (FROM + i);
			}
	}
	return fields;
}

/* The mean product of displacements at two pixels; of x and y where they are crossed. */
static double product(const struct displacements *fields, int i, int j, int k, int l, bool crossed)
{
	double sum = 0;

	for (int f = 0; f < FIELDS; f++)
		sum += fields[f].x[i][j] * (crossed ? fields[f].y[k][l] : fields[f].x[k][l]) +
			   fields[f].y[i][j] * (crossed ? fields[f].x[k][l] : fields[f].y[k][l]);
	return sum / (2 * FIELDS);
}

/* Noise of variance 1/3 at each pixel, through a Gaussian: the sum of its squares is 1 / (4 pi
 * sigma²), and at a distance of d the correlation is exp(-d² / (4 sigma²)). */
static void check_statistics(const char *list, double alpha, double sigma)
{
	struct displacements *fields = draw_fields(list);
	const double variance = alpha * alpha / 3 / (4 * PI * sigma * sigma);
	double mean_x = 0, mean_y = 0;

	for (int i = 0; i < PLACES; i++)
		for (int d = 0; i + d < PLACES; d++) {
			double expected = exp(-d * d / (4 * sigma * sigma));
			assert_true(fabs(product(fields, i, i, i, i + d, false) / variance - expected) < 0.12);
			assert_true(fabs(product(fields, i, i, i + d, i, false) / variance - expected) < 0.12);
			assert_true(fabs(product(fields, i, i, i, i + d, true) / variance) < 0.12);
		}
	for (int f = 0; f < FIELDS; f++) {
		mean_x += fields[f].x[5][5] / FIELDS;
		mean_y += fields[f].y[5][5] / FIELDS;
	}
	assert_true(fabs(mean_x) < 0.1 * sqrt(variance) && fabs(mean_y) < 0.1 * sqrt(variance));
	free(fields);
}

static void test_elastic_statistics(void **state)
{
	(void)state;
	check_statistics("elastic:30,sigma:4", 30, 4);
	check_statistics("elastic:12,sigma:2", 12, 2);
	check_statistics("elastic:40,sigma:5.5", 40, 5.5);
}

/* Slopes, too, are what a Gaussian leaves: neighbours differ by little, and never jump. */
static void test_elastic_is_smooth(void **state)
{
	struct displacements *fields = draw_fields("elastic:30,sigma:4");
	const double deviation = 30 / sqrt(3) / (2 * sqrt(PI) * 4);
	double squares = 0, bend = 0;
	int count = 0;

	(void)state;
	for (int f = 0; f < FIELDS; f++)
		for (int i = 0; i < PLACES; i++)
			for (int j = 2; j < PLACES; j++) {
				const double *row = fields[f].x[i] + j;
				squares += (row[0] - row[-1]) * (row[0] - row[-1]);
				bend = fmax(bend, fabs(row[0] - 2 * row[-1] + row[-2]));
				count++;
			}
	double expected = deviation * sqrt(2 * (1 - exp(-1.0 / 64)));
	assert_true(fabs(sqrt(squares / count) / expected - 1) < 0.05);
	/* A bend's deviation is sqrt(12) / (4 sigma²) of the field's, 0.066; and 1/256 is rounding. */
	assert_true(bend < 6 * 0.066);
	free(fields);
}

/* Every amount at its limit, on images of every kind: `augment` looks at the results. */
static void test_range(void **state)
{
	static const char *const lists[] = {
		"shift:10",
		"shift:10,rotate:180,scale:0.5,shear:1,elastic:200,sigma:2",
		"elastic:200,sigma:20",
		EVERYTHING,
	};
	uint8_t pixels[PIXELS];
	float x[PIXELS];

	(void)state;
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
		const struct augmenter augmenter = prepare(lists[l]);
		for (size_t image = 0; image < 300; image++) {
			for (int i = 0; i < PIXELS; i++)
				pixels[i] = (uint8_t)(image % 3 == 0 ? 255 : i * (int)image % 256);
			augment(&augmenter, image, image, pixels, x);
		}
		memset(pixels, 0, sizeof pixels);
		augment(&augmenter, 1, (size_t)UINT32_MAX, pixels, x);
		for (int i = 0; i < PIXELS; i++)
			assert_true(x[i] == 0);
	}
}

/* Ink is neither gained nor lost, but for what leaves the image. */
static void test_ink(void **state)
{
	static const char *const lists[] = {"shift", "rotate", "scale", "shear", "elastic", EVERYTHING};
	struct digits *digits = digits_read();

	(void)state;
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
		const struct augmenter augmenter = prepare(lists[l]);
		double before = 0, after = 0;
		for (size_t image = 0; image < (size_t)DIGITS * 30; image++) {
			const uint8_t *pixels = digits->images[image % DIGITS];
			float x[PIXELS];
			augment(&augmenter, 1, image, pixels, x);
			for (int i = 0; i < PIXELS; i++) {
				before += (double)pixels[i] / 255;
				after += (double)x[i];
			}
		}
		if (!(fabs(after / before - 1) < 0.01))
			fail_msg("%s: mean ink times %g", lists[l], after / before);
	}
	free(digits);
}

/* ---- batches ---- */

static void load(const struct digits *digits, const char *list, const uint32_t *indices, int first,
				 int n, uint64_t seed, uint64_t epoch, float *x)
{
	const struct dataset dataset = {
		.count = DIGITS, .height = MNIST_SIDE, .width = MNIST_SIDE, .images = digits->images[0]};
	const struct augmenter augmenter = prepare(list);
	const struct augmented augmented = {
		{&dataset, indices}, &augmenter, rng_stream(seed, RNG_AUGMENT, epoch), NULL};

	float room[MNIST_ROOM];

	augmented_load(&augmented, first, n, room, x);
}

/* An image's draws are its own, in whatever part of whatever batch it is loaded. */
static void test_batches_do_not_matter(void **state)
{
	static const uint32_t order[] = {5, 63, 0, 17, 5}, reversed[] = {5, 17, 0, 63, 5};
	static float whole[5 * PIXELS], parts[5 * PIXELS], back[5 * PIXELS];
	struct digits *digits = digits_read();

	(void)state;
	load(digits, EVERYTHING, order, 0, 5, 1, 1, whole);
	load(digits, EVERYTHING, order, 0, 2, 1, 1, parts);
	load(digits, EVERYTHING, order, 2, 3, 1, 1, parts + 2 * PIXELS);
	load(digits, EVERYTHING, reversed, 0, 5, 1, 1, back);
	assert_memory_equal(whole, parts, sizeof whole);
	for (int i = 0; i < 5; i++)
		assert_memory_equal(whole + i * PIXELS, back + (4 - i) * PIXELS, PIXELS * sizeof *whole);
	free(digits);
}

static void test_chance(void **state)
{
	static const char *const lists[] = {"shift:10", "rotate", "scale", "shear", "elastic"};
	static const uint32_t order[] = {7};
	float one[PIXELS], again[PIXELS], epoch[PIXELS], seed[PIXELS];
	struct digits *digits = digits_read();

	(void)state;
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
		load(digits, lists[l], order, 0, 1, 1, 1, one);
		load(digits, lists[l], order, 0, 1, 1, 1, again);
		load(digits, lists[l], order, 0, 1, 1, 2, epoch);
		load(digits, lists[l], order, 0, 1, 2, 1, seed);
		assert_memory_equal(one, again, sizeof one);
		assert_memory_not_equal(one, epoch, sizeof one);
		assert_memory_not_equal(one, seed, sizeof one);
		assert_memory_not_equal(epoch, seed, sizeof one);
	}
	free(digits);
}

static void test_images_as_they_are(void **state)
{
	static const uint32_t order[] = {3, 1, 2};
	static float plain[2 * PIXELS], loaded[2 * PIXELS], room[MNIST_ROOM];
	struct digits *digits = digits_read();
	const struct dataset dataset = {
		.count = DIGITS, .height = MNIST_SIDE, .width = MNIST_SIDE, .images = digits->images[0]};
	const struct augmented augmented = {
		{&dataset, order}, NULL, rng_stream(1, RNG_AUGMENT, 1), NULL};

	(void)state;
	selection_load(&augmented.selection, 1, 2, room, plain);
	augmented_load(&augmented, 1, 2, room, loaded);
	assert_memory_equal(loaded, plain, sizeof plain);
	free(digits);
}

/* With a displacement of nothing, each size comes back as it is; elastic noise stays inside the
 * image's memory, whose end the sanitizers watch. With its rim, a row of 30 … 32 pixels needs more
 * than 32 bytes. */
static void any_size_is_warped(void **state)
{
	static const int sizes[][2] = {{1, 1},   {1, 256}, {256, 1},  {2, 3},    {8, 8},
								   {29, 31}, {32, 32}, {30, 200}, {256, 256}};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const int height = sizes[i][0], width = sizes[i][1];
		const size_t size = (size_t)(height * width);
		const struct augment still = {.rotate = 1e-9, .until = 1};
		const double sigma = height < 80 && width < 80 ? AUGMENT_LEAST_SIGMA : 7;
		const struct augment elastic = {.elastic = 30, .sigma = sigma, .shift = 10, .until = 1};
		uint8_t *pixels = malloc(size);
		float *x = malloc(size * sizeof *x);
		float *room = malloc(executor_room(height, width) * sizeof *room);
		struct augmenter augmenter;

		assert_non_null(pixels);
		assert_non_null(x);
		assert_non_null(room);
		for (size_t p = 0; p < size; p++)
			pixels[p] = (uint8_t)(p * 7 % 256);
		augmenter_prepare(&augmenter, &still, height, width);
		augment_image(&augmenter, rng_stream(1, RNG_AUGMENT, 1), 0, pixels, room, x);
		for (size_t p = 0; p < size; p++)
			assert_true(fabs((double)x[p] - pixels[p] / 255.0) < 1e-6);
		augmenter_prepare(&augmenter, &elastic, height, width);
		augment_image(&augmenter, rng_stream(1, RNG_AUGMENT, 1), 3, pixels, room, x);
		for (size_t p = 0; p < size; p++)
			assert_true(x[p] >= 0 && x[p] <= 1);
		augmenter_prepare(&augmenter, &(struct augment){.shift = 10, .until = 1}, height, width);
		for (size_t image = 0; image < 20; image++)
			augment_image(&augmenter, rng_stream(1, RNG_AUGMENT, 1), image, pixels, room, x);
		free(pixels);
		free(room);
		free(x);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	struct dataset dataset = {.height = 256, .width = 8};
	struct augment augment = {.elastic = 30, .sigma = 6, .until = 1};
	struct error error;

	(void)state;
	assert_int_equal(augment_check(&augment, &dataset, &error), -1);
	assert_string_equal(error.text, "sigma: 6 is too fine for images of 256×8 pixels: at least 7");
	augment.sigma = 7;
	assert_int_equal(augment_check(&augment, &dataset, &error), 0);
	augment = (struct augment){.others = 0.1};
	assert_int_equal(augment_check(&augment, &dataset, &error), -1);
	assert_string_equal(error.text,
						"others and drawn are for the ten digits in images of 28×28 pixels");
	dataset.height = dataset.width = 28;
	assert_int_equal(augment_check(&augment, &dataset, &error), -1);
	assert_int_equal(classes_numbered(10, &dataset.classes, &error), 0);
	assert_int_equal(augment_check(&augment, &dataset, &error), 0);
	dataset.classes.all[9].name[0] = 'A';
	assert_int_equal(augment_check(&augment, &dataset, &error), -1);
	classes_free(&dataset.classes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_replacements),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bad_lists),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_nothing_changes),
		cmocka_unit_test(test_shifts_are_exact),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_angles),
		cmocka_unit_test(test_elastic_statistics),
		cmocka_unit_test(test_elastic_is_smooth),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_ink),
		cmocka_unit_test(test_batches_do_not_matter),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_images_as_they_are),
		cmocka_unit_test(any_size_is_warped),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
