/* The first bytes tell a format, or the end of the name where nobody has opened the file. */
#include "formats/foreign.h"

#include <stdbool.h>
#include <string.h>

#define AS_CSV "; write it as CSV, a row of label and pixels for each image"
#define TAR "a tar archive; unpack it with 'tar xf'"
#define NUMPY "a NumPy file" AS_CSV
#define HDF5 "an HDF5 file" AS_CSV
#define PICKLE "a Python pickle" AS_CSV
#define UTF16 "UTF-16 text; save it as UTF-8"
#define PICTURE "a picture, not a file of many"

/* clang-format off */
static const struct format {
	size_t offset;         /* of the mark in the file */
	const char *mark;      /* NULL: the name alone tells */
	const char *extension; /* or NULL */
	const char *phrase;
} formats[] = {
	{257, "ustar", ".tar", TAR},
	{0, NULL, ".tar.gz", TAR},
	{0, NULL, ".tgz", TAR},
	{0, "PK\3\4", ".zip", "a zip archive; unpack it with 'unzip'"},
	{0, "7z\xbc\xaf\x27\x1c", ".7z", "a 7-Zip archive; unpack it with '7z x'"},
	{0, "Rar!", ".rar", "a RAR archive; unpack it with 'unrar x'"},
	{0, "\xfd" "7zXZ", ".xz", "an xz file; unpack it with 'unxz'"},
	{0, "BZh", ".bz2", "a bzip2 file; unpack it with 'bunzip2'"},
	{0, "\x28\xb5\x2f\xfd", ".zst", "a Zstandard file; unpack it with 'unzstd'"},
	{0, "version https://git-lfs", NULL, "a Git LFS pointer; fetch the file with 'git lfs pull'"},
	{0, NULL, ".npz", NUMPY},
	{0, "\x93NUMPY", ".npy", NUMPY},
	{0, "PAR1", ".parquet", "a Parquet file" AS_CSV},
	{0, "ARROW1", ".arrow", "an Arrow file" AS_CSV},
	{0, "\x89HDF", ".h5", HDF5},
	{0, NULL, ".hdf5", HDF5},
	{0, "MATLAB", ".mat", "a MATLAB file" AS_CSV},
	{0, "\x80\2", ".pkl", PICKLE},
	{0, "\x80\3", ".pickle", PICKLE},
	{0, "\x80\4", ".pkl.gz", PICKLE},
	{0, "\x80\5", NULL, PICKLE},
	{0, "\xff\xfe", NULL, UTF16},
	{0, "\xfe\xff", NULL, UTF16},
	{0, "\x89PNG", NULL, PICTURE},
	{0, "\xff\xd8\xff", NULL, PICTURE},
	{0, "<", ".html", "a web page: the download went wrong"},
	{0, "{", NULL, "JSON, perhaps a server's message: the download went wrong"},
};
/* clang-format on */

#define FORMATS (sizeof formats / sizeof *formats)

/* A zip archive is NumPy's where its first member, whose name stands at byte 30, is an array. */
static bool is_npz(const uint8_t *data, size_t size)
{
	if (size < 30 || memcmp(data, "PK\3\4", 4))
		return false;
	const size_t length = data[26] + 256u * data[27];
	return length >= 4 && length <= size - 30 && !memcmp(data + 30 + length - 4, ".npy", 4);
}

const char *foreign_content(const uint8_t *data, size_t size)
{
	if (size == 0)
		return "an empty file";
	if (is_npz(data, size))
		return NUMPY;
	for (size_t i = 0; i < FORMATS; i++) {
		const struct format *f = &formats[i];
		const size_t length = f->mark ? strlen(f->mark) : 0;

		if (length && size >= f->offset + length && !memcmp(data + f->offset, f->mark, length))
			return f->phrase;
	}
	return NULL;
}

const char *foreign_name(const char *name)
{
	const size_t length = strlen(name);

	for (size_t i = 0; i < FORMATS; i++) {
		const char *extension = formats[i].extension;
		const size_t tail = extension ? strlen(extension) : length;

		if (tail < length && !strcmp(name + length - tail, extension))
			return formats[i].phrase;
	}
	return NULL;
}
