/* The file of a model: found, read, and refused where it is something else. */
#include <ctype.h>
#include <string.h>

#include "app/model_parts.h"
#include "base/file.h"
#include "base/path.h"
#include "formats/foreign.h"
#include "formats/gzip.h"

#define MAX_FILE ((size_t)1 << 30)

/* A network of another program's kind. */
static int refuse_foreign(const struct buffer *bytes, struct error *error)
{
	const struct foreign_network *foreign = foreign_network(bytes->data, bytes->size);

	if (!foreign)
		return 0;
	error_set(error, "is %s; this makes a file that can be read, in Python:", foreign->phrase);
	error->advice = foreign->python;
	return -1;
}

/* Say what the file is; advice that is for images does not help here. */
static int refuse_kind(const char *phrase, struct error *error)
{
	const char *advice = strpbrk(phrase, ";:");

	if (advice && strcmp(advice, FOREIGN_AS_CSV))
		return error_set(error, "is %s", phrase);
	return error_set(error, "is %.*s, not a trained network", (int)strcspn(phrase, ";:"), phrase);
}

/* A header begins with its length, eight bytes of which the last ones are 0. Something else there
 * means that another file was named, or that a web page was saved instead of the file. */
static int refuse_other(const struct buffer *bytes, struct error *error)
{
	const uint8_t *begin = bytes->data, *end = begin + bytes->size;

	if (gzip_is(bytes->data, bytes->size))
		return error_set(error, "is a gzip file; unpack it with 'gunzip'");
	if (bytes->size >= 8 && !memcmp(begin + 4, (const uint8_t[4]){0}, 4))
		return 0;
	while (begin < end && isspace(*begin))
		begin++;
	const char *phrase = foreign_content(begin, (size_t)(end - begin));
	if (phrase)
		return refuse_kind(phrase, error);
	while (begin < end && begin < bytes->data + 8 && (*begin >= ' ' || isspace(*begin)))
		begin++;
	return begin == end || begin >= bytes->data + 8
			   ? error_set(error, "is a text file, not a trained network")
			   : 0;
}

/* data/model.safetensors as a C array, by scripts/embed.c. */
extern const unsigned char model_builtin[];
extern const size_t model_builtin_size;

const char *model_default(void)
{
	return file_exists(MODEL_FILE) ? MODEL_FILE : MODEL_BUILTIN;
}

int model_file_read(const char *path, struct safetensors *file, struct error *error)
{
	struct buffer bytes;

	if (!strcmp(path, MODEL_BUILTIN))
		return safetensors_parse(model_builtin, model_builtin_size, file, error);
	if (file_read(path, MAX_FILE, &bytes, error))
		return -1;
	const bool failed = refuse_foreign(&bytes, error) || refuse_other(&bytes, error) ||
						safetensors_parse(bytes.data, bytes.size, file, error);
	buffer_free(&bytes);
	return failed ? error_prefix(error, "%s", path) : 0;
}
