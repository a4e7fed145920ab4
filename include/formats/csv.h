/* Images as text: a row for each image, with its label and its pixels, as Kaggle and pandas write
 * them. */
#ifndef FORMATS_CSV_H
#define FORMATS_CSV_H

#include "base/bytes.h"
#include "base/error.h"

struct csv_images {
	size_t count;
	int side;        /* the images are squares */
	uint8_t *pixels; /* [count][side][side], in the memory of the file that was read */
	int32_t *labels; /* [count], owned; NULL where no column has them */
};

/* Read a whole file. The first row may be a header. The columns are pixels, row by row, but for
 * - the label: a column of the header that is called label, class, target, digit or y; else, where
 *   all columns together make no square, the first one;
 * - a number of the row: a first column whose heading is empty or id, index or ImageId.
 * Columns are separated by commas, semicolons or tabs, whichever the first row has more of. Numbers
 * may have blanks or quotation marks around them. Labels are whole, of 32 bits. Pixels are 0 … 1
 * where fractions occur and none is larger, and stand for 0 … 255; else they are 0 … 255, and
 * fractions are rounded. Errors name line and column, both from 1.
 * The pixels are written over the file's own bytes, and memory that is left is given back. Free
 * out->labels; *out is zeroed on error. */
int csv_read_images(struct buffer *file, struct csv_images *out, struct error *error);

#endif
