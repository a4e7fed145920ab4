/* From a file to the 28 × 28 bytes that the network is asked about, and back. */
#include "cli/digit_file.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/way.h"
#include "formats/pnm.h"
#include "picture/digit.h"

/* The largest raw picture has three samples of two bytes a pixel, and a header. */
#define MAX_FILE ((size_t)6 * PNM_MAX_PIXELS + (1u << 20))

static int read_picture(const char *path, struct pnm *picture, struct error *error)
{
	const bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "standard input" : path;
	struct buffer file = {0};
	int status = is_stdin ? file_read_stream(stdin, name, MAX_FILE, &file, error)
						  : file_read(path, MAX_FILE, &file, error);

	if (status)
		return -1;
	status = pnm_parse(file.data, file.size, picture, error);
	buffer_free(&file);
	return status ? error_prefix(error, "%s", name) : 0;
}

/* Comparing the pixels with their right neighbours compares all of them. */
static bool is_one_colour(const uint8_t pixels[DATASET_PIXELS])
{
	return !memcmp(pixels, pixels + 1, DATASET_PIXELS - 1);
}

int digit_file_read(const char *path, bool raw, const char *way_file,
					uint8_t pixels[DATASET_PIXELS], struct error *error)
{
	struct pnm picture = {0};
	struct digit_way way = {0};
	int status;

	if (read_picture(path, &picture, error))
		return -1;
	status = raw ? digit_from_raw(&picture, pixels, error)
				 : digit_from_picture(&picture, pixels, &way, error);
	if (!status && is_one_colour(pixels))
		status = error_set(error, "no digit found: all pixels are equal");
	if (status)
		error_prefix(error, "%s", path);
	else if (way_file)
		status = way_save(way_file, &picture, &way, pixels, error);
	digit_way_free(&way);
	pnm_free(&picture);
	return status;
}

int digit_file_write(const char *path, const uint8_t pixels[DATASET_PIXELS], struct error *error)
{
	struct buffer file;

	if (pgm_write(pixels, DATASET_SIDE, DATASET_SIDE, &file, error))
		return -1;
	int status = file_replace(path, file.data, file.size, error);
	buffer_free(&file);
	return status;
}
