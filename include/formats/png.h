/* PNG (ISO/IEC 15948), written only: what every viewer and browser shows. */
#ifndef FORMATS_PNG_H
#define FORMATS_PNG_H

#include "base/bytes.h"
#include "base/error.h"

/* A file with 8 bits a sample from [height][width][channels] bytes; 1 channel is grey, 3 are RGB.
 * Free with buffer_free. */
int png_write(const uint8_t *pixels, int width, int height, int channels, struct buffer *out,
			  struct error *error);

#endif
