/* A trained network in the forms that others take: ONNX, a web page, C source. */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "nn/network.h"

struct export_source {
	const struct network *network;
	const char *const *classes; /* [network->classes]: their names */
	double least; /* an image whose likeliest class has a lower probability shows none; 0 … 1 */
	bool scales;  /* it was trained on whole pictures, only scaled (picture/scale.h) */
	double accuracy;                          /* in validation; negative where it is not known */
	const struct safetensors_entry *metadata; /* of the model's file */
	size_t metadata_count;
	const char *version; /* of this program */
};

/* *out = the file's bytes, to be freed with buffer_free; zeroed on error. A layer that the form
 * cannot express is an error that names its position in the network's text. */

/* A model of ONNX (opset 17) with the input "image", [N, 1, height, width] from 0 to 1, and the
 * outputs "logits" and "probabilities", [N, classes]. Initializers have the names and the layouts
 * of the model's file. */
int export_onnx(const struct export_source *source, struct buffer *out, struct error *error);

/* A web page that needs no other file: one draws, and sees how the network reads it. */
int export_html(const struct export_source *source, struct buffer *out, struct error *error);

/* C99 without dependencies, to be compiled with the `header` beside it. `name`, such as "model.c",
 * is the file's own name, from which those of its functions come. With `int8` weights are rounded
 * to 8 bits, each output channel's on a scale of its own. */
int export_c(const struct export_source *source, const char *name, bool int8, struct buffer *out,
			 struct buffer *header, struct error *error);

/* A program in Python that builds the network in PyTorch, or in Keras 3, and gives it the weights
 * in the safetensors file `path`. */
enum export_python { PYTHON_TORCH, PYTHON_KERAS };
int export_python(const struct network *network, enum export_python framework, const char *path,
				  struct buffer *out, struct error *error);

#endif
