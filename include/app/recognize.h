/* The digits in a picture, or in one image, and the parts of the image that this decision rests on.
 * Probabilities are at a temperature (evaluate.h). */
#ifndef APP_RECOGNIZE_H
#define APP_RECOGNIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dataset.h"
#include "app/model.h"
#include "base/error.h"
#include "nn/executor.h"
#include "picture/digit.h"

struct recognizer {
	struct executor *executor;
	double temperature;
	double least; /* an image whose likeliest digit has a lower probability shows none */
};

/* The `least` of a model: 0 where it was not trained with others (app/replace.h), and so is sure of
 * anything. */
double recognizer_least(const struct model_info *info);

/* Compute the probability of each digit. Fails where an output of the network is not finite. */
int recognize(const struct recognizer *recognizer, const uint8_t pixels[DATASET_PIXELS],
			  float probabilities[DATASET_CLASSES], struct error *error);

/* The judge of picture/digit.h: the probability of the likeliest digit. Where recognize fails it is
 * 1, so that whoever recognizes what was found is told why. */
float recognizer_score(void *recognizer, const uint8_t pixels[DATASET_PIXELS]);

/* order[0 … 9] = the digits, the likeliest first; of equals the smaller comes first. */
void recognize_rank(const float probabilities[DATASET_CLASSES], int order[DATASET_CLASSES]);

/* The digits of a picture, in reading order, and the probabilities of each. */
struct reading {
	struct digits digits;                    /* at least one */
	float (*probabilities)[DATASET_CLASSES]; /* [digits.count]; owned */
};

/* Find the digits in a picture and recognize them; "no digit found" is an error. With `raw`, the
 * picture is the 28 × 28 pixels of one digit, as they are, however unlike one they look. Free with
 * reading_free; on error nothing is left to free. */
int reading_take(const struct recognizer *recognizer, const struct raster *picture, bool raw,
				 struct reading *out, struct error *error);
void reading_free(struct reading *reading); /* accepts a zeroed one */

/* The likeliest numbers that the digits may mean together. The probability of a number is the least
 * of its digits': a 4 with 0.9 and a 3 with 0.7 are 43 with 0.7. */
#define READING_GUESSES DATASET_CLASSES
struct guesses {
	double probabilities[READING_GUESSES]; /* the greatest first */
	uint8_t *digits;                       /* [READING_GUESSES][digits.count]; owned */
};

/* Free guesses->digits with free; NULL on error. */
int reading_guess(const struct reading *reading, struct guesses *out, struct error *error);

/* Cover a part and ask again (Zeiler & Fergus 2014): map[y][x] is the probability of `digit` when a
 * square of size × size pixels around pixel (x, y) has the grey `fill`. The size is odd; a square
 * may reach beyond the image's edge. */
void occlusion_map(const struct recognizer *recognizer, const uint8_t pixels[DATASET_PIXELS],
				   int digit, int size, uint8_t fill, double map[DATASET_PIXELS]);

#endif
