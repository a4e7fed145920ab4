/* safetensors: u64 little-endian N, N bytes of JSON that describe the tensors, then their values,
 * little-endian, C order, one tensor after another without a gap. */
#include "formats/safetensors.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "formats/json.h"

#define METADATA_KEY "__metadata__"
#define PADDING 8
#define PLACE 8 /* bytes: the alignment of values in memory */

/* A tensor's entry in the header, and the place that it gives for the values: from byte `begin` to
 * byte end - 1 of the data, which begin behind the header. */
struct extent {
	const struct json *entry;
	size_t begin, end;
};

/* Put the tensor's name, which may be of any length, in front of the message. */
static int tensor_error(const struct json *entry, struct error *error)
{
	return error_prefix(error, "tensor \"%.100s\"", entry->key);
}

static int read_header(struct bytes *in, struct json **header, struct error *error)
{
	uint64_t length;
	const uint8_t *text;

	if (!bytes_u64le(in, &length))
		return error_set(error, "%zu bytes, too short for a safetensors file", in->size);
	if (length > SAFETENSORS_MAX_HEADER) {
		bool zip = in->data[0] == 'P' && in->data[1] == 'K';
		return error_set(error, "offset 0: a header of %" PRIu64 " bytes, the most is %u%s", length,
						 SAFETENSORS_MAX_HEADER,
						 zip ? ": this is a zip archive, such as torch.save makes" : "");
	}
	if (!bytes_take(in, (size_t)length, &text))
		return error_set(error, "offset 0: a header of %" PRIu64 " bytes, but only %zu follow",
						 length, bytes_left(in));
	if (length == 0 || text[0] != '{')
		return error_set(error, "offset 8: the header does not begin with '{'");
	if (json_parse((const char *)text, (size_t)length, header, error))
		return error_prefix(error, "header");
	return 0;
}

static int read_metadata(const struct json *entries, struct safetensors *out, struct error *error)
{
	if (entries->type != JSON_OBJECT && entries->type != JSON_NULL)
		return error_set(error, METADATA_KEY " is not an object");
	for (const struct json *entry = entries->first; entry; entry = entry->next) {
		if (entry->type != JSON_STRING || strlen(entry->text) != entry->length)
			return error_set(error, METADATA_KEY ": \"%.100s\" is not a text", entry->key);
		out->metadata[out->metadata_count++] = (struct safetensors_entry){entry->key, entry->text};
	}
	return 0;
}

static int read_extent(const struct json *entry, struct extent *extent, struct error *error)
{
	const struct json *offsets = json_member(entry, "data_offsets");

	if (entry->type != JSON_OBJECT)
		return error_set(error, "not an object");
	if (!offsets || offsets->type != JSON_ARRAY || offsets->length != 2 ||
		!json_to_size(offsets->first, &extent->begin) ||
		!json_to_size(offsets->first->next, &extent->end) || extent->begin > extent->end)
		return error_set(error, "data_offsets are not [begin, end]");
	extent->entry = entry;
	return 0;
}

static int compare_extents(const void *a, const void *b)
{
	const struct extent *left = a, *right = b;

	if (left->begin != right->begin)
		return left->begin < right->begin ? -1 : 1;
	return left->end < right->end ? -1 : left->end > right->end;
}

/* ---- the types of values ---- */

/* A half: sign, 5 bits of exponent with a bias of 15, 10 bits of mantissa. All are floats, too. */
static float float_of_half(unsigned bits)
{
	const float sign = bits >> 15 ? -1.0f : 1.0f;
	const int exponent = (int)(bits >> 10 & 31);
	const float mantissa = (float)(bits & 1023);

	if (exponent == 31)
		return mantissa > 0 ? NAN : sign * INFINITY;
	if (exponent == 0)
		return sign * ldexpf(mantissa, -24);
	return sign * ldexpf(1024 + mantissa, exponent - 25);
}

static float float_of_bits(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

static void read_f16(const uint8_t *bytes, size_t count, float *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = float_of_half(load_u16le(bytes + 2 * i));
}

/* A bfloat16 is the upper half of a float. */
static void read_bf16(const uint8_t *bytes, size_t count, float *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = float_of_bits((uint32_t)load_u16le(bytes + 2 * i) << 16);
}

static void read_f32(const uint8_t *bytes, size_t count, float *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = float_of_bits(load_u32le(bytes + 4 * i));
}

static void read_f64(const uint8_t *bytes, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++) {
		const uint64_t bits = load_u64le(bytes + 8 * i);
		memcpy(&values[i], &bits, sizeof bits);
	}
}

