/* safetensors: a file of the reference writer (fixtures/make-safetensors-fixture.py) read, and
 * written again to the byte; and every refusal. */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "fixture.h"
#include "formats/crc32.h"
#include "formats/safetensors.h"
#include "mutations.h"
#include "scratch.h"

#define SMALL FIXTURES "/small.safetensors"
#define CORPUS FIXTURES "/safetensors-corpus"

static void reads_the_reference(void **state)
{
	(void)state;
	static const char *const names[] = {"0.bias", "0.weight", "10.weight", "empty", "é\"/\n"};
	static const int ranks[] = {1, 4, 2, 2, 0};
	struct buffer bytes = fixture_read(SMALL);
	struct safetensors file;
	struct error error = {.text = ""};
	size_t number = 0;

	if (safetensors_parse(bytes.data, bytes.size, &file, &error))
		fail_msg("%s", error.text);
	buffer_free(&bytes); /* nothing is borrowed from it */
	assert_int_equal(file.tensor_count, 5);
	for (size_t t = 0; t < file.tensor_count; t++) {
		const struct safetensors_tensor *tensor = &file.tensors[t];
		assert_string_equal(tensor->name, names[t]);
		assert_int_equal(tensor->rank, ranks[t]);
		for (size_t i = 0; i < tensor->count; i++)
			assert_true(tensor->values[i] == 0.25f * (float)number++);
		assert_ptr_equal(safetensors_find(&file, names[t]), tensor);
	}
	assert_int_equal(number, 2 + 8 + 6 + 0 + 1);
	const size_t dims[] = {2, 1, 2, 2};
	assert_memory_equal(file.tensors[1].dims, dims, sizeof dims);
	assert_null(safetensors_find(&file, "1.weight"));
	assert_int_equal(file.metadata_count, 1);
	assert_string_equal(safetensors_metadata(&file, "spec"), "conv:2,2 \"é\" \t\\");
	assert_null(safetensors_metadata(&file, "format"));
	safetensors_free(&file);
	safetensors_free(&file);
}

static void writes_like_the_reference(void **state)
{
	(void)state;
	struct buffer bytes = fixture_read(SMALL), written;
	struct safetensors file;
	struct error error;

	assert_int_equal(safetensors_parse(bytes.data, bytes.size, &file, &error), 0);
	/* The order in memory does not matter. */
	for (size_t i = 0; i < file.tensor_count / 2; i++) {
		struct safetensors_tensor tensor = file.tensors[i];
		file.tensors[i] = file.tensors[file.tensor_count - 1 - i];
		file.tensors[file.tensor_count - 1 - i] = tensor;
	}
	assert_int_equal(safetensors_write(&file, &written, &error), 0);
	assert_int_equal(written.size, bytes.size);
	assert_memory_equal(written.data, bytes.data, bytes.size);
	buffer_free(&written);
	buffer_free(&bytes);
	safetensors_free(&file);
}

/* Metadata stays in the order given; an empty file is written, too. */
static void writes_metadata(void **state)
{
	(void)state;
	struct safetensors_entry entries[] = {{"z", "1"}, {"a", ""}};
	struct safetensors file = {.metadata = entries, .metadata_count = 2};
	struct buffer out;
	struct error error;

	assert_int_equal(safetensors_write(&file, &out, &error), 0);
	assert_int_equal(out.size, 48);
	assert_memory_equal(out.data,
						"\x28\0\0\0\0\0\0\0{\"__metadata__\":{\"z\":\"1\",\"a\":\"\"}}       ", 48);
	buffer_free(&out);
	assert_int_equal(safetensors_write(&(struct safetensors){0}, &out, &error), 0);
	assert_int_equal(out.size, 16);
	assert_memory_equal(out.data, "\x08\0\0\0\0\0\0\0{}      ", 16);
	buffer_free(&out);
}

/* Doubles stand in front, as in the reference writer's files, and are read as they were, wherever
 * they begin in the file. */
