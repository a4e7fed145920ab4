/* The sizes of MNIST, which the program takes from its files, and the box of an image. */
#ifndef MNIST_H
#define MNIST_H

#include <stdint.h>

#include "picture/grey.h"

#define MNIST_SIDE 28
#define MNIST_PIXELS (MNIST_SIDE * MNIST_SIDE)
#define MNIST_CLASSES 10
#define MNIST_ROOM ((MNIST_SIDE + 32) * (MNIST_SIDE + 32)) /* as executor_room has it */

/* The box of all pixels that are not 0; empty where there are none. */
static inline struct box mnist_ink(const uint8_t pixels[MNIST_PIXELS])
{
	struct box box = {MNIST_SIDE, MNIST_SIDE, 0, 0};

	for (int p = 0; p < MNIST_PIXELS; p++)
		if (pixels[p]) {
			const int x = p % MNIST_SIDE, y = p / MNIST_SIDE;
			box = (struct box){int_min(box.left, x), int_min(box.top, y), int_max(box.right, x + 1),
							   y + 1};
		}
	return box;
}

#endif
