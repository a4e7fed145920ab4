/* The size of images of which a file tells only how many pixels they have. */
#ifndef FORMATS_SQUARE_H
#define FORMATS_SQUARE_H

#include <stddef.h>

#define MOST_SIDE 256 /* pixels of any image's side */

/* The side of a square of so many pixels: 28 for 784. 0 where there is none of 1 … MOST_SIDE. */
static inline int square_side(size_t pixels)
{
	for (size_t side = 1; side <= MOST_SIDE; side++)
		if (side * side == pixels)
			return (int)side;
	return 0;
}

#endif
