/* Shapes of one sample. */
#include "nn/shape.h"

#include <stdio.h>

size_t shape_size(struct shape shape)
{
	return (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
}

const char *shape_text(struct shape shape, char text[SHAPE_TEXT])
{
	if (shape.flat)
		snprintf(text, SHAPE_TEXT, "%zu", shape_size(shape));
	else
		snprintf(text, SHAPE_TEXT, "%d×%d×%d", shape.h, shape.w, shape.c);
	return text;
}
