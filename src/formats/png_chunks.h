/* The chunks of a PNG file: everything but the pixels, and where these are. */
#ifndef FORMATS_PNG_CHUNKS_H
#define FORMATS_PNG_CHUNKS_H

#include "base/bytes.h"
#include "base/error.h"

#define PNG_PALETTE_MAX 256

/* The bits of a type: 0 is grey, 2 RGB, 3 an index into the palette, 4 and 6 have alpha. */
enum { PNG_PALETTE = 1, PNG_COLOUR = 2, PNG_ALPHA = 4 };

struct png {
	int width, height; /* at most RASTER_MAX_PIXELS */
	int type, channels;
	int depth;       /* bits of a sample in the file */
	unsigned maxval; /* of samples, those of the palette if there is one */
	bool interlaced;
	unsigned palette[PNG_PALETTE_MAX][4]; /* red, green, blue, alpha; black beyond palette_size */
	unsigned palette_size;
	bool has_key; /* pixels of the colour `key` are transparent */
	unsigned key[3];
	struct bytes idat; /* the data of the first IDAT chunk, in the file */
	size_t idat_end;   /* the offset behind the last IDAT chunk */
	size_t idat_size;  /* bytes of data in all of them */
	size_t end;        /* the offset behind the last chunk */
};

/* Check all chunks and their CRCs. */
int png_chunks_read(const uint8_t *data, size_t size, struct png *png, struct error *error);

/* From the data of an IDAT chunk to that of the next; false where there is none. */
bool png_chunks_next(struct bytes *data);

#endif
