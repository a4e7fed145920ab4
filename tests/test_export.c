/* The exported files, byte by byte, and the exported C compiled. The files in fixtures/export were
 * written by this program, test_export --update, and compared with ONNX Runtime, a browser and the
 * network by export.py. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "allocations.h"
#include "errors.h"
#include "exported.h"
#include "fixture.h"
#include "fixtures/export/small.h"
#include "fixtures/export/small_int8.h"
#include "nn/kinds.h"

/* src/export/page.html as a C array. */
extern const unsigned char page_template[];
extern const size_t page_template_size;

#define FOLDER FIXTURES "/export/"

static bool is_update;
static struct error error;

/* Fail unless the file in fixtures/export holds these bytes; with --update, write it. */
static void expect_file(const char *path, const struct buffer *bytes)
{
	if (is_update) {
		FILE *file = fopen(path, "wb");
		assert_non_null(file);
		assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
		assert_int_equal(fclose(file), 0);
		return;
	}
	struct buffer file = fixture_read(path);
	if (file.size != bytes->size || memcmp(file.data, bytes->data, file.size))
		fail_msg("%s differs from what is exported; read the difference, then --update", path);
	buffer_free(&file);
}

static void onnx_is_as_ever(void **state)
{
	struct network network;
	struct buffer out;

	(void)state;
	exported_open(&network, EXPORTED_SPEC);
	const struct export_source source = exported_source(&network);
	assert_int_equal(export_onnx(&source, &out, &error), 0);
	expect_file(FOLDER "small.onnx", &out);
	buffer_free(&out);
	network_free(&network);
}

static void programs_in_python_are_as_ever(void **state)
{
	static const char *const files[] = {FOLDER "small-torch.py", FOLDER "small-keras.py"};
	struct network network;
	struct buffer out;

	(void)state;
	exported_open(&network, EXPORTED_SPEC);
	for (int i = PYTHON_TORCH; i <= PYTHON_KERAS; i++) {
		assert_int_equal(
			export_python(&network, (enum export_python)i, "a \"b\".safetensors", &out, &error), 0);
		expect_file(files[i], &out);
		buffer_free(&out);
	}
	network_free(&network);
	exported_open(&network, "conv:2,3,3 flatten batchnorm softmax");
	assert_int_equal(export_python(&network, PYTHON_KERAS, "a", &out, &error), -1);
	assert_error_has(&error, "position 12: the program cannot express the layer flatten");
	assert_null(out.data);
	network_free(&network);
}

/* The page's own text is left out. */
static void the_network_in_the_page_is_as_ever(void **state)
{
	static const char begin[] = "<script type=\"application/json\" id=\"model\">";
	struct network network;
	struct buffer out;

	(void)state;
	exported_open(&network, EXPORTED_SPEC);
	const struct export_source source = exported_source(&network);
	assert_int_equal(export_html(&source, &out, &error), 0);
	char *text = malloc(out.size + 1);
	assert_non_null(text);
	memcpy(text, out.data, out.size);
	text[out.size] = '\0';
	char *json = strstr(text, begin);
	assert_non_null(json);
	json += strlen(begin);
	char *end = strstr(json, "</script>");
	assert_non_null(end);
	expect_file(FOLDER "small.json", &(struct buffer){(uint8_t *)json, (size_t)(end - json)});
	assert_null(strstr(text, "@MODEL@"));
	assert_memory_equal(text, "<!DOCTYPE html>", 15);
	assert_string_equal(text + out.size - 8, "</html>\n");
	free(text);
	buffer_free(&out);
	network_free(&network);
}

/* "relu: …" or, of a function, "conv(…". */
static bool has_row(const char *table, const char *end, const char *name)
{
	const size_t length = strlen(name);

	for (const char *at = strstr(table, name); at && at < end; at = strstr(at + 1, name))
		if ((at[-1] == '\t' || at[-1] == ' ') && (at[length] == ':' || at[length] == '('))
			return true;
	return false;
}

