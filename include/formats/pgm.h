/* PGM, Netpbm's grey pictures: P2 (plain) and P5 (raw), maxval 1 to 65535. */
#ifndef FORMATS_PGM_H
#define FORMATS_PGM_H

#include "base/bytes.h"
#include "base/error.h"

#define PGM_MAX_PIXELS (64u << 20)

struct pgm {
	int width, height;
	int maxval;        /* 1 to 65535; 0 is black */
	uint16_t *samples; /* height × width, each at most maxval; owned */
};

/* Parse the first image of the file. Free with pgm_free; zeroed on error. A PNG, a JPEG or another
 * Netpbm file gets an error that says what it is and how to convert it. */
int pgm_parse(const uint8_t *data, size_t size, struct pgm *out, struct error *error);
void pgm_free(struct pgm *image);

/* A P5 file with maxval 255 from height × width bytes. Free with buffer_free. */
int pgm_write(const uint8_t *pixels, int width, int height, struct buffer *out,
			  struct error *error);

#endif
