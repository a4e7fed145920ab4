/* Files that are told by name or content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "formats/foreign.h"
#include "mutations.h"

static void begins(const char *phrase, const char *with)
{
	if (!with)
		assert_null(phrase);
	else if (!phrase || strncmp(phrase, with, strlen(with)))
		fail_msg("\"%s\" does not begin with \"%s\"", phrase ? phrase : "(nothing)", with);
}

#define CONTENT(text) (const uint8_t *)(text), sizeof(text) - 1

static void networks(void **state)
{
	static const struct {
		const char *content;
		size_t size;
		const char *phrase, *python;
	} cases[] = {
#define CASE(text) (text), sizeof(text) - 1
		{CASE("PK\3\4----------------------\x10\0\0\0archive/data.pkl"), "a file of torch.save",
		 "torch.load"},
		{CASE("\x80\2\x8a\x0al\xfc"), "a file of torch.save", "torch.load"},
		{CASE("PK\3\4----------------------\x0d\0\0\0metadata.json"), "a file of Keras",
		 "keras.saving.load_model"},
		{CASE("PK\3\4----------------------\x0c\0\0\0fc1.bias.npy"), "a NumPy file", "numpy.load"},
		{CASE("\x93NUMPY\1\0"), "a NumPy file of one array", "*.npy"},
		{CASE("\x89HDF\r\n\x1a\n"), "an HDF5 file", "h5py.File"},
		{CASE("GGUF\3\0\0\0"), "a GGUF file", "gguf.GGUFReader"},
		{CASE("\x08\x09\x12\x07pytorch"), "an ONNX file", "onnx.load"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct foreign_network *found =
			foreign_network((const uint8_t *)cases[i].content, cases[i].size);
		assert_non_null(found);
		begins(found->phrase, cases[i].phrase);
		begins(found->python, "    import ");
		assert_non_null(strstr(found->python, cases[i].python));
		assert_non_null(strstr(found->python, "\"model.safetensors\")\n"));
	}
	assert_null(foreign_network(CONTENT("")));
	assert_null(foreign_network(CONTENT("PK\3\4----------------------\x05\0\0\0a.txt")));
	assert_null(foreign_network(CONTENT("\x08\x09\x0a\x07")));
	assert_null(foreign_network(CONTENT("\x40\0\0\0\0\0\0\0{\"a\":")));
}

static void contents(void **state)
{
	uint8_t tar[512] = {0};

	(void)state;
	begins(foreign_content(CONTENT("")), "an empty file");
	begins(foreign_content(CONTENT("version https://git-lfs.")), "a Git LFS pointer; fetch");
	begins(foreign_content(CONTENT("PK\3\4")), "a zip archive; unpack it with 'unzip'");
	begins(foreign_content(CONTENT("PK\3\4----------------------\x05\0\0\0a.npy")), "a NumPy file");
	begins(foreign_content(CONTENT("PK\3\4----------------------\x05\0\0\0a.txt")), "a zip");
	begins(foreign_content(CONTENT("PK\3\4----------------------\x05\0\0\0a.np")), "a zip");
	begins(foreign_content(CONTENT("\xfd"
								   "7zXZ\0")),
		   "an xz file; unpack it with 'unxz'");
	begins(foreign_content(CONTENT("BZh91AY")), "a bzip2 file");
	begins(foreign_content(CONTENT("<!DOCTYPE html>")), "a web page: the download went wrong");
	begins(foreign_content(CONTENT("\x93NUMPY")), "a NumPy file; write it as CSV");
	begins(foreign_content(CONTENT("PAR1")), "a Parquet file");
	begins(foreign_content(CONTENT("7z\xbc\xaf\x27\x1c")), "a 7-Zip archive");
	begins(foreign_content(CONTENT("Rar!")), "a RAR archive");
	begins(foreign_content(CONTENT("\x28\xb5\x2f\xfd")), "a Zstandard file");
	begins(foreign_content(CONTENT("ARROW1")), "an Arrow file");
	begins(foreign_content(CONTENT("\x89HDF")), "an HDF5 file");
	begins(foreign_content(CONTENT("MATLAB")), "a MATLAB file");
	begins(foreign_content(CONTENT("\xff\xd8\xff")), "a single picture");
	begins(foreign_content(CONTENT("\x89PNG")), "a single picture");
	begins(foreign_content(CONTENT("%PDF-1.7")), "a PDF document; 'pdftoppm -png'");
	begins(foreign_content(CONTENT("P5\n28 28 255\n")), "a single picture");
	begins(foreign_content(CONTENT("P6 28 28 255\n")), "a single picture");
	begins(foreign_content(CONTENT("\xff\xfe")), "UTF-16 text");
	begins(foreign_content(CONTENT("\xfe\xff")), "UTF-16 text");
	begins(foreign_content(CONTENT("{")), "JSON");
	for (char protocol = 2; protocol <= 5; protocol++)
		begins(foreign_content((const uint8_t[]){0x80, (uint8_t)protocol}, 2), "a Python pickle");
	begins(foreign_content(CONTENT("\0\0\x08\3")), NULL);
	begins(foreign_content(CONTENT("label,pixel0")), NULL);
	begins(foreign_content(CONTENT("P")), NULL);
	memcpy(tar + 257, "ustar", 5);
	begins(foreign_content(tar, sizeof tar), "a tar archive; unpack it with 'tar xf'");
}

static void names(void **state)
{
	(void)state;
	begins(foreign_name("mnist.npz"), "a NumPy file");
	begins(foreign_name("mnist.tar.gz"), "a tar archive");
	begins(foreign_name("mnist.pkl.gz"), "a Python pickle");
	begins(foreign_name("train-images-idx3-ubyte.xz"), "an xz file");
	begins(foreign_name("train-images-idx3-ubyte.gz"), NULL);
	begins(foreign_name(".zip"), NULL);
	begins(foreign_name("zip"), NULL);
	begins(foreign_name(""), NULL);
}

static void look(const uint8_t *data, size_t size, void *context)
{
	(void)context;
	foreign_content(data, size);
}

static void mutations(void **state)
{
	(void)state;
	mutate(CONTENT("PK\3\4----------------------\x05\0\0\0a.npy"), MUTATE_ALL,
		   (struct mutation_target){look, NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks),
		cmocka_unit_test(contents),
		cmocka_unit_test(names),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
