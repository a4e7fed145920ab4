/* From a file to the digits in it, and back. */
#include "cli/digit_file.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "formats/pnm.h"
#include "formats/raster.h"

static int read_picture(const char *path, struct raster *picture, struct error *error)
{
	const bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "standard input" : path;
	struct buffer file = {0};
	int status = is_stdin ? file_read_stream(stdin, name, RASTER_MAX_FILE, &file, error)
						  : file_read(path, RASTER_MAX_FILE, &file, error);

	if (status)
		return -1;
	status = raster_parse(file.data, file.size, picture, error);
	buffer_free(&file);
	return status ? error_prefix(error, "%s", name) : 0;
}

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

int digit_file_read(const char *path, const struct recognizer *recognizer, bool raw, bool single,
					struct digit_file *out, struct error *error)
{
	*out = (struct digit_file){0};
	if (read_picture(path, &out->picture, error))
		return -1;
	const struct digits *digits = &out->reading.digits;
	int status = reading_take(recognizer, &out->picture, raw, &out->reading, error);
	if (!status && digits->none)
		status = error_set(error, "no digit found");
	else if (!status && single && digits->count > 1)
		status = refuse_several(digits, error);
	return status ? error_prefix(error, "%s", path) : 0;
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
