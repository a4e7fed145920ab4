/* Which components of a picture's ink are one digit. */
#ifndef PICTURE_GROUP_H
#define PICTURE_GROUP_H

#include "picture/ink.h"

/* Find ink->components, the connected pixels from ink->threshold on, and ink->groups. Only those
 * that somewhere reach the depth `full` are ink (Canny's hysteresis). */
int group_components(struct ink *ink, float full, struct error *error);

#endif
