/* True where bytes that were exported can be what they are meant to be: their brackets, strings and
 * comments end, their lengths add up, their names are declared. */
#ifndef TESTS_SOUND_H
#define TESTS_SOUND_H

#include <stdbool.h>

#include "base/bytes.h"

/* The page's own text, with JSON in its place that cannot end the element that it stands in. */
bool sound_page(const struct buffer *page);

/* A model of ONNX: nodes read what is there by then, tensors have as many bytes as their shape
 * says, and the last outputs are computed. */
bool sound_onnx(const struct buffer *model);

/* C, as far as brackets, strings and comments tell. */
bool sound_c(const struct buffer *source);

#endif
