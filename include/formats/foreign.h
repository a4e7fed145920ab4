/* Files in which images or networks come, too, and which are not read here: what they are, and what
 * to do. */
#ifndef FORMATS_FOREIGN_H
#define FORMATS_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

/* The end of a phrase for what may hold images, but no network. */
#define FOREIGN_AS_CSV "; write it as CSV, a row of label and pixels for each image"

/* A phrase, such as "an xz file; unpack it with 'unxz'", for a file's content; NULL where that is
 * nothing known. */
const char *foreign_content(const uint8_t *data, size_t size);

/* The same for a file's name, such as "train-images-idx3-ubyte.xz". */
const char *foreign_name(const char *name);

/* A network's file: "a file of torch.save", and lines of Python that make one of it that is read
 * here. */
struct foreign_network {
	const char *phrase, *python;
};

/* The kind of a file with that content; NULL where it is none of them. */
const struct foreign_network *foreign_network(const uint8_t *data, size_t size);

#endif
