/* Network ⇄ safetensors file, with how it was trained in the metadata. */
#ifndef APP_MODEL_H
#define APP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "app/trainer.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "nn/network.h"

/* What the metadata says about the training; a file made elsewhere has none of it. */
struct model_info {
	bool trained_here;
	struct settings settings;
	struct train_result result;
	size_t train_count, val_count;
};

/* The file that is taken where none is named: ./model.safetensors, or else the one that is compiled
 * into the program, whose path is MODEL_BUILTIN. */
#define MODEL_FILE "model.safetensors"
#define MODEL_BUILTIN "(built in)"
const char *model_default(void);

/* Write atomically. The bytes depend on the weights and on the info (which may be NULL) alone. The figures are those of the epoch whose weights these are; where there is
 * none, because training was stopped in mid-epoch, they are left out. */
int model_save(const char *path, const struct network *network, const struct model_info *info,
			   struct error *error);

enum model_fault {
	MODEL_FINE = 0,
	MODEL_MISSING,  /* there is no such file */
	MODEL_NAMELESS, /* neither the file nor the caller says which network it is */
	MODEL_BROKEN,   /* it is not what it should be */
};

/* Build the network that the file describes, and fill in its weights. `spec` is for files without
 * metadata, else NULL; where the file has a spec of its own and it differs, that is an error. info and
 * file may be NULL. info->result.kept has what the file tells of that epoch, and epoch 0 where it has
 * no figures, or odd ones; its temperature is TEMPERATURE_NONE where the file has none. *file is the
 * file as it is, all metadata included. Free with network_free and safetensors_free; all are zeroed on
 * error. */
enum model_fault model_load(const char *path, const char *spec, struct network *network,
							struct model_info *info, struct safetensors *file, struct error *error);

/* Build a network of MNIST's images and digits, whose parameters are 0. Free with network_free;
 * zeroed on error. */
int model_build(struct network *network, const char *spec, struct error *error);

#endif
