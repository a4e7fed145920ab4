/* Netpbm's pictures, read as grey: PBM (P1, P4), PGM (P2, P5) and PPM (P3, P6), plain and raw, 8
 * and 16 bits. */
#ifndef FORMATS_PNM_H
#define FORMATS_PNM_H

#include "base/bytes.h"
#include "base/error.h"

#define PNM_MAX_PIXELS (64u << 20)

struct pnm {
	int width, height;
	int maxval;        /* 1 to 65535; 0 is black */
	uint16_t *samples; /* height × width, each at most maxval; owned */
};

/* Parse the first image of the file. Free with pnm_free; zeroed on error. Colour becomes grey by
 * Rec. 709's luma, 0.2126 R + 0.7152 G + 0.0722 B, of the samples as they are: they are taken to be
 * gamma-encoded, as Netpbm, cameras and sRGB do it, and so is the result. Another kind of picture,
 * a PNG or a JPEG, gets an error that says what it is and how to convert it. */
int pnm_parse(const uint8_t *data, size_t size, struct pnm *out, struct error *error);
void pnm_free(struct pnm *image);

/* A P5 file with maxval 255 from height × width bytes. Free with buffer_free. */
int pgm_write(const uint8_t *pixels, int width, int height, struct buffer *out,
			  struct error *error);

#endif
