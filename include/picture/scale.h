/* A picture as it is, only smaller or larger. */
#ifndef PICTURE_SCALE_H
#define PICTURE_SCALE_H

#include <stdint.h>

#include "formats/raster.h"

/* Scale the picture to the largest size that fits into height × width pixels, and place it in the
 * middle of these. A pixel is the mean of the area that it covers. Where the picture's border
 * is light, it becomes its negative, so that the ground is dark; around the picture there are
 * zeros. */
void picture_scale(const struct raster *picture, int height, int width, uint8_t *pixels);

#endif