static void the_page_knows_every_kind_of_layer(void **state)
{
	static const char *const tables[] = {"const kinds = {", "const names = {",
										 "const explanations = {"};
	char *page = malloc(page_template_size + 1);

	(void)state;
	assert_non_null(page);
	memcpy(page, page_template, page_template_size);
	page[page_template_size] = '\0';
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		const char *table = strstr(page, tables[i]);
		assert_non_null(table);
		const char *end = strstr(table, "\n};");
		assert_non_null(end);
		for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++)
			if (!has_row(table, end, (*kind)->name))
				fail_msg("page.html: \"%s\" has no row for %s", tables[i], (*kind)->name);
	}
	free(page);
}

static void expect_c(const char *name, bool int8, const char *path, const char *header_path)
{
	struct network network;
	struct buffer out, header;

	exported_open(&network, EXPORTED_SPEC);
	const struct export_source source = exported_source(&network);
	assert_int_equal(export_c(&source, name, int8, &out, &header, &error), 0);
	expect_file(path, &out);
	expect_file(header_path, &header);
	buffer_free(&out);
	buffer_free(&header);
	network_free(&network);
}

static void c_is_as_ever(void **state)
{
	(void)state;
	expect_c("small.c", false, FOLDER "small.c", FOLDER "small.h");
	expect_c("small_int8.c", true, FOLDER "small_int8.c", FOLDER "small_int8.h");
}

static int predict(const unsigned char *pixels, float *probabilities)
{
	struct small_work work;

	return small_predict(pixels, &work, probabilities);
}

static int predict_int8(const unsigned char *pixels, float *probabilities)
{
	struct small_int8_work work;

	return small_int8_predict(pixels, &work, probabilities);
}

/* Of 8 bits, each weight is wrong by up to half of 1/127 of its output's largest. */
static void compiled_c_predicts_the_same(void **state)
{
	(void)state;
	exported_compare(predict, 1e-6);
	exported_compare(predict_int8, 0.03);
	assert_string_equal(small_classes[0], "cat");
	assert_string_equal(small_classes[1], "\"</script>\\");
	assert_string_equal(small_classes[2], "dog\n*/");
}

/* Fail unless the source in a file of that name has the text. */
static void expect_in_c(const char *spec, const char *name, const char *text, bool is_there)
{
	struct network network;
	struct buffer out, header;

	exported_open(&network, spec);
	const struct export_source source = exported_source(&network);
	assert_int_equal(export_c(&source, name, false, &out, &header, &error), 0);
	char *whole = malloc(out.size + header.size + 1);
	assert_non_null(whole);
	memcpy(whole, out.data, out.size);
	memcpy(whole + out.size, header.data, header.size);
	whole[out.size + header.size] = '\0';
	if (!strstr(whole, text) == is_there)
		fail_msg("%s: \"%s\" is %s", name, text, is_there ? "missing" : "there");
	free(whole);
	buffer_free(&out);
	buffer_free(&header);
	network_free(&network);
}

static void names_come_from_the_files(void **state)
{
	(void)state;
	expect_in_c("flatten dense:3 softmax", "my-net 2.c", "int my_net_2_predict(", true);
	expect_in_c("flatten dense:3 softmax", "my-net 2.c", "#ifndef MY_NET_2_H\n", true);
	expect_in_c("flatten dense:3 softmax", "my-net 2.c", "#include \"my-net 2.h\"", true);
	expect_in_c("flatten dense:3 softmax", "7.c", "int net_7_predict(", true);
	expect_in_c("flatten dense:3 softmax", ".c", "int net__predict(", true);
	expect_in_c("flatten dense:3 softmax", "a.b.c", "int a_b_predict(", true);
}

static void pixels_are_scaled(void **state)
{
	(void)state;
	expect_in_c("flatten dense:3 softmax", "a.c", "((float)pixels[i] / 255.0f - 0.25f) / 0.5f;\n",
				true);
}

/* A compiler warns of functions that are not called. */
static void only_what_is_needed_is_written(void **state)
{
	const char *const functions[] = {"void conv(", "struct window", "maxpool", "batchnorm",
									 "relu",       "tanh",          "sigmoid"};

	(void)state;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		expect_in_c("flatten dense:3 softmax", "a.c", functions[i], false);
	expect_in_c("flatten dense:3 softmax", "a.c", "void dense(", true);
	expect_in_c("avgpool:4,3 maxpool:2 conv:3,1 flatten softmax", "a.c", "void dense(", false);
}

