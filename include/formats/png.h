/* PNG (ISO/IEC 15948), as every viewer and browser shows it. */
#ifndef FORMATS_PNG_H
#define FORMATS_PNG_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/raster.h"

/* Parse a file of any colour type and depth, interlaced or not. Its pixels become grey by
 * raster_grey; maxval is that of the file's samples, 255 with a palette. Of an animation it is the
 * picture for viewers that show none. Free *out with raster_free; it is zeroed on error. */
int png_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error);

/* *out = a file with 8 bits a sample. pixels is [height][width][channels]; 1 channel is grey, 3 are
 * RGB. Free *out with buffer_free; it is zeroed on error. */
int png_write(const uint8_t *pixels, int width, int height, int channels, struct buffer *out,
			  struct error *error);

#endif
