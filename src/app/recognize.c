/* One image is a data set of one, and a batch of one. To map what a decision rests on, the image is
 * run once for each place of the square, as many at a time as the executor takes. */
#include "app/recognize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/pixels.h"
#include "nn/loss.h"
#include "picture/scale.h"

/* Of the test images, 0.1% lie below it; of things that are no digits, more than 90%. */
#define LEAST 0.5

double recognizer_least(const struct model_info *info)
{
	return info->settings.augment.others > 0 ? LEAST : 0;
}

static bool is_digit_size(const struct shape *shape)
{
	return shape->h == DIGIT_SIDE && shape->w == DIGIT_SIDE;
}

/* Scale MNIST's form to the network's input, [height][width], as picture_scale does. */
static void recognizer_input(const struct recognizer *recognizer,
							 const uint8_t pixels[DIGIT_PIXELS], uint8_t *input)
{
	const struct shape *shape = &executor_network(recognizer->executor)->input;
	uint16_t samples[DIGIT_PIXELS];

	if (is_digit_size(shape)) {
		memcpy(input, pixels, DIGIT_PIXELS);
		return;
	}
	for (int i = 0; i < DIGIT_PIXELS; i++)
		samples[i] = pixels[i];
	picture_scale(
		&(struct raster){
			.width = DIGIT_SIDE, .height = DIGIT_SIDE, .maxval = UINT8_MAX, .samples = samples},
		shape->h, shape->w, input);
}

/* The probabilities of a batch of one image. */
static int recognize_batch(const struct recognizer *recognizer, const struct batch *batch,
						   float *probabilities, struct error *error)
{
	const int classes = executor_network(recognizer->executor)->classes;
	const float *logits = executor_predict(recognizer->executor, batch);

	if (!loss_logits_are_finite(classes, logits))
		return error_set(error, "the network's output is not a number");
	loss_softmax(classes, logits, probabilities);
	return 0;
}

int recognize(const struct recognizer *recognizer, const uint8_t *input, float *probabilities,
			  struct error *error)
{
	const struct network *network = executor_network(recognizer->executor);
	const struct dataset one = {
		.count = 1, .height = network->input.h, .width = network->input.w, .images = input};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};

	return recognize_batch(recognizer, &batch, probabilities, error);
}

/* An image in MNIST's form, which becomes one of the network's size as it is loaded. */
struct form {
	const struct recognizer *recognizer;
	const uint8_t *pixels;
};

static void form_load(const void *context, int first, int n, float *room, float *x)
{
	const struct form *form = context;
	const struct network *network = executor_network(form->recognizer->executor);
	uint8_t *input = (uint8_t *)room;

	(void)first, (void)n;
	recognizer_input(form->recognizer, form->pixels, input);
	for (int i = 0; i < network->input.h * network->input.w; i++)
		x[i] = (float)input[i] / 255.0f;
}

float recognizer_score(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	const struct recognizer *recognizer = context;
	const struct form form = {recognizer, pixels};
	const struct batch batch = {.n = 1, .load = form_load, .context = &form};
	float probabilities[CLASSES_MOST];
	struct error error;

	if (recognize_batch(recognizer, &batch, probabilities, &error))
		return 1.0f;
	return probabilities[loss_argmax(executor_network(recognizer->executor)->classes,
									 probabilities)];
}

void recognize_rank(const float *probabilities, int count, int *order)
{
	for (int i = 0; i < count; i++) {
		int rank = i;

		for (; rank > 0 && probabilities[order[rank - 1]] < probabilities[i]; rank--)
			order[rank] = order[rank - 1];
		order[rank] = i;
	}
}

/* ---- the digits of a picture ---- */

const uint8_t *reading_input(const struct reading *reading, int digit)
{
	return reading->inputs + (size_t)digit * (size_t)reading->height * (size_t)reading->width;
}

const float *reading_probabilities(const struct reading *reading, int digit)
{
	return reading->probabilities + (size_t)digit * (size_t)reading->classes;
}

