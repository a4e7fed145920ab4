/* A picture in memory: how it is freed, and how colours become grey. */
#include "formats/raster.h"

#include <stdlib.h>

#include "base/memory_limit.h"

/* Bytes that are not asked for: to ask takes as long as to read a small picture. */
#define SMALL ((size_t)1 << 20)

int raster_allocate(struct raster *raster, size_t more, struct error *error)
{
	const size_t count = (size_t)raster->width * (size_t)raster->height;
	const size_t size = count * sizeof *raster->samples + more;

	/* Asked for first, since many systems promise more than there is. */
	if (size <= SMALL || size <= memory_limit())
		raster->samples = calloc(count, sizeof *raster->samples);
	return raster->samples ? 0 : error_scarce(error, "not enough memory for %zu pixels", count);
}

void raster_free(struct raster *raster)
{
	free(raster->samples);
	*raster = (struct raster){0};
}

void raster_to_bytes(const struct raster *raster, uint8_t *bytes)
{
	const size_t count = (size_t)raster->width * (size_t)raster->height;
	const uint32_t maxval = (uint32_t)raster->maxval;

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)((raster->samples[i] * UINT32_C(255) + maxval / 2) / maxval);
}

/* The weights are multiples of 1/65536 that add up to 1. */
unsigned raster_luma(unsigned red, unsigned green, unsigned blue)
{
	return (13933 * red + 46871 * green + 4732 * blue + 32768) >> 16;
}

static unsigned on_white(unsigned sample, unsigned alpha, unsigned maxval)
{
	if (alpha == maxval)
		return sample;
	return (sample * alpha + maxval * (maxval - alpha) + maxval / 2) / maxval;
}

unsigned raster_grey(const unsigned *samples, int count, unsigned maxval)
{
	const unsigned alpha = count % 2 ? maxval : samples[count - 1];

	if (count < 3)
		return on_white(samples[0], alpha, maxval);
	return raster_luma(on_white(samples[0], alpha, maxval), on_white(samples[1], alpha, maxval),
					   on_white(samples[2], alpha, maxval));
}
