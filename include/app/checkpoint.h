/* Checkpoints: a training on its way as one file, from which it goes on to the same bytes.
 *
 *     checkpoint_encode(&trainer, &origin, &bytes, &error);
 *     file_replace("c.safetensors", bytes.data, bytes.size, &error);
 *
 *     checkpoint_load("c.safetensors", &checkpoint, &error);
 *     network, executor, data set, split and trainer are opened as its settings say
 *     checkpoint_resume(&checkpoint, dataset_checksum(&dataset), &trainer, &error);
 *     checkpoint_free(&checkpoint);
 *
 * The file is of the kind safetensors, so that others can look into it:
 *
 *     0.weight …        the parameters, as in a model file
 *     kept.0.weight …   those of the epoch that is kept, once an epoch is finished
 *     adam1.0.weight …  numbers of the optimizer: adam1, adam2 are the moments, sgd1 velocities
 *     val_logits        [val_count][classes], of the epoch that is kept
 *     curves            [epochs][8], doubles: the columns of curves.csv behind the first */
#ifndef APP_CHECKPOINT_H
#define APP_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "app/trainer.h"
#include "base/error.h"
#include "formats/safetensors.h"

/* Where a training comes from, as far as the trainer does not know it. */
struct checkpoint_origin {
	uint64_t data;                         /* dataset_checksum */
	const struct epoch_figures *rows;      /* [epochs done]: the curves so far */
	const struct safetensors_entry *texts; /* [text_count]: what the caller wants to read again */
	size_t text_count;
};

struct checkpoint {
	struct safetensors file; /* all of it, the caller's texts included */
	const char *network;     /* its text; in the file */
	struct settings settings;
	struct train_state state;
	uint64_t data;
	size_t train_count, val_count;
	int classes;
	struct epoch_figures *rows; /* [state.epoch - 1] */
};

/* *bytes = the file. The trainer may be anywhere between two steps. Free with buffer_free; zeroed
 * on error. */
int checkpoint_encode(const struct trainer *trainer, const struct checkpoint_origin *origin,
					  struct buffer *bytes, struct error *error);

/* Read the file, or its bytes. One with a byte that is not as it was written is refused. Free with
 * checkpoint_free; zeroed on error. */
int checkpoint_load(const char *path, struct checkpoint *checkpoint, struct error *error);
int checkpoint_parse(const struct buffer *bytes, struct checkpoint *checkpoint,
					 struct error *error);
void checkpoint_free(struct checkpoint *checkpoint); /* accepts a zeroed one */

/* Set how many epochs the training shall have. More than it had are refused where steps already
 * done would have been others, as on their way down to a learning rate of 0; and less always. */
int checkpoint_set_epochs(struct checkpoint *checkpoint, double epochs, struct error *error);

/* Bring a new trainer of the checkpoint's network and settings to where the other one was. `data`
 * is dataset_checksum of its data set; another is refused. After an error it must not be used. */
int checkpoint_resume(const struct checkpoint *checkpoint, uint64_t data, struct trainer *trainer,
					  struct error *error);

#endif