/* Room for what is found out about the digits. */
static int allocate(const struct recognizer *recognizer, struct reading *out, struct error *error)
{
	const struct network *network = executor_network(recognizer->executor);
	const size_t count = (size_t)out->digits.count + 1; /* at least one: none may be found */

	out->height = network->input.h;
	out->width = network->input.w;
	out->classes = network->classes;
	out->inputs = calloc(count, (size_t)out->height * (size_t)out->width);
	out->probabilities = calloc(count, (size_t)out->classes * sizeof *out->probabilities);
	if (out->inputs && out->probabilities)
		return 0;
	return error_scarce(error, "not enough memory for %d digits", out->digits.count);
}

static bool is_input(const struct shape *shape, const struct raster *picture)
{
	return picture->width == shape->w && picture->height == shape->h;
}

/* The picture is one digit, as it is or scaled to the network's input. */
static int take_whole(const struct recognizer *recognizer, const struct raster *picture,
					  bool scaled, struct reading *out, struct error *error)
{
	const struct shape *shape = &executor_network(recognizer->executor)->input;

	if (!scaled && !is_input(shape, picture))
		return error_set(error, "%d×%d pixels, expected %d×%d", picture->width, picture->height,
						 shape->w, shape->h);
	out->digits = (struct digits){.all = calloc(1, sizeof *out->digits.all), .count = 1};
	if (!out->digits.all)
		return error_scarce(error, "not enough memory for a digit");
	out->digits.all->box = (struct box){0, 0, picture->width, picture->height};
	out->digits.all->begins = true;
	if (allocate(recognizer, out, error))
		return -1;
	if (scaled)
		picture_scale(picture, shape->h, shape->w, out->inputs);
	else
		raster_to_bytes(picture, out->inputs);
	return 0;
}

static int take_found(const struct recognizer *recognizer, const struct raster *picture,
					  struct reading *out, struct error *error)
{
	struct recognizer copy = *recognizer;
	const struct digit_judge judge = {recognizer_score, &copy};

	if (digits_find(picture, &judge, &out->digits, error) || allocate(recognizer, out, error))
		return -1;
	const size_t size = (size_t)out->height * (size_t)out->width;
	for (int i = 0; i < out->digits.count; i++)
		recognizer_input(recognizer, out->digits.all[i].pixels, out->inputs + (size_t)i * size);
	return 0;
}

/* Recognize the digits, and leave out what is none, unless that is all. The digit behind one that
 * began a number, and is left out, begins it. */
static int recognize_all(const struct recognizer *recognizer, struct reading *reading, double least,
						 struct error *error)
{
	const size_t size = (size_t)reading->height * (size_t)reading->width;
	const size_t classes = (size_t)reading->classes;
	struct digits *digits = &reading->digits;
	bool begins = false;
	int kept = 0;

	for (int i = 0; i < digits->count; i++) {
		uint8_t *input = reading->inputs + (size_t)i * size;
		float *probabilities = reading->probabilities + (size_t)i * classes;
		if (recognize(recognizer, input, probabilities, error))
			return -1;
		begins = begins || digits->all[i].begins;
		if (!digits->none &&
			(double)probabilities[loss_argmax(reading->classes, probabilities)] < least)
			continue;
		memmove(reading->inputs + (size_t)kept * size, input, size);
		memmove(reading->probabilities + (size_t)kept * classes, probabilities,
				classes * sizeof *probabilities);
		digits->all[kept] = digits->all[i];
		digits->all[kept++].begins = begins;
		begins = false;
	}
	digits->none = digits->none || kept == 0;
	digits->count = kept ? kept : digits->count;
	return 0;
}

int reading_take(const struct recognizer *recognizer, const struct raster *picture, bool raw,
				 struct reading *out, struct error *error)
{
	const struct shape *shape = &executor_network(recognizer->executor)->input;
	const bool is_own = is_input(shape, picture) &&
						(recognizer->pictures == PICTURES_KEEP || !is_digit_size(shape));
	const bool scaled = recognizer->pictures == PICTURES_SCALE && !raw;
	const bool found = !raw && !scaled && !is_own;

	*out = (struct reading){0};
	if ((found ? take_found(recognizer, picture, out, error)
			   : take_whole(recognizer, picture, scaled, out, error)) ||
		recognize_all(recognizer, out, found ? recognizer->least : 0, error)) {
		reading_free(out);
		return -1;
	}
	return 0;
}

