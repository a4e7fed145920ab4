/* Labelled images: found, loaded, split, gathered. One byte a pixel in memory. */
#ifndef APP_DATASET_H
#define APP_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define DATASET_SIDE 28
#define DATASET_PIXELS (DATASET_SIDE * DATASET_SIDE)
#define DATASET_CLASSES 10
#define DATASET_PATH 4096

enum dataset_part { DATASET_TRAIN, DATASET_TEST };

struct dataset {
	size_t count;
	const uint8_t *images;                /* [count][28][28], 0 is background */
	const uint8_t *labels;                /* [count] */
	struct buffer image_file, label_file; /* where they live */
	char directory[DATASET_PATH];         /* where they were found */
};

enum dataset_fault {
	DATASET_FINE = 0,
	DATASET_MISSING, /* a file or the folder is not there; the error lists what was tried */
	DATASET_BROKEN,  /* the files are there, and are not what they should be */
};

/* Load the training or the test files from `directory`. Where that is NULL, the folder is
 * $MNIST_CNN_DATA; where that is not set either, it is ./data or else the installed folder,
 * whichever first holds one of the two files. (The installed folder is found from where the program
 * lies, so that both can be moved together.) A file may be packed by gzip, and its name may have a
 * point for the hyphen: train-images-idx3-ubyte, train-images.idx3-ubyte.gz. A folder with only one
 * of the two files is an error. Free with dataset_free; zeroed on error. */
enum dataset_fault dataset_load(struct dataset *dataset, const char *directory,
								enum dataset_part part, struct error *error);
void dataset_free(struct dataset *dataset);

/* A random division of some of a data set's images, the same for the same seed: all images are
 * shuffled, the first `limit` of them are taken (all where that is 0), and round(taken ×
 * val_fraction) of these validate. */
struct split {
	uint32_t *train, *val; /* indices; one allocation that starts at train */
	size_t train_count, val_count;
};

int split_make(struct split *split, size_t image_count, size_t limit, double val_fraction,
			   uint64_t seed, struct error *error);
void split_free(struct split *split);

/* The order in which epoch number `epoch` (from 1) sees the training images: order, train_count
 * indices, is overwritten with a new shuffle of split->train. */
void split_shuffle(const struct split *split, uint64_t seed, uint64_t epoch, uint32_t *order);

/* The labels of n images, by their indices. */
void dataset_labels(const struct dataset *dataset, const uint32_t *indices, int n, uint8_t *labels);

/* Some images of a data set: the context of a batch whose `load` is selection_load. It gathers n of
 * them, from number `first` on, as floats in [0, 1] (byte / 255), [n][28][28]. */
struct selection {
	const struct dataset *dataset;
	const uint32_t *indices;
};

void selection_load(const void *selection, int first, int n, float *x);

#endif
