/* safetensors: named tensors of floats behind a JSON header. */
#ifndef FORMATS_SAFETENSORS_H
#define FORMATS_SAFETENSORS_H

#include "base/bytes.h"
#include "base/error.h"

#define SAFETENSORS_MAX_HEADER (1u << 20)
#define SAFETENSORS_MAX_RANK 4

struct safetensors_tensor {
	const char *name;
	int rank; /* 0 to SAFETENSORS_MAX_RANK */
	size_t dims[SAFETENSORS_MAX_RANK];
	float *values;     /* of an F32, F16 or BF16 tensor, [count] in C order; else NULL */
	size_t count;      /* the product of dims */
	double *doubles;   /* of an F64 tensor, likewise */
	const char *dtype; /* "F32", as the file says; not looked at where a file is written */
};

struct safetensors_entry {
	const char *key, *value;
};

struct safetensors {
	struct safetensors_tensor *tensors;
	size_t tensor_count;
	struct safetensors_entry *metadata;
	size_t metadata_count;
	void *owned; /* memory of safetensors_parse; NULL where the caller filled the struct */
};

/* Parse a whole file. All rules of the format are checked, and that all values are finite. F16 and
 * BF16 become floats, which hold their values exactly. Tensors of integers, in which PyTorch counts
 * the batches that a batch normalization has seen, are read without their values. Free *out with
 * safetensors_free; it is zeroed on error. */
int safetensors_parse(const uint8_t *data, size_t size, struct safetensors *out,
					  struct error *error);

/* The same, where values may be infinite or no numbers. */
int safetensors_parse_any(const uint8_t *data, size_t size, struct safetensors *out,
						  struct error *error);
void safetensors_free(struct safetensors *file);

/* The tensor of that name, or NULL. */
const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name);

/* The metadata's value for a key, or NULL. */
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/* Take an entry out of the metadata. */
void safetensors_forget(struct safetensors *file, const char *key);

/* *out = the bytes of a file with these tensors, each of F32 or F64, just as Hugging Face's writer
 * makes them: metadata first, in the given order; F64 tensors, then F32 tensors, each sorted by
 * name; the header padded with spaces to a multiple of 8. Free *out with buffer_free; it is zeroed
 * on error. */
int safetensors_write(const struct safetensors *file, struct buffer *out, struct error *error);

#endif