void reading_free(struct reading *reading)
{
	digits_free(&reading->digits);
	free(reading->inputs);
	free(reading->probabilities);
	*reading = (struct reading){0};
}

/* ---- numbers ---- */

/* The last digit of a guess, and which of the guesses at the digits before it goes on. */
struct link {
	uint16_t before, digit;
};

/* Let each of `count` guesses go on with each class, and keep the likeliest; returns how many. Of
 * equals, that with the likelier beginning, then with the likelier class, comes first: the first of
 * all guesses has the likeliest class at every place. */
static int extend(double guesses[READING_GUESSES], int count, const float *probabilities,
				  int classes, struct link links[READING_GUESSES])
{
	double longer[READING_GUESSES];
	int order[CLASSES_MOST], kept = 0;

	recognize_rank(probabilities, classes, order);
	for (int before = 0; before < count; before++)
		for (int i = 0; i < classes; i++) {
			const double probability = fmin(guesses[before], (double)probabilities[order[i]]);
			int rank = kept;

			if (kept < READING_GUESSES)
				kept++;
			else if (probability <= longer[--rank])
				continue;
			for (; rank > 0 && longer[rank - 1] < probability; rank--) {
				longer[rank] = longer[rank - 1];
				links[rank] = links[rank - 1];
			}
			longer[rank] = probability;
			links[rank] = (struct link){(uint16_t)before, (uint16_t)order[i]};
		}
	memcpy(guesses, longer, (size_t)kept * sizeof *longer);
	return kept;
}

int reading_guess(const struct reading *reading, struct guesses *out, struct error *error)
{
	const size_t length = (size_t)reading->digits.count;
	struct link(*links)[READING_GUESSES] = calloc(length, sizeof *links);

	*out = (struct guesses){.count = 1, .probabilities = {1}};
	out->digits = calloc(length, READING_GUESSES * sizeof *out->digits);
	if (!links || !out->digits) {
		free(links);
		free(out->digits);
		out->digits = NULL;
		return error_scarce(error, "not enough memory for a number of %zu digits", length);
	}
	for (size_t i = 0; i < length; i++)
		out->count = extend(out->probabilities, out->count, reading_probabilities(reading, (int)i),
							reading->classes, links[i]);
	for (size_t guess = 0; guess < (size_t)out->count; guess++) {
		size_t rank = guess;
		for (size_t i = length; i-- > 0; rank = links[i][rank].before)
			out->digits[guess * length + i] = links[i][rank].digit;
	}
	free(links);
	return 0;
}

/* ---- occlusion ---- */

struct covered {
	const uint8_t *pixels;
	int height, width;
	int reach; /* of the square, from its middle pixel to each side */
	uint8_t fill;
	int first; /* place of the batch's first image */
};

static void covered_load(const void *context, int first, int n, float *room, float *x)
{
	const struct covered *covered = context;
	const int width = covered->width;

	(void)room;
	for (int place = covered->first + first; n > 0; place++, n--)
		for (int i = 0; i < covered->height * width; i++) {
			const int dy = i / width - place / width, dx = i % width - place % width;
			bool hidden = abs(dy) <= covered->reach && abs(dx) <= covered->reach;
			*x++ = (float)(hidden ? covered->fill : covered->pixels[i]) / 255.0f;
		}
}

void occlusion_map(const struct recognizer *recognizer, const uint8_t *input, int class, int size,
				   uint8_t fill, double *map)
{
	struct executor *executor = recognizer->executor;
	const struct network *network = executor_network(executor);
	struct covered covered = {.pixels = input,
							  .height = network->input.h,
							  .width = network->input.w,
							  .reach = size / 2,
							  .fill = fill};
	const int most = executor_batch_size(executor), count = covered.height * covered.width;
	struct batch batch = {.load = covered_load, .context = &covered};

	for (; covered.first < count; covered.first += batch.n) {
		const int left = count - covered.first;

		batch.n = left < most ? left : most;
		const float *logits = executor_predict(executor, &batch);
		for (int i = 0; i < batch.n; i++, logits += network->classes) {
			float probabilities[CLASSES_MOST];
			loss_softmax(network->classes, logits, probabilities);
			map[covered.first + i] = (double)probabilities[class];
		}
	}
}