static const struct dtype {
	const char *name;
	size_t size;                                                     /* bytes in the file */
	void (*read)(const uint8_t *bytes, size_t count, float *values); /* NULL: not into floats */
} dtypes[] = {
	{"F32", 4, read_f32}, {"F16", 2, read_f16}, {"BF16", 2, read_bf16}, {"F64", 8, NULL},
	{"I64", 8, NULL},     {"I32", 4, NULL},     {"I16", 2, NULL},       {"I8", 1, NULL},
	{"U64", 8, NULL},     {"U32", 4, NULL},     {"U16", 2, NULL},       {"U8", 1, NULL},
	{"BOOL", 1, NULL},
};

/* NULL where the entry's type is missing or not known. */
static const struct dtype *dtype_of(const struct json *entry)
{
	const struct json *dtype = json_member(entry, "dtype");

	for (size_t i = 0; dtype && dtype->type == JSON_STRING && i < sizeof dtypes / sizeof *dtypes;
		 i++)
		if (!strcmp(dtype->text, dtypes[i].name))
			return &dtypes[i];
	return NULL;
}

static int refuse_dtype(const struct json *entry, struct error *error)
{
	const struct json *dtype = json_member(entry, "dtype");

	if (!dtype || dtype->type != JSON_STRING)
		return error_set(error, "no dtype");
	return error_set(error, "dtype \"%.20s\", expected F32, F16, BF16, F64 or integers",
					 dtype->text);
}

static int read_shape(const struct json *entry, size_t bytes, struct safetensors_tensor *tensor,
					  struct error *error)
{
	const struct json *shape = json_member(entry, "shape");

	if (!shape || shape->type != JSON_ARRAY)
		return error_set(error, "no shape");
	if (shape->length > SAFETENSORS_MAX_RANK)
		return error_set(error, "%zu dimensions, the most is %d", shape->length,
						 SAFETENSORS_MAX_RANK);
	tensor->count = 1;
	/* A dimension of 0 counts as 1 in `bytes`, or 0 × 2^60 × 2^60 would pass. */
	for (const struct json *dim = shape->first; dim; dim = dim->next) {
		size_t *size = &tensor->dims[tensor->rank++];
		if (!json_to_size(dim, size))
			return error_set(error, "a dimension that is not a size");
		if (!checked_multiply(bytes, *size ? *size : 1, &bytes) || bytes > PTRDIFF_MAX)
			return error_set(error, "a shape that no memory could hold");
		tensor->count *= *size;
	}
	return 0;
}

/* Read a tensor whose data have to begin at `offset`. Its values go to *place, which moves behind
 * them. */
static int read_tensor(struct bytes data, const struct extent *extent, size_t offset,
					   uint8_t **place, struct safetensors_tensor *tensor, struct error *error)
{
	const struct json *entry = extent->entry;

	tensor->name = entry->key;
	if (extent->begin != offset)
		return error_set(error, "data begins at %zu, expected %zu", extent->begin, offset);
	if (extent->end > data.size)
		return error_set(error, "data ends at %zu, the file's at %zu", extent->end, data.size);
	const struct dtype *dtype = dtype_of(entry);
	if (!dtype)
		return refuse_dtype(entry, error);
	if (read_shape(entry, dtype->size, tensor, error))
		return -1;
	if (tensor->count * dtype->size != extent->end - extent->begin)
		return error_set(error, "%zu values in %zu bytes, expected %zu bytes each", tensor->count,
						 extent->end - extent->begin, dtype->size);
	tensor->dtype = dtype->name;
	size_t size = dtype->size; /* in memory */
	if (dtype->read) {
		tensor->values = (float *)*place;
		size = sizeof(float);
		dtype->read(data.data + offset, tensor->count, tensor->values);
	} else if (dtype->name[0] == 'F') {
		tensor->doubles = (double *)*place;
		read_f64(data.data + offset, tensor->count, tensor->doubles);
	} else {
		size = 0;
	}
	*place += (tensor->count * size + PLACE - 1) / PLACE * PLACE;
	return 0;
}

/* Read the tensors in the order of their places, which must fill the data without gap or
 * overlap. */
static int read_tensors(const struct bytes *in, const struct extent *extents, size_t count,
						struct safetensors *out, struct error *error)
{
	const struct bytes data = {in->data + in->offset, bytes_left(in), 0};
	uint8_t *place = (uint8_t *)(out->metadata + out->metadata_count);
	size_t offset = 0;

	place += (PLACE - (uintptr_t)place % PLACE) % PLACE;
	for (size_t i = 0; i < count; i++) {
		if (read_tensor(data, &extents[i], offset, &place, &out->tensors[i], error))
			return tensor_error(extents[i].entry, error);
		offset = extents[i].end;
	}
	out->tensor_count = count;
	if (offset != data.size)
		return error_set(error, "offset %zu: %zu bytes after the last tensor's data",
						 in->offset + offset, data.size - offset);
	return 0;
}

