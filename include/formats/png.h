/* A writer of PNG (ISO/IEC 15948), which every viewer and browser shows. */
#ifndef FORMATS_PNG_H
#define FORMATS_PNG_H

#include "base/bytes.h"
#include "base/error.h"

/* *out = a file with 8 bits a sample. pixels is [height][width][channels]; 1 channel is grey, 3 are
 * RGB. Free *out with buffer_free; it is zeroed on error. */
int png_write(const uint8_t *pixels, int width, int height, int channels, struct buffer *out,
			  struct error *error);

#endif
