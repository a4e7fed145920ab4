/* JPEG, read as grey: sequential and progressive files of 8 bits a sample with Huffman codes. */
#ifndef FORMATS_JPEG_H
#define FORMATS_JPEG_H

#include "formats/raster.h"

/* Parse the file's first picture; whatever follows it is ignored. The raster is turned as Exif's
 * orientation says. Of YCbCr the luma is taken, with maxval 255; RGB becomes grey with maxval
 * 65535. Refused by name are arithmetic coding, lossless and hierarchical files, 12 bits a
 * sample, CMYK, and a height that stands behind the picture. So is a file that ends too early or
 * is damaged. Free *out with raster_free; it is zeroed on error. */
int jpeg_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error);

#endif
