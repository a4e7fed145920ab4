/* A grey picture in memory, whatever format it came in. */
#ifndef FORMATS_RASTER_H
#define FORMATS_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RASTER_MAX_PIXELS (64u << 20)

/* Bytes of the largest file: four samples of two bytes a pixel, and a header. */
#define RASTER_MAX_FILE ((size_t)8 * RASTER_MAX_PIXELS + (1u << 20))

struct raster {
	int width, height; /* at least 1 each, together at most RASTER_MAX_PIXELS */
	int maxval;        /* 1 to 65535: the sample that is white; 0 is black */
	uint16_t *samples; /* [height][width], each at most maxval; owned */
	size_t size;       /* bytes of the file that the picture takes; others may be behind them */
};

/* Parse the first picture of a file of any format that is read here; its content tells which. The
 * error for a picture of another format names it, with a command that converts it. Free *out with
 * raster_free; it is zeroed on error. */
int raster_parse(const uint8_t *data, size_t size, struct raster *out, struct error *error);

/* Parse one picture of a file in which several stand one behind the other. *offset, which begins
 * with 0, moves to the next one, or to the file's end where no more follow; an error's offsets
 * count from where the picture began. White space may stand behind a picture; behind a JPEG may
 * stand anything, as phones leave it there. Anything else is an error of the next call. */
int raster_next(const uint8_t *data, size_t size, size_t *offset, struct raster *out,
				struct error *error);

/* True for the name of a picture, "a.PNG", of one in a format that is not read here, too. */
bool raster_is_name(const char *name);

/* The samples as bytes, [height][width], from 0 for black to 255 for white, rounded. */
void raster_to_bytes(const struct raster *raster, uint8_t *bytes);

/* For readers: allocate the samples of width × height pixels, zeros. `more` is how many bytes the
 * reader needs besides: what the computer or a limit has not is refused before it is used. */
int raster_allocate(struct raster *raster, size_t more, struct error *error);

/* Accepts a zeroed struct, and zeroes the struct. */
void raster_free(struct raster *raster);

/* The grey of a colour by Rec. 709's luma, 0.2126 R + 0.7152 G + 0.0722 B, rounded. The samples, up
 * to 65535, are taken to be gamma-encoded, as those of Netpbm, cameras and sRGB are; so is the
 * result. Equal samples give that sample. */
unsigned raster_luma(unsigned red, unsigned green, unsigned blue);

/* The grey of a pixel with 1 sample (grey), 2 (grey, alpha), 3 (red, green, blue) or 4 (these and
 * alpha), on white as far as alpha, from 0 to maxval, lets it shine through. With maxval 255, grey
 * 100 with alpha 51, a fifth, gives 224. */
unsigned raster_grey(const unsigned *samples, int count, unsigned maxval);

#endif
