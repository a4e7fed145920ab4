/* The scale of a network's input as text: for the command line and for files. */
#ifndef APP_INPUT_SCALE_H
#define APP_INPUT_SCALE_H

#include "base/error.h"
#include "base/field.h"
#include "nn/network.h"

/* Reads and prints a struct input_scale as the command line has it: "0..1", "0..255", or mean and
 * deviation, "0.1307,0.3081", of pixels from 0 to 1. Zeros stand for none, and print NULL. */
extern const struct field_codec input_scale_codec;

#define INPUT_FORMULA_TEXT 96

/* The same as a formula, which a model file has: "pixel / 255", "pixel",
 * "(pixel / 255 - 0.1307) / 0.3081". Returns `text`. */
const char *input_formula(struct input_scale scale, char text[INPUT_FORMULA_TEXT]);

/* Read such a formula, as it is written there. */
int input_formula_parse(const char *text, struct input_scale *scale, struct error *error);

#endif
