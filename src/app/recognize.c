/* One image is a data set of one, and a batch of one. To map what a decision rests on, the image is
 * run once for each place of the square, as many at a time as the executor takes. */
#include "app/recognize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/loss.h"

/* Of the test images, 0.1% lie below it; of things that are no digits, more than 90%. */
#define LEAST 0.5

double recognizer_least(const struct model_info *info)
{
	return info->settings.augment.others > 0 ? LEAST : 0;
}

int recognize(const struct recognizer *recognizer, const uint8_t pixels[DATASET_PIXELS],
			  float probabilities[DATASET_CLASSES], struct error *error)
{
	const struct dataset one = {.count = 1, .images = pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};
	const float *logits = executor_predict(recognizer->executor, &batch);

	if (!loss_logits_are_finite(DATASET_CLASSES, logits))
		return error_set(error, "the network's output is not a number");
	loss_softmax(DATASET_CLASSES, logits, recognizer->temperature, probabilities);
	return 0;
}

float recognizer_score(void *recognizer, const uint8_t pixels[DATASET_PIXELS])
{
	float probabilities[DATASET_CLASSES];
	struct error error;

	if (recognize(recognizer, pixels, probabilities, &error))
		return 1.0f;
	return probabilities[loss_argmax(DATASET_CLASSES, probabilities)];
}

void recognize_rank(const float probabilities[DATASET_CLASSES], int order[DATASET_CLASSES])
{
	for (int digit = 0; digit < DATASET_CLASSES; digit++) {
		int rank = digit;

		for (; rank > 0 && probabilities[order[rank - 1]] < probabilities[digit]; rank--)
			order[rank] = order[rank - 1];
		order[rank] = digit;
	}
}

/* ---- the digits of a picture ---- */

static int take_raw(const struct raster *picture, struct digits *out, struct error *error)
{
	*out = (struct digits){.all = calloc(1, sizeof *out->all), .count = 1};
	if (!out->all)
		return error_scarce(error, "not enough memory for a digit");
	out->all->box = (struct box){0, 0, picture->width, picture->height};
	out->all->begins = true;
	return digit_from_raw(picture, out->all->pixels, error);
}

/* Recognize the digits, and leave out what is none. The digit behind one that began a number, and
 * is left out, begins it. */
static int recognize_all(const struct recognizer *recognizer, struct reading *reading, double least,
						 struct error *error)
{
	struct digits *digits = &reading->digits;
	bool begins = false;
	int kept = 0;

	reading->probabilities = calloc((size_t)digits->count, sizeof *reading->probabilities);
	if (!reading->probabilities)
		return error_scarce(error, "not enough memory for %d digits", digits->count);
	for (int i = 0; i < digits->count; i++) {
		float *probabilities = reading->probabilities[kept];
		if (recognize(recognizer, digits->all[i].pixels, probabilities, error))
			return -1;
		begins = begins || digits->all[i].begins;
		if ((double)probabilities[loss_argmax(DATASET_CLASSES, probabilities)] < least)
			continue;
		digits->all[kept] = digits->all[i];
		digits->all[kept++].begins = begins;
		begins = false;
	}
	digits->count = kept;
	return kept ? 0 : error_set(error, "no digit found");
}

int reading_take(const struct recognizer *recognizer, const struct raster *picture, bool raw,
				 struct reading *out, struct error *error)
{
	struct recognizer copy = *recognizer;
	const struct digit_judge judge = {recognizer_score, &copy};

	*out = (struct reading){0};
	if ((raw ? take_raw(picture, &out->digits, error)
			 : digits_find(picture, &judge, &out->digits, error)) ||
		recognize_all(recognizer, out, raw ? 0 : recognizer->least, error)) {
		reading_free(out);
		return -1;
	}
	return 0;
}

void reading_free(struct reading *reading)
{
	digits_free(&reading->digits);
	free(reading->probabilities);
	*reading = (struct reading){0};
}

/* ---- numbers ---- */

/* The last digit of a guess, and which of the guesses at the digits before it goes on. */
struct link {
	uint8_t before, digit;
};

/* Let each of `count` guesses go on with each digit, and keep the likeliest. Of equals, that with
 * the likelier beginning, then with the likelier digit, comes first: the first of all guesses has
 * the likeliest digit at every place. */
static void extend(double guesses[READING_GUESSES], int count,
				   const float probabilities[DATASET_CLASSES], struct link links[READING_GUESSES])
{
	double longer[READING_GUESSES];
	int order[DATASET_CLASSES], kept = 0;

	recognize_rank(probabilities, order);
	for (int before = 0; before < count; before++)
		for (int i = 0; i < DATASET_CLASSES; i++) {
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
			links[rank] = (struct link){(uint8_t)before, (uint8_t)order[i]};
		}
	memcpy(guesses, longer, sizeof longer);
}

int reading_guess(const struct reading *reading, struct guesses *out, struct error *error)
{
	const size_t length = (size_t)reading->digits.count;
	struct link(*links)[READING_GUESSES] = calloc(length, sizeof *links);

	*out = (struct guesses){.probabilities = {1}, .digits = malloc(length * READING_GUESSES)};
	if (!links || !out->digits) {
		free(links);
		free(out->digits);
		out->digits = NULL;
		return error_scarce(error, "not enough memory for a number of %zu digits", length);
	}
	for (size_t i = 0; i < length; i++)
		extend(out->probabilities, i ? READING_GUESSES : 1, reading->probabilities[i], links[i]);
	for (size_t guess = 0; guess < READING_GUESSES; guess++) {
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
	int reach; /* of the square, from its middle pixel to each side */
	uint8_t fill;
	int first; /* place of the batch's first image */
};

static void covered_load(const void *context, int first, int n, float *x)
{
	const struct covered *covered = context;

	for (int place = covered->first + first; n > 0; place++, n--)
		for (int i = 0; i < DATASET_PIXELS; i++) {
			const int dy = i / DATASET_SIDE - place / DATASET_SIDE;
			const int dx = i % DATASET_SIDE - place % DATASET_SIDE;
			bool hidden = abs(dy) <= covered->reach && abs(dx) <= covered->reach;
			*x++ = (float)(hidden ? covered->fill : covered->pixels[i]) / 255.0f;
		}
}

void occlusion_map(const struct recognizer *recognizer, const uint8_t pixels[DATASET_PIXELS],
				   int digit, int size, uint8_t fill, double map[DATASET_PIXELS])
{
	struct executor *executor = recognizer->executor;
	struct covered covered = {.pixels = pixels, .reach = size / 2, .fill = fill};
	const int most = executor_batch_size(executor);
	struct batch batch = {.load = covered_load, .context = &covered};

	for (; covered.first < DATASET_PIXELS; covered.first += batch.n) {
		const int left = DATASET_PIXELS - covered.first;

		batch.n = left < most ? left : most;
		const float *logits = executor_predict(executor, &batch);
		for (int i = 0; i < batch.n; i++, logits += executor_network(executor)->classes) {
			float probabilities[DATASET_CLASSES];
			loss_softmax(DATASET_CLASSES, logits, recognizer->temperature, probabilities);
			map[covered.first + i] = (double)probabilities[digit];
		}
	}
}
