/* Which components of a picture's ink are one digit. */
#ifndef PICTURE_GROUP_H
#define PICTURE_GROUP_H

#include "picture/ink.h"

/* True for the box of a level line: no digit has one. A longer one than the digit is no piece of
 * it. */
bool is_level_line(const struct box *box);

/* Find ink->components, the connected pixels from ink->threshold on, and ink->groups. */
int group_components(struct ink *ink, struct error *error);

#endif
