/* Images as text: a row for each image, with its label and its pixels, as Kaggle and pandas write
 * them. */
#ifndef FORMATS_CSV_H
#define FORMATS_CSV_H

#include "base/error.h"
#include "base/writer.h"
#include "formats/pixels.h"

struct csv_images {
	size_t count;
	int side;             /* the images are squares */
	struct pixels pixels; /* [count][side][side] */
	int32_t *labels;      /* [count], owned; NULL: no column has them */
};

/* Reads a file as it comes. The first row may be a header. The columns are pixels, row by row, but
 * for
 * - the label: a column of the header that is called label, class, target, digit or y; else, where
 *   all columns together make no square, the first one;
 * - a number of the row: a first column whose heading is empty or id, index or ImageId.
 * Columns are separated by commas, semicolons or tabs, whichever the first row has more of. Numbers
 * may have blanks or quotation marks around them. Labels are whole, of 32 bits; pixels are as
 * pixels.h says. Errors name line and column, both from 1. */
struct csv_reader {
	struct csv_images images; /* so far */
	struct writer rest;       /* the beginning of a line that is not complete */
	size_t line, first_line;  /* the one read last, and that of the first row */
	size_t columns;           /* 0 before the first row */
	size_t label, number;     /* the columns of label and row number, or none */
	size_t pixels;            /* columns of pixels */
	size_t labels_capacity;
	uint8_t separator, line_end;
};

/* The function of a sink, with a zeroed csv_reader as its context. */
int csv_take(void *reader, const uint8_t *data, size_t size, struct error *error);

/* End the file, and take the images from the reader. Free both with the functions below. */
int csv_end(struct csv_reader *reader, struct csv_images *out, struct error *error);

void csv_reader_free(struct csv_reader *reader);
void csv_images_free(struct csv_images *images);

#endif
