/* From a file to the digits in it, and back. */
#include "cli/digit_file.h"

#include <stdio.h>
#include <string.h>

#include "base/draft.h"
#include "formats/pnm.h"
#include "formats/raster.h"

#define MOST_PLACES 4 /* that a message lists */

static int refuse_several(const struct digits *digits, struct error *error)
{
	error_set(error, "%d digits found, expected one:", digits->count);
	for (int i = 0; i < digits->count && i < MOST_PLACES; i++) {
		const struct box *box = &digits->all[i].box;
		error_append(error, "%s %d×%d pixels at (%d, %d)", i ? "," : "", box_width(box),
					 box_height(box), box->left, box->top);
	}
	if (digits->count > MOST_PLACES)
		error_append(error, ", …");
	return -1;
}

int digit_file_read(struct digit_file *file, const struct recognizer *recognizer, bool raw,
					bool single, struct error *error)
{
	const struct digits *digits = &file->reading.digits;

	if (reading_take(recognizer, &file->picture, raw, &file->reading, error))
		return -1;
	if (digits->none)
		return error_set(error, "no digit found%s",
						 digits->crowded
							 ? ": beside what looks like one is much ink that does not; "
							   "digits that touch are not parted"
							 : "");
	return single && digits->count > 1 ? refuse_several(digits, error) : 0;
}

void digit_file_free(struct digit_file *file)
{
	raster_free(&file->picture);
	reading_free(&file->reading);
}

int digit_file_write(const char *path, const struct reading *reading, struct error *error)
{
	struct buffer file;

	if (pgm_write(reading->inputs, reading->width, reading->height, &file, error))
		return -1;
	int status = file_replace(path, file.data, file.size, error);
	buffer_free(&file);
	return status;
}
