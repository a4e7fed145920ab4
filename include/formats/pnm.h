/* Netpbm's pictures, read as grey: PBM (P1, P4), PGM (P2, P5), PPM (P3, P6) and PAM (P7) with or
 * without alpha; plain and raw, 8 and 16 bits. */
#ifndef FORMATS_PNM_H
#define FORMATS_PNM_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/raster.h"

/* Parse the file's first picture; its pixels become grey by raster_grey. Free *out with
 * raster_free; it is zeroed on error. */
int pnm_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error);

/* *out = a P5 file with maxval 255. pixels is [height][width]. Free *out with buffer_free; it is
 * zeroed on error. */
int pgm_write(const uint8_t *pixels, int width, int height, struct buffer *out,
			  struct error *error);

#endif
