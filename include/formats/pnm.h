/* Netpbm's pictures, read as grey: PBM (P1, P4), PGM (P2, P5) and PPM (P3, P6), plain and raw, 8
 * and 16 bits. */
#ifndef FORMATS_PNM_H
#define FORMATS_PNM_H

#include "base/bytes.h"
#include "base/error.h"

#define PNM_MAX_PIXELS (64u << 20)

struct pnm {
	int width, height;
	int maxval;        /* 1 to 65535: the sample that is white; 0 is black */
	uint16_t *samples; /* [height][width], each at most maxval; owned */
};

/* The grey of a colour by Rec. 709's luma, 0.2126 R + 0.7152 G + 0.0722 B, rounded. The samples, up
 * to 65535, are taken to be gamma-encoded, as those of Netpbm, cameras and sRGB are; so is the
 * result. Equal samples give that sample. */
unsigned pnm_luma(unsigned red, unsigned green, unsigned blue);

/* Parse the file's first picture; colours become grey by pnm_luma. The error for another kind of
 * picture, as PNG or JPEG, names it and tells the command that converts it. Free *out with
 * pnm_free; it is zeroed on error. */
int pnm_parse(const uint8_t *data, size_t size, struct pnm *out, struct error *error);
void pnm_free(struct pnm *image);

/* *out = a P5 file with maxval 255. pixels is [height][width]. Free *out with buffer_free; it is
 * zeroed on error. */
int pgm_write(const uint8_t *pixels, int width, int height, struct buffer *out,
			  struct error *error);

#endif
