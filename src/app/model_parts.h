/* Parts of model files, some of which checkpoints have, too: metadata by rows, parameters as
 * tensors; all of a model's metadata, and its file. */
#ifndef APP_MODEL_PARTS_H
#define APP_MODEL_PARTS_H

#include <stddef.h>

#include "app/input_scale.h"
#include "app/model.h"
#include "base/field.h"
#include "formats/safetensors.h"
#include "nn/network.h"

#define METADATA_MOST 64 /* entries */

/* Metadata that is being put together. */
struct metadata {
	struct safetensors_entry entries[METADATA_MOST];
	char texts[METADATA_MOST][FIELD_TEXT_SIZE]; /* of values that are printed here */
	size_t count;
};

/* Both texts are borrowed. */
void metadata_add(struct metadata *metadata, const char *key, const char *value);

/* The value is printed as printf does, and cut to FIELD_TEXT_SIZE. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void metadata_print(struct metadata *metadata, const char *key, const char *format, ...);

/* The row's name, and its value in `values`. */
void metadata_add_field(struct metadata *metadata, const struct field *field, const void *values);

/* Read the row's value from the metadata of a file. Numbers must begin with a digit, as those that
 * are written do; a command line may say +5 or .5. */
int metadata_read_field(const struct safetensors *file, const struct field *field, void *values,
						struct error *error);

/* The parameter as a tensor in the file's order. It borrows its name, and `values`, which has room
 * for param->count floats and gets a copy of those at `memory`. */
struct safetensors_tensor tensor_of_param(const struct param *param, const float *memory,
										  float *values);

/* The tensor with that name, which must be of floats and have the parameter's shape; else NULL. */
const struct safetensors_tensor *tensor_of(const struct safetensors *file, const char *name,
										   const struct param *param, struct error *error);

/* Find the tensor with that name, which must have the parameter's shape, and write its values to
 * `memory` in memory's order. */
int tensor_read_param(const struct safetensors *file, const char *name, const struct param *param,
					  float *memory, struct error *error);

/* The metadata of a model's file, with texts of its own about the classes, which may be NULL. */
struct model_description {
	struct metadata metadata;
	char *labels, *names, scaling[INPUT_FORMULA_TEXT];
};

/* Describe a network and, if info is not NULL, its training. Free with model_description_free, also
 * on error. */
int model_describe(struct model_description *description, const struct network *network,
				   const struct model_info *info, struct error *error);
void model_description_free(struct model_description *description);

/* Read how a model was trained; nothing where the file does not say. */
int model_read_info(const struct safetensors *file, struct model_info *info, struct error *error);

/* Refuse a checkpoint, and the model of another version of this program. */
int model_check_format(const struct safetensors *file, struct error *error);

/* Read the file at `path`, which may be MODEL_BUILTIN; another program's file, or one that is no
 * network, is refused by its kind. Free with safetensors_free; zeroed on error. */
int model_file_read(const char *path, struct safetensors *file, struct error *error);

#endif
