/* safetensors: named float32 tensors behind a JSON header. */
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
	float *values; /* C order; NULL in an I64 tensor */
	size_t count;  /* of values: the product of dims */
};

struct safetensors_entry {
	const char *key, *value;
};

struct safetensors {
	struct safetensors_tensor *tensors;
	size_t tensor_count;
	struct safetensors_entry *metadata;
	size_t metadata_count;
	void *owned; /* by safetensors_parse; NULL in one that a caller made for writing */
};

/* Parse a whole file, every check of the format and finite values included. Of I64 tensors, which
 * PyTorch counts batches with, only the shape is told; other dtypes than these and F32 are refused.
 * Free with safetensors_free; zeroed on error. */
int safetensors_parse(const uint8_t *data, size_t size, struct safetensors *out,
					  struct error *error);
void safetensors_free(struct safetensors *file);

const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name);

/* The metadata's value, or NULL. */
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/* The file's bytes, all tensors F32, as the reference writer makes them: metadata first (in the
 * given order), the tensors sorted by name, the header padded with spaces to a multiple of 8. */
int safetensors_write(const struct safetensors *file, struct buffer *out, struct error *error);

#endif
