/* A network as text: `conv:32,3 relu maxpool:2 flatten dense:classes softmax`.
 *
 * Layers are separated by blanks; a layer is a name and, behind a colon, arguments separated by
 * commas. What the arguments mean is the layer kind's business; but "classes" stands for the number
 * of classes that the network tells apart. */
#ifndef NN_SPEC_H
#define NN_SPEC_H

#include <stdbool.h>

#include "base/error.h"

#define SPEC_MAX_LAYERS 64
#define SPEC_MAX_ARGUMENTS 4
#define SPEC_MAX_WORD 15
#define SPEC_LAYER_TEXT ((SPEC_MAX_ARGUMENTS + 1) * (SPEC_MAX_WORD + 1)) /* with its end */

struct spec_word {
	char text[SPEC_MAX_WORD + 1];
	int position; /* in the text, from 1 */
};

struct spec_layer {
	struct spec_word name;
	struct spec_word arguments[SPEC_MAX_ARGUMENTS];
	int argument_count;
};

struct spec {
	struct spec_layer layers[SPEC_MAX_LAYERS];
	int layer_count;
};

/* Split the text; names are not looked up here. Errors give the position. */
int spec_parse(const char *text, struct spec *out, struct error *error);

/* Put a number in the place of each argument that is the word "classes". */
void spec_settle_classes(struct spec *spec, int classes);

/* Do both texts say the same layers of a network for so many classes, whatever blanks stand between
 * them? */
bool spec_is_same(const char *a, const char *b, int classes);

/* The layer as it is written: "conv:32,3". */
void spec_layer_text(const struct spec_layer *layer, char text[SPEC_LAYER_TEXT]);

/* Argument `index` as a number, within limits; errors name the layer, the argument and why. */
int spec_integer(const struct spec_layer *layer, int index, const char *what, int min, int max,
				 int *value, struct error *error);
int spec_real(const struct spec_layer *layer, int index, const char *what, double min, double below,
			  double *value, struct error *error);

/* Refuse more arguments than `most`. */
int spec_at_most(const struct spec_layer *layer, int most, struct error *error);

/* "position 12, conv: <message>". Returns -1. */
int spec_error(const struct spec_layer *layer, struct error *error, const char *format, ...);

#endif
