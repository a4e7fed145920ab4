/* The digits in a picture, or in one image, and the parts of the image that this decision rests
 * on. */
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
	double least; /* an image whose likeliest digit has a lower probability shows none */
	enum dataset_pictures pictures; /* of its training: with PICTURES_SCALE a picture is one digit,
									 * which is only scaled (picture/scale.h) */
};

/* The `least` of a model: 0 where it was not trained with others (app/replace.h), and so is sure of
 * anything. */
double recognizer_least(const struct model_info *info);

/* Compute the probability of each class, [classes], from an image of the network's size. Fails
 * where an output of the network is not finite. */
int recognize(const struct recognizer *recognizer, const uint8_t *input, float *probabilities,
			  struct error *error);

/* The judge of picture/digit.h: the probability of the likeliest class. Where recognize fails it is
 * 1, so that whoever recognizes what was found is told why. */
float recognizer_score(void *recognizer, const uint8_t pixels[DIGIT_PIXELS]);

/* order[0 … count - 1] = the classes, the likeliest first; of equals the smaller comes first. */
void recognize_rank(const float *probabilities, int count, int *order);

/* The digits of a picture, in reading order, what the network saw of each, and the probabilities of
 * its classes. */
struct reading {
	struct digits digits; /* at least one, unless digits.none */
	int height, width;    /* of the network's input */
	int classes;
	uint8_t *inputs;      /* [digits.count][height][width]; owned */
	float *probabilities; /* [digits.count][classes]; owned */
};

const uint8_t *reading_input(const struct reading *reading, int digit);
const float *reading_probabilities(const struct reading *reading, int digit);

/* Find the digits in a picture and recognize them. With `raw`, the picture is one digit of the
 * network's size, as it is, however unlike one it looks. A picture of that size is so anyway where
 * it is not MNIST's, or where pictures were kept for the training. Where there is no digit, the
 * reading holds those that come nearest to one. Free with reading_free; on error nothing is left to
 * free. */
int reading_take(const struct recognizer *recognizer, const struct raster *picture, bool raw,
				 struct reading *out, struct error *error);
void reading_free(struct reading *reading); /* accepts a zeroed one */

/* The likeliest numbers that the digits may mean together. The probability of a number is the least
 * of its digits': a 4 with 0.9 and a 3 with 0.7 are 43 with 0.7. */
#define READING_GUESSES 10
struct guesses {
	int count;                             /* of three classes, one digit has only three */
	double probabilities[READING_GUESSES]; /* the greatest first */
	uint16_t *digits;                      /* [count][digits.count], classes; owned */
};

/* Free guesses->digits with free; NULL on error. */
int reading_guess(const struct reading *reading, struct guesses *out, struct error *error);

/* Cover a part of the network's input and ask again (Zeiler & Fergus 2014): map[y][x] is the
 * probability of `class` when a square of size × size pixels around pixel (x, y) has the grey
 * `fill`. The size is odd; a square may reach beyond the image's edge. */
void occlusion_map(const struct recognizer *recognizer, const uint8_t *input, int class, int size,
				   uint8_t fill, double *map);

#endif