static void doubles(void **state)
{
	(void)state;
	float floats[] = {1, INFINITY, 3};
	double wide[] = {0.1, 1e300, -0.0};
	struct safetensors_tensor tensors[] = {{"a", 1, {3}, floats, 3, NULL, NULL},
										   {"b", 2, {3, 1}, NULL, 3, wide, NULL}};
	const struct safetensors file = {.tensors = tensors, .tensor_count = 2};
	struct safetensors read;
	struct buffer out;
	struct error error;
	static const char header[] =
		"{\"b\":{\"dtype\":\"F64\",\"shape\":[3,1],\"data_offsets\":[0,24]},"
		"\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}}";
	static const char swapped[] =
		"{\"b\":{\"dtype\":\"F64\",\"shape\":[3,1],\"data_offsets\":[12,36]},"
		"\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}";

	assert_int_equal(safetensors_write(&file, &out, &error), 0);
	assert_memory_equal(out.data + 8, header, strlen(header));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(safetensors_parse_any(out.data, out.size, &read, &error), 0);
		const struct safetensors_tensor *b = safetensors_find(&read, "b");
		assert_true(!b->values && !memcmp(b->doubles, wide, sizeof wide));
		assert_memory_equal(safetensors_find(&read, "a")->values, floats, sizeof floats);
		assert_null(safetensors_find(&read, "a")->doubles);
		safetensors_free(&read);
		if (i)
			continue;
		/* The floats in front, so that the doubles are not aligned. */
		uint8_t *data = out.data + out.size - 36, copy[36];
		memcpy(copy, data, 36);
		memcpy(data, copy + 24, 12);
		memcpy(data + 12, copy, 24);
		memcpy(out.data + 8, swapped, strlen(swapped));
	}
	assert_int_equal(safetensors_parse(out.data, out.size, &read, &error), -1);
	assert_error_has(&error, "tensor \"a\": value 1 is infinite");
	assert_null(read.tensors);
	buffer_free(&out);
	wide[2] = NAN;
	floats[1] = 0;
	assert_int_equal(safetensors_write(&file, &out, &error), 0);
	assert_int_equal(safetensors_parse(out.data, out.size, &read, &error), -1);
	assert_error_has(&error, "tensor \"b\": value 2 is not a number");
	buffer_free(&out);
}

/* Numbers of 16 bits and the floats that they are, from IEEE 754's and bfloat16's definitions. */
static const struct half_case {
	const char *dtype;
	uint16_t bits;
	float value;
} half_cases[] = {
	{"F16", 0x0000, 0.0f},        {"F16", 0x3c00, 1.0f},       {"F16", 0xc000, -2.0f},
	{"F16", 0x3555, 0x1.554p-2f}, {"F16", 0x7bff, 65504.0f},   {"F16", 0x0400, 0x1p-14f},
	{"F16", 0x03ff, 0x3ffp-24f},  {"F16", 0x8001, -0x1p-24f},  {"BF16", 0x3f80, 1.0f},
	{"BF16", 0xc049, -3.140625f}, {"BF16", 0x0001, 0x1p-133f}, {"BF16", 0x7f7f, 0x1.fep127f},
	{"F16", 0x7c00, INFINITY},    {"F16", 0xfc00, -INFINITY},  {"F16", 0x7e00, NAN},
	{"BF16", 0x7f80, INFINITY},   {"BF16", 0xff80, -INFINITY}, {"BF16", 0x7fc0, NAN},
};

static struct buffer half_file(const struct half_case *c)
{
	char header[100];
	struct buffer file;
	const int length =
		snprintf(header, sizeof header,
				 "{\"w\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":[0,6]}}", c->dtype);

	file.size = 8 + (size_t)length + 6;
	file.data = calloc(1, file.size);
	assert_non_null(file.data);
	store_u64le(file.data, (uint64_t)length);
	memcpy(file.data + 8, header, (size_t)length);
	file.data[8 + length + 2] = (uint8_t)c->bits;
	file.data[8 + length + 3] = (uint8_t)(c->bits >> 8);
	return file;
}

static void halves_become_floats(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof half_cases / sizeof *half_cases; i++) {
		const struct half_case *c = &half_cases[i];
		struct buffer bytes = half_file(c);
		struct safetensors file;
		struct error error;

		assert_int_equal(safetensors_parse_any(bytes.data, bytes.size, &file, &error), 0);
		const float *values = file.tensors[0].values;
		assert_string_equal(file.tensors[0].dtype, c->dtype);
		assert_true(values[0] == 0 && values[2] == 0);
		assert_true(isnan(c->value) ? isnan(values[1]) : values[1] == c->value);
		safetensors_free(&file);
		assert_int_equal(safetensors_parse(bytes.data, bytes.size, &file, &error),
						 isfinite(c->value) ? 0 : -1);
		if (!isfinite(c->value))
			assert_error_has(&error,
							 isnan(c->value) ? "value 1 is not a number" : "value 1 is infinite");
		safetensors_free(&file);
		buffer_free(&bytes);
	}
}

