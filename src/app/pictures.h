/* A folder of pictures as a data set: FOLDER/CLASS/PICTURE, or FOLDER/train/CLASS/PICTURE and
 * FOLDER/test/CLASS/PICTURE. Hidden files do not count, nor does what is no picture by its name. */
#ifndef APP_PICTURES_H
#define APP_PICTURES_H

#include "app/dataset.h"

#define PICTURES_EXPECTED                                                                          \
	"expected are FOLDER/CLASS/PICTURE, or FOLDER/train/CLASS/PICTURE and FOLDER/test/…"

/* *folder = the folder of the part's classes, in that folder or itself. DATASET_MISSING, without a
 * message: there are no pictures. */
enum dataset_fault pictures_find(char folder[PATH_SIZE], const char *path, enum dataset_part part,
								 struct error *error);

/* Load the pictures of a folder of classes, by classes and then by the bytes of their names, as the
 * options say, into a zeroed dataset. Where it fails, the caller frees that. */
enum dataset_fault pictures_load(struct dataset *dataset, const char *folder,
								 const struct dataset_options *options, enum dataset_part part,
								 const struct classes *known, struct error *error);

/* True where the path leads to a file in one of the folders in `folder`. error->is_scarcity,
 * which must be false, says that this could not be found out. */
bool pictures_have_file(const char *folder, const char *path, struct error *error);

/* True where nobody put that name there by hand. */
bool pictures_is_hidden(const char *name);

#endif
