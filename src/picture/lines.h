/* Lines across a whole picture: ruled and squared paper, and the sides of a box around a digit. */
#ifndef PICTURE_LINES_H
#define PICTURE_LINES_H

#include "picture/grey.h"

/* Paint over the dark lines that go from one edge of the picture to the opposite one, level or
 * upright with a slant of at most 0.35, and are narrower than `thickness` pixels. A stroke that
 * crosses a line stays whole. After an error the picture is good for grey_free alone. */
int lines_remove(struct grey *picture, int thickness, struct error *error);

#endif