static int read_entries(const struct bytes *in, struct safetensors *out, struct error *error)
{
	const struct json *header = out->owned;
	struct extent *extents = (struct extent *)(out->tensors + header->length);
	size_t count = 0;

	for (const struct json *entry = header->first; entry; entry = entry->next) {
		if (!strcmp(entry->key, METADATA_KEY)) {
			if (read_metadata(entry, out, error))
				return -1;
		} else if (read_extent(entry, &extents[count++], error)) {
			return tensor_error(entry, error);
		}
	}
	qsort(extents, count, sizeof *extents, compare_extents);
	return read_tensors(in, extents, count, out, error);
}

static bool has_halves(const struct json *header)
{
	for (const struct json *entry = header->first; entry; entry = entry->next) {
		const struct dtype *dtype = entry->type == JSON_OBJECT ? dtype_of(entry) : NULL;
		if (dtype && dtype->read && dtype->size < sizeof(float))
			return true;
	}
	return false;
}

/* One block holds all that is read: tensors | extents | metadata | values, those of each tensor in
 * whole PLACEs. */
static int allocate(const struct json *header, size_t data_size, struct safetensors *out,
					struct error *error)
{
	const struct json *metadata = json_member(header, METADATA_KEY);
	const size_t entries = metadata ? metadata->length : 0;
	/* The header is at most SAFETENSORS_MAX_HEADER bytes long, so these do not overflow. */
	const size_t tensor_bytes = header->length * (sizeof *out->tensors + sizeof(struct extent));
	const size_t metadata_bytes = entries * sizeof *out->metadata;
	const size_t gaps = (header->length + 1) * PLACE; /* in front of values */
	const size_t growth = has_halves(header) ? 2 : 1; /* two bytes may become four */
	size_t total;
	uint8_t *block = NULL;

	if (checked_multiply(data_size, growth, &total) &&
		checked_add(tensor_bytes + metadata_bytes + gaps, total, &total))
		block = calloc(1, total);
	if (!block)
		return error_scarce(error, "not enough memory for %zu tensors of %zu bytes", header->length,
							data_size);
	out->tensors = (struct safetensors_tensor *)block;
	out->metadata = (struct safetensors_entry *)(block + tensor_bytes);
	return 0;
}

int safetensors_parse_any(const uint8_t *data, size_t size, struct safetensors *out,
						  struct error *error)
{
	struct bytes in = {data, size, 0};
	struct json *header;

	*out = (struct safetensors){0};
	if (read_header(&in, &header, error))
		return -1;
	out->owned = header;
	if (allocate(header, bytes_left(&in), out, error) || read_entries(&in, out, error)) {
		safetensors_free(out);
		return -1;
	}
	return 0;
}

static int check_finite(const struct safetensors *file, struct error *error)
{
	for (size_t t = 0; t < file->tensor_count; t++) {
		const struct safetensors_tensor *tensor = &file->tensors[t];

		for (size_t i = 0; i < tensor->count && (tensor->values || tensor->doubles); i++) {
			const double value = tensor->values ? (double)tensor->values[i] : tensor->doubles[i];
			if (!isfinite(value))
				return error_set(error, "tensor \"%.100s\": value %zu is %s", tensor->name, i,
								 isnan(value) ? "not a number" : "infinite");
		}
	}
	return 0;
}

int safetensors_parse(const uint8_t *data, size_t size, struct safetensors *out,
					  struct error *error)
{
	if (safetensors_parse_any(data, size, out, error))
		return -1;
	if (!check_finite(out, error))
		return 0;
	safetensors_free(out);
	return -1;
}

void safetensors_free(struct safetensors *file)
{
	if (file->owned) {
		free(file->tensors); /* with all else that is in their block */
		json_free(file->owned);
	}
	*file = (struct safetensors){0};
}

const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name)
{
	for (size_t i = 0; i < file->tensor_count; i++) {
		if (!strcmp(file->tensors[i].name, name))
			return &file->tensors[i];
	}
	return NULL;
}

const char *safetensors_metadata(const struct safetensors *file, const char *key)
{
	for (size_t i = 0; i < file->metadata_count; i++) {
		if (!strcmp(file->metadata[i].key, key))
			return file->metadata[i].value;
	}
	return NULL;
}

void safetensors_forget(struct safetensors *file, const char *key)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->metadata_count; i++)
		if (strcmp(file->metadata[i].key, key))
			file->metadata[kept++] = file->metadata[i];
	file->metadata_count = kept;
}

