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

enum dataset_part { DATASET_TRAIN, DATASET_TEST };

struct dataset {
	size_t count;
	const uint8_t *images;                /* [count][28][28], 0 is background */
	const uint8_t *labels;                /* [count] */
	struct buffer image_file, label_file; /* where they live */
	char *directory;                      /* where they were found */
};

enum dataset_fault {
	DATASET_FINE = 0,
	DATASET_MISSING, /* a file or the folder is not there; the error lists what was tried */
	DATASET_BROKEN,  /* the files are there, and are not what they should be */
};

/* Load the training or the test files from `directory`, or where that is NULL from $MNIST_CNN_DATA if
 * it is set. Without both, ./data and the installed folder are tried, and the first that holds one of
 * the part's two files is taken. The installed folder is where it lies from the program, if there is
 * one, else where it was to be installed. Each file has its usual name, with .gz or without, or .idx3-
 * ubyte or .idx1-ubyte for the ending; a folder that holds only one of the two is an error. Free with
 * dataset_free; zeroed on error. */
enum dataset_fault dataset_load(struct dataset *dataset, const char *directory,
								enum dataset_part part, struct error *error);
void dataset_free(struct dataset *dataset);

/* A seeded random division of some of a dataset's images: the first `limit` (all if 0) of a
 * shuffle, of which round(count × val_fraction) validate. */
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

/* Gather n images by index as floats in [0, 1] (the byte / 255), NHWC; and n labels. */
void dataset_gather(const struct dataset *dataset, const uint32_t *indices, int n, float *x);
void dataset_labels(const struct dataset *dataset, const uint32_t *indices, int n, uint8_t *labels);

/* Some images of a dataset, as the context of a network's batch: its `load` is selection_load. */
struct selection {
	const struct dataset *dataset;
	const uint32_t *indices;
};

void selection_load(const void *selection, int first, int n, float *x);

#endif
