/* A picture in memory: how it is freed, and how a colour becomes grey. */
#include "formats/raster.h"

#include <stdlib.h>

void raster_free(struct raster *raster)
{
	free(raster->samples);
	*raster = (struct raster){0};
}

/* The weights are multiples of 1/65536 that add up to 1. */
unsigned raster_luma(unsigned red, unsigned green, unsigned blue)
{
	return (13933 * red + 46871 * green + 4732 * blue + 32768) >> 16;
}
