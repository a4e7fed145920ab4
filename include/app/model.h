/* Network ⇄ safetensors file, with how it was trained in the metadata. */
#ifndef APP_MODEL_H
#define APP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "app/trainer.h"
#include "app/weights.h"
#include "base/bytes.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "nn/network.h"

/* The training of a model, from the metadata of its file; a file made elsewhere says nothing of
 * it. */
struct model_info {
	bool trained_here;
	struct settings settings;
	struct train_result result;
	size_t train_count, val_count;
	bool stratified; /* the split (app/dataset.h) */
	bool transposed; /* rows and columns of its images were swapped */
	enum dataset_pictures
		pictures;                  /* the form of a folder's; PICTURES_AUTO: it was trained on none,
									 * or does not say it */
	const struct classes *classes; /* for model_save; NULL: labels 0 … ; borrowed */
};

/* The file that is taken where none is named: ./model.safetensors if there is one, else the model
 * that is compiled into the program, whose path is MODEL_BUILTIN. */
#define MODEL_FILE "model.safetensors"
#define MODEL_BUILTIN "built in"
const char *model_default(void);

/* Make the bytes of the file. They depend on the weights and on the info alone, not on threads or
 * kernels. info may be NULL. Where info->result.kept is of no epoch, because the training was
 * stopped in the middle of one, the file has no figures. Free *bytes with buffer_free; it must be
 * zeroed before. */
int model_encode(const struct network *network, const struct model_info *info, struct buffer *bytes,
				 struct error *error);

/* Write them to the file, whole or not at all. */
int model_save(const char *path, const struct network *network, const struct model_info *info,
			   struct error *error);

enum model_fault {
	MODEL_FINE = 0,
	MODEL_MISSING,  /* there is no such file */
	MODEL_NAMELESS, /* neither the file nor the caller says which network it is */
	MODEL_BROKEN,   /* it is not what it should be */
};

/* The caller's knowledge of a file that may not say it itself. */
struct model_wanted {
	const char *spec;         /* the network's text; or NULL */
	struct input_scale scale; /* of its input; or zeros */
	enum flatten_order flatten;
};

/* Build the network that the file describes, and fill in its weights. A file from elsewhere,
 * without metadata, needs wanted->spec, and its tensors find their places as weights_match says;
 * *match then says which did, and else has a count of 0. Whatever a file does say must agree with
 * what is wanted. info and file may be NULL. info->result.kept gets the figures in the file, and
 * epoch 0 where they are odd or left out. *file is the file as it was read, with all its metadata,
 * but for a temperature, which goes into the weights. Free with network_free and safetensors_free;
 * all three are zeroed on error. */
enum model_fault model_load_as(const char *path, const struct model_wanted *wanted,
							   struct network *network, struct model_info *info,
							   struct safetensors *file, struct weights_match *match,
							   struct error *error);

/* The same, where nothing is known but perhaps the text, which may be NULL. */
enum model_fault model_load(const char *path, const char *spec, struct network *network,
							struct model_info *info, struct safetensors *file, struct error *error);

/* Read a file of weights, be it a model's or from elsewhere. Free with safetensors_free; zeroed on
 * error. */
int model_read(const char *path, struct safetensors *file, struct error *error);

#define MODEL_SPEC_TEXT (SPEC_MAX_LAYERS * SPEC_LAYER_TEXT)

/* The text of the file's network, with the word "classes" for the units of its last dense layer
 * where these are its classes: "flatten dense:classes softmax". Returns `text`; NULL where the file
 * does not say. */
const char *model_spec(const struct safetensors *file, char text[MODEL_SPEC_TEXT]);

/* The scale of a file's input, if it says one, which must be the one wanted; else the one wanted,
 * or INPUT_PLAIN where that is zeros. */
int model_scale(const struct safetensors *file, struct input_scale wanted,
				struct input_scale *scale, struct error *error);

/* Have flattened images taken in the order wanted, of which a model's file has but one. */
int model_flatten(const struct safetensors *file, enum flatten_order wanted,
				  struct weights_match *match, struct error *error);

/* The classes of a file's network, which has so many: those that it names, else those with the
 * labels from 0 on. Free with classes_free; zeroed on error. */
int model_classes(const struct safetensors *file, int count, struct classes *out,
				  struct error *error);

/* Build a network for images of height × width grey pixels; the word "classes" in its text stands
 * for that number. A network of less than 2 or of more than CLASSES_MOST classes is refused. Its
 * parameters are 0. Free with network_free; zeroed on error. */
int model_build(struct network *network, const char *spec, int height, int width, int classes,
				struct error *error);

#endif
