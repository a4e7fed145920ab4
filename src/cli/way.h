/* A picture's way to MNIST's form, as a sheet. */
#ifndef CLI_WAY_H
#define CLI_WAY_H

#include "picture/digit.h"

/* Four pictures: as it came, the part that was looked at, the ink that was found there, and what
 * the network gets. PNG if the name ends in .png, else PGM. */
int way_save(const char *path, const struct pnm *picture, const struct digit_way *way,
			 const uint8_t pixels[DIGIT_PIXELS], struct error *error);

#endif