static void add_metadata(struct writer *out, const struct safetensors *file)
{
	writer_text(out, "\"" METADATA_KEY "\":{");
	for (size_t i = 0; i < file->metadata_count; i++) {
		writer_text(out, i ? "," : "");
		json_write_text(out, file->metadata[i].key);
		writer_text(out, ":");
		json_write_text(out, file->metadata[i].value);
	}
	writer_text(out, "}");
}

static size_t bytes_of(const struct safetensors_tensor *tensor)
{
	return tensor->count * (tensor->doubles ? sizeof(double) : sizeof(float));
}

static void add_tensor(struct writer *out, const struct safetensors_tensor *tensor, size_t begin)
{
	json_write_text(out, tensor->name);
	writer_print(out, ":{\"dtype\":\"%s\",\"shape\":[", tensor->doubles ? "F64" : "F32");
	for (int i = 0; i < tensor->rank; i++)
		writer_print(out, i ? ",%zu" : "%zu", tensor->dims[i]);
	writer_print(out, "],\"data_offsets\":[%zu,%zu]}", begin, begin + bytes_of(tensor));
}

/* Add the header, with padding. */
static void add_header(struct writer *out, const struct safetensors *file,
					   const struct safetensors_tensor *const *sorted)
{
	size_t begin = 0;

	writer_text(out, "{");
	if (file->metadata_count > 0)
		add_metadata(out, file);
	for (size_t i = 0; i < file->tensor_count; i++) {
		writer_text(out, i || file->metadata_count > 0 ? "," : "");
		add_tensor(out, sorted[i], begin);
		begin += bytes_of(sorted[i]);
	}
	writer_print(out, "}%*s", (int)(PADDING - 1 - out->bytes.size % PADDING), "");
}

static void store_values(uint8_t *bytes, const struct safetensors_tensor *tensor)
{
	for (size_t i = 0; i < tensor->count; i++) {
		uint32_t bits;
		uint64_t wide;
		if (tensor->doubles) {
			memcpy(&wide, &tensor->doubles[i], sizeof wide);
			store_u64le(bytes + i * sizeof wide, wide);
		} else {
			memcpy(&bits, &tensor->values[i], sizeof bits);
			store_u32le(bytes + i * sizeof bits, bits);
		}
	}
}

/* Wider numbers first, so that all are aligned; then by name. */
static int compare_tensors(const void *a, const void *b)
{
	const struct safetensors_tensor *const *left = a, *const *right = b;
	const bool wide_left = (*left)->doubles, wide_right = (*right)->doubles;

	if (wide_left != wide_right)
		return wide_left ? -1 : 1;
	return strcmp((*left)->name, (*right)->name);
}

static int write_file(const struct safetensors *file,
					  const struct safetensors_tensor *const *sorted, size_t data_size,
					  struct buffer *out, struct error *error)
{
	struct writer header = {0};
	size_t size;

	writer_bytes(&header, &(uint64_t){0}, 8); /* the header's size, once it is known */
	add_header(&header, file, sorted);
	if (writer_take(&header, out, error))
		return -1;
	const size_t header_size = out->size - 8;
	if (header_size > SAFETENSORS_MAX_HEADER)
		return error_set(error, "a header of %zu bytes, the most is %u", header_size,
						 SAFETENSORS_MAX_HEADER);
	uint8_t *whole = checked_add(out->size, data_size, &size) ? realloc(out->data, size) : NULL;
	if (!whole)
		return error_scarce(error, "not enough memory for %zu bytes of weights", data_size);
	*out = (struct buffer){whole, size};
	store_u64le(whole, header_size);
	uint8_t *bytes = whole + 8 + header_size;
	for (size_t i = 0; i < file->tensor_count; i++) {
		store_values(bytes, sorted[i]);
		bytes += bytes_of(sorted[i]);
	}
	return 0;
}

int safetensors_write(const struct safetensors *file, struct buffer *out, struct error *error)
{
	size_t data_size = 0;

	*out = (struct buffer){0};
	const struct safetensors_tensor **sorted = malloc((file->tensor_count + 1) * sizeof *sorted);
	if (!sorted)
		return error_scarce(error, "not enough memory for %zu tensors", file->tensor_count);
	for (size_t i = 0; i < file->tensor_count; i++) {
		sorted[i] = &file->tensors[i];
		data_size += bytes_of(sorted[i]); /* it is in memory, so this fits */
	}
	qsort(sorted, file->tensor_count, sizeof *sorted, compare_tensors);
	for (size_t i = 1; i < file->tensor_count; i++)
		assert(strcmp(sorted[i - 1]->name, sorted[i]->name));
	int status = write_file(file, sorted, data_size, out, error);
	if (status)
		buffer_free(out);
	free(sorted);
	return status;
}
