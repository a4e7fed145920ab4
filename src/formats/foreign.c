/* The first bytes tell a format, or the end of the name where nobody has opened the file. */
#include "formats/foreign.h"

#include <stdbool.h>
#include <string.h>

#define TAR "a tar archive; unpack it with 'tar xf'"
#define NUMPY "a NumPy file" FOREIGN_AS_CSV
#define HDF5 "an HDF5 file" FOREIGN_AS_CSV
#define PICKLE "a Python pickle" FOREIGN_AS_CSV
#define UTF16 "UTF-16 text; save it as UTF-8"
#define PICTURE "a single picture"

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
	{0, "PAR1", ".parquet", "a Parquet file" FOREIGN_AS_CSV},
	{0, "ARROW1", ".arrow", "an Arrow file" FOREIGN_AS_CSV},
	{0, "\x89HDF", ".h5", HDF5},
	{0, NULL, ".hdf5", HDF5},
	{0, "MATLAB", ".mat", "a MATLAB file" FOREIGN_AS_CSV},
	{0, "\x80\2", ".pkl", PICKLE},
	{0, "\x80\3", ".pickle", PICKLE},
	{0, "\x80\4", ".pkl.gz", PICKLE},
	{0, "\x80\5", NULL, PICKLE},
	{0, "\xff\xfe", NULL, UTF16},
	{0, "\xfe\xff", NULL, UTF16},
	{0, "%PDF", ".pdf", "a PDF document; 'pdftoppm -png' makes pictures of its pages"},
	{0, "\x89PNG", NULL, PICTURE},
	{0, "\xff\xd8\xff", NULL, PICTURE},
	{0, "P5", NULL, PICTURE},
	{0, "P6", NULL, PICTURE},
	{0, "<", ".html", "a web page: the download went wrong"},
	{0, "{", NULL, "JSON, perhaps a server's message: the download went wrong"},
};
/* clang-format on */

#define FORMATS (sizeof formats / sizeof *formats)

/* True where the first member of a zip archive, whose name stands at byte 30, ends in `end`. */
static bool zip_begins(const uint8_t *data, size_t size, const char *end)
{
	if (size < 30 || memcmp(data, "PK\3\4", 4))
		return false;
	const size_t length = data[26] + 256u * data[27], tail = strlen(end);
	return length >= tail && length <= size - 30 && !memcmp(data + 30 + length - tail, end, tail);
}

const char *foreign_content(const uint8_t *data, size_t size)
{
	if (size == 0)
		return "an empty file";
	if (zip_begins(data, size, ".npy"))
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

/* ---- networks ---- */

#define SAVE(tensors) "    safetensors.numpy.save_file(" tensors ", \"model.safetensors\")\n"

/* clang-format off */
static const struct foreign_network torch_file = {
	"a file of torch.save",
	"    import torch, safetensors.torch as st\n"
	"    state = torch.load(\"model.pt\", map_location=\"cpu\", weights_only=True)\n"
	"    st.save_file(state.get(\"model_state_dict\", state), \"model.safetensors\")\n",
};

static const struct foreign_network keras_file = {
	"a file of Keras",
	"    import keras, safetensors.numpy\n"
	"    weights = keras.saving.load_model(\"model.keras\", compile=False).weights\n"
	SAVE("{w.path: w.numpy() for w in weights}"),
};

static const struct foreign_network hdf5_file = {
	"an HDF5 file, as Keras writes",
	"    import h5py, safetensors.numpy; all, file = {}, h5py.File(\"model.h5\")\n"
	"    file.visititems(lambda n, t: all.update({n: t[()]} if hasattr(t, \"shape\") else {}))\n"
	SAVE("all"),
};

static const struct foreign_network gguf_file = {
	"a GGUF file",
	"    import gguf, safetensors.numpy\n"
	"    tensors = gguf.GGUFReader(\"model.gguf\").tensors\n"
	SAVE("{t.name: t.data for t in tensors}"),
};

static const struct foreign_network onnx_file = {
	"an ONNX file",
	"    import onnx, onnx.numpy_helper as helper, safetensors.numpy\n"
	"    floats = [t for t in onnx.load(\"model.onnx\").graph.initializer if t.data_type == 1]\n"
	SAVE("{t.name: helper.to_array(t) for t in floats}"),
};

static const struct foreign_network npz_file = {
	"a NumPy file",
	"    import numpy, safetensors.numpy\n"
	"    arrays = dict(numpy.load(\"model.npz\"))\n"
	SAVE("arrays"),
};

static const struct foreign_network npy_file = {
	"a NumPy file of one array",
	"    import glob, numpy, safetensors.numpy # each is called like its file: fc1.weight.npy\n"
	"    arrays = {path[:-4]: numpy.load(path) for path in glob.glob(\"*.npy\")}\n"
	SAVE("arrays"),
};
/* clang-format on */

static bool begins(const uint8_t *data, size_t size, const char *mark)
{
	return size >= strlen(mark) && !memcmp(data, mark, strlen(mark));
}

/* Field 1, the version, then a field of the model that has a length. */
static bool is_onnx(const uint8_t *data, size_t size)
{
	static const uint8_t fields[] = {0x12, 0x1a, 0x22, 0x32, 0x3a, 0x42};

	return size > 2 && data[0] == 8 && data[1] < 32 && memchr(fields, data[2], sizeof fields);
}

const struct foreign_network *foreign_network(const uint8_t *data, size_t size)
{
	if (zip_begins(data, size, "data.pkl") || begins(data, size, "\x80\2\x8a\x0a"))
		return &torch_file;
	if (zip_begins(data, size, ".npy"))
		return &npz_file;
	if (begins(data, size, "\x93NUMPY"))
		return &npy_file;
	if (zip_begins(data, size, "metadata.json") || zip_begins(data, size, "config.json"))
		return &keras_file;
	if (begins(data, size, "\x89HDF"))
		return &hdf5_file;
	if (begins(data, size, "GGUF"))
		return &gguf_file;
	return is_onnx(data, size) ? &onnx_file : NULL;
}
