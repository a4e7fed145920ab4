/* Files of one picture or several, and folders of such files. */
#ifndef CLI_PICTURE_FILE_H
#define CLI_PICTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/folder.h"
#include "formats/raster.h"

/* A file in which pictures may stand one behind the other, as `cat a.pgm b.pgm` makes it. */
struct picture_file {
	const char *path; /* "-" is standard input */
	struct buffer bytes;
	size_t offset; /* of the next picture */
	int count;     /* of those that were taken */
};

int picture_file_open(const char *path, struct picture_file *out, struct error *error);

/* Take the first picture, or the next one where the file has more. Errors name the file and, behind
 * the first picture, the number. */
int picture_file_next(struct picture_file *file, struct raster *out, struct error *error);

/* True where more follows than was taken. */
bool picture_file_has_more(const struct picture_file *file);
void picture_file_close(struct picture_file *file);

/* List the paths of a folder's pictures, by their names, in the order of text_compare; hidden files
 * do not count. None at all is an error. Free *out with folder_free. */
int picture_files_list(const char *folder, struct folder *out, struct error *error);

#endif