static void refuses_to_write_long_headers(void **state)
{
	(void)state;
	char *value = malloc(SAFETENSORS_MAX_HEADER);
	struct safetensors_entry entry = {"k", value};
	struct safetensors file = {.metadata = &entry, .metadata_count = 1};
	struct buffer out;
	struct error error;
	const size_t rest = strlen("{\"__metadata__\":{\"k\":\"\"}}");

	assert_non_null(value);
	memset(value, 'x', SAFETENSORS_MAX_HEADER);
	value[SAFETENSORS_MAX_HEADER - rest] = '\0';
	assert_int_equal(safetensors_write(&file, &out, &error), 0);
	assert_int_equal(out.size, 8 + SAFETENSORS_MAX_HEADER);
	buffer_free(&out);
	value[SAFETENSORS_MAX_HEADER - rest] = 'x';
	value[SAFETENSORS_MAX_HEADER - rest + 1] = '\0';
	assert_int_equal(safetensors_write(&file, &out, &error), -1);
	assert_error_has(&error, "a header of 1048584 bytes, the most is 1048576");
	free(value);
}

/* Parse header text and so many bytes of zeros. NULL where it is accepted, else the message. */
static const char *verdict(const char *header, size_t data_size)
{
	static struct error error;
	const size_t length = strlen(header);
	uint8_t *bytes = calloc(1, 8 + length + data_size);
	struct safetensors file;

	assert_non_null(bytes);
	store_u64le(bytes, length);
	memcpy(bytes + 8, header, length);
	int status = safetensors_parse(bytes, 8 + length + data_size, &file, &error);
	safetensors_free(&file);
	free(bytes);
	return status ? error.text : NULL;
}

struct refusal {
	const char *header;
	size_t data_size;
	const char *text;
};

static void check_refusals(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = verdict(refusals[i].header, refusals[i].data_size);
		if (!text || !strstr(text, refusals[i].text))
			fail_msg("%s: \"%s\" does not say \"%s\"", refusals[i].header, text ? text : "accepted",
					 refusals[i].text);
	}
}

#define ENTRY(dtype, shape, offsets)                                                               \
	"{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{\"w\":" ENTRY(dtype, shape, offsets) "}"
#define TWO(offsets1, offsets2)                                                                    \
	"{\"v\":" ENTRY("\"F32\"", "[1]", offsets1) ",\"w\":" ENTRY("\"F32\"", "[1]", offsets2) "}"

static void accepted(void **state)
{
	(void)state;

	assert_null(verdict(ONE("\"F32\"", "[2,1]", "[0,8]"), 8));
	assert_null(verdict(ONE("\"F32\"", "[]", "[0,4]") "   \n", 4));
	assert_null(verdict(TWO("[4,8]", "[0,4]"), 8));
	assert_null(verdict(ONE("\"I64\"", "[3]", "[0,24]"), 24));
	assert_null(verdict(ONE("\"I64\"", "[]", "[0,8]"), 8));
	/* The Python library lets unknown keys and an empty __metadata__ pass. */
	assert_null(verdict("{\"w\":{\"x\":{\"y\":[1]},\"dtype\":\"F32\",\"shape\":[1],"
						"\"data_offsets\":[0,4]}}",
						4));
	assert_null(verdict("{\"__metadata__\":null}", 0));
	assert_null(verdict("{}", 0));
	assert_null(verdict("{\"__metadata__\":{}}", 0));
}