static void a_name_that_c_cannot_include_is_refused(void **state)
{
	struct network network;
	struct buffer out, header;

	(void)state;
	exported_open(&network, "flatten dense:3 softmax");
	const struct export_source source = exported_source(&network);
	assert_int_equal(export_c(&source, "a\".c", false, &out, &header, &error), -1);
	assert_error_has(&error, "a\".c: a name that cannot stand in C source");
	assert_null(out.data);
	assert_null(header.data);
	network_free(&network);
}

/* Where no dense layer mixes them, the features keep the order of the classes: ONNX's images are
 * turned to it. */
static void onnx_keeps_the_order_of_classes(void **state)
{
	static const char *const names[] = {"0", "1", "2", "3"};
	static const char transpose[] = "Transpose";
	struct network network;
	struct buffer out;
	bool is_there = false;

	(void)state;
	assert_int_equal(network_build(&network, "conv:2,3,3 flatten softmax",
								   (struct shape){.h = 6, .w = 3, .c = 1}, 4, &error),
					 0);
	struct export_source source = exported_source(&network);
	source.classes = names;
	assert_int_equal(export_onnx(&source, &out, &error), 0);
	for (size_t i = 0; i + sizeof transpose - 1 <= out.size; i++)
		is_there = is_there || !memcmp(out.data + i, transpose, sizeof transpose - 1);
	assert_true(is_there);
	buffer_free(&out);
	network_free(&network);
}

/* ---- what goes wrong ---- */

static void an_unknown_layer_is_refused_by_its_position(void **state)
{
	const struct layer_kind noise = {.name = "noise"};
	struct network network;
	struct buffer out, header;

	(void)state;
	exported_open(&network, "flatten tanh dense:3 softmax");
	const struct export_source source = exported_source(&network);
	network.layers[1].kind = &noise;
	assert_int_equal(export_onnx(&source, &out, &error), -1);
	assert_string_equal(error.text, "position 9: ONNX cannot express the layer tanh");
	assert_null(out.data);
	assert_int_equal(export_c(&source, "a.c", false, &out, &header, &error), -1);
	assert_string_equal(error.text, "position 9: C cannot express the layer tanh");
	assert_null(out.data);
	network_free(&network);
}

static int export_as(int form, const struct export_source *source, struct buffer *out,
					 struct buffer *header)
{
	if (form == 0)
		return export_onnx(source, out, &error);
	if (form == 1)
		return export_html(source, out, &error);
	return export_c(source, "a.c", form == 3, out, header, &error);
}

static void every_request_for_memory_may_fail(void **state)
{
	struct network network;

	(void)state;
	if (!allocations_watched())
		skip();
	exported_open(&network, EXPORTED_SPEC);
	const struct export_source source = exported_source(&network);
	for (int form = 0; form < 4; form++) {
		bool failed = true;

		for (int number = 1; failed; number++) {
			struct buffer out = {0}, header = {0};

			allocations_fail_at(number);
			const int status = export_as(form, &source, &out, &header);
			failed = allocations_count() >= number;
			allocations_fail_at(0);
			assert_int_equal(status, failed ? -1 : 0);
			if (failed)
				assert_error_has(&error, "not enough memory");
			assert_true(!out.data == failed);
			buffer_free(&out);
			buffer_free(&header);
		}
	}
	network_free(&network);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(onnx_is_as_ever),
		cmocka_unit_test(programs_in_python_are_as_ever),
		cmocka_unit_test(the_network_in_the_page_is_as_ever),
		cmocka_unit_test(c_is_as_ever),
		cmocka_unit_test(compiled_c_predicts_the_same),
		cmocka_unit_test(names_come_from_the_files),
		cmocka_unit_test(pixels_are_scaled),
		cmocka_unit_test(only_what_is_needed_is_written),
		cmocka_unit_test(a_name_that_c_cannot_include_is_refused),
		cmocka_unit_test(onnx_keeps_the_order_of_classes),
		cmocka_unit_test(the_page_knows_every_kind_of_layer),
		cmocka_unit_test(an_unknown_layer_is_refused_by_its_position),
		cmocka_unit_test(every_request_for_memory_may_fail),
	};

	is_update = argc > 1 && !strcmp(argv[1], "--update");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
