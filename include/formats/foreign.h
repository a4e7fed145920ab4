/* Files in which images come, too, and which are not read here: what they are, and what to do. */
#ifndef FORMATS_FOREIGN_H
#define FORMATS_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

/* A phrase, such as "an xz file; unpack it with 'unxz'", for a file's content; NULL where that is
 * nothing known. */
const char *foreign_content(const uint8_t *data, size_t size);

/* The same for a file's name, such as "train-images-idx3-ubyte.xz". */
const char *foreign_name(const char *name);

#endif