static void wrong_offsets(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{ONE("\"F32\"", "[1]", "[0,-5]"), 4, "tensor \"w\": data_offsets are not [begin, end]"},
		{ONE("\"F32\"", "[1]", "[4,0]"), 4, "data_offsets are not [begin, end]"},
		{ONE("\"F32\"", "[1]", "[0]"), 4, "data_offsets are not [begin, end]"},
		{ONE("\"F32\"", "[1]", "[0,2,4]"), 4, "data_offsets are not [begin, end]"},
		{ONE("\"F32\"", "[1]", "[0,4.0]"), 4, "data_offsets are not [begin, end]"},
		{ONE("\"F32\"", "[1]", "[0,18446744073709551616]"), 4, "data_offsets are not"},
		{ONE("\"F32\"", "[1]", "\"04\""), 4, "data_offsets are not [begin, end]"},
		{ONE("\"F32\"", "[1]", "[4,8]"), 8, "tensor \"w\": data begins at 4, expected 0"},
		{ONE("\"F32\"", "[2]", "[0,8]"), 4, "tensor \"w\": data ends at 8, the file's at 4"},
		{ONE("\"F32\"", "[1]", "[0,4]"), 5, "offset 66: 1 bytes after the last tensor's data"},
		{TWO("[0,4]", "[0,4]"), 8, "data begins at 0, expected 4"},
		{TWO("[0,4]", "[8,12]"), 12, "tensor \"w\": data begins at 8, expected 4"},
		{TWO("[0,4]", "[3,7]"), 8, "data begins at 3, expected 4"},
		{ONE("\"F32\"", "[1]", "[0,4294967292]"), 4, "data ends at 4294967292"},
#if SIZE_MAX == UINT64_MAX
		{ONE("\"F32\"", "[1]", "[0,18446744073709551612]"), 4, "data ends at 18446744073709551612"},
#endif
	};

	check_refusals(refusals, sizeof refusals / sizeof refusals[0]);
}

static void wrong_shapes(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{ONE("\"F32\"", "[2]", "[0,4]"), 4, "tensor \"w\": 2 values in 4 bytes"},
		{ONE("\"F32\"", "[1]", "[0,8]"), 8, "1 values in 8 bytes"},
		{ONE("\"F32\"", "[1]", "[0,3]"), 3, "1 values in 3 bytes"},
		{ONE("\"F32\"", "[0]", "[0,4]"), 4, "0 values in 4 bytes"},
		{ONE("\"I64\"", "[2]", "[0,8]"), 8, "2 values in 8 bytes, expected 8 bytes each"},
		{ONE("\"F32\"", "[-1]", "[0,4]"), 4, "tensor \"w\": a dimension that is not a size"},
		{ONE("\"F32\"", "[1.0]", "[0,4]"), 4, "a dimension that is not a size"},
		{ONE("\"F32\"", "[1,1,1,1,1]", "[0,4]"), 4, "tensor \"w\": 5 dimensions, the most is 4"},
		{ONE("\"F32\"", "1", "[0,4]"), 4, "tensor \"w\": no shape"},
		{"{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "tensor \"w\": no shape"},
#if SIZE_MAX == UINT32_MAX
		{ONE("\"F32\"", "[65536,65536]", "[0,0]"), 0, "that no memory could hold"},
		{ONE("\"F32\"", "[0,4294967295]", "[0,0]"), 0, "that no memory could hold"},
#elif SIZE_MAX == UINT64_MAX
		{ONE("\"I64\"", "[4611686018427387904]", "[0,0]"), 0, "that no memory could hold"},
		{ONE("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, "that no memory could hold"},
		{ONE("\"F32\"", "[4611686018427387905]", "[0,4]"), 4, "that no memory could hold"},
		{ONE("\"F32\"", "[0,4611686018427387905]", "[0,0]"), 0, "that no memory could hold"},
#endif
	};

	check_refusals(refusals, sizeof refusals / sizeof refusals[0]);
}

static void wrong_entries(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{ONE("\"F16\"", "[2]", "[0,8]"), 8, "2 values in 8 bytes, expected 2 bytes each"},
		{ONE("\"F8_E4M3\"", "[4]", "[0,4]"), 4,
		 "tensor \"w\": dtype \"F8_E4M3\", expected F32, F16, BF16, F64 or integers"},
		{ONE("\"f32\"", "[1]", "[0,4]"), 4, "dtype \"f32\", expected F32"},
		{ONE("32", "[1]", "[0,4]"), 4, "tensor \"w\": no dtype"},
		{"{\"w\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor \"w\": no dtype"},
		{"{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets are not"},
		{"{\"w\":[]}", 0, "tensor \"w\": not an object"},
		{"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
		{"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__: \"k\" is not a text"},
		{"{\"__metadata__\":{\"k\":\"a\\u0000b\"}}", 0, "__metadata__: \"k\" is not a text"},
		{"{\"__metadata__\":{\"k\":\"a\",\"k\":\"b\"}}", 0,
		 "header: offset 25: the key \"k\" again, first at offset 17"},
		{"{\"w\":{},\"w\":{}}", 0, "header: offset 8: the key \"w\" again, first at offset 1"},
		{"{\"w\":[[[[1]]]]}", 0, "header: offset 8: nested deeper than 4"},
		{"[]", 0, "offset 8: the header does not begin with '{'"},
		{" {}", 0, "offset 8: the header does not begin with '{'"},
		{"{}x", 0, "header: offset 2: expected the end"},
		{"{", 0, "header: offset 1: expected a key"},
		{"", 8, "offset 8: the header does not begin with '{'"},
	};

	check_refusals(refusals, sizeof refusals / sizeof refusals[0]);
}

static void refuse_length(uint64_t length, size_t size, const char *text)
{
	uint8_t bytes[24] = {0};
	struct safetensors file;
	struct error error = {.text = ""};

	store_u64le(bytes, length);
	memset(bytes + 8, '{', sizeof bytes - 8);
	assert_int_equal(safetensors_parse(bytes, size, &file, &error), -1);
	assert_null(file.tensors);
	assert_error_has(&error, text);
}

static void wrong_header_lengths(void **state)
{
	(void)state;

	refuse_length(0, 0, "0 bytes, too short for a safetensors file");
	refuse_length(0, 7, "7 bytes, too short for a safetensors file");
	refuse_length(17, 24, "offset 0: a header of 17 bytes, but only 16 follow");
	refuse_length(1048576, 24, "a header of 1048576 bytes, but only 16 follow");
	refuse_length(1048577, 24, "a header of 1048577 bytes, the most is 1048576");
	refuse_length(UINT64_MAX, 24, "a header of 18446744073709551615 bytes, the most is");
	refuse_length(UINT64_MAX - 7, 24, "the most is");
	refuse_length(0x0014000004034b50, 24, "a zip archive"); /* PK 03 04 */
}

static void not_finite(void **state)
{
	(void)state;
	static const float values[] = {NAN, INFINITY, -INFINITY};
	static const char *const texts[] = {"value 1 is not a number", "value 1 is infinite",
										"value 1 is infinite"};

	for (int i = 0; i < 3; i++) {
		float data[] = {1, values[i]};
		struct safetensors_tensor tensor = {"w", 1, {2}, data, 2, NULL, NULL};
		struct safetensors file = {.tensors = &tensor, .tensor_count = 1}, read;
		struct buffer out;
		struct error error;
		assert_int_equal(safetensors_write(&file, &out, &error), 0);
		assert_int_equal(safetensors_parse(out.data, out.size, &read, &error), -1);
		assert_error_has(&error, texts[i]);
		buffer_free(&out);
	}
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct safetensors file;
	struct error error;
	size_t count = 0;

	(void)context;
	if (safetensors_parse(data, size, &file, &error))
		return;
	for (size_t t = 0; t < file.tensor_count; t++) {
		for (size_t i = 0; i < file.tensors[t].count && file.tensors[t].values; i++)
			assert_true(isfinite(file.tensors[t].values[i]));
		count += file.tensors[t].count;
	}
	assert_int_equal(count, 17); /* all the data, whatever its names are now */
	safetensors_free(&file);
}

static void mutations(void **state)
{
	(void)state;
	struct buffer bytes = fixture_read(SMALL);

	mutate(bytes.data, bytes.size, MUTATE_ALL, (struct mutation_target){parse, NULL});
	buffer_free(&bytes);
}

/* Each request for memory fails once: an error that says so, and nothing is left behind. */
static void out_of_memory(void **state)
{
	(void)state;
	struct buffer bytes = fixture_read(SMALL), out;
	struct safetensors file;
	struct error error;
	int number = 0;

	if (!allocations_watched())
		skip();
	for (;;) {
		allocations_fail_at(++number);
		int status = safetensors_parse(bytes.data, bytes.size, &file, &error);
		if (status == 0) {
			status = safetensors_write(&file, &out, &error);
			safetensors_free(&file);
		}
		bool failed = allocations_count() >= number;
		allocations_fail_at(0);
		assert_int_equal(status, failed ? -1 : 0);
		if (!failed)
			break;
		assert_error_has(&error, "not enough memory");
	}
	assert_true(number > 4);
	buffer_free(&out);
	buffer_free(&bytes);
}

static int compare_names(const void *a, const void *b)
{
	const struct safetensors_tensor *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* The number of tensors, and a CRC-32 over their names, shapes and floats, sorted by name. */
static void summarize(struct safetensors *file, char text[32])
{
	uint32_t crc = 0;

	qsort(file->tensors, file->tensor_count, sizeof *file->tensors, compare_names);
	for (size_t t = 0; t < file->tensor_count; t++) {
		const struct safetensors_tensor *tensor = &file->tensors[t];
		char shape[100] = "";
		size_t used = 0;

		for (int i = 0; i < tensor->rank; i++)
			used += (size_t)snprintf(shape + used, sizeof shape - used, "%s%zu", i ? "x" : "",
									 tensor->dims[i]);
		crc = crc32_more(crc, (const uint8_t *)tensor->name, strlen(tensor->name) + 1);
		crc = crc32_more(crc, (const uint8_t *)shape, used + 1);
		for (size_t i = 0; i < tensor->count; i++) {
			uint8_t bytes[8];
			uint32_t bits;
			uint64_t wide;
			if (tensor->values) {
				memcpy(&bits, &tensor->values[i], sizeof bits);
				store_u32le(bytes, bits);
				crc = crc32_more(crc, bytes, sizeof bits);
			} else if (tensor->doubles) {
				memcpy(&wide, &tensor->doubles[i], sizeof wide);
				store_u64le(bytes, wide);
				crc = crc32_more(crc, bytes, sizeof wide);
			}
		}
	}
	snprintf(text, 32, "%zu %08lx", file->tensor_count, (unsigned long)crc);
}

/* Compare with a line of the corpus's table: "NAME<tab>VERDICT" or, where the reference is less
 * strict, with "<tab>MESSAGE<tab>REASON" behind. */
static void compare_verdict(char *line)
{
	const char *name = strtok(line, "\t"), *said = strtok(NULL, "\t"),
			   *message = strtok(NULL, "\t");
	char path[256], ours[32] = "refused";
	struct safetensors file;
	struct error error = {.text = ""};

	snprintf(path, sizeof path, CORPUS "/%s", name);
	struct buffer bytes = fixture_read(path);
	if (!safetensors_parse(bytes.data, bytes.size, &file, &error)) {
		summarize(&file, ours);
		safetensors_free(&file);
	}
	buffer_free(&bytes);
	if (sizeof(size_t) < 8 && strstr(error.text, "a dimension that is not a size"))
		return; /* 2^40 is one for the reference */
	if (strcmp(ours, message ? "refused" : said))
		fail_msg("%s: \"%s\" instead of \"%s\" %s", name, ours, said, error.text);
	if (message)
		assert_error_has(&error, message);
}

/* Each file is read, or refused, as Python's safetensors does it; else the table says why. */
static void agrees_with_the_reference(void **state)
{
	struct buffer bytes = fixture_read(CORPUS "/verdicts.txt");
	char *text = malloc(bytes.size + 1), *line = text;
	int count = 0;

	(void)state;
	assert_non_null(text);
	memcpy(text, bytes.data, bytes.size);
	text[bytes.size] = '\0';
	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (*line == '#')
			continue;
		compare_verdict(line);
		count++;
	}
	assert_int_equal(scratch_count(CORPUS), count + 1);
	free(text);
	buffer_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_reference),
		cmocka_unit_test(writes_like_the_reference),
		cmocka_unit_test(writes_metadata),
		cmocka_unit_test(doubles),
		cmocka_unit_test(halves_become_floats),
		cmocka_unit_test(refuses_to_write_long_headers),
		cmocka_unit_test(accepted),
		cmocka_unit_test(wrong_offsets),
		cmocka_unit_test(wrong_shapes),
		cmocka_unit_test(wrong_entries),
		cmocka_unit_test(wrong_header_lengths),
		cmocka_unit_test(not_finite),
		cmocka_unit_test(mutations),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(agrees_with_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
